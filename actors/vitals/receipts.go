package vitals

import (
	"sync/atomic"
	"time"
)

// receiptUnit is what a bucket of receipts' times counts in place of a microsecond:
// they take from 16 ms (all that is faster counts in the first bucket) to 4¾ hours.
const receiptUnit = 256

// ReceiptMeter counts the receipts that a bind hears. It is safe for concurrent use:
// batches of receipts are brought to their messages side by side. The zero value has
// heard none.
type ReceiptMeter struct {
	heard   atomic.Uint64 // all of them: intermediate, repeated and unmatched ones too
	lastAt  atomic.Int64  // Unix ns; 0: none has come
	latency [buckets]atomic.Uint32
}

// Heard counts n receipts, the last of which came at that time.
func (m *ReceiptMeter) Heard(n int, at time.Time) {
	m.heard.Add(uint64(n))
	for ns := at.UnixNano(); ; {
		if last := m.lastAt.Load(); ns <= last || m.lastAt.CompareAndSwap(last, ns) {
			return
		}
	}
}

// Matched counts how long after their submit_sm final receipts came.
func (m *ReceiptMeter) Matched(took []time.Duration) {
	for _, d := range took {
		m.latency[bucketOf(d/receiptUnit)].Add(1)
	}
}

// receiptReading is what a ReceiptMeter has counted up to a moment.
type receiptReading struct {
	heard   uint64
	lastAt  int64
	latency latencies
}

func (m *ReceiptMeter) read() receiptReading {
	return receiptReading{heard: m.heard.Load(), lastAt: m.lastAt.Load(), latency: readLatencies(&m.latency)}
}

// Receipts is what a bind has heard of its messages.
type Receipts struct {
	Recent       uint64    // in the last one to two minutes, of every kind
	Total        uint64    // since the process began
	LastAt       time.Time // zero: none has come
	P50Ms, P99Ms float32   // submit_sm to its final receipt, of the recent ones that match a message; 0: there were none
}

// since is what was heard after an earlier reading.
func (r *receiptReading) since(before *receiptReading) (out Receipts) {
	out.Recent, out.Total = r.heard-before.heard, r.heard
	if r.lastAt != 0 {
		out.LastAt = time.Unix(0, r.lastAt)
	}
	if out.Recent == 0 {
		return out // what is asked of a thousand binds is cheap where nothing comes
	}
	took := r.latency.since(&before.latency)
	out.P50Ms, out.P99Ms = milliseconds(took.quantile(0.50)*receiptUnit), milliseconds(took.quantile(0.99)*receiptUnit)
	return out
}
