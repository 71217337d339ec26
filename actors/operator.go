package actors

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/failover"
	"github.com/ghasi/smpp-connector/actors/lifecycle"
	"github.com/ghasi/smpp-connector/actors/ownership"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/actors/recorder"
)

// operator is one MNO account: it fetches the credentials and fetches them again,
// starts the binds, and is their supervisor. A bind whose line is lost escalates
// that; the answer is to resume it (it redials by itself) and to think of the
// backup (US-SC-013): whoever serves the backup's binds carries our commands along,
// and where nobody does they are children of this operator (relief.go).
//
// A restart stops the binds, which give back what they have in hand, and starts
// them anew.
type operator struct {
	env  *environment
	node *node
	id   string

	ctx      context.Context
	cancel   context.CancelFunc
	accounts [2]roleAccount
	binds    map[string]*carrierBind // by the path of the actor
	covers   [2][]port.Cover         // what the binds of either account carry beside their own
	choice   failover.Switch
	tick     *time.Timer // the switch's next change by time
	rebound  port.BindID // that people had bound again: the next trial is its
	draining bool
	stopping bool // the incarnation is at its end
}

// roleAccount is the primary's or the backup's account.
type roleAccount struct {
	account  *Account // nil until it was fetched
	wanted   bool     // its binds are to be there
	fetching bool
	attempts int // failed fetches in a row
	next     *time.Timer
}

// carrierBind is one of the operator's binds.
type carrierBind struct {
	child
	pid      *actor.PID
	role     failover.Role
	id       port.BindID
	stopping bool // it was asked to drain
	fenced   bool // it was told to unbind at once
}

// The messages that only an operator hears.
type (
	accountFetched struct {
		role    failover.Role
		id      string // that was asked for
		account *Account
		err     error
	}
	fetchDue   struct{ role failover.Role }
	switchDue  struct{}
	bindHealth struct {
		bind  port.BindID
		bound bool
		mute  bool // bound, and no submit has been answered since a session ended for that
		held  bool // not bound because somebody ordered that
		again bool // bound because somebody ordered a rebind
	}
)

// Receive implements actor.Actor.
func (o *operator) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *actor.Started:
		o.start(c)
	case *actor.Stopping, *actor.Restarting:
		o.stop()
	case *fetchDue:
		o.fetch(c, m.role)
	case *accountFetched:
		o.fetched(c, m)
	case *accountDoubted:
		o.fetch(c, failover.Primary)
		o.fetch(c, failover.Backup)
	case *bindHealth:
		o.heard(c, m)
	case *ordered:
		for _, b := range o.binds {
			c.Send(b.pid, m)
		}
	case *switchDue:
		o.advance(c, o.choice.Tick(time.Now()), port.BindID{})
	case *tenureChanged:
		o.staff(c)
		o.relieve(c)
		o.weigh(c, port.BindID{})
	case *drain:
		o.draining = true
		o.wantNothing(c)
		o.drainAll(c, func(*carrierBind) bool { return true })
	case *drained:
		c.Stop(m.who)
	case *actor.Terminated:
		o.gone(c, m.Who)
	}
}

func (o *operator) start(c actor.Context) {
	o.node.show("waiting for credentials", time.Now())
	o.binds = map[string]*carrierBind{}
	o.ctx, o.cancel = context.WithCancel(o.env.ctx)
	o.env.tenure.began(c.Self())
	o.accounts[failover.Primary].wanted = true
	o.fetch(c, failover.Primary)
}

func (o *operator) stop() {
	o.stopping = true // binds that go now are not to come back
	o.cancel()
	for _, t := range []*time.Timer{o.tick, o.accounts[failover.Primary].next, o.accounts[failover.Backup].next} {
		if t != nil {
			t.Stop()
		}
	}
}

// idOf is the operatorId of an account: ours, or the one that the primary's names.
func (o *operator) idOf(role failover.Role) string {
	if role == failover.Primary {
		return o.id
	}
	if primary := o.accounts[failover.Primary].account; primary != nil {
		return primary.BackupOperatorID
	}
	return ""
}

// fetch asks for the credentials and settings of the operator, or of its backup,
// one request at a time.
func (o *operator) fetch(c actor.Context, role failover.Role) {
	a := &o.accounts[role]
	id := o.idOf(role)
	if a.fetching || !a.wanted || o.draining || id == "" {
		return
	}
	a.fetching = true
	root, self, ctx, env := c.ActorSystem().Root, c.Self(), o.ctx, o.env
	go func() {
		account, err := env.Accounts.Fetch(ctx, id)
		root.Send(self, &accountFetched{role, id, account, err})
	}()
}

// fetched takes an account in, and has it fetched again: after the backoff when
// it failed, else when the refresh is due.
func (o *operator) fetched(c actor.Context, m *accountFetched) {
	a := &o.accounts[m.role]
	a.fetching = false
	if o.draining || !a.wanted {
		return
	}
	if m.id != o.idOf(m.role) { // of the backup that was
		o.fetch(c, m.role)
		return
	}
	now := time.Now()
	if m.err != nil {
		a.attempts++
		delay := o.env.askAgain(o.idOf(m.role), a.attempts)
		o.env.Listener.On(event.AccountUnavailable{OperatorID: o.idOf(m.role), Attempt: a.attempts, Delay: delay, Err: m.err.Error(), At: now})
		o.node.failed(m.err.Error(), false, now)
		o.fetchAfter(c, m.role, delay)
		return
	}
	if a.attempts > 0 || a.account == nil {
		o.env.Listener.On(event.AccountFetched{OperatorID: m.account.OperatorID, Binds: len(m.account.Binds), TPS: m.account.TPS, At: now})
	}
	if m.role == failover.Primary {
		o.pair(c, a.account, m.account, now)
	}
	a.attempts, a.account = 0, m.account
	o.env.remember(m.account)
	o.settle(c, m.role)
	o.showCarrier(now)
	if o.env.Refresh > 0 {
		o.fetchAfter(c, m.role, o.env.Refresh)
	}
}

// askAgain is how long to wait before an account is asked for again.
func (e *environment) askAgain(operatorID string, attempt int) time.Duration {
	if e.Backoff == nil {
		return lifecycle.Backoff(attempt, nil)
	}
	schedule, jitter := e.Backoff(operatorID)
	return jittered(lifecycle.Backoff(attempt, schedule), jitter)
}

func (o *operator) fetchAfter(c actor.Context, role failover.Role, delay time.Duration) {
	a := &o.accounts[role]
	if a.next != nil {
		a.next.Stop()
	}
	root, self := c.ActorSystem().Root, c.Self()
	a.next = time.AfterFunc(delay, func() { root.Send(self, &fetchDue{role}) })
}

// settle makes the binds of an account what its settings say: missing ones are
// started, others told of the account, and those that are gone drained.
func (o *operator) settle(c actor.Context, role failover.Role) {
	account := o.accounts[role].account
	keep := map[string]bool{}
	var binds []port.BindID
	for _, setting := range account.Binds {
		path := o.pathOf(c, setting.Bind)
		keep[path] = true
		binds = append(binds, setting.Bind)
		if b := o.binds[path]; b != nil {
			c.Send(b.pid, &accountChanged{account: account, setting: setting})
		}
	}
	if role == failover.Primary {
		o.env.tenure.want(c.Self(), account.OperatorID, binds)
	} else {
		o.env.tenure.wantSpare(c.Self().Id, binds)
	}
	o.env.reliefChanged(c)
	o.drainAll(c, func(b *carrierBind) bool { return b.role == role && !keep[b.pid.Id] })
	o.staff(c)
	o.relieve(c)
	o.weigh(c, port.BindID{})
}

func (o *operator) pathOf(c actor.Context, bind port.BindID) string {
	return c.Self().Id + "/bind/" + bind.Path()
}

// wantNothing gives up the binds of both accounts.
func (o *operator) wantNothing(c actor.Context) {
	o.env.tenure.want(c.Self(), "", nil)
	o.env.tenure.wantSpare(c.Self().Id, nil)
	o.env.tenure.cover(c.Self().Id, nil)
	o.env.reliefChanged(c)
}

// staff starts the binds that are this process's to serve, and ends those that are
// so no more (US-SC-017).
func (o *operator) staff(c actor.Context) {
	if o.draining || o.stopping {
		return
	}
	for role := range o.accounts {
		role, a := failover.Role(role), &o.accounts[role]
		if !a.wanted || a.account == nil {
			continue
		}
		for _, setting := range a.account.Binds {
			path := o.pathOf(c, setting.Bind)
			tenancy, ours := o.env.tenure.of(setting.Bind)
			foreign := role == failover.Backup && o.env.tenure.servedHere(setting.Bind)
			switch b := o.binds[path]; {
			case b != nil && foreign && !b.stopping: // an operator of this process has come that it is of
				b.stopping = true
				c.Send(b.pid, &drain{})
			case b != nil:
				o.obey(c, b, tenancy, ours)
			case foreign:
			case ours && tenancy.Order == ownership.Serve && o.env.tenure.seize(c.Self().Id, setting.Bind):
				o.spawn(c, path, role, a.account, setting, tenancy)
			}
		}
	}
}

// obey has a bind do what ownership has ordered.
func (o *operator) obey(c actor.Context, b *carrierBind, tenancy tenancy, ours bool) {
	switch {
	case (!ours || tenancy.Order == ownership.Stop) && !b.fenced:
		b.fenced, b.stopping = true, true
		c.Send(b.pid, &fenced{reason: "the lease is lost"})
	case ours && tenancy.Order == ownership.Drain && !b.stopping:
		b.stopping = true
		c.Send(b.pid, &drain{})
	}
}

func (o *operator) spawn(c actor.Context, path string, role failover.Role, account *Account, setting port.BindSetting, of tenancy) {
	n := o.env.tree.claim(path, "bind")
	s := &seat{id: setting.Bind, own: role == failover.Primary, fence: of.fence, gauge: newBindGauge(setting.Bind, account.OperatorID, o.env.Identity.Pod)}
	if o.env.Recorder > 0 {
		s.flight = recorder.New(o.env.Recorder)
	}
	n.flight.Store(s.flight)
	s.paused = s.own && o.choice.Carrier() == failover.ByBackup
	s.mute.Store(s.own && o.choice.Silent()) // what other binds, or other pods, have found out
	covers := o.covers[role]                 // ours may change while the bind looks at its own
	s.covers.Store(&covers)
	s.account.Store(account)
	s.paced.Store(o.env.paceOf(account, setting.Bind))
	pid, err := c.SpawnNamed(o.env.tree.props(path, "bind", func() actor.Actor {
		return &bind{env: o.env, seat: s, node: n, setting: setting, operator: account.OperatorID}
	}), "bind/"+setting.Bind.Path())
	if err != nil {
		panic(fmt.Sprintf("spawn %s: %v", path, err))
	}
	o.binds[path] = &carrierBind{child: child{node: n}, pid: pid, role: role, id: setting.Bind}
	o.env.tenureChanged(c)
}

func (o *operator) drainAll(c actor.Context, which func(*carrierBind) bool) {
	for _, b := range o.binds {
		if which(b) && !b.stopping {
			b.stopping = true
			c.Send(b.pid, &drain{})
		}
	}
	o.reportDrained(c)
}

// gone takes in that a bind has stopped. One that was drained while it was asked
// for again is started anew.
func (o *operator) gone(c actor.Context, who *actor.PID) {
	b := o.binds[who.Id]
	delete(o.binds, who.Id)
	o.env.tree.releaseBelow(who.Id)
	if b != nil {
		o.env.tenure.runs(c.Self().Id, b.id, false)
		is := lineNone
		if !b.stopping && o.env.tenure.linedHere(b.id) { // it went without saying so
			is = lineFailed
		}
		o.env.tenure.stands(c.Self().Id, b.id, is)
		o.env.reliefChanged(c)
	}
	o.reportDrained(c)
	if b == nil || o.draining || o.stopping {
		return
	}
	if a := o.accounts[b.role]; a.wanted && a.account != nil {
		o.settle(c, b.role)
	}
	o.weigh(c, b.id)
}

func (o *operator) reportDrained(c actor.Context) {
	if o.draining && len(o.binds) == 0 {
		c.Send(c.Parent(), &drained{who: c.Self()})
	}
}

// HandleFailure is the operator's supervisor strategy (ARCHITECTURE, "Failover"). It
// runs on the operator's own goroutine.
func (o *operator) HandleFailure(_ *actor.ActorSystem, supervisor actor.Supervisor, who *actor.PID, _ *actor.RestartStatistics, reason, message any) {
	var lost *LinkEnded
	if err, ok := reason.(error); ok && errors.As(err, &lost) {
		supervisor.ResumeChildren(who) // it has scheduled its redial; the backup starts when its UNBOUND is heard
		return
	}
	var ch *child
	if b := o.binds[who.Id]; b != nil {
		ch = &b.child
	}
	restartOrEscalate(o.env, ch, supervisor, who, reason, message, time.Now())
}
