package dispatch

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/segment"
	"github.com/ghasi/smpp-connector/codec/text"
	"github.com/ghasi/smpp-connector/codec/udh"
	contract "github.com/ghasi/smpp-connector/proto"
)

// The reasons of a Refusal beside the contract's.
const (
	ReasonExpired     = "expired"              // expiresAt has passed
	ReasonTooLong     = "too_many_segments"    // more parts than the profile allows
	ReasonFingerprint = "fingerprint_mismatch" // and the operator refuses those
)

// Plan is a command ready to be sent: what its PDUs share, and the octets of each part.
type Plan struct {
	MessageID   string
	Encoding    segment.Encoding
	Forced      bool   // by the command's encoding field
	Characters  []rune // that GSM7_FORCE replaced, in order
	Units       int
	Segments    int                                // what the handset gets and billing bills
	Strategy    contract.LongMessageStrategy_Value // DEFAULT for a text in one segment
	Fingerprint string                             // by the default rule, which billing follows
	Mismatch    bool                               // the command's fingerprint is another

	parts    [][]byte   // one a PDU, without user data header
	wide     bool       // they leave room for a 16-bit reference
	header   udh.Header // of every part: the national tables, where the text needs them
	template codec.SubmitSM
	from, to string // as the platform sees them
	onlyLast bool   // the last part alone asks for a receipt
}

// PDUs returns how many submit_sm carry the message: the segments, or one with
// message_payload.
func (p *Plan) PDUs() int { return len(p.parts) }

// NeedsReference reports whether the parts must share a concatenation reference.
func (p *Plan) NeedsReference() bool { return p.PDUs() > 1 }

// ReferenceBits is how wide that reference is, 8 or 16; sar_msg_ref_num has 16 always.
func (p *Plan) ReferenceBits() uint8 {
	if p.wide || p.Strategy == contract.LongMessageStrategy_SAR {
		return 16
	}
	return 8
}

// Widen returns the same message with room for a 16-bit reference in its parts; ok
// is false when it would take more segments (US-SC-026), or may not. c and r are what
// the plan was made of. What was counted, and the fingerprint, stay as they are.
func (p *Plan) Widen(c *contract.SmsDispatchCommand, r Rules) (wide *Plan, ok bool) {
	if !r.MayWiden {
		return nil, false
	}
	r.Count.Wide = true
	split, err := text.Prepare(c.GetText(), segment.Encoding(c.GetEncoding()), r.Count, r.Alphabet)
	if err != nil || split.Segments != p.Segments {
		return nil, false
	}
	w := *p
	w.wide = true
	if w.parts, err = w.octets(split, r); err != nil || len(w.parts) != len(p.parts) {
		return nil, false
	}
	return &w, true
}

// From is the sender as the platform sees it: as it is submitted, read by the rules for
// what the MNO writes. So it is what a receipt has that echoes the submit, and the same
// from every profile that leads to E.164.
func (p *Plan) From() string { return p.from }

// To is the recipient as the platform sees it: what the MO of the same subscriber has.
func (p *Plan) To() string { return p.to }

// Expired says that a command may not be submitted any more; nil: it may.
func Expired(c *contract.SmsDispatchCommand, now time.Time) *Refusal {
	if at := c.GetExpiresAt(); at == nil || at.AsTime().After(now) {
		return nil
	}
	return &Refusal{ReasonExpired, "expiresAt", "lies in the past: publish the command with a later time, or without it"}
}

// TooOld says that a command has waited for so long that the stream is about to drop it;
// due is port.Delivery's. nil: it has not.
func TooOld(storedAt, due, now time.Time) *Refusal {
	if due.IsZero() || now.Before(due) {
		return nil
	}
	return &Refusal{Reason: contract.ReasonMaxAge, Detail: fmt.Sprintf("it has waited for %s, and the stream soon drops it (NATS_DISPATCH_MAX_AGE): see why its binds took none (smpp-connector binds), then replay",
		now.Sub(storedAt).Round(time.Second))}
}

// Begun plans a command of which something may be with the MNO already, to find out what
// of it is: that it has expired since, or its sender is not allowed any more, takes nothing
// of that back. nil where its parts cannot be known.
func Begun(c *contract.SmsDispatchCommand, r Rules) *Plan {
	r.Senders = nil
	p, _ := Make(c, r, time.Time{})
	return p
}

// Make plans a command, or says why it will not be sent.
func Make(c *contract.SmsDispatchCommand, r Rules, now time.Time) (*Plan, *Refusal) {
	if refusal := Expired(c, now); refusal != nil {
		return nil, refusal
	}
	want := segment.Encoding(c.GetEncoding())
	split, err := text.Prepare(c.GetText(), want, r.Count, r.Alphabet)
	if err != nil {
		return nil, unfit(err)
	}
	p := &Plan{MessageID: c.GetMessageId(), Encoding: split.Encoding, Forced: want != segment.Auto,
		Units: split.Units, Segments: split.Segments, Fingerprint: fingerprint(c, split, r),
		header: udh.Header{Locking: split.Shift.Locking, Single: split.Shift.Single}, wide: r.Count.Wide, onlyLast: r.ReceiptOfLastPart}
	for _, c := range split.Replaced {
		p.Characters = append(p.Characters, c.Rune)
	}
	if given := c.GetSegmentFingerprint(); given != "" && given != p.Fingerprint {
		if r.RefuseFingerprintMismatch {
			return nil, &Refusal{ReasonFingerprint, "segmentFingerprint", "the text's is " + p.Fingerprint + ": count it with the version of the segment counter that this connector uses"}
		}
		p.Mismatch = true
	}
	if p.Segments > 1 {
		p.Strategy = strategy(c, r)
	}
	if refusal := p.withoutTLVs(c, r); refusal != nil {
		return nil, refusal
	}
	if p.parts, err = p.octets(split, r); err != nil {
		return nil, unfit(err)
	}
	if refusal := p.fillTemplate(c, r, now); refusal != nil {
		return nil, refusal
	}
	return p, nil
}

// withoutTLVs refuses what cannot be said to a peer of SMPP 3.3.
func (p *Plan) withoutTLVs(c *contract.SmsDispatchCommand, r Rules) *Refusal {
	switch {
	case !r.NoTLVs:
		return nil
	case len(c.GetTlvs()) > 0:
		return invalid("tlvs", "the MNO is bound with SMPP 3.3, which has no TLVs: leave them out, or raise interfaceVersion in its profile")
	case p.Strategy == contract.LongMessageStrategy_TLV || p.Strategy == contract.LongMessageStrategy_SAR:
		return invalid("longMessageStrategy", "%v needs TLVs, and the MNO is bound with SMPP 3.3, which has none: want CSMS, or raise interfaceVersion in its profile", p.Strategy)
	}
	return nil
}

// fingerprint is that of the text by the default rule, whatever the profile makes of
// it: nobody who bills knows the profile (decisions.md 036). A text that the default
// rule cannot write as demanded, and national tables can, has that of what is sent.
func fingerprint(c *contract.SmsDispatchCommand, split segment.Plan, r Rules) string {
	septets := r.Alphabet == text.GSM7 || r.Alphabet == text.GSM7Packed
	if own := (segment.Rule{MaxParts: r.Count.MaxParts}); septets && r.Count == own {
		return split.Fingerprint() // the usual profile: no second split
	}
	byDefault, err := segment.Fingerprint(c.GetText(), segment.Encoding(c.GetEncoding()), segment.Rule{MaxParts: -1})
	if err != nil {
		return split.Fingerprint()
	}
	return byDefault
}

// unfit says why a text cannot be sent as demanded.
func unfit(err error) *Refusal {
	var long *segment.TooLongError
	if errors.As(err, &long) {
		return &Refusal{ReasonTooLong, "text", err.Error()}
	}
	return invalid("text", "%v", err)
}

// octets writes the parts as the MNO's default alphabet has them. Unpacked GSM7
// and UCS2 are ready as they were split; message_payload takes all in one.
func (p *Plan) octets(split segment.Plan, r Rules) ([][]byte, error) {
	if p.Strategy == contract.LongMessageStrategy_TLV {
		split.Parts = [][]byte{slices.Concat(split.Parts...)}
	}
	if r.Alphabet == text.GSM7 || split.Encoding == segment.UCS2 {
		return split.Parts, nil
	}
	header := p.header
	if len(split.Parts) > 1 && p.Strategy == contract.LongMessageStrategy_CSMS {
		header.Concat = udh.Concat{Wide: r.Count.Wide, Total: 1, Index: 1}
	}
	front, err := header.Append(nil)
	if err != nil {
		return nil, err
	}
	parts := make([][]byte, len(split.Parts))
	for i := range parts {
		if parts[i], err = text.AppendPart(nil, split, i, r.Alphabet, len(front)); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

func strategy(c *contract.SmsDispatchCommand, r Rules) contract.LongMessageStrategy_Value {
	for _, s := range []contract.LongMessageStrategy_Value{c.GetLongMessageStrategy(), r.Strategy} {
		if s != contract.LongMessageStrategy_DEFAULT {
			return s
		}
	}
	return contract.LongMessageStrategy_CSMS
}

func (p *Plan) fillTemplate(c *contract.SmsDispatchCommand, r Rules, now time.Time) *Refusal {
	t := &p.template
	from := c.GetFrom()
	if from == "" {
		from = r.SourceAddress
	}
	var source, destination TONNPI
	t.SourceAddr, source = r.Source.classify(r.Outbound.Sender(from))
	t.DestinationAddr, destination = r.Destination.classify(r.Outbound.Recipient(c.GetTo()))
	p.to, p.from = t.DestinationAddr, t.SourceAddr
	r.Inbound.Heard(&p.to, &p.from) // the other way round, as a receipt has them
	if refusal := r.Senders.refuse(t.SourceAddr); refusal != nil {
		return refusal
	}
	t.SourceAddrTON, t.SourceAddrNPI = override(source.TON, c.FromTon), override(source.NPI, c.FromNpi)
	t.DestAddrTON, t.DestAddrNPI = override(destination.TON, c.ToTon), override(destination.NPI, c.ToNpi)

	t.ServiceType = c.GetServiceType()
	if t.ServiceType == "" {
		t.ServiceType = r.ServiceType
	}
	t.ESMClass, t.ProtocolID, t.PriorityFlag = r.ESMClass, cmp.Or(uint8(c.GetProtocolId()), r.ProtocolID), uint8(c.GetPriority())
	t.RegisteredDelivery = codec.RegisteredDelivery(override(uint8(r.RegisteredDelivery), c.RegisteredDelivery))
	t.DataCoding = r.GSM7DataCoding
	if p.Encoding == segment.UCS2 {
		t.DataCoding = r.UCS2DataCoding
	}
	if c.GetReplaceIfPresent() {
		if p.PDUs() > 1 {
			return invalid("replaceIfPresent", "the message is in %d PDUs, each of which would replace the one before it: shorten the text, or want longMessageStrategy TLV, where the MNO takes it", p.PDUs())
		}
		t.ReplaceIfPresentFlag = 1
	}
	if c.GetFlash() {
		t.DataCoding = codec.DataCoding(r.Flash.DataCoding(p.Encoding == segment.UCS2))
	}
	var err error
	if t.ValidityPeriod, err = r.ValidityForm.write(cmp.Or(c.Validity(), r.Validity), now); err != nil {
		return invalid("validityPeriod", "%v", err)
	}
	if at := c.GetScheduledAt(); at != nil {
		t.ScheduleDeliveryTime = codec.FormatAbsolute(at.AsTime())
	}
	if refusal := r.fillTLVs(t, c.GetTlvs()); refusal != nil {
		return refusal
	}
	if err := codec.Validate(t); err != nil {
		var field *codec.EncodeError
		if errors.As(err, &field) {
			return invalid(commandField(field.Field), "%v", err)
		}
		return invalid("command", "%v", err)
	}
	return nil
}

func override(value uint8, by *uint32) uint8 {
	if by != nil {
		return uint8(*by)
	}
	return value
}

// commandField names the command's field that a PDU's field was filled from.
func commandField(pdu string) string {
	switch pdu {
	case "source_addr":
		return "from"
	case "destination_addr":
		return "to"
	case "service_type":
		return "serviceType"
	case "validity_period":
		return "validityPeriod"
	case "schedule_delivery_time":
		return "scheduledAt"
	}
	return pdu
}

// AsksReceipt reports whether the PDU of a part, from 0, asks for a receipt of its
// own (registered_delivery, SMPP 3.4 §5.2.17).
func (p *Plan) AsksReceipt(part int) bool {
	return p.template.RegisteredDelivery.Receipt() != codec.ReceiptNone && !(p.onlyLast && part+1 < len(p.parts))
}

// Fill writes the PDU of a part, from 0, into out, and returns the scratch buffer
// that the PDU's octets may point into: keep it until the PDU has been encoded.
// The reference is used when NeedsReference; of one of 8 bits its low octet.
func (p *Plan) Fill(part int, reference uint16, out *codec.SubmitSM, scratch []byte) []byte {
	tlvs := append(out.TLVs[:0], p.template.TLVs...)
	*out = p.template
	total, index := uint8(len(p.parts)), uint8(part+1)
	header := p.header
	switch {
	case total > 1 && p.Strategy == contract.LongMessageStrategy_SAR:
		tlvs = append(tlvs,
			codec.TLV{Tag: codec.TagSARMsgRefNum, Value: []byte{byte(reference >> 8), byte(reference)}},
			codec.TLV{Tag: codec.TagSARTotalSegments, Value: []byte{total}},
			codec.TLV{Tag: codec.TagSARSegmentSeqnum, Value: []byte{index}})
	case total > 1:
		header.Concat = udh.Concat{Reference: reference, Wide: p.wide, Total: total, Index: index}
	}
	body := p.parts[part]
	scratch, _ = header.Append(scratch[:0]) // its elements are ours, and short
	if len(scratch) > 0 {
		out.ESMClass |= codec.ESMUDHI
		scratch = append(scratch, body...)
		body = scratch
	}
	if p.Strategy == contract.LongMessageStrategy_TLV {
		tlvs = append(tlvs, codec.TLV{Tag: codec.TagMessagePayload, Value: body})
	} else {
		out.ShortMessage = body
	}
	if !p.AsksReceipt(part) && p.onlyLast {
		out.RegisteredDelivery = codec.ReceiptNone
	}
	out.TLVs = tlvs
	return scratch
}
