package postgres_test

import (
	"testing"

	"github.com/ghasi/smpp-connector/testkit/stack"
)

// Issue 8: a number is purged on request.
func TestANumberIsForgottenOnRequest(t *testing.T) {
	db := open(t, stack.Postgres(t))
	mine, other := row("1", "m1"), row("2", "m2")
	other.To = "93700123457"
	rewritten := row("3", "m3")
	rewritten.To = "+" + mine.To // as a profile's addresses.rewriteInbound may have it
	save(t, db, mine, other, rewritten)
	for _, dry := range []bool{true, false} {
		if n, err := db.Forget(t.Context(), mine.To, dry); err != nil || n != 2 {
			t.Fatalf("dry %v: %d, %v", dry, n, err)
		}
	}
	if n, err := db.Forget(t.Context(), mine.To, true); err != nil || n != 0 {
		t.Errorf("it still stands in %d, %v", n, err)
	}
	if got := find(t, db, "1"); got == nil || got.To != "" || got.From != mine.From || got.MessageID != "m1" {
		t.Errorf("%+v", got)
	}
	if got := find(t, db, "3"); got == nil || got.To != "" {
		t.Errorf("%+v", got)
	}
	if got := find(t, db, "2"); got.To != other.To {
		t.Errorf("%+v", got)
	}
}
