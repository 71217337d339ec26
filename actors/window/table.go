package window

import (
	"fmt"
	"strings"
)

// State is the window's state, shown when the life cycle is BOUND.
type State uint8

// The states (decisions.md, Session and bind).
const (
	Closed       State = iota // the bind is not BOUND, or is stopping: nothing is admitted or pulled
	Open                      // submits are admitted
	HalfClosedTX              // RSUBMITFAIL: receive only, one test submit a minute (US-SC-029)
	Draining                  // RMSGQFUL: nothing new until the MNO has room (US-SC-030)
	states
)

var stateNames = [states]string{"CLOSED", "OPEN", "HALF_CLOSED_TX", "DRAINING"}

// String is the name in metrics, events and on the page.
func (s State) String() string { return stateNames[s] }

// Event is what turns a window from one state into another.
type Event uint8

// The events.
const (
	Linked        Event = iota // the bind is BOUND
	Shut                       // its line is lost, or it is stopping
	SubmitsFailed              // the third ESME_RSUBMITFAIL in a row
	ProbeAccepted              // an answer ESME_ROK to a submit of the half-closed window
	QueueFull                  // ESME_RMSGQFUL
	Rested                     // nothing in flight, and 30 s since the last answer
	events
)

var eventNames = [events]string{"Linked", "Shut", "SubmitsFailed", "ProbeAccepted", "QueueFull", "Rested"}

// String is the constant's name.
func (e Event) String() string { return eventNames[e] }

// row is one way from a state to another. The window of a lost line keeps what the
// MNO has told: of the rows of Closed, that which leads to the state it had holds.
type row struct {
	from State
	on   Event
	to   State
}

// table is all of them. A pair that is missing changes nothing: a half-closed window
// may be answered ESME_RMSGQFUL, and one that drains ESME_RSUBMITFAIL.
var table = []row{
	{Closed, Linked, Open},
	{Closed, Linked, HalfClosedTX},
	{Closed, Linked, Draining},

	{Open, SubmitsFailed, HalfClosedTX},
	{Open, QueueFull, Draining},
	{Open, Shut, Closed},

	{HalfClosedTX, ProbeAccepted, Open},
	{HalfClosedTX, Shut, Closed},

	{Draining, Rested, Open},
	{Draining, Shut, Closed},
}

// next looks the pair up; kept is the state that a closed window had before.
func next(from State, on Event, kept State) (to State, ok bool) {
	for _, r := range table {
		if r.from == from && r.on == on && (from != Closed || r.to == kept) {
			return r.to, true
		}
	}
	return from, false
}

// Mermaid draws the table as a state diagram, as lifecycle.Mermaid does the bind's.
func Mermaid() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n    [*] --> CLOSED\n")
	for _, r := range table {
		fmt.Fprintf(&b, "    %v --> %v: %v\n", r.from, r.to, r.on)
	}
	return b.String()
}
