package actors

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/lane"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/actors/vitals"
	contract "github.com/ghasi/smpp-connector/proto"
)

// What is looked at of the lanes: how far each consumer is behind, whether or not
// anything is pulled from it (US-SC-018).

const (
	lagEvery   = 10 * time.Second // between two looks at the consumers' lag
	lagSoon    = time.Second      // while there is none to look at
	lagTimeout = 5 * time.Second  // of one

	lagAtOnce = 100                    // so many are looked at one after the other
	lagApart  = 100 * time.Millisecond // between two of the others
)

// laneGauge is one consumer that windows of this process read.
type laneGauge struct {
	inlet   inlet
	readers atomic.Int64             // windows that read it now
	lag     atomic.Pointer[port.Lag] // as JetStream said last; nil: not known, or nobody has ever pulled
}

// look asks for the lag. A consumer that is not there has none; an error leaves
// what was known, and the next look mends it.
func (g *laneGauge) look(ctx context.Context, source port.DispatchSource) {
	ctx, cancel := context.WithTimeout(ctx, lagTimeout)
	defer cancel()
	switch lag, err := source.Lag(ctx, g.inlet.spec()); {
	case err == nil:
		g.lag.Store(&lag)
	case errors.Is(err, port.ErrNoConsumer):
		g.lag.Store(nil)
	}
}

// claimLane returns the gauge of a consumer, made when it is first read.
func (t *Tree) claimLane(in inlet) *laneGauge {
	t.mu.Lock()
	defer t.mu.Unlock()
	g := t.lanes[in.durable]
	if g == nil {
		g = &laneGauge{inlet: in}
		t.lanes[in.durable] = g
	}
	return g
}

// lanesRead are the consumers that windows read now.
func (t *Tree) lanesRead() (read []*laneGauge) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, g := range t.lanes {
		if g.readers.Load() > 0 {
			read = append(read, g)
		}
	}
	return read
}

// EachLane implements port.BindGauges.
func (t *Tree) EachLane(f func(port.LaneGauge)) {
	for _, g := range t.lanesRead() {
		if lag := g.lag.Load(); lag != nil {
			f(port.LaneGauge{MNO: g.inlet.bind.MNO, Direction: g.inlet.bind.Direction, Lane: g.inlet.lane, Consumer: g.inlet.durable, Lag: *lag})
		}
	}
}

// lagDue says that it is time to look at the lag again.
type lagDue struct{}

// lookAtLag asks for every consumer's lag, one after the other, and comes back.
func (n *natsBridge) lookAtLag(c actor.Context) {
	root, self, ctx, env := c.ActorSystem().Root, c.Self(), n.ctx, n.env
	go func() {
		wait := lagEvery
		if env.lookAtLag(ctx) == 0 {
			wait = lagSoon
		}
		if pause(ctx, wait) {
			root.Send(self, &lagDue{})
		}
	}()
}

// lookAtLag returns how many consumers it asked about. Of very many it asks about a
// few at a time, so that a process with a thousand idle binds stays idle.
func (e *environment) lookAtLag(ctx context.Context) int {
	read := e.tree.lanesRead()
	for i, g := range read {
		if i >= lagAtOnce && !pause(ctx, lagApart) {
			break
		}
		g.look(ctx, e.Dispatch)
	}
	return len(read)
}

// laneGauges are the lanes of one bind.
type laneGauges struct {
	served []contract.Lane
	queued [lane.Count]atomic.Int64
	reads  []*laneGauge
}

func (l *laneGauges) snapshot() []vitals.Lane {
	if l == nil {
		return nil
	}
	list := make([]vitals.Lane, len(l.served))
	for i, served := range l.served {
		s := vitals.Lane{Lane: served.String(), Queued: int(l.queued[served].Load()), Lag: -1, Unsettled: -1}
		for _, g := range l.reads {
			if lag := g.lag.Load(); g.inlet.lane == served && lag != nil {
				s.Lag, s.Unsettled = max(s.Lag, 0)+int64(lag.Waiting), max(s.Unsettled, 0)+int64(lag.Unsettled)
			}
		}
		list[i] = s
	}
	return list
}
