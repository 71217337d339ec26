// Package window decides how many PDUs a bind may have in flight and how many
// commands it may ask for (US-SC-023, 024). It counts; it does not know what it
// counts, and takes time as a value.
//
// Credit is the flow control of the whole connector: what Credit returns is what
// the bridge pulls from JetStream, so nothing is pulled that cannot soon be
// submitted, and NAKs stay the net below.
package window

import "time"

// State is the window's state, shown when the life cycle is BOUND.
type State uint8

// The states (decisions.md, Session and bind).
const (
	Closed       State = iota // the bind is not BOUND, or is stopping: nothing is admitted or pulled
	Open                      // submits are admitted
	HalfClosedTX              // RSUBMITFAIL: receive only, one test submit a minute (US-SC-029)
	Draining                  // RMSGQFUL: nothing new until the MNO has room (US-SC-030)
)

var stateNames = [...]string{"CLOSED", "OPEN", "HALF_CLOSED_TX", "DRAINING"}

// String is the name in metrics, events and on the page.
func (s State) String() string { return stateNames[s] }

// floor is the smallest size that halving reaches, unless the configured window
// is smaller: some MNOs allow 1 (decisions.md, 023/024).
const floor = 10

// growStep is added to the size every growEvery until it is the configured one again.
const (
	growStep  = 5
	growEvery = 60 * time.Second
)

// Window is the admission of one bind. The zero value is closed and admits
// nothing; use New.
type Window struct {
	state      State
	configured int // from ops.smpp_binds.window or the operator, at least 1
	dynamic    int // 1…configured
	inflight   int
	shrunkAt   time.Time // when the size was last changed; growth counts from here
}

// New returns a closed window of the configured size; sizes below 1 count as 1.
func New(configured int) Window {
	configured = max(configured, 1)
	return Window{configured: configured, dynamic: configured}
}

// State returns the window's state.
func (w *Window) State() State { return w.state }

// Size returns the number of PDUs that may be in flight now.
func (w *Window) Size() int { return w.dynamic }

// Configured returns the upper end of Size.
func (w *Window) Configured() int { return w.configured }

// Inflight returns how many PDUs are written, or about to be, and not answered.
func (w *Window) Inflight() int { return w.inflight }

// Free returns how many more may be submitted now.
func (w *Window) Free() int {
	if w.state != Open {
		return 0
	}
	return max(w.dynamic-w.inflight, 0)
}

// OpenUp lets submits through: the bind is BOUND.
func (w *Window) OpenUp() { w.state = Open }

// Close stops admission. What is in flight stays counted until Release.
func (w *Window) Close() { w.state = Closed }

// Admit takes n slots; n must not be above Free.
func (w *Window) Admit(n int) { w.inflight += n }

// Release gives n slots back: answered, timed out, or taken back from a lost line.
func (w *Window) Release(n int) { w.inflight = max(w.inflight-n, 0) }

// Resize sets the configured size, as read again from ops.smpp_binds every 60 s.
// A window that was at its full size stays so.
func (w *Window) Resize(configured int) {
	configured = max(configured, 1)
	if w.dynamic == w.configured || w.dynamic > configured {
		w.dynamic = configured
	}
	w.configured = configured
}

// Halve halves the size on ESME_RTHROTTLED, down to the smaller of 10 and the
// configured size (US-SC-024).
func (w *Window) Halve(now time.Time) {
	w.dynamic = max(w.dynamic/2, min(floor, w.configured))
	w.shrunkAt = now
}

// Grow adds 5 for every 60 s since the last change, up to the configured size,
// and reports whether the size changed (US-SC-024).
func (w *Window) Grow(now time.Time) bool {
	if w.dynamic >= w.configured || now.Sub(w.shrunkAt) < growEvery {
		return false
	}
	steps := int(now.Sub(w.shrunkAt) / growEvery)
	w.dynamic = min(w.dynamic+steps*growStep, w.configured)
	w.shrunkAt = w.shrunkAt.Add(time.Duration(steps) * growEvery)
	return true
}

// Load is what a bind has on its hands, in messages, beside the PDUs in flight.
type Load struct {
	Queued   int // planned and waiting for a slot
	Asked    int // asked of the consumers and not delivered yet
	Settling int // answered, and not yet stored and acknowledged
}

// Credit returns how many more messages to ask for: enough to fill the window
// and to have prefetch more waiting, so that the line is never idle for a pull;
// none while the window is not open, or while more than most messages wait for
// the stores (a store that is down must not make the connector swallow the queue).
func (w *Window) Credit(l Load, prefetch, most int) int {
	if w.state != Open {
		return 0
	}
	want := w.dynamic - w.inflight + prefetch - l.Queued - l.Asked
	return max(min(want, most-l.Settling-l.Queued-l.Asked), 0)
}
