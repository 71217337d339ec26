package actors

import (
	"slices"

	"github.com/asynkron/protoactor-go/actor"
)

// Which consumers a window reads: its bind's own, and those of the operators that the
// bind carries the commands of meanwhile (US-SC-013).

// read makes the sources what the seat says, and returns those that are no more.
func (w *windowActor) read(account *Account) (gone []*source) {
	if !w.seat.id.Direction.Submits() {
		return nil
	}
	w.hideLanes()
	old := w.sources
	w.sources = nil
	for _, in := range w.env.intakesOf(w.seat, account) {
		i := slices.IndexFunc(old, func(s *source) bool { return s.intake == in })
		if i < 0 {
			in.account.Store(account) // it may have been read by other rules before
			w.sources = append(w.sources, &source{intake: in, hands: &w.seat.hands, fence: w.seat.fence})
			continue
		}
		w.sources = append(w.sources, old[i])
		old = slices.Delete(old, i, i+1)
	}
	w.showLanes()
	return old
}

// reads reports whether an intake is one of the window's.
func (w *windowActor) reads(in *intake) bool {
	return slices.ContainsFunc(w.sources, func(s *source) bool { return s.intake == in })
}

// cover takes up the consumers of another operator, or lets go of them: what is queued
// of theirs and not begun goes back, for whoever carries their traffic now.
func (w *windowActor) cover(c actor.Context) {
	for _, s := range w.read(w.seat.account.Load()) {
		for _, p := range s.pulls {
			p.withdraw()
		}
	}
	s := newLeaving(w, c)
	w.giveBackIf(s, func(cmd *command) bool { return !w.reads(cmd.intake) })
	s.send()
	w.ask(c)
}
