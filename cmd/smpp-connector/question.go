package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
)

// shownBefore is how many things are shown before somebody is asked.
const shownBefore = 20

// question is asked before something is done: "send 3 dead letters again?"
type question struct {
	verb, things, how string
	yes               bool                  // answered already, by a flag
	show              func(w io.Writer) int // prints what it is about, and returns how many were left out
}

// put asks. It returns 0 for yes, else the exit status: 1 for no, 2 when nobody is
// there to be asked.
func (q question) put(ctx context.Context, s streams) int {
	if q.yes {
		return 0
	}
	if more := q.show(s.err); more > 0 {
		fmt.Fprintf(s.err, "… and %d more\n", more)
	}
	text := q.verb + " " + q.things + " " + q.how
	answer := ""
	if isTerminal(s.in) {
		fmt.Fprintf(s.err, "%s? [y/N] ", text)
		if answer = ask(ctx, s.in); answer == "" {
			fmt.Fprintln(s.err)
		}
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return 0
	}
	if answer == "" { // no terminal, or one that was closed
		fmt.Fprintf(s.err, "would %s; nobody is there to be asked: --yes does it\n", text)
		return 2
	}
	fmt.Fprintln(s.err, "nothing was done")
	return 1
}

// ask reads a line, or nothing if ctx ends before.
func ask(ctx context.Context, in io.Reader) string {
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(in).ReadString('\n') // what was typed before the end counts
		answer <- line
	}()
	select {
	case line := <-answer:
		return line
	case <-ctx.Done():
		return "\n"
	}
}

// isTerminal reports whether somebody may be typing. A device that is none, such
// as /dev/null, ends at once and gives no answer.
func isTerminal(in io.Reader) bool {
	file, ok := in.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
