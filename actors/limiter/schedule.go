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
}

// drift bounds how far two clocks part in a second.
const drift = 200 * time.Microsecond

func (c *clock) see(store, began, now time.Time) {
	if c.base.IsZero() {
		c.base = began
	}
	at := time.Duration(store.UnixNano())
	low, high := at-now.Sub(c.base), at-began.Sub(c.base)
	if !c.seen.IsZero() {
		apart := time.Duration(float64(drift) * now.Sub(c.seen).Seconds())
		if l, h := max(low, c.low-apart), min(high, c.high+apart); l <= h {
			low, high = l, h
		} // else a clock was set: what was known counts no more
	}
	c.low, c.high, c.seen = low, high, now
}

// local returns from when to when, by our clock, a permit is good that falls due at a
// moment of the store's: not early, and not late, as far as is known. Where the doubt
// is longer than half of its life, it lives half of it all the same.
func (c *clock) local(store time.Time) (due, lapses time.Time) {
	at := time.Duration(store.UnixNano())
	due = c.base.Add(at - c.low)
	return due, later(c.base.Add(at-c.high+port.PermitLife), due.Add(port.PermitLife/2))
}
