package main

import (
	"context"
	"os"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/ghasi/smpp-connector/actors/event"
)

// How a process that has nothing to do keeps its memory small.
const (
	// restAfter is how long nothing must have been submitted or heard until the process
	// counts as idle.
	restAfter = time.Minute
	// restPercent is the garbage collector's percent at rest: what a thousand idle binds
	// allocate has a collection follow about once a minute, and traffic would many a second.
	restPercent = 50
	// freeEvery is after how many looks at rest the machine is given back what the
	// collector has kept meanwhile.
	freeEvery = 10
)

// resting gives memory back to the machine while the process has nothing to do. Go lets
// the heap grow to a multiple of what is in use (gcPercent), and fills the holes between
// what stays with what does not; a thousand idle binds need neither. A process begins at
// rest, so that its start leaves few holes; the first traffic ends it.
type resting struct {
	busy atomic.Bool   // traffic since the last look
	wake chan struct{} // a token: traffic has begun
	free func()
	tune func(percent int) // sets the collector's percent; it waits for a collection under way

	atRest bool // the following are the goroutine's that looks
	looks  int  // since the memory was given back
}

// startResting looks until ctx ends. A GOGC that somebody has set stays as it is.
func startResting(ctx context.Context) *resting {
	r := &resting{wake: make(chan struct{}, 1), free: debug.FreeOSMemory, tune: func(percent int) { debug.SetGCPercent(percent) }}
	if os.Getenv("GOGC") != "" {
		r.tune = func(int) {}
	}
	r.atRest = true
	r.tune(restPercent)
	r.looks = freeEvery - 1 // the garbage of the start goes at the first look
	go r.run(ctx)
	return r
}

func (r *resting) run(ctx context.Context) {
	every := time.NewTicker(restAfter)
	defer every.Stop()
	for {
		select {
		case <-every.C:
			r.look()
		case <-r.wake:
			r.work()
		case <-ctx.Done():
			return
		}
	}
}

// look gives memory back if nothing has happened since the last look.
func (r *resting) look() {
	if r.busy.Swap(false) {
		return
	}
	if !r.atRest {
		r.atRest, r.looks = true, freeEvery-1
		r.tune(restPercent)
	}
	if r.looks++; r.looks == freeEvery {
		r.looks = 0
		r.free()
	}
}

// work ends the rest: memory is there for speed again.
func (r *resting) work() {
	if r.atRest {
		r.atRest = false
		r.tune(gcPercent)
	}
}

// On implements event.Listener: traffic of any kind.
func (r *resting) On(f event.Fact) {
	switch f.(type) {
	case event.MessagesBegun, event.ResponsesReceived, event.ReceiptsHeard, event.MessageHeard:
		// Once between two looks, so that all goroutines may share the line of memory.
		if !r.busy.Load() && r.busy.CompareAndSwap(false, true) {
			select {
			case r.wake <- struct{}{}:
			default: // it knows
			}
		}
	}
}
