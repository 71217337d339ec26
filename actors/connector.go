package actors

import (
	"fmt"
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/event"
)

// connector is the root: it starts the bridges and then the operators, and
// drains them in the other order.
type connector struct {
	env  *environment
	node *node

	children  map[string]*child
	operators map[string]*actor.PID // that run, leaving ones too, by operatorId
	wanted    []string              // operatorIds that are to run
	draining  []chan<- struct{}
	stopped   chan<- struct{}
	left      bool // leases and presence are given back
	ended     bool // the incarnation is at its end
}

// operatorsChanged says which operators are to run (a reload of the configuration).
type operatorsChanged struct{ ids []string }

// refreshAll has every operator fetch its account now.
type refreshAll struct{}

// drainAll asks the root to drain; done is closed when nothing is left to do.
type drainAll struct{ done chan<- struct{} }

// Receive implements actor.Actor.
func (k *connector) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *actor.Started:
		k.start(c)
	case *actor.Stopping, *actor.Restarting:
		k.ended = true
	case *drainAll:
		k.draining = append(k.draining, m.done)
		k.node.show("draining", time.Now())
		k.wanted = nil
		if k.env.ownership != nil {
			c.Send(k.env.ownership, &leavePools{}) // first: nobody gives us a bind meanwhile
		}
		k.settle(c)
		k.report()
	case *poolsLeft:
		k.left = true
		k.report()
	case *operatorsChanged:
		if k.draining == nil {
			k.wanted = m.ids
			k.settle(c)
		}
	case *refreshAll:
		for _, pid := range k.operators {
			c.Send(pid, &accountDoubted{})
		}
	case *ordered:
		k.env.tenureChanged(c)
		for _, pid := range k.operators {
			c.Send(pid, m)
		}
	case *drained:
		c.Stop(m.who)
	case *actor.Terminated:
		k.gone(c, m.Who)
	case *actor.Stopped:
		close(k.stopped)
	}
}

func (k *connector) start(c actor.Context) {
	k.children, k.operators = map[string]*child{}, map[string]*actor.PID{}
	k.env.nats = k.spawn(c, "bridge/nats", "bridge", func(n *node) actor.Actor { return &natsBridge{env: k.env, node: n} })
	k.env.redis = k.spawn(c, "bridge/redis", "bridge", func(n *node) actor.Actor { return &redisBridge{env: k.env, node: n} })
	k.env.postgres = k.spawn(c, "bridge/postgres", "bridge", func(n *node) actor.Actor { return &postgresBridge{env: k.env, node: n} })
	if k.left = k.env.tenure.free; !k.left {
		k.env.ownership = k.spawn(c, "ownership", "ownership", func(n *node) actor.Actor { k.env.owner.node = n; return k.env.owner })
	}
	k.wanted = k.env.operatorIDs()
	k.settle(c)
	k.node.show("running", time.Now())
}

// spawn starts a child of the root, which restarts it when it has a bug.
func (k *connector) spawn(c actor.Context, name, kind string, produce func(*node) actor.Actor) *actor.PID {
	path := c.Self().Id + "/" + name
	n := k.env.tree.claim(path, kind)
	k.children[path] = &child{node: n}
	pid, err := c.SpawnNamed(k.env.tree.props(path, kind, func() actor.Actor { return produce(n) }), name)
	if err != nil {
		panic(fmt.Sprintf("spawn %s: %v", path, err))
	}
	return pid
}

// settle starts the operators that are wanted and not there, and drains those that
// are there and not wanted.
func (k *connector) settle(c actor.Context) {
	k.env.wantOperators(k.wanted)
	for _, id := range k.wanted {
		if k.operators[id] != nil {
			continue // one that is leaving comes again when it has gone
		}
		k.env.Listener.On(event.OperatorConfigured{OperatorID: id})
		pid := k.spawn(c, "operator/"+id, "operator", func(n *node) actor.Actor { return &operator{env: k.env, node: n, id: id} })
		k.operators[id] = pid
	}
	for id, pid := range k.operators {
		if !slices.Contains(k.wanted, id) {
			c.Send(pid, &drain{})
		}
	}
}

// gone takes in that an operator has stopped. (A parent hears of its children's end
// without watching them; one that watches hears it twice.)
func (k *connector) gone(c actor.Context, who *actor.PID) {
	for id, pid := range k.operators {
		if pid.Equal(who) {
			delete(k.operators, id)
			k.env.tenure.ended(pid)
			k.env.tree.releaseBelow(who.Id)
		}
	}
	if k.ended {
		return
	}
	k.settle(c)
	k.report()
}

func (k *connector) report() {
	if len(k.operators) > 0 || !k.left || k.draining == nil {
		return
	}
	for _, done := range k.draining {
		close(done)
	}
	k.draining = k.draining[:0]
}

// HandleFailure restarts a bridge or an operator that has a bug.
func (k *connector) HandleFailure(_ *actor.ActorSystem, supervisor actor.Supervisor, who *actor.PID, _ *actor.RestartStatistics, reason, message any) {
	restartOrEscalate(k.env, k.children[who.Id], supervisor, who, reason, message, time.Now())
}
