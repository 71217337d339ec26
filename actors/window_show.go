package actors

import (
	"time"

	"github.com/ghasi/smpp-connector/actors/window"
)

// What a window shows of itself.

// publish puts the numbers where they can be looked at.
func (w *windowActor) publish() {
	g := w.seat.gauge
	g.inflight.Store(int64(w.window.Inflight()))
	g.dynamic.Store(int64(w.window.Size()))
	g.configured.Store(int64(w.window.Configured()))
	g.queued.Store(int64(w.queue.Len()))
	g.settling.Store(int64(w.settling))
	g.tps.Store(int64(w.seat.account.Load().TPS))
	if lanes := g.lanes.Load(); lanes != nil {
		for _, l := range lanes.served {
			lanes.queued[l].Store(int64(w.queue.In(l)))
		}
	}
	g.limit.Store(w.limit())
}

// showLanes puts the lanes that the window reads where they can be looked at;
// hideLanes says that it reads them no more.
func (w *windowActor) showLanes() {
	lanes := &laneGauges{served: w.env.Lanes}
	for _, s := range w.sources {
		g := w.env.tree.claimLane(s.intake.inlet)
		g.readers.Add(1)
		lanes.reads = append(lanes.reads, g)
	}
	w.seat.gauge.lanes.Store(lanes)
}

func (w *windowActor) hideLanes() {
	if lanes := w.seat.gauge.lanes.Swap(nil); lanes != nil {
		for _, g := range lanes.reads {
			g.readers.Add(-1)
		}
	}
}

// What may limit a bind, as it is shown.
var (
	limitClosed  = "closed"
	limitPaused  = "paused"  // somebody ordered that
	limitStandby = "standby" // another account carries the traffic
	limitTPS     = "tps"
	limitWindow  = "window"
	limitStores  = "stores"
	limitPeer    = "peer"
	limitQueue   = "queue" // commands come slower than they could be sent
	limitNone    = "nothing"
)

// quietAfter is how long no command must have come until nothing limits a window but
// that there is nothing to send.
const quietAfter = 30 * time.Second

func (w *windowActor) limit() *string {
	switch {
	case w.up == nil || w.draining:
		return &limitClosed
	case w.halted:
		return &limitPaused
	case w.paused, len(w.sources) == 0 && w.seat.id.Direction.Submits():
		return &limitStandby
	case w.window.State() != window.Open:
		return &limitPeer
	case w.short > 0:
		return &limitTPS
	case w.settling >= maxSettling*w.window.Configured():
		return &limitStores
	case w.window.Inflight() >= w.window.Size():
		return &limitWindow
	}
	if w.queue.Len() == 0 && w.window.Inflight() == 0 && time.Since(w.came) >= quietAfter {
		return &limitNone
	}
	return &limitQueue
}
