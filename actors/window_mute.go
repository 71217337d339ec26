package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// What a window does where the MNO takes submits and answers none (silence.go): after a
// session that ended for that, it submits one at a time until one is answered, because each
// may reach its subscriber again and again. While a backup carries, it submits none but the
// one of a trial (US-SC-013).

// free is how many segments may be submitted now.
func (w *windowActor) free(now time.Time) int {
	free := w.window.Free(now)
	if w.seat.mute.Load() {
		free = min(free, max(1-w.window.Inflight(), 0))
	}
	return free
}

// left reports whether the window leaves its commands to another account.
func (w *windowActor) left() bool { return w.paused && !w.trying }

// try has a paused window ask for one command, of whichever of its consumers has one first;
// or ask for none any more.
func (w *windowActor) try(c actor.Context, m *try) {
	if !w.paused || w.up == nil {
		return
	}
	if w.trying = m.on && w.seat.mute.Load(); w.trying {
		w.ask(c)
		return
	}
	w.withdraw()
}

// tried takes in that a command has come: that is the trial, and what else comes goes back.
func (w *windowActor) tried() {
	if w.trying {
		w.trying = false
		w.withdraw()
	}
}
