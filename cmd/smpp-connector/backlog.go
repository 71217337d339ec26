package main

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/ghasi/smpp-connector/actors"
	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/config"
	"github.com/ghasi/smpp-connector/infra/natsjs"
	contract "github.com/ghasi/smpp-connector/proto"
)

// watchBacklog looks at the streams that hold commands until ctx ends. Each pod has its own
// moments, so that many do not look at once.
func (a *app) watchBacklog(ctx context.Context, system *actors.System) {
	every := natsjs.LookEvery(a.cfg.Load().NATS.DispatchMaxAge)
	for wait := every / 10; sleep(ctx, wait); wait = every/2 + rand.N(every) {
		if next := a.lookAtBacklog(ctx, system, time.Now()); next > 0 {
			every = next
		}
	}
}

// lookAtBacklog tells of commands that nobody reads, and makes dead letters of those that
// the server is about to drop. It returns how often to look, 0 where that is not known. A
// look that fails is not told: that NATS is away is.
func (a *app) lookAtBacklog(ctx context.Context, system *actors.System, now time.Time) (every time.Duration) {
	names := a.dispatchStreams()
	if len(names) == 0 {
		return 0
	}
	looks, _ := a.nats.Backlogs(ctx, names...)
	for i, look := range looks {
		a.listener.On(look)
		a.buryDue(ctx, system, look.Stream, now)
		if often := natsjs.LookEvery(look.MaxAge); i == 0 || often < every {
			every = often
		}
	}
	return every
}

// buryDue makes dead letters of what a stream is about to drop. What fails is tried again
// at the next look, of this pod or another; alert SmppCommandsNearExpiry has fired long before.
func (a *app) buryDue(ctx context.Context, system *actors.System, stream string, now time.Time) {
	buried, _ := a.nats.DeadLetters().BuryDue(ctx, stream, now, system.WentOut)
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
