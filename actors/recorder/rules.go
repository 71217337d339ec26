package recorder

import (
	"strings"

	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/receipt"
	"github.com/ghasi/smpp-connector/codec/udh"
)

// What may be seen of each field and TLV. What no table names is hidden.

// show writes what may be seen of v to where it stands; both have the same length.
type show func(to []byte, v string)

// whole shows all.
func whole(to []byte, v string) { copy(to, v) }

// hidden shows the length alone.
func hidden(to []byte, _ string) {
	for i := range to {
		to[i] = 'x'
	}
}

// address shows of an address what the mask lets through: enough that the on-call
// engineer can compare it with the subscriber's complaint, and nobody can call.
func (m *masker) address(to []byte, v string) {
	copy(to, v)
	from, end := m.numbers.Hidden(v)
	hidden(to[from:end], "")
}

// textRule is the rule of a C-octet string. A name that no table has is hidden.
func (m *masker) textRule(name string) show {
	switch {
	case name == "message_id" && m.refuses: // of an SMS that was refused it is no id
		return m.words
	case readableTexts[name]:
		return whole
	case addresses[name]:
		return m.address
	}
	return hidden
}

// readableTexts and addresses have every C-octet string that a PDU may have, but for
// the password; a test holds them to the codec.
var readableTexts = map[string]bool{
	"system_id":    true,
	"system_type":  true,
	"service_type": true,
	"message_id":   true,
}

var addresses = map[string]bool{
	"address_range":    true,
	"source_addr":      true,
	"destination_addr": true,
	"esme_addr":        true,
	"dl_name":          true,
}

// readableTLVs are those whose octets are numbers or ids. So are integers and bit masks.
var readableTLVs = map[codec.Tag]bool{
	codec.TagReceiptedMessageID: true,
	codec.TagNetworkErrorCode:   true,
	codec.TagITSSessionInfo:     true,
}

// mostNumber bounds what is taken for a number: four octets.
const mostNumber = 4

// value masks the value of one TLV.
func (m *masker) value(to []byte, t codec.TLV) {
	isText := t.Tag.Kind() == codec.Text
	switch kind := t.Tag.Kind(); {
	case t.Tag == codec.TagMessagePayload:
		m.text(to, t.Value)
	case t.Tag == codec.TagAdditionalStatusInfoText: // the SMSC's own words
		m.words(to, string(t.Value))
	case readableTLVs[t.Tag] && (isText || len(t.Value) <= mostNumber),
		(kind == codec.Integer || kind == codec.Bitmask) && len(t.Value) <= mostNumber:
		copy(to, t.Value)
	case t.Tag == codec.TagCallbackNum && len(t.Value) > 3:
		copy(to, t.Value[:3]) // digit mode, TON, NPI
		m.address(to[3:], string(t.Value[3:]))
	default:
		hidden(to, "")
	}
}

// userDataHeader shows the header before a text, but for elements of more than four
// octets: those are no numbers. It returns the header's length. Octets that are no
// header become an empty one.
func userDataHeader(to, octets []byte) int {
	h, _, err := udh.Parse(octets)
	if err != nil {
		return min(1, len(octets)) // the zero that stands there
	}
	to[0] = octets[0]
	for at := 1; at < h.Octets; {
		end := at + 2 + int(octets[at+1])
		to[at], to[at+1] = octets[at], octets[at+1]
		if data := octets[at+2 : end]; len(data) <= mostNumber {
			copy(to[at+2:end], data)
		} else {
			hidden(to[at+2:end], "")
		}
		at = end
	}
	return h.Octets
}

// receiptFields shows a receipt's id, state and dates, if text reads as a receipt at
// all. The message's text and whatever belongs to no field stay hidden.
func receiptFields(to, text []byte) {
	body := string(text)
	f := receipt.Parse(text)
	if !f.LooksLike() {
		return
	}
	copy(to, body)
	if last := f.Text.Text; strings.HasSuffix(body, last) {
		hidden(to[len(body)-len(last):], "")
		if len(last) > mostNumber { // or is it another field that ends the same?
			hideAll(to, body, last)
		}
	} else {
		hideAll(to, body, last)
	}
	for _, field := range []struct {
		value   receipt.Value
		longest int // what is longer is not what its label says
	}{{f.ID, 64}, {f.Sub, 5}, {f.Dlvrd, 5}, {f.SubmitDate, 19}, {f.DoneDate, 19}, {f.Stat, 16}, {f.Err, 16}} {
		if len(field.value.Text) > field.longest {
			hideAll(to, body, field.value.Text)
		}
	}
	for _, u := range f.Unread {
		hideAll(to, body, u.Text)
	}
}

// hideAll hides every occurrence of part in body.
func hideAll(to []byte, body, part string) {
	if part == "" {
		return
	}
	for at := 0; ; at++ {
		i := strings.Index(body[at:], part)
		if i < 0 {
			return
		}
		at += i
		hidden(to[at:at+len(part)], "")
	}
}
