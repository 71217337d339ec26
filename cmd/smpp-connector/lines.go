package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// A filter is a command that makes one line of output of each line of input:
// segments, pdu decode, pdu encode, pdu receipt. Its input are its arguments, or
// the lines of --file, or those of standard input. A line that is wrong makes a
// line that says so, the next ones go on, and the exit status is 1.
type filter struct {
	file string
	line func(line string) (out string, err error)
	// complain is the output line of a line that is wrong.
	complain func(line string, err error) string
}

// run filters, and returns the exit status.
func (f filter) run(name string, args []string, s streams) int {
	status := 0
	out := bufio.NewWriter(s.out)
	each := func(line string) {
		text, err := f.line(line)
		if err != nil {
			text, status = f.complain(line, err), 1
		}
		out.WriteString(text)
		out.WriteByte('\n')
	}
	err := eachLine(f.file, args, s.in, each)
	if err = errors.Join(err, out.Flush()); err != nil {
		fmt.Fprintf(s.err, "smpp-connector %s: %v\n", name, err)
		return 1
	}
	return status
}

// eachLine hands over every argument, or every line of a file or of in, without
// its end (LF or CR LF). Lines may be of any length.
func eachLine(file string, args []string, in io.Reader, each func(line string)) error {
	switch {
	case len(args) > 0 && file != "":
		return errors.New("both --file and arguments: give one of them")
	case len(args) > 0:
		for _, line := range args {
			each(line)
		}
		return nil
	case file != "":
		f, err := os.Open(file)
		if err != nil {
			return fmt.Errorf("--file: %w", err)
		}
		defer f.Close()
		in = f
	}
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			each(strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"))
		}
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read the input: %w", err)
		}
	}
}
