package actors

import (
	"context"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/ownership"
	"github.com/ghasi/smpp-connector/actors/port"
)

// owner carries out what package ownership decides: it watches leases and pods, makes
// the calls that are due, on goroutines of their own, and writes into the tenure
// what this process may do with which bind. The operators start and stop binds by that.
//
// One value over all its restarts. A restart begins the watches anew; a call whose
// answer is lost with a failure counts as lost after some seconds.
type owner struct {
	env    *environment
	node   *node
	claims *ownership.Claims

	groups  []port.Group // that are watched
	round   int          // of the watches: an older one's news is dropped
	stop    context.CancelFunc
	timer   *time.Timer
	due     bool      // an ownerDue is on its way to us
	leaving time.Time // since when; zero: it is not
	roster  time.Time // when the roster was asked for last
}

const (
	// leaseCall bounds one call on a lease or a presence: well below the time that a
	// renewal may fail for.
	leaseCall = 2500 * time.Millisecond
	// leaveWithin is how long a process that has drained tries to give its leases back.
	leaveWithin = 3 * time.Second
	// leaveAgain is how often the connector is told that this is done.
	leaveAgain = 500 * time.Millisecond
)

// The messages that only ownership hears.
type (
	// tenureChanged tells ownership that an operator wants other binds, or that a bind
	// has started or ended; and operators that another grant is there.
	tenureChanged struct{}
	ownerDue      struct{}
	leavePools    struct{}      // the process is stopping
	poolsLeft     struct{}      // its answer to the connector
	called        []leaseAnswer // what became of one or more calls
	leaseAnswer   struct {
		step     ownership.Step
		revision uint64
		err      error
	}
	// rosterIs is what the orchestrator says; nil: nothing.
	rosterIs struct{ names []string }
	// news is what a watch tells of.
	news struct {
		round int
		tell  func(*ownership.Claims, time.Time)
	}
)

// Receive implements actor.Actor.
func (o *owner) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *actor.Started:
		o.node.show("running", time.Now())
		o.watch(c, nil)
	case *actor.Stopping, *actor.Restarting:
		o.halt()
		o.due = false // a failure may have lost it
		return
	case called:
		for _, a := range m {
			o.claims.Answered(a.step, a.revision, a.err, time.Now())
		}
	case *news:
		if m.round == o.round {
			m.tell(o.claims, time.Now())
		}
		if !o.claims.Stirred() {
			return // the others are as they were: nothing follows from it
		}
	case *leavePools:
		if o.leaving.IsZero() {
			o.leaving = time.Now()
		}
		o.claims.Leave()
	case *rosterIs:
		o.claims.Roster(m.names)
	case *tenureChanged:
	case *ownerDue:
		o.due = false
		o.advance(c)
		return
	default:
		return
	}
	// One look at all binds for all that has come, not one for each: after a start or an
	// outage answers and news come by the hundred.
	if !o.due {
		o.due = true
		c.Send(c.Self(), &ownerDue{})
	}
}

func (o *owner) halt() {
	o.round++
	if o.stop != nil {
		o.stop()
	}
	if o.timer != nil {
		o.timer.Stop()
	}
}

// advance looks at what is wanted and makes the calls that are due.
func (o *owner) advance(c actor.Context) {
	now := time.Now()
	wants, running := o.env.tenure.look()
	o.claims.Wants(wants, running)
	o.claims.Stands(o.env.tenure.failover())
	o.claims.Homes(o.env.standing.Load().Homes())
	o.watchWanted(c) // before anything is decided: of a group that nobody watches, nothing is known
	steps := o.claims.Tick(now)
	for _, f := range o.claims.Facts() {
		o.env.Listener.On(f)
	}
	o.env.tenure.grant(o.claims.Grants())
	o.env.tenure.movesBy(o.claims.Moves())
	o.env.tenure.oblige(o.claims.Duty(now))
	o.showBindless(now)
	pods := 1
	for _, group := range o.groups {
		pods = max(pods, o.claims.Pods(group))
	}
	o.env.tenure.pods.Store(int64(pods))
	if o.env.tenure.hear(o.claims.Elsewhere()) || !o.env.tenure.agrees() { // told again as long as they do not do it
		for _, pid := range o.env.tenure.operators() {
			c.Send(pid, tenureChangedMessage)
		}
	}
	o.call(c, steps)
	o.askRoster(c, now)
	o.leave(c, now, len(running) > 0)
	wait := o.claims.Next(now).Sub(now)
	if !o.leaving.IsZero() {
		wait = min(wait, leaveAgain)
	}
	o.timer = resetTimer(c, o.timer, wait)
}

// showBindless shows, and has `binds` say, why this pod has no bind.
func (o *owner) showBindless(now time.Time) {
	why := o.claims.Bindless()
	o.env.tenure.bindless.Store(&why)
	if why != "" {
		o.node.show(why, now)
	} else {
		o.node.show("running", now)
	}
}

var tenureChangedMessage = &tenureChanged{}

func resetTimer(c actor.Context, t *time.Timer, wait time.Duration) *time.Timer {
	if t != nil {
		t.Stop()
	}
	root, self := c.ActorSystem().Root, c.Self()
	return time.AfterFunc(max(wait, time.Millisecond), func() { root.Send(self, &ownerDue{}) })
}

func sameGroups(a, b []port.Group) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// rosterEvery is how often the orchestrator is asked which pods it runs.
const rosterEvery = 30 * time.Second

// askRoster asks for the roster where there is one and it is time.
func (o *owner) askRoster(c actor.Context, now time.Time) {
	if o.env.Roster == nil || now.Sub(o.roster) < rosterEvery {
		return
	}
	o.roster = now
	root, self, env := c.ActorSystem().Root, c.Self(), o.env
	go func() {
		ctx, cancel := context.WithTimeout(env.ctx, rosterEvery/2)
		defer cancel()
		names, err := env.Roster.Running(ctx)
		if err != nil {
			names = nil // the adapter has told why
		}
		root.Send(self, &rosterIs{names})
	}()
}

// call makes the calls of one look, and brings their answers back: renewals together,
// because they come by the hundred, any other by itself.
func (o *owner) call(c actor.Context, steps []ownership.Step) {
	root, self, env := c.ActorSystem().Root, c.Self(), o.env
	bring := func(ask func(context.Context) called) {
		go func() {
			ctx, cancel := context.WithTimeout(env.ctx, leaseCall)
			defer cancel()
			root.Send(self, ask(ctx))
		}()
	}
	var renewals []ownership.Step
	for _, s := range steps {
		if s.Do == ownership.Renew {
			renewals = append(renewals, s)
			continue
		}
		bring(func(ctx context.Context) called { return called{env.ask(ctx, s)} })
	}
	if len(renewals) > 0 {
		bring(func(ctx context.Context) called { return env.renew(ctx, renewals) })
	}
}

// ask makes one call other than a renewal.
func (e *environment) ask(ctx context.Context, s ownership.Step) leaseAnswer {
	a := leaseAnswer{step: s}
	switch s.Do {
	case ownership.Acquire:
		a.revision, a.err = e.Leases.Acquire(ctx, s.Lease)
	case ownership.Release:
		a.err = e.Leases.Release(ctx, s.Lease)
	case ownership.Announce:
		a.err = e.Presence.Announce(ctx, s.Pod)
	case ownership.Depart:
		a.err = e.Presence.Depart(ctx, s.Pod)
	}
	return a
}

// renew renews leases, each with an answer of its own.
func (e *environment) renew(ctx context.Context, steps []ownership.Step) called {
	leases := make([]port.Lease, len(steps))
	for i, s := range steps {
		leases[i] = s.Lease
	}
	answers := make(called, len(steps))
	for i, r := range e.Leases.Renew(ctx, leases) {
		answers[i] = leaseAnswer{steps[i], r.Revision, r.Err}
	}
	return answers
}

// watchWanted begins to watch what must be watched, where that is something else by now.
func (o *owner) watchWanted(c actor.Context) {
	if groups := o.claims.Groups(); !sameGroups(groups, o.groups) {
		o.watch(c, groups)
	}
}

// watch begins to watch these groups, and no others.
func (o *owner) watch(c actor.Context, groups []port.Group) {
	o.halt()
	ctx, cancel := context.WithCancel(o.env.ctx)
	o.groups, o.stop = groups, cancel
	root, self, round := c.ActorSystem().Root, c.Self(), o.round
	tell := func(f func(*ownership.Claims, time.Time)) { root.Send(self, &news{round, f}) }
	o.claims.LeasesKnown(false, time.Now())
	o.claims.PodsKnown(false, time.Now())
	leases, pods := o.env.Leases, o.env.Presence
	go func() { // it ends with its context, whose error says nothing
		_ = leases.Watch(ctx, groups, port.LeaseWatcher{
			Seen: func(l port.Lease) { tell(func(k *ownership.Claims, now time.Time) { k.SeenLease(l, now) }) },
			Gone: func(b port.BindID, how port.Vanished, revision uint64) {
				tell(func(k *ownership.Claims, now time.Time) { k.GoneLease(b, how, revision, now) })
			},
			Synced: func(is bool) { tell(func(k *ownership.Claims, now time.Time) { k.LeasesKnown(is, now) }) },
		})
	}()
	go func() {
		_ = pods.Watch(ctx, groups, port.PodWatcher{
			Seen: func(p port.Pod) { tell(func(k *ownership.Claims, now time.Time) { k.SeenPod(p, now) }) },
			Gone: func(g port.Group, instance string) {
				tell(func(k *ownership.Claims, _ time.Time) { k.GonePod(g, instance) })
			},
			Synced: func(is bool) { tell(func(k *ownership.Claims, now time.Time) { k.PodsKnown(is, now) }) },
		})
	}()
}

// leave tells the connector that a process that is stopping holds nothing any
// more, or that it has tried for long enough after its last bind had ended.
func (o *owner) leave(c actor.Context, now time.Time, running bool) {
	if o.leaving.IsZero() {
		return
	}
	if running {
		o.leaving = now
	}
	if o.claims.Left() || now.Sub(o.leaving) >= leaveWithin {
		c.Send(c.Parent(), &poolsLeft{})
	}
}
