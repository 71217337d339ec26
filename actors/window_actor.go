package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/lane"
	"github.com/ghasi/smpp-connector/actors/ledger"
	"github.com/ghasi/smpp-connector/actors/limiter"
	"github.com/ghasi/smpp-connector/actors/sequence"
	"github.com/ghasi/smpp-connector/actors/window"
)

// windowActor admits a bind's commands to the line and follows each to its end:
// it asks bridge/nats for as many as its credit allows, hands segments to the
// session, takes answers to the verdict table, and passes what is decided to
// bridge/postgres. It outlives sessions.
//
// The bind gives the same value to every incarnation: a restart keeps what is in
// flight and in the queue, and looks for what the failure may have lost
// (window_recover.go). Stopped for good, it gives back what it has in hand.
type windowActor struct {
	env  *environment
	seat *seat
	node *node
	size int // from ops.smpp_binds; 0: the account's

	began    bool
	self     *actor.PID
	window   window.Window
	permits  []limiter.Permit // in hand, for the next pump
	short    int              // segments that wait for a permit
	recent   limiter.Recent   // segments of the last second, under a limit
	up       *linkUp          // nil while the bind is not BOUND
	sources  []*source
	queue    lane.Queue[*command] // planned and not wholly submitted, by lane, in the order of delivery
	flights  flights
	begun    []event.Planned // messages whose first part is in the batch, to be told of; memory that is used again
	spare    []*flight       // memory of a batch that was settled, for the next one
	work     settling
	settling int
	refs     sequence.Blocks
	asked    time.Time // when references were asked for last
	draining bool
	halted   bool         // nothing is pulled, because somebody ordered that
	paused   bool         // another account carries the traffic (US-SC-013)
	trying   bool         // and one command is to be submitted all the same
	emptied  bool         // told the bind that nothing is left
	said     window.State // what the bind was told last
	came     time.Time    // when a command came last
	look     *time.Timer  // for the window's next change by time
	lookAt   time.Time
}

// maxSettling bounds the commands that wait for the stores, in windows: room for the
// group commits of a fast line, and no more, because a process that is killed leaves
// what waits to be sent again.
const maxSettling = 16

// The messages that only a window hears, beside those of messages.go.
type (
	// planned brings commands of a request.
	planned struct {
		pull     *pull
		commands []*command
		taken    int // deliveries that the request brought, whether or not a command came of them
	}
	// pulled says that a request is over.
	pulled  struct{ pull *pull }
	lookDue struct{}
)

// Receive implements actor.Actor.
func (w *windowActor) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *actor.Started:
		w.start(c)
	case *actor.Restarting:
		w.stopTimers()
	case *actor.Stopping:
		w.stopTimers()
		w.withdraw()
		w.hideLanes()
		w.seat.pace().leave(c.Self())
		w.abandon()
	case *linkUp:
		w.open(c, m)
	case *linkDown:
		w.shut(c, m)
	case *situationIs:
		w.learn(c, m)
	case *flightsHeld:
		w.reconcile(c, m)
	case *planned:
		w.enqueue(c, m)
	case *pulled:
		m.pull.source.over(m.pull)
		w.ask(c)
	case *answered:
		w.settleAnswers(c, m)
	case *answeredLate:
		w.learnLate(c, m)
	case *settled:
		if m.by == w {
			w.settling -= m.count
		}
		w.ask(c)
		w.reportEmpty(c)
	case *references:
		w.refs.Add(m.block)
		w.pump(c)
	case *permits:
		w.permitted(c, m)
	case *lookDue:
		w.tick(c)
	case *accountChanged:
		w.change(c, m)
	case *carry:
		w.carry(c, m)
	case *try:
		w.try(c, m)
	case *covering:
		w.cover(c)
	case *halt:
		w.halt(c, m)
	case *undrain:
		w.undrain()
	case *drain:
		w.drain(c)
	}
	w.publish()
}

func (w *windowActor) start(c actor.Context) {
	if w.began {
		w.recover(c)
		return
	}
	w.began, w.self = true, c.Self()
	w.seat.hands.open()
	account := w.seat.account.Load()
	if w.size == 0 {
		w.size = account.Window
	}
	w.window = window.New(w.size)
	w.window.Listen(account.Congestion)
	w.paused = w.seat.paused
	w.node.show(w.window.State().String(), time.Now())
	w.read(account)
	c.Send(c.Parent(), &situation{who: c.Self()})
}

func (w *windowActor) open(c actor.Context, m *linkUp) {
	if w.draining {
		return
	}
	w.up = m
	for _, s := range w.sources {
		s.intake.account.Store(m.account)
	}
	w.window.OpenUp()
	w.seat.pace().join(c.Self())
	w.tell(c)
	w.schedule(c)
	w.pump(c)
	w.ask(c)
}

// tell shows the window's state, and tells the bind when it has changed.
func (w *windowActor) tell(c actor.Context) {
	state := w.window.State()
	w.node.show(state.String(), time.Now())
	if w.up == nil || state == w.said {
		return
	}
	w.said = state
	c.Send(c.Parent(), &windowTurned{link: w.up.link, state: state})
	if state == window.HalfClosedTX || state == window.Draining {
		w.giveQueueBack(c) // for a bind of the account that may submit
	}
}

// giveQueueBack returns what is queued and not begun to its consumer, and asks for
// no more.
func (w *windowActor) giveQueueBack(c actor.Context) {
	w.withdraw()
	s := newLeaving(w, c)
	w.giveBack(s)
	s.send()
}

// giveBack returns every queued command to its consumer. One with parts in
// flight is brought to its end by their answers.
func (w *windowActor) giveBack(s *settling) {
	w.giveBackIf(s, func(*command) bool { return true })
}

func (w *windowActor) giveBackIf(s *settling, which func(*command) bool) {
	delay := w.seat.account.Load().Times.RetryUnanswered
	w.queue.Keep(func(cmd *command) bool {
		if !which(cmd) {
			return true
		}
		cmd.outcome.Stop()
		if cmd.outcome.Waiting() == 0 && !cmd.settled {
			s.giveBack(cmd, delay)
		}
		return false
	})
}

// shut takes back what the lost link had: flights that surely were not written
// go to the front of their command, the others' outcome is unknown; and gives
// every command in hand back to its consumer, for this pod or another.
func (w *windowActor) shut(c actor.Context, m *linkDown) {
	if w.up == nil || w.up.link != m.link {
		return
	}
	w.up, w.trying = nil, false
	w.said = window.Open // what the bind takes the next link's window for
	w.window.Close()
	w.withdraw()
	w.seat.pace().leave(c.Self())
	w.short = 0
	now := time.Now()
	w.node.show(w.window.State().String(), now)
	s := newLeaving(w, c)
	lost := 0
	for _, f := range w.flights.empty() {
		f.cmd.outcome.Stop()
		if f.ordinal > m.written {
			f.cmd.outcome.TakeBack(f.part)
		} else {
			f.cmd.outcome.Lose(f.part)
			f.cmd.journey.outcome(f, w.seat.id, now, m.reason)
			lost++
		}
		if f.cmd.outcome.Waiting() == 0 {
			s.finish(f.cmd)
		}
	}
	w.window.Recount(0, now)
	s.unknown(lost, m.reason)
	w.giveBack(s)
	s.send()
}

func (w *windowActor) enqueue(c actor.Context, m *planned) {
	m.pull.left -= m.taken
	w.came = time.Now()
	s := newSettling(w, c)
	for _, cmd := range m.commands {
		if cmd.settled {
			continue // a window that failed has found it in hand, before this came, and given it back
		}
		if carries := cmd.intake.carries; s.account.OperatorID != carries {
			cmd.primary = carries
		}
		switch standing, _ := cmd.outcome.Standing(); {
		case standing == ledger.Complete:
			s.finish(cmd) // an earlier delivery of it was accepted whole
		case w.up == nil || w.draining || w.left() || w.halted || !w.reads(cmd.intake):
			s.leaving = true
			s.giveBack(cmd, w.seat.account.Load().Times.RetryUnanswered)
			s.leaving = false
		default:
			w.queue.Push(cmd.intake.inlet.lane, cmd)
			w.tried()
		}
	}
	w.shedOverflow(s)
	s.send()
	w.pump(c)
	w.shed(c)
	w.ask(c)
}

// tick does what the window does by time alone: it grows, a drain ends, a test
// submit is due.
func (w *windowActor) tick(c actor.Context) {
	w.look = nil
	w.degraded(c, w.window.Tick(time.Now()))
	w.tell(c)
	w.schedule(c)
	w.pump(c)
	w.ask(c)
}

// schedule sets the timer to the window's next change by time, to when a request must
// have ended, or to when the window counts as quiet.
func (w *windowActor) schedule(c actor.Context) {
	at, ok := w.window.Next()
	for _, s := range w.sources {
		for _, p := range s.pulls {
			if lost, may := p.lostAt(); may && (!ok || lost.Before(at)) {
				at, ok = lost, true
			}
		}
	}
	if quiet := w.came.Add(quietAfter); quiet.After(time.Now()) && (!ok || quiet.Before(at)) {
		at, ok = quiet, true // to show it
	}
	if !ok || w.up == nil || w.look != nil && !at.Before(w.lookAt) {
		return
	}
	if w.look != nil {
		w.look.Stop()
	}
	root, self := c.ActorSystem().Root, c.Self()
	w.lookAt = at
	w.look = time.AfterFunc(max(time.Until(at), time.Millisecond), func() { root.Send(self, &lookDue{}) })
}

// change takes in a new account, or another window from ops.smpp_binds (US-SC-023).
func (w *windowActor) change(c actor.Context, m *accountChanged) {
	size := m.setting.Window
	if size == 0 {
		size = m.account.Window
	}
	if size != w.size {
		w.size = size
		w.window.Resize(size)
	}
	w.window.Listen(m.account.Congestion)
	w.goAt(c, m.account)
	for _, s := range w.sources {
		s.intake.account.Store(m.account)
	}
	w.pump(c)
	w.ask(c)
}

// carry has the window pull, or leave the traffic to another account.
func (w *windowActor) carry(c actor.Context, m *carry) {
	w.paused, w.trying = !m.on, false
	if w.paused {
		w.giveQueueBack(c)
		return
	}
	w.ask(c)
}

func (w *windowActor) drain(c actor.Context) {
	w.draining = true
	w.window.Close()
	w.giveQueueBack(c)
	w.tell(c)
	w.reportEmpty(c)
}

// reportEmpty tells the bind, once, that a draining window has nothing left.
func (w *windowActor) reportEmpty(c actor.Context) {
	if w.draining && !w.emptied && w.window.Inflight() == 0 && w.settling == 0 {
		w.emptied = true
		c.Send(c.Parent(), &windowEmpty{})
	}
}

func (w *windowActor) stopTimers() {
	if w.look != nil {
		w.look.Stop()
	}
	w.look = nil
}
