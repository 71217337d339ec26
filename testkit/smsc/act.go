package smsc

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net"
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// DropLine closes the connection without an unbind, behind what was written before.
func DropLine() Step {
	return act("drop line", func(_ *Server, sess *Session) { sess.endWhenWritten("dropped by the script") })
}

// DropLineAfter closes it when n more PDUs have been read. The last is acted
// upon, an SMS in it accepted, and not answered: the peer cannot know.
func DropLineAfter(n int) Step {
	return act(fmt.Sprintf("drop line after %d pdus", n), func(_ *Server, sess *Session) { sess.dropAfter = n })
}

// DropLineMidPDU writes the first half of the next PDU and closes.
func DropLineMidPDU() Step {
	return act("drop line mid pdu", func(_ *Server, sess *Session) { sess.cutting = true })
}

// ResetLine closes at once, with a TCP reset where there is TCP: what was
// written and not read may be lost.
func ResetLine() Step {
	return act("reset line", func(_ *Server, sess *Session) {
		if tcp, ok := sess.conn.(*net.TCPConn); ok {
			tcp.SetLinger(0)
		}
		sess.end("reset by the script")
	})
}

// StopReading leaves the peer's octets in the socket: a peer that hangs with its
// TCP alive. There is no way back; end it with DropLine or Close.
func StopReading() Step {
	return act("stop reading", func(_ *Server, sess *Session) { sess.deaf = true })
}

// EnquireLink asks the peer whether it lives.
func EnquireLink() Step {
	return act("send enquire_link", func(_ *Server, sess *Session) { sess.sendEnquire() })
}

// Unbind asks the peer to end the session; its unbind_resp closes the line.
func Unbind() Step {
	return act("send unbind", func(s *Server, sess *Session) {
		sess.send(&codec.Unbind{Header: codec.Header{Sequence: sess.nextSequence()}})
		s.leave(sess)
		if sess.state == stateBound {
			sess.state = stateUnbound
		}
		s.log.news(sess, "unbind sent")
	})
}

// Outbind invites an ESME to bind as a receiver (SMPP 3.4 §2.7). It belongs at
// the start of a connection.
func Outbind(systemID, password string) Step {
	return act(fmt.Sprintf("outbind as %q password %q", systemID, password), func(_ *Server, sess *Session) {
		sess.send(&codec.Outbind{Header: codec.Header{Sequence: sess.nextSequence()}, SystemID: systemID, Password: password})
	})
}

// SendPDU sends any PDU; a request without a sequence number gets the next one.
func SendPDU(p codec.PDU) Step {
	return act("send "+p.Command().String(), func(_ *Server, sess *Session) {
		p := codec.Clone(p)
		if h := p.Head(); h.Sequence == 0 && !p.Command().IsResponse() {
			h.Sequence = sess.nextSequence()
		}
		sess.send(p)
	})
}

// SendReceipt sends a receipt, DELIVRD, for any id: one that the MNO has never given,
// or has given long ago.
func SendReceipt(id string) Step {
	return act(fmt.Sprintf("send receipt for %q", id), func(s *Server, sess *Session) {
		if sess == nil || sess.account == nil {
			return // nobody is bound
		}
		d := &delivery{account: sess.account, from: sess, receipt: receipt{plan: defaultReceipts(), id: id, answered: id,
			state: codec.StateDelivered, submitted: time.Now(), source: Address{Addr: "93700000001"}, dest: Address{Addr: "1234"}}}
		s.owe(d)
		d.happen(s, time.Now())
	})
}

// SendRaw writes octets as they are.
func SendRaw(octets []byte) Step {
	return act("send raw "+hex.EncodeToString(octets), func(_ *Server, sess *Session) { sess.sendOctets(octets) })
}

// SendGarbage writes n octets drawn with seed.
func SendGarbage(n int, seed uint64) Step {
	return act(fmt.Sprintf("send garbage %d octets seed %d", n, seed), func(_ *Server, sess *Session) {
		random, octets := rand.New(rand.NewPCG(seed, 4)), make([]byte, n)
		for i := range octets {
			octets[i] = byte(random.Uint32())
		}
		sess.sendOctets(octets)
	})
}

func (sess *Session) sendEnquire() {
	if sess.send(&codec.EnquireLink{Header: codec.Header{Sequence: sess.nextSequence()}}) {
		sess.server.counts.EnquiresSent++
	}
}

// idleCheck is DropIdle's clock for one session.
type idleCheck struct{ sess *Session }

func (c idleCheck) happen(s *Server, now time.Time) {
	sess, limit := c.sess, c.sess.conduct.idle
	sess.watched = false
	if sess.ended || limit <= 0 {
		return
	}
	if quiet := now.Sub(sess.heard); quiet >= limit {
		sess.end("nothing heard for " + limit.String())
		return
	}
	s.watchIdle(sess)
}

func (s *Server) watchIdle(sess *Session) {
	if limit := sess.conduct.idle; limit > 0 && !sess.watched && !sess.ended {
		sess.watched = true
		s.at(sess.heard.Add(limit).Sub(s.began), idleCheck{sess})
	}
}

func (s *Server) watchIdleAll() {
	for _, sess := range s.live {
		s.watchIdle(sess)
	}
}

// enquireTick is EnquireEvery's clock for one session.
type enquireTick struct{ sess *Session }

func (t enquireTick) happen(s *Server, _ time.Time) {
	t.sess.enquiring = false
	if t.sess.state == stateBound && t.sess.conduct.enquire > 0 {
		t.sess.sendEnquire()
		s.watchEnquire(t.sess)
	}
}

func (s *Server) watchEnquire(sess *Session) {
	if d := sess.conduct.enquire; d > 0 && !sess.enquiring && sess.state == stateBound {
		sess.enquiring = true
		s.later(d, enquireTick{sess})
	}
}

func (s *Server) enquireAll() {
	for _, sess := range s.live {
		s.watchEnquire(sess)
	}
}
