package actors

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/actors/recorder"
)

// Tree is the live list of actors for /debug/actors. Actors write to their node
// through atomics, so that looking never sends a message or takes a lock that
// traffic waits for.
type Tree struct {
	mu    sync.Mutex
	nodes map[string]*node
	wrap  func(actor.Producer) actor.Producer // of tests: puts something before every actor; nil: nothing
}

func newTree() *Tree { return &Tree{nodes: map[string]*node{}} }

// node is what one actor shows. It outlives the actor's restarts.
type node struct {
	path, kind string
	mailbox    atomic.Pointer[actor.Mailbox]
	restarts   atomic.Int64
	state      atomic.Pointer[string]
	since      atomic.Int64 // Unix ns of the last state change
	failure    atomic.Pointer[Failure]
	bind       atomic.Pointer[bindGauge]
	flight     atomic.Pointer[recorder.Ring]
}

// Failure is why an actor failed last.
type Failure struct {
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
	Bug    bool      `json:"bug"` // a panic, not an expected end
}

// ActorSnapshot is one actor as the debug tree shows it.
type ActorSnapshot struct {
	Path        string        `json:"path"`
	Kind        string        `json:"kind"`
	State       string        `json:"state"`
	Since       time.Time     `json:"since,omitzero"`
	Mailbox     int           `json:"mailbox"`
	Restarts    int64         `json:"restarts"`
	LastFailure *Failure      `json:"lastFailure,omitempty"`
	Bind        *BindSnapshot `json:"bind,omitempty"`
}

// claim returns the node of a path, made when the actor is spawned for the first time.
func (t *Tree) claim(path, kind string) *node {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.nodes[path]
	if n == nil {
		n = &node{path: path, kind: kind}
		t.nodes[path] = n
	}
	return n
}

// Snapshot returns every actor, by path.
func (t *Tree) Snapshot() []ActorSnapshot {
	t.mu.Lock()
	nodes := make([]*node, 0, len(t.nodes))
	for _, n := range t.nodes {
		nodes = append(nodes, n)
	}
	t.mu.Unlock()
	slices.SortFunc(nodes, func(a, b *node) int { return cmp.Compare(a.path, b.path) })
	out := make([]ActorSnapshot, len(nodes))
	for i, n := range nodes {
		out[i] = n.snapshot()
	}
	return out
}

// Recording returns the last PDUs of a bind of this process, texts and passwords
// masked, by the bind's name (awcc.trx.1); ok is false when there is no such bind.
func (t *Tree) Recording(bind string) (s recorder.Snapshot, ok bool) {
	t.mu.Lock()
	var ring *recorder.Ring
	for _, n := range t.nodes {
		if g := n.bind.Load(); g != nil && g.bind.String() == bind {
			ring, ok = n.flight.Load(), true
		}
	}
	t.mu.Unlock()
	return ring.Snapshot(), ok
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

func (n *node) snapshot() ActorSnapshot {
	s := ActorSnapshot{Path: n.path, Kind: n.kind, Restarts: n.restarts.Load(), LastFailure: n.failure.Load()}
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
		s.Bind = b.snapshot()
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
	n.failure.Store(&Failure{Reason: reason, At: at, Bug: bug})
}

// props are the props of an actor that is in the tree: its mailbox can be looked
// at, and it leaves the tree when it has stopped.
func (t *Tree) props(path, kind string, produce actor.Producer, more ...actor.PropsOption) *actor.Props {
	n := t.claim(path, kind)
	if t.wrap != nil {
		produce = t.wrap(produce)
	}
	return actor.PropsFromProducer(produce, append(more, actor.WithMailbox(func() actor.Mailbox {
		m := actor.Unbounded()()
		n.mailbox.Store(&m)
		return m
	}))...)
}
