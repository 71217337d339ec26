package dispatch

import (
	"bytes"
	"strings"
	"testing"

	"github.com/ghasi/smpp-connector/actors/optional"
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/segment"
	"github.com/ghasi/smpp-connector/codec/text"
	"github.com/ghasi/smpp-connector/codec/udh"
	contract "github.com/ghasi/smpp-connector/proto"
)

// What profiles ask for beside the defaults.

// 3GPP TS 23.038 §6.2.1: a text in national tables says so in a header, alone and
// in parts, whatever carries it; what comes back is the text.
func TestNationalTablesAreNamedInTheHeader(t *testing.T) {
	r := rules()
	r.Count.Single = segment.Turkish
	for name, c := range map[string]struct {
		text     string
		strategy contract.LongMessageStrategy_Value
		pdus     int
	}{
		"alone":           {"Şiş ğ", contract.LongMessageStrategy_CSMS, 1},
		"in parts":        {strings.Repeat("ş ıx", 60), contract.LongMessageStrategy_CSMS, 3},
		"by SAR":          {strings.Repeat("ş ıx", 60), contract.LongMessageStrategy_SAR, 3},
		"message_payload": {strings.Repeat("ş ıx", 60), contract.LongMessageStrategy_TLV, 1},
	} {
		p := make1(t, &contract.SmsDispatchCommand{Text: c.text, LongMessageStrategy: c.strategy}, r)
		list := pdus(p, 7)
		var back strings.Builder
		for i, pdu := range list {
			body := pdu.ShortMessage
			if payload, ok := pdu.TLVs.Get(codec.TagMessagePayload); ok {
				body = payload
			}
			header, rest, err := udh.Parse(body)
			if err != nil || header.Single != segment.Turkish || !pdu.ESMClass.UDHI() || pdu.DataCoding != 0 {
				t.Errorf("%s: part %d: %+v, esm_class %#x, %v", name, i+1, header, uint8(pdu.ESMClass), err)
			}
			if inParts := c.pdus > 1 && c.strategy == contract.LongMessageStrategy_CSMS; inParts != header.Concat.Valid() {
				t.Errorf("%s: part %d: concatenation %+v", name, i+1, header.Concat)
			}
			back.WriteString(text.Decode(uint8(pdu.DataCoding), rest, text.Options{HeaderOctets: header.Octets, Shift: header.Shift()}).Text)
		}
		if len(list) != c.pdus || back.String() != c.text {
			t.Errorf("%s: %d PDUs hold %d characters, want %d and %d", name, len(list), len([]rune(back.String())), c.pdus, len([]rune(c.text)))
		}
	}
}

// Packed septets run through a message_payload without a seam.
func TestPackedPayloadHasNoSeams(t *testing.T) {
	r := rules()
	r.Alphabet = text.GSM7Packed
	long := strings.Repeat("0123456789", 40)
	list := pdus(make1(t, &contract.SmsDispatchCommand{Text: long, LongMessageStrategy: contract.LongMessageStrategy_TLV}, r), 0)
	payload, _ := list[0].TLVs.Get(codec.TagMessagePayload)
	if got := text.Decode(0, payload, text.Options{Default: text.GSM7Packed}).Text; len(list) != 1 || got != long || len(payload) != 350 {
		t.Errorf("%d PDUs, %d octets, %q", len(list), len(payload), got)
	}
	for _, pdu := range pdus(make1(t, &contract.SmsDispatchCommand{Text: long}, r), 3) {
		header, rest, err := udh.Parse(pdu.ShortMessage)
		got := text.Decode(0, rest, text.Options{Default: text.GSM7Packed, HeaderOctets: header.Octets}).Text
		if err != nil || len(pdu.ShortMessage) > 140 || !strings.Contains(long, got) || got == "" {
			t.Errorf("%d octets, %q, %v", len(pdu.ShortMessage), got, err)
		}
	}
}

func TestFlashInBothStyles(t *testing.T) {
	for _, c := range []struct {
		style text.FlashStyle
		text  string
		want  codec.DataCoding
	}{{text.FlashGeneral, "x", 0x10}, {text.FlashGeneral, "ښ", 0x18}, {text.FlashClass, "x", 0xF0}, {text.FlashClass, "ښ", 0x18}} {
		r := rules()
		r.Flash = c.style
		if got := pdus(make1(t, &contract.SmsDispatchCommand{Text: c.text, Flash: true}, r), 0)[0].DataCoding; got != c.want {
			t.Errorf("style %d: data_coding %#x, want %#x", c.style, uint8(got), uint8(c.want))
		}
	}
}

// receipts.parts: last — only the last part asks for a receipt.
func TestReceiptOfTheLastPartAlone(t *testing.T) {
	r := rules()
	r.ReceiptOfLastPart = true
	var got []byte
	for _, pdu := range pdus(make1(t, &contract.SmsDispatchCommand{Text: strings.Repeat("x", 400)}, r), 0) {
		got = append(got, byte(pdu.RegisteredDelivery))
	}
	if !bytes.Equal(got, []byte{0, 0, 1}) {
		t.Errorf("registered_delivery %v", got)
	}
	if one := pdus(make1(t, &contract.SmsDispatchCommand{Text: "x"}, r), 0)[0].RegisteredDelivery; one != 1 {
		t.Errorf("a message in one part: registered_delivery %d", one)
	}
}

// US-SC-037: which characters GSM7_FORCE replaced, in order.
func TestUSSC037TheReplacedCharactersAreReported(t *testing.T) {
	p := make1(t, &contract.SmsDispatchCommand{Text: "aښbاښ", Encoding: contract.Encoding_GSM7_FORCE}, rules())
	if string(p.Characters) != "ښاښ" || !p.Forced {
		t.Errorf("%q, forced %v", string(p.Characters), p.Forced)
	}
	if p := make1(t, &contract.SmsDispatchCommand{Text: "plain", Encoding: contract.Encoding_GSM7_FORCE}, rules()); len(p.Characters) != 0 {
		t.Errorf("%q", string(p.Characters))
	}
}

// A command's tlvs go out in the profile's order and form; what is missing,
// unknown or of the wrong kind is refused by name, and its value is not quoted.
func TestTLVsByName(t *testing.T) {
	r := rules()
	r.TLVs = optional.Rules{{Name: "PE_ID", Tag: 0x1400, Kind: optional.Text, Required: true}, {Name: "NAME", Tag: 0x1401, Kind: optional.CString}, {Name: "N8", Tag: 0x1402, Kind: optional.Uint8}, {Name: "N16", Tag: 0x1403, Kind: optional.Uint16}, {Name: "N32", Tag: 0x1404, Kind: optional.Uint32}, {Name: "RAW", Tag: 0x1405, Kind: optional.Hex}}
	p := make1(t, &contract.SmsDispatchCommand{Text: strings.Repeat("x", 161), Tlvs: map[string]string{
		"RAW": "00ff", "N32": "0x01020304", "N16": "258", "N8": "7", "NAME": "abc", "PE_ID": "1234567890"}}, r)
	for i, pdu := range pdus(p, 1) {
		want := codec.TLVs{{Tag: 0x1400, Value: []byte("1234567890")}, {Tag: 0x1401, Value: []byte("abc\x00")}, {Tag: 0x1402, Value: []byte{7}},
			{Tag: 0x1403, Value: []byte{1, 2}}, {Tag: 0x1404, Value: []byte{1, 2, 3, 4}}, {Tag: 0x1405, Value: []byte{0, 0xFF}}}
		if len(pdu.TLVs) != len(want) {
			t.Fatalf("part %d: %v", i+1, pdu.TLVs)
		}
		for j := range want {
			if pdu.TLVs[j].Tag != want[j].Tag || !bytes.Equal(pdu.TLVs[j].Value, want[j].Value) {
				t.Errorf("part %d: TLV %d is %v, want %v", i+1, j, pdu.TLVs[j], want[j])
			}
		}
	}
	for field, given := range map[string]map[string]string{
		"tlvs.PE_ID": {"N8": "1"},
		"tlvs.N8":    {"PE_ID": "1", "N8": "hunter2"},
		"tlvs.N16":   {"PE_ID": "1", "N16": "65536"},
		"tlvs.RAW":   {"PE_ID": "1", "RAW": "hunter2"},
		"tlvs":       {"PE_ID": "1", "hunter2": "x"},
	} {
		_, refusal := Make(&contract.SmsDispatchCommand{MessageId: "m", To: "93700000001", Text: "x", Tlvs: given}, r, now)
		if refusal == nil || refusal.Field != field || strings.Contains(refusal.Error(), "hunter2") {
			t.Errorf("%s: %v", field, refusal)
		}
	}
}
