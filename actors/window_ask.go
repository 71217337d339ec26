package actors

import (
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/lane"
	"github.com/ghasi/smpp-connector/actors/window"
)

// How a window asks for commands: credit, for each of its consumers, and what
// becomes of a command that was asked for and finds no room.

// source is one consumer that the window asks.
type source struct {
	intake *intake
	hands  *hands
	fence  *fence
	pulls  []*pull // requests under way
}

// asked is how many commands were asked for and not delivered yet.
func (s *source) asked() (n int) {
	for _, p := range s.pulls {
		n += p.left
	}
	return n
}

// over takes a request out that has ended.
func (s *source) over(p *pull) {
	s.pulls = slices.DeleteFunc(s.pulls, func(known *pull) bool { return known == p })
}

// forget takes requests out that are lost.
func (s *source) forget(now time.Time) {
	s.pulls = slices.DeleteFunc(s.pulls, func(p *pull) bool {
		at, ok := p.lostAt()
		lost := ok && !now.Before(at)
		if lost {
			p.withdraw()
		}
		return lost
	})
}

// pullLost is when a request counts as lost, with an actor that failed at it: every
// request ends well before, even one whose consumer must be opened first. One that
// stands in line is not lost, however long that is.
const pullLost = openTimeout + pullWait + 5*time.Second

// maxPulls bounds the requests under way on one consumer: one that waits for
// traffic, and a few that bring what answers have made room for.
const maxPulls = 4

// withdraw ends the requests under way: what they would bring is for a bind that may
// submit it.
func (w *windowActor) withdraw() {
	for _, s := range w.sources {
		for _, p := range s.pulls {
			p.withdraw()
		}
		clear(s.pulls)
		s.pulls = s.pulls[:0]
	}
}

// ask turns credit into requests.
func (w *windowActor) ask(c actor.Context) {
	if w.up == nil || w.draining || w.left() || w.halted {
		return
	}
	account, now := w.seat.account.Load(), time.Now()
	w.unburden(c, account, now)
	for _, s := range w.sources {
		s.forget(now)
		n := w.credit(s, account, now)
		// A request that waits is topped up only by a worthwhile number.
		if n == 0 || len(s.pulls) >= maxPulls || (len(s.pulls) > 0 && n < max(w.window.Size()/4, 1)) {
			continue
		}
		p := &pull{source: s, n: n, left: n, at: now, window: c.Self(), bind: w.seat.id}
		s.pulls = append(s.pulls, p)
		c.Send(w.env.nats, p)
	}
	w.schedule(c)
}

// credit is how many commands one consumer may be asked for: what waits in its
// lane and in the more urgent ones counts against it, what waits below does not.
func (w *windowActor) credit(s *source, account *Account, now time.Time) int {
	if w.seat.mute.Load() { // one at a time, until one is answered
		return max(1-w.queue.UpTo(s.intake.inlet.lane)-s.asked()-w.window.Inflight(), 0)
	}
	l, asked, ahead, most := s.intake.inlet.lane, s.asked(), w.ahead(account), maxSettling*w.window.Configured()
	limit := w.most(account)
	left := w.window.Credit(window.Load{Queued: w.queue.UpTo(l), Asked: asked, Settling: w.settling, Most: limit}, ahead, most, now)
	if w.queue.UpTo(l) == w.queue.In(l) {
		return left // nothing more urgent waits
	}
	own := window.Load{Queued: w.queue.In(l), Asked: asked, Settling: w.settling, Most: limit}
	return lane.Ask(left, w.window.Credit(own, ahead, most, now), own.Queued+asked, w.window.Size())
}

// ahead is how many commands to ask for beside a full window, so that the line is
// never idle for a request.
func (w *windowActor) ahead(account *Account) int {
	if account.Prefetch >= 0 {
		return account.Prefetch
	}
	return w.window.Configured()
}

// noSlot is the delay of a command that was asked for above the credit and found
// no slot (US-SC-023).
const noSlot = 100 * time.Millisecond

// shed gives back what was asked for above the credit and finds no slot. Without
// an explicit prefetch it waits in the queue instead.
func (w *windowActor) shed(c actor.Context) {
	if w.up == nil || w.seat.account.Load().Prefetch < 0 {
		return
	}
	s := newSettling(w, c)
	w.queue.Keep(func(cmd *command) bool {
		if cmd.settled || cmd.outcome.Begun() || w.window.Free(s.now) > 0 {
			return true // begun, or held back by something else than the window
		}
		cmd.outcome.Stop()
		s.giveBack(cmd, noSlot)
		return false
	})
	s.send()
}

// unburden gives back what has waited for so long that JetStream would soon deliver
// it to another pod as well, and both would submit it: a lane of which only its
// share goes out, or a slow limit.
func (w *windowActor) unburden(c actor.Context, account *Account, now time.Time) {
	var s *settling
	for _, l := range w.env.Lanes {
		for {
			cmd, ok := w.queue.Front(l)
			if !ok || cmd.outcome.Begun() || now.Sub(cmd.taken) < account.AckWait/2 {
				break
			}
			if s == nil {
				s = newSettling(w, c)
			}
			w.queue.Pop(l)
			cmd.outcome.Stop()
			if !cmd.settled {
				s.giveBack(cmd, account.Times.RetryUnanswered)
			}
		}
	}
	if s != nil {
		s.send()
	}
}
