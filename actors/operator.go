package actors

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/failover"
	"github.com/ghasi/smpp-connector/actors/lifecycle"
	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// operator is one MNO account: it fetches the credentials, starts the binds, and
// is their supervisor. A bind whose line is lost escalates that; the answer is
// to resume it (it redials by itself) and to think of the backup (US-SC-013):
// its binds are children of the same operator, and pull the same subjects.
//
// A restart stops the binds and starts them anew.
type operator struct {
	env  *environment
	node *node
	id   string

	ctx      context.Context
	cancel   context.CancelFunc
	attempts [2]int // failed fetches, by role
	binds    map[string]*child
	pids     map[string]*actor.PID
	roles    map[string]failover.Role
	bound    map[string]bool // by the bind's name
	accounts [2]*Account
	choice   failover.Switch
	draining bool
	stopping map[string]bool // binds that were asked to drain, by PID
}

// The messages that only an operator hears.
type (
	accountFetched struct {
		role    failover.Role
		account *Account
		err     error
	}
	fetchDue   struct{ role failover.Role }
	bindHealth struct {
		bind  port.BindID
		bound bool
	}
)

// Receive implements actor.Actor.
func (o *operator) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *actor.Started:
		o.start(c)
	case *actor.Stopping, *actor.Restarting:
		o.cancel()
	case *fetchDue:
		o.fetch(c, m.role)
	case *accountFetched:
		o.fetched(c, m)
	case *bindHealth:
		o.heard(c, m)
	case *drain:
		o.draining = true
		o.drainAll(c, func(failover.Role) bool { return true })
	case *drained:
		c.Stop(m.who)
	case *actor.Terminated:
		o.gone(c, m.Who)
	}
}

func (o *operator) start(c actor.Context) {
	o.node.show("waiting for credentials", time.Now())
	o.binds, o.pids, o.roles = map[string]*child{}, map[string]*actor.PID{}, map[string]failover.Role{}
	o.bound, o.stopping = map[string]bool{}, map[string]bool{}
	o.ctx, o.cancel = context.WithCancel(context.Background())
	o.fetch(c, failover.Primary)
}

// fetch asks for the credentials of the operator, or of its backup.
func (o *operator) fetch(c actor.Context, role failover.Role) {
	root, self, ctx, env, id := c.ActorSystem().Root, c.Self(), o.ctx, o.env, o.idOf(role)
	go func() {
		account, err := env.Accounts.Fetch(ctx, id)
		root.Send(self, &accountFetched{role, account, err})
	}()
}

// idOf is the operatorId of an account: ours, or the one that the primary's names.
func (o *operator) idOf(role failover.Role) string {
	if role == failover.Backup {
		return o.accounts[failover.Primary].BackupOperatorID
	}
	return o.id
}

func (o *operator) fetched(c actor.Context, m *accountFetched) {
	if o.draining {
		return
	}
	if m.err != nil {
		o.attempts[m.role]++
		delay := lifecycle.Backoff(o.attempts[m.role], nil)
		now := time.Now()
		o.env.Listener.On(event.AccountUnavailable{OperatorID: o.idOf(m.role), Attempt: o.attempts[m.role], Delay: delay, Err: m.err.Error(), At: now})
		o.node.failed(m.err.Error(), false, now)
		root, self := c.ActorSystem().Root, c.Self()
		time.AfterFunc(delay, func() { root.Send(self, &fetchDue{m.role}) })
		return
	}
	o.attempts[m.role] = 0
	o.accounts[m.role] = m.account
	o.env.remember(m.account)
	o.env.Listener.On(event.AccountFetched{OperatorID: m.account.OperatorID, Binds: len(m.account.Binds), At: time.Now()})
	if m.role == failover.Primary {
		o.choice.HasBackup = m.account.BackupOperatorID != ""
		o.node.show("running", time.Now())
	}
	for _, setting := range m.account.Binds {
		o.spawn(c, m.role, m.account, setting)
	}
}

func (o *operator) spawn(c actor.Context, role failover.Role, account *Account, setting port.BindSetting) {
	name := "bind/" + setting.Bind.Path()
	path := c.Self().Id + "/" + name
	if o.pids[path] != nil {
		return // still leaving; the next failover starts it again
	}
	n := o.env.tree.claim(path, "bind")
	s := &seat{id: setting.Bind, carries: o.id, gauge: &bindGauge{bind: setting.Bind, operatorID: account.OperatorID}}
	s.account.Store(account)
	pid, err := c.SpawnNamed(o.env.tree.props(path, "bind", func() actor.Actor {
		return &bind{env: o.env, seat: s, node: n, setting: setting, operator: account.OperatorID}
	}), name)
	if err != nil {
		panic(fmt.Sprintf("spawn %s: %v", path, err))
	}
	o.binds[path], o.pids[path], o.roles[path] = &child{node: n}, pid, role
	c.Watch(pid)
}

// heard takes in that a bind became BOUND or UNBOUND.
func (o *operator) heard(c actor.Context, m *bindHealth) {
	sender := c.Self().Id + "/bind/" + m.bind.Path()
	role, known := o.roles[sender]
	if !known {
		return
	}
	o.bound[sender] = m.bound
	any := false
	for path, bound := range o.bound {
		any = any || bound && o.roles[path] == role
	}
	if o.draining {
		return
	}
	for _, step := range o.choice.Heard(role, any) {
		o.take(c, step, m.bind)
	}
	o.node.show("carried by "+o.choice.Carrier().String(), time.Now())
}

// take performs a step of the failover. MoveToBackup and MoveToPrimary need
// nothing: whichever bind is BOUND pulls.
func (o *operator) take(c actor.Context, step failover.Step, bind port.BindID) {
	switch step {
	case failover.StartBackup:
		o.fetch(c, failover.Backup)
	case failover.AnnounceFailback:
		c.Send(o.env.nats, &publish{events: []port.Event{{Subject: contract.SubjectOperatorHealth, Body: &contract.OperatorHealthEvent{
			OperatorId: o.id, Mno: bind.MNO, Direction: string(bind.Direction), BindId: bind.String(),
			State: contract.HealthState_FAILBACK, Reason: "primary is back", Epoch: uint32(o.env.Epoch), At: timestamppb.Now()}}}})
	case failover.StopBackup:
		o.drainAll(c, func(r failover.Role) bool { return r == failover.Backup })
	}
}

func (o *operator) drainAll(c actor.Context, which func(failover.Role) bool) {
	for path, pid := range o.pids {
		if which(o.roles[path]) && !o.stopping[path] {
			o.stopping[path] = true
			c.Send(pid, &drain{})
		}
	}
	o.reportDrained(c)
}

func (o *operator) gone(c actor.Context, who *actor.PID) {
	delete(o.binds, who.Id)
	delete(o.pids, who.Id)
	delete(o.roles, who.Id)
	delete(o.bound, who.Id)
	delete(o.stopping, who.Id)
	o.env.tree.releaseBelow(who.Id)
	o.reportDrained(c)
}

func (o *operator) reportDrained(c actor.Context) {
	if o.draining && len(o.pids) == 0 {
		c.Send(c.Parent(), &drained{who: c.Self()})
	}
}

// HandleFailure is the operator's supervisor strategy (design.md: failover). It
// runs on the operator's own goroutine.
func (o *operator) HandleFailure(_ *actor.ActorSystem, supervisor actor.Supervisor, who *actor.PID, _ *actor.RestartStatistics, reason, message any) {
	var lost *LinkEnded
	if err, ok := reason.(error); ok && errors.As(err, &lost) {
		supervisor.ResumeChildren(who) // it has scheduled its redial; the backup starts when its UNBOUND is heard
		return
	}
	restartOrEscalate(o.env, o.binds[who.Id], supervisor, who, reason, message, time.Now())
}
