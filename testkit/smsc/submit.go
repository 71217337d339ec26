package smsc

import (
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// hearSubmit decides, keeps and answers one submit_sm.
func (sess *Session) hearSubmit(p *codec.SubmitSM, now time.Time) {
	status, id, played := sess.intake(p, now)
	if status == noAnswer {
		return
	}
	resp := &sess.lent.submit
	resp.Header = codec.Header{Status: status, Sequence: p.Sequence}
	resp.MessageID, resp.TLVs = id, resp.TLVs[:0]
	if why := sess.conduct.why; why != "" && status != codec.StatusOK {
		resp.TLVs.Add(codec.TagAdditionalStatusInfoText, append([]byte(why), 0))
		resp.TLVs.AddUint8(codec.TagDeliveryFailureReason, 2)
	}
	sess.answer(resp, now)
	if played != nil {
		sess.server.play(played, sess)
	}
}

// hearData treats a data_sm as the submit_sm that it stands for.
func (sess *Session) hearData(p *codec.DataSM, now time.Time) {
	status, id, played := sess.intake(&codec.SubmitSM{
		Header:      p.Header,
		ServiceType: p.ServiceType,
		SourceAddr:  p.SourceAddr, SourceAddrTON: p.SourceAddrTON, SourceAddrNPI: p.SourceAddrNPI,
		DestinationAddr: p.DestinationAddr, DestAddrTON: p.DestAddrTON, DestAddrNPI: p.DestAddrNPI,
		ESMClass: p.ESMClass, RegisteredDelivery: p.RegisteredDelivery, DataCoding: p.DataCoding,
		TLVs: p.TLVs,
	}, now)
	if status == noAnswer {
		return
	}
	resp := codec.DataSMResp{Header: codec.Header{Status: status, Sequence: p.Sequence}, MessageID: id}
	sess.answer(&resp, now)
	if played != nil {
		sess.server.play(played, sess)
	}
}

// noAnswer is the verdict on what a silent SMSC hears.
const noAnswer codec.Status = 0xFFFFFFFF

// intake judges one SMS and, if it is accepted, keeps it and plans its receipts.
// A script that moved on is to be played after the answer.
func (sess *Session) intake(p *codec.SubmitSM, now time.Time) (status codec.Status, id string, played *cursor) {
	s, c := sess.server, sess.conduct
	s.counts.Submits++
	if c.silent {
		return noAnswer, "", nil
	}
	if !sess.submits() {
		s.counts.refuse(codec.StatusInvBndSts)
		return codec.StatusInvBndSts, "", nil
	}
	status, played = s.submitVerdict(sess)
	if status != codec.StatusOK {
		s.counts.refuse(status)
		return status, "", played
	}
	s.lastID++
	id = c.ids.write(s.lastID)
	s.counts.Accepted++
	state := c.receipts.draw()
	part := s.book.take(&s.counts, sess, p, id, state, now)
	if c.firstPartID && part.Index > 1 {
		return status, "", played
	}
	number := s.lastID
	if c.onePartID && part.Long() {
		number = s.numberOf(longMessage{p.DestinationAddr, part.Reference}, part.Index)
		id = c.ids.write(number)
	}
	if p.RegisteredDelivery != 0 || c.receipts.unasked {
		sess.planReceipts(p, part, number, id, state, now)
	}
	return status, id, played
}

// answer sends a submit's response: now, after the conduct's delay, or never.
func (sess *Session) answer(resp codec.PDU, now time.Time) {
	s, c := sess.server, sess.conduct
	if resp.Head().Status == codec.StatusOK && c.loses() {
		s.counts.AnswersLost++
		return
	}
	d := c.answerAfter()
	if d <= 0 {
		sess.send(resp)
		return
	}
	sess.delayed++
	s.at(now.Add(d).Sub(s.began), lateAnswer{sess, codec.Clone(resp)})
}

// lateAnswer is a response that waits on the agenda.
type lateAnswer struct {
	sess *Session
	resp codec.PDU
}

func (a lateAnswer) happen(*Server, time.Time) {
	a.sess.delayed--
	a.sess.send(a.resp)
}

// longMessage is what the parts of one have in common.
type longMessage struct {
	to        string
	reference uint16
}

// numberOf is the one id of a long message, whose first part, if this is one, begins another.
func (s *Server) numberOf(m longMessage, index uint8) uint64 {
	if s.ofParts == nil {
		s.ofParts = map[longMessage]uint64{}
	}
	if _, known := s.ofParts[m]; !known || index == 1 {
		s.ofParts[m] = s.lastID
	}
	return s.ofParts[m]
}
