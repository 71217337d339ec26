package actors

import (
	"context"
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/lane"
	"github.com/ghasi/smpp-connector/actors/ledger"
	"github.com/ghasi/smpp-connector/actors/limiter"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/actors/reference"
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
	spare    []*flight // memory of a batch that was settled, for the next one
	work     settling
	settling int
	refs     sequence.Blocks
	asked    time.Time // when references were asked for last
	draining bool
	halted   bool         // nothing is pulled, because somebody ordered that
	paused   bool         // another account carries the traffic (US-SC-013)
	emptied  bool         // told the bind that nothing is left
	said     window.State // what the bind was told last
	came     time.Time    // when a command came last
	look     *time.Timer  // for the window's next change by time
	lookAt   time.Time
}

// source is one consumer that the window asks.
type source struct {
	intake *intake
	hands  *hands
	fence  *fence
	pulls  []*pull // requests under way
}

// asked is how many commands were asked for and not delivered yet.
func (s *source) asked() (n int) {
	for _, p := range s.pulls {
		n += p.left
	}
	return n
}

// over takes a request out that has ended.
func (s *source) over(p *pull) {
	p.withdraw() // its context, if nothing else
	s.pulls = slices.DeleteFunc(s.pulls, func(known *pull) bool { return known == p })
}

// forget takes requests out that are lost.
func (s *source) forget(now time.Time) {
	s.pulls = slices.DeleteFunc(s.pulls, func(p *pull) bool {
		lost := now.Sub(p.at) >= pullLost
		if lost {
			p.withdraw()
		}
		return lost
	})
}

// pullLost is when a request counts as lost, with an actor that failed at it: every
// request ends well before, even one whose consumer must be opened first.
const pullLost = openTimeout + pullWait + 5*time.Second

// maxPulls bounds the requests under way on one consumer: one that waits for
// traffic, and a few that bring what answers have made room for.
const maxPulls = 4

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
		w.seat.pace.leave(c.Self())
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
	if w.seat.id.Direction.Submits() {
		for _, in := range w.env.intakesOf(w.seat, account) {
			w.sources = append(w.sources, &source{intake: in, hands: &w.seat.hands, fence: w.seat.fence})
		}
		w.showLanes()
	}
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
	w.seat.pace.join(c.Self())
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
	s := newSettling(w, c)
	w.giveBack(s)
	s.send()
}

// withdraw ends the requests under way: what they would bring is for a bind that may
// submit it.
func (w *windowActor) withdraw() {
	for _, s := range w.sources {
		for _, p := range s.pulls {
			p.withdraw()
		}
		clear(s.pulls)
		s.pulls = s.pulls[:0]
	}
}

// giveBack returns every queued command to its consumer. One with parts in
// flight is brought to its end by their answers.
func (w *windowActor) giveBack(s *settling) {
	delay := w.seat.account.Load().Times.RetryUnanswered
	w.queue.Keep(func(cmd *command) bool {
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
	w.up = nil
	w.said = window.Open // what the bind takes the next link's window for
	w.window.Close()
	w.withdraw()
	w.seat.pace.leave(c.Self())
	w.short = 0
	now := time.Now()
	w.node.show(w.window.State().String(), now)
	s := newSettling(w, c)
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
		if s.account.OperatorID != w.seat.carries {
			cmd.primary = w.seat.carries
		}
		switch standing, _ := cmd.outcome.Standing(); {
		case standing == ledger.Complete:
			s.finish(cmd) // an earlier delivery of it was accepted whole
		case w.up == nil || w.draining || w.paused || w.halted:
			s.giveBack(cmd, w.seat.account.Load().Times.RetryUnanswered)
		default:
			w.queue.Push(cmd.intake.inlet.lane, cmd)
		}
	}
	w.shedOverflow(s)
	s.send()
	w.pump(c)
	w.shed(c)
	w.ask(c)
}

// pump hands the session as many segments as window, pace and references allow.
func (w *windowActor) pump(c actor.Context) {
	if w.up == nil || w.queue.Len() == 0 && w.short == 0 && len(w.permits) == 0 {
		return
	}
	now := time.Now()
	allowed, with := w.permit(c, w.window.Free(now), now)
	flights := w.collect(c, allowed)
	if with != nil {
		for i, f := range flights {
			f.lapses = with[i].Lapses
		}
		w.sent(with[:len(flights)], now)
		w.forgo(c, with[len(flights):], len(flights) < allowed)
	}
	w.throttled()
	if len(flights) == 0 {
		return
	}
	w.window.Admit(len(flights), now)
	w.seat.gauge.meter.Sent(len(flights), now)
	c.Send(w.up.session, &submit{link: w.up.link, flights: flights})
}

// collect takes up to n segments, lane by lane as the turn goes (US-SC-018), the
// parts of one command adjacent.
func (w *windowActor) collect(c actor.Context, n int) []*flight {
	if n == 0 {
		return nil
	}
	flights := w.spare[:0]
	w.spare = nil // the session's from now on
	for len(flights) < n {
		l, cmd, ok := w.queue.Next()
		if !ok || !w.refer(c, cmd) {
			break
		}
		before := len(flights)
		for len(flights) < n {
			part, ok := cmd.outcome.Next()
			if !ok {
				break
			}
			cmd.outcome.Hand(part)
			if cmd.journey != nil {
				cmd.journey.hand(part, time.Now())
			}
			flights = append(flights, w.flights.add(cmd, part, w.env.ordinals.Add(1)))
		}
		w.queue.Spend(l, len(flights)-before)
		if _, more := cmd.outcome.Next(); more {
			break
		}
		w.queue.Pop(l)
	}
	if len(flights) == 0 {
		w.spare = flights
	}
	return flights
}

// refer gives a command that needs one its concatenation reference, and reports
// whether it may be submitted.
func (w *windowActor) refer(c actor.Context, cmd *command) bool {
	if cmd.reference.Bits != 0 || !cmd.plan.NeedsReference() {
		return true
	}
	now, rules := time.Now(), &cmd.intake.account.Load().Rules
	pair := reference.PairOf(cmd.plan.From(), cmd.plan.To())
	for {
		absolute, ok := w.nextReference(c, now)
		if !ok {
			return false
		}
		cmd.tried++
		if cmd.tried == widenAfter {
			if wide, ok := cmd.plan.Widen(cmd.delivery.Command, *rules); ok {
				cmd.plan = wide
			}
		}
		ref := port.Reference{Number: reference.Of(absolute, w.seat.id.Number, len(w.seat.account.Load().Binds)), Bits: cmd.plan.ReferenceBits()}
		if w.env.references.Take(pair, ref, now) || cmd.tried >= repeatAfter {
			cmd.reference = ref
			return true
		}
	}
}

// After so many references that are in use for its sender and recipient, a message
// gets one of 16 bits, where it may, and after so many it gets one all the same: it
// is then the 256th within a minute.
const (
	widenAfter  = 16
	repeatAfter = 256
)

// nextReference spends a number, and asks for the next block in time.
func (w *windowActor) nextReference(c actor.Context, now time.Time) (absolute uint64, ok bool) {
	if w.refs.Left() == 0 && now.Sub(w.asked) > askAgain {
		w.refs.Forgo() // the request or its answer was lost with an actor that failed
	}
	if w.refs.Low() {
		w.asked = now
		c.Send(w.seat.sequence, &needReferences{to: c.Self()})
	}
	return w.refs.Next()
}

// askAgain is how long an actor waits for numbers before it asks again.
const askAgain = 5 * time.Second

// ask turns credit into requests.
func (w *windowActor) ask(c actor.Context) {
	if w.up == nil || w.draining || w.paused || w.halted {
		return
	}
	account, now := w.seat.account.Load(), time.Now()
	w.unburden(c, account, now)
	for _, s := range w.sources {
		s.forget(now)
		n := w.credit(s, account, now)
		// A request that waits is topped up only by a worthwhile number.
		if n == 0 || len(s.pulls) >= maxPulls || (len(s.pulls) > 0 && n < max(w.window.Size()/4, 1)) {
			continue
		}
		p := &pull{source: s, n: n, left: n, at: now, window: c.Self(), bind: w.seat.id}
		p.wanted, p.withdraw = context.WithCancel(w.env.ctx)
		s.pulls = append(s.pulls, p)
		c.Send(w.env.nats, p)
	}
	w.schedule(c)
}

// credit is how many commands one consumer may be asked for: what waits in its
// lane and in the more urgent ones counts against it, what waits below does not.
func (w *windowActor) credit(s *source, account *Account, now time.Time) int {
	l, asked, ahead, most := s.intake.inlet.lane, s.asked(), w.ahead(account), maxSettling*w.window.Configured()
	limit := w.most(account)
	left := w.window.Credit(window.Load{Queued: w.queue.UpTo(l), Asked: asked, Settling: w.settling, Most: limit}, ahead, most, now)
	if w.queue.UpTo(l) == w.queue.In(l) {
		return left // nothing more urgent waits
	}
	own := window.Load{Queued: w.queue.In(l), Asked: asked, Settling: w.settling, Most: limit}
	return lane.Ask(left, w.window.Credit(own, ahead, most, now), own.Queued+asked, w.window.Size())
}

// ahead is how many commands to ask for beside a full window, so that the line is
// never idle for a request.
func (w *windowActor) ahead(account *Account) int {
	if account.Prefetch >= 0 {
		return account.Prefetch
	}
	return w.window.Configured()
}

// noSlot is the delay of a command that was asked for above the credit and found
// no slot (US-SC-023).
const noSlot = 100 * time.Millisecond

// shed gives back what was asked for above the credit and finds no slot. Without
// an explicit prefetch it waits in the queue instead.
func (w *windowActor) shed(c actor.Context) {
	if w.up == nil || w.seat.account.Load().Prefetch < 0 {
		return
	}
	s := newSettling(w, c)
	w.queue.Keep(func(cmd *command) bool {
		if cmd.settled || cmd.outcome.Begun() || w.window.Free(s.now) > 0 {
			return true // begun, or held back by something else than the window
		}
		cmd.outcome.Stop()
		s.giveBack(cmd, noSlot)
		return false
	})
	s.send()
}

// unburden gives back what has waited for so long that JetStream would soon deliver
// it to another pod as well, and both would submit it: a lane of which only its
// share goes out, or a slow limit.
func (w *windowActor) unburden(c actor.Context, account *Account, now time.Time) {
	var s *settling
	for _, l := range w.env.Lanes {
		for {
			cmd, ok := w.queue.Front(l)
			if !ok || cmd.outcome.Begun() || now.Sub(cmd.taken) < account.AckWait/2 {
				break
			}
			if s == nil {
				s = newSettling(w, c)
			}
			w.queue.Pop(l)
			cmd.outcome.Stop()
			if !cmd.settled {
				s.giveBack(cmd, account.Times.RetryUnanswered)
			}
		}
	}
	if s != nil {
		s.send()
	}
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

// schedule sets the timer to the window's next change by time, or to when a request
// must have ended.
func (w *windowActor) schedule(c actor.Context) {
	at, ok := w.window.Next()
	for _, s := range w.sources {
		for _, p := range s.pulls {
			if lost := p.at.Add(pullLost); !ok || lost.Before(at) {
				at, ok = lost, true
			}
		}
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
	w.seat.pace.limit(m.account.TPS)
	for _, s := range w.sources {
		s.intake.account.Store(m.account)
	}
	w.pump(c)
	w.ask(c)
}

// carry has the window pull, or leave the traffic to another account.
func (w *windowActor) carry(c actor.Context, m *carry) {
	w.paused = !m.on
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

// publish puts the numbers where they can be looked at.
func (w *windowActor) publish() {
	g := w.seat.gauge
	g.inflight.Store(int64(w.window.Inflight()))
	g.dynamic.Store(int64(w.window.Size()))
	g.configured.Store(int64(w.window.Configured()))
	g.queued.Store(int64(w.queue.Len()))
	g.settling.Store(int64(w.settling))
	g.tps.Store(int64(w.seat.account.Load().TPS))
	if lanes := g.lanes.Load(); lanes != nil {
		for _, l := range lanes.served {
			lanes.queued[l].Store(int64(w.queue.In(l)))
		}
	}
	g.limit.Store(w.limit())
}

// showLanes puts the lanes that the window reads where they can be looked at;
// hideLanes says that it reads them no more.
func (w *windowActor) showLanes() {
	lanes := &laneGauges{served: w.env.Lanes}
	for _, s := range w.sources {
		g := w.env.tree.claimLane(s.intake.inlet)
		g.readers.Add(1)
		lanes.reads = append(lanes.reads, g)
	}
	w.seat.gauge.lanes.Store(lanes)
}

func (w *windowActor) hideLanes() {
	if lanes := w.seat.gauge.lanes.Swap(nil); lanes != nil {
		for _, g := range lanes.reads {
			g.readers.Add(-1)
		}
	}
}

// What may limit a bind, as it is shown.
var (
	limitClosed  = "closed"
	limitPaused  = "paused"  // somebody ordered that
	limitStandby = "standby" // another account carries the traffic
	limitTPS     = "tps"
	limitWindow  = "window"
	limitStores  = "stores"
	limitPeer    = "peer"
	limitQueue   = "queue" // commands come slower than they could be sent
	limitNone    = "nothing"
)

func (w *windowActor) limit() *string {
	switch {
	case w.up == nil || w.draining:
		return &limitClosed
	case w.halted:
		return &limitPaused
	case w.paused:
		return &limitStandby
	case w.window.State() != window.Open:
		return &limitPeer
	case w.short > 0:
		return &limitTPS
	case w.settling >= maxSettling*w.window.Configured():
		return &limitStores
	case w.window.Inflight() >= w.window.Size():
		return &limitWindow
	}
	if w.queue.Len() == 0 && w.window.Inflight() == 0 && time.Since(w.came) >= pullWait {
		return &limitNone
	}
	return &limitQueue
}
