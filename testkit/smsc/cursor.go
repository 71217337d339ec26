package smsc

import (
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// cursor is a script and how far it has been played. The server's script has
// one for its whole life; a session with a script of its own has another.
type cursor struct {
	steps   []Step
	at      int
	left    int      // submits that the present turn still takes
	session *Session // whose script it is; nil for the server's
	pausing bool
}

// waiting is the step whose turn it is, or nil.
func (c *cursor) waiting() *Step {
	if c == nil || c.at >= len(c.steps) {
		return nil
	}
	return &c.steps[c.at]
}

// next goes past the present turn.
func (c *cursor) next() { c.at++; c.left = 0; c.pausing = false }

// play performs rules and acts up to the next turn. by is the session whose
// event moved the script, and so the one that acts mean; an act with no line to
// act on waits for the next connection.
func (s *Server) play(c *cursor, by *Session) {
	for st := c.waiting(); st != nil; st = c.waiting() {
		switch st.turn {
		case turnSubmits, turnAfter:
			if c.left == 0 {
				c.left = st.n
			}
			return
		case turnPause:
			if !c.pausing {
				c.pausing = true
				s.later(st.pause, resume{c, by})
			}
			return
		case turnBind:
			return
		}
		if c.session != nil {
			by = c.session
		}
		if by == nil || by.ended {
			by = s.newest()
		}
		if st.act != nil && st.rule == nil && by == nil {
			return // a DropLine needs a line
		}
		c.at++
		s.perform(*st, by, c.session != nil)
	}
}

// perform does what a step says, now. own limits a rule to the session.
func (s *Server) perform(st Step, sess *Session, own bool) {
	if st.rule != nil {
		if own {
			st.rule(sess.conduct)
		} else {
			st.rule(&s.conduct)
			for _, other := range s.live {
				if other.conduct != &s.conduct {
					st.rule(other.conduct)
				}
			}
		}
	}
	if st.act != nil {
		st.act(s, sess)
	}
}

// resume goes on after a Pause.
type resume struct {
	c  *cursor
	by *Session
}

func (r resume) happen(s *Server, _ time.Time) {
	if r.c.session != nil && r.c.session.ended {
		return
	}
	r.c.next()
	s.play(r.c, r.by)
}

// turnOf finds the cursor, the session's before the server's, whose present
// turn is one of those asked for.
func (s *Server) turnOf(sess *Session, wants ...turn) (*cursor, *Step) {
	for _, c := range [...]*cursor{sess.cursor, s.cursor} {
		if st := c.waiting(); st != nil {
			for _, want := range wants {
				if st.turn == want {
					return c, st
				}
			}
		}
	}
	return nil, nil
}

// submitVerdict answers one submit: by a script's turn, else by the conduct.
// The cursor it returns is to be played once the answer is written.
func (s *Server) submitVerdict(sess *Session) (codec.Status, *cursor) {
	if !s.scripted {
		return sess.conduct.verdict(), nil
	}
	c, st := s.turnOf(sess, turnSubmits, turnAfter)
	if c == nil {
		return sess.conduct.verdict(), nil
	}
	status := st.status
	if st.turn == turnAfter {
		status = sess.conduct.verdict()
	}
	if c.left--; c.left > 0 {
		return status, nil
	}
	c.next()
	return status, c
}
