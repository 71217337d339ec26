package main

import (
	"encoding/json"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	contract "github.com/ghasi/smpp-connector/proto"
)

// hearing is what a durable consumer has heard on SMPP_EVENTS, by message.
type hearing struct {
	submitted, finals atomic.Int64 // messages that have one

	mu      sync.Mutex
	of      []told
	seen    map[uint64]bool // stream sequences
	strange []string        // events that no message of ours explains
}

// told is what was said of one message.
type told struct {
	submitted, finals, dead int
	ambiguous               bool
	ids                     []string
	receipted               []string // the ids that the MNO's receipts name, of final events
}

// durable is the name of the test's consumer. It acknowledges each event by itself: one
// that was on its way when a NATS server died must come again, and is not to be covered by
// the acknowledgement of a later one.
const durable = "soak"

// hear listens to the events of n messages until the test ends.
func hear(t *testing.T, js jetstream.JetStream, n int) *hearing {
	t.Helper()
	h := &hearing{of: make([]told, n), seen: map[uint64]bool{}}
	consumer, err := js.CreateConsumer(t.Context(), contract.StreamEvents, jetstream.ConsumerConfig{
		Durable: durable, AckPolicy: jetstream.AckExplicitPolicy, AckWait: 10 * time.Second, MaxAckPending: -1,
		FilterSubjects: []string{contract.SubjectSubmitted, contract.SubjectDLRInbound, contract.SubjectDLQ}})
	if err != nil {
		t.Fatal(err)
	}
	running, err := consumer.Consume(h.take, jetstream.PullMaxMessages(5000))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(running.Stop)
	return h
}

// take notes one event. What is delivered again, because its acknowledgement was
// lost, is known by its stream sequence.
func (h *hearing) take(m jetstream.Msg) {
	meta, err := m.Metadata()
	if err != nil {
		return
	}
	_ = m.Ack() // one that is lost has the event come again
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.seen[meta.Sequence.Stream] {
		return
	}
	h.seen[meta.Sequence.Stream] = true
	var e struct {
		MessageID string   `json:"messageId"`
		Final     bool     `json:"final"`
		Ambiguous bool     `json:"ambiguous"`
		IDs       []string `json:"operatorMessageIds"`
		Raw       string   `json:"rawText"`
	}
	err = json.Unmarshal(m.Data(), &e)
	i := numberOf(e.MessageID)
	if err != nil || i < 0 || i >= len(h.of) {
		h.strange = append(h.strange, m.Subject()+" "+string(m.Data()))
		return
	}
	of := &h.of[i]
	h.note(of, m.Subject(), e.Final, e.Ambiguous, e.IDs)
	if e.Final && m.Subject() == contract.SubjectDLRInbound {
		id, _, _ := strings.Cut(strings.TrimPrefix(e.Raw, "id:"), " ")
		of.receipted = append(of.receipted, id)
	}
}

func (h *hearing) note(of *told, subject string, final, ambiguous bool, ids []string) {
	switch {
	case subject == contract.SubjectSubmitted:
		if of.submitted++; of.submitted == 1 {
			h.submitted.Add(1)
		}
		of.ambiguous, of.ids = of.ambiguous || ambiguous, ids
	case subject == contract.SubjectDLQ:
		of.dead++
	case final:
		if of.finals++; of.finals == 1 {
			h.finals.Add(1)
		}
	}
}
