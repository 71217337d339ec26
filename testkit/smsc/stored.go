package smsc

import (
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// hearMulti accepts a submit_multi as one SMS to each destination, all under
// one message id, as SMPP 3.4 §4.5.2 has it; its distribution lists are unknown here.
func (sess *Session) hearMulti(p *codec.SubmitMulti, now time.Time) {
	resp := codec.SubmitMultiResp{Header: codec.Header{Sequence: p.Sequence}}
	if len(p.Destinations) == 0 {
		resp.Status = codec.StatusInvNumDests
	}
	var played *cursor
	for _, d := range p.Destinations {
		one := codec.SubmitSM{
			Header:        p.Header,
			ServiceType:   p.ServiceType,
			SourceAddrTON: p.SourceAddrTON, SourceAddrNPI: p.SourceAddrNPI, SourceAddr: p.SourceAddr,
			DestAddrTON: d.TON, DestAddrNPI: d.NPI, DestinationAddr: d.Name,
			ESMClass: p.ESMClass, ProtocolID: p.ProtocolID, PriorityFlag: p.PriorityFlag,
			ScheduleDeliveryTime: p.ScheduleDeliveryTime, ValidityPeriod: p.ValidityPeriod,
			RegisteredDelivery: p.RegisteredDelivery, DataCoding: p.DataCoding,
			ShortMessage: p.ShortMessage, TLVs: p.TLVs,
		}
		status, id := codec.StatusInvDLName, ""
		if d.Flag != codec.DestDistributionList {
			status, id, played = sess.intake(&one, now)
		}
		switch {
		case status == noAnswer:
			return
		case status == codec.StatusOK && resp.MessageID == "":
			resp.MessageID = id
		case status != codec.StatusOK:
			resp.Unsuccessful = append(resp.Unsuccessful, codec.UnsuccessSME{TON: d.TON, NPI: d.NPI, Addr: d.Name, Status: status})
		}
	}
	if n := len(resp.Unsuccessful); n > 0 && n == len(p.Destinations) {
		resp.Status = resp.Unsuccessful[0].Status
	}
	sess.answer(&resp, now)
	if played != nil {
		sess.server.play(played, sess)
	}
}

// hearQuery tells what became of a kept SMS; an unknown id gets ESME_RQUERYFAIL.
func (sess *Session) hearQuery(p *codec.QuerySM) {
	s := sess.server
	i, known := s.book.byID[p.MessageID]
	if !known {
		sess.send(codec.NewResp(p, codec.StatusQueryFail))
		return
	}
	m := &s.book.sms[i]
	resp := codec.QuerySMResp{Header: codec.Header{Sequence: p.Sequence}, MessageID: m.ID, MessageState: codec.StateEnroute}
	if now := time.Now(); s.cancelled[m.ID] || !now.Before(m.DoneAt) {
		resp.MessageState = m.State
		if s.cancelled[m.ID] {
			resp.MessageState = codec.StateDeleted
		}
		resp.FinalDate = codec.FormatAbsolute(m.DoneAt)
	}
	sess.send(&resp)
}

// hearCancel withdraws a kept SMS that has not reached its state yet: its
// receipt then says DELETED.
func (sess *Session) hearCancel(p *codec.CancelSM) {
	s, status := sess.server, codec.StatusCancelFail
	if i, known := s.book.byID[p.MessageID]; known && time.Now().Before(s.book.sms[i].DoneAt) {
		s.cancelled[s.book.sms[i].ID] = true
		status = codec.StatusOK
	}
	sess.send(codec.NewResp(p, status))
}

// hearReplace exchanges the text of a kept SMS that has not reached its state yet.
func (sess *Session) hearReplace(p *codec.ReplaceSM) {
	s, status := sess.server, codec.StatusReplaceFail
	if i, known := s.book.byID[p.MessageID]; known && time.Now().Before(s.book.sms[i].DoneAt) {
		s.book.sms[i].Octets = append([]byte(nil), p.ShortMessage...)
		status = codec.StatusOK
	}
	sess.send(codec.NewResp(p, status))
}
