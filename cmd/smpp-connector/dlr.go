package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/ghasi/smpp-connector/actors/dlr"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/infra/natsjs"
)

const dlrUsage = "Usage: smpp-connector dlr orphans|replay [flags] [SEQUENCE|ID…]\n\n" +
	"  orphans  receipts that stayed without a message, a line each, and why\n" +
	"  replay   give them back to the connector, which reads them under the present profile\n\n" +
	"An argument of digits is a sequence, any other the MNO's id; --id is for one of digits.\n" +
	"Arguments and flags together select what meets all of them; the exit status is 1 when\n" +
	"nothing does.\n\n"

// dlrCall is one call of the command.
type dlrCall struct {
	nats   natsFlags
	filter natsjs.OrphanFilter
	json   bool
	yes    bool
	all    bool
}

// dlrActions are what can be done with receipts without a message.
var dlrActions = map[string]func(*dlrCall, context.Context, *natsjs.Conn, streams) (status int, err error){
	"orphans": (*dlrCall).orphans, "replay": (*dlrCall).replay,
}

// receipts looks at receipts without a message, and has them matched again.
func receipts(ctx context.Context, args []string, s streams) int {
	do, ok := chosen(dlrActions, args, dlrUsage, s)
	if !ok {
		return usageStatus(args)
	}
	action, call := args[0], &dlrCall{}
	return visit{
		name: "dlr " + action, usage: dlrUsage, nats: &call.nats,
		flags:    func(set *flag.FlagSet) { call.flags(set, action) },
		complete: func(names []string) error { return call.complete(action, names) },
		act:      func(ctx context.Context, conn *natsjs.Conn, s streams) (int, error) { return do(call, ctx, conn, s) },
	}.run(ctx, args[1:], s)
}

func (d *dlrCall) flags(set *flag.FlagSet, action string) {
	f := &d.filter
	set.Func("id", "the MNO's id; for one of digits", func(v string) error { f.IDs = append(f.IDs, v); return nil })
	set.Func("operator", "operatorIds, with commas between them", words(&f.Operators))
	set.Func("since", "not older: a time (2026-11-24T09:30:00Z) or how long ago (2h)", instant(&f.Since))
	set.Func("until", "older: a time or how long ago", instant(&f.Until))
	set.IntVar(&f.Limit, "limit", 0, "the newest so many of them; 0: all")
	if action == "orphans" {
		set.BoolVar(&d.json, "json", false, "print a JSON object a line")
		return
	}
	set.BoolVar(&d.all, "all", false, "all orphans")
	set.BoolVar(&d.yes, "yes", false, "do it without asking")
}

// complete takes the arguments in, and says what is missing.
func (d *dlrCall) complete(action string, names []string) error {
	f := &d.filter
	for _, name := range names {
		if sequence, err := strconv.ParseUint(name, 10, 64); err == nil {
			f.Sequences = append(f.Sequences, sequence)
		} else {
			f.IDs = append(f.IDs, name)
		}
	}
	selected := len(f.Sequences)+len(f.IDs)+len(f.Operators) > 0 || !f.Since.IsZero() || !f.Until.IsZero() || f.Limit > 0
	switch {
	case f.Limit < 0:
		return fmt.Errorf("--limit %d: want 0 or more", f.Limit)
	case !f.Until.IsZero() && !f.Since.Before(f.Until):
		return errors.New("--since is not before --until: nothing lies between them")
	case action == "replay" && !selected && !d.all:
		return errors.New("which? name sequences or ids, or select with --operator, --since, --until or --limit; --all means all")
	case d.all && selected:
		return errors.New("--all and a selection: give one of them")
	}
	return nil
}

func (d *dlrCall) find(ctx context.Context, conn *natsjs.Conn, s streams) (found []natsjs.Orphan, status int, err error) {
	if found, err = conn.Orphans().Find(ctx, d.filter); err != nil {
		return nil, 1, err
	}
	if len(found) == 0 {
		fmt.Fprintln(s.err, "no orphans are selected")
		return nil, 1, nil
	}
	return found, 0, nil
}

// orphans prints a line of each: nothing of a text, no number in full.
func (d *dlrCall) orphans(ctx context.Context, conn *natsjs.Conn, s streams) (int, error) {
	found, status, err := d.find(ctx, conn, s)
	switch {
	case err != nil:
		return status, err
	case d.json:
		for i := range found {
			fmt.Fprintln(s.out, jsonLine(orphanOf(&found[i])))
		}
	default:
		printOrphans(s.out, found)
	}
	return status, nil
}

func printOrphans(w io.Writer, orphans []natsjs.Orphan) {
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i := range orphans {
		o := orphanOf(&orphans[i])
		fmt.Fprintf(columns, "%d\t%s\t%s\t%s\t%s\t%s\n", o.Sequence, orphans[i].StoredAt.UTC().Format(letterTime), orDash(o.OperatorID), orDash(o.ID), orDash(o.Status), o.Diagnosis)
	}
	_ = columns.Flush() // of a standard stream; nobody is left to be told
}

// orphanJSON is a line of --json.
type orphanJSON struct {
	Sequence   uint64 `json:"sequence"`
	Time       string `json:"time"`
	OperatorID string `json:"operatorId"`
	BindID     string `json:"bindId"`
	ID         string `json:"operatorMessageId"` // as the receipt has it
	Status     string `json:"status"`
	DoneDate   string `json:"doneDate,omitempty"`
	Diagnosis  string `json:"diagnosis"`
}

func orphanOf(o *natsjs.Orphan) orphanJSON {
	r := o.Receipt
	out := orphanJSON{Sequence: o.Sequence, Time: o.StoredAt.UTC().Format(time.RFC3339Nano), OperatorID: r.GetOperatorId(), BindID: r.GetBindId(),
		ID: r.GetOperatorMessageId(), Status: r.GetStatus().String(), DoneDate: r.GetDoneDate(), Diagnosis: r.GetDiagnosis()}
	if o.Err != nil {
		out.Diagnosis = "unreadable: " + o.Err.Error()
	}
	return out
}

// replay parks receipts again: the connector that serves their account reads them
// under its present profile, and publishes those that match as any other receipt.
// The events go only when that is stored; what matches nothing comes again.
func (d *dlrCall) replay(ctx context.Context, conn *natsjs.Conn, s streams) (int, error) {
	found, status, err := d.find(ctx, conn, s)
	if err != nil || len(found) == 0 {
		return status, err
	}
	var todo []natsjs.Orphan
	var parked []port.ParkedReceipt
	for _, o := range found {
		if p, err := parkAgain(&o, time.Now()); err != nil {
			status = 1
			fmt.Fprintf(s.err, "left out: orphan %d: %v\n", o.Sequence, err)
		} else {
			todo, parked = append(todo, o), append(parked, p)
		}
	}
	if len(todo) == 0 {
		return 1, nil
	}
	ask := question{verb: "match", things: count(len(todo), "receipt"), how: "again", yes: d.yes, show: func(w io.Writer) int {
		printOrphans(w, todo[:min(len(todo), shownBefore)])
		return len(todo) - shownBefore
	}}
	if refused := ask.put(ctx, s); refused != 0 {
		return refused, nil
	}
	if err := conn.Receipts().Park(ctx, parked); err != nil {
		return 1, err
	}
	for i, err := range conn.Orphans().Drop(ctx, todo) {
		if err != nil {
			status = 1
			fmt.Fprintf(s.err, "orphan %d is given back, and its event stays: %v\n", todo[i].Sequence, err)
		}
	}
	fmt.Fprintf(s.out, "%d of %d given back; what matches nothing comes again after dlr.orphanAfter\n", len(todo), len(found))
	return status, nil
}

// parkAgain makes the parked receipt of an orphan.
func parkAgain(o *natsjs.Orphan, now time.Time) (port.ParkedReceipt, error) {
	r := o.Receipt
	switch {
	case o.Err != nil:
		return port.ParkedReceipt{}, o.Err
	case r.GetOperatorMessageId() == "":
		return port.ParkedReceipt{}, errors.New(dlr.NoID)
	}
	bind, err := port.ParseBindID(r.GetBindId())
	if err != nil {
		return port.ParkedReceipt{}, err
	}
	return port.ParkedReceipt{Key: port.CorrelationKey{OperatorID: r.GetOperatorId(), OperatorMessageID: r.GetOperatorMessageId()},
		State: dlr.Kind(dlr.StateOf(r.GetStatus()), r.GetFinal()), Bind: bind, HeardAt: now, Source: r.GetTo(), Dest: r.GetFrom(), Octets: codec.Append(nil, dlr.Deliver(r))}, nil
}
