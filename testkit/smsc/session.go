package smsc

import (
	"net"
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// Session is one connection, from accept to close. It stays listed when it has ended.
type Session struct {
	server *Server
	conn   net.Conn
	number int // from 1, in order of arrival

	// What follows is guarded by the server's lock.
	conduct *conduct // the server's, or its own copy
	cursor  *cursor  // its own script, or nil
	state   state
	account *account // once bound
	bind    codec.CommandID
	system  string
	boundAt time.Time
	heard   time.Time // the last read
	ended   bool
	why     string // it ended

	sequence   uint32 // the last of our own requests
	unanswered map[uint32]*delivery
	delayed    int // answers on the agenda
	dropAfter  int // PDUs to read before the line drops; 0: none

	out     []byte // to be written
	spare   []byte // the buffer that the writer gave back
	writing bool
	cutting bool // the next PDU is written half, then the line drops
	closing bool // drop the line when out is written
	holding bool // Coalesce waits for more
	deaf    bool // StopReading

	watched, enquiring bool // idleCheck and enquireTick are on the agenda
	dirty              bool

	wake    chan struct{} // for the writer: something to write, or the end
	drained chan struct{} // for the reader: the buffer has room again
	gone    chan struct{} // closed at the end

	decoder codec.Decoder // the reader's alone
	lent    answers
}

// state of a session, as SMPP 3.4 §2.2 names them.
type state uint8

const (
	stateOpen state = iota
	stateBound
	stateUnbound // unbind was asked for, by either side
	stateClosed
)

// String is the spec's name.
func (st state) String() string {
	return [...]string{"OPEN", "BOUND", "UNBOUND", "CLOSED"}[st]
}

// fullBuffer is how much may wait to be written before the session stops
// reading, as TCP would make any peer do.
const fullBuffer = 16 << 20

func (s *Server) newSession(conn net.Conn) *Session {
	sess := &Session{
		server:     s,
		conn:       conn,
		number:     len(s.sessions) + 1,
		conduct:    &s.conduct,
		heard:      time.Now(),
		unanswered: map[uint32]*delivery{},
		wake:       make(chan struct{}, 1),
		drained:    make(chan struct{}, 1),
		gone:       make(chan struct{}),
	}
	own, ok := s.nth[sess.number]
	if !ok {
		own = s.each
	}
	if len(own) > 0 {
		c := s.conduct
		sess.conduct = &c
		sess.cursor = &cursor{steps: own, session: sess}
	}
	s.sessions = append(s.sessions, sess)
	s.live = append(s.live, sess)
	s.counts.Connections++
	return sess
}

// Do performs steps on this session, now: rules hold for it alone. Turns cannot
// be added to a session that runs; they panic.
func (sess *Session) Do(steps ...Step) {
	s := sess.server
	s.lock()
	defer s.unlock()
	for _, st := range steps {
		if st.turn != atOnce {
			panic("smsc: Session.Do takes rules and acts; " + st.sentence + " waits for its turn: give it to EachConnection or Connection")
		}
		if sess.ended {
			return
		}
		if st.rule != nil && sess.conduct == &s.conduct {
			c := s.conduct
			sess.conduct = &c
		}
		s.perform(st, sess, true)
	}
}

// BoundAs returns the live sessions that were bound with a command, such as
// codec.BindReceiverID, the oldest first.
func (s *Server) BoundAs(command codec.CommandID) (list []*Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sess := range s.live {
		if sess.state == stateBound && sess.bind == command {
			list = append(list, sess)
		}
	}
	return list
}

// Number is the session's place among all connections, from 1.
func (sess *Session) Number() int { return sess.number }

// Gone is closed when the line has ended.
func (sess *Session) Gone() <-chan struct{} { return sess.gone }

// read hears the peer until the line ends.
func (sess *Session) read() {
	s := sess.server
	framer := codec.NewFramer(sess.conn, s.maxPDU)
	for {
		frame, err := framer.Next()
		s.lock()
		now := time.Now()
		for err == nil && !sess.ended && !sess.closing {
			sess.heard = now
			sess.hear(frame, now)
			if sess.ended || sess.deaf || !framer.Ready() {
				break
			}
			frame, err = framer.Next()
		}
		if err != nil {
			sess.broken(err)
		}
		ended, full, deaf := sess.ended, len(sess.out) > fullBuffer, sess.deaf
		s.unlock()
		if deaf {
			<-sess.gone
			return
		}
		if ended {
			return
		}
		if full && !sess.awaitRoom() {
			return
		}
	}
}

func (sess *Session) awaitRoom() bool {
	for {
		select {
		case <-sess.gone:
			return false
		case <-sess.drained:
		}
		sess.server.lock()
		full := len(sess.out) > fullBuffer
		sess.server.unlock()
		if !full {
			return true
		}
	}
}

// end closes the line at once. What it leaves unanswered goes back to the account.
func (sess *Session) end(why string) {
	if sess.ended {
		return
	}
	s := sess.server
	was := sess.state
	sess.ended, sess.why, sess.state = true, why, stateClosed
	sess.out, sess.spare = nil, nil
	sess.conn.Close()
	close(sess.gone)
	for i, other := range s.live {
		if other == sess {
			s.live = append(s.live[:i], s.live[i+1:]...)
			break
		}
	}
	s.log.news(sess, "line closed: "+why)
	if was == stateBound {
		s.counts.Lost++
	}
	s.leave(sess)
}

// endWhenWritten closes the line behind what waits to be written.
func (sess *Session) endWhenWritten(why string) {
	if len(sess.out) == 0 && !sess.writing {
		sess.end(why)
		return
	}
	sess.closing, sess.why = true, why
	sess.touch()
}

// touch has the writer woken when the lock is given back.
func (sess *Session) touch() {
	if !sess.dirty {
		sess.dirty = true
		sess.server.dirty = append(sess.server.dirty, sess)
	}
}
