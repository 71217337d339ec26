package actors

import (
	"context"
	"maps"
	"slices"
	"time"
)

// What is in hand here stays here: while a store is away, what an MNO has accepted waits
// for it, and another pod that was handed the command meanwhile would find no row, and
// submit it again. So JetStream is told, well within AckWait, that it is still in hand.
// One that a bug has lost goes to another pod all the same, an hour later.

const (
	keepsAnAckWait = 4         // how often within AckWait
	keptFor        = time.Hour // at most
	shortestKeep   = time.Second
)

// keepInHand tells it until ctx ends.
func (e *environment) keepInHand(ctx context.Context) {
	for {
		every := e.keepEvery()
		if !pause(ctx, every) {
			return
		}
		for _, in := range e.anIntakeOfEachBook() {
			in.keep(int(keptFor / every))
		}
	}
}

// keepEvery is the pause between two times: a part of the shortest AckWait, and little
// while there is nothing yet that has one.
func (e *environment) keepEvery() (every time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, in := range e.intakes {
		if part := in.account.Load().AckWait / keepsAnAckWait; every == 0 || part < every {
			every = part
		}
	}
	if every == 0 {
		return pullStep
	}
	return max(every, shortestKeep)
}

// anIntakeOfEachBook returns intakes with a consumer: what their books have in hand, any
// consumer can keep.
func (e *environment) anIntakeOfEachBook() []*intake {
	e.mu.Lock()
	defer e.mu.Unlock()
	of := make(map[*book]*intake, len(e.books))
	for _, in := range e.intakes {
		if of[in.book] == nil && in.consumer.Load() != nil {
			of[in.book] = in
		}
	}
	return slices.Collect(maps.Values(of))
}

// keep keeps what is in hand for longer than since the last time, for most times. The book
// is locked meanwhile: behind the giving back of a command its word would undo the delay.
func (in *intake) keep(most int) {
	in.book.mu.Lock()
	defer in.book.mu.Unlock()
	for _, h := range in.book.b.Lingering(most) {
		_ = (*in.consumer.Load()).Keep(h) // lost, another pod may be handed it: at the next time it is said again
	}
}
