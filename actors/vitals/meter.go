package vitals

import (
	"sync/atomic"
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// Meter counts what a bind submits and what the MNO answers. Its methods Sent and
// Answered are for one goroutine at a time, the window's; anybody may read. The zero
// value has counted nothing.
type Meter struct {
	second   atomic.Uint64 // see pack: the present second, its PDUs, and those of the one before
	answers  [maxStatuses]statusCount
	latency  [buckets]atomic.Uint32
	answered atomic.Uint64 // all of them
	refused  atomic.Uint64 // answers but ESME_ROK
	sent     atomic.Uint64 // PDUs, ever

	Receipts ReceiptMeter // for anybody to count
}

// maxStatuses bounds the statuses that are told apart; an MNO that invents more has
// the rest counted as Other.
const maxStatuses = 12

// Other stands for the statuses beyond the first few.
const Other codec.Status = 0xFFFFFFFF

type statusCount struct {
	code atomic.Uint64 // the status + 1; 0: not taken
	n    atomic.Uint64
}

// A second is packed into one word, so that a reader never sees half of a change:
// 24 bits of the Unix second, 20 bits of each count.
const countBits = 20

func pack(second int64, before, count uint64) uint64 {
	const most = 1<<countBits - 1
	return uint64(second)<<(2*countBits) | min(before, most)<<countBits | min(count, most)
}

func unpack(word uint64) (second, before, count uint64) {
	const mask = 1<<countBits - 1
	return word >> (2 * countBits), word >> countBits & mask, word & mask
}

const secondMask = 1<<24 - 1

// Sent counts n PDUs that go to the line now.
func (m *Meter) Sent(n int, now time.Time) {
	m.sent.Add(uint64(n))
	second := uint64(now.Unix()) & secondMask
	at, before, count := unpack(m.second.Load())
	switch {
	case second == at:
	case second == (at+1)&secondMask:
		before, count = count, 0
	default:
		before, count = 0, 0
	}
	m.second.Store(pack(int64(second), before, count+uint64(n)))
}

// Rate is how many PDUs were sent in the last whole second.
func (m *Meter) Rate(now time.Time) int {
	second := uint64(now.Unix()) & secondMask
	at, before, count := unpack(m.second.Load())
	switch second {
	case at:
		return int(before)
	case (at + 1) & secondMask:
		return int(count)
	}
	return 0
}

// Answered counts one answer to a submit_sm.
func (m *Meter) Answered(status codec.Status, took time.Duration) {
	m.latency[bucketOf(took)].Add(1)
	m.answered.Add(1)
	if status != codec.StatusOK {
		m.refused.Add(1)
	}
	m.count(status)
}

func (m *Meter) count(status codec.Status) {
	code := uint64(status) + 1
	for i := range m.answers {
		c := &m.answers[i]
		if i == maxStatuses-1 {
			code = uint64(Other) + 1
		}
		switch c.code.Load() {
		case code:
			c.n.Add(1)
			return
		case 0:
			c.n.Add(1)
			c.code.Store(code)
			return
		}
	}
}

// reading is what a Meter has counted up to a moment.
type reading struct {
	sent, answered, refused uint64
	latency                 latencies
	answers                 [maxStatuses]uint64
	receipts                receiptReading
}

func (m *Meter) read() reading {
	r := reading{sent: m.sent.Load(), answered: m.answered.Load(), refused: m.refused.Load(), latency: readLatencies(&m.latency), receipts: m.Receipts.read()}
	for i := range m.answers {
		r.answers[i] = m.answers[i].n.Load()
	}
	return r
}

// status is what the i-th count is of; ok is false for one that is not taken.
func (m *Meter) status(i int) (codec.Status, bool) {
	code := m.answers[i].code.Load()
	return codec.Status(code - 1), code != 0
}
