// Command smsc is an MNO's SMSC to connect to: it accepts binds, takes messages,
// sends receipts, and is wrong in whatever way a script asks for. It stands on
// testkit/smsc.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/ghasi/smpp-connector/testkit/smsc"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// flags are what the command line says.
type flags struct {
	listen, script     string
	systemID, password string
	receipts           string
	delay              time.Duration
	verbose            bool
}

// run listens until ctx ends, and returns the exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var f flags
	set := flag.NewFlagSet("smsc", flag.ContinueOnError)
	set.SetOutput(stderr)
	set.StringVar(&f.listen, "listen", "127.0.0.1:2775", "address to listen on; port 0 takes a free one")
	set.StringVar(&f.script, "script", "", "file with a script, a sentence a line (see below)")
	set.StringVar(&f.systemID, "system-id", "", "accept this system_id only; any without it")
	set.StringVar(&f.password, "password", "", "accept this password only; any without it")
	set.StringVar(&f.receipts, "receipts", "delivered", "how messages end: delivered, expired, undeliverable, rejected …, or none for no receipts")
	set.DurationVar(&f.delay, "delay", 50*time.Millisecond, "time from a message to its receipt")
	set.BoolVar(&f.verbose, "verbose", false, "print a line for every PDU")
	set.Usage = func() { usage(set) }
	if err := set.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	options, err := f.options(stdout)
	if err != nil {
		fmt.Fprintln(stderr, "smsc:", err)
		return 2
	}
	server, err := smsc.Listen(f.listen, options...)
	if err != nil {
		fmt.Fprintln(stderr, "smsc:", err)
		return 1
	}
	fmt.Fprintf(stdout, "smsc listens on %s\n", server.Addr())
	<-ctx.Done()
	server.Close()
	summary(stdout, server.Counts())
	return 0
}

// options turns the flags, and then the script, into the simulator's.
func (f flags) options(stdout io.Writer) ([]smsc.Option, error) {
	how := "send receipts never"
	if f.receipts != "none" {
		how = fmt.Sprintf("send receipts after %s ending %s", f.delay, f.receipts)
	}
	receipts, err := smsc.ReadScript(strings.NewReader(how))
	if err != nil {
		return nil, fmt.Errorf("--receipts or --delay: %w", err)
	}
	options := []smsc.Option{smsc.Account(f.systemID, f.password), smsc.NewsTo(stdout), receipts[0]}
	if f.verbose {
		options = append(options, smsc.TranscriptTo(stdout))
	}
	if f.script == "" {
		return options, nil
	}
	file, err := os.Open(f.script)
	if err != nil {
		return nil, fmt.Errorf("--script: %w", err)
	}
	defer file.Close()
	steps, err := smsc.ReadScript(file)
	if err != nil {
		return nil, fmt.Errorf("--script %s:\n%w", f.script, err)
	}
	for _, st := range steps {
		options = append(options, st)
	}
	return options, nil
}

func usage(set *flag.FlagSet) {
	w := set.Output()
	fmt.Fprint(w, "smsc is an SMPP 3.4 SMSC to connect to, for tests and demonstrations.\n\nUsage: smsc [flags]\n\n")
	set.PrintDefaults()
	lines, receipts, mos := smsc.Sentences()
	fmt.Fprint(w, "\nA script has one sentence a line; # begins a comment; a text with blanks stands in \"…\".\n"+
		"Sentences that wait (accept bind, refuse bind, answer … N times, after N submits, pause) are\nplayed in turn; the others take effect when the script has come to them.\n\n")
	fmt.Fprintf(w, "  %s\n\nOPTIONS of send receipts:\n  %s\n\nOPTIONS of send mo:\n  %s\n", strings.Join(lines, "\n  "), strings.Join(receipts, "\n  "), strings.Join(mos, "\n  "))
}

func summary(w io.Writer, c smsc.Counts) {
	fmt.Fprintf(w, "%d binds, %d refused, %d unbinds, %d lines lost\n%d submits, %d accepted, %d rejected, %d received twice\n%d receipts sent, %d answered; %d MOs sent, %d answered\n",
		c.Binds, c.Refused, c.Unbinds, c.Lost, c.Submits, c.Accepted, c.Rejected, c.Duplicates, c.ReceiptsSent, c.ReceiptsAnswered, c.MOsSent, c.MOsAnswered)
}
