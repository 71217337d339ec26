package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/infra/natsjs"
)

// unserved prints the subjects that have commands and no reader. The status is 1 when
// there is none, or none of those that are named.
func (d *dlq) unserved(ctx context.Context, letters *natsjs.DeadLetters, s streams) (status int, err error) {
	found, err := d.findUnserved(ctx, letters)
	if err != nil {
		return 1, err
	}
	if len(found) == 0 {
		fmt.Fprintln(s.err, "every subject with commands has a reader")
		return 1, nil
	}
	printUnserved(s.out, found)
	return 0, nil
}

// bury makes dead letters of the commands on subjects that nobody reads.
func (d *dlq) bury(ctx context.Context, letters *natsjs.DeadLetters, s streams) (status int, err error) {
	found, err := d.findUnserved(ctx, letters)
	if err != nil {
		return 1, err
	}
	for _, subject := range d.subjects {
		if !slices.ContainsFunc(found, func(u event.UnservedSubject) bool { return u.Subject == subject }) {
			status = 1
			fmt.Fprintf(s.err, "%s has no commands, or a connector reads it\n", printable(subject))
		}
	}
	if len(found) == 0 {
		return 1, nil
	}
	messages := 0
	for _, u := range found {
		messages += int(u.Messages)
	}
	q := question{verb: "make dead letters of", things: count(messages, "command"), how: "that nobody reads", yes: d.yes, show: func(w io.Writer) int {
		printUnserved(w, found[:min(len(found), shownBefore)])
		return len(found) - shownBefore
	}}
	if refused := q.put(ctx, s); refused != 0 {
		return refused, nil
	}
	for _, u := range found {
		buried, err := letters.Bury(ctx, u.Subject)
		fmt.Fprintf(s.out, "%s: %s\n", printable(u.Subject), count(buried, "dead letter"))
		if err != nil {
			status = 1
			fmt.Fprintf(s.err, "%s: %v\n", printable(u.Subject), err)
		}
	}
	return status, nil
}

func (d *dlq) findUnserved(ctx context.Context, letters *natsjs.DeadLetters) (found []event.UnservedSubject, err error) {
	looks, err := letters.Backlogs(ctx)
	for _, look := range looks {
		for _, u := range look.Unserved {
			if len(d.subjects) == 0 || slices.Contains(d.subjects, u.Subject) {
				found = append(found, u)
			}
		}
	}
	return found, err
}

func printUnserved(w io.Writer, list []event.UnservedSubject) {
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, u := range list {
		fmt.Fprintf(columns, "%s\t%s\n", printable(u.Subject), count(int(u.Messages), "command"))
	}
	_ = columns.Flush() // of a standard stream; nobody is left to be told
}
