package actors

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/optional"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/actors/recorder"
	"github.com/ghasi/smpp-connector/actors/window"
	"github.com/ghasi/smpp-connector/codec"
)

// link is one connection and the goroutines that read and write it. It
// belongs to one incarnation of a session; whoever holds a *link can tell by it
// whether a message concerns the present incarnation.
//
// The writer takes all that has gathered in one write call, and is there only while
// there is something to write: a quiet line has one goroutine. The reader sends all
// PDUs of one read as one message.
type link struct {
	conn         net.Conn
	writeTimeout time.Duration

	mu      sync.Mutex
	filled  []byte // PDUs waiting for the writer
	mark    uint64 // ordinal of the last flight in filled
	writing bool   // there is a writer
	rest    []byte // the writer's other buffer
	closing bool
	last    []byte        // what close sends
	turn    chan struct{} // capacity 1: one write at a time

	spare  atomic.Pointer[heard] // what the session is done with, for the next read
	failed atomic.Pointer[error] // of a write; nil: none has failed
	begun  atomic.Uint64         // ordinal of the last flight that a write call may have sent
	since  time.Time             // when the connection was made; heard counts from it, so that a clock that is set anew changes nothing
	heard  atomic.Int64          // ns from since to the last read that brought octets
	gauge  *bindGauge
	fence  *fence
	tape   *recorder.Line // nil: nothing is recorded

	root    *actor.RootContext
	session *actor.PID // who hears of what comes, and of the end
}

func newLink(conn net.Conn, writeTimeout time.Duration, s *seat, role port.Direction, root *actor.RootContext, session *actor.PID) *link {
	now := time.Now()
	l := &link{conn: conn, writeTimeout: writeTimeout, turn: make(chan struct{}, 1), gauge: s.gauge, fence: s.fence, root: root, session: session, since: now}
	l.tape = s.flight.Connect(now, fmt.Sprintf("connected to %v as %s", conn.RemoteAddr(), role))
	l.gauge.open.Add(1)
	if end, err := netip.ParseAddrPort(conn.LocalAddr().String()); err == nil {
		ip := end.Addr().Unmap().String()
		l.gauge.source.Store(&ip)
	}
	return l
}

// lastHeard is when octets came last, by the monotonic clock; before any, when the
// connection was made.
func (l *link) lastHeard() time.Time { return l.since.Add(time.Duration(l.heard.Load())) }

// write queues octets; mark is the ordinal of the last flight in them, 0 for none.
func (l *link) write(octets []byte, mark uint64) {
	l.mu.Lock()
	l.filled = append(l.filled, octets...)
	if mark > 0 {
		l.mark = mark
	}
	begin := !l.writing && !l.closing
	if begin {
		l.writing = true
	}
	l.mu.Unlock()
	if begin {
		go l.runWriter()
	}
}

// close ends the connection and its goroutines. After it, begun is final: a
// write call that was entered counts as written. What waits for the writer is lost,
// but for what say has left.
func (l *link) close() {
	l.mu.Lock()
	before, last := l.closing, l.last
	l.closing = true
	l.mu.Unlock()
	if before {
		return
	}
	l.gauge.open.Add(-1)
	if len(last) == 0 {
		_ = l.conn.Close()
		return
	}
	go func() {
		l.lastWord(last)
		_ = l.conn.Close()
	}()
}

// say leaves the last answer of a line, which close sends.
func (l *link) say(pdu codec.PDU) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = codec.Append(l.last, pdu)
}

// lastWordWithin bounds the write of a last answer.
const lastWordWithin = time.Second

// lastWord writes the last answer of a line, when a write that is under way has
// ended. A writer that stands still because the peer does not read is not waited for.
func (l *link) lastWord(octets []byte) {
	patience := time.NewTimer(lastWordWithin)
	defer patience.Stop()
	select {
	case l.turn <- struct{}{}:
	case <-patience.C:
		return // the line is over: whoever does not read misses nothing
	}
	defer func() { <-l.turn }()
	now := time.Now()
	if !l.fence.mayWrite(now) {
		return
	}
	l.tape.Record(recorder.Out, now, octets)
	_ = l.conn.SetWriteDeadline(l.fence.within(now.Add(lastWordWithin)))
	_, _ = l.conn.Write(octets)
}

// lineBroken tells a session that its link is of no more use.
type lineBroken struct {
	link *link
	err  error
}

// runWriter writes what has gathered, until there is nothing more, the link is
// closed, or a write fails.
func (l *link) runWriter() {
	for {
		out, now, fenced := l.take()
		if fenced {
			abandon(l.conn)
			l.root.Send(l.session, &lineBroken{l, errFenced}) // begun is where it was: nothing of this was written
			return
		}
		if out == nil {
			return
		}
		l.tape.Record(recorder.Out, now, out) // before the write: no answer can stand before it
		l.turn <- struct{}{}
		_ = l.conn.SetWriteDeadline(l.fence.within(now.Add(l.writeTimeout)))
		n, err := l.conn.Write(out)
		<-l.turn
		l.gauge.written.Add(uint64(n))
		if err != nil {
			l.unwritable(err)
			return // writing stays: there is no writer after this one
		}
		if cap(out) <= maxSpare {
			l.mu.Lock()
			l.rest = out
			l.mu.Unlock()
		}
	}
}

// lastAnswersWithin bounds how long is read on when nothing can be written any more.
const lastAnswersWithin = 200 * time.Millisecond

// unwritable has the line end because a write has failed. What the peer had answered before
// is read first, so that it is not sent again for that: the reader comes to its end, and
// says so.
func (l *link) unwritable(err error) {
	l.failed.Store(&err)
	if l.conn.SetReadDeadline(time.Now().Add(lastAnswersWithin)) != nil {
		l.root.Send(l.session, &lineBroken{l, err})
	}
}

// take returns all that waits, for one write call; nil ends the writer. After it the
// flights in there count as written. Nothing is taken once the fence is shut.
func (l *link) take() (out []byte, now time.Time, fenced bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now = time.Now() // under the lock: as late as can be before the write
	if l.closing || len(l.filled) == 0 {
		l.writing = false
		return nil, now, false
	}
	if !l.fence.mayWrite(now) || l.mark > l.begun.Load() && !l.fence.maySubmit(now) {
		return nil, now, true
	}
	out = l.filled
	l.filled, l.rest = l.rest[:0], nil
	l.begun.Store(l.mark)
	return out, now, false
}

// maxSpare is the largest write buffer that is kept for the next write.
const maxSpare = 1 << 20

// heard is what one read brought: the answers to submits apart from all other
// PDUs, so that no answer waits behind a deliver_sm.
type heard struct {
	link    *link
	answers []answer
	others  []codec.PDU
	faults  []fault
	traffic bool // there was more than heartbeats
	at      time.Time
	ids     []byte // of all answers, one after the other
}

// newHeard is what the next read is gathered in.
func (l *link) newHeard() *heard {
	if h := l.spare.Swap(nil); h != nil {
		return h
	}
	return &heard{link: l}
}

// done gives the memory back: whatever the session has handed on of it was copied.
func (h *heard) done() {
	clear(h.answers) // what they point to is not held here
	clear(h.others)
	clear(h.faults)
	*h = heard{link: h.link, answers: h.answers[:0], others: h.others[:0], faults: h.faults[:0], ids: h.ids[:0]}
	h.link.spare.Store(h)
}

// answer is a submit_sm_resp, or a generic_nack, as far as the window needs it.
type answer struct {
	seq    uint32
	status codec.Status
	id     string
	end    int // of its id in heard.ids
	nack   bool
	load   uint8       // congestion_state; window.NoCongestionState: it has none
	why    *codec.TLVs // of a refusal; nil: it says nothing
}

// fault is a frame that is no PDU, and what the codec's rules answer to it.
type fault struct {
	err   error
	reply codec.PDU // nil: nothing
}

// runReader reads until the connection ends. maxLength bounds a PDU.
func (l *link) runReader(maxLength int) {
	framer := codec.NewFramer(&noticing{l}, maxLength)
	batch := l.newHeard()
	for {
		frame, err := framer.Next()
		if err == nil {
			batch.take(frame)
		} else if fatal := batch.fail(err); fatal {
			batch.end()
			batch.send()
			if failed := l.failed.Load(); failed != nil {
				err = *failed // why it ends; reading came to its end for that
			}
			l.root.Send(l.session, &lineBroken{l, err})
			return
		}
		if !framer.Ready() || len(batch.answers)+len(batch.others) >= maxBatch {
			batch.send()
			batch = l.newHeard()
		}
	}
}

// end answers what has ended the line, here and now: the session closes it as soon
// as it hears of it.
func (h *heard) end() {
	for i := range h.faults {
		if f := &h.faults[i]; f.reply != nil && codec.Rule(f.err).Close {
			h.link.lastWord(codec.Append(nil, f.reply))
			f.reply = nil
		}
	}
}

// maxBatch bounds the PDUs of one message, so that a flood does not make one
// that holds the session for long.
const maxBatch = 512

func (h *heard) send() {
	if len(h.answers)+len(h.others)+len(h.faults) == 0 {
		return
	}
	h.name()
	h.at = time.Now()
	h.link.root.Send(h.link.session, h)
}

// name gives the answers their ids, all out of one allocation.
func (h *heard) name() {
	ids, start := string(h.ids), 0
	for i := range h.answers {
		a := &h.answers[i]
		a.id, start = ids[start:a.end], a.end
	}
}

// take decodes one frame. The frame is the framer's, so everything is copied.
func (h *heard) take(frame []byte) {
	if status, seq, id, ok := codec.ParseSubmitSMResp(frame); ok {
		h.traffic = true
		h.ids = append(h.ids, id...)
		h.answers = append(h.answers, answer{seq: seq, status: status, end: len(h.ids), load: loadIn(frame, id), why: whyIn(frame, status)})
		return
	}
	pdu, err := codec.Parse(frame)
	if err != nil {
		h.fail(err)
		return
	}
	switch p := pdu.(type) {
	case *codec.GenericNack:
		h.traffic = true
		h.answers = append(h.answers, answer{seq: p.Sequence, status: p.Status, end: len(h.ids), nack: true})
		return
	case *codec.EnquireLink: // answered here and now: in every state, behind no mailbox
		h.link.write(codec.Append(nil, codec.NewResp(p, codec.StatusOK)), 0)
		return
	case *codec.EnquireLinkResp:
	default:
		h.traffic = true
	}
	h.others = append(h.others, codec.Clone(pdu))
}

// loadIn returns the congestion_state of a submit_sm_resp, which few MNOs send.
func loadIn(frame, id []byte) uint8 {
	if len(frame) <= codec.HeaderLen+len(id)+1 {
		return window.NoCongestionState
	}
	pdu, err := codec.Parse(frame)
	if resp, ok := pdu.(*codec.SubmitSMResp); ok && err == nil {
		if state, ok := resp.TLVs.Uint8(codec.TagCongestionState); ok {
			return state
		}
	}
	return window.NoCongestionState
}

// whyIn returns what the TLVs of a refusal say of why. SMPP 3.4 §4.4.2 leaves message_id
// out of a refusal; some MNOs do, and most send it empty.
func whyIn(frame []byte, status codec.Status) *codec.TLVs {
	if status == codec.StatusOK || len(frame) <= codec.HeaderLen+1 {
		return nil
	}
	if why := whyOf(frame); why != nil {
		return why
	}
	named := slices.Insert(slices.Clone(frame), codec.HeaderLen, 0)
	binary.BigEndian.PutUint32(named, uint32(len(named)))
	return whyOf(named)
}

func whyOf(frame []byte) *codec.TLVs {
	pdu, err := codec.Parse(frame)
	if resp, ok := pdu.(*codec.SubmitSMResp); ok && err == nil {
		if why := optional.Why(resp.TLVs); why != nil {
			return &why
		}
	}
	return nil
}

// fail takes an error in and reports whether the connection is at its end.
func (h *heard) fail(err error) (fatal bool) {
	var wrong *codec.DecodeError
	if !errors.As(err, &wrong) {
		return true // the connection's own error
	}
	h.faults = append(h.faults, fault{err, codec.Reply(err)})
	return codec.Rule(err).Close
}

// noticing notes when octets came: any of them is a sign of life (US-SC-004).
type noticing struct{ l *link }

func (n *noticing) Read(p []byte) (int, error) {
	count, err := n.l.conn.Read(p)
	if count > 0 {
		now := time.Now()
		n.l.heard.Store(int64(now.Sub(n.l.since)))
		n.l.tape.Record(recorder.In, now, p[:count])
		n.l.gauge.read.Add(uint64(count))
	}
	return count, err
}
