package natsjs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
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

// Issue 5: what was served once has its consumer still. Its commands would wait unseen, so
// it is asked whether a pod that lives would read them.
func TestCommandsOfWhatNobodyServesAnyMoreAreFound(t *testing.T) {
	conn, _ := connected(t)
	for _, id := range []string{"awcc", "gone"} {
		if _, err := conn.Source().Open(within(t), port.ConsumerSpec{MNO: id, Durable: contract.OperatorDurable(id), Subject: contract.OperatorSubject(id), AckWait: time.Minute, MaxAckPending: 10}); err != nil {
			t.Fatal(err)
		}
		if err := send(within(t), conn.JetStream(), contract.OperatorSubject(id), fmt.Appendf(nil, salaam, id), nil); err != nil {
			t.Fatal(err)
		}
	}
	look := func() []event.UnservedSubject {
		looks, err := conn.Backlogs(within(t))
		if err != nil || len(looks) != 1 {
			t.Fatalf("%v, %v", looks, err)
		}
		return looks[0].Unserved
	}
	if got := look(); got != nil {
		t.Errorf("no pod lives, so nobody knows: %v", got)
	}
	pod := port.Pod{Name: "a", Instance: "a", Group: port.Group{MNO: "awcc", Direction: port.TRX}, Wants: []int{1}, Accounts: map[string][]int{"awcc": {1}}}
	got := []event.UnservedSubject(nil)
	for ctx := within(t); got == nil && ctx.Err() == nil; got = look() { // a pod that says nothing for a while lives no more
		if err := conn.Presence().Announce(ctx, pod); err != nil {
			t.Fatal(err)
		}
	}
	if want := []event.UnservedSubject{{Subject: contract.OperatorSubject("gone"), Messages: 1}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if _, err := conn.DeadLetters().Bury(within(t), contract.OperatorSubject("gone")); !errors.Is(err, natsjs.ErrServed) {
		t.Errorf("what a consumer reads was buried: %v", err)
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
		buried, err := letters.BuryDue(within(t), contract.StreamDispatch, at, nothingWentOut)
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
	buried, err := conn.DeadLetters().BuryDue(within(t), contract.StreamDispatch, time.Now().Add(3*time.Minute+time.Second), nothingWentOut)
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
		buried, err := conn.DeadLetters().BuryDue(within(t), contract.StreamDispatch, time.Now().Add(in), nothingWentOut)
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
	buried, err := conn.DeadLetters().BuryDue(within(t), contract.StreamDispatch, time.Now().Add(71*time.Hour+35*time.Minute), nothingWentOut)
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
	buried, err := conn.DeadLetters().BuryDue(within(t), contract.StreamDispatch, time.Now().Add(3*time.Minute+time.Second), nothingWentOut)
	if err != nil || len(buried) != 1 || buried[0].GetMessageId() != "m1" {
		t.Errorf("%v, %v: want the one that nobody was handed", buried, err)
	}
}

// nothingWentOut knows all there is to know.
func nothingWentOut(context.Context, *contract.DispatchRejected) error { return nil }

// Issue 5, "lost 0": a consumer that is busy without end may have anything in hand; what it
// has not settled shortly before the server drops it is a dead letter all the same, marked.
func TestWhatABusyConsumerNeverSettlesIsBuriedAtLast(t *testing.T) {
	server := stack.NATS(t)
	conn := connect(t, natsjs.Options{URLs: []string{server.URL}, DispatchMaxAge: 4 * time.Minute}) // with an AckWait of a minute no delivery is ever long ago
	if err := conn.EnsureStreams(within(t)); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	c, err := conn.Source().Open(within(t), operatorSpec("awcc", "awcc"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		if err := send(within(t), conn.JetStream(), contract.OperatorSubject("awcc"), fmt.Appendf(nil, salaam, fmt.Sprint("m", i)), nil); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Pull(within(t), 2, time.Second, func([]port.Delivery) {}); err != nil {
		t.Fatal(err)
	}
	bury := func(before time.Duration) string {
		t.Helper()
		buried, err := conn.DeadLetters().BuryDue(within(t), contract.StreamDispatch, start.Add(4*time.Minute-before), nothingWentOut)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, l := range buried {
			ids = append(ids, fmt.Sprintf("%s %t", l.GetMessageId(), l.GetAmbiguous()))
		}
		return strings.Join(ids, ", ")
	}
	for _, look := range []struct {
		before time.Duration
		want   string
	}{{61 * time.Second, ""}, {45 * time.Second, "m2 false"}, {31 * time.Second, ""}, {10 * time.Second, "m0 true, m1 true"}} {
		if got := bury(look.before); got != look.want {
			t.Errorf("%v before it is dropped: %q, want %q", look.before, got, look.want)
		}
	}
}

// What has gone out of a command is asked of it if it was ever handed out, or is a replay;
// while that is not known it waits for another look, but for the last one.
func TestWhatIsBuriedIsAskedFor(t *testing.T) {
	conn, _ := connected(t)
	c, err := conn.Source().Open(within(t), operatorSpec("awcc", "awcc"))
	if err != nil {
		t.Fatal(err)
	}
	for i, header := range []map[string]string{nil, {contract.HeaderReplay: "7"}, nil} {
		if err := send(within(t), conn.JetStream(), contract.OperatorSubject("awcc"), fmt.Appendf(nil, salaam, fmt.Sprint("m", i)), header); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Pull(within(t), 1, time.Second, func([]port.Delivery) {}); err != nil {
		t.Fatal(err)
	}
	var asked []string
	known := errors.New("the store is away")
	wentOut := func(_ context.Context, l *contract.DispatchRejected) error {
		asked = append(asked, l.GetMessageId())
		l.PartsTotal, l.AcceptedParts = 2, []uint32{1}
		return known
	}
	bury := func(before time.Duration) (ids []string) {
		buried, err := conn.DeadLetters().BuryDue(within(t), contract.StreamDispatch, time.Now().Add(72*time.Hour-before), wentOut)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range buried {
			ids = append(ids, l.GetMessageId())
		}
		return ids
	}
	if got := bury(20 * time.Minute); !slices.Equal(got, []string{"m2"}) || !slices.Equal(asked, []string{"m0", "m1"}) {
		t.Errorf("buried %v, asked of %v", got, asked)
	}
	known, asked = nil, nil
	if got := bury(20 * time.Minute); !slices.Equal(got, []string{"m0", "m1"}) || !slices.Equal(asked, got) {
		t.Errorf("once it is known: buried %v, asked of %v", got, asked)
	}
	for _, l := range find(t, conn.DeadLetters(), natsjs.DeadLetterFilter{Reasons: []string{natsjs.ReasonMaxAge}, MessageIDs: []string{"m0", "m1"}}) {
		if !slices.Equal(l.Rejected.GetAcceptedParts(), []uint32{1}) {
			t.Errorf("%v", l.Rejected)
		}
	}
	known = errors.New("the store is away")
	if err := send(within(t), conn.JetStream(), contract.OperatorSubject("awcc"), fmt.Appendf(nil, salaam, "m3"), map[string]string{contract.HeaderReplay: "8"}); err != nil {
		t.Fatal(err)
	}
	if got := bury(10 * time.Minute); !slices.Equal(got, []string{"m3"}) {
		t.Errorf("at the last look: %v", got)
	}
}

// Many that are due are buried page by page, and each once, by as many pods as there are.
func TestManyCommandsAreBuried(t *testing.T) {
	conn, _ := connected(t)
	const n = 350
	for i := range n {
		if err := send(within(t), conn.JetStream(), contract.OperatorSubject("ghost"), fmt.Appendf(nil, salaam, fmt.Sprint("m", i)), nil); err != nil {
			t.Fatal(err)
		}
	}
	var pods [2][]*contract.DispatchRejected
	var errs [2]error
	var all sync.WaitGroup
	for i := range pods {
		all.Go(func() {
			pods[i], errs[i] = conn.DeadLetters().BuryDue(within(t), contract.StreamDispatch, time.Now().Add(71*time.Hour+45*time.Minute), nothingWentOut)
		})
	}
	all.Wait()
	if errors.Join(errs[:]...) != nil || len(pods[0])+len(pods[1]) != n {
		t.Errorf("%d and %d of %d, %v", len(pods[0]), len(pods[1]), n, errs)
	}
	if found := find(t, conn.DeadLetters(), natsjs.DeadLetterFilter{}); len(found) != n {
		t.Errorf("%d dead letters", len(found))
	}
	if looks, err := conn.Backlogs(within(t), contract.StreamDispatch); err != nil || looks[0].Oldest != 0 {
		t.Errorf("%+v, %v", looks, err)
	}
}

// A stream is looked at twice at least in the time in which whatever is left is buried,
// however late a look may be.
func TestAStreamIsLookedAtInTime(t *testing.T) {
	for _, maxAge := range []time.Duration{10 * time.Minute, 15 * time.Minute, time.Hour, 2 * time.Hour, 72 * time.Hour, 720 * time.Hour} {
		every := natsjs.LookEvery(maxAge)
		if longest := every + every/2; 2*longest > natsjs.LastMargin(maxAge) || every <= 0 {
			t.Errorf("MaxAge %v: up to %v between two looks, of the last %v", maxAge, longest, natsjs.LastMargin(maxAge))
		}
	}
	if every := natsjs.LookEvery(0); every != 5*time.Minute {
		t.Errorf("a stream that drops nothing is looked at each %v", every)
	}
}

// Whoever is handed a command knows until when it may be tried, also after somebody has
// changed the stream.
func TestADeliverySaysWhenItIsDue(t *testing.T) {
	conn, _ := connected(t)
	c, err := conn.Source().Open(within(t), operatorSpec("awcc", "awcc"))
	if err != nil {
		t.Fatal(err)
	}
	for _, maxAge := range []time.Duration{72 * time.Hour, 168 * time.Hour, 0} {
		stream, err := conn.JetStream().Stream(within(t), contract.StreamDispatch)
		if err != nil {
			t.Fatal(err)
		}
		config := stream.CachedInfo().Config
		config.MaxAge = maxAge
		if _, err := conn.JetStream().UpdateStream(within(t), config); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Backlogs(within(t), contract.StreamDispatch); err != nil { // the next look
			t.Fatal(err)
		}
		if err := send(within(t), conn.JetStream(), contract.OperatorSubject("awcc"), fmt.Appendf(nil, salaam, "m"), nil); err != nil {
			t.Fatal(err)
		}
		handed, err := c.Pull(within(t), 1, 5*time.Second, func(ds []port.Delivery) {
			want := maxAge - 30*time.Minute
			if d := ds[0]; maxAge == 0 && !d.Due.IsZero() || maxAge > 0 && d.Due.Sub(d.StoredAt) != want {
				t.Errorf("MaxAge %v: stored at %v, due at %v", maxAge, d.StoredAt, d.Due)
			}
			if err := c.Ack(within(t), []port.Handle{ds[0].Handle}); err != nil {
				t.Error(err)
			}
		})
		if handed != 1 || err != nil {
			t.Errorf("%d, %v", handed, err)
		}
	}
}

// Whoever had in hand what was buried acknowledges it all the same, and that is no error.
func TestWhatWasBuriedCanBeAcknowledged(t *testing.T) {
	conn, _ := connected(t)
	c, err := conn.Source().Open(within(t), operatorSpec("awcc", "awcc"))
	if err != nil {
		t.Fatal(err)
	}
	if err := send(within(t), conn.JetStream(), contract.OperatorSubject("awcc"), fmt.Appendf(nil, salaam, "m"), nil); err != nil {
		t.Fatal(err)
	}
	var inHand port.Handle
	if _, err := c.Pull(within(t), 1, 5*time.Second, func(ds []port.Delivery) { inHand = ds[0].Handle }); err != nil || inHand == nil {
		t.Fatal(err)
	}
	if buried, err := conn.DeadLetters().BuryDue(within(t), contract.StreamDispatch, time.Now().Add(71*time.Hour+50*time.Minute), nothingWentOut); err != nil || len(buried) != 1 {
		t.Fatalf("%v, %v", buried, err)
	}
	if err := c.Ack(within(t), []port.Handle{inHand}); err != nil {
		t.Error(err)
	}
	if err := c.Nak(inHand, 0); err != nil {
		t.Error(err)
	}
	if handed, err := c.Pull(within(t), 1, 300*time.Millisecond, func([]port.Delivery) {}); handed != 0 || err != nil {
		t.Errorf("%d came again, %v", handed, err)
	}
}
