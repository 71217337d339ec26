package actors

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/control"
	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/lifecycle"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/actors/vitals"
	"github.com/ghasi/smpp-connector/actors/window"
	contract "github.com/ghasi/smpp-connector/proto"
)

// bind is the life of one bind. It has one line, or after a fallback two
// (half.go), and asks lifecycle what follows from what each of them meets. It is
// the supervisor of session, window, sequence and concat, and its own supervisor
// strategy (protoactor asks the actor itself when it implements
// SupervisorStrategy), so that a lost line is one more event of its table.
//
// A restart of the bind actor loses its lines; its window gives back what it had
// in hand, and what was written and not answered is marked.
type bind struct {
	env      *environment
	seat     *seat
	node     *node
	setting  port.BindSetting
	operator string

	halves    []*half      // the first one submits, or receives where nothing else is to be done
	window    window.State // as the window said last, of the present link
	announced contract.HealthState_Value
	spoken    bool // something has been announced
	draining  bool // it leaves, or has left
	taken     bool // its consumers are its own: it may bind (takeover.go)

	// What was ordered of it (orders.go).
	rest  control.Rest
	held  bool   // it leaves to come back: for a maintenance or a rebind
	away  bool   // and no line is left
	again bool   // it is to come back as soon as it is away
	asked bool   // people have asked for the line that comes next
	why   string // it is held

	patience   *time.Timer // of a drain
	generation int         // of the patience: an older one's message is dropped
	ctx        actor.Context
	children   map[string]*child
}

// The messages that only a bind hears, beside those of half.go.
type (
	windowEmpty struct{}
	// fenced says that the bind's lease is lost: unbind now.
	fenced       struct{ reason string }
	drainOverdue struct{ generation int }
	// windowTurned tells that the window of a link is in another state.
	windowTurned struct {
		link  *link
		state window.State
	}
	// accountChanged brings newly fetched credentials and settings. Credentials
	// count from the next dial, everything else at once.
	accountChanged struct {
		account *Account
		setting port.BindSetting
	}
)

// Receive implements actor.Actor.
func (b *bind) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *actor.Started:
		b.start(c)
	case *actor.Stopping, *actor.Restarting:
		b.stopTimers()
	case *dialDue:
		m.half.due(c.ActorSystem(), m.generation)
	case *bindMade:
		b.made(c, m)
	case *situation:
		c.Send(m.who, &situationIs{up: b.main().up})
	case *windowTurned:
		b.turned(m)
	case *accountChanged:
		b.change(c, m)
	case *carry, *try:
		c.Send(b.seat.window, m)
	case *answersAgain:
		b.heardAgain(c)
	case *covering:
		b.cover(c, m)
	case *ordered:
		b.obey(c)
	case *rebind:
		b.rebind(c)
	case *drain:
		b.drain(c)
	case *fenced:
		b.fenced(c, m)
	case *tookOver:
		b.tookOver(c, m)
	case *takeOverDue:
		b.takeOver(c, m.round)
	case *windowEmpty:
		b.emptied(c)
	case *drainOverdue:
		if m.generation == b.generation && b.draining {
			b.leave(c.ActorSystem(), "drain deadline")
		}
	}
}

func (b *bind) start(c actor.Context) {
	b.ctx = c
	b.children = map[string]*child{}
	b.env.tree.show(b.node, b.seat.gauge)
	b.window = window.Open
	spawn := func(kind string, produce func(*node) actor.Actor) *actor.PID {
		path := c.Self().Id + "/" + kind
		n := b.env.tree.claim(path, kind)
		b.children[path] = &child{node: n}
		pid, err := c.SpawnNamed(b.env.tree.props(path, kind, func() actor.Actor { return produce(n) }), kind)
		if err != nil {
			panic(fmt.Sprintf("spawn %s: %v", path, err)) // a name that is taken is a bug
		}
		return pid
	}
	b.seat.sequence = spawn("sequence", func(n *node) actor.Actor { return &sequencer{env: b.env, seat: b.seat, node: n} })
	// One value over all its restarts: what is in hand must not be forgotten.
	b.rest = b.env.standing.Load().Of(b.seat.id)
	w := &windowActor{env: b.env, seat: b.seat, size: b.setting.Window, halted: b.rest != control.Works}
	b.seat.window = spawn("window", func(n *node) actor.Actor { w.node = n; return w })
	b.seat.concat = spawn("concat", func(n *node) actor.Actor { return &concatActor{env: b.env, seat: b.seat, node: n} })
	b.halves = []*half{newHalf(b, b.seat.id.Direction, "session")}
	now := time.Now()
	if b.rest != control.Works {
		b.showRest(now)
	}
	if b.rest == control.Maintenance { // ordered of a pod before this one, or while it was not here
		b.held, b.away, b.draining, b.main().stopped, b.main().reason = true, true, true, true, "maintenance"
		b.show(now)
		b.announce(c.ActorSystem(), contract.HealthState_UNBOUND, "maintenance", now)
	}
	b.show(now)
	b.takeOver(c, b.generation)
}

// dial begins the first line.
func (b *bind) dial(c actor.Context) {
	if main := b.main(); main.state == lifecycle.Disconnected && !main.stopped && !b.draining {
		main.on(c.ActorSystem(), lifecycle.DialDue, "")
	}
}

// main is the line that the bind's state is the state of.
func (b *bind) main() *half { return b.halves[0] }

// made takes in that a session is bound.
func (b *bind) made(c actor.Context, m *bindMade) {
	h := b.halfOf(m.session)
	if h == nil || m.aim != h.aim.Load() || h.state == lifecycle.Disconnected {
		return // of a line that was given up, or whose end was heard of first: failures go before messages
	}
	h.up = &linkUp{link: m.link, session: m.session, account: m.account, version: m.version}
	if h == b.main() {
		b.window = window.Open // until the window says otherwise
	}
	h.on(c.ActorSystem(), lifecycle.BindAccepted, "")
	b.gather(c.ActorSystem())
}

func (b *bind) halfOf(session *actor.PID) *half {
	for _, h := range b.halves {
		if h.session != nil && h.session.Equal(session) {
			return h
		}
	}
	return nil
}

// fallBack gives the transceiver up for a transmitter and a receiver (US-SC-003).
// Both are dialled now: the MNO has just said what it does not know.
func (b *bind) fallBack(system *actor.ActorSystem, end *LinkEnded, now time.Time) {
	b.env.Listener.On(event.BindFellBack{Bind: b.seat.id, Status: end.Status, At: now})
	old := b.main()
	old.giveUp()
	b.halves = []*half{newHalf(b, port.TX, "session-tx"), newHalf(b, port.RX, "session-rx")}
	for _, h := range b.halves {
		h.attempt, h.round = old.attempt, old.round // at the host that has just answered
		h.on(system, lifecycle.DialDue, "fell back from a transceiver: "+end.Status.String())
	}
}

// turned takes in the window's state.
func (b *bind) turned(m *windowTurned) {
	if up := b.main().up; up != nil && up.link == m.link {
		b.window = m.state
		b.show(time.Now())
	}
}

// change takes new credentials and settings in. Where an MNO had refused the old
// credentials, the new ones are tried at once, if they are none that it has refused too.
func (b *bind) change(c actor.Context, m *accountChanged) {
	old := b.seat.account.Swap(m.account)
	b.setting = m.setting
	c.Send(b.seat.window, m)
	if old.sameAccess(m.account) {
		return
	}
	for _, h := range b.halves {
		h.round = lifecycle.Round{} // of the hosts that were: a dial under way is its last
		if h.state == lifecycle.Disconnected {
			h.beginRound()
		}
		if h.state == lifecycle.Disconnected && h.redial != nil && !b.draining && !h.inVain(m.account) {
			h.on(c.ActorSystem(), lifecycle.DialDue, "new credentials")
		}
	}
}

// cover takes in whose commands the bind carries as well. Of a bind that stands in
// alone, its BOUND has said it.
func (b *bind) cover(c actor.Context, m *covering) {
	b.seat.covers.Store(&m.covers)
	c.Send(b.seat.window, m)
	if b.seat.own && b.spoken && b.main().state == lifecycle.Bound {
		names := make([]string, len(m.covers))
		for i, cover := range m.covers {
			names[i] = cover.Operator
		}
		reason := "carries its own traffic alone"
		if len(names) > 0 {
			reason = "carries the traffic of " + strings.Join(names, ", ") + " too"
		}
		b.announce(c.ActorSystem(), contract.HealthState_BOUND, reason, time.Now())
	}
}

// drain has the window finish; the bind leaves when it is empty, or when its
// patience is over.
func (b *bind) drain(c actor.Context) {
	if b.held { // it is leaving, or has left, and now does not come back
		b.held, b.again = false, false
		b.reportStopped(c.ActorSystem())
		return
	}
	if !b.draining {
		b.part(c, "stopped")
	}
}

// part begins to leave: now where nothing is bound, else when the window is empty.
func (b *bind) part(c actor.Context, reason string) {
	b.draining = true
	c.Send(b.seat.window, &drain{})
	if b.main().state != lifecycle.Bound {
		b.leave(c.ActorSystem(), reason)
		return
	}
	system, self, generation := c.ActorSystem(), c.Self(), b.generation
	b.patience = time.AfterFunc(cmp.Or(b.seat.account.Load().Times.Drain, b.env.Drain), func() { system.Root.Send(self, &drainOverdue{generation}) })
}

func (b *bind) emptied(c actor.Context) {
	switch {
	case b.held:
		b.leave(c.ActorSystem(), b.why)
	case b.draining:
		b.leave(c.ActorSystem(), "drained")
	}
}

// fenced has every line unbind at once: another may own the bind by now. What is in
// flight stays unanswered, and is marked.
func (b *bind) fenced(c actor.Context, m *fenced) {
	if b.held {
		b.held, b.again = false, false
		b.reportStopped(c.ActorSystem())
	}
	if !b.draining {
		b.draining = true
		c.Send(b.seat.window, &drain{})
	}
	b.leave(c.ActorSystem(), m.reason)
}

// leave has every line unbind and not come back.
func (b *bind) leave(system *actor.ActorSystem, reason string) {
	b.generation++
	for _, h := range b.halves {
		if !h.stopped && h.state != lifecycle.Unbinding {
			h.on(system, lifecycle.StopAsked, reason)
		}
	}
}

// reportStopped tells the operator when no line is left, unless the bind stays.
func (b *bind) reportStopped(system *actor.ActorSystem) {
	for _, h := range b.halves {
		if !h.stopped {
			return
		}
	}
	if b.held {
		b.absent(system)
		return
	}
	system.Root.Send(b.ctx.Parent(), &drained{who: b.ctx.Self()})
}

func (b *bind) stopTimers() {
	b.generation++
	if b.patience != nil {
		b.patience.Stop()
	}
	for _, h := range b.halves {
		h.stopTimer()
	}
}

// HandleFailure is the bind's supervisor strategy. protoactor calls it on the
// bind's own goroutine.
func (b *bind) HandleFailure(system *actor.ActorSystem, supervisor actor.Supervisor, who *actor.PID, _ *actor.RestartStatistics, reason, message any) {
	now := time.Now()
	if h := b.halfOf(who); h != nil {
		h.ended(system, supervisor, reason, now)
		return
	}
	restartOrEscalate(b.env, b.children[who.Id], supervisor, who, reason, message, now)
}

// announce publishes operator.health, unless it has said last that the bind is UNBOUND.
func (b *bind) announce(system *actor.ActorSystem, state contract.HealthState_Value, reason string, now time.Time) {
	if b.spoken && b.announced == state && state == contract.HealthState_UNBOUND {
		return
	}
	b.tell(system, state, reason, now)
}

// tell publishes operator.health, and tells the operator where the state has changed.
func (b *bind) tell(system *actor.ActorSystem, state contract.HealthState_Value, reason string, now time.Time) {
	fresh := !b.spoken || b.announced != state
	b.spoken, b.announced = true, state
	b.env.announce(system.Root, healthEvent(b, state, reason, now))
	if fresh {
		b.tellOperator(system, state == contract.HealthState_BOUND)
	}
}

func (b *bind) tellOperator(system *actor.ActorSystem, bound bool) {
	system.Root.Send(b.ctx.Parent(), &bindHealth{bind: b.seat.id, bound: bound, mute: bound && b.seat.mute.Load(), held: b.held, again: bound && b.asked})
	b.asked = b.asked && !bound
}

// heardAgain takes in that the MNO answers submits again.
func (b *bind) heardAgain(c actor.Context) {
	if b.spoken && b.main().state == lifecycle.Bound {
		b.tell(c.ActorSystem(), contract.HealthState_BOUND, "the MNO answers submits again", time.Now())
		b.tellOperator(c.ActorSystem(), true)
	}
}

// show publishes the state that people see: the window's when BOUND and not OPEN.
func (b *bind) show(now time.Time) {
	main := b.main()
	shown := main.state.String()
	if main.state == lifecycle.Bound && b.window != window.Open {
		shown = b.window.String()
	}
	g := b.seat.gauge
	b.showHosts()
	g.bound.Store(main.state == lifecycle.Bound)
	g.attempts.Store(int64(main.attempt))
	epoch := b.seat.fence.token()
	g.epoch.Store(epoch)
	lines := make([]vitals.Line, len(b.halves))
	for i, h := range b.halves {
		lines[i] = h.snapshot()
	}
	g.lines.Store(&lines)
	old := deref(g.state.Load())
	if old == shown {
		return
	}
	g.state.Store(&shown)
	b.node.show(shown, now)
	reason := main.reason
	if main.state == lifecycle.Bound && old != lifecycle.Connecting.String() {
		reason = "" // the window turned: the line's latest reason is of before it was bound
	}
	b.env.Listener.On(event.BindStateChanged{Bind: b.seat.id, OperatorID: b.operator, Host: main.host(), From: old, To: shown, Reason: reason, Epoch: epoch, At: now})
}
