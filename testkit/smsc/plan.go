package smsc

import (
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// planReceipts puts the receipts of one accepted SMS on the agenda, or, early
// ones, before the answer.
func (sess *Session) planReceipts(p *codec.SubmitSM, part Part, number uint64, id string, state codec.MessageState, now time.Time) {
	s, plan := sess.server, sess.conduct.receipts
	if plan.copies == 0 || !plan.wanted(p.RegisteredDelivery, state) {
		return
	}
	answered := id
	if plan.ids != AsAnswered {
		id = plan.ids.write(number)
	}
	// One copy out of the read buffer. Not p.DestinationAddr + p.SourceAddr: where
	// one of them is empty Go gives the other back as it is, uncopied.
	var room [64]byte
	both := string(append(append(room[:0], p.DestinationAddr...), p.SourceAddr...))
	cut := len(p.DestinationAddr)
	d := &delivery{account: sess.account, from: sess, receipt: receipt{
		plan:      plan,
		source:    Address{p.DestAddrTON, p.DestAddrNPI, both[:cut]},
		dest:      Address{p.SourceAddrTON, p.SourceAddrNPI, both[cut:]},
		id:        id,
		answered:  answered,
		state:     state,
		submitted: now,
		head:      head(p),
	}}
	due := now.Sub(s.began) + plan.after
	if plan.intermediate || p.RegisteredDelivery.Intermediate() {
		first := *d
		first.receipt.intermediate, first.receipt.state = true, codec.StateEnroute
		s.owe(&first)
		if plan.early {
			first.happen(s, now)
		} else {
			s.at(due-plan.after/2, &first)
		}
	}
	switch {
	case plan.scatter != nil:
		s.scatter(d, now)
	case plan.reversed && part.Long():
		s.holdForReverse(d, part, p)
	case plan.early:
		s.send(d, plan.copies, func(d *delivery) { d.happen(s, now) })
	default:
		s.send(d, plan.copies, func(d *delivery) { s.at(due, d) })
	}
}

// scatter sends one to three copies, each at a time and on a session drawn by lot.
func (s *Server) scatter(d *delivery, now time.Time) {
	plan := d.receipt.plan
	for range 1 + plan.scatter.IntN(3) {
		one := *d
		one.roam = 1 + plan.scatter.IntN(1000)
		s.owe(&one)
		switch plan.scatter.IntN(3) {
		case 0:
			one.happen(s, now)
		case 1:
			s.at(now.Sub(s.began), &one)
		default:
			s.at(now.Sub(s.began)+time.Duration(plan.scatter.Int64N(int64(plan.after)+1)), &one)
		}
	}
}

// send hands out a delivery as often as the plan says, each copy a value of its own.
func (s *Server) send(d *delivery, copies int, how func(*delivery)) {
	for i := range copies {
		one := d
		if i > 0 {
			c := *d
			one = &c
		}
		s.owe(one)
		how(one)
	}
}

// owe counts a receipt that is planned.
func (s *Server) owe(d *delivery) {
	s.counts.Receipts++
	d.account.open++
}

// held are the receipts of a long message that LastPartFirst waits for; done means
// that they were sent.
type held struct {
	list []*delivery
	seen [256]bool
	done bool
}

// holdForReverse keeps a part's receipt until the last part has come.
func (s *Server) holdForReverse(d *delivery, part Part, p *codec.SubmitSM) {
	key := heldKey{d.receipt.dest.Addr, d.receipt.source.Addr, part.Reference, part.Wide, part.Total}
	h := s.reversing[key]
	if h == nil {
		h = &held{}
		s.reversing[key] = h
	}
	plan := d.receipt.plan
	if h.done { // a part that came again: its message has all receipts already
		s.send(d, plan.copies, func(d *delivery) { s.later(plan.after, d) })
		return
	}
	if !h.seen[part.Index] {
		h.seen[part.Index] = true
		h.list = append(h.list, d)
	}
	if len(h.list) < int(part.Total) {
		return
	}
	h.done = true
	for i := len(h.list) - 1; i >= 0; i-- {
		s.send(h.list[i], plan.copies, func(d *delivery) { s.later(plan.after, d) })
	}
	h.list = nil
}

type heldKey struct {
	source, dest string
	reference    uint16
	wide         bool
	total        uint8
}

// head is the beginning of a text for the receipt's text: field: 20 characters,
// if they are plain ASCII.
func head(p *codec.SubmitSM) string {
	if p.DataCoding > codec.DataCodingASCII || p.ESMClass.UDHI() {
		return ""
	}
	n := 0
	for n < len(p.ShortMessage) && n < 20 && p.ShortMessage[n] >= ' ' && p.ShortMessage[n] < 0x7F {
		n++
	}
	return string(p.ShortMessage[:n])
}
