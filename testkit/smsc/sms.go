package smsc

import (
	"bytes"
	"slices"
	"time"

	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/text"
	"github.com/ghasi/smpp-connector/codec/udh"
)

// Address is a number or name with its type and plan.
type Address struct {
	TON, NPI uint8
	Addr     string
}

// Part says which part of a long message an SMS is, from its UDH or its sar_*
// TLVs. The zero value is a message in one SMS.
type Part struct {
	Reference uint16
	Wide      bool // a 16-bit reference: in the UDH, or SAR
	Total     uint8
	Index     uint8 // from 1
}

// Long reports whether the SMS is one of several.
func (p Part) Long() bool { return p.Total > 1 }

// SMS is one accepted submit, as the handset would get it.
type SMS struct {
	Session     int    // number of the session it came over
	Sequence    uint32 // of its PDU
	At          time.Time
	ID          string // that submit_sm_resp gave, or would have given
	Source      Address
	Destination Address
	ServiceType string
	ESMClass    codec.ESMClass
	ProtocolID  uint8
	Priority    uint8
	Schedule    string
	Validity    string
	Registered  codec.RegisteredDelivery
	DataCoding  codec.DataCoding
	UDH         []byte // with its length octet; nil without one
	Octets      []byte // the message behind the UDH, of short_message or message_payload
	TLVs        codec.TLVs
	Part        Part

	// What a test reads last: what became of it.
	State  codec.MessageState // in its receipt, asked for or not
	DoneAt time.Time          // when that state is reached
}

// Text is the SMS's own text, with data_coding 0 as GSM 03.38, one septet an
// octet. It is empty for binary; TextAs decides otherwise.
func (m *SMS) Text() string { return m.TextAs(text.Options{}) }

// TextAs is Text under another reading of data_coding 0.
func (m *SMS) TextAs(opt text.Options) string {
	if len(m.UDH) > 0 {
		if h, _, err := udh.Parse(m.UDH); err == nil {
			opt.HeaderOctets, opt.Shift = h.Octets, h.Shift()
		}
	}
	return text.Decode(uint8(m.DataCoding), m.Octets, opt).Text
}

// read takes an SMS apart without copying: everything aliases p.
func read(p *codec.SubmitSM) (m SMS) {
	body := p.ShortMessage
	if len(body) == 0 {
		body, _ = p.TLVs.Get(codec.TagMessagePayload)
	}
	m.Octets = body
	if p.ESMClass.UDHI() {
		if h, rest, err := udh.Parse(body); err == nil {
			m.UDH, m.Octets = body[:h.Octets], rest
			if c := h.Concat; c.Total > 1 {
				m.Part = Part{c.Reference, c.Wide, c.Total, c.Index}
				return m
			}
		}
	}
	if len(p.TLVs) > 0 {
		m.Part = sarPart(p.TLVs)
	}
	return m
}

func sarPart(ts codec.TLVs) Part {
	ref, ok1 := ts.Uint16(codec.TagSARMsgRefNum)
	total, ok2 := ts.Uint8(codec.TagSARTotalSegments)
	index, ok3 := ts.Uint8(codec.TagSARSegmentSeqnum)
	if ok1 && ok2 && ok3 && total > 1 && index >= 1 && index <= total {
		return Part{ref, true, total, index}
	}
	return Part{}
}

// fill adds the fields that only a kept SMS needs; they alias p.
func (m *SMS) fill(sess *Session, p *codec.SubmitSM, id string, now time.Time) {
	m.Session, m.Sequence, m.At, m.ID = sess.number, p.Sequence, now, id
	m.Source = Address{p.SourceAddrTON, p.SourceAddrNPI, p.SourceAddr}
	m.Destination = Address{p.DestAddrTON, p.DestAddrNPI, p.DestinationAddr}
	m.ServiceType, m.ESMClass, m.ProtocolID, m.Priority = p.ServiceType, p.ESMClass, p.ProtocolID, p.PriorityFlag
	m.Schedule, m.Validity = p.ScheduleDeliveryTime, p.ValidityPeriod
	m.Registered, m.DataCoding = p.RegisteredDelivery, p.DataCoding
	m.TLVs = p.TLVs
}

// own makes copies of all that aliases the read buffer: one for the strings,
// one for the octets.
func (m *SMS) own() {
	all := m.Source.Addr + m.Destination.Addr + m.ServiceType + m.Schedule + m.Validity
	cut := func(n int) (s string) { s, all = all[:n], all[n:]; return s }
	m.Source.Addr = cut(len(m.Source.Addr))
	m.Destination.Addr = cut(len(m.Destination.Addr))
	m.ServiceType = cut(len(m.ServiceType))
	m.Schedule = cut(len(m.Schedule))
	m.Validity = all
	octets := slices.Concat(m.UDH, m.Octets)
	m.Octets = octets[len(m.UDH):]
	if n := len(m.UDH); n > 0 {
		m.UDH = octets[:n:n]
	}
	m.TLVs = slices.Clone(m.TLVs)
	for i := range m.TLVs {
		m.TLVs[i].Value = bytes.Clone(m.TLVs[i].Value)
	}
}
