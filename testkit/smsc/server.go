package smsc

import (
	"crypto/tls"
	"fmt"
	"net"
	"sync"
	"time"
)

// Server is one SMSC: its sessions, its accounts, what it has seen.
//
// One lock guards all of it. A session's reader takes it once for everything
// that one read brought, so a busy line pays for it once in hundreds of PDUs,
// and a script, a receipt and an answer never see half a change. Nothing blocks
// under it: sockets are written by each session's writer, from a buffer.
type Server struct {
	settings
	began    time.Time
	listener net.Listener // nil without a socket
	group    sync.WaitGroup
	done     chan struct{} // closed by Close

	mu       sync.Mutex
	conduct  conduct
	cursor   *cursor
	scripted bool // some script has turns left to look for
	sessions []*Session
	live     []*Session
	accounts map[string]*account
	agenda   agenda
	alarm    chan struct{} // the agenda has an earlier first entry
	dirty    []*Session    // have something new to write
	waiters  []*waiter
	counts   Counts
	book     book
	log      transcript
	lastID   uint64
	ofParts  map[longMessage]uint64 // the one id of all their parts (OneIDForAllParts)

	reversing map[heldKey]*held // LastPartFirst
	cancelled map[string]bool   // ids that cancel_sm named

	moReference uint16 // concatenation reference of the last SendMO
	closed      bool
}

// TB is what Start needs of a *testing.T.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// Start runs an SMSC on a free loopback port. With a test it closes with the
// test; with nil the caller calls Close, and a machine without loopback panics.
func Start(t TB, opts ...Option) *Server {
	if t != nil {
		t.Helper()
	}
	s, err := Listen("127.0.0.1:0", opts...)
	switch {
	case err != nil && t != nil:
		t.Fatalf("smsc: %v", err)
	case err != nil:
		panic(err)
	case t != nil:
		t.Cleanup(s.Close)
	}
	return s
}

// Listen runs an SMSC on addr ("127.0.0.1:2775").
func Listen(addr string, opts ...Option) (*Server, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen for SMPP on %s: %w", addr, err)
	}
	s := New(opts...)
	if s.tls != nil {
		l = tls.NewListener(l, s.tls)
	}
	s.listener = l
	s.group.Go(s.accept)
	return s, nil
}

// Serve runs an SMSC on one connection, such as an end of net.Pipe in a
// synctest bubble; further ones join with the method Serve or with Dial.
func Serve(conn net.Conn, opts ...Option) *Server {
	s := New(opts...)
	s.Serve(conn)
	return s
}

// New makes an SMSC that listens on nothing yet.
func New(opts ...Option) *Server {
	s := &Server{
		settings: defaults(),
		began:    time.Now(),
		done:     make(chan struct{}),
		alarm:    make(chan struct{}, 1),
		conduct:  usual(),
		accounts: map[string]*account{},

		reversing: map[heldKey]*held{},
		cancelled: map[string]bool{},
	}
	for _, o := range opts {
		o.configure(&s.settings)
	}
	s.lastID = s.firstID - 1
	if s.firstID == 0 {
		// Ids of a simulator that is started again stay new: no machine gives
		// ten million ids a second.
		s.lastID = uint64(s.began.UnixMilli()) * 10_000
	}
	s.book.open(s.settings)
	s.log.open(s.settings, s.began)
	s.cursor = &cursor{steps: s.script}
	s.scripted = len(s.script) > 0 || len(s.each) > 0 || len(s.nth) > 0
	s.group.Go(s.keepTime)
	s.lock()
	s.play(s.cursor, nil)
	s.unlock()
	return s
}

// Addr is the address to connect to, "127.0.0.1:34567"; empty without a socket.
func (s *Server) Addr() string {
	if s.listener == nil {
		return ""
	}
	return s.listener.Addr().String()
}

// HostPort is Addr in two parts, as an operator's settings want it.
func (s *Server) HostPort() (host string, port int) {
	if a, ok := s.listener.Addr().(*net.TCPAddr); ok {
		return a.IP.String(), a.Port
	}
	return "", 0
}

// Serve takes a connection that is already there and returns at once. On a
// closed server the connection is closed.
func (s *Server) Serve(conn net.Conn) *Session {
	s.lock()
	defer s.unlock()
	sess := s.newSession(conn)
	if s.closed {
		sess.end("the simulator is closed")
		return sess
	}
	s.group.Go(sess.read)
	s.group.Go(sess.write)
	if sess.cursor != nil {
		s.play(sess.cursor, sess)
	}
	s.play(s.cursor, sess)
	s.watchIdle(sess)
	return sess
}

// Dial gives the peer's end of a net.Pipe whose other end this server serves.
func (s *Server) Dial() net.Conn {
	near, far := net.Pipe()
	s.Serve(far)
	return near
}

// Do performs steps now, on the newest line and as rules for every session.
// A turn (AcceptBind, AnswerSubmits with a count, Pause) joins the end of the
// server's script instead.
func (s *Server) Do(steps ...Step) {
	s.lock()
	defer s.unlock()
	for _, st := range steps {
		if st.turn != atOnce {
			s.cursor.steps = append(s.cursor.steps, st)
			s.scripted = true
			s.play(s.cursor, nil)
			continue
		}
		if sess := s.newest(); sess != nil || st.rule != nil {
			s.perform(st, sess, false)
		}
	}
}

// Close drops every line, stops listening, and returns when all that the server
// started has ended. A second call does nothing.
func (s *Server) Close() {
	s.lock()
	if s.closed {
		s.unlock()
		s.group.Wait()
		return
	}
	s.closed = true
	close(s.done)
	if s.listener != nil {
		s.listener.Close()
	}
	for len(s.live) > 0 {
		s.live[0].end("the simulator closes")
	}
	s.unlock()
	s.group.Wait()
	s.log.close()
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			select {
			case <-s.done:
				return
			default:
			}
			if ne, ok := err.(net.Error); ok && ne.Timeout() {
				continue
			}
			return
		}
		s.Serve(conn)
	}
}

func (s *Server) lock() { s.mu.Lock() }

// unlock ends a change: it wakes the writers that have something new, and tells
// the waiters whose condition holds now.
func (s *Server) unlock() {
	for i, sess := range s.dirty {
		sess.dirty = false
		nudge(sess.wake)
		s.dirty[i] = nil
	}
	s.dirty = s.dirty[:0]
	if len(s.waiters) > 0 {
		s.tellWaiters()
	}
	s.mu.Unlock()
}

// newest is the line that opened last, or nil.
func (s *Server) newest() *Session {
	if len(s.live) == 0 {
		return nil
	}
	return s.live[len(s.live)-1]
}

// nudge wakes the reader of a channel of one slot.
func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
