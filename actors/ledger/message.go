// Package ledger keeps the outcome of every segment of every command that a
// process has in hand, so that what an MNO has accepted is never submitted again
// in this life of the message, whatever fails afterwards.
//
// It refuses to guess: a PDU that was written and not answered is Unknown, a
// state of its own, and what becomes of it is the profile's policy.
package ledger

import (
	"slices"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
)

// Outcome is what is known of one segment.
type Outcome uint8

// The outcomes.
const (
	Unwritten Outcome = iota // not yet handed to a session, or surely not written
	Written                  // handed to a session; the answer is awaited
	Accepted                 // ESME_ROK, with the MNO's id
	Rejected                 // refused for good
	Postponed                // refused for now
	Unknown                  // written, and will not be answered
)

var outcomeNames = [...]string{"unwritten", "written", "accepted", "rejected", "postponed", "unknown"}

func (o Outcome) String() string { return outcomeNames[o] }

// Message is the account of one command in hand: one outcome a part.
type Message struct {
	parts    []Outcome
	ids      []string
	next     int // the part to submit next; parts before it are not Unwritten
	inflight int
	stopped  bool // a part was refused: the rest stays unwritten
	delay    time.Duration
}

// New opens the account of a command of so many parts (1…255), of which accepted
// holds the ids that an earlier delivery of it got, by part from 0, "" where none,
// port.NamelessID where the MNO took the part without giving one.
func New(parts int, accepted []string) Message {
	m := Message{parts: make([]Outcome, parts), ids: make([]string, parts)}
	for i, id := range accepted {
		if i >= parts || id == "" {
			continue
		}
		m.parts[i] = Accepted
		if !port.IsNameless(id) {
			m.ids[i] = id
		}
	}
	m.advance()
	return m
}

// Parts returns the number of parts.
func (m *Message) Parts() int { return len(m.parts) }

// IDs returns the MNO's ids by part, "" where it has given none.
func (m *Message) IDs() []string { return m.ids }

// Outcome returns what is known of a part, from 0.
func (m *Message) Outcome(part int) Outcome { return m.parts[part] }

func (m *Message) advance() {
	for m.next < len(m.parts) && m.parts[m.next] != Unwritten {
		m.next++
	}
}

// Next returns the part to submit next; ok is false when none is left or one was refused.
func (m *Message) Next() (part int, ok bool) {
	if m.stopped || m.next == len(m.parts) {
		return 0, false
	}
	return m.next, true
}

// Hand says that a part goes to a session.
func (m *Message) Hand(part int) {
	m.parts[part] = Written
	m.inflight++
	m.advance()
}

// Accept says that the MNO took a part and gave it an id.
func (m *Message) Accept(part int, id string) {
	m.leave(part, Accepted)
	m.ids[part] = id
}

// Reject says that the MNO refused a part for good.
func (m *Message) Reject(part int) {
	m.leave(part, Rejected)
	m.stopped = true
}

// Postpone says that the MNO refused a part for now; the longest delay counts.
func (m *Message) Postpone(part int, delay time.Duration) {
	m.leave(part, Postponed)
	m.stopped, m.delay = true, max(m.delay, delay)
}

// Stop says that no further part will be submitted: the line is gone, or the
// bind is draining.
func (m *Message) Stop() { m.stopped = true }

// Lose says that a part was written and will not be answered.
func (m *Message) Lose(part int) {
	m.leave(part, Unknown)
	m.stopped = true
}

// TakeBack says that a part which went to a session was surely not written.
func (m *Message) TakeBack(part int) {
	m.leave(part, Unwritten)
	m.next = min(m.next, part)
}

// Forget says that nobody knows any more what becomes of the parts that await an
// answer, and that no further part will be submitted.
func (m *Message) Forget() {
	for part, o := range m.parts {
		if o == Written {
			m.parts[part] = Unknown
		}
	}
	m.inflight, m.stopped = 0, true
}

// Past is what a later delivery must know, once no answer is awaited any more.
func (m *Message) Past() Past {
	return Past{Doubtful: m.Doubt(), Empty: !slices.Contains(m.parts, Accepted)}
}

// Doubt reports whether the outcome of a part is unknown.
func (m *Message) Doubt() bool { return slices.Contains(m.parts, Unknown) }

func (m *Message) leave(part int, o Outcome) {
	m.parts[part] = o
	m.inflight--
}

// Begun reports whether a part has been submitted, by this delivery or an earlier one.
func (m *Message) Begun() bool { return m.next > 0 }

// Waiting returns how many parts await an answer.
func (m *Message) Waiting() int { return m.inflight }

// Standing is what a message as a whole has come to.
type Standing uint8

// The standings, worst last.
const (
	Open     Standing = iota // parts are left to submit, or unanswered
	Complete                 // every part was accepted
	Return                   // give it back to the queue: nothing of unknown outcome
	Doubtful                 // a part's outcome is unknown
	Refused                  // a part was refused for good
)

// Standing returns where the message stands, and, for Return, the delay that the
// MNO's answers ask for.
func (m *Message) Standing() (Standing, time.Duration) {
	if m.inflight > 0 {
		return Open, 0
	}
	s := Complete
	for _, o := range m.parts {
		switch o {
		case Rejected:
			return Refused, 0
		case Unknown:
			s = max(s, Doubtful)
		case Postponed:
			s = max(s, Return)
		case Unwritten:
			if !m.stopped {
				return Open, 0
			}
			s = max(s, Return)
		}
	}
	return s, m.delay
}
