package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/codec"
)

// An answer that comes after the response timeout still says what became of a
// submit, and under which id its receipt will come.

// maxGivenUp bounds the flights that a session remembers for that.
const maxGivenUp = 1000

// givenUp is the flights of a session that were not answered in time, the latest.
// The zero value has none.
type givenUp struct {
	bySeq map[uint32]*flight
	order []uint32
}

func (g *givenUp) add(f *flight) {
	if g.bySeq == nil {
		g.bySeq = map[uint32]*flight{}
	}
	if len(g.order) == maxGivenUp {
		delete(g.bySeq, g.order[0])
		g.order = g.order[1:]
	}
	g.bySeq[f.seq] = f
	g.order = append(g.order, f.seq)
}

func (g *givenUp) take(seq uint32) *flight {
	f := g.bySeq[seq]
	delete(g.bySeq, seq)
	return f
}

// answeredLate tells the window of an answer that it does not wait for any more.
type answeredLate struct {
	flight *flight
	id     string
}

// learnLate stores the correlation of a submit that was given up and accepted.
func (w *windowActor) learnLate(c actor.Context, m *answeredLate) {
	s := newSettling(w, c)
	f := m.flight
	s.accept(f.cmd, f.part, m.id, f.sentAt, true)
	s.send()
	w.env.held.answered(f.cmd.plan.MessageID, f.part)
	w.env.decided("lateAnswer", f.cmd, s.now)
}

// late reports whether an answer is to a flight that was given up.
func (s *session) late(c actor.Context, a answer) bool {
	f := s.givenUp.take(a.seq)
	if f == nil {
		return false
	}
	s.answeredAgain(c)
	if a.status == codec.StatusOK && !a.nack && a.id != "" {
		c.Send(s.seat.window, &answeredLate{f, a.id})
	}
	s.env.Listener.On(event.AnsweredLate{Bind: s.seat.id, MessageID: f.cmd.plan.MessageID, Status: a.status, Sequence: a.seq,
		Trace: f.cmd.delivery.Trace, At: time.Now()})
	return true
}
