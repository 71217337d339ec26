package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/ghasi/smpp-connector/deploy/migrations"
	"github.com/ghasi/smpp-connector/infra/postgres"
)

const migrateUsage = "Usage: smpp-connector migrate [flags]\n\n" +
	"Brings the schema of POSTGRES_URL up to this version: before a rolling update, by a job or\n" +
	"a role that may create tables. Each migration works while pods of the version before it\n" +
	"still run; a schema that is newer than this program is left alone. Serving pods do the\n" +
	"same at their start, where their role may.\n\n"

// migrateWithin bounds the whole: an index over a large table takes minutes.
const migrateWithin = 30 * time.Minute

// migrate applies the migrations, or says which there are to apply (US-SC-015).
func migrate(ctx context.Context, args []string, s streams) int {
	set := flag.NewFlagSet("migrate", flag.ContinueOnError)
	set.SetOutput(s.err)
	set.Usage = func() {
		fmt.Fprint(set.Output(), migrateUsage)
		set.PrintDefaults()
	}
	url := set.String("postgres", "", "the database (POSTGRES_URL)")
	check := set.Bool("check", false, "only say what would be applied; exit status 1 when there is something")
	if err := set.Parse(args); err != nil {
		return flagStatus(err)
	}
	if *url == "" {
		*url = os.Getenv("POSTGRES_URL") // not a default: --help would print the password
	}
	if *url == "" || set.NArg() > 0 {
		fmt.Fprintln(s.err, "smpp-connector migrate: want a database and nothing else: --postgres or POSTGRES_URL")
		return 2
	}
	db, err := postgres.Open(postgres.Options{URL: *url})
	if err != nil {
		fmt.Fprintln(s.err, "smpp-connector migrate:", err)
		return 2
	}
	defer db.Close()
	ctx, stop := untilSignalled(ctx)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, migrateWithin)
	defer cancel()
	pending, err := db.Pending(ctx, migrations.Files)
	if err == nil && !*check {
		err = db.Migrate(ctx, migrations.Files)
	}
	if err != nil {
		fmt.Fprintln(s.err, "smpp-connector migrate:", err)
		return 1
	}
	word := "applied"
	if *check {
		word = "to be applied"
	}
	for _, name := range pending {
		fmt.Fprintln(s.out, word+":", name)
	}
	if len(pending) == 0 {
		fmt.Fprintln(s.out, "the schema is up to date")
	} else if *check {
		return 1
	}
	return 0
}
