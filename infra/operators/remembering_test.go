package operators_test

import (
	"context"
	"errors"
	"testing"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/infra/operators"
	fake "github.com/ghasi/smpp-connector/testkit/operators"
)

// decisions.md: the last good answer is kept in memory (US-SC-002).
func TestUSSC002LastGoodAnswerBridgesAnOutage(t *testing.T) {
	service := fake.Start(t)
	service.Put(account())
	remembering := &operators.Remembering{Next: client(t, operators.Options{URL: service.URL})}

	first, err := remembering.Fetch(t.Context(), "awcc")
	if err != nil {
		t.Fatal(err)
	}
	first.Password = "changed by a caller" // what is remembered is not the caller's to change

	service.HTML()
	if got, err := remembering.Fetch(t.Context(), "awcc"); err != nil || got.Password != password {
		t.Errorf("while the service is wrong: %v; want the last good answer, unchanged", err)
	}
	service.Down()
	if _, err := remembering.Fetch(t.Context(), "awcc"); err != nil {
		t.Errorf("while the service is down: %v; want the last good answer", err)
	}
	if _, err := remembering.Fetch(t.Context(), "roshan"); err == nil {
		t.Error("an operator that was never fetched was answered")
	}
	service.Up()
	service.Rotate("awcc", "rotated")
	if got, err := remembering.Fetch(t.Context(), "awcc"); err != nil || got.Password != "rotated" {
		t.Errorf("after the service came back with a new password: %v; want the new one", err)
	}
}

func TestAccountThatWasTakenAwayIsForgotten(t *testing.T) {
	service := fake.Start(t)
	service.Put(account())
	remembering := &operators.Remembering{Next: client(t, operators.Options{URL: service.URL})}
	if _, err := remembering.Fetch(t.Context(), "awcc"); err != nil {
		t.Fatal(err)
	}
	service.Remove("awcc")
	if _, err := remembering.Fetch(t.Context(), "awcc"); !errors.Is(err, port.ErrUnknownOperator) {
		t.Errorf("got %v, want ErrUnknownOperator: the service has answered", err)
	}
	service.Down()
	if _, err := remembering.Fetch(t.Context(), "awcc"); err == nil {
		t.Error("an account that was taken away came back when the service went down")
	}
}

func TestCallerThatGaveUpGetsItsOwnError(t *testing.T) {
	service := fake.Start(t)
	service.Put(account())
	remembering := &operators.Remembering{Next: client(t, operators.Options{URL: service.URL})}
	if _, err := remembering.Fetch(t.Context(), "awcc"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := remembering.Fetch(ctx, "awcc"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}
