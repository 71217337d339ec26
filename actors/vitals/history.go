package vitals

import (
	"slices"
	"sync"
	"time"
)

// A History keeps the last quarter of an hour.
const (
	SampleEvery = 10 * time.Second
	Samples     = 90
)

// markEvery is how many samples apart the marks stand that "recent" counts from: what
// is called recent is of the last one to two minutes.
const markEvery = 6

// Sample is ten seconds of a bind.
type Sample struct {
	At       time.Time `json:"at"`       // of their end
	State    string    `json:"state"`    // at their end
	Rate     float32   `json:"rate"`     // PDUs a second
	Refused  float32   `json:"refused"`  // answers a second but ESME_ROK
	InFlight int32     `json:"inFlight"` // at their end
	Window   int32     `json:"window"`   // likewise
	P50Ms    float32   `json:"p50Ms"`    // of answers; 0: there were none
	P99Ms    float32   `json:"p99Ms"`
	Receipts float32   `json:"receipts"` // heard a second
}

// History is the recent past of one bind. The zero value is an empty one; it is safe
// for concurrent use, and the hot path has no part in it.
type History struct {
	mu       sync.Mutex
	samples  []Sample // a ring once it is full
	oldest   int
	taken    int
	at       time.Time  // of the last sample
	last     reading    // at the last sample
	marks    [2]reading // the older first
	markedAt [2]time.Time
}

// Take adds a sample: what the meter has counted since the last one, and the state
// and window now.
func (h *History) Take(m *Meter, state string, inFlight, window int, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := m.read()
	if h.at.IsZero() { // there is nothing yet to measure from
		h.at, h.last = now, r
		h.marks, h.markedAt = [2]reading{r, r}, [2]time.Time{now, now}
		return
	}
	seconds := float32(max(now.Sub(h.at), time.Millisecond).Seconds())
	took := r.latency.since(&h.last.latency)
	h.put(Sample{At: now, State: state, InFlight: int32(inFlight), Window: int32(window),
		Rate: float32(r.sent-h.last.sent) / seconds, Refused: float32(r.refused-h.last.refused) / seconds,
		P50Ms: milliseconds(took.quantile(0.50)), P99Ms: milliseconds(took.quantile(0.99)),
		Receipts: float32(r.receipts.heard-h.last.receipts.heard) / seconds})
	h.at, h.last = now, r
	if h.taken++; h.taken%markEvery == 0 {
		h.marks = [2]reading{h.marks[1], r}
		h.markedAt = [2]time.Time{h.markedAt[1], now}
	}
}

func (h *History) put(s Sample) {
	if len(h.samples) < Samples {
		h.samples = append(h.samples, s)
		return
	}
	h.samples[h.oldest] = s
	h.oldest = (h.oldest + 1) % Samples
}

// Samples returns what is kept, the oldest first.
func (h *History) Samples() []Sample {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Concat(h.samples[h.oldest:], h.samples[:h.oldest])
}

// Recent is what the MNO has answered, and receipted, of late and ever.
type Recent struct {
	P50Ms, P99Ms float32 // of the last one to two minutes; 0: there were no answers
	Statuses     []StatusShare
	Receipts     Receipts
}

// Recent reads the meter and compares it with the marks.
func (h *History) Recent(m *Meter) (out Recent) {
	r := m.read()
	h.mu.Lock()
	before := h.marks[0]
	h.mu.Unlock()
	out.Receipts = r.receipts.since(&before.receipts)
	if r.answered == 0 {
		return out
	}
	took := r.latency.since(&before.latency)
	out.P50Ms, out.P99Ms = milliseconds(took.quantile(0.50)), milliseconds(took.quantile(0.99))
	for i, total := range r.answers {
		status, taken := m.status(i)
		if !taken {
			continue
		}
		name := status.String()
		if status == Other {
			name = "other"
		}
		out.Statuses = append(out.Statuses, StatusShare{Status: name, Recent: total - before.answers[i], Total: total})
	}
	slices.SortStableFunc(out.Statuses, func(a, b StatusShare) int { return int(min(b.Recent, 1<<31)) - int(min(a.Recent, 1<<31)) })
	return out
}

func milliseconds(d time.Duration) float32 { return float32(d.Microseconds()) / 1000 }
