package actors

import (
	"context"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
)

// postgresBridge keeps the correlations: it stores what was accepted, in groups,
// before what was decided is carried out, and has the receipts desk find the
// messages of receipts. In standalone the store behind it is JetStream KV.
//
// A failed write is repeated while the rows are kept: the MNO has the SMS, so
// giving the command back would send it twice (decisions.md, 010/011). The
// window's credit bounds what can gather here meanwhile.
//
// It keeps no state of its own: what has gathered is in the outbox, and group
// commits run on goroutines that outlive a restart.
type postgresBridge struct {
	env    *environment
	node   *node
	desk   receiptDesk
	cancel context.CancelFunc // of the watch of parked receipts
}

// saveTimeout bounds one write; saveRetry is the pause before the next.
const (
	saveTimeout = 10 * time.Second
	saveRetry   = 500 * time.Millisecond
)

// settleDue says that something has gathered in the outbox, or that there is room for
// another group commit.
type settleDue struct{}

// Receive implements actor.Actor.
func (p *postgresBridge) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *actor.Started:
		p.start(c)
	case *actor.Stopping, *actor.Restarting:
		p.cancel()
	case *settleDue:
		p.save(c)
	case *heardDeliveries:
		root := c.ActorSystem().Root
		go p.desk.take(p.env.ctx, root, m)
	}
}

func (p *postgresBridge) start(c actor.Context) {
	p.node.show("running", time.Now())
	p.desk = receiptDesk{p.env}
	var ctx context.Context
	ctx, p.cancel = context.WithCancel(p.env.ctx)
	env, desk := p.env, p.desk
	go func() {
		for ctx.Err() == nil {
			_ = env.Park.Watch(ctx, func(r port.ParkedReceipt) {
				env.parks.add(r)
				if env.parks.begin() {
					go desk.meet(env.ctx)
				}
			}, env.parks.remove)
			pause(ctx, time.Second) // a watch that ended is begun again
		}
	}()
	go p.desk.retry(ctx)
	p.save(c)
}

// save starts a group commit with all that has gathered.
func (p *postgresBridge) save(c actor.Context) {
	g, ok := p.env.outbox.next()
	if !ok {
		return
	}
	rows := rowsOf(g.accepted)
	if g.stored != nil {
		p.env.near.expect(rows, g.stored)
	}
	root, self, env, desk := c.ActorSystem().Root, c.Self(), p.env, p.desk
	go func() {
		if g.stored != nil {
			if !keepSaving(env.ctx, env, rows) {
				return
			}
			env.outbox.saved(g)
			env.held.stored(g.accepted)
			root.Send(self, settleDueMessage)
		}
		if !g.await(env.ctx) {
			return
		}
		stepAll(g.settlements, "store")
		partly := partlySilent(g.settlements)
		carryOut(env.ctx, root, env, g.settlements)
		env.outbox.done(g)
		if waiting := env.parks.waitingFor(rows); len(waiting) > 0 {
			desk.rematch(env.ctx, waiting)
		}
		desk.finish(env.ctx, partly)
	}()
}

// keepSaving writes until the rows are stored; false means that the process is stopping.
func keepSaving(ctx context.Context, env *environment, rows []port.Correlation) bool {
	down := false
	for {
		try, cancel := context.WithTimeout(ctx, saveTimeout)
		err := env.near.store.Save(try, rows)
		cancel()
		if err == nil {
			if down {
				env.Listener.On(event.DependencyChanged{Name: "correlations", Up: true, At: time.Now()})
			}
			return true
		}
		if !down {
			down = true
			env.Listener.On(event.DependencyChanged{Name: "correlations", Err: err.Error(), At: time.Now()})
		}
		if !pause(ctx, saveRetry) {
			return false
		}
	}
}

// pause waits for d, or until ctx ends: then it is false.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
