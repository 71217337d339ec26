package actors

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/lifecycle"
	"github.com/ghasi/smpp-connector/actors/limiter"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/actors/sequence"
	"github.com/ghasi/smpp-connector/actors/window"
	"github.com/ghasi/smpp-connector/codec"
)

// LinkEnded is why a session's incarnation has come to its end. It is the one
// failure that is expected: the bind's supervisor strategy answers it with the
// next dial after the backoff.
type LinkEnded struct {
	Event   lifecycle.Event // DialFailed, BindRefused, LineLost, HeartbeatLost, AnswersLost, PeerUnbound, LineIdle, LineMoved or UnbindDone
	Status  codec.Status    // of BindRefused, when the MNO gave one
	Written uint64          // ordinal of the last flight that may have reached the MNO
	Err     error

	link *link
}

func (e *LinkEnded) Error() string {
	switch {
	case e.Status != codec.StatusOK:
		return fmt.Sprintf("%v: %v", e.Event, e.Status)
	case errors.Is(e.Err, io.EOF): // whoever reads the log at night need not know the word
		return fmt.Sprintf("%v: the MNO closed the connection", e.Event)
	case e.Err != nil:
		return fmt.Sprintf("%v: %v", e.Event, e.Err)
	}
	return e.Event.String()
}

// orderly reports whether the end was asked for and went as it should.
func (e *LinkEnded) orderly() bool { return e.Event == lifecycle.UnbindDone && e.Err == nil }

// Unwrap returns what the network or the codec said.
func (e *LinkEnded) Unwrap() error { return e.Err }

// session is one connection to an MNO: it dials, binds, keeps the line alive,
// writes segments and hears answers, receipts and MOs. When the line ends, it
// ends: state that must survive is the window's, and the bind brings the next
// incarnation.
type session struct {
	env     *environment
	seat    *seat   // what the bind shares with its children
	aim     *target // whom it dials
	account *Account
	node    *node
	role    port.Direction // what it binds as

	link     *link // nil until the dial has succeeded
	bound    bool
	ended    bool                       // the incarnation is over; whatever still comes is dropped
	numbers  sequence.Blocks            // sequence numbers in hand
	pending  *window.Pending[*flight]   // submits that await their answer
	givenUp  givenUp                    // submits whose answer has not come in time
	silence  silence                    // how long no submit has been answered
	own      map[uint32]codec.CommandID // our other requests that await theirs
	inbound  int                        // deliveries that were handed on and not answered
	backlog  []*flight                  // segments that wait for sequence numbers, or for permits
	permits  []limiter.Permit           // in hand, for segments whose own has lapsed
	self     *actor.PID
	asleep   func()                   // what to do once there are numbers
	asked    time.Time                // when numbers were asked for last
	traffic  time.Time                // the last PDU but heartbeats, either way
	enquire  time.Time                // when the outstanding enquire_link was sent; zero: none
	enquired uint32                   // its sequence number; when it is answered, still, until the next one is sent
	beat     time.Time                // when the last enquire_link was sent, or the bind was made
	timer    *time.Timer              // the next look at the deadlines
	watches  bool                     // it looks at those of submits too
	timers   map[*time.Timer]struct{} // one-off deadlines of this incarnation
	spare    []*flight                // memory of a batch that was written, for the answers to one
	out      []byte                   // scratch: PDUs of one Receive
	scratch  []byte                   // scratch: one PDU's user data
	submit   codec.SubmitSM           // scratch: the PDU being filled
	cancel   context.CancelFunc       // of a dial under way
	unbound  bool                     // we have sent unbind
	idle     bool                     // because nothing but heartbeats was heard or sent
	movesTo  string                   // because its transmitter is bound at this host; empty: it is not
}

// The messages that only a session hears, beside those of messages.go.
type (
	dialled struct {
		from *session // the incarnation that dialled
		conn net.Conn
		err  error
	}
	sessionTick struct{ from *session } // look at the deadlines
	bindOverdue struct{ from *session }
	unbindDue   struct{ from *session }
	leave       struct{ aim *target } // from the bind: unbind and end. aim is of the session that is meant
	move        struct{ to string }   // likewise, to come back at this host, where the transmitter is
)

// Receive implements actor.Actor.
func (s *session) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *actor.Started:
		s.start(c)
	case *actor.Stopping, *actor.Restarting:
		s.close()
	case *dialled:
		s.connected(c, m)
	case *numbers:
		s.numbered(c, m)
	case *submit:
		s.send(c, m)
	case *permits:
		s.permitted(c, m)
	case *heard:
		s.hear(c, m)
	case *answerDeliveries:
		s.answer(c, m)
	case *sessionTick:
		s.tick(c, m)
	case *bindOverdue:
		s.overdue(c, m)
	case *leave:
		s.leave(c, m)
	case *move:
		s.move(c, m)
	case *whichFlights:
		s.tellFlights(c, m)
	case *unbindDue:
		s.unbindOver(c, m)
	case *disowned:
		s.disown(c, m)
	case *lineBroken:
		s.broken(c, m)
	}
}

func (s *session) start(c actor.Context) {
	s.node.show("connecting", time.Now())
	s.self = c.Self()
	s.own = map[uint32]codec.CommandID{}
	s.timers = map[*time.Timer]struct{}{}
	s.account = s.aim.account
	s.scratch = make([]byte, 0, 256)
	s.pending = window.NewPending[*flight](s.account.Window)
	s.ask(c)
	dial, patience := s.aim.host.Dial, s.account.Times.Connect
	if s.account.Called != nil && s.role.Receives() {
		dial, patience = s.account.Called, calledWithin
		s.node.show("waiting for outbind", time.Now())
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	s.cancel = cancel
	root, self := c.ActorSystem().Root, c.Self()
	go func() {
		defer cancel()
		conn, err := dial(ctx)
		if err == nil && errors.Is(ctx.Err(), context.Canceled) { // the session has ended, and may be gone: nobody would close it
			_ = conn.Close()
			conn, err = nil, ctx.Err()
		}
		root.Send(self, &dialled{s, conn, err})
	}()
}

// calledWithin bounds the wait for an MNO that calls us: it is no failure when it
// does not, but no wait is for ever.
const calledWithin = 24 * time.Hour

// ask has the sequence actor reserve the next block when only one is left.
func (s *session) ask(c actor.Context) {
	now := time.Now()
	if s.numbers.Left() == 0 && now.Sub(s.asked) > askAgain {
		s.numbers.Forgo() // the request or its answer was lost with an actor that failed
	}
	if s.numbers.Low() {
		s.asked = now
		c.Send(s.seat.sequence, &needNumbers{to: c.Self()})
	}
}

func (s *session) connected(c actor.Context, m *dialled) {
	if m.from != s || s.ended {
		if m.conn != nil {
			_ = m.conn.Close() // a dial that an earlier incarnation, or a stop, left behind
		}
		return
	}
	if m.err != nil {
		s.end(c, &LinkEnded{Event: lifecycle.DialFailed, Err: m.err})
		return
	}
	s.link = newLink(m.conn, s.account.Times.Write, s.seat, s.role, c.ActorSystem().Root, c.Self())
	go s.link.runReader(s.env.MaxPDU)
	s.after(c, s.account.Times.BindAnswer, &bindOverdue{s})
	s.withNumber(s.bind)
}

// withNumber does what needs a sequence number now, or as soon as there is one.
func (s *session) withNumber(do func()) {
	if s.numbers.Left() > 0 {
		do()
		return
	}
	s.asleep = do
}

func (s *session) numbered(c actor.Context, m *numbers) {
	s.numbers.Add(m.block)
	s.ask(c)
	if do := s.asleep; do != nil {
		s.asleep = nil
		do()
	}
	s.writeBacklog(c)
}

// bind sends the bind PDU that the direction asks for (US-SC-002).
func (s *session) bind() {
	b := s.account.Bind
	switch s.role {
	case port.TX:
		s.request(&codec.BindTransmitter{Bind: b})
	case port.RX:
		s.request(&codec.BindReceiver{Bind: b})
	default:
		s.request(&codec.BindTransceiver{Bind: b})
	}
}

// request sends one of our own requests under the next sequence number, and returns
// that; 0 when there was none.
func (s *session) request(pdu codec.PDU) uint32 {
	absolute, ok := s.numbers.Next()
	if !ok {
		return 0
	}
	seq := sequence.Wire(absolute)
	pdu.Head().Sequence = seq
	s.own[seq] = pdu.Command()
	s.transmit(pdu)
	return seq
}

func (s *session) transmit(pdus ...codec.PDU) {
	s.out = s.out[:0]
	for _, pdu := range pdus {
		s.out = codec.Append(s.out, pdu)
	}
	s.link.write(s.out, 0)
}

func (s *session) overdue(c actor.Context, m *bindOverdue) {
	if m.from == s && !s.bound && !s.unbound {
		s.end(c, &LinkEnded{Event: lifecycle.BindRefused, Err: fmt.Errorf("no answer to the bind within %v", s.account.Times.BindAnswer)})
	}
}

// established is called with a bind_resp ESME_ROK.
func (s *session) established(c actor.Context, version uint8) {
	now := time.Now()
	s.bound, s.beat, s.traffic = true, now, now
	s.node.show("bound", now)
	c.Send(c.Parent(), &bindMade{link: s.link, session: c.Self(), account: s.account, aim: s.aim, version: version})
	s.schedule(c)
}

// leave unbinds: the bind's window is empty, or its patience is over (US-SC-015). What an
// incarnation before this one was asked for, and did not live to hear, is not for this one.
func (s *session) leave(c actor.Context, m *leave) {
	if m.aim != s.aim {
		return
	}
	if s.link == nil || s.ended {
		s.end(c, &LinkEnded{Event: lifecycle.UnbindDone})
		return
	}
	s.unbind(c)
}

// move unbinds a line that is wanted at another host. One that ends by itself is dialled
// there too.
func (s *session) move(c actor.Context, m *move) {
	if s.bound && !s.ended && !s.unbound {
		s.movesTo = m.to
		s.unbind(c)
	}
}

// unbind asks the MNO to end the session, and ends it at the deadline in any case.
func (s *session) unbind(c actor.Context) {
	if s.unbound {
		return
	}
	s.unbound = true
	s.node.show("unbinding", time.Now())
	s.after(c, s.account.Times.Unbind, &unbindDue{s})
	s.withNumber(func() { s.request(&codec.Unbind{}) })
}

func (s *session) unbindOver(c actor.Context, m *unbindDue) {
	if m.from == s {
		s.unbindAnswered(c, fmt.Errorf("no answer to unbind within %v", s.account.Times.Unbind))
	}
}

// unbindAnswered ends the session after its unbind: because that was asked for,
// or because the line was idle, or is wanted at another host.
func (s *session) unbindAnswered(c actor.Context, err error) {
	if s.movesTo != "" {
		s.end(c, &LinkEnded{Event: lifecycle.LineMoved, Err: errors.Join(fmt.Errorf("to %s, where its transmitter is", s.movesTo), err)})
		return
	}
	if s.idle {
		s.end(c, &LinkEnded{Event: lifecycle.LineIdle, Err: errors.Join(fmt.Errorf("nothing but heartbeats for %v", s.account.Times.Inactivity), err)})
		return
	}
	s.end(c, &LinkEnded{Event: lifecycle.UnbindDone, Err: err})
}

// disown ends the session: the MNO's answers to submits say that it has none with us,
// though it may still answer enquire_links.
func (s *session) disown(c actor.Context, m *disowned) {
	if m.link == s.link && !s.ended {
		s.end(c, &LinkEnded{Event: lifecycle.PeerUnbound, Err: fmt.Errorf("a submit was answered %v", m.status)})
	}
}

// tellFlights tells a window that has failed which of its flights still await an
// answer here.
func (s *session) tellFlights(c actor.Context, m *whichFlights) {
	held := &flightsHeld{link: s.link, ordinals: map[uint64]bool{}}
	s.pending.Each(func(f *flight) { held.ordinals[f.ordinal] = true })
	for _, f := range s.backlog {
		held.ordinals[f.ordinal] = true
	}
	c.Send(m.who, held)
}

func (s *session) broken(c actor.Context, m *lineBroken) {
	if m.link != s.link || s.ended {
		return
	}
	s.end(c, &LinkEnded{Event: lifecycle.LineLost, Err: m.err})
}

// end closes the line and raises the reason to the bind. What is in flight goes
// back to the window with it.
func (s *session) end(c actor.Context, reason *LinkEnded) {
	if s.ended {
		return
	}
	s.close()
	reason.link = s.link
	if s.link != nil {
		reason.Written = s.link.begun.Load()
		s.link.tape.Note(time.Now(), "closed: "+reason.Error())
	}
	s.node.show("ended", time.Now())
	c.(failing).EscalateFailure(reason, nil)
}

// failing is the part of protoactor's context that raises a failure without a panic.
type failing interface {
	EscalateFailure(reason, message any)
}

// close frees what the incarnation holds. It may be called twice.
func (s *session) close() {
	s.ended = true
	if s.cancel != nil {
		s.cancel()
	}
	if s.timer != nil {
		s.timer.Stop()
	}
	for t := range s.timers {
		t.Stop()
	}
	if s.self != nil {
		s.seat.pace().leave(s.self)
	}
	if s.link != nil {
		s.link.close()
	}
}
