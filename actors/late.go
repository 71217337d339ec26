package actors

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/ledger"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/actors/verdict"
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
	status codec.Status
	id     string
}

// learnLate stores the correlation of a submit that was given up and accepted. One that
// was refused after all is not with the MNO: a command that is held need not wait for it.
func (w *windowActor) learnLate(c actor.Context, m *answeredLate) {
	s := newSettling(w, c)
	cmd, part := m.flight.cmd, m.flight.part
	if m.status != codec.StatusOK && s.account.Verdicts.Of(m.status).Class != verdict.Accept {
		if w.env.held.answered(cmd.plan.MessageID, part) {
			w.env.decided("lateAnswer", cmd, s.now)
		}
		return
	}
	repeats := w.env.late.add(s.account.OperatorID, cmd, part, m.id, m.flight.sentAt)
	if cmd.settled {
		s.acceptLate(cmd, part, m.id, m.flight.sentAt, repeats || cmd.outcome.Names(m.id))
	} else {
		cmd.outcome.Learn(part, m.id)
		s.acceptLate(cmd, part, m.id, m.flight.sentAt, repeats)
		if standing, _ := cmd.outcome.Standing(); standing != ledger.Open {
			s.finish(cmd) // its other parts were answered in time
		}
	}
	s.send()
	w.env.decided("lateAnswer", cmd, s.now)
}

// late reports whether an answer is to a flight that was given up.
func (s *session) late(c actor.Context, a answer) bool {
	f := s.givenUp.take(a.seq)
	if f == nil {
		return false
	}
	s.answeredAgain(c)
	status := a.status
	if a.nack && status == codec.StatusOK {
		status = codec.StatusUnknownErr // as in time
	}
	c.Send(s.seat.window, &answeredLate{f, status, a.id})
	s.env.Listener.On(event.AnsweredLate{Bind: s.seat.id, MessageID: f.cmd.plan.MessageID, Status: a.status, Sequence: a.seq,
		Trace: f.cmd.delivery.Trace, At: time.Now()})
	return true
}

// lateAnswers are the parts that MNOs have accepted too late, until their commands are
// settled: so a command that was delivered again meanwhile, and waits in a queue, is not
// submitted for want of an answer that has come. What it has forgotten, or another process
// heard, the stored rows say to whoever asks them after that.
type lateAnswers struct {
	count atomic.Int64 // so that a command which is settled while there are none costs one load
	mu    sync.Mutex
	byID  map[lateKey][]lateAnswer
	order []lateKey // the oldest first; some are gone
}

// lateKey is a message at one account.
type lateKey struct{ operatorID, messageID string }

// lateAnswer is a part, with what tells another split of the text.
type lateAnswer struct {
	part, pdus  int
	fingerprint string
	reference   port.Reference
	id          string
	sentAt      time.Time
}

// mostLate bounds the messages that late answers are remembered of.
const mostLate = 10_000

// add remembers an answer, and reports whether one to another part brought the same id.
func (l *lateAnswers) add(operatorID string, cmd *command, part int, id string, sentAt time.Time) (repeats bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := lateKey{operatorID, cmd.plan.MessageID}
	for _, a := range l.byID[key] {
		repeats = repeats || a.part != part && a.id == id
	}
	if l.byID[key] == nil {
		l.order = append(l.order, key)
	}
	l.byID[key] = append(l.byID[key], lateAnswer{part, cmd.plan.PDUs(), cmd.plan.Fingerprint, cmd.reference, id, sentAt})
	for len(l.order) > mostLate {
		delete(l.byID, l.order[0])
		l.order = l.order[1:]
	}
	l.count.Store(int64(len(l.byID)))
	return repeats
}

// forget lets go of a message that is settled.
func (l *lateAnswers) forget(operatorID, messageID string) {
	if l.count.Load() == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.byID, lateKey{operatorID, messageID})
	if len(l.byID) == 0 {
		l.order = l.order[:0]
	}
	l.count.Store(int64(len(l.byID)))
}

// teach tells a command of the answers to earlier submits of its parts. The rest of a
// message has their reference.
func (l *lateAnswers) teach(operatorID string, cmd *command) (news bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range l.byID[lateKey{operatorID, cmd.plan.MessageID}] {
		same := a.pdus == cmd.plan.PDUs() && a.fingerprint == cmd.plan.Fingerprint && (a.reference == cmd.reference ||
			cmd.reference == port.Reference{} && a.reference.Bits == cmd.plan.ReferenceBits())
		if same && cmd.outcome.Learn(a.part, a.id) {
			cmd.reference, news = a.reference, true
			if cmd.submittedAt.IsZero() {
				cmd.submittedAt = a.sentAt
			}
		}
	}
	return news
}

// recall tells a queued command of the late answers that have come, and reports whether
// that has brought it to its end.
func (w *windowActor) recall(c actor.Context, cmd *command) bool {
	if !cmd.doubtful || w.env.late.count.Load() == 0 || !w.env.late.teach(w.seat.account.Load().OperatorID, cmd) {
		return false
	}
	if standing, _ := cmd.outcome.Standing(); standing == ledger.Open {
		return false
	}
	s := newSettling(w, c)
	s.finish(cmd)
	s.send()
	return true
}
