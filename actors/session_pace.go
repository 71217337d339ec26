package actors

import (
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/limiter"
)

// What a session does with segments whose permit has lapsed: a process that was held
// up between the window and the line must not make up for it with a burst. They keep
// their order, and wait here for other permits.

// renew gives the first of some flights another permit, and reports whether there was one.
func (s *session) renew(flights []*flight, now time.Time) bool {
	s.permits = good(s.permits, now)
	if len(s.permits) == 0 {
		lapsed := 0
		for _, f := range flights {
			if now.After(f.lapses) {
				lapsed++
			}
		}
		s.permits = s.seat.pace().take(s.self, lapsed, now)
	}
	if len(s.permits) == 0 {
		return !s.seat.pace().limited.Load()
	}
	flights[0].lapses = s.permits[0].Lapses
	s.permits = s.permits[1:]
	return true
}

// permitted takes in permits that the session has waited for.
func (s *session) permitted(c actor.Context, m *permits) {
	if s.ended {
		return
	}
	s.permits = append(s.permits, m.list...)
	s.writeBacklog(c)
	s.seat.pace().giveBack(good(s.permits, time.Now()))
	s.permits = nil
}

// good drops the permits that have lapsed.
func good(list []limiter.Permit, now time.Time) []limiter.Permit {
	return slices.DeleteFunc(list, func(p limiter.Permit) bool { return now.After(p.Lapses) })
}
