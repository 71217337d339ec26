package natsjs_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/infra/natsjs"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/stack"
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

// Issue 5, "lost 0": what the server would drop at the stream's MaxAge is a dead letter
// before, also of an operator that nobody serves; what a pod may have in hand is left to
// it, and so is what has time. The dead letter is replayed like any other.
func TestCommandsAreDeadLettersBeforeTheServerDropsThem(t *testing.T) {
	conn, _ := connected(t)
	spec := func(operator string) port.ConsumerSpec {
		return port.ConsumerSpec{MNO: operator, Durable: contract.OperatorDurable(operator), Subject: contract.OperatorSubject(operator), AckWait: time.Minute, MaxAckPending: 10}
	}
	ids := func(letters []*contract.DispatchRejected) (ids []string) {
		for _, l := range letters {
			if l.GetReason() != natsjs.ReasonMaxAge || l.GetSubject() == "" || len(l.GetPayload()) == 0 || !strings.Contains(l.GetDetail(), "NATS_DISPATCH_MAX_AGE") {
				t.Errorf("%v", l)
			}
			id := l.GetMessageId()
			if l.GetAmbiguous() {
				id += "?"
			}
			ids = append(ids, id)
		}
		return ids
	}
	for _, operator := range []string{"awcc", "roshan"} {
		c, err := conn.Source().Open(within(t), spec(operator))
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			if err := send(within(t), conn.JetStream(), contract.OperatorSubject(operator), fmt.Appendf(nil, salaam, fmt.Sprint(operator, i)), nil); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := c.Pull(within(t), 1, deadline, func([]port.Delivery) {}); err != nil {
			t.Fatal(err)
		}
	}
	if err := send(within(t), conn.JetStream(), contract.OperatorSubject("ghost"), fmt.Appendf(nil, salaam, "ghost"), nil); err != nil {
		t.Fatal(err)
	}
	letters, now := conn.DeadLetters(), time.Now()
	bury := func(at time.Time) []string {
		t.Helper()
		buried, err := letters.BuryDue(within(t), contract.StreamDispatch, at)
		if err != nil {
			t.Fatal(err)
		}
		return ids(buried)
	}
	if got := bury(now.Add(71 * time.Hour)); got != nil {
		t.Errorf("an hour before: %v", got)
	}
	c, err := conn.JetStream().Consumer(within(t), contract.StreamDispatch, contract.OperatorDurable("awcc"))
	if err != nil {
		t.Fatal(err)
	}
	if last := c.CachedInfo().Delivered.Last; last == nil {
		t.Fatal("the consumer does not say when it delivered last")
	}
	// What was delivered 71 h 45 min ago is in nobody's hands any more, and what became of it
	// nobody knows.
	want := []string{"awcc0?", "awcc1", "awcc2", "roshan0?", "roshan1", "roshan2", "ghost"}
	if got := bury(now.Add(71*time.Hour + 45*time.Minute)); !slices.Equal(got, want) {
		t.Errorf("buried %v, want %v", got, want)
	}
	if got := bury(now.Add(71*time.Hour + 45*time.Minute)); got != nil {
		t.Errorf("a second pod buried %v again", got)
	}
	found := find(t, letters, natsjs.DeadLetterFilter{Reasons: []string{natsjs.ReasonMaxAge}})
	if len(found) != len(want) || found[6].Replayable(false) != nil {
		t.Errorf("%d dead letters", len(found))
	}
}

// What a consumer has delivered within minutes may be in hand: the pod that has it settles it.
func TestCommandsInHandAreNotBuried(t *testing.T) {
	server := stack.NATS(t)
	conn := connect(t, natsjs.Options{URLs: []string{server.URL}, DispatchMaxAge: 4 * time.Minute})
	if err := conn.EnsureStreams(within(t)); err != nil {
		t.Fatal(err)
	}
	c, err := conn.Source().Open(within(t), operatorSpec("awcc", "awcc"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if err := send(within(t), conn.JetStream(), contract.OperatorSubject("awcc"), fmt.Appendf(nil, salaam, fmt.Sprint("m", i)), nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Pull(within(t), 1, deadline, func([]port.Delivery) {}); err != nil {
		t.Fatal(err)
	}
	buried, err := conn.DeadLetters().BuryDue(within(t), contract.StreamDispatch, time.Now().Add(3*time.Minute+time.Second))
	if err != nil || len(buried) != 2 || buried[0].GetMessageId() != "m1" || buried[1].GetMessageId() != "m2" {
		t.Errorf("%v, %v: want the two that were not delivered", buried, err)
	}
}

// US-SC-024: an MNO that may take 10 minutes for an answer has an AckWait above that, and a
// command that was delivered six minutes ago may still be answered.
func TestCommandsOfASlowMNOAreNotBuried(t *testing.T) {
	server := stack.NATS(t)
	conn := connect(t, natsjs.Options{URLs: []string{server.URL}, DispatchMaxAge: 8 * time.Minute})
	if err := conn.EnsureStreams(within(t)); err != nil {
		t.Fatal(err)
	}
	slow := operatorSpec("awcc", "awcc")
	slow.AckWait = 11 * time.Minute
	c, err := conn.Source().Open(within(t), slow)
	if err != nil {
		t.Fatal(err)
	}
	if err := send(within(t), conn.JetStream(), contract.OperatorSubject("awcc"), fmt.Appendf(nil, salaam, "m"), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Pull(within(t), 1, deadline, func([]port.Delivery) {}); err != nil {
		t.Fatal(err)
	}
	bury := func(in time.Duration) int {
		buried, err := conn.DeadLetters().BuryDue(within(t), contract.StreamDispatch, time.Now().Add(in))
		if err != nil {
			t.Fatal(err)
		}
		return len(buried)
	}
	// It is due from 6 minutes on.
	if n := bury(6*time.Minute + 10*time.Second); n != 0 {
		t.Errorf("buried %d that may be answered yet", n)
	}
	if n := bury(15*time.Minute + 10*time.Second); n != 1 {
		t.Errorf("buried %d of 1 that is in nobody's hands", n)
	}
}

// US-SC-019: what an earlier owner of the bind may have submitted is marked, though the
// consumer that handed it out is deleted; and while that is not long ago, it is left alone.
func TestWhatAnEarlierOwnerWasHandedIsBuriedMarked(t *testing.T) {
	conn, _ := connected(t)
	first, err := openAs(within(t), conn, 5)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if err := send(within(t), conn.JetStream(), contract.BindSubject("awcc", "trx", 1), fmt.Appendf(nil, salaam, fmt.Sprint("m", i)), nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := inheritedOf(t, first, 1); got != "-" {
		t.Fatal(got)
	}
	if _, err := openAs(within(t), conn, 7); err != nil {
		t.Fatal(err)
	}
	buried, err := conn.DeadLetters().BuryDue(within(t), contract.StreamDispatch, time.Now().Add(71*time.Hour+45*time.Minute))
	if err != nil || len(buried) != 3 || !buried[0].GetAmbiguous() || buried[1].GetAmbiguous() || buried[2].GetAmbiguous() {
		t.Errorf("%v, %v: want three, and the first one marked", buried, err)
	}
}

func TestWhatAnEarlierOwnerMayHaveInHandIsNotBuried(t *testing.T) {
	server := stack.NATS(t)
	conn := connect(t, natsjs.Options{URLs: []string{server.URL}, DispatchMaxAge: 4 * time.Minute})
	if err := conn.EnsureStreams(within(t)); err != nil {
		t.Fatal(err)
	}
	first, err := openAs(within(t), conn, 5)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		if err := send(within(t), conn.JetStream(), contract.BindSubject("awcc", "trx", 1), fmt.Appendf(nil, salaam, fmt.Sprint("m", i)), nil); err != nil {
			t.Fatal(err)
		}
	}
	inheritedOf(t, first, 1)
	if _, err := openAs(within(t), conn, 7); err != nil {
		t.Fatal(err)
	}
	buried, err := conn.DeadLetters().BuryDue(within(t), contract.StreamDispatch, time.Now().Add(3*time.Minute+time.Second))
	if err != nil || len(buried) != 1 || buried[0].GetMessageId() != "m1" {
		t.Errorf("%v, %v: want the one that nobody was handed", buried, err)
	}
}
