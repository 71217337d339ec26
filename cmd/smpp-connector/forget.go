package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/ghasi/smpp-connector/infra/natsjs"
	"github.com/ghasi/smpp-connector/infra/postgres"
)

const forgetUsage = "Usage: smpp-connector forget [flags] NUMBER\n\n" +
	"Takes a subscriber's number (as events have it, such as 93700000001, with a '+' or\n" +
	"without) out of the correlations and the parked receipts, which go on working without\n" +
	"it. All of them go by themselves when they expire; this is for a subscriber who asks.\n" +
	"Where a profile rewrites numbers one way only, events have the MNO's form: ask for both.\n\n"

// forgetCall is one call of the command.
type forgetCall struct {
	nats        natsFlags
	postgres    string
	number      string
	events, yes bool
	conn        *natsjs.Conn
	db          *postgres.DB // nil: the correlations are in NATS
	there       natsjs.Forgotten
	rows        int
}

// forget purges by number (issue 8).
func forget(ctx context.Context, args []string, s streams) int {
	var call forgetCall
	return visit{name: "forget", usage: forgetUsage, nats: &call.nats, flags: call.flags, complete: call.complete, act: call.run}.run(ctx, args, s)
}

func (f *forgetCall) flags(set *flag.FlagSet) {
	set.StringVar(&f.postgres, "postgres", "", "PostgreSQL of the correlations (POSTGRES_URL); without it they are in NATS")
	set.BoolVar(&f.events, "events", false, "remove the events that quote it too, also those that nobody has read yet")
	set.BoolVar(&f.yes, "yes", false, "do it without asking")
}

func (f *forgetCall) complete(names []string) error {
	if f.postgres == "" {
		f.postgres = os.Getenv("POSTGRES_URL") // not a default: --help would print the password
	}
	if len(names) != 1 {
		return fmt.Errorf("%d numbers: want one", len(names))
	}
	f.number = strings.TrimPrefix(names[0], "+")
	if len(f.number) < 5 || strings.Trim(f.number, "0123456789") != "" {
		return errors.New("the number: want at least 5 digits, as in 93700000001")
	}
	return nil
}

func (f *forgetCall) run(ctx context.Context, conn *natsjs.Conn, s streams) (status int, err error) {
	f.conn = conn
	if f.postgres != "" {
		if f.db, err = postgres.Open(postgres.Options{URL: f.postgres}); err != nil {
			return 1, err
		}
		defer f.db.Close()
	}
	if err := f.count(ctx, true); err != nil {
		return 1, err
	}
	if f.total() == 0 {
		fmt.Fprintln(s.err, "the number stands nowhere")
		return 1, nil
	}
	ask := question{verb: "take the number out of", things: f.things(), how: "for good", yes: f.yes, show: func(io.Writer) int { return 0 }}
	if refused := ask.put(ctx, s); refused != 0 {
		return refused, nil
	}
	if err := f.count(ctx, false); err != nil {
		return 1, err
	}
	fmt.Fprintf(s.out, "taken out of %s\n", f.things())
	return 0, nil
}

// count looks where the number stands, and unless dry takes it out there.
func (f *forgetCall) count(ctx context.Context, dry bool) (err error) {
	if f.there, err = f.conn.Forget(ctx, f.number, f.events, dry); err != nil {
		return err
	}
	if f.db != nil {
		f.rows, err = f.db.Forget(ctx, f.number, dry)
	}
	return err
}

func (f *forgetCall) total() int {
	return f.rows + f.there.Correlations + f.there.Receipts + f.there.Events
}

func (f *forgetCall) things() string {
	return count(f.rows+f.there.Correlations, "correlation") + ", " + count(f.there.Receipts, "parked receipt") + " and " + count(f.there.Events, "event")
}
