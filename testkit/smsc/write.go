package smsc

import (
	"errors"
	"io"
	"net"
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// send encodes a PDU behind what waits to be written. A silent session writes
// nothing; send says whether the PDU went.
func (sess *Session) send(p codec.PDU) bool {
	if sess.ended || sess.closing || sess.conduct.silent {
		return false
	}
	before := len(sess.out)
	sess.out = codec.Append(sess.out, p)
	sess.server.counts.PDUsOut++
	if sess.server.log.on {
		sess.server.log.line(sess, sent, codec.Dump(p))
	}
	if sess.cutting {
		sess.out = sess.out[:before+(len(sess.out)-before)/2]
		sess.closing, sess.why = true, "dropped in the middle of a PDU"
	}
	sess.flush()
	return true
}

// sendOctets writes octets that need not be a PDU.
func (sess *Session) sendOctets(octets []byte) {
	if sess.ended || sess.closing {
		return
	}
	sess.out = append(sess.out, octets...)
	sess.flush()
}

// flush lets the writer have the buffer, at once or when Coalesce has waited.
func (sess *Session) flush() {
	d := sess.conduct.coalesce
	switch {
	case d <= 0 || sess.closing:
		sess.touch()
	case !sess.holding:
		sess.holding = true
		sess.server.later(d, release{sess})
	}
}

// release ends a Coalesce.
type release struct{ sess *Session }

func (r release) happen(*Server, time.Time) {
	r.sess.holding = false
	if !r.sess.ended {
		r.sess.touch()
	}
}

// write is the session's writer: it takes all that waits and writes it, so that
// the answers to everything one read brought leave in one write.
func (sess *Session) write() {
	s := sess.server
	for {
		select {
		case <-sess.gone:
			return
		case <-sess.wake:
		}
		for {
			s.lock()
			if len(sess.out) == 0 || sess.ended {
				if sess.closing {
					sess.end(sess.why)
				}
				s.unlock()
				break
			}
			batch, split := sess.out, sess.conduct.split
			sess.out, sess.writing = sess.spare[:0], true
			s.unlock()

			err := writeAll(sess.conn, batch, split)
			nudge(sess.drained)

			s.lock()
			sess.writing = false
			if cap(batch) <= fullBuffer {
				sess.spare = batch[:0]
			}
			if err != nil {
				sess.broken(err)
			}
			s.unlock()
		}
	}
}

// writeAll writes in one piece, or in pieces of split octets.
func writeAll(conn net.Conn, octets []byte, split int) error {
	for split > 0 && len(octets) > split {
		if _, err := conn.Write(octets[:split]); err != nil {
			return err
		}
		octets = octets[split:]
	}
	_, err := conn.Write(octets)
	return err
}

// broken ends the session over an error of its socket, or of what came over it.
func (sess *Session) broken(err error) {
	var bad *codec.DecodeError
	switch {
	case sess.ended:
	case errors.As(err, &bad):
		sess.malformed(err)
	case errors.Is(err, io.EOF):
		sess.end("the peer closed it")
	default:
		sess.end(err.Error())
	}
}
