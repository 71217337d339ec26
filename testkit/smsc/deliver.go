package smsc

import (
	"maps"
	"slices"
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// account is what belongs to a system_id over all its sessions: who can be
// delivered to, and what waits for someone who can.
type account struct {
	server    *Server
	systemID  string
	receivers []*Session
	queue     []*delivery
	head      int
	open      int // receipts and MO parts planned and not yet answered ESME_ROK or abandoned
}

// delivery is one receipt or one part of an MO on its way to the peer. It stays
// until the peer has answered ESME_ROK.
type delivery struct {
	account  *account
	from     *Session // of the submit; prefers it, or with elsewhere any other
	receipt  receipt
	mo       codec.PDU // instead of a receipt
	on       *Session  // MO parts may be bound to a session
	roam     int       // from 1: on whichever session it falls; 0: from decides
	refusals int
}

// elsewhere says that the delivery prefers another session than the submit's.
func (d *delivery) elsewhere() bool { return d.mo == nil && d.receipt.plan.elsewhere }

// happen is the moment that the delivery is due.
func (d *delivery) happen(*Server, time.Time) {
	d.account.push(d)
	d.account.pump()
}

func (s *Server) accountOf(systemID string) *account {
	a := s.accounts[systemID]
	if a == nil {
		a = &account{server: s, systemID: systemID}
		s.accounts[systemID] = a
	}
	return a
}

func (a *account) push(d *delivery) {
	if a.head > 1024 && a.head > len(a.queue)/2 {
		n := copy(a.queue, a.queue[a.head:])
		clear(a.queue[n:])
		a.queue, a.head = a.queue[:n], 0
	}
	a.queue = append(a.queue, d)
}

// pump delivers what waits, in order, as long as somebody has room for it.
func (a *account) pump() {
	for a.head < len(a.queue) {
		d := a.queue[a.head]
		sess := a.pick(d)
		if sess == nil {
			return
		}
		a.queue[a.head] = nil
		if a.head++; a.head == len(a.queue) {
			a.queue, a.head = a.queue[:0], 0
		}
		sess.deliver(d)
	}
}

// pick finds the session for a delivery: the preferred one, else the first with room.
func (a *account) pick(d *delivery) (choice *Session) {
	if d.on != nil && !d.on.ended {
		if d.on.hasRoom() {
			return d.on
		}
		return nil
	}
	for i := range a.receivers {
		sess := a.receivers[(d.roam+i)%len(a.receivers)]
		switch {
		case !sess.hasRoom():
		case d.roam > 0 || (sess == d.from) != d.elsewhere():
			return sess
		case choice == nil:
			choice = sess
		}
	}
	return choice
}

func (sess *Session) hasRoom() bool {
	return sess.receives() && !sess.closing && !sess.conduct.silent &&
		len(sess.unanswered) < sess.conduct.deliverWindow
}

// deliver writes one delivery and remembers it by its sequence number.
func (sess *Session) deliver(d *delivery) {
	s := sess.server
	sess.unanswered[sess.nextSequence()] = d
	if d.mo != nil {
		s.counts.MOsSent++
		d.mo.Head().Sequence = sess.sequence
		sess.send(d.mo)
		return
	}
	s.counts.ReceiptsSent++
	if s.counts.ByState == nil {
		s.counts.ByState = map[string]int{}
	}
	s.counts.ByState[d.receipt.stat()]++
	sess.send(d.receipt.pdu(sess, sess.sequence, time.Now()))
}

// nextSequence numbers our own requests, 1…0x7FFFFFFF (SMPP 3.4 §5.1.4).
func (sess *Session) nextSequence() uint32 {
	if sess.sequence++; sess.sequence > 0x7FFFFFFF {
		sess.sequence = 1
	}
	return sess.sequence
}

// hearDelivered settles a deliver_sm or data_sm of ours. A refused one comes
// again, as RepeatRefused says.
func (sess *Session) hearDelivered(seq uint32, status codec.Status) {
	s := sess.server
	d, ok := sess.unanswered[seq]
	if !ok {
		s.counts.Stray++
		return
	}
	delete(sess.unanswered, seq)
	answered, refused := &s.counts.ReceiptsAnswered, &s.counts.ReceiptsRefused
	if d.mo != nil {
		answered, refused = &s.counts.MOsAnswered, &s.counts.MOsRefused
	}
	if status == codec.StatusOK {
		*answered++
		d.account.open--
	} else {
		*refused++
		if d.refusals++; d.refusals > sess.conduct.repeats {
			s.counts.Abandoned++
			d.account.open--
		} else {
			s.later(sess.conduct.repeatAfter, d)
		}
	}
	if a := d.account; a.head < len(a.queue) {
		a.pump()
	}
}

// leave ends a session's part in its account: what it left unanswered is
// delivered over another, as soon as there is one. It is called on unbind and
// at the end of the line.
func (s *Server) leave(sess *Session) {
	a := sess.account
	if a == nil {
		return
	}
	sess.account = nil
	s.counts.Bound--
	for i, other := range a.receivers {
		if other == sess {
			a.receivers = append(a.receivers[:i], a.receivers[i+1:]...)
			break
		}
	}
	for _, seq := range slices.Sorted(maps.Keys(sess.unanswered)) {
		d := sess.unanswered[seq]
		d.on = nil
		a.push(d)
	}
	clear(sess.unanswered)
	a.pump()
}

// pumpAll is for a session that speaks again.
func (s *Server) pumpAll() {
	for _, a := range s.accounts {
		a.pump()
	}
}
