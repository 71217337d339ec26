// Package ledger keeps the outcome of every segment of every command that a
// process has in hand, so that what an MNO has accepted is never submitted again
// in this life of the message, whatever fails afterwards.
//
// It refuses to guess: a PDU that was written and not answered is Unknown, a
// state of its own, and what becomes of it is the profile's policy.
package ledger

import (
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

// Message is the account of one command in hand: one outcome a part. Most have one
// part, which stands in the Message itself and costs no allocation.
type Message struct {
	first    entry
	more     []entry // the parts after it
	next     int     // the part to submit next; parts before it are not Unwritten
	inflight int
	stopped  bool // a part was refused: the rest stays unwritten
	delay    time.Duration
}

// entry is the account of one part.
type entry struct {
	outcome Outcome
	repeats bool   // another part was accepted under the same id before
	id      string // the MNO's, once it is accepted
}

// New opens the account of a command of so many parts (1…255), of which accepted
// holds the ids that an earlier delivery of it got, by part from 0, "" where none,
// port.NamelessID where the MNO took the part without giving one.
func New(parts int, accepted []string) Message {
	var m Message
	if parts > 1 {
		m.more = make([]entry, parts-1)
	}
	for i, id := range accepted {
		if i >= parts || id == "" {
			continue
		}
		e := m.part(i)
		if !port.IsNameless(id) {
			m.name(i, id)
		}
		e.outcome = Accepted
	}
	m.advance()
	return m
}

// Parts returns the number of parts.
func (m *Message) Parts() int { return 1 + len(m.more) }

func (m *Message) part(i int) *entry {
	if i == 0 {
		return &m.first
	}
	return &m.more[i-1]
}

// IDs returns the MNO's ids by part, "" where it has given none.
func (m *Message) IDs() []string {
	ids := make([]string, m.Parts())
	for i := range ids {
		ids[i] = m.part(i).id
	}
	return ids
}

// Accepted returns how many parts the MNO has taken.
func (m *Message) Accepted() (n int) {
	for i := range m.Parts() {
		if m.Outcome(i) == Accepted {
			n++
		}
	}
	return n
}

// Outcome returns what is known of a part, from 0.
func (m *Message) Outcome(part int) Outcome { return m.part(part).outcome }

func (m *Message) advance() {
	for m.next < m.Parts() && m.Outcome(m.next) != Unwritten {
		m.next++
	}
}

func (m *Message) has(o Outcome) bool {
	for i := range m.Parts() {
		if m.Outcome(i) == o {
			return true
		}
	}
	return false
}

// Next returns the part to submit next; ok is false when none is left or one was refused.
func (m *Message) Next() (part int, ok bool) {
	if m.stopped || m.next == m.Parts() {
		return 0, false
	}
	return m.next, true
}

// Left returns how many parts Next has still to name.
func (m *Message) Left() (n int) {
	if m.stopped {
		return 0
	}
	for part := m.next; part < m.Parts(); part++ {
		if m.Outcome(part) == Unwritten {
			n++
		}
	}
	return n
}

// Hand says that a part goes to a session.
func (m *Message) Hand(part int) {
	m.part(part).outcome = Written
	m.inflight++
	m.advance()
}

// Accept says that the MNO took a part and gave it an id.
func (m *Message) Accept(part int, id string) {
	m.leave(part, Accepted)
	m.name(part, id)
}

// name gives a part that is accepted its id.
func (m *Message) name(part int, id string) {
	e := m.part(part)
	e.repeats = id != "" && len(m.more) > 0 && m.Names(id)
	e.id = id
}

// Names reports whether a part was accepted under an id.
func (m *Message) Names(id string) bool {
	for i := range m.Parts() {
		if e := m.part(i); e.outcome == Accepted && e.id == id {
			return true
		}
	}
	return false
}

// Repeats reports whether a part was accepted under an id that another part of the message
// had before. Some MNOs give all parts one id, and one row can be found by it.
func (m *Message) Repeats(part int) bool { return m.part(part).repeats }

// Learn says that the MNO has taken a part, as it turns out: one that was given up, or that
// an earlier delivery of the command had submitted. It reports whether that is news.
func (m *Message) Learn(part int, id string) bool {
	if o := m.Outcome(part); o != Unwritten && o != Unknown {
		return false
	}
	m.name(part, id)
	m.part(part).outcome = Accepted
	m.advance()
	return true
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
	for i := range m.Parts() {
		if e := m.part(i); e.outcome == Written {
			e.outcome = Unknown
		}
	}
	m.inflight, m.stopped = 0, true
}

// Past is what a later delivery must know, once no answer is awaited any more.
func (m *Message) Past() Past {
	return Past{Doubtful: m.Doubt(), Empty: !m.has(Accepted)}
}

// Doubt reports whether the outcome of a part is unknown.
func (m *Message) Doubt() bool { return m.has(Unknown) }

func (m *Message) leave(part int, o Outcome) {
	m.part(part).outcome = o
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
	for i := range m.Parts() {
		switch m.Outcome(i) {
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
