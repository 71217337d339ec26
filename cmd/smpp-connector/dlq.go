package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/ghasi/smpp-connector/infra/natsjs"
)

const dlqUsage = "Usage: smpp-connector dlq list|show|replay|drop [flags] [SEQUENCE|MESSAGEID…]\n" +
	"       smpp-connector dlq unserved|bury [flags] [SUBJECT…]\n\n" +
	"  list    dead letters, a line each, the newest last\n" +
	"  show    all about those that are named; the payload with --payload\n" +
	"  replay  send their commands again, with their messageIds, past everything that drops copies\n" +
	"  drop    remove them for good\n" +
	"  unserved  subjects with commands that no connector reads, a line each: an operator or a bind\n" +
	"            that does not exist, or that no pod serves\n" +
	"  bury      make dead letters of the commands on such subjects, reason unserved\n\n" +
	"An argument of digits is a sequence, any other a messageId. Arguments and flags together\n" +
	"select what meets all of them; the exit status is 1 when nothing does.\n\n"

// dlq is one call of the command.
type dlq struct {
	nats     natsFlags
	filter   natsjs.DeadLetterFilter
	subjects []string // of unserved and bury
	json     bool
	payload  bool
	yes      bool
	again    bool
	all      bool
}

// dlqActions are what can be done with dead letters.
var dlqActions = map[string]func(*dlq, context.Context, *natsjs.DeadLetters, streams) (status int, err error){
	"list": (*dlq).list, "show": (*dlq).show, "replay": (*dlq).replay, "drop": (*dlq).drop,
	"unserved": (*dlq).unserved, "bury": (*dlq).bury,
}

// deadLetters looks at the commands that were not sent, and sends them again.
func deadLetters(ctx context.Context, args []string, s streams) int {
	do, ok := chosen(dlqActions, args, dlqUsage, s)
	if !ok {
		return usageStatus(args)
	}
	action, call := args[0], &dlq{}
	return visit{
		name: "dlq " + action, usage: dlqUsage, nats: &call.nats,
		flags:    func(set *flag.FlagSet) { call.flags(set, action) },
		complete: func(names []string) error { return call.complete(action, names) },
		act: func(ctx context.Context, conn *natsjs.Conn, s streams) (int, error) {
			return do(call, ctx, conn.DeadLetters(), s)
		},
	}.run(ctx, args[1:], s)
}

func (d *dlq) flags(set *flag.FlagSet, action string) {
	switch action {
	case "bury":
		set.BoolVar(&d.yes, "yes", false, "do it without asking")
		return
	case "unserved":
		return
	}
	f := &d.filter
	set.Func("id", "messageId; for one that is a number", func(v string) error { f.MessageIDs = append(f.MessageIDs, v); return nil })
	set.Func("reason", "reasons, as list prints them, with commas between them", words(&f.Reasons))
	set.Func("operator", "operatorIds, with commas between them", words(&f.Operators))
	set.Func("since", "not older: a time (2026-11-24T09:30:00Z) or how long ago (2h)", instant(&f.Since))
	set.Func("until", "older: a time or how long ago", instant(&f.Until))
	set.IntVar(&f.Limit, "limit", 0, "the newest so many of them; 0: all")
	switch action {
	case "list":
		set.BoolVar(&d.json, "json", false, "print a JSON object a line")
	case "show":
		set.BoolVar(&d.json, "json", false, "print a JSON object a line")
		set.BoolVar(&d.payload, "payload", false, "print the payload too: it holds the text and the numbers")
	case "replay":
		set.BoolVar(&d.again, "again", false, "also what was replayed before, and older dead letters of a message")
	}
	if action == "replay" || action == "drop" {
		set.BoolVar(&d.all, "all", false, "all dead letters")
		set.BoolVar(&d.yes, "yes", false, "do it without asking")
	}
}

// words reads a list with commas in it.
func words(into *[]string) func(string) error {
	return func(v string) error {
		for word := range strings.SplitSeq(v, ",") {
			if word = strings.TrimSpace(word); word == "" {
				return errors.New("an empty word: want one or more, with commas between them")
			}
			*into = append(*into, word)
		}
		return nil
	}
}

// instant reads a time, or how long ago it was.
func instant(into *time.Time) func(string) error {
	return func(v string) (err error) {
		if *into, err = time.Parse(time.RFC3339, v); err == nil {
			return nil
		}
		ago, err := time.ParseDuration(v)
		if err != nil || ago < 0 {
			return errors.New("want a time such as 2026-11-24T09:30:00Z, or how long ago such as 2h or 90m")
		}
		*into = time.Now().Add(-ago)
		return nil
	}
}

// parseMixed parses flags before, between and behind the other arguments, which
// it returns. What follows "--" is no flag.
func parseMixed(set *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		if err := set.Parse(args); err != nil {
			return nil, err
		}
		left := set.Args()
		if taken := len(args) - len(left); len(left) == 0 || taken > 0 && args[taken-1] == "--" {
			return append(rest, left...), nil
		}
		rest, args = append(rest, left[0]), left[1:]
	}
}

// complete takes the arguments in, and says what is missing.
func (d *dlq) complete(action string, names []string) error {
	switch d.subjects = names; {
	case action == "bury" && len(names) == 0:
		return errors.New("which? name subjects, as `dlq unserved` prints them")
	case action == "bury" || action == "unserved":
		return nil
	}
	f := &d.filter
	for _, name := range names {
		if sequence, err := strconv.ParseUint(name, 10, 64); err == nil {
			f.Sequences = append(f.Sequences, sequence)
		} else {
			f.MessageIDs = append(f.MessageIDs, name)
		}
	}
	named := len(f.Sequences)+len(f.MessageIDs) > 0
	selected := named || len(f.Reasons)+len(f.Operators) > 0 || !f.Since.IsZero() || !f.Until.IsZero() || f.Limit > 0
	switch {
	case f.Limit < 0:
		return fmt.Errorf("--limit %d: want 0 or more", f.Limit)
	case !f.Until.IsZero() && !f.Since.Before(f.Until):
		return errors.New("--since is not before --until: nothing lies between them")
	case action == "show" && !named:
		return errors.New("which? name sequences or messageIds, as `dlq list` prints them")
	case (action == "replay" || action == "drop") && !selected && !d.all:
		return errors.New("which? name sequences or messageIds, or select with --reason, --operator, --since, --until or --limit; --all means all")
	case d.all && selected:
		return errors.New("--all and a selection: give one of them")
	}
	return nil
}

// find returns what was selected, and the status so far: 1 when something that
// was named is not there, or nothing is.
func (d *dlq) find(ctx context.Context, letters *natsjs.DeadLetters, s streams) (found []natsjs.DeadLetter, status int, err error) {
	if found, err = letters.Find(ctx, d.filter); err != nil {
		return nil, 1, err
	}
	there := map[string]bool{}
	for i := range found {
		there[strconv.FormatUint(found[i].Sequence, 10)] = true
		there["id "+found[i].Rejected.GetMessageId()] = true
	}
	for _, sequence := range d.filter.Sequences {
		if !there[strconv.FormatUint(sequence, 10)] {
			status = 1
			fmt.Fprintf(s.err, "no dead letter %d is selected (a messageId that is a number goes with --id)\n", sequence)
		}
	}
	for _, id := range d.filter.MessageIDs {
		if !there["id "+id] {
			status = 1
			fmt.Fprintf(s.err, "no dead letter of message %s is selected\n", printable(id))
		}
	}
	if len(found) == 0 && status == 0 {
		status = 1
		fmt.Fprintln(s.err, "no dead letters are selected")
	}
	return found, status, nil
}

// replay sends the commands of dead letters again.
func (d *dlq) replay(ctx context.Context, letters *natsjs.DeadLetters, s streams) (status int, err error) {
	found, status, err := d.find(ctx, letters, s)
	if err != nil || len(found) == 0 {
		return status, err
	}
	todo := found[:0:0]
	for _, l := range found {
		if why := l.Replayable(d.again); why != nil {
			if errors.Is(why, natsjs.ErrUnreplayable) {
				status = 1
			}
			fmt.Fprintf(s.err, "left out: dead letter %d of %s: %v%s\n", l.Sequence, message(&l), why, againRemedy(why))
			continue
		}
		todo = append(todo, l)
	}
	if len(todo) == 0 {
		fmt.Fprintln(s.err, "nothing is left to replay")
		return 1, nil
	}
	if refused := d.confirm(ctx, todo, "send", "again", s); refused != 0 {
		return refused, nil
	}
	sent := 0
	for i, err := range orNone(letters.Replay(ctx, todo, d.again), len(todo)) {
		if err != nil {
			status = 1
			fmt.Fprintf(s.err, "%v%s\n", err, againRemedy(err))
			continue
		}
		sent++
		fmt.Fprintf(s.out, "replayed %d: %s on %s\n", todo[i].Sequence, message(&todo[i]), todo[i].Rejected.GetSubject())
	}
	fmt.Fprintf(s.out, "%d of %d replayed\n", sent, len(found))
	return status, nil
}

// againRemedy is what to do about a dead letter that is not replayed a second time.
func againRemedy(err error) string {
	var replayed *natsjs.Replayed
	if errors.As(err, &replayed) {
		return "; --again sends it once more, but for the parts that the MNO has accepted"
	}
	return ""
}

// drop removes dead letters.
func (d *dlq) drop(ctx context.Context, letters *natsjs.DeadLetters, s streams) (status int, err error) {
	found, status, err := d.find(ctx, letters, s)
	if err != nil || len(found) == 0 {
		return status, err
	}
	if refused := d.confirm(ctx, found, "remove", "for good", s); refused != 0 {
		return refused, nil
	}
	dropped := 0
	for _, err := range orNone(letters.Drop(ctx, found), len(found)) {
		if err != nil {
			status = 1
			fmt.Fprintln(s.err, err)
			continue
		}
		dropped++
	}
	fmt.Fprintf(s.out, "%d of %d dropped\n", dropped, len(found))
	return status, nil
}

// orNone gives a nil slice of errors its length.
func orNone(errs []error, n int) []error {
	if errs == nil {
		return make([]error, n)
	}
	return errs
}

// confirm asks whether to do something to dead letters.
func (d *dlq) confirm(ctx context.Context, letters []natsjs.DeadLetter, verb, how string, s streams) int {
	q := question{verb: verb, things: count(len(letters), "dead letter"), how: how, yes: d.yes, show: func(w io.Writer) int {
		printLetters(w, letters[:min(len(letters), shownBefore)])
		return len(letters) - shownBefore
	}}
	return q.put(ctx, s)
}
