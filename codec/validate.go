package codec

import (
	"fmt"
	"strings"
	"sync"
)

// EncodeError says which field of a PDU cannot go on the wire as it is. It holds
// no content of the field.
type EncodeError struct {
	Command CommandID
	Field   string // the spec's name of the field, or of the TLV
	Length  int    // of the value, in octets or entries; -1 when not the length is wrong
	Limit   int    // the most that is allowed
	Reason  string // what is wrong and what to do
}

// Error implements error.
func (e *EncodeError) Error() string {
	if e.Length < 0 {
		return fmt.Sprintf("codec: %v: %s: %s", e.Command, e.Field, e.Reason)
	}
	return fmt.Sprintf("codec: %v: %s of %d: at most %d: %s", e.Command, e.Field, e.Length, e.Limit, e.Reason)
}

// maxPassword is the longest password that is sent. 3.4 allows 8 characters;
// operators hand out longer ones and expect them whole.
const maxPassword = lenientText

// Validate reports the first field of p that breaks the spec's limits, as an
// *EncodeError: call it before Append on whatever comes from outside. It allocates
// only to report. Longer passwords than 8 are let through, as operators hand them
// out; whoever configures one is warned elsewhere.
func Validate(p PDU) error {
	v := validators.Get().(*validator)
	*v = validator{command: p.Command()}
	p.walk(v)
	err := v.err
	validators.Put(v)
	if err != nil {
		return err
	}
	return nil
}

// validators keeps Validate from allocating: walk is called through an interface,
// and so its visitor cannot live on the stack.
var validators = sync.Pool{New: func() any { return new(validator) }}

// validator is the Visitor that looks for what does not fit.
type validator struct {
	command CommandID
	message int // octets of short_message
	err     *EncodeError
}

func (v *validator) complain(field string, length, limit int, reason string) {
	if v.err == nil {
		v.err = &EncodeError{v.command, field, length, limit, reason}
	}
}

// Text implements Visitor.
func (v *validator) Text(name string, limit int, s *string) {
	most := limit - 1
	if name == "password" {
		most = maxPassword
	}
	if len(*s) > most {
		v.complain(name, len(*s), most, "shorten it")
	}
	if strings.IndexByte(*s, 0) >= 0 {
		v.complain(name, -1, 0, "a NUL inside would end the field: remove it")
	}
}

// Time implements Visitor.
func (v *validator) Time(name string, s *string) {
	if *s == "" {
		return
	}
	if _, err := ParseTime(*s); err != nil {
		v.complain(name, -1, 0, err.Error())
	}
}

// Number implements Visitor: every octet fits.
func (v *validator) Number(string, *uint8) {}

// Message implements Visitor.
func (v *validator) Message(octets *[]byte) {
	if v.message = len(*octets); v.message > MaxShortMessage {
		v.complain("short_message", v.message, MaxShortMessage, "split it or send it as message_payload")
	}
}

// MaxShortMessage is the most octets of short_message (SMPP 3.4 §5.2.22).
const MaxShortMessage = 254

// Destinations implements Visitor.
func (v *validator) Destinations(list *[]Destination) {
	if n := len(*list); n < 1 || n > 254 {
		v.complain("number_of_dests", n, 254, "give 1 to 254 destinations")
	}
	for i := range *list {
		d := &(*list)[i]
		switch d.Flag {
		case DestSME:
			v.Text("destination_addr", 21, &d.Name)
		case DestDistributionList:
			v.Text("dl_name", 21, &d.Name)
		default:
			v.complain("dest_flag", -1, 0, "want DestSME (1) or DestDistributionList (2)")
		}
	}
}

// Unsuccessful implements Visitor.
func (v *validator) Unsuccessful(list *[]UnsuccessSME) {
	if n := len(*list); n > 255 {
		v.complain("no_unsuccess", n, 255, "it is one octet")
	}
	for i := range *list {
		v.Text("destination_addr", 21, &(*list)[i].Addr)
	}
}

// TLVs implements Visitor. Only known tags have limits of their own, and those of
// vendors are the vendor's affair.
func (v *validator) TLVs(list *TLVs) {
	for _, t := range *list {
		least, most := t.Tag.Limits()
		switch n := len(t.Value); {
		case n > most:
			v.complain(t.Tag.String(), n, most, "shorten it")
		case n < least:
			v.complain(t.Tag.String(), -1, 0, fmt.Sprintf("%d octets, at least %d are wanted", n, least))
		case t.Tag == TagMessagePayload && n > 0 && v.message > 0:
			v.complain(t.Tag.String(), -1, 0, "short_message has octets too: use one of them (SMPP 3.4 §4.4.1)")
		}
	}
}

// Rest implements Visitor.
func (v *validator) Rest(string, *[]byte) {}
