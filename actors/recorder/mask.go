package recorder

import (
	"bytes"
	"encoding/binary"
	"errors"

	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/quote"
)

// mask is a copy of one PDU's octets, or of its first ones, with everything hidden
// that is not known to be harmless. readable is how many octets from the start were
// understood, 0 when nothing behind the header was; problem says why not all. Of an
// address that may be seen which numbers shows; answered is the text that the PDU is an
// answer to, nil if that is not known, and is asked only where words could repeat it.
func mask(octets []byte, numbers codec.NumberMask, answered func() *quote.Text) (masked []byte, readable int, problem codec.Problem) {
	masked = make([]byte, len(octets))
	copy(masked, octets[:min(len(octets), codec.HeaderLen)])
	pdu, readable, problem := parse(octets)
	if pdu == nil {
		return masked, 0, problem
	}
	m := masker{numbers: numbers, answered: answered, from: octets[:readable], to: masked, at: codec.HeaderLen,
		command: pdu.Command(), refuses: codec.RefusesSM(pdu.Command(), pdu.Head().Status), whole: problem == codec.NoProblem}
	codec.Walk(pdu, &m)
	if problem == codec.TLVTruncated && !m.lost {
		m.cutTLV(octets)
	}
	return masked, m.at, problem
}

// parse reads as much of a PDU as can be read: all of it, or all up to a TLV that
// has not come whole. The PDU shares no memory with octets.
func parse(octets []byte) (pdu codec.PDU, readable int, problem codec.Problem) {
	if len(octets) < codec.HeaderLen {
		return nil, 0, codec.ShortHeader
	}
	switch length := binary.BigEndian.Uint32(octets); {
	case length < codec.HeaderLen:
		return nil, 0, codec.LengthTooSmall
	case length > codec.DefaultMaxLength: // the stream is lost: other PDUs may follow in it
		return nil, 0, codec.LengthTooLarge
	}
	frame := resized(octets, len(octets))
	pdu, err := codec.Parse(frame)
	var wrong *codec.DecodeError
	if !errors.As(err, &wrong) {
		return pdu, len(frame), codec.NoProblem
	}
	if wrong.Reason == codec.TLVTruncated || wrong.Reason == codec.TrailingOctets {
		frame = resized(octets, wrong.Offset)
		if pdu, err = codec.Parse(frame); err == nil {
			return pdu, len(frame), wrong.Reason
		}
	}
	return nil, 0, wrong.Reason
}

// resized is a copy of the first n octets as a PDU of that length.
func resized(octets []byte, n int) []byte {
	frame := bytes.Clone(octets[:n])
	binary.BigEndian.PutUint32(frame, uint32(n))
	return frame
}

// masker is the codec.Visitor that copies what may be seen from a PDU's octets into
// zeros. It follows the octets field by field; where they are not what the field
// says (a body that the codec gave up reading) it is lost and copies nothing more.
type masker struct {
	from, to []byte
	at       int
	lost     bool
	numbers  codec.NumberMask
	answered func() *quote.Text

	command codec.CommandID
	refuses bool // an SMS
	esm     codec.ESMClass
	whole   bool // the PDU was read to its end
}

// next is the room of the next n octets, if they are want.
func (m *masker) next(want string) (to []byte, ok bool) {
	end := m.at + len(want)
	if m.lost || end > len(m.from) || string(m.from[m.at:end]) != want {
		m.lost = true
		return nil, false
	}
	to = m.to[m.at:end]
	m.at = end
	return to, true
}

// octet copies one octet, if it is want.
func (m *masker) octet(want uint8) {
	if to, ok := m.next(string([]byte{want})); ok {
		to[0] = want
	}
}

// Text implements codec.Visitor.
func (m *masker) Text(name string, _ int, v *string) {
	if to, ok := m.next(*v); ok {
		m.textRule(name)(to, *v)
		m.terminator()
	}
}

// terminator passes the NUL of a C-octet string; the last one of a response may lack it.
func (m *masker) terminator() {
	if m.at < len(m.from) {
		m.octet(0)
	}
}

// Time implements codec.Visitor: a text that is no time may be anything.
func (m *masker) Time(_ string, v *string) {
	if to, ok := m.next(*v); ok {
		show := hidden
		if _, err := codec.ParseTime(*v); err == nil {
			show = whole
		}
		show(to, *v)
		m.terminator()
	}
}

// Number implements codec.Visitor.
func (m *masker) Number(name string, v *uint8) {
	if m.octet(*v); name == "esm_class" {
		m.esm = codec.ESMClass(*v)
	}
}

// Message implements codec.Visitor.
func (m *masker) Message(v *[]byte) {
	m.octet(uint8(len(*v)))
	if to, ok := m.next(string(*v)); ok {
		m.text(to, *v)
	}
}

// text masks short_message or message_payload.
func (m *masker) text(to, text []byte) {
	if m.esm.UDHI() {
		n := userDataHeader(to, text)
		to, text = to[n:], text[n:]
	}
	hidden(to, string(text))
	if (m.esm.IsReceipt() || m.esm.IsIntermediate()) && (m.command == codec.DeliverSMID || m.command == codec.DataSMID) {
		receiptFields(to, text)
	}
}

// Destinations implements codec.Visitor.
func (m *masker) Destinations(v *[]codec.Destination) {
	m.octet(uint8(len(*v)))
	for i := range *v {
		d := &(*v)[i]
		name := "dl_name"
		if m.octet(d.Flag); d.Flag == codec.DestSME {
			m.octet(d.TON)
			m.octet(d.NPI)
			name = "destination_addr"
		}
		m.Text(name, 0, &d.Name)
	}
}

// Unsuccessful implements codec.Visitor.
func (m *masker) Unsuccessful(v *[]codec.UnsuccessSME) {
	m.octet(uint8(len(*v)))
	for i := range *v {
		u := &(*v)[i]
		m.octet(u.TON)
		m.octet(u.NPI)
		m.Text("destination_addr", 0, &u.Addr)
		for shift := 24; shift >= 0; shift -= 8 {
			m.octet(uint8(u.Status >> shift))
		}
	}
}

// TLVs implements codec.Visitor.
func (m *masker) TLVs(v *codec.TLVs) {
	trusted := m.whole && m.endsWith(*v)
	for _, t := range *v {
		if !trusted && !t.Tag.Known() {
			m.lost = true // it may be text: after a wrong sm_length it would be
			return
		}
		for _, b := range []uint8{uint8(t.Tag >> 8), uint8(t.Tag), uint8(len(t.Value) >> 8), uint8(len(t.Value))} {
			m.octet(b)
		}
		if to, ok := m.next(string(t.Value)); ok {
			m.value(to, t)
		}
	}
}

// endsWith reports whether nothing but NULs is left behind the TLVs.
func (m *masker) endsWith(v codec.TLVs) bool {
	end := m.at
	for _, t := range v {
		end += 4 + len(t.Value)
	}
	return end <= len(m.from) && len(bytes.TrimLeft(m.from[end:], "\x00")) == 0
}

// cutTLV shows tag and length of a TLV that has not come whole, if a table names it:
// of others nobody knows that they are TLVs.
func (m *masker) cutTLV(octets []byte) {
	if len(octets) < m.at+4 || !codec.Tag(binary.BigEndian.Uint16(octets[m.at:])).Known() {
		return
	}
	copy(m.to[m.at:m.at+4], octets[m.at:])
}

// Rest implements codec.Visitor: nobody knows what is in there.
func (m *masker) Rest(string, *[]byte) {}
