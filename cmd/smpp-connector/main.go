// Command smpp-connector connects a messaging platform to mobile operators:
// commands from NATS JetStream go out over SMPP 3.4, receipts and inbound
// messages come back as events.
//
// This file only delegates; each command stands in a file of its own.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

func main() { os.Exit(run(context.Background(), os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})) }

// streams are a command's standard streams.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// command is one sub-command. It returns the exit status: 0 done, 1 failed, 2
// called or configured wrongly; binds has 3 for a list that is incomplete.
type command struct {
	name, summary string
	run           func(ctx context.Context, args []string, s streams) int
}

var commands []command

func init() { // not a literal: help reads the table that it stands in
	commands = []command{
		{"serve", "connect the configured operators; ends at SIGTERM, reloads at SIGHUP", serve},
		{"tree", "show the live tree of a running connector: every bind, what is wrong with it; --watch, --json", tree},
		{"drain", "have the connector on this machine drain, and wait until it has: a pod's pre-stop hook", drain},
		{"demo", "show the whole path working: connector, simulator, real messages, receipts", demo},
		{"send", "publish one command, and wait for its receipt with --wait", send},
		{"binds", "show every bind of every pod; pause, resume, rebind and move one", binds},
		{"maintenance", "take an MNO out for its maintenance, and back: maintenance on, off", maintenance},
		{"dlq", "list, show, replay and drop dead letters, find commands that nobody reads: dlq list, show, replay, drop, unserved, bury", deadLetters},
		{"dlr", "list receipts without a message and have them matched again: dlr orphans, replay", receipts},
		{"forget", "take a subscriber's number out of what is kept", forget},
		{"segments", "say the encoding and the segments of texts, without sending them", segments},
		{"pdu", "read and write PDUs and receipts: pdu decode, encode, receipt", pdus},
		{"profile", "read receipts that an MNO sent under its profile, and say what does not match: profile test, list", tryProfile},
		{"bench", "measure a line: submits a second to an SMSC, CPU time, how long answers take", bench},
		{"migrate", "bring the database schema up to this version, before a rolling update", migrate},
		{"config", "check or print the configuration, or compare it with the one in force", configure},
		{"version", "print the version", printVersion},
	}
}

// gcPercent trades memory for speed: most of what a message allocates dies with
// it, and the live heap is small. GOGC overrides it.
const gcPercent = 200

func run(ctx context.Context, args []string, s streams) int {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if len(args) == 0 {
		usage(s.err)
		return 2
	}
	for _, c := range commands {
		if c.name == args[0] {
			return c.run(ctx, args[1:], s)
		}
	}
	switch args[0] {
	case "help", "-h", "--help":
		usage(s.out)
		return 0
	}
	fmt.Fprintf(s.err, "smpp-connector: no command %q\n\n", args[0])
	usage(s.err)
	return 2
}

func usage(w io.Writer) {
	fmt.Fprint(w, "smpp-connector connects NATS JetStream to mobile operators over SMPP 3.4.\n\nUsage: smpp-connector <command> [flags]\n\n")
	for _, c := range commands {
		fmt.Fprintf(w, "  %-11s %s\n", c.name, c.summary)
	}
	fmt.Fprint(w, "\nEach command has --help.\n")
}

// untilSignalled ends with SIGTERM or SIGINT; a second one ends the process now
// (decisions.md, 015).
func untilSignalled(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	go func() {
		select {
		case <-signals:
		case <-ctx.Done():
			return
		}
		cancel()
		<-signals
		os.Exit(1)
	}()
	return ctx, func() { signal.Stop(signals); cancel() }
}
