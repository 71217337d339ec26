package dlr

import (
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/text"
	"github.com/ghasi/smpp-connector/codec/udh"
)

// bodyOf is the text of a receipt: of short_message or message_payload, without a
// user data header. data_coding is not asked: MNOs have been seen to say UCS2 of an
// ASCII text, and to say nothing of a text in UCS2.
func bodyOf(pdu *codec.DeliverSM) []byte {
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
	return body
}

// ucs2 is its data_coding (SMPP 3.4 §5.2.19).
const ucs2 = 0x08

var littleEndian = map[uint8]text.Alphabet{ucs2: text.UCS2LE}
