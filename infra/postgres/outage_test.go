package postgres_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
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

// within fails when ask takes longer than limit, which is far above what it needs and
// below what it would take if it waited for the server.
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
	db := opened(t, postgres.Options{URL: server.URL, Migrations: migrations, Listener: &facts})
	for range 3 {
		err := within(t, patience/3, "a call without a server", func() error { return db.Save(t.Context(), one("id")) })
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

// A server that is killed and comes back, or freezes and thaws, costs errors while it
// lasts, never a hang, and nothing after it: the first success comes soon after the
// server's return, in the best of a few tries where the machine is busy elsewhere.
func TestPostgresThatComesBackIsUsedAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		away, back func(*stack.Server)
		timeout    time.Duration // of a call
		limit      time.Duration // of one call while it is away
	}{
		"killed": {(*stack.Server).Kill, (*stack.Server).Start, patience, patience / 3},                 // it does not wait for its timeout
		"frozen": {(*stack.Server).Pause, (*stack.Server).Resume, 500 * time.Millisecond, patience / 3}, // nor for the server
	} {
		t.Run(name, func(t *testing.T) {
			server := stack.PostgresServer(t)
			var facts heard
			db := opened(t, postgres.Options{URL: server.URL, Migrations: migrations, Listener: &facts, CallTimeout: c.timeout})
			eventually(t, func() error { return db.Save(t.Context(), one("before")) })
			best := patience
			for try := 0; try < 5 && best > 3*time.Second; try++ {
				c.away(server)
				for range 3 {
					if err := within(t, c.limit, "a call while it is "+name, func() error { return db.Save(t.Context(), one("during")) }); err == nil {
						t.Error("a call succeeded without a server")
					}
				}
				c.back(server)
				began := time.Now()
				eventually(t, func() error { return db.Save(t.Context(), one("after")) })
				best = min(best, time.Since(began))
			}
			if best > 3*time.Second {
				t.Errorf("the first success came %v after the server's return", best)
			}
			for _, id := range []string{"before", "after"} {
				eventually(t, func() error {
					rows, err := db.Find(t.Context(), []port.CorrelationKey{row(id, "").Key()})
					if err == nil && rows[0] == nil {
						t.Errorf("the row %q that was saved is not found", id)
					}
					return err
				})
			}
			// One fact for each change; a call that a busy machine lets time out is one too.
			if got := strings.Fields(facts.updown()); len(got) < 3 || got[len(got)-1] != "up" {
				t.Errorf("heard %q, want … down up", got)
			} else if once := slices.Compact(slices.Clone(got)); len(once) != len(got) {
				t.Errorf("heard %q, a change twice", got)
			}
		})
	}
}

// The watch notices an end of an outage that no call notices.
func TestPostgresIsReportedBackWithoutACall(t *testing.T) {
	server := stack.PostgresServer(t)
	var facts heard
	db := opened(t, postgres.Options{URL: server.URL, Migrations: migrations, Listener: &facts})
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

// What a caller gives up on says nothing about the server. Where the machine is busy
// elsewhere, the watch may find out by itself meanwhile that it is frozen.
func TestAbandonedCallReportsNothing(t *testing.T) {
	server := stack.PostgresServer(t)
	for range 10 {
		var facts heard
		db := opened(t, postgres.Options{URL: server.URL, Migrations: migrations, Listener: &facts})
		eventually(t, func() error { return db.Save(t.Context(), one("id")) })
		server.Pause()
		frozen := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		err := db.Save(ctx, one("id"))
		cancel()
		got, took := facts.updown(), time.Since(frozen)
		server.Resume()
		if err == nil {
			t.Error("a call succeeded on a frozen server")
		}
		if got == "up" {
			return
		}
		if took < 500*time.Millisecond { // a look of the watch takes longer to fail
			t.Fatalf("heard %q, want up alone", got)
		}
	}
	t.Error("each abandoned call took more than half a second")
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
	db := opened(t, postgres.Options{URL: "postgres://smpp:" + secret + "@" + server.Addr + "/postgres?sslmode=disable", Listener: &facts})
	err := db.Save(t.Context(), one("id"))
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
