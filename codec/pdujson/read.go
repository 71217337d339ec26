package pdujson

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/ghasi/smpp-connector/codec"
)

// reader is the codec.Visitor that fills a PDU from "fields" and "tlvs". The first
// complaint sticks.
type reader struct {
	fields   map[string]json.RawMessage
	tlvs     []tlv
	tookTLVs bool
	err      error
}

func (r *reader) complain(member, format string, args ...any) {
	if r.err == nil {
		r.err = &Error{member, fmt.Sprintf(format, args...)}
	}
}

// take reads the member name into v and reports whether it was there. want says
// what it should be.
func (r *reader) take(name string, v any, want string) bool {
	raw, ok := r.fields[name]
	delete(r.fields, name)
	if !ok {
		return false
	}
	if json.Unmarshal(raw, v) != nil {
		r.complain("fields."+name, "want %s", want)
		return false
	}
	return true
}

// derived drops a length or count: it follows from what it counts.
func (r *reader) derived(name string) { delete(r.fields, name) }

// octets is the way back from characters.
func (r *reader) octets(member, text string) string {
	b := make([]byte, 0, len(text))
	for _, c := range text {
		if c > 0xFF {
			r.complain(member, "U+%04X is no octet: want characters up to U+00FF", c)
			return ""
		}
		b = append(b, byte(c))
	}
	return string(b)
}

// Text implements codec.Visitor.
func (r *reader) Text(name string, _ int, v *string) {
	var text string
	if r.take(name, &text, "a string") {
		*v = r.octets("fields."+name, text)
	}
}

// Time implements codec.Visitor.
func (r *reader) Time(name string, v *string) { r.Text(name, 0, v) }

// Number implements codec.Visitor.
func (r *reader) Number(name string, v *uint8) { r.take(name, v, "a number from 0 to 255") }

// Message implements codec.Visitor.
func (r *reader) Message(v *[]byte) {
	r.derived("sm_length")
	r.Rest("short_message", v)
}

// Rest implements codec.Visitor.
func (r *reader) Rest(name string, v *[]byte) {
	var text string
	if name += "_hex"; r.take(name, &text, "hex") {
		*v = r.hex("fields."+name, text)
	}
}

func (r *reader) hex(member, text string) []byte {
	octets, err := hex.DecodeString(text)
	if err != nil {
		r.complain(member, "%d characters that are not hex: want two digits an octet", len(text))
		return nil
	}
	return octets
}

// Destinations implements codec.Visitor.
func (r *reader) Destinations(v *[]codec.Destination) {
	r.derived("number_of_dests")
	var list []destination
	r.take("dest_addresses", &list, "a list of dest_flag with destination_addr or dl_name")
	for i, d := range list {
		member := fmt.Sprintf("fields.dest_addresses[%d]", i)
		to := codec.Destination{Flag: d.Flag}
		switch {
		case d.List != nil:
			to.Name = r.octets(member+".dl_name", *d.List)
		case d.Addr != nil:
			to.Name = r.octets(member+".destination_addr", *d.Addr)
		}
		if d.TON != nil {
			to.TON = *d.TON
		}
		if d.NPI != nil {
			to.NPI = *d.NPI
		}
		*v = append(*v, to)
	}
}

// Unsuccessful implements codec.Visitor.
func (r *reader) Unsuccessful(v *[]codec.UnsuccessSME) {
	r.derived("no_unsuccess")
	var list []refusal
	r.take("unsuccess_smes", &list, "a list of destination_addr with error_status_code")
	for i, u := range list {
		member := fmt.Sprintf("fields.unsuccess_smes[%d]", i)
		status, err := number(member+".error_status_code", u.Status, 32)
		if err != nil && r.err == nil {
			r.err = err
		}
		*v = append(*v, codec.UnsuccessSME{TON: u.TON, NPI: u.NPI,
			Addr: r.octets(member+".destination_addr", u.Addr), Status: codec.Status(status)})
	}
}

// TLVs implements codec.Visitor.
func (r *reader) TLVs(v *codec.TLVs) {
	r.tookTLVs = true
	for i, t := range r.tlvs {
		member := fmt.Sprintf("tlvs[%d]", i)
		tag, ok := r.tag(member, t)
		if !ok {
			return
		}
		v.Add(tag, r.hex(member+".value_hex", t.Value))
	}
}

func (r *reader) tag(member string, t tlv) (codec.Tag, bool) {
	if t.Tag != "" {
		n, err := number(member+".tag", t.Tag, 16)
		if err != nil && r.err == nil {
			r.err = err
		}
		return codec.Tag(n), err == nil
	}
	for _, tag := range codec.KnownTags() {
		if tag.String() == t.Name {
			return tag, true
		}
	}
	r.complain(member+".name", "no such TLV: want a name of SMPP 3.4 such as message_payload, or tag in hex")
	return 0, false
}

// done is the first complaint, or one about what no field took.
func (r *reader) done(id codec.CommandID) error {
	if r.err != nil {
		return r.err
	}
	if len(r.fields) > 0 {
		names := make([]string, 0, len(r.fields))
		for name := range r.fields {
			names = append(names, name)
		}
		slices.Sort(names)
		return &Error{"fields." + names[0], "no field of " + id.String()}
	}
	if len(r.tlvs) > 0 && !r.tookTLVs {
		return &Error{"tlvs", id.String() + " has its whole body in body_hex"}
	}
	return nil
}
