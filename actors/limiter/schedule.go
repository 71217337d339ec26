package limiter

import (
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
)

// schedule gives permits by this process's clock, a distance apart.
type schedule struct {
	distance time.Duration
	next     time.Time // when the next one falls due
}

// take returns when the permit falls due that is good now; ok is false when there is
// none yet. One that was not taken while it was good is lost, and a pause ends with
// one at once.
func (s *schedule) take(now time.Time) (due time.Time, ok bool) {
	if s.next.Add(port.PermitLife).Before(now) {
		s.next = now
	}
	if s.next.After(now) {
		return due, false
	}
	due = s.next
	s.next = due.Add(s.distance)
	return due, true
}

// clock knows the store's clock by ours. An answer says what the store's clock
// showed at a moment between the request and the answer, so it leaves a doubt as long
// as the call; further answers narrow it.
type clock struct {
	base      time.Time     // of our clock; monotonic, so that a step of it is not seen
	low, high time.Duration // the store's clock less ours, in ns since 1970 less ns since base
	seen      time.Time
	answers   int // since a clock was set, up to patience
}

// drift bounds how far two clocks part in a second.
const drift = 200 * time.Microsecond

func (c *clock) see(store, began, now time.Time) {
	if c.base.IsZero() {
		c.base = began
	}
	at := time.Duration(store.UnixNano())
	low, high := at-now.Sub(c.base), at-began.Sub(c.base)
	c.answers = min(c.answers+1, patience)
	if !c.seen.IsZero() {
		apart := time.Duration(float64(drift) * now.Sub(c.seen).Seconds())
		if l, h := max(low, c.low-apart), min(high, c.high+apart); l <= h {
			low, high = l, h
		} else { // a clock was set: what was known counts no more
			c.answers = 1
		}
	}
	c.low, c.high, c.seen = low, high, now
}

// patience is after how many answers a store is taken for far away, and not for slow
// once.
const patience = 40

// local returns from when to when, by our clock, a permit is good that falls due at a
// moment of the store's: not early, and not late, as far as is known. A longer doubt
// leaves it no life; where the store is that far away, it lives for half of its life
// all the same.
func (c *clock) local(store time.Time) (due, lapses time.Time) {
	at := time.Duration(store.UnixNano())
	due = c.base.Add(at - c.low)
	lapses = c.base.Add(at - c.high + port.PermitLife)
	if c.answers == patience {
		lapses = later(lapses, due.Add(port.PermitLife/2))
	}
	return due, lapses
}
