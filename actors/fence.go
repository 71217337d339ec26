package actors

import (
	"errors"
	"net"
	"sync/atomic"
	"time"

	"github.com/ghasi/smpp-connector/actors/ownership"
)

// fence says until when a bind may write to its MNO (package ownership, rule 2). The
// link's writer looks at it under its lock, at the last moment before a write call:
// whatever happened to the process meanwhile, no octet leaves after the fence but of a
// write call that had been entered already. A nil fence is open for ever.
type fence struct {
	limits atomic.Pointer[limits]
	epoch  atomic.Uint64 // of the lease, also when it is over
}

type limits struct{ submit, write time.Time } // by the monotonic clock

func (f *fence) set(g ownership.Grant) {
	f.epoch.Store(g.Epoch)
	f.limits.Store(&limits{g.Submit, g.Write})
}

// shut lets nothing out any more.
func (f *fence) shut() { f.limits.Store(&limits{longAgo, longAgo}) }

// longAgo is the deadline of what may not be written at all: the zero time would be none.
var longAgo = time.Unix(1, 0)

// token is the fencing token that the bind is served under; 0 where there are no leases.
func (f *fence) token() uint64 {
	if f == nil {
		return 0
	}
	return f.epoch.Load()
}

// maySubmit reports whether a submit may be written now.
func (f *fence) maySubmit(now time.Time) bool {
	return f == nil || now.Before(f.limits.Load().submit)
}

// mayWrite reports whether anything may be: an unbind, an answer.
func (f *fence) mayWrite(now time.Time) bool {
	return f == nil || now.Before(f.limits.Load().write)
}

// within returns deadline, or the fence where that is sooner.
func (f *fence) within(deadline time.Time) time.Time {
	if f != nil {
		if end := f.limits.Load().write; end.Before(deadline) {
			return end
		}
	}
	return deadline
}

var errFenced = errors.New("the bind's lease is lost: nothing may be written any more")

// abandon closes a connection so that the kernel sends nothing of what it still holds.
func abandon(conn net.Conn) {
	if tls, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = tls.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // it fails only on a connection that is closed
	}
	_ = conn.Close()
}
