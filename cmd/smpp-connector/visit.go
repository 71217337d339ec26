package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"

	"github.com/ghasi/smpp-connector/infra/natsjs"
)

// visit is one call of a command that works on the NATS of a running connector: binds,
// maintenance, dlq, dlr, forget.
type visit struct {
	name, usage string // name: the words of the command, as in "dlq list"
	nats        *natsFlags
	flags       func(set *flag.FlagSet)    // adds all but those that say where NATS is
	complete    func(words []string) error // takes what is no flag, and says what is missing or contradicts
	act         visitAction
}

// visitAction is what a command does once it is connected. It returns the exit status;
// with an error, which is printed, it is not 0.
type visitAction func(ctx context.Context, conn *natsjs.Conn, s streams) (status int, err error)

// run returns the exit status: 2 for a call that cannot be understood, 1 without NATS.
func (v visit) run(ctx context.Context, args []string, s streams) int {
	set := flag.NewFlagSet(v.name, flag.ContinueOnError)
	set.SetOutput(s.err)
	set.Usage = func() {
		fmt.Fprint(set.Output(), v.usage)
		set.PrintDefaults()
	}
	v.nats.add(set)
	v.flags(set)
	words, err := parseMixed(set, args)
	if err != nil {
		return flagStatus(err)
	}
	failed := func(err error) { fmt.Fprintf(s.err, "smpp-connector %s: %v\n", v.name, err) }
	if err = v.complete(words); err == nil {
		err = v.nats.find()
	}
	if err != nil {
		failed(err)
		return 2
	}
	ctx, stop := untilSignalled(ctx)
	defer stop()
	conn, err := v.nats.open(ctx, strings.Fields(v.name)[0])
	if err != nil {
		failed(err)
		return 1
	}
	defer leave(ctx, conn)
	status, err := v.act(ctx, conn, s)
	if err != nil {
		failed(err)
		status = max(status, 1)
	}
	return status
}

// chosen returns the action that the first word names. Without one it prints how the
// command is used; the exit status is then 2.
func chosen[A any](actions map[string]A, args []string, usage string, s streams) (action A, ok bool) {
	if len(args) > 0 {
		action, ok = actions[args[0]]
	}
	if !ok {
		fmt.Fprint(s.err, usage, "Each has --help.\n")
	}
	return action, ok
}

// usageStatus is the exit status after the usage of a command that has sub-commands: 0 for
// whoever asked for it.
func usageStatus(args []string) int {
	if len(args) > 0 && slices.Contains([]string{"-h", "-help", "--help"}, args[0]) {
		return 0
	}
	return 2
}
