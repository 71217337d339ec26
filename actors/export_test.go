package actors

import (
	"time"

	"fmt"

	"github.com/asynkron/protoactor-go/actor"
)

// kill is the message at which a mortal actor panics, as at a bug.
type kill struct{}

// mortal is an actor that can be killed.
type mortal struct{ actor.Actor }

// Receive implements actor.Actor.
func (m mortal) Receive(c actor.Context) {
	if _, ok := c.Message().(kill); ok {
		panic(fmt.Sprintf("%s was killed by the test", c.Self().Id))
	}
	if m, ok := c.Message().(stand); ok {
		time.Sleep(m.still)
		return
	}
	m.Actor.Receive(c)
}

// stand has a mortal actor stand still, as on a machine that is held.
type stand struct{ still time.Duration }

// mortalSupervisor is one that is its own supervisor strategy.
type mortalSupervisor struct {
	mortal
	actor.SupervisorStrategy
}

// MakeActorsMortal lets Kill work on systems that are started from now on.
func MakeActorsMortal() (undo func()) {
	wrapActors = func(produce actor.Producer) actor.Producer {
		return func() actor.Actor {
			a := produce()
			if strategy, ok := a.(actor.SupervisorStrategy); ok {
				return mortalSupervisor{mortal{a}, strategy}
			}
			return mortal{a}
		}
	}
	return func() { wrapActors = nil }
}

// Kill makes the actor of a path panic at its next message.
func (s *System) Kill(path string) {
	s.actors.Root.Send(s.actors.NewLocalPID(path), kill{})
}

// Stand has the actor of a path, which is mortal, stand still for so long.
func (s *System) Stand(path string, still time.Duration) {
	s.actors.Root.Send(s.actors.NewLocalPID(path), stand{still})
}
