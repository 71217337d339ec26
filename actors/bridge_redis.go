package actors

import (
	"context"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/port"
)

// redisBridge reserves numbers and permits, and keeps the parts of inbound messages. In
// standalone the counters behind it are memory and JetStream KV. It keeps no
// state; a restart loses requests under way, which their actors make again. Parts
// wait in their bind's seat, and are kept on goroutines that outlive a restart.
type redisBridge struct {
	env    *environment
	node   *node
	ctx    context.Context
	cancel context.CancelFunc
}

const counterTimeout = 2 * time.Second

// reserve asks for n numbers of one kind and answers the actor with reserved.
type reserve struct {
	kind numberKind
	bind port.BindID
	n    int
	to   *actor.PID
}

// numberKind tells sequence numbers from concatenation references.
type numberKind uint8

const (
	sequenceNumbers numberKind = iota
	concatReferences
	kinds
)

type reserved struct {
	kind  numberKind
	first uint64
	n     int
	err   error
}

// partsDue says that a bind has parts that wait to be kept.
type partsDue struct{ seat *seat }

// Receive implements actor.Actor.
func (r *redisBridge) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *actor.Started:
		r.node.show("running", time.Now())
		r.ctx, r.cancel = context.WithCancel(context.Background())
		go partsDesk{r.env}.sweep(r.ctx)
	case *actor.Stopping, *actor.Restarting:
		r.cancel()
	case *reserve:
		root := c.ActorSystem().Root
		r.run(func(ctx context.Context) {
			reserveOf := r.env.Counters.ReserveSequences
			if m.kind == concatReferences {
				reserveOf = r.env.Counters.ReserveReferences
			}
			first, err := reserveOf(ctx, m.bind, m.n)
			root.Send(m.to, &reserved{m.kind, first, m.n, err})
		})
	case *takePermits:
		r.run(m.run)
	case *partsDue:
		if m.seat.parts.begin() {
			go partsDesk{r.env}.keep(r.env.ctx, c.ActorSystem().Root, m.seat)
		}
	}
}

func (r *redisBridge) run(call func(context.Context)) {
	parent := r.ctx
	go func() {
		ctx, cancel := context.WithTimeout(parent, counterTimeout)
		defer cancel()
		call(ctx)
	}()
}
