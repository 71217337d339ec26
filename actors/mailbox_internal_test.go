package actors

import (
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/asynkron/protoactor-go/actor"
)

// What is sent to an actor by its name while it is being spawned is heard behind its
// Started, in order; it was a panic of the sender. protoactor calls WithOnInit just then.
func TestAnActorHearsWhatCameBeforeIt(t *testing.T) {
	system := actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }))
	defer system.Shutdown()
	tree := newTree()
	defer tree.turns.close()
	heard, ended := []string{}, make(chan struct{})
	receive := actor.ReceiveFunc(func(c actor.Context) {
		switch m := c.Message().(type) {
		case *actor.Started:
			heard = append(heard, "started")
		case string:
			heard = append(heard, m)
		case *actor.Stopped:
			close(ended)
		}
	})
	early := actor.WithOnInit(func(c actor.Context) {
		for _, word := range []string{"a", "b"} {
			system.Root.Send(system.NewLocalPID("window"), word)
		}
	})
	pid, err := system.Root.SpawnNamed(tree.props("window", "window", func() actor.Actor { return receive }, early), "window")
	if err != nil {
		t.Fatal(err)
	}
	system.Root.Send(pid, "c")
	system.Root.Poison(pid)
	<-ended
	if want := []string{"started", "a", "b", "c"}; !slices.Equal(heard, want) {
		t.Errorf("heard %q, want %q", heard, want)
	}
}

// Whoever goes on sending to a name does no harm while actors of that name come and go.
func TestActorsOfANameThatIsSentTo(t *testing.T) {
	system := actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return slog.New(slog.DiscardHandler) }))
	defer system.Shutdown()
	tree := newTree()
	defer tree.turns.close()
	var over atomic.Bool
	var senders sync.WaitGroup
	for range 3 {
		senders.Go(func() {
			for !over.Load() {
				system.Root.Send(system.NewLocalPID("window"), "late")
			}
		})
	}
	for i := range 300 {
		first, ended := "", make(chan struct{})
		pid, err := system.Root.SpawnNamed(tree.props("window", "window", func() actor.Actor {
			return actor.ReceiveFunc(func(c actor.Context) {
				if first == "" {
					first = fmt.Sprintf("%T", c.Message())
				}
				if _, stopped := c.Message().(*actor.Stopped); stopped {
					close(ended)
				}
			})
		}), "window")
		if err != nil {
			t.Fatal(err)
		}
		system.Root.Stop(pid)
		<-ended
		if first != "*actor.Started" {
			t.Errorf("actor %d heard %s first", i, first)
		}
	}
	over.Store(true)
	senders.Wait()
}
