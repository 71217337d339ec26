package actors

import (
	"context"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// A bind that has a new owner takes its consumers over before it binds (US-SC-019):
// lease, then delete and create the consumer under the lease's epoch, then the line.
// So whatever the last owner still has in hand, its readers are told before the MNO
// hears of us, and what it had not acknowledged comes to us, marked.

type (
	// takeOver asks bridge/nats to open a bind's own consumers under its epoch.
	takeOver struct {
		intakes []*intake
		bind    *actor.PID
		round   int
	}
	tookOver struct {
		round int
		err   error
	}
	takeOverDue struct{ round int }
)

// takeOverAgain is how long after a takeover that failed, or whose answer was lost
// with an actor that failed, it is tried again.
const takeOverAgain = openTimeout + 5*time.Second

// takeOver has the bind's consumers opened, or dials at once where it has none.
func (b *bind) takeOver(c actor.Context, round int) {
	if round != b.generation || b.draining && !b.held {
		return
	}
	intakes := b.env.ownIntakes(b.seat)
	if len(intakes) == 0 {
		b.taken = true
		b.dial(c)
		return
	}
	b.generation++
	c.Send(b.env.nats, &takeOver{intakes: intakes, bind: c.Self(), round: b.generation})
	b.takeOverAfter(c, takeOverAgain)
}

func (b *bind) takeOverAfter(c actor.Context, wait time.Duration) {
	if b.patience != nil {
		b.patience.Stop()
	}
	root, self, round := c.ActorSystem().Root, c.Self(), b.generation
	b.patience = time.AfterFunc(wait, func() { root.Send(self, &takeOverDue{round}) })
}

func (b *bind) tookOver(c actor.Context, m *tookOver) {
	if m.round != b.generation || b.draining && !b.held {
		return
	}
	b.generation++
	if m.err != nil {
		b.node.failed("take the consumers over: "+m.err.Error(), false, time.Now())
		b.takeOverAfter(c, time.Second)
		return
	}
	b.taken = true
	b.patience.Stop()
	b.dial(c)
}

// takeOver opens consumers, and says how that went.
func (n *natsBridge) takeOver(c actor.Context, m *takeOver) {
	root, ctx := c.ActorSystem().Root, n.ctx
	go func() {
		ctx, cancel := context.WithTimeout(ctx, openTimeout)
		defer cancel()
		answer := &tookOver{round: m.round}
		for _, in := range m.intakes {
			in.stale.Store(true)
			if _, answer.err = in.open(ctx); answer.err != nil {
				break
			}
		}
		root.Send(m.bind, answer)
	}()
}

// ownIntakes are the consumers that a bind alone reads, if it owes them to a lease.
func (e *environment) ownIntakes(s *seat) (own []*intake) {
	if e.tenure.free || !s.id.Direction.Submits() {
		return nil
	}
	for _, in := range e.intakesOf(s, s.account.Load()) {
		if in.inlet.bind == s.id {
			own = append(own, in)
		}
	}
	return own
}
