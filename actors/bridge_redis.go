package actors

import (
	"context"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/port"
)

// redisBridge reserves numbers and keeps the parts of inbound messages. In
// standalone the counters behind it are memory and JetStream KV. It keeps no
// state; a restart loses requests under way, which their actors make again.
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

// keepParts stores inbound parts and calls done, on a goroutine, with the groups
// that they belong to and the error of each.
type keepParts struct {
	parts []keptPart
	done  func([]keptPart)
}

type keptPart struct {
	key   port.ConcatKey
	part  port.ConcatPart
	at    time.Time
	ttl   time.Duration
	group port.ConcatGroup
	err   error
}

// overdueGroups asks for groups whose deadline has passed.
type overdueGroups struct {
	now  time.Time
	done func([]port.ConcatGroup)
}

// takeGroup removes a published group.
type takeGroup struct{ key port.ConcatKey }

// Receive implements actor.Actor.
func (r *redisBridge) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *actor.Started:
		r.node.show("running", time.Now())
		r.ctx, r.cancel = context.WithCancel(context.Background())
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
	case *keepParts:
		r.run(func(ctx context.Context) {
			for i := range m.parts {
				p := &m.parts[i]
				p.group, p.err = r.env.Concat.Keep(ctx, p.key, p.part, p.at, p.ttl)
			}
			m.done(m.parts)
		})
	case *overdueGroups:
		r.run(func(ctx context.Context) {
			if groups, err := r.env.Concat.Due(ctx, m.now); err == nil && len(groups) > 0 {
				m.done(groups)
			}
		})
	case *takeGroup:
		r.run(func(ctx context.Context) { _, _ = r.env.Concat.Take(ctx, m.key) }) // one that stays is due later, and published under the same id
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
