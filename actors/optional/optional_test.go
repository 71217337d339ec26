package optional

import (
	"bytes"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/quote"
)

var declared = Rules{
	{Name: "MCCMNC", Tag: 0x1403, Kind: Text}, {Name: "MO_ID", Tag: 0x1502, Kind: CString},
	{Name: "RETRIES", Tag: 0x1600, Kind: Uint8}, {Name: "TICKET", Tag: 0x1601, Kind: Hex},
}

// SMPP 3.4 §5.3.2: names are the profile's, else the standard's, else numbers.
func TestToldUnderWhichNameAndHow(t *testing.T) {
	for _, c := range []struct {
		name string
		tlv  codec.TLV
		want string // NAME=value; empty: it is not told
	}{
		{"declared text", codec.TLV{Tag: 0x1403, Value: []byte("41201")}, "MCCMNC=41201"},
		{"declared text that is none", codec.TLV{Tag: 0x1403, Value: []byte{0xFF, 0x00}}, "MCCMNC=ff00"},
		{"C string", codec.TLV{Tag: 0x1502, Value: []byte("6f1a\x00rest")}, "MO_ID=6f1a"},
		{"C string without its end", codec.TLV{Tag: 0x1502, Value: []byte("6f1a")}, "MO_ID=6f1a"},
		{"number", codec.TLV{Tag: 0x1600, Value: []byte{3}}, "RETRIES=3"},
		{"number in more octets", codec.TLV{Tag: 0x1600, Value: []byte{0, 0, 1, 0}}, "RETRIES=256"},
		{"number in none", codec.TLV{Tag: 0x1600}, "RETRIES="},
		{"number in too many", codec.TLV{Tag: 0x1600, Value: []byte{1, 2, 3, 4, 5}}, "RETRIES=0102030405"},
		{"octets", codec.TLV{Tag: 0x1601, Value: []byte{0xAB, 0}}, "TICKET=ab00"},
		{"SMPP's number", codec.TLV{Tag: codec.TagUserMessageReference, Value: []byte{1, 2}}, "user_message_reference=258"},
		{"SMPP's text", codec.TLV{Tag: codec.TagAdditionalStatusInfoText, Value: []byte("barred\x00")}, "additional_status_info_text=barred"},
		{"SMPP's octets", codec.TLV{Tag: codec.TagSourceSubaddress, Value: []byte{0xA0, 1}}, "source_subaddress=a001"},
		{"a vendor's, whatever another vendor calls it", codec.TLV{Tag: codec.TagVendorSpecificSourceMSCAddr, Value: []byte("93")}, "0x1501=3933"},
		{"nobody's", codec.TLV{Tag: 0x0011, Value: []byte{7}}, "0x0011=07"},
		{"the text", codec.TLV{Tag: codec.TagMessagePayload, Value: []byte("secret")}, ""},
		{"the receipt's id", codec.TLV{Tag: codec.TagReceiptedMessageID, Value: []byte("1\x00")}, ""},
		{"the receipt's state", codec.TLV{Tag: codec.TagMessageState, Value: []byte{2}}, ""},
		{"a name for the display", codec.TLV{Tag: codec.TagCallbackNumAtag, Value: []byte("\x00Ahmad")}, ""},
	} {
		want := map[string]string{}
		if name, value, told := strings.Cut(c.want, "="); told {
			want[name] = value
		}
		if got := declared.Told(codec.TLVs{c.tlv}, nil); !maps.Equal(got, want) {
			t.Errorf("%s: %v, want %v", c.name, got, want)
		}
	}
	hidden := Rules{{Name: "TEXT", Tag: codec.TagMessagePayload, Kind: Text}}
	if got := hidden.Told(codec.TLVs{{Tag: codec.TagMessagePayload, Value: []byte("secret")}}, nil); got != nil {
		t.Errorf("the text is told because it is declared: %v", got)
	}
}

// What a receipt's TLVs repeat of its text: is hidden; a number is none, whatever the text.
func TestToldRepeatsNoText(t *testing.T) {
	asked := 0
	text := func() quote.Text { asked++; return quote.New("Your code is 4711") }
	got := declared.Told(codec.TLVs{{Tag: 0x1403, Value: []byte("for YOUR CODE IS 4711")}, {Tag: 0x1601, Value: []byte("your code")}, {Tag: 0x1777, Value: []byte("Your code")},
		{Tag: codec.TagUserMessageReference, Value: []byte{0x12, 0x67}}}, text)
	want := map[string]string{"MCCMNC": "for ***", "TICKET": "***", "0x1777": "***", "user_message_reference": "4711"}
	if !maps.Equal(got, want) || asked != 1 {
		t.Errorf("%v, want %v; the text was asked for %d times", got, want, asked)
	}
	if declared.Told(codec.TLVs{{Tag: codec.TagMessageState, Value: []byte{2}}}, text); asked != 1 {
		t.Error("the text is read where nothing is told")
	}
}

// A peer may send 64 KiB in one TLV, and thousands of them.
func TestToldIsBounded(t *testing.T) {
	long := codec.TLVs{{Tag: 0x1403, Value: []byte(strings.Repeat("ښ", 200))}, {Tag: 0x1777, Value: bytes.Repeat([]byte{0xAB}, 65000)}}
	told := declared.Told(long, nil)
	if got := told["MCCMNC"]; got != strings.Repeat("ښ", 127)+"…" {
		t.Errorf("a declared text of 400 octets: %d octets, %q", len(got), got)
	}
	if got := told["0x1777"]; got != strings.Repeat("ab", 64)+"…" {
		t.Errorf("an unknown one of 65000: %d characters", len(got))
	}
	var many codec.TLVs
	for i := range 5000 {
		many.AddUint8(0x1777, uint8(i))
	}
	told = declared.Told(many, nil)
	if len(told) != mostTold || told["0x1777"] != "00" || told["0x1777#2"] != "01" || told["0x1777#32"] != "1f" {
		t.Errorf("of 5000: %v", told)
	}
}

// SMPP 3.4 §5.3.2.11, .31, .33: why an MNO refused, without a subscriber's number and
// without what it repeats of the message.
func TestReasons(t *testing.T) {
	why := func(words string, more ...codec.TLV) codec.TLVs {
		return append(codec.TLVs{{Tag: codec.TagAdditionalStatusInfoText, Value: append([]byte(words), 0)}}, more...)
	}
	for _, c := range []struct {
		tlvs codec.TLVs
		text string
		want string
	}{
		{nil, "", ""},
		{codec.TLVs{{Tag: codec.TagReceiptedMessageID, Value: []byte("1")}}, "", ""},
		{why("Sender not registered"), "", `additional_status_info_text "Sender not registered"`},
		{why("", codec.TLV{Tag: codec.TagDeliveryFailureReason, Value: []byte{2}}), "", "delivery_failure_reason 2 (permanent network error)"},
		{codec.TLVs{{Tag: codec.TagDeliveryFailureReason, Value: []byte{9}}, {Tag: codec.TagNetworkErrorCode, Value: []byte{3, 0, 0x0B}}}, "",
			"delivery_failure_reason 9, network_error_code 03000b"},
		{why("no route to +93700123456 (93700123456)"), "", `additional_status_info_text "no route to +***456 (***456)"`},
		{why("Spam: Your code is 4711, keep it"), "Your code is 4711", `additional_status_info_text "Spam: ***, keep it"`},
		{why("Blocked word: 4711"), "4711", `additional_status_info_text "Blocked word: ***"`},
		{why("482913 is spam"), "482913", `additional_status_info_text "*** is spam"`},
		{why("Spam (YOUR CODE: 4711)"), "Your code is 4711", `additional_status_info_text "Spam (***: ***)"`},
		{why("policy 17 met 596f757220636f6465"), "Your code is 4711", `additional_status_info_text "policy 17 met ***"`},
		{why("a is too short"), "a", `additional_status_info_text "a is too short"`},
		{why("\x1b[31mred\r\n"), "", `additional_status_info_text "[31mred"`},
		{why(strings.Repeat("x", 300)), "", `additional_status_info_text "` + strings.Repeat("x", 160) + `…"`},
	} {
		if got := Reasons(Why(c.tlvs), c.text); got != c.want {
			t.Errorf("%v:\n%s, want\n%s", c.tlvs, got, c.want)
		}
	}
	huge := codec.TLVs{{Tag: codec.TagAdditionalStatusInfoText, Value: make([]byte, 60000)}, {Tag: 0x1400, Value: make([]byte, 60000)}}
	if kept := Why(huge); len(kept) != 1 || len(kept[0].Value) != 256 {
		t.Errorf("%d TLVs are kept of a refusal", len(kept))
	}
}

// What commands write, events read.
func FuzzKinds(f *testing.F) {
	f.Add(uint8(0), "41201")
	f.Add(uint8(2), "0x7")
	f.Add(uint8(5), "AB00")
	f.Fuzz(func(t *testing.T, kind uint8, text string) {
		k := Kind(kind % 6)
		value, ok := k.Write(text)
		if !ok || len(value) > mostDeclared {
			return
		}
		again, ok := k.Write(k.read(value, mostDeclared))
		if k == Text || k == CString {
			if strings.ToValidUTF8(text, "") != text || strings.Contains(text, "\x00") {
				return // told in hex, or up to its end
			}
		}
		if !ok || !bytes.Equal(again, value) {
			t.Errorf("%v: %s is read as %q and written as %x", k, fmt.Sprintf("%x", value), k.read(value, mostDeclared), again)
		}
	})
}
