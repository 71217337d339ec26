package actors

import (
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/dlr"
	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/lifecycle"
	"github.com/ghasi/smpp-connector/actors/sequence"
	"github.com/ghasi/smpp-connector/codec"
)

// What a session does with the line once it is bound: segments out; answers,
// receipts, MOs and the peer's own requests in.

// send writes the window's segments.
func (s *session) send(c actor.Context, m *submit) {
	if m.link != s.link || s.ended {
		return // meant for a link that is gone; the window has taken them back
	}
	if len(s.backlog) > 0 { // they keep their order
		s.backlog = append(s.backlog, m.flights...)
		return
	}
	s.write(c, m.flights)
}

func (s *session) writeBacklog(c actor.Context) {
	if flights := s.backlog; len(flights) > 0 {
		s.backlog = nil
		s.write(c, flights)
	}
}

func (s *session) write(c actor.Context, flights []*flight) {
	now := time.Now()
	s.out = s.out[:0]
	var mark uint64
	for i, f := range flights {
		if !f.lapses.IsZero() && now.After(f.lapses) && !s.renew(flights[i:], now) {
			s.backlog = append(s.backlog, flights[i:]...)
			break
		}
		absolute, ok := s.numbers.Next()
		if !ok {
			s.backlog = append(s.backlog, flights[i:]...)
			break
		}
		f.seq, f.sentAt = sequence.Wire(absolute), now
		s.scratch = f.cmd.plan.Fill(f.part, f.cmd.reference.Number, &s.submit, s.scratch)
		s.submit.Sequence = f.seq
		s.out = codec.Append(s.out, &s.submit)
		s.pending.Put(f.seq, now, f) // before the write: no answer can come first
		mark = f.ordinal
	}
	if mark != 0 {
		s.seat.gauge.sequence.Store(s.submit.Sequence)
		s.link.write(s.out, mark)
		if !s.watches {
			s.schedule(c)
		}
	}
	s.spare = flights[:0]
	s.traffic = now
	s.ask(c)
}

// hear takes in one read.
func (s *session) hear(c actor.Context, m *heard) {
	if m.link != s.link || s.ended {
		return
	}
	if m.traffic {
		s.traffic = m.at
	}
	if len(m.answers) > 0 {
		s.match(c, m)
	}
	defer m.done()
	for _, f := range m.faults {
		s.env.violation(s.seat.id, "malformed", f.err.Error(), m.at)
		if f.reply != nil {
			s.transmit(f.reply)
		}
	}
	var batch []delivery
	for _, pdu := range m.others {
		if s.ended {
			return
		}
		if d, ok := asDelivery(pdu, m.at); ok {
			if s.mayDeliver(d, m.at) {
				batch = append(batch, d)
			}
			continue
		}
		s.dealWith(c, pdu, m.at)
	}
	if len(batch) > 0 && !s.ended {
		s.forward(c, s.admit(batch))
	}
}

// match finds the flights that were answered and hands them to the window.
func (s *session) match(c actor.Context, m *heard) {
	flights := s.spare[:0]
	s.spare = nil // the window's from now on
	for i := range m.answers {
		a := &m.answers[i]
		f, ok := s.pending.Take(a.seq)
		if !ok {
			s.unmatched(c, *a, m.at)
			continue
		}
		f.status, f.id, f.took, f.load = a.status, a.id, m.at.Sub(f.sentAt), a.load
		f.why = a.why
		if a.nack && a.status == codec.StatusOK {
			f.status = codec.StatusUnknownErr // a nack is no acceptance, whatever its status says
		}
		flights = append(flights, f)
	}
	if len(flights) > 0 {
		s.answeredAgain(c)
		c.Send(s.seat.window, &answered{flights})
	}
}

// answeredAgain says that the MNO answers submits.
func (s *session) answeredAgain(c actor.Context) {
	if s.silence.timeouts > 0 {
		s.silence.broken()
	}
	if s.seat.mute.Load() {
		s.seat.mute.Store(false)
		c.Send(c.Parent(), &answersAgain{})
	}
}

// unmatched deals with an answer to no submit in flight: a generic_nack to one
// of our own requests, a late answer, or one that nobody asked for.
func (s *session) unmatched(c actor.Context, a answer, at time.Time) {
	if command, ours := s.own[a.seq]; ours && a.nack {
		delete(s.own, a.seq)
		if isBind(command) {
			s.end(c, &LinkEnded{Event: lifecycle.BindRefused, Status: a.status, Err: fmt.Errorf("generic_nack to %v", command)})
		}
		return
	}
	if s.late(c, a) {
		return
	}
	command := codec.SubmitSMRespID
	if a.nack {
		command = codec.GenericNackID
	}
	s.unsolicited(command, a.seq, at)
}

func isBind(c codec.CommandID) bool {
	return c == codec.BindTransceiverID || c == codec.BindTransmitterID || c == codec.BindReceiverID
}

// dealWith handles everything but answers to submits and deliveries.
func (s *session) dealWith(c actor.Context, pdu codec.PDU, at time.Time) {
	switch p := pdu.(type) {
	case *codec.EnquireLinkResp:
		if s.asOurs(p, at) {
			s.enquire = time.Time{}
		}
	case *codec.BindTransceiverResp, *codec.BindTransmitterResp, *codec.BindReceiverResp:
		if s.asOurs(pdu, at) {
			s.bindAnswered(c, pdu.Head().Status, versionOf(pdu))
		}
	case *codec.Unbind:
		s.link.say(codec.NewResp(p, codec.StatusOK))
		s.end(c, &LinkEnded{Event: lifecycle.PeerUnbound})
	case *codec.UnbindResp:
		if s.asOurs(p, at) {
			s.unbindAnswered(c, nil)
		}
	case *codec.AlertNotification:
		// for a handset that has come back; nobody has asked for it
	default:
		s.refuse(pdu, at)
	}
}

// asOurs reports whether an answer is to a request of ours, which it then settles.
// One that is not is noted, and for SMPP 3.4 not answered.
func (s *session) asOurs(pdu codec.PDU, at time.Time) bool {
	seq := pdu.Head().Sequence
	if command, ours := s.own[seq]; ours {
		if response, _ := command.Response(); response == pdu.Command() {
			delete(s.own, seq)
			return true
		}
	}
	s.unsolicited(pdu.Command(), seq, at)
	return false
}

func (s *session) unsolicited(command codec.CommandID, seq uint32, at time.Time) {
	s.env.violation(s.seat.id, "unsolicited_response", fmt.Sprintf("%v to sequence_number %d, which awaits none", command, seq), at)
}

// versionOf is the SMPP version that a bind's answer names; 0: none.
func versionOf(pdu codec.PDU) uint8 {
	var tlvs codec.TLVs
	switch p := pdu.(type) {
	case *codec.BindTransceiverResp:
		tlvs = p.TLVs
	case *codec.BindTransmitterResp:
		tlvs = p.TLVs
	case *codec.BindReceiverResp:
		tlvs = p.TLVs
	}
	version, _ := tlvs.Uint8(codec.TagSCInterfaceVersion)
	return version
}

func (s *session) bindAnswered(c actor.Context, status codec.Status, version uint8) {
	if status != codec.StatusOK {
		s.end(c, &LinkEnded{Event: lifecycle.BindRefused, Status: status})
		return
	}
	s.established(c, version)
}

// refuse answers a PDU that an ESME does not take (SMPP 3.4 §2.3).
func (s *session) refuse(pdu codec.PDU, at time.Time) {
	s.env.violating(s.seat.id, "unexpected_pdu", pdu, at)
	if pdu.Command().IsResponse() {
		return
	}
	if resp := codec.NewResp(pdu, codec.StatusInvCmdID); resp != nil {
		s.transmit(resp)
		return
	}
	s.transmit(&codec.GenericNack{Header: codec.Header{Status: codec.StatusInvCmdID, Sequence: pdu.Head().Sequence}})
}

// mayDeliver reports whether the session is in a state to take a delivery (SMPP 3.4
// §2.3). Before the bind it is answered ESME_RINVBNDSTS; on a transmitter it is
// noted and taken all the same, because a receipt that is refused may never come again.
func (s *session) mayDeliver(d delivery, at time.Time) bool {
	switch {
	case !s.bound:
		s.env.violating(s.seat.id, "wrong_state", d.pdu, at)
		d.resp.Head().Status = codec.StatusInvBndSts
		s.transmit(d.resp)
		return false
	case !s.role.Receives():
		s.env.violating(s.seat.id, "wrong_state", d.pdu, at)
	}
	return true
}

// asDelivery sees a deliver_sm, or a data_sm that carries the same, as one.
func asDelivery(pdu codec.PDU, at time.Time) (delivery, bool) {
	if seen, ok := dlr.Seen(pdu); ok {
		return delivery{pdu: seen, resp: codec.NewResp(pdu, codec.StatusOK), at: at}, true
	}
	return delivery{}, false
}

// maxInbound bounds the deliveries of a session that wait to be stored. Late answers
// slow a well-behaved MNO down long before: it has a window too.
const maxInbound = 5000

// admit returns the deliveries that there is room for, and has the MNO keep the
// others.
func (s *session) admit(batch []delivery) []delivery {
	room := max(maxInbound-s.inbound, 0)
	if len(batch) <= room {
		return batch
	}
	refused := batch[room:]
	for _, d := range refused {
		d.resp.Head().Status = s.account.TemporaryError
		s.transmit(d.resp)
	}
	s.env.Listener.On(event.InboundRefused{Bind: s.seat.id, Count: len(refused)})
	return batch[:room]
}

// forward hands receipts to the correlations and everything else to concat. Both
// answer with answerDeliveries once the items are stored. Here, and nowhere else, the
// MNO's addresses become the platform's: all that is stored, joined, matched and
// published has those.
func (s *session) forward(c actor.Context, batch []delivery) {
	var receipts, messages []delivery
	rules := &s.seat.account.Load().Rules // as for submits, new ones hold at once
	for _, d := range batch {
		rules.Inbound.Heard(&d.pdu.SourceAddr, &d.pdu.DestinationAddr)
		if s.account.Receipts.IsReceipt(d.pdu) {
			receipts = append(receipts, d)
		} else {
			messages = append(messages, d)
		}
	}
	for _, to := range []struct {
		pid   *actor.PID
		items []delivery
	}{{s.env.postgres, receipts}, {s.seat.concat, messages}} {
		if len(to.items) > 0 {
			s.inbound += len(to.items)
			c.Send(to.pid, &heardDeliveries{link: s.link, session: c.Self(), bind: s.seat.id, account: s.account, items: to.items})
		}
	}
}

// answer writes the deliver_sm_resps of what is stored now.
func (s *session) answer(_ actor.Context, m *answerDeliveries) {
	if m.link == s.link && !s.ended {
		s.inbound -= len(m.resps)
		s.transmit(m.resps...)
	}
}
