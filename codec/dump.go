package codec

import (
	"strconv"
	"unicode/utf8"
)

// Dump is p on one line, for transcripts, goldens and debug logs: the command, the
// sequence number, the status of a response, the fields that are not empty, and the
// TLVs. A password shows as ***, and a message's text by its length alone:
//
//	submit_sm seq=7 source_addr=AWCC destination_addr=93700000001 data_coding=8 short_message=42 octets
func Dump(p PDU) string { return dump(p, nil) }

// DumpMasked is Dump for whatever leaves the process: with the addresses masked too, and
// what could repeat a message's text, such as the words of a refusal, by its length.
func DumpMasked(p PDU, m NumberMask) string { return dump(p, &m) }

func dump(p PDU, m *NumberMask) string {
	h := p.Head()
	b := append(make([]byte, 0, 128), p.Command().String()...)
	b = append(b, " seq="...)
	b = strconv.AppendUint(b, uint64(h.Sequence), 10)
	if p.Command().IsResponse() || h.Status != StatusOK {
		b = append(append(b, ' '), h.Status.String()...)
	}
	d := dumper{b: b, failed: h.Status != StatusOK, refused: RefusesSM(p.Command(), h.Status), mask: m}
	p.walk(&d)
	return string(d.b)
}

// RefusesSM reports whether a PDU is an answer that refuses an SMS: what stands in its
// message_id is no id, and with some MNOs their reason in words.
func RefusesSM(command CommandID, status Status) bool {
	switch command {
	case SubmitSMRespID, SubmitMultiRespID, DataSMRespID, DeliverSMRespID:
		return status != StatusOK
	}
	return false
}

// dumper is the Visitor behind Dump.
type dumper struct {
	b       []byte
	failed  bool // an error response: a state of 0 is no state
	refused bool // an SMS
	mask    *NumberMask
}

func (d *dumper) name(s string) { d.b = append(append(append(d.b, ' '), s...), '=') }

// Text implements Visitor.
func (d *dumper) Text(name string, _ int, v *string) {
	if *v == "" {
		return
	}
	switch d.name(name); name {
	case "password":
		d.b = append(d.b, "***"...)
	case "source_addr", "destination_addr", "esme_addr", "address_range":
		d.address(*v)
	case "message_id":
		if d.mask != nil && d.refused { // of an SMS that was refused it is no id
			d.length(len(*v))
			return
		}
		d.value(*v)
	default:
		d.value(*v)
	}
}

// address writes a telephone number, or what stands in its place.
func (d *dumper) address(s string) {
	if d.mask == nil {
		d.value(s)
		return
	}
	d.b = append(d.b, d.mask.Mask(s)...) // of what would need quotes nothing is left
}

// value writes text bare, or quoted when it would not read as one word.
func (d *dumper) value(s string) {
	plain := utf8.ValidString(s)
	for i := 0; plain && i < len(s); i++ {
		plain = s[i] > ' ' && s[i] != '"' && s[i] != '=' && s[i] < 0x7F
	}
	if plain {
		d.b = append(d.b, s...)
		return
	}
	d.b = strconv.AppendQuoteToASCII(d.b, s)
}

// Time implements Visitor.
func (d *dumper) Time(name string, v *string) {
	if _, err := ParseTime(*v); err != nil && *v != "" && d.mask != nil {
		d.octets(name, len(*v))
		return
	}
	d.Text(name, 0, v)
}

// Number implements Visitor.
func (d *dumper) Number(name string, v *uint8) {
	switch {
	case name == "message_state" && !(d.failed && *v == 0):
		d.name(name)
		d.b = append(d.b, MessageState(*v).String()...)
	case *v != 0 && (name == "esm_class" || name == "interface_version"):
		d.name(name)
		d.b = append(d.b, "0x"...)
		d.b = strconv.AppendUint(d.b, uint64(*v), 16)
	case *v != 0 || name == "data_coding":
		d.name(name)
		d.b = strconv.AppendUint(d.b, uint64(*v), 10)
	}
}

// octets writes how many there are.
func (d *dumper) octets(name string, n int) {
	d.name(name)
	d.length(n)
}

func (d *dumper) length(n int) {
	d.b = strconv.AppendInt(d.b, int64(n), 10)
	d.b = append(d.b, " octets"...)
}

// Message implements Visitor.
func (d *dumper) Message(v *[]byte) { d.octets("short_message", len(*v)) }

// Rest implements Visitor.
func (d *dumper) Rest(name string, v *[]byte) { d.octets(name, len(*v)) }

// Destinations implements Visitor.
func (d *dumper) Destinations(v *[]Destination) {
	for i := range *v {
		dest := &(*v)[i]
		name := "destination_addr"
		if dest.Flag == DestDistributionList {
			name = "dl_name"
		}
		d.name(name)
		d.address(dest.Name)
	}
}

// Unsuccessful implements Visitor.
func (d *dumper) Unsuccessful(v *[]UnsuccessSME) {
	for i := range *v {
		d.name("unsuccess")
		d.address((*v)[i].Addr)
		d.b = append(append(d.b, ':'), (*v)[i].Status.String()...)
	}
}

// TLVs implements Visitor. Numbers and ids show; a payload, and octets that no
// table explains, show their length, as they may hold text.
func (d *dumper) TLVs(v *TLVs) {
	for _, t := range *v {
		switch kind := t.Tag.Kind(); {
		case kind == Empty && len(t.Value) == 0:
			d.b = append(append(d.b, ' '), t.Tag.String()...)
		case t.Tag == TagMessageState && len(t.Value) == 1:
			d.Number("message_state", &t.Value[0])
		case (kind == Integer || kind == Bitmask) && len(t.Value) > 0 && len(t.Value) <= 4:
			n, _ := TLVs{t}.Uint32(t.Tag)
			d.name(t.Tag.String())
			d.b = strconv.AppendUint(d.b, uint64(n), 10)
		case kind == Text && !(t.Tag == TagAdditionalStatusInfoText && d.mask != nil):
			d.name(t.Tag.String())
			d.value(TLVs{t}.String(t.Tag))
		default:
			d.octets(t.Tag.String(), len(t.Value))
		}
	}
}
