package dlr

import (
	"bytes"

	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/text"
	"github.com/ghasi/smpp-connector/codec/udh"
)

// Seen is a deliver_sm, or a data_sm that carries the same, as a deliver_sm.
func Seen(pdu codec.PDU) (*codec.DeliverSM, bool) {
	switch p := pdu.(type) {
	case *codec.DeliverSM:
		return p, true
	case *codec.DataSM:
		return &codec.DeliverSM{Header: p.Header, ServiceType: p.ServiceType,
			SourceAddrTON: p.SourceAddrTON, SourceAddrNPI: p.SourceAddrNPI, SourceAddr: p.SourceAddr,
			DestAddrTON: p.DestAddrTON, DestAddrNPI: p.DestAddrNPI, DestinationAddr: p.DestinationAddr,
			ESMClass: p.ESMClass, RegisteredDelivery: p.RegisteredDelivery, DataCoding: p.DataCoding, TLVs: p.TLVs}, true
	}
	return nil, false
}

// bodyOf is the text of a receipt: of short_message or message_payload, without a
// user data header. Whether it is in UCS2 data_coding is not asked: MNOs have been seen
// to say UCS2 of an ASCII text, and to say nothing of a text in UCS2.
func (r Rules) bodyOf(pdu *codec.DeliverSM) []byte {
	body := pdu.ShortMessage
	if payload, ok := pdu.TLVs.Get(codec.TagMessagePayload); ok && len(body) == 0 {
		body = payload
	}
	if pdu.ESMClass.UDHI() {
		if _, rest, err := udh.Parse(body); err == nil {
			body = rest
		}
	}
	// A receipt's labels are ASCII, so one in UCS2 has zeros where another has none.
	if len(body) >= 4 && len(body)%2 == 0 {
		switch {
		case body[0] == 0 && body[1] != 0 && body[2] == 0:
			return []byte(text.Decode(ucs2, body, text.Options{}).Text)
		case body[1] == 0 && body[0] != 0 && body[3] == 0:
			return []byte(text.Decode(ucs2, body, text.Options{Override: littleEndian}).Text)
		}
	}
	return r.readable(uint8(pdu.DataCoding), body)
}

// readable reads a receipt by its data_coding where the profile says what that means.
// One that is plain ASCII is left as it is, whatever its data_coding: SMSCs write
// receipts in ASCII under the data_coding of the message, and GSM7 would make § of an
// id's underscore.
func (r Rules) readable(dataCoding uint8, body []byte) []byte {
	alphabet, said := r.Text.Override[dataCoding]
	if dataCoding == 0 && !said {
		alphabet, said = r.Text.Default, r.Text.Default == text.GSM7Packed
	}
	if !said || alphabet == text.UCS2 || alphabet == text.UCS2LE || isPlain(body) {
		return body
	}
	if d := text.Decode(dataCoding, body, r.Text); !d.Binary && !d.Lossy {
		return []byte(d.Text)
	}
	return body
}

// isPlain reports whether a receipt, but for the message's own text in it, is
// printable ASCII and white space.
func isPlain(body []byte) bool {
	if at := textLabel(body); at >= 0 {
		body = body[:at]
	}
	return !bytes.ContainsFunc(body, func(c rune) bool {
		return c > '~' || c < ' ' && c != '\t' && c != '\r' && c != '\n' && c != 0 // 0: some SMSCs send the C string's end along
	})
}

// ucs2 is its data_coding (SMPP 3.4 §5.2.19).
const ucs2 = 0x08

var littleEndian = map[uint8]text.Alphabet{ucs2: text.UCS2LE}
