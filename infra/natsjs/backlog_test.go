package natsjs_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/infra/natsjs"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Issue 5, bad input: commands for an operator or a bind that nobody serves are found,
// and can be made dead letters of; what a connector reads is left alone.
func TestCommandsThatNobodyReadsAreFoundAndBuried(t *testing.T) {
	conn, _ := connected(t)
	const ghost = "smpp.awcc.trx.9.dispatch"
	if _, err := conn.Source().Open(within(t), port.ConsumerSpec{MNO: "awcc", Durable: contract.OperatorDurable("awcc"),
		Subject: contract.OperatorSubject("awcc"), AckWait: time.Minute, MaxAckPending: 10}); err != nil {
		t.Fatal(err)
	}
	for subject, n := range map[string]int{contract.OperatorSubject("awcc"): 4, contract.OperatorSubject("acme"): 3, ghost: 1} {
		for i := range n {
			if err := send(within(t), conn.JetStream(), subject, fmt.Appendf(nil, salaam, fmt.Sprint(subject, i)), nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	looks, err := conn.Backlogs(within(t))
	if err != nil || len(looks) != 1 {
		t.Fatalf("%v, %v", looks, err)
	}
	want := []event.UnservedSubject{{Subject: contract.OperatorSubject("acme"), Messages: 3}, {Subject: ghost, Messages: 1}}
	if look := looks[0]; !slices.Equal(look.Unserved, want) || look.Stream != contract.StreamDispatch || look.Consumers != 1 || look.MaxAge != 72*time.Hour || look.Oldest <= 0 || look.Oldest > time.Minute {
		t.Errorf("%+v", look)
	}

	letters := conn.DeadLetters()
	if n, err := letters.Bury(within(t), contract.OperatorSubject("awcc")); n != 0 || !errors.Is(err, natsjs.ErrServed) {
		t.Errorf("%d of a subject that is read were buried, %v", n, err)
	}
	for subject, want := range map[string]int{contract.OperatorSubject("acme"): 3, ghost: 1} {
		if n, err := letters.Bury(within(t), subject); n != want || err != nil {
			t.Errorf("%s: %d buried, %v", subject, n, err)
		}
	}
	if _, err := letters.Bury(within(t), contract.SubjectDLQ); err == nil {
		t.Error("events were buried")
	}
	found := find(t, letters, natsjs.DeadLetterFilter{Reasons: []string{natsjs.ReasonUnserved}, Operators: []string{"acme"}})
	if len(found) != 3 || found[0].Rejected.GetMessageId() != contract.OperatorSubject("acme")+"0" || found[0].Replayable(false) != nil {
		t.Errorf("%+v", found)
	}
	stream, err := conn.JetStream().Stream(within(t), contract.StreamDispatch)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := stream.Info(within(t), jetstream.WithSubjectFilter(">")); err != nil || len(info.State.Subjects) != 1 || info.State.Msgs != 4 {
		t.Errorf("left: %v, %v", info.State.Subjects, err)
	}
	if looks, err := conn.Backlogs(within(t), contract.StreamDispatch, "SMPP_DISPATCH_nobody"); err != nil || len(looks) != 1 || looks[0].Unserved != nil {
		t.Errorf("%v, %v", looks, err)
	}
}
