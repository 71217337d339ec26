package main

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/config"
	contract "github.com/ghasi/smpp-connector/proto"
)

// backlogEvery is about how long it is between two looks of a pod at the streams that
// hold commands. Each has its own moments, so that many pods do not look at once.
const backlogEvery = 5 * time.Minute

// watchBacklog looks at the streams until ctx ends.
func (a *app) watchBacklog(ctx context.Context) {
	for wait := backlogEvery / 10; sleep(ctx, wait); wait = backlogEvery/2 + rand.N(backlogEvery) {
		a.lookAtBacklog(ctx, time.Now())
	}
}

// lookAtBacklog tells of commands that nobody reads, and makes dead letters of those that
// the server is about to drop. A look that fails is not told: that NATS is away is.
func (a *app) lookAtBacklog(ctx context.Context, now time.Time) {
	names := a.dispatchStreams()
	if len(names) == 0 {
		return
	}
	looks, _ := a.nats.Backlogs(ctx, names...)
	for _, look := range looks {
		a.listener.On(look)
		a.buryDue(ctx, look.Stream, now)
	}
}

// buryDue makes dead letters of what a stream is about to drop. What fails is tried again
// at the next look, of this pod or another; alert SmppCommandsNearExpiry has fired long before.
func (a *app) buryDue(ctx context.Context, stream string, now time.Time) {
	buried, _ := a.nats.DeadLetters().BuryDue(ctx, stream, now)
	for _, letter := range buried {
		a.listener.On(event.DeadLettered{OperatorID: letter.GetOperatorId(), MessageID: letter.GetMessageId(), Reason: letter.GetReason(), At: now})
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
