package contract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Broker is a JetStream as the suite needs it: the two ports, and the other end
// of each.
type Broker struct {
	Source    port.DispatchSource
	Publisher port.Publisher
	// Send stores a command as a client of the connector would.
	Send func(ctx context.Context, subject string, payload []byte, headers map[string]string) error
	// Stored returns every message stored on an event subject, oldest first.
	Stored func(ctx context.Context, subject string) ([]StoredEvent, error)
}

// StoredEvent is one published event as a subscriber gets it.
type StoredEvent struct {
	Payload []byte
	Headers map[string]string
}

// ackWait of the suite's consumers: longer than any test, so that what comes
// again came because of a NAK.
const ackWait = 2 * time.Minute

// Dispatch asks of a broker's adapter what port.DispatchSource, port.Consumer and
// port.Publisher promise (US-SC-006).
func Dispatch(t *testing.T, open func(t *testing.T) Broker) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Broker)
	}{
		{"commands come in order, with their facts", dispatchOrder},
		{"binary commands", dispatchBinary},
		{"a replay says so, at every delivery", dispatchReplay},
		{"what cannot be decoded is handed over with its fault", dispatchFault},
		{"no more than was asked for", dispatchCredit},
		{"an empty subject waits, then nothing", dispatchEmpty},
		{"what was acknowledged never comes again", dispatchAck},
		{"acknowledging again is no error", dispatchAckAgain},
		{"what was given back comes again after its delay", dispatchNak},
		{"what is kept does not come again for AckWait", dispatchKeep},
		{"a pull that ends gives back what is on its way", dispatchCancelled},
		{"pulls side by side share the commands", dispatchParallel},
		{"opening again changes the limits and nothing else", dispatchReopen},
		{"a consumer of another subject is refused", dispatchForeign},
		{"a new owner loses nothing", takeOverLosesNothing},
		{"an old owner is harmless", takeOverOldOwnerIsHarmless},
		{"what was disclaimed is known of the next delivery alone", disclaimTheNextAlone},
		{"a consumer made anew knows nothing of what was disclaimed", disclaimOfAnotherConsumer},
		{"an owner of a lower epoch is refused", takeOverByAnOldEpoch},
		{"a takeover tells who reads", takeOverTellsReaders},
		{"lanes are consumers of their own, each with its lag", dispatchLanes},
		{"a lane that there is not is refused at the door", dispatchUnknownLane},
		{"events are stored once", publishOnce},
		{"events carry their trace", publishTrace},
		{"an event that nobody stores has its own error", publishUnrouted},
		{"a batch of thousands of events", publishMany},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

// operatorConsumer opens the consumer of an operator that no other test has.
func operatorConsumer(t *testing.T, b Broker) (subject string, spec port.ConsumerSpec, c port.Consumer) {
	t.Helper()
	operator := unique(t)
	spec = port.ConsumerSpec{
		MNO: operator, Durable: contract.OperatorDurable(operator), Subject: contract.OperatorSubject(operator),
		AckWait: ackWait, MaxAckPending: 10_000,
	}
	c, err := b.Source.Open(within(t), spec)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	return spec.Subject, spec, c
}

// send stores n commands with the messageIds m-0, m-1, ….
func send(t *testing.T, b Broker, subject string, n int) {
	t.Helper()
	for i := range n {
		sendOne(t, b, subject, fmt.Sprintf(`{"messageId":"m-%d","to":"93700123456","text":"salaam %d"}`, i, i), nil)
	}
}

func sendOne(t *testing.T, b Broker, subject, payload string, headers map[string]string) {
	t.Helper()
	if err := b.Send(within(t), subject, []byte(payload), headers); err != nil {
		t.Fatalf("send a command: %v", err)
	}
}

// pull pulls until n deliveries have come, or fails.
func pull(t *testing.T, c port.Consumer, n int) []port.Delivery {
	t.Helper()
	var all []port.Delivery
	ctx := within(t)
	for len(all) < n && ctx.Err() == nil {
		handed, err := c.Pull(ctx, n-len(all), 5*time.Second, func(ds []port.Delivery) { all = append(all, ds...) })
		if err != nil {
			t.Fatalf("Pull: %v after %d deliveries", err, handed)
		}
	}
	if len(all) != n {
		t.Fatalf("%d deliveries, want %d", len(all), n)
	}
	return all
}

// pullNothing pulls once, for a moment, and fails if something comes.
func pullNothing(t *testing.T, c port.Consumer, why string) {
	t.Helper()
	handed, err := c.Pull(within(t), 10, 300*time.Millisecond, func(ds []port.Delivery) {
		t.Errorf("%s: %q came", why, messageIDs(ds))
	})
	if err != nil || handed != 0 {
		t.Errorf("%s: %d handed over, %v", why, handed, err)
	}
}

func ack(t *testing.T, c port.Consumer, ds []port.Delivery) {
	t.Helper()
	handles := make([]port.Handle, len(ds))
	for i, d := range ds {
		handles[i] = d.Handle
	}
	if err := c.Ack(within(t), handles); err != nil {
		t.Fatalf("Ack %d deliveries: %v", len(ds), err)
	}
}

func messageIDs(ds []port.Delivery) (ids []string) {
	for _, d := range ds {
		ids = append(ids, d.Command.GetMessageId())
	}
	return ids
}

func dispatchOrder(t *testing.T, b Broker) {
	subject, _, c := operatorConsumer(t, b)
	before := time.Now().Add(-time.Minute)
	trace := port.Trace{Parent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", State: "vendor=1"}
	sendOne(t, b, subject, `{"messageId":"m-0","to":"93700123456","text":"salaam","unknownField":1}`,
		map[string]string{"traceparent": trace.Parent, "tracestate": trace.State})
	for i := 1; i < 50; i++ {
		sendOne(t, b, subject, fmt.Sprintf(`{"messageId":"m-%d","to":"93700123456","text":""}`, i), nil)
	}
	ds := pull(t, c, 50)
	for i, d := range ds {
		if want := fmt.Sprintf("m-%d", i); d.Command.GetMessageId() != want || d.Fault != nil {
			t.Fatalf("delivery %d is %q, %v; want %s", i, d.Command.GetMessageId(), d.Fault, want)
		}
		if d.Subject != subject || d.Attempt != 1 || d.StoredAt.Before(before) || d.StoredAt.After(time.Now().Add(time.Minute)) {
			t.Fatalf("delivery %d: subject %s, attempt %d, stored at %v", i, d.Subject, d.Attempt, d.StoredAt)
		}
	}
	if d := ds[0]; !d.Due.After(d.StoredAt) || d.Due.After(d.StoredAt.Add(72*time.Hour)) {
		t.Errorf("stored at %v and due at %v: want a time before the stream drops it, after 72 h", d.StoredAt, d.Due)
	}
	if ds[0].Trace != trace || ds[1].Trace != (port.Trace{}) {
		t.Errorf("traces %+v and %+v; want the one that was sent, and none", ds[0].Trace, ds[1].Trace)
	}
	if !strings.Contains(string(ds[0].Payload), "unknownField") {
		t.Error("Payload is not as received: a dead letter could not carry it")
	}
	ack(t, c, ds)
}

func dispatchBinary(t *testing.T, b Broker) {
	subject, _, c := operatorConsumer(t, b)
	payload, contentType, err := contract.Encode(&contract.SmsDispatchCommand{MessageId: "m-bin", To: "93700123456", Text: "salaam"}, true)
	if err != nil {
		t.Fatal(err)
	}
	sendOne(t, b, subject, string(payload), map[string]string{contract.HeaderContentType: contentType})
	ds := pull(t, c, 1)
	if ds[0].Fault != nil || ds[0].Command.GetMessageId() != "m-bin" {
		t.Errorf("binary command: %v, %v", ds[0].Command, ds[0].Fault)
	}
}

func dispatchReplay(t *testing.T, b Broker) {
	subject, _, c := operatorConsumer(t, b)
	send(t, b, subject, 1)
	sendOne(t, b, subject, `{"messageId":"m-0","to":"93700123456","text":"salaam 0"}`, map[string]string{contract.HeaderReplay: "17:1"})
	sendOne(t, b, subject, `not JSON`, map[string]string{contract.HeaderReplay: "18:1"})
	ds := pull(t, c, 3)
	if ds[0].Replay != "" || ds[1].Replay != "17:1" || ds[2].Replay != "18:1" {
		t.Errorf("replays %q, %q and %q; want none, 17:1 and 18:1", ds[0].Replay, ds[1].Replay, ds[2].Replay)
	}
	if err := c.Nak(ds[1].Handle, 0); err != nil {
		t.Fatalf("Nak: %v", err)
	}
	again := pull(t, c, 1)
	if again[0].Replay != "17:1" || again[0].Attempt != 2 {
		t.Errorf("delivered again: replay %q, attempt %d; want 17:1, attempt 2", again[0].Replay, again[0].Attempt)
	}
	ack(t, c, []port.Delivery{ds[0], again[0], ds[2]})
}

func dispatchFault(t *testing.T, b Broker) {
	subject, _, c := operatorConsumer(t, b)
	sendOne(t, b, subject, `{"messageId":"m-bad","text":"no recipient"}`, nil)
	sendOne(t, b, subject, `not JSON`, nil)
	send(t, b, subject, 1)
	ds := pull(t, c, 3)
	for _, d := range ds[:2] {
		var fault *contract.FieldError
		if d.Command != nil || !errors.As(d.Fault, &fault) || len(d.Payload) == 0 {
			t.Errorf("a payload that is no command: command %v, fault %v, %d octets; want a *FieldError and the payload", d.Command, d.Fault, len(d.Payload))
		}
	}
	if ds[2].Fault != nil {
		t.Errorf("the command behind it: %v", ds[2].Fault)
	}
	ack(t, c, ds)
}

func dispatchCredit(t *testing.T, b Broker) {
	subject, _, c := operatorConsumer(t, b)
	send(t, b, subject, 25)
	total := 0
	handed, err := c.Pull(within(t), 10, callTimeout, func(ds []port.Delivery) { total += len(ds) })
	if err != nil || handed != 10 || total != 10 {
		t.Fatalf("Pull of 10: %d handed over, %d counted, %v", handed, total, err)
	}
	if handed, err := c.Pull(within(t), 0, time.Second, func([]port.Delivery) {}); err != nil || handed != 0 {
		t.Errorf("Pull of nothing: %d, %v", handed, err)
	}
	if rest := pull(t, c, 15); rest[0].Command.GetMessageId() != "m-10" {
		t.Errorf("the next pull begins with %s, want m-10", rest[0].Command.GetMessageId())
	}
}

func dispatchEmpty(t *testing.T, b Broker) {
	_, _, c := operatorConsumer(t, b)
	const wait = 300 * time.Millisecond
	began := time.Now()
	handed, err := c.Pull(within(t), 10, wait, func([]port.Delivery) { t.Error("something came") })
	if took := time.Since(began); err != nil || handed != 0 || took < wait/2 || took > wait+callTimeout/2 {
		t.Errorf("an empty Pull: %d, %v after %v; want 0 and no error after %v", handed, err, took, wait)
	}
}

func dispatchAck(t *testing.T, b Broker) {
	subject, spec, c := operatorConsumer(t, b)
	send(t, b, subject, 20)
	ack(t, c, pull(t, c, 20))
	ack(t, c, nil)
	again, err := b.Source.Open(within(t), spec) // as another pod, or this one after a restart
	if err != nil {
		t.Fatal(err)
	}
	pullNothing(t, again, "after an acknowledgement")
}

func dispatchAckAgain(t *testing.T, b Broker) {
	subject, _, c := operatorConsumer(t, b)
	send(t, b, subject, 3)
	ds := pull(t, c, 3)
	ack(t, c, ds)
	ack(t, c, ds)
}

func dispatchNak(t *testing.T, b Broker) {
	subject, _, c := operatorConsumer(t, b)
	send(t, b, subject, 2)
	ds := pull(t, c, 2)
	const delay = 500 * time.Millisecond
	given := time.Now()
	if err := c.Nak(ds[0].Handle, delay); err != nil {
		t.Fatalf("Nak: %v", err)
	}
	again := pull(t, c, 1)[0]
	if again.Command.GetMessageId() != "m-0" || again.Attempt != 2 {
		t.Errorf("%s came, attempt %d; want m-0, attempt 2", again.Command.GetMessageId(), again.Attempt)
	}
	if took := time.Since(given); took < delay*8/10 {
		t.Errorf("it came again after %v, want %v", took, delay)
	}
	if err := c.Nak(again.Handle, 0); err != nil {
		t.Fatalf("Nak at once: %v", err)
	}
	third := pull(t, c, 1)
	if third[0].Attempt != 3 {
		t.Errorf("attempt %d, want 3", third[0].Attempt)
	}
	ack(t, c, append(third, ds[1]))
	pullNothing(t, c, "after all was acknowledged")
}

// dispatchKeep keeps a delivery well before its AckWait is over. A machine that takes that
// long to do it says nothing, and it is tried again with a longer one.
func dispatchKeep(t *testing.T, b Broker) {
	const longest = 32 * time.Second // for a machine that stands still for seconds
	for ackWait := 4 * time.Second; ackWait <= longest; ackWait *= 2 {
		if keptInTime(t, b, ackWait) {
			return
		}
	}
	t.Error("the machine is too busy to keep a command within AckWait")
}

// keptInTime keeps one command and sees when it comes again. It is false, and nothing was
// seen, where the command was kept too late because the machine was busy elsewhere.
func keptInTime(t *testing.T, b Broker, ackWait time.Duration) bool {
	t.Helper()
	subject, spec, _ := operatorConsumer(t, b)
	spec.AckWait = ackWait
	c, err := b.Source.Open(within(t), spec)
	if err != nil {
		t.Fatal(err)
	}
	send(t, b, subject, 1)
	began := time.Now()
	d := pull(t, c, 1)
	time.Sleep(ackWait / 4)
	kept := time.Now()
	if err := c.Keep(d[0].Handle); err != nil {
		t.Fatalf("Keep: %v", err)
	}
	said(t, c, d) // a round trip, on the same connection
	inTime := time.Since(began) < ackWait/2
	if inTime {
		d = pull(t, c, 1)
		if took := time.Since(kept); took < ackWait*9/10 {
			t.Errorf("it came again %v after it was kept, want %v", took, ackWait)
		}
	}
	ack(t, c, d)
	return inTime
}

func dispatchCancelled(t *testing.T, b Broker) {
	subject, _, c := operatorConsumer(t, b)
	send(t, b, subject, 100)
	ctx, cancel := context.WithCancel(within(t))
	kept := make(map[string]bool)
	_, err := c.Pull(ctx, 100, 10*time.Second, func(ds []port.Delivery) {
		for _, id := range messageIDs(ds) {
			kept[id] = true
		}
		cancel()
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("Pull: %v", err)
	}
	// A pull that waits, and is cancelled before anything comes, must not swallow it either.
	ctx, cancel = context.WithCancel(within(t))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = c.Pull(ctx, 10, 10*time.Second, func(ds []port.Delivery) {
			for _, id := range messageIDs(ds) {
				kept[id] = true
			}
		})
	}()
	cancel()
	<-done
	for _, d := range pull(t, c, 100-len(kept)) { // well before ackWait
		kept[d.Command.GetMessageId()] = true
	}
	if len(kept) != 100 {
		t.Errorf("%d of 100 commands came", len(kept))
	}
}

func dispatchParallel(t *testing.T, b Broker) {
	const n, pulls = 400, 4
	subject, _, c := operatorConsumer(t, b)
	send(t, b, subject, n)
	var mu sync.Mutex
	seen := make(map[string]int)
	var all sync.WaitGroup
	for range pulls {
		all.Go(func() {
			_, err := c.Pull(within(t), n/pulls, callTimeout, func(ds []port.Delivery) {
				mu.Lock()
				defer mu.Unlock()
				for _, id := range messageIDs(ds) {
					seen[id]++
				}
			})
			if err != nil {
				t.Errorf("Pull: %v", err)
			}
		})
	}
	all.Wait()
	for id, times := range seen {
		if times != 1 {
			t.Errorf("%s came %d times", id, times)
		}
	}
	if len(seen) != n {
		t.Errorf("%d of %d commands came", len(seen), n)
	}
}

func dispatchReopen(t *testing.T, b Broker) {
	subject, spec, c := operatorConsumer(t, b)
	send(t, b, subject, 10)
	pull(t, c, 5) // in flight while the limits change
	spec.AckWait, spec.MaxAckPending = ackWait+time.Second, 7
	again, err := b.Source.Open(within(t), spec)
	if err != nil {
		t.Fatalf("Open with other limits: %v", err)
	}
	pull(t, again, 2)
	pullNothing(t, again, "with 7 unsettled and MaxAckPending 7")
}

func dispatchForeign(t *testing.T, b Broker) {
	_, spec, _ := operatorConsumer(t, b)
	spec.Subject += "x"
	if _, err := b.Source.Open(within(t), spec); err == nil {
		t.Error("a durable that reads another subject was opened")
	}
}

// health is an event with a body of its own.
func health(operator, reason string) *contract.OperatorHealthEvent {
	return &contract.OperatorHealthEvent{OperatorId: operator, Mno: "awcc", Direction: "trx", BindId: "awcc.trx.1", State: contract.HealthState_BOUND, Reason: reason}
}

// publish stores events, all of them.
func publish(t *testing.T, b Broker, events ...port.Event) {
	t.Helper()
	for i, err := range b.Publisher.Publish(within(t), events) {
		if err != nil {
			t.Fatalf("event %d: %v", i, err)
		}
	}
}

// storedOf returns the stored health events of one operator.
func storedOf(t *testing.T, b Broker, operator string) (found []StoredEvent) {
	t.Helper()
	events, err := b.Stored(within(t), contract.SubjectOperatorHealth)
	if err != nil {
		t.Fatalf("read the stored events: %v", err)
	}
	for _, e := range events {
		var body struct{ OperatorID string }
		if err := json.Unmarshal(e.Payload, &body); err != nil {
			t.Fatalf("a stored event is no JSON: %v", err)
		}
		if body.OperatorID == operator {
			found = append(found, e)
		}
	}
	return found
}

func publishOnce(t *testing.T, b Broker) {
	operator := unique(t)
	event := port.Event{Subject: contract.SubjectOperatorHealth, ID: operator + ":1", Body: health(operator, "first")}
	publish(t, b, event, event)
	publish(t, b, event)
	event.ID = "" // without an id nothing is dropped
	publish(t, b, event, event)
	if got := storedOf(t, b, operator); len(got) != 3 {
		t.Errorf("%d events are stored, want 1 with its id and 2 without", len(got))
	}
	if errs := b.Publisher.Publish(within(t), nil); len(errs) != 0 {
		t.Errorf("publishing nothing: %v", errs)
	}
}

func publishTrace(t *testing.T, b Broker) {
	operator := unique(t)
	trace := port.Trace{Parent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", State: "vendor=1"}
	publish(t, b, port.Event{Subject: contract.SubjectOperatorHealth, Body: health(operator, "traced"), Trace: trace})
	got := storedOf(t, b, operator)
	if len(got) != 1 {
		t.Fatalf("%d events, want 1", len(got))
	}
	for header, want := range map[string]string{
		"traceparent": trace.Parent, "tracestate": trace.State, contract.HeaderContentType: contract.ContentTypeJSON,
	} {
		if got[0].Headers[header] != want {
			t.Errorf("header %s is %q, want %q", header, got[0].Headers[header], want)
		}
	}
}

func publishUnrouted(t *testing.T, b Broker) {
	operator := unique(t)
	errs := b.Publisher.Publish(within(t), []port.Event{
		{Subject: contract.SubjectOperatorHealth, Body: health(operator, "good")},
		{Subject: "nobody.stores." + operator, Body: health(operator, "lost")},
		{Subject: contract.SubjectOperatorHealth, Body: health(operator, "good too")},
	})
	if len(errs) != 3 || errs[0] != nil || errs[1] == nil || errs[2] != nil {
		t.Errorf("errors %v; want one, of the event that no stream stores", errs)
	}
	if got := storedOf(t, b, operator); len(got) != 2 {
		t.Errorf("%d events are stored, want 2", len(got))
	}
}

func publishMany(t *testing.T, b Broker) {
	const n = 3000
	operator := unique(t)
	events := make([]port.Event, n)
	for i := range events {
		events[i] = port.Event{Subject: contract.SubjectOperatorHealth, ID: fmt.Sprintf("%s:%d", operator, i), Body: health(operator, fmt.Sprint(i))}
	}
	publish(t, b, events...)
	got := storedOf(t, b, operator)
	if len(got) != n {
		t.Fatalf("%d of %d events are stored", len(got), n)
	}
	var last struct{ Reason string }
	if err := json.Unmarshal(got[n-1].Payload, &last); err != nil || last.Reason != fmt.Sprint(n-1) {
		t.Errorf("the last event stored is number %s, %v; want them in order", last.Reason, err)
	}
}
