package actors

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/actors/recorder"
	"github.com/ghasi/smpp-connector/actors/vitals"
	"github.com/ghasi/smpp-connector/codec"
)

// Tree is the live list of actors for /debug/actors. Actors write to their node
// through atomics, so that looking never sends a message or takes a lock that
// traffic waits for.
type Tree struct {
	mu     sync.Mutex
	nodes  map[string]*node
	order  []*node               // by path; nil after a change, and never changed itself
	lanes  map[string]*laneGauge // by the consumer's name
	byBind sync.Map              // port.BindID → *bindGauge, of the nodes of binds
	turns  workers
	wrap   func(actor.Producer) actor.Producer // of tests: puts something before every actor; nil: nothing
}

func newTree() *Tree { return &Tree{nodes: map[string]*node{}, lanes: map[string]*laneGauge{}} }

// node is what one actor shows. It outlives the actor's restarts.
type node struct {
	path, kind string
	mailbox    atomic.Pointer[actor.Mailbox]
	restarts   atomic.Int64
	state      atomic.Pointer[string]
	since      atomic.Int64 // Unix ns of the last state change
	failure    atomic.Pointer[vitals.Failure]
	bind       atomic.Pointer[bindGauge]
	flight     atomic.Pointer[recorder.Ring]
}

// claim returns the node of a path, made when the actor is spawned for the first time.
func (t *Tree) claim(path, kind string) *node {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.nodes[path]
	if n == nil {
		n = &node{path: path, kind: kind}
		t.nodes[path], t.order = n, nil
	}
	return n
}

// Snapshot returns every actor, by path.
func (t *Tree) Snapshot() []vitals.Actor {
	nodes, now := t.sorted(), time.Now()
	out := make([]vitals.Actor, len(nodes))
	var binds []*vitals.Actor // the last one is the bind that the following nodes may be below
	for i, n := range nodes {
		out[i] = n.snapshot(now)
		if out[i].Bind != nil {
			binds = append(binds, &out[i])
		}
		if len(binds) > 0 {
			if b := binds[len(binds)-1]; n.path == b.Path || strings.HasPrefix(n.path, b.Path+"/") {
				b.Bind.Restarts += out[i].Restarts
				b.Bind.LastFailure = later(b.Bind.LastFailure, out[i].LastFailure)
			}
		}
	}
	return out
}

// later is the failure that happened last.
func later(a, b *vitals.Failure) *vitals.Failure {
	if a == nil || b != nil && b.At.After(a.At) {
		return b
	}
	return a
}

// sorted is every node, by path. It is sorted again only after the tree has changed.
func (t *Tree) sorted() []*node {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.order == nil {
		t.order = make([]*node, 0, len(t.nodes))
		for _, n := range t.nodes {
			t.order = append(t.order, n)
		}
		slices.SortFunc(t.order, func(a, b *node) int { return cmp.Compare(a.path, b.path) })
	}
	return t.order
}

// Recording returns the last PDUs of a bind of this process, texts, passwords and
// numbers masked, by the bind's name (awcc.trx.1); ok is false when there is no such bind.
func (t *Tree) Recording(bind string, numbers codec.NumberMask) (recorder.Snapshot, bool) {
	n := t.nodeOf(bind)
	if n == nil {
		return recorder.Snapshot{}, false
	}
	return n.flight.Load().Snapshot(numbers), true
}

// History returns the last quarter of an hour of a bind, by the bind's name.
func (t *Tree) History(bind string) ([]vitals.Sample, bool) {
	n := t.nodeOf(bind)
	if n == nil {
		return nil, false
	}
	return n.bind.Load().history.Samples(), true
}

func (t *Tree) nodeOf(bind string) *node {
	for _, n := range t.sorted() {
		if g := n.bind.Load(); g != nil && g.name == bind {
			return n
		}
	}
	return nil
}

// serves reports whether a bind is one of this process's.
func (t *Tree) serves(bind port.BindID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, n := range t.nodes {
		if g := n.bind.Load(); g != nil && g.bind == bind {
			return true
		}
	}
	return false
}

func (n *node) snapshot(now time.Time) vitals.Actor {
	s := vitals.Actor{Path: n.path, Kind: n.kind, Restarts: n.restarts.Load(), LastFailure: n.failure.Load()}
	if m := n.mailbox.Load(); m != nil {
		s.Mailbox = (*m).UserMessageCount()
	}
	if state := n.state.Load(); state != nil {
		s.State = *state
	}
	if at := n.since.Load(); at != 0 {
		s.Since = time.Unix(0, at)
	}
	if b := n.bind.Load(); b != nil {
		s.Bind = b.snapshot(now)
		s.Bind.Since = s.Since
	}
	return s
}

func (n *node) show(state string, at time.Time) {
	if old := n.state.Load(); old != nil && *old == state {
		return
	}
	n.state.Store(&state)
	n.since.Store(at.UnixNano())
}

func (n *node) failed(reason string, bug bool, at time.Time) {
	n.failure.Store(&vitals.Failure{Reason: reason, At: at, Bug: bug})
}

// props are the props of an actor that is in the tree: its mailbox can be looked
// at, and it leaves the tree when it has stopped.
func (t *Tree) props(path, kind string, produce actor.Producer, more ...actor.PropsOption) *actor.Props {
	n := t.claim(path, kind)
	if t.wrap != nil {
		produce = t.wrap(produce)
	}
	return actor.PropsFromProducer(produce, append(more, actor.WithDispatcher(&t.turns), actor.WithMailbox(func() actor.Mailbox {
		var m actor.Mailbox = newMailbox()
		n.mailbox.Store(&m)
		return m
	}))...)
}
