package codec

import (
	"errors"
	"strings"
	"testing"
)

// longest is a Visitor that fills each text up to its limit, and over, by more octets, on
// one field.
type longest struct {
	detacher
	over string
	more int
}

func (l longest) Text(name string, limit int, v *string) {
	n := limit - 1
	if name == l.over {
		n += l.more
	}
	*v = strings.Repeat("9", n)
}

func (l longest) Time(_ string, v *string) { *v = "000002000000000R" }

func (l longest) Destinations(v *[]Destination) { *v = []Destination{{Flag: DestSME, Name: "937"}} }

// names is a Visitor that gathers the names of the text fields.
type names struct {
	detacher
	text []string
}

func (n *names) Text(name string, _ int, _ *string) { n.text = append(n.text, name) }

// Each text of each command passes at its limit and is refused by name one octet
// above; but a longer password, as operators hand them out, is let through (US-SC-002).
func TestValidateHoldsEveryTextToItsLimit(t *testing.T) {
	for _, id := range KnownCommands() {
		p := New(id)
		p.walk(longest{})
		if err := Validate(p); err != nil {
			t.Errorf("%v at its limits: %v", id, err)
		}
		var list names
		p.walk(&list)
		for _, field := range list.text {
			p.walk(longest{over: field, more: 1})
			err := Validate(p)
			if field == "password" {
				if err != nil {
					t.Errorf("%v: a password of 9 characters: %v", id, err)
				}
				p.walk(longest{over: field, more: 300})
				err = Validate(p)
			}
			var e *EncodeError
			if !errors.As(err, &e) || e.Field != field || e.Command != id {
				t.Errorf("%v: %s too long: %v", id, field, err)
			} else if strings.Contains(err.Error(), "99") {
				t.Errorf("the error shows the value: %v", err)
			}
		}
	}
}

func TestValidateNamesTheField(t *testing.T) {
	for _, c := range []struct {
		p     PDU
		field string
		text  string
	}{
		{&SubmitSM{ShortMessage: make([]byte, 254)}, "", ""},
		{&SubmitSM{ShortMessage: make([]byte, 255)}, "short_message",
			"codec: submit_sm: short_message of 255: at most 254: split it or send it as message_payload"},
		{&SubmitSM{SourceAddr: "a\x00b"}, "source_addr", "codec: submit_sm: source_addr: a NUL inside would end the field: remove it"},
		{&SubmitSM{ValidityPeriod: "2 days"}, "validity_period", ""},
		{&SubmitSM{ValidityPeriod: "000002000000000R"}, "", ""},
		{&SubmitSM{TLVs: TLVs{{TagMessagePayload, make([]byte, 65535)}}}, "", ""},
		{&SubmitSM{TLVs: TLVs{{TagMessagePayload, make([]byte, 65536)}}}, "message_payload", ""},
		{&SubmitSM{ShortMessage: []byte("a"), TLVs: TLVs{{TagMessagePayload, []byte("b")}}}, "message_payload", ""},
		{&SubmitSM{TLVs: TLVs{{TagUserMessageReference, []byte{1}}}}, "user_message_reference", ""},
		{&SubmitSM{TLVs: TLVs{{0x1403, []byte("vendor")}, {TagAlertOnMessageDelivery, nil}}}, "", ""},
		{&SubmitMulti{}, "number_of_dests", ""},
		{&SubmitMulti{Destinations: make([]Destination, 255)}, "number_of_dests", ""},
		{&SubmitMulti{Destinations: []Destination{{Flag: 3}}}, "dest_flag", ""},
		{&SubmitMulti{Destinations: []Destination{{Flag: DestDistributionList, Name: strings.Repeat("l", 21)}}}, "dl_name", ""},
		{&SubmitMultiResp{Unsuccessful: make([]UnsuccessSME, 256)}, "no_unsuccess", ""},
		{&SubmitMultiResp{Unsuccessful: []UnsuccessSME{{Addr: strings.Repeat("9", 21)}}}, "destination_addr", ""},
		{&Raw{ID: 0x42, Body: make([]byte, 70000)}, "", ""},
	} {
		err := Validate(c.p)
		var e *EncodeError
		if errors.As(err, &e); c.field == "" && err != nil || c.field != "" && (e == nil || e.Field != c.field) {
			t.Errorf("%s: %v, want a complaint about %q", Dump(c.p), err, c.field)
		}
		if c.text != "" && err.Error() != c.text {
			t.Errorf("\n got %v\nwant %s", err, c.text)
		}
	}
}
