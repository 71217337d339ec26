package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/ledger"
	"github.com/ghasi/smpp-connector/actors/sequence"
	"github.com/ghasi/smpp-connector/actors/window"
)

// windowActor admits a bind's commands to the line and follows each to its end:
// it asks bridge/nats for as many as its credit allows, hands segments to the
// session, takes answers to the verdict table, and passes what is decided to
// bridge/postgres. It outlives sessions.
//
// A restart loses what was in hand; the commands come again after the consumers'
// AckWait, and the stored correlations keep what was accepted from being sent
// twice.
type windowActor struct {
	env  *environment
	seat *seat
	node *node
	size int // from ops.smpp_binds; 0: the account's

	window   window.Window
	pace     window.Pace
	up       *linkUp // nil while the bind is not BOUND
	sources  []*source
	queue    []*command         // planned and not wholly submitted, in the order of delivery
	flights  map[uint64]*flight // in flight, by ordinal
	settling int
	refs     sequence.Blocks
	draining bool
	emptied  bool        // told the bind that nothing is left
	waking   *time.Timer // set while the pace holds segments back
	sleeping bool
	growth   *time.Timer
}

// source is one consumer that the window asks.
type source struct {
	intake *intake
	asked  int // commands asked for and not delivered yet
	pulls  int // requests under way
}

// maxPulls bounds the requests under way on one consumer: one that waits for
// traffic, and a few that bring what answers have made room for.
const maxPulls = 4

// maxSettling bounds the commands that wait for the stores, in windows.
const maxSettling = 64

// The messages that only a window hears, beside those of messages.go.
type (
	// planned brings commands of a source; handed of those it had asked for.
	planned struct {
		source   *source
		commands []*command
		taken    int // deliveries that the request brought, whether or not a command came of them
	}
	// pulled says that a request is over; short of what it asked for did not come.
	pulled struct {
		source *source
		short  int
	}
	paceDue struct{}
	growDue struct{}
)

// Receive implements actor.Actor.
func (w *windowActor) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *actor.Started:
		w.start(c)
	case *actor.Stopping, *actor.Restarting:
		w.stopTimers()
	case *linkUp:
		w.open(c, m)
	case *linkDown:
		w.shut(c, m)
	case *planned:
		w.enqueue(c, m)
	case *pulled:
		m.source.asked -= m.short
		m.source.pulls--
		w.ask(c)
	case *answered:
		w.settleAnswers(c, m)
	case *settled:
		w.settling -= m.count
		w.ask(c)
		w.reportEmpty(c)
	case *references:
		w.refs.Add(m.block)
		w.pump(c)
	case *paceDue:
		w.sleeping = false
		w.pump(c)
	case *growDue:
		w.grow(c)
	case *drain:
		w.drain(c)
	}
	w.publish()
}

func (w *windowActor) start(c actor.Context) {
	account := w.seat.account.Load()
	if w.size == 0 {
		w.size = account.Window
	}
	w.window = window.New(w.size)
	w.pace = window.NewPace(account.TPS)
	w.flights = map[uint64]*flight{}
	w.node.show(w.window.State().String(), time.Now())
	if w.seat.id.Direction.Submits() {
		for _, in := range w.env.intakesOf(w.seat.id, w.seat.carries, account) {
			w.sources = append(w.sources, &source{intake: in})
		}
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
	w.node.show(w.window.State().String(), time.Now())
	w.pump(c)
	w.ask(c)
}

// shut takes back what the lost link had: flights that surely were not written
// go to the front of their command, the others' outcome is unknown; and gives
// every command in hand back to its consumer, for this pod or another.
func (w *windowActor) shut(c actor.Context, m *linkDown) {
	if w.up == nil || w.up.link != m.link {
		return
	}
	w.up = nil
	w.window.Close()
	now := time.Now()
	w.node.show(w.window.State().String(), now)
	var touched []*command
	lost := 0
	for ordinal, f := range w.flights {
		if ordinal > m.written {
			f.cmd.outcome.TakeBack(f.part)
		} else {
			f.cmd.outcome.Lose(f.part)
			lost++
		}
		touched = append(touched, f.cmd)
	}
	w.window.Release(len(w.flights))
	clear(w.flights)
	if lost > 0 {
		w.env.Listener.On(event.OutcomeUnknown{Bind: w.seat.id, Segments: lost, Redelivered: true, Reason: m.reason, At: now})
	}
	s := newSettling(w, c)
	for _, cmd := range touched {
		cmd.outcome.Stop()
		s.finish(cmd)
	}
	w.giveBack(s)
	s.send()
}

// giveBack returns every queued command to its consumer.
func (w *windowActor) giveBack(s *settling) {
	delay := w.seat.account.Load().Times.RetryUnanswered
	for _, cmd := range w.queue {
		cmd.outcome.Stop()
		if cmd.outcome.Waiting() == 0 && !cmd.settled { // else its answers bring it to its end
			s.giveBack(cmd, delay)
		}
	}
	w.queue = w.queue[:0]
}

func (w *windowActor) enqueue(c actor.Context, m *planned) {
	m.source.asked -= m.taken
	if w.up == nil || w.draining {
		s := newSettling(w, c)
		for _, cmd := range m.commands {
			s.giveBack(cmd, w.seat.account.Load().Times.RetryUnanswered)
		}
		s.send()
		return
	}
	s := newSettling(w, c)
	for _, cmd := range m.commands {
		if standing, _ := cmd.outcome.Standing(); standing == ledger.Complete {
			s.finish(cmd) // an earlier delivery of it was accepted whole
			continue
		}
		w.queue = append(w.queue, cmd)
	}
	s.send()
	w.pump(c)
	w.ask(c)
}

// pump hands the session as many segments as window, pace and references allow.
func (w *windowActor) pump(c actor.Context) {
	if w.up == nil || len(w.queue) == 0 {
		return
	}
	free := w.window.Free()
	if free == 0 {
		return
	}
	now := time.Now()
	allowed, wait := w.pace.Take(free, now)
	if wait > 0 {
		w.wakeAfter(c, wait)
	}
	flights := w.collect(c, allowed)
	w.pace.Return(allowed - len(flights))
	if len(flights) == 0 {
		return
	}
	w.window.Admit(len(flights))
	c.Send(w.up.session, &submit{link: w.up.link, flights: flights})
}

// collect takes up to n segments from the front of the queue, the parts of one
// command adjacent.
func (w *windowActor) collect(c actor.Context, n int) []*flight {
	if n == 0 {
		return nil
	}
	flights := make([]*flight, 0, min(n, len(w.queue)+8))
	done := 0
	for _, cmd := range w.queue {
		if len(flights) == n || !w.refer(c, cmd) {
			break
		}
		for len(flights) < n {
			part, ok := cmd.outcome.Next()
			if !ok {
				break
			}
			cmd.outcome.Hand(part)
			f := &flight{cmd: cmd, part: part, ordinal: w.env.ordinals.Add(1)}
			w.flights[f.ordinal] = f
			flights = append(flights, f)
		}
		if _, more := cmd.outcome.Next(); more {
			break
		}
		done++
	}
	w.queue = dropFront(w.queue, done)
	return flights
}

// refer gives a command that needs one its concatenation reference, and reports
// whether it may be submitted.
func (w *windowActor) refer(c actor.Context, cmd *command) bool {
	if cmd.hasReference || !cmd.plan.NeedsReference() {
		return true
	}
	if w.refs.Low() {
		c.Send(w.seat.sequence, &needReferences{to: c.Self()})
	}
	absolute, ok := w.refs.Next()
	if !ok {
		return false
	}
	cmd.reference, cmd.hasReference = uint16(absolute), true
	return true
}

// dropFront removes the first n, keeping the array while it is in use and
// letting go of what it pointed to.
func dropFront(queue []*command, n int) []*command {
	if n == 0 {
		return queue
	}
	left := copy(queue, queue[n:])
	clear(queue[left:])
	return queue[:left]
}

func (w *windowActor) wakeAfter(c actor.Context, wait time.Duration) {
	if w.sleeping {
		return
	}
	w.sleeping = true
	root, self := c.ActorSystem().Root, c.Self()
	w.waking = time.AfterFunc(wait, func() { root.Send(self, &paceDue{}) })
}

// ask turns credit into requests.
func (w *windowActor) ask(c actor.Context) {
	if w.up == nil || w.draining {
		return
	}
	account := w.seat.account.Load()
	for _, s := range w.sources {
		load := window.Load{Queued: len(w.queue), Asked: s.asked, Settling: w.settling}
		n := w.window.Credit(load, account.Prefetch, maxSettling*w.window.Configured())
		// A request that waits is topped up only by a worthwhile number.
		if n == 0 || s.pulls >= maxPulls || (s.pulls > 0 && n < max(w.window.Size()/4, 1)) {
			continue
		}
		s.asked += n
		s.pulls++
		c.Send(w.env.nats, &pull{source: s, n: n, window: c.Self(), bind: w.seat.id})
	}
}

// grow lets a halved window recover (US-SC-024).
func (w *windowActor) grow(c actor.Context) {
	w.growth = nil
	if w.window.Grow(time.Now()) {
		w.pump(c)
		w.ask(c)
	}
	w.scheduleGrowth(c)
}

func (w *windowActor) scheduleGrowth(c actor.Context) {
	if w.growth != nil || w.window.Size() == w.window.Configured() {
		return
	}
	root, self := c.ActorSystem().Root, c.Self()
	w.growth = time.AfterFunc(time.Minute, func() { root.Send(self, &growDue{}) })
}

func (w *windowActor) drain(c actor.Context) {
	w.draining = true
	s := newSettling(w, c)
	w.giveBack(s)
	s.send()
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
	for _, t := range []*time.Timer{w.waking, w.growth} {
		if t != nil {
			t.Stop()
		}
	}
}

// publish puts the numbers where they can be looked at.
func (w *windowActor) publish() {
	g := w.seat.gauge
	g.inflight.Store(int64(w.window.Inflight()))
	g.dynamic.Store(int64(w.window.Size()))
	g.configured.Store(int64(w.window.Configured()))
	g.queued.Store(int64(len(w.queue)))
	g.settling.Store(int64(w.settling))
	g.limit.Store(w.limit())
}

// What may limit a bind, as it is shown.
var (
	limitClosed = "closed"
	limitTPS    = "tps"
	limitWindow = "window"
	limitStores = "stores"
	limitQueue  = "queue"
)

func (w *windowActor) limit() *string {
	switch {
	case w.up == nil || w.draining:
		return &limitClosed
	case w.sleeping:
		return &limitTPS
	case w.settling >= maxSettling*w.window.Configured():
		return &limitStores
	case w.window.Free() == 0:
		return &limitWindow
	}
	return &limitQueue
}
