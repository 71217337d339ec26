// Package lifecycle decides the life of a bind: which state it is in, which
// event may move it where, and what must then be done. It is a table and a
// formula; it holds no clock, no socket and no actor.
//
// The drawing in ARCHITECTURE.md is made from the same rows (Mermaid), and one
// test walks every state × event into a golden.
package lifecycle

import "fmt"

// State is the life-cycle state of a bind (decisions.md, Session and bind).
type State uint8

// The states. UNBOUND of the stories is Disconnected or Unbinding.
const (
	Disconnected State = iota // no connection; the next dial may be scheduled
	Connecting                // dialling, or connected and binding
	Bound                     // bind_resp ESME_ROK received
	Unbinding                 // unbind sent, its answer awaited
	states
)

var stateNames = [states]string{"DISCONNECTED", "CONNECTING", "BOUND", "UNBINDING"}

// String is the name in metrics, events and on the page.
func (s State) String() string { return stateNames[s] }

// Event is what can happen to a bind.
type Event uint8

// The events.
const (
	DialDue       Event = iota // first start, or the backoff has passed
	BindAccepted               // bind_resp ESME_ROK
	BindRefused                // bind_resp with another status, or none in time
	DialFailed                 // no connection in time
	HostFailed                 // BindRefused, DialFailed, LineLost or PeerUnbound of one host, and the round has another
	LineLost                   // the connection broke, or the peer misbehaved
	HeartbeatLost              // an enquire_link stayed unanswered (US-SC-004)
	AnswersLost                // submits stay unanswered, one after the other, and nothing is answered between
	PeerUnbound                // the MNO sent unbind
	LineIdle                   // nothing but heartbeats for the inactivity time: we have unbound
	LineMoved                  // a receiver has unbound to follow its transmitter to another host
	StopAsked                  // drain is over: unbind and do not come back
	UnbindDone                 // unbind_resp, or its deadline
	events
)

var eventNames = [events]string{"DialDue", "BindAccepted", "BindRefused", "DialFailed", "HostFailed", "LineLost", "HeartbeatLost", "AnswersLost", "PeerUnbound", "LineIdle", "LineMoved", "StopAsked", "UnbindDone"}

// String is the constant's name.
func (e Event) String() string { return eventNames[e] }

// Effect is something that the bind must do after a transition, in order.
type Effect uint8

// The effects.
const (
	OpenLink        Effect = iota // start (or restart) the session
	AnnounceBound                 // operator.health BOUND; attempts = 0; the window opens
	AnnounceUnbound               // operator.health UNBOUND, unless that was said last; the window has closed
	ScheduleRedial                // after Backoff(attempt)
	SendUnbind                    // ask the session for a clean unbind
	CancelRedial                  // a stop while waiting
	ReportStopped                 // the bind has nothing left to do
	effects
)

var effectNames = [effects]string{"OpenLink", "AnnounceBound", "AnnounceUnbound", "ScheduleRedial", "SendUnbind", "CancelRedial", "ReportStopped"}

// String is the constant's name.
func (e Effect) String() string { return effectNames[e] }

type row struct {
	from State
	on   Event
	to   State
	do   []Effect
}

func do(e ...Effect) []Effect { return e }

// table is the whole life of a bind. A pair that is missing is illegal.
var table = []row{
	{Disconnected, DialDue, Connecting, do(OpenLink)},
	{Disconnected, StopAsked, Disconnected, do(CancelRedial, ReportStopped)},

	{Connecting, BindAccepted, Bound, do(AnnounceBound)},
	{Connecting, BindRefused, Disconnected, do(AnnounceUnbound, ScheduleRedial)},
	{Connecting, DialFailed, Disconnected, do(AnnounceUnbound, ScheduleRedial)},
	{Connecting, HostFailed, Connecting, do(OpenLink)},
	{Connecting, LineLost, Disconnected, do(AnnounceUnbound, ScheduleRedial)},
	{Connecting, PeerUnbound, Disconnected, do(AnnounceUnbound, ScheduleRedial)},
	{Connecting, StopAsked, Unbinding, do(SendUnbind)},

	{Bound, LineLost, Disconnected, do(AnnounceUnbound, ScheduleRedial)},
	{Bound, HeartbeatLost, Disconnected, do(AnnounceUnbound, ScheduleRedial)},
	{Bound, AnswersLost, Disconnected, do(AnnounceUnbound, ScheduleRedial)},
	{Bound, PeerUnbound, Disconnected, do(AnnounceUnbound, ScheduleRedial)},
	{Bound, LineIdle, Disconnected, do(AnnounceUnbound, ScheduleRedial)},
	{Bound, LineMoved, Disconnected, do(AnnounceUnbound, ScheduleRedial)},
	{Bound, StopAsked, Unbinding, do(AnnounceUnbound, SendUnbind)},

	{Unbinding, UnbindDone, Disconnected, do(ReportStopped)},
	{Unbinding, LineLost, Disconnected, do(ReportStopped)},
	{Unbinding, HeartbeatLost, Disconnected, do(ReportStopped)},
	{Unbinding, AnswersLost, Disconnected, do(ReportStopped)},
	{Unbinding, PeerUnbound, Disconnected, do(ReportStopped)},
	{Unbinding, LineIdle, Disconnected, do(ReportStopped)},
	{Unbinding, LineMoved, Disconnected, do(ReportStopped)},
	{Unbinding, DialFailed, Disconnected, do(ReportStopped)},
	{Unbinding, BindRefused, Disconnected, do(ReportStopped)},
	{Unbinding, BindAccepted, Unbinding, do(SendUnbind)}, // the stop overtook the answer
	{Unbinding, StopAsked, Unbinding, nil},
}

// IllegalTransition says that an event cannot happen in a state. Nothing was changed.
type IllegalTransition struct {
	State State
	Event Event
}

func (e *IllegalTransition) Error() string {
	return fmt.Sprintf("%v cannot happen to a bind that is %v", e.Event, e.State)
}

// Next looks the pair up. The effects must not be changed by the caller.
func Next(s State, e Event) (State, []Effect, error) {
	for _, r := range table {
		if r.from == s && r.on == e {
			return r.to, r.do, nil
		}
	}
	return s, nil, &IllegalTransition{State: s, Event: e}
}
