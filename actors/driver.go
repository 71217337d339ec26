package actors

import (
	"errors"
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/dispatch"
	"github.com/ghasi/smpp-connector/actors/ledger"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/actors/recorder"
	contract "github.com/ghasi/smpp-connector/proto"
)

// driver stands in for everything around one bind: it is the bind's operator, the
// bridge that commands come from, and the one that settles them.
type driver struct {
	env     *environment
	node    *node
	driving Driving
	plans   []*dispatch.Plan

	bind     *actor.PID
	seat     *seat
	children map[string]*child
	bound    bool // has been
	next     int  // messages handed out, but for those that came back
	back     []*command
	free     []*command // that were accepted, to be used again
	asked    []*pull    // requests that wait for messages which may come back
	settled  int
	now      time.Time // of the message at hand
	began    time.Time
	driven   Driven
	ended    chan error // of one place: how it ended
	stopped  chan struct{}
}

// cameBack is a message that was given back, when its delay is over.
type cameBack struct{ cmd *command }

// Receive implements actor.Actor.
func (d *driver) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *actor.Started:
		d.start(c)
	case *pull:
		d.asked = append(d.asked, m)
		d.serve(c)
	case *settleDue:
		d.settle(c)
	case *cameBack:
		d.back = append(d.back, m.cmd)
		d.serve(c)
	case *postDue:
		d.read(c)
	case *bindHealth:
		d.heard(c, m)
	case *heardDeliveries: // receipts that nobody asked for
		answer := &answerDeliveries{link: m.link}
		for _, item := range m.items {
			answer.resps = append(answer.resps, item.resp)
		}
		c.Send(m.session, answer)
	case *publish: // an MO
		go m.done(make([]error, len(m.events)))
	case *drained:
		c.Stop(m.who)
	case *actor.Terminated:
		if d.bind.Equal(m.Who) {
			d.end(nil)
		}
	case *actor.Stopped:
		close(d.stopped)
	}
}

func (d *driver) start(c actor.Context) {
	d.children = map[string]*child{}
	account, setting := d.driving.Account, d.driving.Account.Binds[0]
	d.env.nats, d.env.postgres = c.Self(), c.Self()
	d.env.redis = d.spawn(c, "bridge/redis", "bridge", func(n *node) actor.Actor { return &redisBridge{env: d.env, node: n} })
	d.seat = &seat{id: setting.Bind, own: true, gauge: &bindGauge{bind: setting.Bind, operatorID: account.OperatorID}}
	d.seat.paced.Store(d.env.paceOf(account, setting.Bind))
	if d.env.Recorder > 0 {
		d.seat.flight = recorder.New(d.env.Recorder)
	}
	d.seat.account.Store(account)
	d.bind = d.spawn(c, "bind/"+setting.Bind.Path(), "bind", func(n *node) actor.Actor {
		return &bind{env: d.env, seat: d.seat, node: n, setting: setting, operator: account.OperatorID}
	})
}

func (d *driver) spawn(c actor.Context, name, kind string, produce func(*node) actor.Actor) *actor.PID {
	path := c.Self().Id + "/" + name
	n := d.env.tree.claim(path, kind)
	d.children[path] = &child{node: n}
	pid, err := c.SpawnNamed(d.env.tree.props(path, kind, func() actor.Actor { return produce(n) }), name)
	if err != nil {
		panic(fmt.Sprintf("spawn %s: %v", path, err))
	}
	return pid
}

// heard begins the measurement with the first BOUND.
func (d *driver) heard(c actor.Context, m *bindHealth) {
	if !m.bound || d.bound {
		return
	}
	d.bound, d.began = true, time.Now()
	if d.driving.Bound != nil {
		d.driving.Bound()
	}
	d.serve(c)
}

// read looks through what the bind would have published. A bind that is not made
// at the first attempt is a wrong address or wrong credentials: nothing to repeat.
func (d *driver) read(c actor.Context) {
	events := d.env.outbox.post()
	for _, e := range events {
		if health, ok := e.Body.(*contract.OperatorHealthEvent); ok && health.State == contract.HealthState_UNBOUND && !d.bound {
			d.end(fmt.Errorf("%w: %s", ErrNotBound, health.Reason))
		}
	}
	d.env.outbox.posted(len(events))
}

// serve hands out what was asked for, as far as there is something: first what has
// come back.
func (d *driver) serve(c actor.Context) {
	d.now = time.Now()
	for d.bound && len(d.asked) > 0 {
		p := d.asked[0]
		n := min(p.n, len(d.back)+d.driving.Messages-d.next)
		if n == 0 {
			return
		}
		d.asked = d.asked[1:]
		commands := make([]*command, 0, n)
		for range n {
			commands = append(commands, d.take(p))
		}
		d.seat.hands.take(commands)
		c.Send(p.window, &planned{pull: p, commands: commands, taken: n})
		c.Send(p.window, &pulled{p})
	}
}

func (d *driver) take(p *pull) *command {
	if len(d.back) > 0 {
		was := d.back[0]
		d.back = d.back[1:]
		cmd := d.command(p, was.delivery, was.plan, was.outcome.IDs())
		cmd.reference = was.reference
		return cmd
	}
	i := d.next % len(d.plans)
	d.next++
	return d.command(p, port.Delivery{Command: d.driving.Commands[i]}, d.plans[i], nil)
}

// command is what an intake makes of a delivery. ids are those of the parts that
// the MNO has accepted already.
func (d *driver) command(p *pull, delivery port.Delivery, plan *dispatch.Plan, ids []string) *command {
	var cmd *command
	if n := len(d.free); n > 0 {
		cmd, d.free = d.free[n-1], d.free[:n-1]
	} else {
		cmd = new(command)
	}
	*cmd = command{delivery: delivery, intake: p.source.intake, bind: p.bind, plan: plan, taken: d.now, outcome: ledger.New(plan.PDUs(), ids)}
	return cmd
}

// settle takes what is decided for done. There is nothing to store.
func (d *driver) settle(c actor.Context) {
	for {
		g, ok := d.env.outbox.next()
		if !ok {
			break
		}
		if g.stored != nil {
			d.env.outbox.saved(g)
		}
		told := &settled{count: len(g.settlements)}
		for i := range g.settlements {
			s := &g.settlements[i]
			told.by = s.by
			d.count(c, s)
		}
		d.env.outbox.done(g)
		if told.count > 0 {
			c.Send(told.by.self, told)
		}
	}
	if d.settled == d.driving.Messages {
		d.driven.Took = time.Since(d.began)
		d.settled = -1 // said once
		if d.driving.Settled != nil {
			d.driving.Settled()
		}
		c.Send(d.bind, &drain{})
	}
}

func (d *driver) count(c actor.Context, s *settlement) {
	switch {
	case s.submit:
		d.driven.Accepted++
		d.free = append(d.free, s.cmd)
	case s.dead != nil:
		d.driven.Refused++
	default:
		d.driven.Returned++
		root, self, cmd := c.ActorSystem().Root, c.Self(), s.cmd
		time.AfterFunc(s.delay, func() { root.Send(self, &cameBack{cmd}) })
		return
	}
	d.settled++
}

func (d *driver) end(err error) {
	select {
	case d.ended <- err:
	default:
	}
}

// HandleFailure is the bind's supervision, as an operator's.
func (d *driver) HandleFailure(_ *actor.ActorSystem, supervisor actor.Supervisor, who *actor.PID, _ *actor.RestartStatistics, reason, message any) {
	var lost *LinkEnded
	if err, ok := reason.(error); ok && errors.As(err, &lost) {
		supervisor.ResumeChildren(who)
		return
	}
	restartOrEscalate(d.env, d.children[who.Id], supervisor, who, reason, message, time.Now())
}
