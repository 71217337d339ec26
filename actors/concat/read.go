package concat

import (
	"fmt"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/udh"
)

// Inbound is what a deliver_sm says, its user data header read.
type Inbound struct {
	Header  udh.Header
	Part    port.ConcatPart // Index is 0 for a message in one PDU
	Concat  udh.Concat      // of a part
	Unclear bool            // a header was announced that cannot be read; it stands in the body
	Faults  []Fault
}

// Fault is a way in which a deliver_sm breaks the rules. The message is published
// all the same.
type Fault struct {
	What   string // a stable word, for event.ProtocolViolation
	Detail string // lengths and numbers, never a text
}

// The words of faults.
const (
	badHeader = "user_data_header" // its lengths contradict each other (3GPP TS 23.040 §9.2.3.24)
	badPlace  = "concatenation"    // part 0, a part above the total, a total of 0, half of the sar_* TLVs
	tooLarge  = "message_size"     // parts that make more than any store or stream takes
	twoBodies = "two_texts"        // short_message and message_payload (SMPP 3.4 §5.3.2.32)
)

// InParts reports whether it is one part of several.
func (in *Inbound) InParts() bool { return in.Part.Index != 0 }

// Read separates a message from its headers. Nothing that came is thrown away: a
// header that cannot be read stays in the body, a part that has no place in a
// message is a message.
func Read(pdu *codec.DeliverSM) Inbound {
	in := Inbound{Part: port.ConcatPart{DataCoding: uint8(pdu.DataCoding)}}
	in.Part.Body = in.body(pdu)
	if pdu.ESMClass.UDHI() {
		octets := in.Part.Body
		header, rest, err := udh.Parse(octets)
		if err != nil {
			in.Unclear = true
			in.fault(badHeader, err.Error())
		} else {
			in.Header, in.Part.Body, in.Part.Header = header, rest, octets[:header.Octets]
			in.Concat = header.Concat
			for _, e := range header.Others {
				if e.ID == udh.ConcatNarrow || e.ID == udh.ConcatWide {
					in.fault(badPlace, "a concatenation element of the user data header has no place in a message")
				}
			}
		}
	}
	if !in.Concat.Valid() {
		in.Concat = in.sar(pdu.TLVs)
	}
	if in.Concat.Total > 1 {
		in.Part.Index = in.Concat.Index
	}
	if in.InParts() && len(in.Part.Body)*int(in.Concat.Total) > mostOctets {
		in.Part.Index = 0
		in.fault(tooLarge, fmt.Sprintf("a part of %d octets, of %d: a message in parts has no more than %d", len(in.Part.Body), in.Concat.Total, mostOctets))
	}
	return in
}

// mostOctets is how large a message in parts may be, as each part foretells: twice 255
// full ones of short_message. More, in message_payload, NATS would refuse, in the store for
// parts or as an event, however often it is tried. Such a part is a message by itself.
const mostOctets = 2 * 255 * 254

// body is short_message or message_payload. Of both, the one that says more.
func (in *Inbound) body(pdu *codec.DeliverSM) []byte {
	payload, ok := pdu.TLVs.Get(codec.TagMessagePayload)
	if ok && len(payload) > 0 && len(pdu.ShortMessage) > 0 {
		in.fault(twoBodies, "short_message and message_payload are both there: want one of them")
	}
	if len(payload) > len(pdu.ShortMessage) {
		return payload
	}
	return pdu.ShortMessage
}

// sar reads the sar_* TLVs (SMPP 3.4 §5.3.2.22 to 24).
func (in *Inbound) sar(tlvs codec.TLVs) udh.Concat {
	ref, hasRef := tlvs.Uint16(codec.TagSARMsgRefNum)
	total, hasTotal := tlvs.Uint8(codec.TagSARTotalSegments)
	index, hasIndex := tlvs.Uint8(codec.TagSARSegmentSeqnum)
	if !hasRef && !hasTotal && !hasIndex {
		return udh.Concat{}
	}
	c := udh.Concat{Reference: ref, Wide: true, Total: total, Index: index}
	if !hasRef || !hasTotal || !hasIndex || !c.Valid() {
		in.fault(badPlace, "the sar_* TLVs name no place in a message: want sar_msg_ref_num, sar_total_segments and sar_segment_seqnum from 1 to the total")
		return udh.Concat{}
	}
	return c
}

func (in *Inbound) fault(what, detail string) { in.Faults = append(in.Faults, Fault{what, detail}) }

// Key is the message that a part belongs to.
func Key(mno string, pdu *codec.DeliverSM, c udh.Concat) port.ConcatKey {
	return port.ConcatKey{MNO: mno, Originator: pdu.SourceAddr, Destination: pdu.DestinationAddr, Reference: c.Reference, Wide: c.Wide, Total: c.Total}
}
