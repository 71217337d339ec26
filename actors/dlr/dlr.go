// Package dlr decides what a delivery receipt means for a message: which events
// it makes, which state is to be remembered, and what the message as a whole has
// come to when it was sent in parts (US-SC-011). It is pure; the receipts desk
// looks rows up, publishes and answers.
package dlr

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ghasi/smpp-connector/actors/optional"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/quote"
	"github.com/ghasi/smpp-connector/codec/receipt"
	"github.com/ghasi/smpp-connector/codec/text"
	"github.com/ghasi/smpp-connector/codec/udh"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Rules say how an MNO writes receipts and ids: the profile.
type Rules struct {
	Detect Detect // what tells a receipt from a subscriber's message
	IDs    IDs
	Words  receipt.Rules
	Zone   *time.Location    // of the dates that say none; nil: not known
	Errors map[string]string // what an err: code means, by the code in upper case
	Text   text.Options      // what data_codings mean
	TLVs   optional.Rules    // names of TLVs
}

// IDs makes one key of the ids of both sides.
type IDs struct{ receipt.IDRule }

// FromResponse is the key of an id that submit_sm_resp gave.
func (r IDs) FromResponse(id string) string { return r.Apply(receipt.Submitted, id) }

// FromReceipt is the key of an id that a receipt names.
func (r IDs) FromReceipt(id string) string { return r.Apply(receipt.Receipted, id) }

// Detect says by what a deliver_sm is taken for a receipt. Some MNOs do not set the
// receipt bit of esm_class; their receipts would be published as MOs.
type Detect uint8

// What is looked at, each besides the ones before it.
const (
	ByTLVs Detect = iota // esm_class; and receipted_message_id with message_state, which no MO carries
	ByBits               // esm_class alone
	ByText               // ByTLVs; and a text with an id and a state word, which a subscriber could write too
)

// IsReceipt reports whether a deliver_sm says what became of a message.
func (r Rules) IsReceipt(pdu *codec.DeliverSM) bool {
	if pdu.ESMClass.IsReceipt() || pdu.ESMClass.IsIntermediate() {
		return true
	}
	if r.Detect == ByBits {
		return false
	}
	_, stated := pdu.TLVs.Uint8(codec.TagMessageState)
	if stated && pdu.TLVs.String(codec.TagReceiptedMessageID) != "" {
		return true
	}
	if r.Detect != ByText || pdu.ESMClass.UDHI() {
		return false
	}
	fields := receipt.Parse(r.bodyOf(pdu))
	_, worded := r.Words.State(fields.Stat.Text)
	return worded && fields.LooksLike()
}

// Heard is one receipt as it was read.
type Heard struct {
	receipt.Receipt
	Key  port.CorrelationKey
	Bind port.BindID
	At   time.Time
	Raw  string // the receipt's text without the message's own

	DoneAt     time.Time         // DoneDate as a time; zero: it is none, or its zone is not known
	TLVs       map[string]string // the others, by their names; nil: there are none
	ErrMeaning string            // what Err means at the MNO; empty: its profile does not say
}

// Read reads a receipt out of a deliver_sm (or a data_sm seen as one).
func Read(pdu *codec.DeliverSM, r Rules, operatorID string, bind port.BindID, at time.Time) Heard {
	body := r.bodyOf(pdu)
	fields := receipt.Parse(body)
	tlvs := receipt.TLVs{ReceiptedMessageID: pdu.TLVs.String(codec.TagReceiptedMessageID)}
	for _, id := range []*string{&tlvs.ReceiptedMessageID, &fields.ID.Text} {
		if len(*id) > longestID {
			*id = ""
		}
	}
	tlvs.MessageState, tlvs.HasMessageState = pdu.TLVs.Uint8(codec.TagMessageState)
	tlvs.NetworkErrorCode, _ = pdu.TLVs.Get(codec.TagNetworkErrorCode)
	h := Heard{Receipt: r.Words.Resolve(fields, tlvs), Bind: bind, At: at, Raw: withoutText(body)}
	h.DoneAt = r.moment(h.DoneDate, at)
	h.TLVs = r.TLVs.Told(pdu.TLVs, func() quote.Text { return textIn(fields, body) })
	h.ErrMeaning = r.Errors[strings.ToUpper(h.Err)]
	if pdu.ESMClass.IsIntermediate() {
		h.Final = false
	}
	h.Key = port.CorrelationKey{OperatorID: operatorID, OperatorMessageID: r.IDs.FromReceipt(h.ID)}
	return h
}

// longestID is how long an id of a receipt may be, in octets. SMPP allows 64, and codec
// reads no longer one in an answer, so a longer one names nothing; and it would make keys
// that NATS ends the connection for.
const longestID = 255

// moment reads a date of a receipt that was heard at some time. Of two readings it
// takes the one that is closer to that.
func (r Rules) moment(date string, heard time.Time) time.Time {
	d, ok := receipt.ParseDate(date, r.Zone)
	if !ok || !d.Zoned && r.Zone == nil {
		return time.Time{}
	}
	if !d.Other.IsZero() && d.Other.Sub(heard).Abs() < d.Time.Sub(heard).Abs() {
		return d.Other
	}
	return d.Time
}

// withoutText cuts a receipt's text before the message's own (`text:`), which no
// event, log or page may carry. It cuts at the first label that could be meant, also
// one that receipt.Parse would not take for a label: what stands behind it may be the
// subscriber's, and less of a receipt costs nobody anything.
func withoutText(body []byte) string {
	if at := textLabel(body); at >= 0 {
		body = bytes.TrimRight(body[:at], " ")
	}
	return strings.ToValidUTF8(string(body), "\uFFFD")
}

// textIn is the message's own text in a receipt, mostly its first 20 characters: what is
// read as that, else all behind what could be its label.
func textIn(fields receipt.Fields, body []byte) quote.Text {
	octets := []byte(fields.Text.Text)
	if at := textLabel(body); len(octets) == 0 && at >= 0 {
		octets = body[at+len("text"):]
	}
	return quote.Octets(octets, udh.Header{})
}

// textLabel is where the first `text`, in any case, stands before a colon or an equals
// sign, with blanks between or without; -1: nowhere.
func textLabel(body []byte) int {
	for i := 0; i+len("text") < len(body); i++ {
		if body[i]|0x20 != 't' || !bytes.EqualFold(body[i:i+len("text")], []byte("text")) {
			continue
		}
		rest := bytes.TrimLeft(body[i+len("text"):], " \t\r\n\x00")
		if len(rest) > 0 && (rest[0] == ':' || rest[0] == '=') {
			return i
		}
	}
	return -1
}

// statuses maps message_state to the internal status (US-SC-011: all 8 values,
// and SMPP 5.0's 0 and 9).
var statuses = [...]contract.DlrStatus_Value{
	receipt.Scheduled:     contract.DlrStatus_SCHEDULED,
	receipt.Enroute:       contract.DlrStatus_ENROUTE,
	receipt.Delivered:     contract.DlrStatus_DELIVERED,
	receipt.Expired:       contract.DlrStatus_EXPIRED,
	receipt.Deleted:       contract.DlrStatus_DELETED,
	receipt.Undeliverable: contract.DlrStatus_UNDELIVERABLE,
	receipt.Accepted:      contract.DlrStatus_ACCEPTED,
	receipt.Unknown:       contract.DlrStatus_UNKNOWN,
	receipt.Rejected:      contract.DlrStatus_REJECTED,
	receipt.Skipped:       contract.DlrStatus_SKIPPED,
}

// Status is the internal name of a message_state; UNKNOWN for what is none.
func Status(state uint8) contract.DlrStatus_Value {
	if int(state) < len(statuses) {
		return statuses[state]
	}
	return contract.DlrStatus_UNKNOWN
}

// Repeated reports whether the event of this receipt has been published already. A
// final state is news after an intermediate receipt of the same.
func Repeated(row port.Correlation, h Heard) bool {
	return told(row, h.State) && (!h.Final || row.Final != 0)
}

// Concluded reports whether the row says that the message in parts has had its event.
func Concluded(row port.Correlation) bool { return told(row, port.Concluded) }

func told(row port.Correlation, state uint8) bool { return row.States&(1<<(state&15)) != 0 }

// Kind tells the receipts of one id apart: by their state, and whether that is final.
func Kind(state uint8, final bool) uint8 {
	if final {
		return state
	}
	return state | stage
}

// stage is above every message_state.
const stage = 1 << 6

// Published is set in the kind of a parked receipt whose event is stored, and the mark on
// its row is not.
const Published uint8 = 1 << 7

// Kind is the receipt's.
func (h Heard) Kind() uint8 { return Kind(h.State, h.Final) }

// Remember is the mark that a published receipt leaves.
func Remember(h Heard) port.Mark { return port.Mark{Key: h.Key, State: h.State, Final: h.Final} }

// OfPart is the event of one receipt: sms.dlr.inbound for a message in one
// segment, sms.dlr.part for a part of a long one.
func OfPart(row port.Correlation, h Heard) port.Event {
	body := eventBody(row, h)
	subject := contract.SubjectDLRInbound
	id := "dlr:" + row.Whose() + ":" + row.MessageID + ":" + strconv.Itoa(int(h.Kind()))
	if row.PartsTotal > 1 {
		subject = contract.SubjectDLRPart
		id = "part:" + row.OperatorID + ":" + row.MessageID + ":" + strconv.Itoa(row.PartIndex) + ":" + strconv.Itoa(int(h.Kind()))
		body.PartIndex = uint32(row.PartIndex)
	}
	return port.Event{Subject: subject, ID: id, Body: body, Trace: row.Trace}
}

func eventBody(row port.Correlation, h Heard) *contract.DlrInboundEvent {
	e := &contract.DlrInboundEvent{
		MessageId: row.MessageID, Status: Status(h.State), Final: h.Final,
		OperatorId: row.OperatorID, PrimaryOperatorId: row.PrimaryOperatorID, OperatorMessageId: row.OperatorMessageID, BindId: h.Bind.String(),
		To: row.To, From: row.From, ErrorCode: h.Err, ErrorMeaning: h.ErrMeaning, NetworkErrorCode: h.NetworkErrorCode,
		SubmittedAt: timestamppb.New(row.SubmittedAt), ReceivedAt: timestamppb.New(h.At),
		SubmitDate: h.SubmitDate, DoneDate: h.DoneDate, RawText: h.Raw,
		PartsTotal: uint32(row.PartsTotal), Ambiguous: row.Ambiguous, Epoch: row.Epoch, DoneAt: instant(h.DoneAt), Tlvs: h.TLVs,
	}
	if h.Final && row.PartsTotal == 1 {
		e.PartsFinal = 1
	}
	return e
}

// instant is a time as an event has it; nil: it is not known.
func instant(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
