package main

import (
	"context"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/ghasi/smpp-connector/actors/event"
)

// restAfter is how long nothing must have been submitted or heard until the process
// counts as idle.
const restAfter = time.Minute

// resting gives memory back to the machine while the process has nothing to do: Go
// keeps twice of what it needs, which a thousand idle binds need not. It costs a
// collection a minute, and nothing under traffic.
type resting struct {
	busy atomic.Bool // since the last look
	free func()
}

func startResting(ctx context.Context) *resting {
	r := &resting{free: debug.FreeOSMemory}
	go func() {
		every := time.NewTicker(restAfter)
		defer every.Stop()
		for {
			select {
			case <-every.C:
				r.look()
			case <-ctx.Done():
				return
			}
		}
	}()
	return r
}

// look gives memory back if nothing has happened since the last look.
func (r *resting) look() {
	if !r.busy.Swap(false) {
		r.free()
	}
}

// On implements event.Listener: traffic of any kind.
func (r *resting) On(f event.Fact) {
	switch f.(type) {
	case event.MessagesPlanned, event.ResponsesReceived, event.ReceiptsHeard, event.MessageHeard:
		if !r.busy.Load() { // so that all goroutines may share the line of memory
			r.busy.Store(true)
		}
	}
}
