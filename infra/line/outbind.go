package line

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// Outbind waits for an MNO that calls us: it accepts connections that begin with
// an outbind of the right system_id and password (SMPP 3.4 §2.2.1, §4.1.7), and
// hands each to whoever waits in Dial, who then binds on it as on one of its own.
type Outbind struct {
	listener net.Listener
	systemID string
	password string

	called chan net.Conn
	done   chan struct{}
	group  sync.WaitGroup
}

const (
	outbindWithin = 10 * time.Second // from the connection to its outbind
	outbindLength = codec.HeaderLen + 16 + 65
	outbindWaits  = 30 * time.Second // how long a call waits for a bind that is not dialling
)

// ListenOutbind listens on addr. systemID and password are what an outbind must
// carry; an empty one is not compared.
func ListenOutbind(addr, systemID, password string) (*Outbind, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("outbind.listen %s: %w", addr, err)
	}
	o := &Outbind{listener: l, systemID: systemID, password: password, called: make(chan net.Conn), done: make(chan struct{})}
	o.group.Go(o.accept)
	return o, nil
}

// Addr is the address that is listened on.
func (o *Outbind) Addr() string { return o.listener.Addr().String() }

// Dial waits until the MNO calls, or until ctx ends.
func (o *Outbind) Dial(ctx context.Context) (net.Conn, error) {
	select {
	case conn := <-o.called:
		return conn, nil
	case <-o.done:
		return nil, errors.New("wait for outbind: no longer listening")
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for outbind on %s: %w", o.Addr(), context.Cause(ctx))
	}
}

// Close stops listening and drops calls that nobody has taken.
func (o *Outbind) Close() {
	close(o.done)
	_ = o.listener.Close()
	o.group.Wait()
}

func (o *Outbind) accept() {
	for {
		conn, err := o.listener.Accept()
		if err != nil {
			select {
			case <-o.done:
				return
			case <-time.After(100 * time.Millisecond): // out of descriptors, say: it passes
				continue
			}
		}
		o.group.Go(func() { o.answer(conn) })
	}
}

// answer reads the outbind and hands the connection on. SMPP has no answer to a
// wrong one but to close (§4.1.7.1).
func (o *Outbind) answer(conn net.Conn) {
	_ = conn.SetReadDeadline(time.Now().Add(outbindWithin))
	if !o.greeted(conn) {
		_ = conn.Close()
		return
	}
	_ = conn.SetReadDeadline(time.Time{})
	select {
	case o.called <- conn:
	case <-o.done:
		_ = conn.Close()
	case <-time.After(outbindWaits):
		_ = conn.Close()
	}
}

// greeted reads exactly one PDU: what follows belongs to the session.
func (o *Outbind) greeted(conn net.Conn) bool {
	frame := make([]byte, 4, outbindLength)
	if _, err := io.ReadFull(conn, frame); err != nil {
		return false
	}
	length := binary.BigEndian.Uint32(frame)
	if length < codec.HeaderLen || length > outbindLength {
		return false
	}
	frame = frame[:length]
	if _, err := io.ReadFull(conn, frame[4:]); err != nil {
		return false
	}
	pdu, err := codec.Parse(frame)
	call, ok := pdu.(*codec.Outbind)
	return err == nil && ok && (o.systemID == "" || call.SystemID == o.systemID) && (o.password == "" || call.Password == o.password)
}
