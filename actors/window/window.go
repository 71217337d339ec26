// Package window decides how many PDUs a bind may have in flight and how many
// commands it may ask for (US-SC-023, 024), and when it stops submitting because
// of what the MNO answers (US-SC-028…030). It counts; it does not know what it
// counts, and takes time as a value.
//
// Credit is the flow control of the whole connector: what Credit returns is what
// the bridge pulls from JetStream, so nothing is pulled that cannot soon be
// submitted, and NAKs stay the net below.
package window

import (
	"time"

	"github.com/ghasi/smpp-connector/actors/verdict"
)

// The stories' numbers.
const (
	floor     = 10               // smallest size that halving reaches, unless less is configured (US-SC-024, decisions.md 023/024)
	growStep  = 5                // added every growEvery until the size is the configured one again
	growEvery = 60 * time.Second //

	failsToHalfClose = 3                // RSUBMITFAIL in a row (US-SC-029)
	testEvery        = 60 * time.Second // between test submits of a half-closed window
	drainRest        = 30 * time.Second // after the last answer of a drain (US-SC-030)
	drainTooLong     = 5 * time.Minute  // then smpp.bind.degraded, reason draining

	throttlesToDegrade = 3 // RTHROTTLED within throttlesWithin: smpp.bind.degraded, reason throttled (US-SC-028)
	throttlesWithin    = 60 * time.Second
)

// Window is the admission of one bind. The zero value is closed and admits
// nothing; use New.
type Window struct {
	linked     bool  // the bind is BOUND and not stopping
	mode       State // Open, HalfClosedTX or Draining; outlives the link
	configured int   // from ops.smpp_binds.window or the operator, at least 1
	dynamic    int   // 1…configured
	inflight   int

	halvedAt  time.Time // the last halving; PDUs sent before it do not halve again
	changedAt time.Time // when the size was last changed; growth counts from here

	congested congestion
	closed    halfClose
	drain     drain
	throttles throttles
}

// New returns a closed window of the configured size; sizes below 1 count as 1.
func New(configured int) Window {
	configured = max(configured, 1)
	return Window{mode: Open, configured: configured, dynamic: configured}
}

// State returns the window's state.
func (w *Window) State() State {
	if !w.linked {
		return Closed
	}
	return w.mode
}

// Size returns the number of PDUs that may be in flight now.
func (w *Window) Size() int { return w.dynamic }

// Configured returns the upper end of Size.
func (w *Window) Configured() int { return w.configured }

// Inflight returns how many PDUs are written, or about to be, and not answered.
func (w *Window) Inflight() int { return w.inflight }

// Free returns how many more may be submitted now.
func (w *Window) Free(now time.Time) int {
	switch w.State() {
	case Open:
		if w.drain.probing { // the MNO's queue was full: one goes ahead
			return max(1-w.inflight, 0)
		}
		return max(w.dynamic-w.inflight, 0)
	case HalfClosedTX:
		if w.inflight == 0 && w.closed.testDue(now) {
			return 1
		}
	}
	return 0
}

// OpenUp lets submits through, as far as the mode allows: the bind is BOUND.
func (w *Window) OpenUp() { w.turn(Linked) }

// Close stops admission. What is in flight stays counted until Release, and the
// mode is kept: a half-closed or draining window is one again on the next link.
func (w *Window) Close() { w.turn(Shut) }

// turn takes an event to the table and reports whether it has a row.
func (w *Window) turn(e Event) bool {
	to, ok := next(w.State(), e, w.mode)
	if !ok {
		return false
	}
	if w.linked = to != Closed; w.linked {
		w.mode = to
	}
	return true
}

// Admit takes n slots; n must not be above Free.
func (w *Window) Admit(n int, now time.Time) {
	w.inflight += n
	if w.mode == HalfClosedTX {
		w.closed.tested(now)
	}
}

// Release gives n slots back: answered, timed out, or taken back from a lost line.
func (w *Window) Release(n int, now time.Time) {
	w.inflight = max(w.inflight-n, 0)
	if w.mode == Draining && w.inflight == 0 {
		w.drain.emptied(now)
	}
}

// Recount sets how many are in flight, after a failure that may have miscounted.
func (w *Window) Recount(inflight int, now time.Time) {
	w.inflight = inflight
	w.Release(0, now)
}

// Resize sets the configured size, as read again from ops.smpp_binds every 60 s.
// A window that was at its full size stays so.
func (w *Window) Resize(configured int) {
	configured = max(configured, 1)
	if w.dynamic == w.configured || w.dynamic > configured {
		w.dynamic = configured
	}
	w.configured = configured
}

// Degraded is why a bind is worth an smpp.bind.degraded event.
type Degraded uint8

// The reasons.
const (
	NotDegraded Degraded = iota
	ByThrottling
	ByDraining
)

// Answered takes in the answer to a PDU that was sent at sentAt, and returns
// whether the bind is degraded by it. The slot is given back by Release.
func (w *Window) Answered(v verdict.Verdict, sentAt, now time.Time) Degraded {
	if v.Effect != verdict.Drain {
		w.drain.answered()
	}
	if v.Effect == verdict.HalfClose {
		if w.closed.failed() && w.turn(SubmitsFailed) {
			w.closed.begin(now)
		}
		return NotDegraded
	}
	w.closed.fails = 0
	switch {
	case v.Effect == verdict.Halve:
		if !sentAt.Before(w.halvedAt) { // one sent before we slowed down says nothing new
			w.halve(now)
		}
		return w.throttles.add(now)
	case v.Effect == verdict.Drain:
		w.turn(QueueFull)
		w.drain.begin(now)
	case v.Class == verdict.Accept && sentAt.After(w.closed.since): // not one that was on its way before
		w.turn(ProbeAccepted)
	}
	return NotDegraded
}

// halve halves the size, down to the smaller of 10 and the configured size (US-SC-024).
func (w *Window) halve(now time.Time) { w.shrink(0.5, now) }

// Tick does what is due by time alone: growth, the end of a drain. It returns
// whether the bind has become degraded.
func (w *Window) Tick(now time.Time) Degraded {
	w.grow(now)
	if w.mode == Draining && w.drain.over(now, w.inflight) && w.turn(Rested) {
		w.drain.probing = true
	}
	return w.drain.tooLong(now)
}

// grow adds 5 for every 60 s since the last change, up to the configured size
// (US-SC-024).
func (w *Window) grow(now time.Time) {
	if w.dynamic >= w.configured || now.Sub(w.changedAt) < growEvery {
		return
	}
	steps := int(now.Sub(w.changedAt) / growEvery)
	w.dynamic = min(w.dynamic+steps*growStep, w.configured)
	w.changedAt = w.changedAt.Add(time.Duration(steps) * growEvery)
}

// Next returns when Tick, or Free, may have something new to say; ok is false
// while only answers can change anything.
func (w *Window) Next() (at time.Time, ok bool) {
	var times []time.Time
	if w.dynamic < w.configured {
		times = append(times, w.changedAt.Add(growEvery))
	}
	if w.mode == HalfClosedTX {
		times = append(times, w.closed.testAt)
	}
	times = append(times, w.drain.next(w.mode)...)
	for _, t := range times {
		if !ok || t.Before(at) {
			at, ok = t, true
		}
	}
	return at, ok
}

// Load is what a bind has on its hands, in messages, beside the PDUs in flight.
type Load struct {
	Queued   int // planned and waiting for a slot
	Asked    int // asked of the consumers and not delivered yet
	Settling int // answered, and not yet stored and acknowledged
	Most     int // that the TPS limit lets the bind have in hand unsent; 0: there is no limit
}

// Credit returns how many more messages to ask for: enough to fill the window
// and to have ahead more waiting, so that the line is never idle for a pull; none
// while nothing may be submitted, or the TPS limit is spent for the next second, or
// while more than most messages wait for the stores (a store that is down must not make the connector swallow the queue).
func (w *Window) Credit(l Load, ahead, most int, now time.Time) int {
	want := w.Free(now) - l.Queued - l.Asked
	if w.State() == Open && !w.drain.probing {
		want = w.dynamic - w.inflight + ahead - l.Queued - l.Asked
	}
	if l.Most > 0 {
		want = min(want, l.Most-l.Queued-l.Asked)
	}
	return max(min(want, most-l.Settling-l.Queued-l.Asked), 0)
}
