package postgres_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/infra/postgres"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// heard collects DependencyChanged facts.
type heard struct {
	mu    sync.Mutex
	facts []event.DependencyChanged
}

func (h *heard) On(f event.Fact) {
	if changed, ok := f.(event.DependencyChanged); ok {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.facts = append(h.facts, changed)
	}
}

func (h *heard) updown() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var words []string
	for _, f := range h.facts {
		words = append(words, map[bool]string{true: "up", false: "down"}[f.Up])
	}
	return strings.Join(words, " ")
}

// within fails when ask takes longer than limit.
func within(t *testing.T, limit time.Duration, what string, ask func() error) error {
	t.Helper()
	began := time.Now()
	err := ask()
	if took := time.Since(began); took > limit {
		t.Errorf("%s took %v, want at most %v", what, took, limit)
	}
	return err
}

// Postgres away at start: the process lives, each call is an error at once, and
// the database is prepared and used when it comes.
func TestPostgresAwayAtStartIsAnErrorPerCall(t *testing.T) {
	server := stack.PostgresServer(t)
	server.Stop()
	var facts heard
	db, err := postgres.Open(postgres.Options{URL: server.URL, Migrations: migrations, Listener: &facts})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for range 3 {
		err := within(t, time.Second, "a call without a server", func() error { return db.Save(t.Context(), one("id")) })
		if err == nil || !strings.HasPrefix(err.Error(), "postgres: save 1 correlations: connect: ") {
			t.Errorf("got %v, want an error that says what was being done", err)
		}
	}
	server.Start()
	eventually(t, func() error { return db.Save(t.Context(), one("id")) })
	if find(t, db, "id") == nil {
		t.Error("the row is not found")
	}
	if got := facts.updown(); got != "down up" {
		t.Errorf("heard %q, want one fact for each change: down up", got)
	}
}

// A server that is killed and comes back, or freezes and thaws, costs errors
// while it lasts, never a hang, and nothing after it.
func TestPostgresThatComesBackIsUsedAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		away, back func(*stack.Server)
		limit      time.Duration // of one call while it is away
	}{
		"killed": {(*stack.Server).Kill, (*stack.Server).Start, 200 * time.Millisecond},
		"frozen": {(*stack.Server).Pause, (*stack.Server).Resume, 700 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			server := stack.PostgresServer(t)
			var facts heard
			db, err := postgres.Open(postgres.Options{URL: server.URL, Migrations: migrations, Listener: &facts, CallTimeout: 500 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			eventually(t, func() error { return db.Save(t.Context(), one("before")) })

			c.away(server)
			for range 3 {
				if err := within(t, c.limit, "a call while it is "+name, func() error { return db.Save(t.Context(), one("during")) }); err == nil {
					t.Error("a call succeeded without a server")
				}
			}
			c.back(server)
			began := time.Now()
			eventually(t, func() error { return db.Save(t.Context(), one("after")) })
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("the first success came %v after the server's return", took)
			}
			if find(t, db, "before") == nil || find(t, db, "after") == nil {
				t.Error("rows that were saved are not found")
			}
			if got := facts.updown(); got != "up down up" {
				t.Errorf("heard %q, want up down up", got)
			}
		})
	}
}

// The watch notices an end of an outage that no call notices.
func TestPostgresIsReportedBackWithoutACall(t *testing.T) {
	server := stack.PostgresServer(t)
	var facts heard
	db, err := postgres.Open(postgres.Options{URL: server.URL, Migrations: migrations, Listener: &facts})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	eventually(t, func() error { return db.Save(t.Context(), one("id")) })
	server.Stop()
	if err := db.Save(t.Context(), one("id")); err == nil {
		t.Error("a call succeeded without a server")
	}
	server.Start()
	eventually(t, func() error {
		if got := facts.updown(); got != "up down up" {
			return &unexpected{got}
		}
		return nil
	})
}

type unexpected struct{ got string }

func (u *unexpected) Error() string { return "heard " + u.got }

// What a caller gives up on says nothing about the server.
func TestAbandonedCallReportsNothing(t *testing.T) {
	server := stack.PostgresServer(t)
	var facts heard
	db, err := postgres.Open(postgres.Options{URL: server.URL, Migrations: migrations, Listener: &facts})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	eventually(t, func() error { return db.Save(t.Context(), one("id")) })
	server.Pause()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if err := db.Save(ctx, one("id")); err == nil {
		t.Error("a call succeeded on a frozen server")
	}
	if got := facts.updown(); got != "up" {
		t.Errorf("heard %q, want up alone", got)
	}
	server.Resume()
}

// Rule: no secret in an error, whether the URL cannot be read or the server refuses it.
func TestNoErrorHoldsThePassword(t *testing.T) {
	const secret = "hunter-2-hunter-2"
	for _, url := range []string{"postgres://smpp:" + secret + "@host:port/db", "postgres://smpp:" + secret + "%zz@host/db", "password=" + secret + " port=x", "://" + secret} {
		_, err := postgres.Open(postgres.Options{URL: url})
		if err == nil || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "POSTGRES_URL") {
			t.Errorf("a URL of %d octets: the error is missing, holds the password, or does not name POSTGRES_URL", len(url))
		}
	}
	server := stack.PostgresServer(t)
	var facts heard
	db, err := postgres.Open(postgres.Options{URL: "postgres://smpp:" + secret + "@" + server.Addr + "/postgres?sslmode=disable", Listener: &facts})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.Save(t.Context(), one("id"))
	if err == nil || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), "28P01") {
		t.Errorf("with a wrong password the error is missing, holds it, or does not say why")
	}
	if got := facts.updown(); got != "down" || strings.Contains(facts.facts[0].Err, secret) {
		t.Errorf("heard %q, or the fact holds the password", got)
	}
}

func TestClosedStoreRefusesCalls(t *testing.T) {
	db, err := postgres.Open(postgres.Options{URL: stack.Postgres(t), Migrations: migrations})
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	if err := db.Save(t.Context(), one("id")); err == nil {
		t.Error("a closed store saved a row")
	}
	db.Close() // again is no error
}
