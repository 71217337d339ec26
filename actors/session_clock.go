package actors

import (
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/lifecycle"
	"github.com/ghasi/smpp-connector/codec"
)

// What time asks of a session: heartbeats, answers that are overdue, an idle line.

// after sends the session a message of this incarnation when d has passed.
func (s *session) after(c actor.Context, d time.Duration, message any) {
	root, self := c.ActorSystem().Root, c.Self()
	s.timers[time.AfterFunc(d, func() { root.Send(self, message) })] = struct{}{}
}

// schedule sets the timer to the next deadline that could pass.
func (s *session) schedule(c actor.Context) {
	if s.ended {
		return
	}
	wait := s.untilNext(time.Now())
	root, self := c.ActorSystem().Root, c.Self()
	if s.timer == nil {
		s.timer = time.AfterFunc(wait, func() { root.Send(self, &sessionTick{s}) })
		return
	}
	s.timer.Reset(wait)
}

// untilNext is how long no deadline can pass: the heartbeat's, its answer's, or
// the oldest submit's. Submits are looked at no more often than ten times in their
// timeout, so that a busy line does not reset timers all the time, and not at all
// while there are none: write schedules anew.
func (s *session) untilNext(now time.Time) time.Duration {
	t := s.account.Times
	wait := s.lastBeat().Add(t.Enquire).Sub(now)
	if !s.enquire.IsZero() {
		wait = s.enquire.Add(t.EnquireAnswer).Sub(now)
	}
	s.watches = s.pending.Len() > 0
	if s.watches {
		wait = min(wait, t.Response/10)
	}
	if t.Inactivity > 0 {
		wait = min(wait, s.traffic.Add(t.Inactivity).Sub(now))
	}
	return max(wait, time.Millisecond)
}

// lastBeat is what the next enquire_link counts from.
func (s *session) lastBeat() time.Time {
	if s.account.Times.EnquireWhenIdle {
		return s.link.lastHeard()
	}
	return s.beat
}

func (s *session) tick(c actor.Context, m *sessionTick) {
	if m.from != s || s.ended {
		return
	}
	now := time.Now()
	t := s.account.Times
	silent := now.Sub(s.link.lastHeard())
	switch {
	case !s.enquire.IsZero() && silent < now.Sub(s.enquire):
		s.enquire = time.Time{} // anything that the peer sends is a sign of life
	case !s.enquire.IsZero() && now.Sub(s.enquire) >= t.EnquireAnswer:
		s.env.Listener.On(event.EnquireLinkTimedOut{Bind: s.seat.id, At: now})
		s.end(c, &LinkEnded{Event: lifecycle.HeartbeatLost, Err: fmt.Errorf("no answer to enquire_link within %v", t.EnquireAnswer)})
		return
	}
	if s.enquire.IsZero() && now.Sub(s.lastBeat()) >= t.Enquire {
		if _, open := s.own[s.enquired]; open && s.enquired != 0 {
			s.env.Listener.On(event.EnquireLinkIgnored{Bind: s.seat.id, At: now})
		}
		s.withNumber(func() {
			s.enquire, s.beat = now, now
			delete(s.own, s.enquired) // an MNO that never answers them, but is heard, must not fill the memory
			s.enquired = s.request(&codec.EnquireLink{})
		})
	}
	if t.Inactivity > 0 && now.Sub(s.traffic) >= t.Inactivity && !s.unbound {
		s.idle = true
		s.unbind(c)
	}
	if s.expire(c, now); s.ended {
		return
	}
	s.ask(c)
	s.schedule(c)
}

// expire gives the window back what was not answered in time: its outcome is
// unknown (decisions.md, Session and bind).
func (s *session) expire(c actor.Context, now time.Time) {
	var lost []*flight
	s.pending.Expire(now.Add(-s.account.Times.Response), func(_ uint32, f *flight) {
		f.lost, f.took = true, now.Sub(f.sentAt)
		lost = append(lost, f)
		s.givenUp.add(f)
	})
	if len(lost) == 0 {
		return
	}
	s.silence.lengthen(lost)
	c.Send(s.seat.window, &answered{lost})
	if s.silence.hopeless(s.account.Times, s.seat.mute.Load(), now) {
		s.seat.mute.Store(true)
		s.env.Listener.On(event.AnswersLost{Bind: s.seat.id, Timeouts: s.silence.timeouts, At: now})
		s.end(c, &LinkEnded{Event: lifecycle.AnswersLost, Err: fmt.Errorf("%d submits in a row were not answered within %v", s.silence.timeouts, s.account.Times.Response)})
	}
}
