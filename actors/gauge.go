package actors

import (
	"sync/atomic"

	"github.com/ghasi/smpp-connector/actors/port"
)

// bindGauge holds the numbers of one bind that are looked at from outside while
// it works: by the debug tree, at every scrape, and by /ready.
type bindGauge struct {
	bind       port.BindID
	operatorID string

	state      atomic.Pointer[string] // the one shown: the window's when BOUND and not OPEN
	bound      atomic.Bool
	attempts   atomic.Int64
	inflight   atomic.Int64
	dynamic    atomic.Int64
	configured atomic.Int64
	queued     atomic.Int64
	settling   atomic.Int64
	sequence   atomic.Uint32
	written    atomic.Uint64 // octets to the MNO since the process began
	read       atomic.Uint64 // octets from it
	lines      atomic.Pointer[[]LineSnapshot]
	limit      atomic.Pointer[string] // what limits it now: queue, window, tps, stores, peer, paused, closed
}

// BindSnapshot is a bind as the debug tree and the metrics show it.
type BindSnapshot struct {
	Bind       string `json:"bind"`
	MNO        string `json:"mno"`
	Direction  string `json:"direction"`
	Number     int    `json:"bindId"`
	OperatorID string `json:"operatorId"`
	State      string `json:"state"`
	Bound      bool   `json:"bound"`
	InFlight   int64  `json:"inFlight"`
	Window     int64  `json:"window"`     // the size now
	Configured int64  `json:"configured"` // the size it may grow to
	Queued     int64  `json:"queued"`     // commands planned and waiting for a slot
	Settling   int64  `json:"settling"`   // commands answered and not yet stored and acknowledged
	Sequence   uint32 `json:"sequence"`   // the last sequence number used
	Attempts   int64  `json:"attempts"`   // failed binds since the last good one
	LimitedBy  string `json:"limitedBy"`

	Lines []LineSnapshot `json:"lines"` // one, or after a fallback a transmitter and a receiver
}

func (g *bindGauge) snapshot() *BindSnapshot {
	var lines []LineSnapshot
	if l := g.lines.Load(); l != nil {
		lines = *l
	}
	return &BindSnapshot{
		Bind: g.bind.String(), MNO: g.bind.MNO, Direction: string(g.bind.Direction), Number: g.bind.Number,
		OperatorID: g.operatorID, State: deref(g.state.Load()), Bound: g.bound.Load(),
		InFlight: g.inflight.Load(), Window: g.dynamic.Load(), Configured: g.configured.Load(),
		Queued: g.queued.Load(), Settling: g.settling.Load(), Sequence: g.sequence.Load(),
		Attempts: g.attempts.Load(), LimitedBy: deref(g.limit.Load()), Lines: lines,
	}
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// Binds returns the binds of the tree, by path.
func (t *Tree) Binds() []BindSnapshot {
	var out []BindSnapshot
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
			BytesWritten: g.written.Load(), BytesRead: g.read.Load(),
		})
	}
}

func (t *Tree) gauges() []*bindGauge {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []*bindGauge
	for _, n := range t.nodes {
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
