package window

import "time"

// Signal is what the size listens to beside refusals, by the MNO's profile. It
// only ever shrinks the window: growth stays US-SC-024's, 5 a minute.
type Signal uint8

// The signals.
const (
	NoSignal  Signal = iota
	ByState          // the TLV congestion_state of answers (SMPP 5.0 §4.8.4.18)
	ByLatency        // the time that answers take
)

// NoCongestionState is the congestion_state of an answer without one.
const NoCongestionState = 255

// What congestion_state says: 0…100, 90 and more is "nearing congestion".
const (
	nearing   = 90
	congested = 100
)

// The latency's gradient compares what answers take now with what they took at
// best lately, and shrinks the window when the MNO's queue has made that more than
// slack times as long.
const (
	slack        = 2.0
	fewestAnswer = 20               // of one measurement, or a window's worth
	bestForgets  = 10 * time.Minute // a line that has become longer is taken for what it is
	noise        = time.Millisecond // answers that fast say nothing about a queue
)

// congestion is what the answers have told. The zero value listens to nothing.
type congestion struct {
	signal Signal
	count  int
	sum    time.Duration // of the answers being measured
	best   time.Duration // the least mean; 0: none yet
	bestAt time.Time
}

// Listen chooses the signal.
func (w *Window) Listen(s Signal) {
	if s != w.congested.signal {
		w.congested = congestion{signal: s}
	}
}

// Feedback takes in what an accepted answer tells of the MNO's load: its
// congestion_state and the time that it took. sentAt is when its PDU was sent.
func (w *Window) Feedback(state uint8, took time.Duration, sentAt, now time.Time) {
	switch c := &w.congested; c.signal {
	case ByState:
		if state == NoCongestionState || state < nearing {
			return
		}
		w.changedAt = now // no growth while the MNO is loaded
		if state >= congested && !sentAt.Before(w.halvedAt) {
			w.halve(now)
		}
	case ByLatency:
		c.sum += took
		c.count++
		if c.count < max(fewestAnswer, w.dynamic) {
			return
		}
		mean := c.sum / time.Duration(c.count)
		c.sum, c.count = 0, 0
		if c.best == 0 || mean <= c.best || now.Sub(c.bestAt) > bestForgets {
			c.best, c.bestAt = mean, now
			return
		}
		if limit := time.Duration(slack * float64(c.best)); mean > limit && mean > noise && !sentAt.Before(w.halvedAt) {
			w.shrink(float64(limit)/float64(mean), now)
		}
	}
}

// shrink takes the size times a share, at least a half and as halving does not
// below the floor.
func (w *Window) shrink(share float64, now time.Time) {
	w.dynamic = max(int(float64(w.dynamic)*max(share, 0.5)), min(floor, w.configured))
	w.halvedAt, w.changedAt = now, now
}
