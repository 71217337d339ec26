package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// tally counts what becomes of the demo's messages: as the connector's facts, as
// events on NATS, and at the simulator.
type tally struct {
	total    int
	complete chan struct{} // closed when every message has its final event
	accepted atomic.Int64  // segments answered ESME_ROK
	segments atomic.Int64  // planned

	mu        sync.Mutex
	start     time.Time
	end       time.Time   // of the last final event
	sentAt    []time.Time // by message
	took      []time.Duration
	states    map[string]int
	finals    int
	second    int // second final events
	lastHeard time.Time
}

func newTally(total int) *tally {
	return &tally{total: total, complete: make(chan struct{}), sentAt: make([]time.Time, total), took: make([]time.Duration, total), states: map[string]int{}}
}

// On implements event.Listener.
func (t *tally) On(f event.Fact) {
	switch f := f.(type) {
	case event.MessagesBegun:
		for _, p := range f.Messages {
			t.segments.Add(int64(p.Segments))
		}
	case event.ResponsesReceived:
		for _, r := range f.Responses {
			if r.Status == codec.StatusOK {
				t.accepted.Add(1)
			}
		}
	}
}

func (t *tally) begin() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.start = time.Now()
}

func (t *tally) published(i int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sentAt[i] = time.Now()
}

// listen counts final events as another service would hear them.
func (t *tally) listen(ctx context.Context, js jetstream.JetStream) (stop func(), err error) {
	consumer, err := js.OrderedConsumer(ctx, contract.StreamEvents, jetstream.OrderedConsumerConfig{
		FilterSubjects: []string{contract.SubjectDLRInbound}, DeliverPolicy: jetstream.DeliverNewPolicy})
	if err != nil {
		return nil, err
	}
	running, err := consumer.Consume(func(m jetstream.Msg) { t.hear(m.Data()) })
	if err != nil {
		return nil, err
	}
	return running.Stop, nil
}

func (t *tally) hear(payload []byte) {
	var e struct {
		MessageID string `json:"messageId"`
		Status    string `json:"status"`
		Final     bool   `json:"final"`
	}
	if json.Unmarshal(payload, &e) != nil || !e.Final {
		return
	}
	i, err := strconv.Atoi(strings.TrimPrefix(e.MessageID, "demo-"))
	if err != nil || i < 0 || i >= t.total {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lastHeard = time.Now()
	if t.took[i] != 0 {
		t.second++
		return
	}
	t.took[i] = max(t.lastHeard.Sub(t.sentAt[i]), 1)
	t.states[e.Status]++
	t.finals++
	t.end = t.lastHeard
	if t.finals == t.total {
		close(t.complete)
	}
}

// settle waits until nothing more has been heard for a moment.
func (t *tally) settle(ctx context.Context) {
	const quiet = 250 * time.Millisecond
	for {
		t.mu.Lock()
		rest := quiet - time.Since(t.lastHeard)
		t.mu.Unlock()
		if rest <= 0 {
			return
		}
		select {
		case <-time.After(rest):
		case <-ctx.Done():
			return
		}
	}
}

// progress rewrites one line of a terminal.
func (t *tally) progress(w io.Writer) {
	t.mu.Lock()
	finals, since := t.finals, time.Since(t.start)
	t.mu.Unlock()
	const width = 30
	done := width * finals / t.total
	fmt.Fprintf(w, "\r  [%s%s] %d of %d receipts · %d segments accepted · %.1f s ", strings.Repeat("█", done), strings.Repeat("·", width-done), finals, t.total, t.accepted.Load(), since.Seconds())
	if finals == t.total {
		fmt.Fprint(w, "\n\n")
	}
}

// demoResult is the summary.
type demoResult struct {
	Messages   int     `json:"messages"`
	Segments   int     `json:"segments"`
	Accepted   int     `json:"accepted"`   // segments answered ESME_ROK
	Receipts   int     `json:"receipts"`   // messages whose final event came
	Lost       int     `json:"lost"`       // messages − receipts
	Duplicates int     `json:"duplicates"` // second final events, and second SMS at the simulator
	Seconds    float64 `json:"seconds"`

	states   map[string]int
	p50, p99 time.Duration
}

func (t *tally) result(mno *smsc.Server) demoResult {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := demoResult{Messages: t.total, Segments: int(t.segments.Load()), Accepted: int(t.accepted.Load()), Receipts: t.finals, Lost: t.total - t.finals,
		Duplicates: t.second + mno.Counts().Duplicates, Seconds: t.end.Sub(t.start).Seconds(), states: maps.Clone(t.states)}
	if t.end.IsZero() {
		r.Seconds = time.Since(t.start).Seconds()
	}
	var took []time.Duration
	for _, d := range t.took {
		if d > 0 {
			took = append(took, d)
		}
	}
	slices.Sort(took)
	if n := len(took); n > 0 {
		r.p50, r.p99 = took[n/2], took[min(n*99/100, n-1)]
	}
	return r
}

// perfect reports whether every message came back as a receipt exactly once.
func (r demoResult) perfect() bool { return r.Lost == 0 && r.Duplicates == 0 }

func (r demoResult) printJSON(w io.Writer) error { return json.NewEncoder(w).Encode(r) }

func (r demoResult) print(w io.Writer) {
	states := make([]string, 0, len(r.states))
	for _, s := range slices.Sorted(maps.Keys(r.states)) {
		states = append(states, fmt.Sprintf("%s %d", s, r.states[s]))
	}
	fmt.Fprintf(w, "  messages    %d: %s\n", r.Messages, demoMix())
	fmt.Fprintf(w, "  segments    %d, accepted by the MNO %d\n", r.Segments, r.Accepted)
	fmt.Fprintf(w, "  receipts    %d (%s)\n", r.Receipts, strings.Join(states, ", "))
	fmt.Fprintf(w, "  lost        %d\n  duplicates  %d\n", r.Lost, r.Duplicates)
	if r.Seconds > 0 {
		fmt.Fprintf(w, "  rate        %.0f messages/s over %.2f s\n", float64(r.Receipts)/r.Seconds, r.Seconds)
	}
	fmt.Fprintf(w, "  publish → receipt  p50 %v · p99 %v\n\n", r.p50.Round(100*time.Microsecond), r.p99.Round(100*time.Microsecond))
	if r.perfect() {
		fmt.Fprintln(w, "  Every message came back as a receipt exactly once.")
	} else {
		fmt.Fprintln(w, "  Not every message came back as a receipt exactly once.")
	}
}

func demoMix() string {
	names := make([]string, len(demoTexts))
	for i, d := range demoTexts {
		names[i] = d.what
	}
	return strings.Join(names, ", ")
}
