package postgres_test

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ghasi/smpp-connector/infra/postgres"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// bare returns a store that migrates nothing by itself. Its background look
// fails, as it should without the tables; Migrate does not depend on it.
func bare(t *testing.T, url string) *postgres.DB {
	t.Helper()
	return opened(t, postgres.Options{URL: url})
}

func TestPodsThatStartTogetherMigrateOnce(t *testing.T) {
	url := stack.Postgres(t)
	prepared := postgres.Options{URL: url, Migrations: migrations}
	var pods sync.WaitGroup
	for range 6 {
		pods.Go(func() {
			if err := opened(t, prepared).Save(t.Context(), nil); err != nil {
				t.Error(err)
			}
			if _, err := opened(t, prepared).Parts(t.Context(), "awcc", "m"); err != nil {
				t.Error(err)
			}
		})
	}
	pods.Wait()
	if got := query[string](t, url, `SELECT string_agg(name, ' ' ORDER BY version) FROM smpp.schema_versions`); got != "0001_message_correlations.sql 0002_smpp_binds.sql" {
		t.Errorf("applied: %s", got)
	}
}

func TestMigrationIsAllOrNothing(t *testing.T) {
	url := stack.Postgres(t)
	db := bare(t, url)
	files := fstest.MapFS{
		"0001_good.sql": {Data: []byte(`CREATE TABLE smpp.good (n int)`)},
		"0002_bad.sql":  {Data: []byte(`CREATE TABLE smpp.bad (n int); SELECT broken`)},
	}
	if err := db.Migrate(t.Context(), files); err == nil || !strings.Contains(err.Error(), "0002_bad.sql") {
		t.Errorf("got %v, want an error that names 0002_bad.sql", err)
	}
	if query[bool](t, url, `SELECT to_regclass('smpp.good') IS NOT NULL`) {
		t.Error("half of a migration stayed")
	}
	files["0002_bad.sql"].Data = []byte(`CREATE TABLE smpp.bad (n int)`)
	if err := db.Migrate(t.Context(), files); err != nil {
		t.Fatalf("after the file was corrected: %v", err)
	}
	if err := db.Migrate(t.Context(), files); err != nil {
		t.Errorf("again: %v", err)
	}
	files["0001_good.sql"].Data = []byte(`CREATE TABLE smpp.good (n bigint)`)
	if err := db.Migrate(t.Context(), files); err == nil || !strings.Contains(err.Error(), "0001_good.sql was edited") {
		t.Errorf("got %v, want an error that says which file was edited", err)
	}
	// A pod of the version before: it knows fewer files and must still run.
	if err := db.Migrate(t.Context(), fstest.MapFS{}); err != nil {
		t.Errorf("an older pod on a newer schema: %v", err)
	}
}

func TestMigrationFilesAreNumberedWithoutGaps(t *testing.T) {
	db := bare(t, stack.Postgres(t))
	for want, files := range map[string]fs.FS{
		"want a name like":   fstest.MapFS{"first.sql": {}},
		"number 0001":        fstest.MapFS{"0002_two.sql": {}},
		"number 0002 is mis": fstest.MapFS{"0001_one.sql": {}, "0001_uno.sql": {}},
	} {
		if err := db.Migrate(t.Context(), files); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error that says %q", err, want)
		}
	}
}

// A database that others prepare: without migrations of ours each call says
// what is missing, and works once it is there.
func TestUnpreparedDatabaseIsAnErrorPerCall(t *testing.T) {
	url := stack.Postgres(t)
	db := bare(t, url)
	_, err := db.Parts(t.Context(), "awcc", "m")
	var verdict *pgconn.PgError
	if !errors.As(err, &verdict) || verdict.Code != "42P01" && verdict.Code != "3F000" {
		t.Fatalf("got %v, want PostgreSQL's complaint about the table", err)
	}
	if err := db.Migrate(t.Context(), migrations); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error { _, err := db.Parts(t.Context(), "awcc", "m"); return err })
}

// eventually repeats ask until it succeeds, for so long as patience lasts.
func eventually(t testing.TB, ask func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		err := ask()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("still after %v: %v", patience, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
