package actors

import (
	"fmt"
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
	operators map[string]*actor.PID
	draining  []chan<- struct{}
	stopped   chan<- struct{}
}

// drainAll asks the root to drain; done is closed when nothing is left to do.
type drainAll struct{ done chan<- struct{} }

// Receive implements actor.Actor.
func (k *connector) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *actor.Started:
		k.start(c)
	case *drainAll:
		k.draining = append(k.draining, m.done)
		k.node.show("draining", time.Now())
		for _, pid := range k.operators {
			c.Send(pid, &drain{})
		}
		k.report()
	case *drained:
		delete(k.operators, m.who.Id)
		c.Stop(m.who)
		k.report()
	case *actor.Stopped:
		close(k.stopped)
	}
}

func (k *connector) start(c actor.Context) {
	k.children, k.operators = map[string]*child{}, map[string]*actor.PID{}
	spawn := func(name, kind string, produce func(*node) actor.Actor) *actor.PID {
		path := c.Self().Id + "/" + name
		n := k.env.tree.claim(path, kind)
		k.children[path] = &child{node: n}
		pid, err := c.SpawnNamed(k.env.tree.props(path, kind, func() actor.Actor { return produce(n) }), name)
		if err != nil {
			panic(fmt.Sprintf("spawn %s: %v", path, err))
		}
		return pid
	}
	k.env.nats = spawn("bridge/nats", "bridge", func(n *node) actor.Actor { return &natsBridge{env: k.env, node: n} })
	k.env.redis = spawn("bridge/redis", "bridge", func(n *node) actor.Actor { return &redisBridge{env: k.env, node: n} })
	k.env.postgres = spawn("bridge/postgres", "bridge", func(n *node) actor.Actor { return &postgresBridge{env: k.env, node: n} })
	for _, id := range k.env.Operators {
		k.env.Listener.On(event.OperatorConfigured{OperatorID: id})
		pid := spawn("operator/"+id, "operator", func(n *node) actor.Actor { return &operator{env: k.env, node: n, id: id} })
		k.operators[pid.Id] = pid
	}
	k.node.show("running", time.Now())
}

func (k *connector) report() {
	if len(k.operators) > 0 {
		return
	}
	for _, done := range k.draining {
		close(done)
	}
	k.draining = nil
}

// HandleFailure restarts a bridge or an operator that has a bug.
func (k *connector) HandleFailure(_ *actor.ActorSystem, supervisor actor.Supervisor, who *actor.PID, _ *actor.RestartStatistics, reason, message any) {
	restartOrEscalate(k.env, k.children[who.Id], supervisor, who, reason, message, time.Now())
}
