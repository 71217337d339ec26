package dlr

import (
	"encoding/hex"
	"strconv"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/receipt"
	contract "github.com/ghasi/smpp-connector/proto"
)

// What is said of a receipt that no message is known for, and how it is read again.

// NoID is the diagnosis of a receipt that names no message.
const NoID = "the receipt has no id, neither in receipted_message_id nor in its text, or one of more than 255 octets"

// Unmatched is the diagnosis of a receipt whose id no message has.
const Unmatched = "no message of this account has the id, under any rule: it was sent by another system, its answer was lost, or its correlation has expired"

// WouldMatch is the diagnosis of one that another rule of the profile would match.
func WouldMatch(rule string) string {
	return "a message has this id under messageIdRule " + rule + ": correct the profile, then `smpp-connector dlr replay`"
}

// Orphan is the event of a receipt that stayed without a message: everything that
// Reread needs, and why.
func Orphan(h Heard, from, to, diagnosis string) port.Event {
	e := port.Event{Subject: contract.SubjectDLROrphan, Body: &contract.DlrInboundEvent{
		Status: Status(h.State), Final: h.Final, OperatorId: h.Key.OperatorID, OperatorMessageId: h.ID, BindId: h.Bind.String(),
		To: to, From: from, ErrorCode: h.Err, ErrorMeaning: h.ErrMeaning, NetworkErrorCode: h.NetworkErrorCode, SubmitDate: h.SubmitDate, DoneDate: h.DoneDate,
		ReceivedAt: timestamppb.New(h.At), RawText: h.Raw, Diagnosis: diagnosis, DoneAt: instant(h.DoneAt), Tlvs: h.TLVs}}
	if h.ID != "" {
		e.ID = "orphan:" + h.Key.OperatorID + ":" + h.ID + ":" + strconv.Itoa(int(h.Kind()))
	}
	return e
}

// Deliver makes the deliver_sm of an orphan again, without the message's own text and the
// TLVs that the event has by name, so that it can be read under other rules.
func Deliver(e *contract.DlrInboundEvent) *codec.DeliverSM {
	pdu := &codec.DeliverSM{SourceAddr: e.GetTo(), DestinationAddr: e.GetFrom(), ESMClass: codec.ESMTypeReceipt, ShortMessage: []byte(e.GetRawText())}
	state := StateOf(e.GetStatus())
	if !e.GetFinal() && (receipt.Rules{}).Final(state) {
		pdu.ESMClass = codec.ESMTypeIntermediate
	}
	if e.GetOperatorMessageId() != "" {
		pdu.TLVs = append(pdu.TLVs, codec.TLV{Tag: codec.TagReceiptedMessageID, Value: append([]byte(e.GetOperatorMessageId()), 0)})
	}
	pdu.TLVs = append(pdu.TLVs, codec.TLV{Tag: codec.TagMessageState, Value: []byte{state}})
	if code, err := hex.DecodeString(e.GetNetworkErrorCode()); err == nil && len(code) > 0 {
		pdu.TLVs = append(pdu.TLVs, codec.TLV{Tag: codec.TagNetworkErrorCode, Value: code})
	}
	return pdu
}

// StateOf is the message_state of an internal status.
func StateOf(s contract.DlrStatus_Value) uint8 {
	for state, status := range statuses {
		if status == s {
			return uint8(state)
		}
	}
	return receipt.Unknown
}

// OtherForms returns the ids under which a message would be known whose receipt
// names id, if the profile had another rule: by that rule's name, in a fixed order.
func OtherForms(id string) []Form {
	var forms []Form
	add := func(rule string, ids ...string) {
		for _, other := range ids {
			if other != "" && other != id {
				forms = append(forms, Form{rule, other})
			}
		}
	}
	parse := func(rule string) receipt.IDRule {
		r, _ := receipt.ParseIDRule(rule)
		return r
	}
	upper, lower := parse("upper").Apply(receipt.Receipted, id), parse("lower").Apply(receipt.Receipted, id)
	hex := parse("dec-to-hex").Apply(receipt.Submitted, id)
	hexLower := parse("lower").Apply(receipt.Receipted, hex)
	add("hex-to-dec", hex, hexLower, pad(hex, 8), pad(hexLower, 8), pad(hex, 16), pad(hexLower, 16))
	add("dec-to-hex", parse("hex-to-dec").Apply(receipt.Submitted, id))
	add("strip-zeros", parse("strip-zeros").Apply(receipt.Receipted, id), pad(id, 10), pad(id, 16), pad(id, 20))
	add("upper", upper, lower)
	return forms
}

// Form is an id as another rule would have it.
type Form struct{ Rule, ID string }

func pad(id string, width int) string {
	for len(id) < width {
		id = "0" + id
	}
	return id
}
