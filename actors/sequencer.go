package actors

import (
	"math/rand/v2"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/sequence"
)

// sequencer grants the session blocks of sequence numbers, and the window blocks
// of concatenation references, so that no PDU waits for a counter (US-SC-022,
// 026). The counters behind it always hold a number at least as high as any that
// was granted.
//
// While they cannot be reached it goes on from the last number that it granted, or,
// when it has none yet, from a random high point, and asks on; then it brings the
// counters up to what it granted, as also when they have lost what they held.
// A restart asks the counters anew; the gap is planned. Every other gap between the
// numbers of a life is told (SequenceSkipped).
type sequencer struct {
	env  *environment
	seat *seat
	node *node

	lines [kinds]line
}

// line is one kind of number.
type line struct {
	warm    bool   // the first reservation, which skips WarmUp, is behind us
	next    uint64 // above every number that was granted; 0: none was
	due     uint64 // the next number of the counters, were nobody else to move them; 0: not known
	local   uint64 // next own number while the counters are away; 0: they are not
	waiting []*actor.PID
	asked   bool
	behind  bool // the reservation under way only brings the counters up to what was granted
	retry   *time.Timer
}

type retryReserve struct{ kind numberKind }

// blocks of references are small: a value that is not used is lost for its round
// of 256.
const referenceBlock = 64

const reserveRetry = time.Second

// Receive implements actor.Actor.
func (s *sequencer) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *actor.Started:
		s.node.show("running", time.Now())
	case *actor.Stopping, *actor.Restarting:
		for i := range s.lines {
			if t := s.lines[i].retry; t != nil {
				t.Stop()
			}
		}
	case *needNumbers:
		s.need(c, sequenceNumbers, m.to)
	case *needReferences:
		s.need(c, concatReferences, m.to)
	case *reserved:
		s.granted(c, m)
	case *retryReserve:
		s.lines[m.kind].retry = nil
		s.ask(c, m.kind)
	}
}

func (s *sequencer) need(c actor.Context, kind numberKind, to *actor.PID) {
	l := &s.lines[kind]
	l.waiting = append(l.waiting, to)
	if l.local > 0 {
		s.grantOwn(c, kind)
	}
	s.ask(c, kind)
}

func (s *sequencer) block(kind numberKind) int {
	if kind == concatReferences {
		return referenceBlock
	}
	return s.env.Block
}

func (s *sequencer) ask(c actor.Context, kind numberKind) {
	l := &s.lines[kind]
	if l.asked || l.retry != nil || (len(l.waiting) == 0 && l.local == 0) {
		return
	}
	l.asked = true
	n := s.block(kind)
	if kind == sequenceNumbers && !l.warm {
		n += sequence.WarmUp
	}
	c.Send(s.env.redis, &reserve{kind: kind, bind: s.seat.id, n: n, to: c.Self()})
}

func (s *sequencer) granted(c actor.Context, m *reserved) {
	l := &s.lines[m.kind]
	l.asked = false
	if m.err != nil {
		l.behind = false
		s.goOwn(c, m.kind)
		return
	}
	s.compare(m)
	if l.behind {
		l.behind = false
		s.ask(c, m.kind)
		return
	}
	first, n := m.first, m.n
	if n > s.block(m.kind) {
		first, n = first+sequence.WarmUp, n-sequence.WarmUp
		l.warm = true
	}
	l.local = 0
	if end := first + uint64(n); l.next >= end { // the counters are back, and behind what was granted meanwhile
		s.catchUp(c, m.kind, int(l.next-end))
		return
	}
	if l.next > first { // or not as far as the end of the block
		first, n = l.next, n-int(l.next-first)
	}
	if len(l.waiting) == 0 {
		return // nobody waits any more: a planned gap
	}
	s.grant(c, m.kind, first, n)
	s.ask(c, m.kind)
}

// compare tells of numbers that the counters have left out: somebody has moved them,
// or an answer of theirs was lost after they had counted.
func (s *sequencer) compare(m *reserved) {
	l := &s.lines[m.kind]
	if from := max(l.next, l.due); from > 0 && m.first > from {
		s.skipped(m.kind, m.first-from, "the counter is higher than this process has left it")
	}
	l.due = m.first + uint64(m.n)
}

// skipped publishes a gap in the sequence numbers; by is 0 where nobody knows how
// wide it is. Gaps between references mean nothing.
func (s *sequencer) skipped(kind numberKind, by uint64, reason string) {
	if kind == sequenceNumbers {
		s.env.Listener.On(event.SequenceSkipped{Bind: s.seat.id, By: by, Reason: reason, At: time.Now()})
	}
}

// catchUp brings the counters up to what was granted without them, so that the next
// block begins there and no number is left out.
func (s *sequencer) catchUp(c actor.Context, kind numberKind, n int) {
	if n == 0 {
		s.ask(c, kind)
		return
	}
	l := &s.lines[kind]
	l.asked, l.behind = true, true
	c.Send(s.env.redis, &reserve{kind: kind, bind: s.seat.id, n: n, to: c.Self()})
}

// goOwn starts granting on its own, and has the counters asked again soon.
func (s *sequencer) goOwn(c actor.Context, kind numberKind) {
	l := &s.lines[kind]
	if l.local == 0 {
		if l.local = l.next; l.local == 0 {
			l.local = 1<<29 + rand.Uint64N(1<<29)
			s.skipped(kind, 0, "the counter was away when the bind began: its numbers begin at a random high point")
		}
	}
	s.grantOwn(c, kind)
	root, self := c.ActorSystem().Root, c.Self()
	l.retry = time.AfterFunc(reserveRetry, func() { root.Send(self, &retryReserve{kind}) })
}

func (s *sequencer) grantOwn(c actor.Context, kind numberKind) {
	l := &s.lines[kind]
	for len(l.waiting) > 0 {
		n := s.block(kind)
		s.grant(c, kind, l.local, n)
		l.local += uint64(n)
	}
}

// grant gives a block to the one who has waited longest.
func (s *sequencer) grant(c actor.Context, kind numberKind, first uint64, n int) {
	l := &s.lines[kind]
	l.next = max(l.next, first+uint64(n))
	b := sequence.NewBlock(first, n)
	to := l.waiting[0]
	l.waiting = l.waiting[1:]
	if kind == concatReferences {
		c.Send(to, &references{b})
		return
	}
	c.Send(to, &numbers{b})
}
