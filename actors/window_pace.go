package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/limiter"
)

// What a window does about the TPS limit of its account (US-SC-012).

// noPermit is the delay of a command that was asked for above the credit and is more
// than the limit lets through in a second.
const noPermit = 500 * time.Millisecond

// goAt takes in the limit of an account that has changed. Under another one, by bind where
// it was by account or the other way round, the window begins anew: what it had of the old
// one goes back.
func (w *windowActor) goAt(c actor.Context, account *Account) {
	old, now := w.seat.pace(), w.env.paceOf(account, w.seat.id)
	if now == old {
		return
	}
	w.seat.paced.Store(now)
	old.giveBack(w.permits)
	old.leave(c.Self())
	w.permits, w.short = nil, 0
	if w.up != nil {
		now.join(c.Self())
	}
}

// ready counts the queued segments that could be submitted now, up to free.
func (w *windowActor) ready(free int) (n int) {
	for cmd := range w.queue.All() {
		if n >= free {
			return free
		}
		n += cmd.outcome.Left()
	}
	return min(n, free)
}

// permit returns how many of the queued segments may go now, of those that find one
// of so many free slots, and with which permits; no list means that there is no limit.
// The window has a claim to the rest.
func (w *windowActor) permit(c actor.Context, free int, now time.Time) (int, []limiter.Permit) {
	p := w.seat.pace()
	if !p.limited.Load() {
		w.short = 0
		return free, nil
	}
	n := w.ready(free)
	got := good(w.permits, now)
	w.permits = nil
	if n > len(got) || w.short > 0 {
		got = append(got, p.take(c.Self(), max(n-len(got), 0), now)...)
	}
	w.short = max(n-len(got), 0)
	return min(n, len(got)), got
}

// forgo gives back what collect had no use for. Segments that wait for a reference
// claim no permit until they have it.
func (w *windowActor) forgo(c actor.Context, unused []limiter.Permit, waiting bool) {
	if waiting && w.short > 0 {
		w.seat.pace().take(c.Self(), 0, time.Now())
		w.short = 0
	}
	w.seat.pace().giveBack(unused)
}

// permitted takes in permits that the window has waited for.
func (w *windowActor) permitted(c actor.Context, m *permits) {
	w.permits = append(w.permits, m.list...)
	w.pump(c)
	w.ask(c)
}

// throttled tells of the commands that the limit keeps waiting, each once.
func (w *windowActor) throttled() {
	waiting, fresh := w.short, 0
	for cmd := range w.queue.All() {
		if waiting <= 0 {
			break
		}
		if !cmd.throttled {
			cmd.throttled = true
			fresh++
		}
		waiting -= cmd.outcome.Left()
	}
	if fresh > 0 {
		w.env.Listener.On(event.TPSThrottled{Bind: w.seat.id, Messages: fresh})
	}
}

// sent counts what goes out, and tells what the pod admits by itself because the
// store of permits does not answer.
func (w *windowActor) sent(with []limiter.Permit, now time.Time) {
	own := 0
	for _, p := range with {
		if p.Own {
			own++
		}
	}
	w.recent.Add(len(with), now)
	if own > 0 {
		w.env.Listener.On(event.RedisFailedOpen{Bind: w.seat.id, PDUs: own})
	}
}

// most is how many commands the window may have in hand under the limit; 0: any. With
// an explicit prefetch it asks for that many more, which are given back.
func (w *windowActor) most(account *Account) int {
	part := w.seat.pace().part()
	if part > 0 && account.Prefetch > 0 {
		part += account.Prefetch
	}
	return part
}

// shedOverflow gives back what was asked for above the credit and is more than the
// limit lets through in a second, the least urgent and the latest.
func (w *windowActor) shedOverflow(s *settling) {
	part := w.seat.pace().part()
	if part == 0 || s.account.Prefetch < 0 {
		return
	}
	keep := w.queue.Len() - max(w.recent.Count(s.now)+w.queue.Len()-part, 0)
	seen, shed := 0, 0
	w.queue.Keep(func(cmd *command) bool {
		if seen++; seen <= keep || cmd.settled || cmd.outcome.Begun() {
			return true
		}
		cmd.outcome.Stop()
		s.giveBack(cmd, noPermit)
		shed++
		return false
	})
	if shed > 0 {
		w.env.Listener.On(event.TPSThrottled{Bind: w.seat.id, Messages: shed})
	}
}
