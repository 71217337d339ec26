package window

import "time"

// What the window remembers of an MNO in trouble.

// halfClose counts ESME_RSUBMITFAIL, and times the test submits (US-SC-029).
type halfClose struct {
	fails  int       // in a row
	since  time.Time // when the window was half-closed
	testAt time.Time // when the next test submit may go
}

// failed counts one more, and reports whether that makes enough in a row.
func (h *halfClose) failed() bool {
	h.fails++
	return h.fails >= failsToHalfClose
}

func (h *halfClose) begin(now time.Time)        { h.since, h.testAt = now, now.Add(testEvery) }
func (h *halfClose) tested(now time.Time)       { h.testAt = now.Add(testEvery) }
func (h *halfClose) testDue(now time.Time) bool { return !now.Before(h.testAt) }

// drain is an episode of ESME_RMSGQFUL (US-SC-030): from the first one until an
// answer of another kind shows that the MNO takes messages again. It may hold
// several drains, each ended by one message that goes ahead.
type drain struct {
	since   time.Time // of the episode; zero: none
	empty   time.Time // since when nothing is in flight; zero: something is
	probing bool      // after the rest: one message at a time
	told    bool      // of an episode that is too long
}

func (d *drain) begin(now time.Time) {
	d.probing, d.empty = false, time.Time{}
	if d.since.IsZero() {
		d.since = now
	}
}

func (d *drain) emptied(now time.Time) {
	if d.empty.IsZero() {
		d.empty = now
	}
}

// over reports whether the rest after the last answer has passed.
func (d *drain) over(now time.Time, inflight int) bool {
	return inflight == 0 && !d.empty.IsZero() && now.Sub(d.empty) >= drainRest
}

// answered ends the episode when it was probing: the MNO has looked at a message.
func (d *drain) answered() {
	if d.probing {
		*d = drain{}
	}
}

func (d *drain) tooLong(now time.Time) Degraded {
	if d.since.IsZero() || d.told || now.Sub(d.since) <= drainTooLong {
		return NotDegraded
	}
	d.told = true
	return ByDraining
}

func (d *drain) next(mode State) (times []time.Time) {
	if mode == Draining && !d.empty.IsZero() {
		times = append(times, d.empty.Add(drainRest))
	}
	if !d.since.IsZero() && !d.told {
		times = append(times, d.since.Add(drainTooLong+1))
	}
	return times
}

// throttles remembers the latest ESME_RTHROTTLED (US-SC-028).
type throttles struct {
	at   [throttlesToDegrade]time.Time // a ring
	next int
	told time.Time
}

// add takes one in, and reports whether the last three lie within 60 s and that
// was not told in the last 60 s.
func (t *throttles) add(now time.Time) Degraded {
	t.at[t.next] = now
	t.next = (t.next + 1) % len(t.at)
	oldest := t.at[t.next]
	if oldest.IsZero() || now.Sub(oldest) > throttlesWithin || !t.told.IsZero() && now.Sub(t.told) < throttlesWithin {
		return NotDegraded
	}
	t.told = now
	return ByThrottling
}
