package actors

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/lifecycle"
	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// bind is the life of one bind: it asks lifecycle what follows from what it
// hears, and does it. It is the supervisor of session, window, sequence and
// concat, and its own supervisor strategy (protoactor asks the actor itself when
// it implements SupervisorStrategy), so that a lost line is one more event of
// its table.
//
// A restart of the bind actor loses the connection and what was in flight; the
// commands come again after the consumers' AckWait.
type bind struct {
	env      *environment
	seat     *seat
	node     *node
	setting  port.BindSetting
	operator string

	state      lifecycle.State
	reason     string // of the last end
	attempt    int    // failed attempts since the last bind
	redial     *time.Timer
	generation int // of the redial timer and of the drain's deadline: an older one's message is dropped
	session    *actor.PID
	up         *linkUp // while BOUND
	draining   bool
	ctx        actor.Context // ours, for what happens outside Receive: supervision and spawning
	children   map[string]*child
}

// child is one supervised sibling of the session.
type child struct {
	node     *node
	failures []time.Time
}

// The messages that only a bind hears.
type (
	bindMade struct {
		link    *link
		session *actor.PID
		account *Account
	}
	dialDue      struct{ generation int }
	windowEmpty  struct{}
	drainOverdue struct{ generation int }
	// accountChanged brings newly fetched credentials; they count from the next dial.
	accountChanged struct{ account *Account }
)

// Receive implements actor.Actor.
func (b *bind) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *actor.Started:
		b.start(c)
	case *actor.Stopping, *actor.Restarting:
		b.stopTimer()
	case *dialDue:
		if m.generation == b.generation {
			b.on(c.ActorSystem(), lifecycle.DialDue, "")
		}
	case *bindMade:
		b.up = &linkUp{link: m.link, session: m.session, account: m.account}
		b.on(c.ActorSystem(), lifecycle.BindAccepted, "")
	case *situation:
		if m.who != nil && b.up != nil {
			c.Send(m.who, b.up)
		}
	case *accountChanged:
		b.seat.account.Store(m.account)
	case *drain:
		b.drain(c)
	case *windowEmpty:
		if b.draining {
			b.on(c.ActorSystem(), lifecycle.StopAsked, "drained")
		}
	case *drainOverdue:
		if m.generation == b.generation && b.draining && b.state != lifecycle.Unbinding {
			b.on(c.ActorSystem(), lifecycle.StopAsked, "drain deadline")
		}
	}
}

func (b *bind) start(c actor.Context) {
	b.ctx = c
	b.children = map[string]*child{}
	b.node.bind.Store(b.seat.gauge)
	b.show(time.Now())
	spawn := func(kind string, produce actor.Producer) *actor.PID {
		path := c.Self().Id + "/" + kind
		b.children[path] = &child{node: b.env.tree.claim(path, kind)}
		pid, err := c.SpawnNamed(b.env.tree.props(path, kind, produce), kind)
		if err != nil {
			panic(fmt.Sprintf("spawn %s: %v", path, err)) // a name that is taken is a bug
		}
		return pid
	}
	nodeOf := func(kind string) *node { return b.env.tree.claim(c.Self().Id+"/"+kind, kind) }
	b.seat.sequence = spawn("sequence", func() actor.Actor { return &sequencer{env: b.env, seat: b.seat, node: nodeOf("sequence")} })
	b.seat.window = spawn("window", func() actor.Actor {
		return &windowActor{env: b.env, seat: b.seat, node: nodeOf("window"), size: b.setting.Window}
	})
	b.seat.concat = spawn("concat", func() actor.Actor { return &concatActor{env: b.env, seat: b.seat, node: nodeOf("concat")} })
	b.on(c.ActorSystem(), lifecycle.DialDue, "")
}

// spawnSession starts the first incarnation; the supervisor restarts it ever after.
func (b *bind) spawnSession() {
	if b.session != nil {
		b.ctx.(actor.Supervisor).RestartChildren(b.session)
		return
	}
	path := b.ctx.Self().Id + "/session"
	n := b.env.tree.claim(path, "session")
	pid, err := b.ctx.SpawnNamed(b.env.tree.props(path, "session", func() actor.Actor {
		return &session{env: b.env, seat: b.seat, node: n}
	}), "session")
	if err != nil {
		panic(fmt.Sprintf("spawn %s: %v", path, err))
	}
	b.session = pid
}

// on takes an event to the table and performs what it says.
func (b *bind) on(system *actor.ActorSystem, e lifecycle.Event, reason string) {
	next, effects, err := lifecycle.Next(b.state, e)
	if err != nil {
		b.env.violation(b.seat.id, "illegal_transition", err.Error(), time.Now())
		return
	}
	b.state = next
	if reason != "" {
		b.reason = reason
	}
	now := time.Now()
	b.show(now)
	for _, effect := range effects {
		b.perform(system, effect, now)
	}
}

func (b *bind) perform(system *actor.ActorSystem, effect lifecycle.Effect, now time.Time) {
	switch effect {
	case lifecycle.OpenLink:
		b.spawnSession()
	case lifecycle.AnnounceBound:
		b.attempt = 0
		b.seat.gauge.attempts.Store(0)
		system.Root.Send(b.seat.window, b.up)
		b.announce(system, contract.HealthState_BOUND, now)
	case lifecycle.AnnounceUnbound:
		b.announce(system, contract.HealthState_UNBOUND, now)
	case lifecycle.ScheduleRedial:
		b.scheduleRedial(system, now)
	case lifecycle.CancelRedial:
		b.stopTimer()
	case lifecycle.SendUnbind:
		system.Root.Send(b.session, &leave{})
	case lifecycle.ReportStopped:
		system.Root.Send(b.ctx.Parent(), &drained{who: b.ctx.Self()})
	}
}

func (b *bind) scheduleRedial(system *actor.ActorSystem, now time.Time) {
	b.attempt++
	b.seat.gauge.attempts.Store(int64(b.attempt))
	b.stopTimer()
	times := b.seat.account.Load().Times
	delay := lifecycle.Backoff(b.attempt, times.Backoff)
	delay += time.Duration(rand.Float64() * times.Jitter * float64(delay))
	b.env.Listener.On(event.RedialScheduled{Bind: b.seat.id, Attempt: b.attempt, Delay: delay, Reason: b.reason, At: now})
	self, generation := b.ctx.Self(), b.generation
	b.redial = time.AfterFunc(delay, func() { system.Root.Send(self, &dialDue{generation}) })
}

func (b *bind) stopTimer() {
	b.generation++
	if b.redial != nil {
		b.redial.Stop()
	}
}

// drain has the window finish; the bind leaves when it is empty, or when its
// patience is over.
func (b *bind) drain(c actor.Context) {
	if b.draining {
		return
	}
	b.draining = true
	c.Send(b.seat.window, &drain{})
	if b.state != lifecycle.Bound {
		b.on(c.ActorSystem(), lifecycle.StopAsked, "stopped")
		return
	}
	system, self, generation := c.ActorSystem(), c.Self(), b.generation
	time.AfterFunc(b.env.Drain, func() { system.Root.Send(self, &drainOverdue{generation}) })
}

// HandleFailure is the bind's supervisor strategy. protoactor calls it on the
// bind's own goroutine.
func (b *bind) HandleFailure(system *actor.ActorSystem, supervisor actor.Supervisor, who *actor.PID, _ *actor.RestartStatistics, reason, message any) {
	now := time.Now()
	if b.session != nil && who.Equal(b.session) {
		b.sessionEnded(system, supervisor, who, reason, now)
		return
	}
	restartOrEscalate(b.env, b.children[who.Id], supervisor, who, reason, message, now)
}

// sessionEnded answers the end of an incarnation: expected or not, its flights
// go back to the window, and the table says what follows.
func (b *bind) sessionEnded(system *actor.ActorSystem, supervisor actor.Supervisor, who *actor.PID, reason any, now time.Time) {
	end, expected := reason.(*LinkEnded)
	if !expected {
		end = &LinkEnded{Event: lifecycle.LineLost, Err: fmt.Errorf("session failed: %v", reason), Written: ^uint64(0)}
		if b.up != nil {
			end.link = b.up.link
			end.link.close()
		}
	}
	if !end.orderly() {
		n := b.env.tree.claim(who.Id, "session")
		n.restarts.Add(1)
		n.failed(end.Error(), !expected, now)
		b.env.Listener.On(event.ActorFailed{Path: who.Id, Reason: end.Error(), Bug: !expected, At: now})
	}
	wasBound := b.state == lifecycle.Bound
	if end.link != nil {
		system.Root.Send(b.seat.window, &linkDown{link: end.link, written: end.Written, reason: end.Error()})
	}
	b.up = nil
	b.on(system, end.Event, end.Error())
	if b.draining && b.state == lifecycle.Disconnected {
		// Whatever ended the link while stopping, the bind does not come back.
		b.stopTimer()
		supervisor.StopChildren(who)
	}
	if wasBound && !b.draining {
		supervisor.EscalateFailure(end, nil) // the operator's strategy resumes us, and thinks of its backup
	}
}

// announce publishes operator.health.
func (b *bind) announce(system *actor.ActorSystem, state contract.HealthState_Value, now time.Time) {
	system.Root.Send(b.env.nats, &publish{events: []port.Event{healthEvent(b, state, now)}})
	system.Root.Send(b.ctx.Parent(), &bindHealth{bind: b.seat.id, bound: state == contract.HealthState_BOUND})
}

// show publishes the state that people see: the window's when BOUND and not OPEN.
func (b *bind) show(now time.Time) {
	g := b.seat.gauge
	shown := b.state.String()
	old := deref(g.state.Load())
	g.bound.Store(b.state == lifecycle.Bound)
	if old == shown {
		return
	}
	g.state.Store(&shown)
	b.node.show(shown, now)
	b.env.Listener.On(event.BindStateChanged{Bind: b.seat.id, OperatorID: b.operator, From: old, To: shown, Reason: b.reason, Epoch: b.env.Epoch, At: now})
}

// restartOrEscalate is the rule for failures that are bugs: restarted at once, up
// to maxRestarts within restartWithin, then the next level's problem.
func restartOrEscalate(env *environment, ch *child, supervisor actor.Supervisor, who *actor.PID, reason, message any, now time.Time) {
	text := fmt.Sprint(reason)
	var ended *LinkEnded
	bug := true
	if err, ok := reason.(error); ok && errors.As(err, &ended) {
		bug = false
	}
	env.Listener.On(event.ActorFailed{Path: who.Id, Reason: text, Bug: bug, At: now})
	if ch == nil {
		supervisor.RestartChildren(who)
		return
	}
	ch.node.failed(text, bug, now)
	recent := ch.failures[:0]
	for _, at := range ch.failures {
		if now.Sub(at) < restartWithin {
			recent = append(recent, at)
		}
	}
	ch.failures = append(recent, now)
	if len(ch.failures) > maxRestarts {
		ch.failures = nil
		supervisor.EscalateFailure(reason, message)
		return
	}
	ch.node.restarts.Add(1)
	supervisor.RestartChildren(who)
}

const (
	maxRestarts   = 3
	restartWithin = time.Minute
)
