package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ghasi/smpp-connector/actors"
	"github.com/ghasi/smpp-connector/actors/event"
)

// benchResult hears what a bench meets and becomes what it prints.
type benchResult struct {
	SMSC       string         `json:"smsc"`
	Window     int            `json:"window"`
	Rate       int            `json:"rate,omitempty"`
	Messages   int            `json:"messages"`
	Accepted   int            `json:"accepted"`
	Refused    int            `json:"refused"`
	Returned   int            `json:"given_back"` // times that a message was given back and sent again
	Unanswered int            `json:"unanswered"` // PDUs that were written and not answered
	Seconds    float64        `json:"seconds"`
	PerSecond  float64        `json:"msgs_per_s"`
	CPU        float64        `json:"cpu_us_per_msg"` // of this process
	P50        float64        `json:"response_p50_ms"`
	P99        float64        `json:"response_p99_ms"`
	Most       float64        `json:"response_max_ms"`
	Statuses   map[string]int `json:"statuses"`

	cpu      time.Duration
	mu       sync.Mutex
	answers  int
	statuses map[string]int
	okay     int
	took     [latencySteps]int
	most     time.Duration
}

// Latencies are counted by their nanoseconds' highest bit and the five after it:
// in steps of 3 %, from 1 ns to 18 h.
const (
	finer        = 5
	latencySteps = 46 << finer
)

func stepOf(took time.Duration) int {
	n := uint64(max(took, 1<<finer))
	power := bits.Len64(n) - 1
	return min((power-finer)<<finer+int(n>>(power-finer))-1<<finer, latencySteps-1)
}

// latencyOf is the end of a step.
func latencyOf(step int) time.Duration {
	return time.Duration(1<<finer+step&(1<<finer-1)+1) << (step >> finer)
}

// percentile is the time that the share p of the answers took at most.
func (r *benchResult) percentile(p float64) time.Duration {
	want := int(math.Ceil(p * float64(r.answers)))
	for step, n := range r.took {
		if want -= n; want <= 0 {
			return min(latencyOf(step), r.most)
		}
	}
	return r.most
}

// On implements event.Listener.
func (r *benchResult) On(f event.Fact) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch f := f.(type) {
	case event.ResponsesReceived:
		for i := range f.Responses {
			answer := &f.Responses[i]
			r.answers++
			r.took[stepOf(answer.Took)]++
			r.most = max(r.most, answer.Took)
			if answer.Status == 0 {
				r.okay++
			} else {
				r.statuses[answer.Status.String()]++
			}
		}
	case event.OutcomeUnknown:
		r.Unanswered += f.Segments
	}
}

// take finishes the result.
func (r *benchResult) take(d actors.Driven) {
	r.Accepted, r.Refused, r.Returned = d.Accepted, d.Refused, d.Returned
	r.Seconds = d.Took.Seconds()
	if settled := float64(d.Accepted + d.Refused); settled > 0 && d.Took > 0 {
		r.PerSecond = settled / d.Took.Seconds()
		r.CPU = float64(r.cpu.Nanoseconds()) / 1000 / settled
	}
	r.P50, r.P99, r.Most = milliseconds(r.percentile(0.5)), milliseconds(r.percentile(0.99)), milliseconds(r.most)
	r.Statuses = r.statuses
	if r.okay > 0 {
		r.Statuses["ESME_ROK"] = r.okay
	}
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond)) / float64(time.Millisecond)
}

// print writes a line for each figure, or one JSON object.
func (r *benchResult) print(w io.Writer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(r)
	}
	var statuses []string
	for _, name := range slices.Sorted(maps.Keys(r.Statuses)) {
		statuses = append(statuses, fmt.Sprintf("%s %d", name, r.Statuses[name]))
	}
	_, err := fmt.Fprintf(w, "  smsc            %s\n  window          %d\n  messages        %d: %d accepted, %d refused, %d times given back, %d PDUs unanswered\n"+
		"  msgs_per_s      %.0f over %.2f s\n  cpu_us_per_msg  %.2f, of this process\n  response        p50 %.3f ms · p99 %.3f ms · max %.3f ms\n  statuses        %s\n",
		r.SMSC, r.Window, r.Messages, r.Accepted, r.Refused, r.Returned, r.Unanswered, r.PerSecond, r.Seconds, r.CPU, r.P50, r.P99, r.Most, strings.Join(statuses, ", "))
	return err
}
