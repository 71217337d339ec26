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
// A restart loses what was gathered; the commands come again after the
// consumers' AckWait.
type postgresBridge struct {
	env  *environment
	node *node
	desk receiptDesk

	gathered settle
	saving   int // group commits under way
	ctx      context.Context
	cancel   context.CancelFunc
}

// maxSaving is how many group commits may be under way at once.
const maxSaving = 4

// saveTimeout bounds one write; saveRetry is the pause before the next.
const (
	saveTimeout = 10 * time.Second
	saveRetry   = 500 * time.Millisecond
)

type (
	// saved brings a group back whose rows are stored.
	saved struct{ group settle }
	// appeared tells of a receipt that was parked, on this pod or another.
	appeared struct{ receipt port.ParkedReceipt }
)

// Receive implements actor.Actor.
func (p *postgresBridge) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *actor.Started:
		p.start(c)
	case *actor.Stopping, *actor.Restarting:
		p.cancel()
	case *settle:
		p.gathered.rows = append(p.gathered.rows, m.rows...)
		p.gathered.settlements = append(p.gathered.settlements, m.settlements...)
		p.save(c)
	case *saved:
		p.saving--
		c.Send(p.env.nats, &execute{m.group.settlements})
		p.save(c)
	case *heardDeliveries:
		root, ctx := c.ActorSystem().Root, p.ctx
		go p.desk.take(ctx, root, m)
	case *appeared:
		ctx := p.ctx
		go p.desk.rematch(ctx, []port.ParkedReceipt{m.receipt})
	}
}

func (p *postgresBridge) start(c actor.Context) {
	p.node.show("running", time.Now())
	p.desk = receiptDesk{p.env}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	root, self, ctx, env := c.ActorSystem().Root, c.Self(), p.ctx, p.env
	go func() {
		for ctx.Err() == nil {
			_ = env.Park.Watch(ctx, func(r port.ParkedReceipt) {
				env.parks.add(r)
				root.Send(self, &appeared{r})
			}, env.parks.remove)
			pause(ctx, time.Second) // a watch that ended is begun again
		}
	}()
}

// save starts a group commit with all that has gathered.
func (p *postgresBridge) save(c actor.Context) {
	if p.saving >= maxSaving || len(p.gathered.rows)+len(p.gathered.settlements) == 0 {
		return
	}
	group := p.gathered
	p.gathered = settle{}
	if len(group.rows) == 0 {
		c.Send(p.env.nats, &execute{group.settlements})
		return
	}
	p.saving++
	commit := p.env.near.expect(group.rows)
	root, self, ctx, env, desk := c.ActorSystem().Root, c.Self(), p.ctx, p.env, p.desk
	go func() {
		if !keepSaving(ctx, env, group.rows) {
			return
		}
		close(commit.done)
		root.Send(self, &saved{group})
		if waiting := env.parks.waitingFor(group.rows); len(waiting) > 0 {
			desk.rematch(ctx, waiting)
		}
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
