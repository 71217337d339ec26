package main

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/ghasi/smpp-connector/config"
	contract "github.com/ghasi/smpp-connector/proto"
)

// backlogEvery is about how long it is between two looks of a pod at the streams that
// hold commands. Each has its own moments, so that many pods do not look at once.
const backlogEvery = 5 * time.Minute

// watchBacklog looks at the streams until ctx ends.
func (a *app) watchBacklog(ctx context.Context) {
	for wait := backlogEvery / 10; sleep(ctx, wait); wait = backlogEvery/2 + rand.N(backlogEvery) {
		a.lookAtBacklog(ctx)
	}
}

// lookAtBacklog tells of commands that nobody reads, and of those that the server is
// about to drop. A look that fails is not told: that NATS is away is.
func (a *app) lookAtBacklog(ctx context.Context) {
	names := a.dispatchStreams()
	if len(names) == 0 {
		return
	}
	looks, _ := a.nats.Backlogs(ctx, names...)
	for _, look := range looks {
		a.listener.On(look)
	}
}

// dispatchStreams are the streams that this pod's commands come from.
func (a *app) dispatchStreams() (names []string) {
	if a.cfg.Load().NATS.DispatchStreams != config.DispatchPerMNO {
		return []string{contract.StreamDispatch}
	}
	seen := map[string]bool{}
	if system := a.system.Load(); system != nil {
		for _, b := range system.Tree().Binds() {
			if name := contract.StreamOfMNO(b.MNO); !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}

// sleep returns after d, or false when ctx ends before.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
