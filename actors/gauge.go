package actors

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/actors/vitals"
)

// bindGauge holds the numbers of one bind that are looked at from outside while
// it works: by the debug tree, at every scrape, and by /ready.
type bindGauge struct {
	bind       port.BindID
	name       string // of bind
	operatorID string
	owner      string // this pod: a bind is in the tree of the one that has its lease
	meter      vitals.Meter
	history    vitals.History

	state      atomic.Pointer[string] // the one shown: the window's when BOUND and not OPEN
	bound      atomic.Bool
	attempts   atomic.Int64
	inflight   atomic.Int64
	dynamic    atomic.Int64
	configured atomic.Int64
	queued     atomic.Int64
	settling   atomic.Int64
	groups     atomic.Int64 // inbound messages that wait for parts
	sequence   atomic.Uint32
	open       atomic.Int64           // TCP connections
	source     atomic.Pointer[string] // our end of the latest
	written    atomic.Uint64          // octets to the MNO since the process began
	read       atomic.Uint64          // octets from it
	lines      atomic.Pointer[[]vitals.Line]
	tps        atomic.Int64 // the account's limit; 0: none
	epoch      atomic.Uint64
	hosts      atomic.Int64               // of the MNO
	elsewhere  atomic.Bool                // it is bound at another one than it begins with
	rest       atomic.Pointer[string]     // what was ordered: paused, maintenance, or nothing
	lanes      atomic.Pointer[laneGauges] // nil: it never pulls
	limit      atomic.Pointer[string]     // what limits it now: tps, window, stores, peer, queue, nothing, paused, standby, closed
}

func newBindGauge(bind port.BindID, operatorID, owner string) *bindGauge {
	g := &bindGauge{bind: bind, name: bind.String(), operatorID: operatorID, owner: owner}
	g.history.Take(&g.meter, "", 0, 0, time.Now()) // the first sample counts from here
	return g
}

func (g *bindGauge) snapshot(now time.Time) *vitals.Bind {
	recent := g.history.Recent(&g.meter)
	b := &vitals.Bind{
		Bind: g.name, MNO: g.bind.MNO, Direction: string(g.bind.Direction), Number: g.bind.Number,
		OperatorID: g.operatorID, State: deref(g.state.Load()), Bound: g.bound.Load(), Owner: g.owner, Epoch: g.epoch.Load(), Order: deref(g.rest.Load()),
		InFlight: g.inflight.Load(), Window: g.dynamic.Load(), Configured: g.configured.Load(),
		TPS: g.meter.Rate(now), TPSLimit: int(g.tps.Load()), LimitedBy: deref(g.limit.Load()),
		Queued: g.queued.Load(), Settling: g.settling.Load(), Lanes: g.lanes.Load().snapshot(), Sequence: g.sequence.Load(),
		P50Ms: recent.P50Ms, P99Ms: recent.P99Ms, Statuses: recent.Statuses,
		Receipts: recent.Receipts.Recent, ReceiptsTotal: recent.Receipts.Total, LastReceipt: recent.Receipts.LastAt,
		ReceiptP50Ms: recent.Receipts.P50Ms, ReceiptP99Ms: recent.Receipts.P99Ms, Attempts: g.attempts.Load(),
	}
	if l := g.lines.Load(); l != nil {
		b.Lines = *l
		b.Life = b.Lines[0].State
	}
	for _, l := range b.Lines {
		if !l.RedialAt.IsZero() && (b.NextDial.IsZero() || l.RedialAt.Before(b.NextDial)) {
			b.NextDial = l.RedialAt
		}
	}
	return b
}

// sample adds ten seconds to the history of every bind, until ctx ends.
func (t *Tree) sample(ctx context.Context) {
	every := time.NewTicker(vitals.SampleEvery)
	defer every.Stop()
	for {
		select {
		case now := <-every.C:
			for _, g := range t.gauges() {
				g.history.Take(&g.meter, deref(g.state.Load()), int(g.inflight.Load()), int(g.dynamic.Load()), now)
			}
		case <-ctx.Done():
			return
		}
	}
}

// show puts a bind's gauge into the tree, at the bind's node.
func (t *Tree) show(n *node, g *bindGauge) {
	n.bind.Store(g)
	t.byBind.Store(g.bind, g)
}

// gaugeOf is the gauge of a bind of this process; nil: it has none of that name. It
// waits for nobody: receipts ask for it.
func (t *Tree) gaugeOf(bind port.BindID) *bindGauge {
	g, _ := t.byBind.Load(bind)
	found, _ := g.(*bindGauge)
	return found
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// Binds returns the binds of the tree, by path.
func (t *Tree) Binds() []vitals.Bind {
	var out []vitals.Bind
	for _, a := range t.Snapshot() {
		if a.Bind != nil {
			out = append(out, *a.Bind)
		}
	}
	return out
}

// EachBind implements port.BindGauges.
func (t *Tree) EachBind(f func(port.BindGauge)) {
	for _, g := range t.gauges() {
		f(port.BindGauge{
			Bind: g.bind, OperatorID: g.operatorID, Inflight: int(g.inflight.Load()),
			Window: int(g.dynamic.Load()), WindowLimit: int(g.configured.Load()),
			ConcatGroups: int(g.groups.Load()), Connections: int(g.open.Load()), SourceIP: deref(g.source.Load()),
			Hosts: int(g.hosts.Load()), Elsewhere: g.elsewhere.Load(),
			BytesWritten: g.written.Load(), BytesRead: g.read.Load(),
		})
	}
}

func (t *Tree) gauges() []*bindGauge {
	var out []*bindGauge
	for _, n := range t.sorted() {
		if g := n.bind.Load(); g != nil {
			out = append(out, g)
		}
	}
	return out
}

// Bound returns how many binds are BOUND.
func (t *Tree) Bound() int {
	bound := 0
	for _, g := range t.gauges() {
		if g.bound.Load() {
			bound++
		}
	}
	return bound
}
