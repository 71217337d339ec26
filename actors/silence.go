package actors

import "time"

// A peer that takes submits, answers enquire_links and answers no submit keeps its
// session for ever, and a message that is sent to it again and again reaches the
// subscriber each time, if it reaches him at all. So a session whose submits stay
// unanswered is ended: the bind is made again, and the failover hears of it.

// silence counts the response timeouts of a session since a submit was answered last.
type silence struct {
	timeouts int
	since    time.Time // the write of the first of them
}

// lengthen takes in submits whose response timeout has passed.
func (s *silence) lengthen(lost []*flight) {
	for _, f := range lost {
		if s.timeouts == 0 || f.sentAt.Before(s.since) {
			s.since = f.sentAt
		}
		s.timeouts++
	}
}

// broken says that a submit was answered, in time or late, whatever the answer.
func (s *silence) broken() { *s = silence{} }

// hopeless reports whether the session is worth nothing: Times.Unanswered timeouts in
// a row, over as many response timeouts, so that one bad moment of a full window is
// none. After a session that ended so, the first timeout is enough.
func (s *silence) hopeless(t Times, mute bool, now time.Time) bool {
	if t.Unanswered == 0 || s.timeouts == 0 {
		return false
	}
	return mute || s.timeouts >= t.Unanswered && now.Sub(s.since) >= time.Duration(t.Unanswered)*t.Response
}
