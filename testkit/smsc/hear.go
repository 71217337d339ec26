package smsc

import (
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// answers are the structs that a session fills again for each PDU it writes on
// the busy path.
type answers struct {
	submit  codec.SubmitSMResp
	deliver codec.DeliverSM
	enquire codec.EnquireLinkResp
	text    []byte
	values  []byte // of TLVs
}

// hear acts on one PDU: a switchboard, one call a case. What it is given aliases
// the read buffer; whatever is kept is copied.
func (sess *Session) hear(frame []byte, now time.Time) {
	s := sess.server
	s.counts.PDUsIn++
	p, err := sess.decoder.Parse(frame)
	if err != nil {
		sess.malformed(err)
		return
	}
	if s.log.on {
		s.log.line(sess, received, codec.Dump(p))
	}
	last := sess.countdown()
	switch p := p.(type) {
	case *codec.SubmitSM:
		sess.hearSubmit(p, now)
	case *codec.DeliverSMResp:
		sess.hearDelivered(p.Sequence, p.Status)
	case *codec.EnquireLink:
		sess.hearEnquire(p)
	case *codec.BindTransceiver:
		sess.hearBind(p, &p.Bind, now)
	case *codec.BindTransmitter:
		sess.hearBind(p, &p.Bind, now)
	case *codec.BindReceiver:
		sess.hearBind(p, &p.Bind, now)
	case *codec.Unbind:
		sess.hearUnbind(p)
	case *codec.UnbindResp:
		sess.endWhenWritten("unbound")
	case *codec.DataSM:
		sess.hearData(p, now)
	case *codec.SubmitMulti:
		sess.hearMulti(p, now)
	case *codec.QuerySM:
		sess.hearQuery(p)
	case *codec.CancelSM:
		sess.hearCancel(p)
	case *codec.ReplaceSM:
		sess.hearReplace(p)
	case *codec.DataSMResp:
		sess.hearDelivered(p.Sequence, p.Status)
	case *codec.GenericNack:
		s.counts.Nacked++
		sess.hearDelivered(p.Sequence, p.Status)
	case *codec.EnquireLinkResp:
		s.counts.EnquiresAnswered++
	default:
		sess.misplaced(p)
	}
	if last {
		sess.closing = false
		sess.endWhenWritten("dropped by the script")
	}
}

// countdown is DropLineAfter: at the last PDU the session stops answering, acts
// on the PDU, and then drops the line.
func (sess *Session) countdown() (last bool) {
	if sess.dropAfter == 0 {
		return false
	}
	sess.dropAfter--
	sess.closing = sess.dropAfter == 0
	return sess.closing
}

// misplaced answers what an ESME has no business to send: unknown commands and
// requests that only an SMSC makes with a generic_nack, stray responses not at all.
func (sess *Session) misplaced(p codec.PDU) {
	sess.server.counts.Misplaced++
	if !p.Command().IsResponse() {
		nack := codec.GenericNack{Header: codec.Header{Status: codec.StatusInvCmdID, Sequence: p.Head().Sequence}}
		sess.send(&nack)
	}
}

// malformed answers as the codec's table of rules says.
func (sess *Session) malformed(err error) {
	s := sess.server
	s.counts.Malformed++
	s.log.note(sess, received, err.Error())
	if answer := codec.Reply(err); answer != nil {
		sess.send(answer)
	}
	if codec.Rule(err).Close {
		sess.endWhenWritten(err.Error())
	}
}

func (sess *Session) hearEnquire(p *codec.EnquireLink) {
	s := sess.server
	s.counts.Enquires++
	resp := &sess.lent.enquire
	resp.Sequence = p.Sequence
	sess.send(resp)
}

func (sess *Session) hearUnbind(p *codec.Unbind) {
	s := sess.server
	s.counts.Unbinds++
	sess.send(codec.NewResp(p, codec.StatusOK))
	if sess.conduct.silent {
		return
	}
	s.leave(sess)
	sess.state = stateUnbound
	s.log.news(sess, "unbind")
	sess.endWhenWritten("unbound")
}
