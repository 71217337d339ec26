package main

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// Issue 6: receipts in adversarial order, over the binds of two processes: before
// the answer, before the row is stored, on the sibling bind, on the other process,
// out of order by part, once to three times each, and 1 % of them for ids that
// nobody has. Lost 0, wrong message 0, duplicate events 0, unknown = those sent.
// US-SC-011.
func TestSoakReceipts(t *testing.T) {
	t.Parallel()                                // it waits most of the time, for strays to become orphans
	messages, orphanAfter := 3_000, time.Minute // longer than a slow machine takes to store a row
	if minutes := soakMinutes(); minutes > 0 {
		messages = 10_000 * minutes
	}
	random := soakRandom(t)
	env := []string{"SMPP_BINDS=4", "DLR_ORPHAN_AFTER=" + orphanAfter.String()}
	s := newSoak(t, traffic{n: messages, long: true, receipts: true, all: true}, env,
		smsc.DelayShuffled(10*time.Millisecond, random.Uint64()), smsc.RepeatRefused(500*time.Millisecond, 1_000),
		smsc.SendReceipts(smsc.Scattered(random.Uint64()), smsc.After(2*time.Second), smsc.Failing(20, 8, random.Uint64())))
	other := s.process(stack.FreeAddr(t), env)
	other.Start()
	if err := s.mno.WaitBound(t.Context(), 4); err != nil {
		t.Fatal(err)
	}
	orphans := s.hearOrphans()

	began := time.Now()
	out := sendOut(s.js, s.traffic, 0)
	defer out.close()
	strays := messages / 100
	for i := range strays {
		s.mno.Do(smsc.SendReceipt(fmt.Sprintf("stray%d", i)))
	}
	s.finish(time.Minute)
	took := time.Since(began)
	s.await("every stray is an orphan", orphanAfter+time.Minute, func() bool { return orphans.count() >= strays }, func() int64 { return int64(orphans.count()) })

	s.checkEvents()
	s.checkReceipts()
	for i := range strays {
		if n := orphans.of(fmt.Sprintf("stray%d", i)); n != 1 {
			t.Errorf("stray%d has %d orphan events", i, n)
		}
	}
	if n := orphans.count(); n != strays {
		t.Errorf("%d ids are unknown, %d were sent", n, strays)
	}
	c := s.mno.Counts()
	t.Logf("%d messages, %d segments, %d receipts (copies and strays included) in %.1f s: %.0f receipts/s; %d refused and repeated; parked %.0f, repeated %.0f in the first process",
		s.n, s.segments(), c.Receipts, took.Seconds(), float64(c.Receipts)/took.Seconds(), c.ReceiptsRefused,
		s.metric("smpp_connector_dlr_parked_total"), s.metric("smpp_connector_dlr_repeated_total"))
}

// checkReceipts holds every final event to the id that its receipt names: one that
// the MNO gave to a part of this message.
func (s *soak) checkReceipts() {
	s.t.Helper()
	s.arrived.mu.Lock()
	defer s.arrived.mu.Unlock()
	s.heard.mu.Lock()
	defer s.heard.mu.Unlock()
	var wrong complaints
	for i := range s.n {
		for _, id := range s.heard.of[i].receipted {
			ours := false
			for part := 1; part <= s.parts(i); part++ {
				ours = ours || has(s.arrived.at(place(i, part)), id)
			}
			if !ours {
				wrong.add("have the receipt of another message", i)
			}
		}
	}
	s.tell(&wrong)
}

// orphanage is how often each id has come on sms.dlr.orphan.
type orphanage struct {
	mu   sync.Mutex
	seen map[string]int
}

func (o *orphanage) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.seen)
}

func (o *orphanage) of(id string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.seen[id]
}

// hearOrphans listens to sms.dlr.orphan until the test ends.
func (s *soak) hearOrphans() *orphanage {
	o := &orphanage{seen: map[string]int{}}
	s.listen(contract.SubjectDLROrphan, func(payload []byte) {
		var e struct {
			ID string `json:"operatorMessageId"`
		}
		if err := json.Unmarshal(payload, &e); err != nil {
			s.t.Errorf("an orphan that is no JSON: %v", err)
		}
		o.mu.Lock()
		defer o.mu.Unlock()
		o.seen[e.ID]++
	})
	return o
}

// listen hears every event of a subject once, from the first, until the test ends.
func (s *soak) listen(subject string, hear func(payload []byte)) {
	s.t.Helper()
	consumer, err := s.js.OrderedConsumer(s.t.Context(), contract.StreamEvents, jetstream.OrderedConsumerConfig{FilterSubjects: []string{subject}})
	if err != nil {
		s.t.Fatal(err)
	}
	running, err := consumer.Consume(func(m jetstream.Msg) { hear(m.Data()) })
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(running.Stop)
}
