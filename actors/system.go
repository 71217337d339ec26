package actors

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/control"
)

// System is the running tree.
type System struct {
	env     *environment
	actors  *actor.ActorSystem
	root    *actor.PID
	stopped chan struct{}
	failed  chan struct{} // closed when the root is beyond help
	stop    sync.Once
}

// wrapActors is for this package's tests alone: it is Tree.wrap of every system.
var wrapActors func(actor.Producer) actor.Producer

// nearCapacity is how many correlations are kept in memory, about 500 octets each.
const nearCapacity = 50_000

// Start builds the tree and lets it run. Ports must not be nil; logger hears
// protoactor's own errors, which carry no message.
func Start(o Options, logger *slog.Logger) (*System, error) {
	env := newEnvironment(o)
	s := &System{env: env, stopped: make(chan struct{}), failed: make(chan struct{})}
	s.actors = actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return logger }))
	env.root = s.actors.Root
	const name = "connector"
	n := env.tree.claim(name, name)
	pid, err := s.actors.Root.SpawnNamed(env.tree.props(name, name, func() actor.Actor {
		return &connector{env: env, node: n, stopped: s.stopped}
	}, actor.WithGuardian(&guardian{env: env, root: child{node: n}, failed: s.failed})), name)
	if err != nil {
		return nil, fmt.Errorf("start the actor tree: %w", err)
	}
	s.root = pid
	go env.tree.sample(env.ctx)
	return s, nil
}

// Drain stops pulling, lets the windows empty, unbinds, and returns when all that
// is done, or with ctx's error. Nothing is submitted after it. The health events of
// the way down are stored too, unless the publisher is away for longer than one try.
func (s *System) Drain(ctx context.Context) error {
	done := make(chan struct{})
	s.actors.Root.Send(s.root, &drainAll{done})
	select {
	case <-done:
		last, cancel := context.WithTimeout(ctx, publishTimeout)
		defer cancel()
		s.env.outbox.allPosted(last)
		return nil
	case <-ctx.Done():
		return fmt.Errorf("drain: %w", context.Cause(ctx))
	}
}

// Stop ends every actor; what was not drained is taken up again by the next
// process. It returns when all have ended, or with ctx's error.
func (s *System) Stop(ctx context.Context) error {
	s.stop.Do(func() { s.actors.Root.Stop(s.root) })
	select {
	case <-s.stopped:
		s.env.cancel()
		s.actors.Shutdown()
		s.env.tree.turns.close()
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop the actor tree: %w", context.Cause(ctx))
	}
}

// SetOperators says which operators are to run from now on: missing ones are
// started, others drained. Those that stay are not disturbed.
func (s *System) SetOperators(ids []string) {
	s.actors.Root.Send(s.root, &operatorsChanged{slices.Clone(ids)})
}

// Refresh has every operator fetch its account now.
func (s *System) Refresh() { s.actors.Root.Send(s.root, &refreshAll{}) }

// Failed is closed when the root of the tree has failed again and again: only a new
// process can help.
func (s *System) Failed() <-chan struct{} { return s.failed }

// Tree is the live tree.
func (s *System) Tree() *Tree { return s.env.tree }

// account returns the account of an operator that this process serves, or nil.
func (e *environment) account(operatorID string) *Account {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.accounts[operatorID]
}

// remember takes in an account. Receipts that appeared before it was known could
// not be read: they are tried now.
func (e *environment) remember(a *Account) {
	e.mu.Lock()
	known := e.accounts[a.OperatorID] != nil
	e.accounts[a.OperatorID] = a
	e.mu.Unlock()
	if !known {
		e.tellMaintenance(control.NewStanding(nil), e.standing.Load(), mnosOf(a))
		e.parks.doubt(e.parks.of(a.OperatorID))
	}
}

// releaseBelow forgets an actor that has stopped, and all below it.
func (t *Tree) releaseBelow(path string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for p, n := range t.nodes {
		if p == path || strings.HasPrefix(p, path+"/") {
			if g := n.bind.Load(); g != nil {
				t.byBind.CompareAndDelete(g.bind, g) // a bind of the same name may have begun already
			}
			delete(t.nodes, p)
			t.order = nil
		}
	}
}
