package dispatch

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/segment"
	"github.com/ghasi/smpp-connector/codec/text"
	"github.com/ghasi/smpp-connector/codec/udh"
	contract "github.com/ghasi/smpp-connector/proto"
)

var now = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func rules() Rules {
	return Rules{SourceAddress: "Ghasi", Source: DefaultNumbering, Destination: DefaultNumbering, UCS2DataCoding: 8, RegisteredDelivery: 1}
}

func make1(t *testing.T, c *contract.SmsDispatchCommand, r Rules) *Plan {
	t.Helper()
	if c.MessageId == "" {
		c.MessageId = "m1"
	}
	if c.To == "" {
		c.To = "+93700123456"
	}
	p, refusal := Make(c, r, now)
	if refusal != nil {
		t.Fatal(refusal)
	}
	return p
}

func pdus(p *Plan, reference uint16) []codec.SubmitSM {
	out := make([]codec.SubmitSM, p.PDUs())
	for i := range out {
		p.Fill(i, reference, &out[i], nil)
	}
	return out
}

// The command's numbers are the segment package's: a new value must be added to both.
func TestEncodingsHaveTheSameNumbersOnBothSides(t *testing.T) {
	for number, name := range contract.Encoding_Value_name {
		if got := segment.Encoding(number).String(); got != name {
			t.Errorf("%d is %s in the contract and %s in codec/segment", number, name, got)
		}
	}
}

// US-SC-007: data_coding 0x00 and one octet a septet; 0x08 and UTF-16BE; one
// character outside the alphabet is enough; encoding overrides.
func TestUSSC007DataCodingAndOctets(t *testing.T) {
	for _, c := range []struct {
		name, text string
		encoding   contract.Encoding_Value
		coding     codec.DataCoding
		octets     []byte
	}{
		{"pure ASCII", "Hi", contract.Encoding_AUTO, 0, []byte("Hi")},
		{"GSM7 extension", "€[", contract.Encoding_AUTO, 0, []byte{0x1B, 0x65, 0x1B, 0x3C}},
		{"Arabic", "سلا", contract.Encoding_AUTO, 8, []byte{0x06, 0x33, 0x06, 0x44, 0x06, 0x27}},
		{"one Pashto letter", "aښ", contract.Encoding_AUTO, 8, []byte{0, 'a', 0x06, 0x9A}},
		{"override", "Hi", contract.Encoding_UCS2, 8, []byte{0, 'H', 0, 'i'}},
		{"forced", "aښ", contract.Encoding_GSM7_FORCE, 0, []byte("a?")},
		{"empty", "", contract.Encoding_AUTO, 0, nil},
	} {
		p := make1(t, &contract.SmsDispatchCommand{Text: c.text, Encoding: c.encoding}, rules())
		pdu := pdus(p, 0)[0]
		if pdu.DataCoding != c.coding || !bytes.Equal(pdu.ShortMessage, c.octets) || pdu.ESMClass != 0 {
			t.Errorf("%s: data_coding %#x, octets % x, esm_class %#x", c.name, uint8(pdu.DataCoding), pdu.ShortMessage, uint8(pdu.ESMClass))
		}
	}
}

// US-SC-008: 161 septets are two parts with esm_class 0x40, one reference, the
// total and their index.
func TestUSSC008TwoPartsWithTheirHeaders(t *testing.T) {
	p := make1(t, &contract.SmsDispatchCommand{Text: strings.Repeat("x", 161)}, rules())
	list := pdus(p, 0x2A)
	if len(list) != 2 || p.Segments != 2 || !p.NeedsReference() {
		t.Fatalf("%d PDUs, %d segments", len(list), p.Segments)
	}
	for i, pdu := range list {
		header, rest, err := udh.Parse(pdu.ShortMessage)
		want := udh.Concat{Reference: 0x2A, Total: 2, Index: uint8(i + 1)}
		if err != nil || header.Concat != want || pdu.ESMClass != 0x40 {
			t.Errorf("part %d: %+v, esm_class %#x, %v", i+1, header.Concat, uint8(pdu.ESMClass), err)
		}
		if len(rest) != []int{153, 8}[i] {
			t.Errorf("part %d has %d septets", i+1, len(rest))
		}
	}
}

// US-SC-008: the UDHI bit is OR-ed into the MNO's base bits (0x43 at some).
func TestUSSC008BaseModeIsKept(t *testing.T) {
	r := rules()
	r.ESMClass = 0x03
	if got := pdus(make1(t, &contract.SmsDispatchCommand{Text: strings.Repeat("x", 161)}, r), 1)[0].ESMClass; got != 0x43 {
		t.Errorf("esm_class %#x", uint8(got))
	}
}

// US-SC-009: one submit_sm, message_payload, an empty short_message.
func TestUSSC009MessagePayload(t *testing.T) {
	text := strings.Repeat("x", 400)
	p := make1(t, &contract.SmsDispatchCommand{Text: text, LongMessageStrategy: contract.LongMessageStrategy_TLV}, rules())
	list := pdus(p, 0)
	payload, ok := list[0].TLVs.Get(codec.TagMessagePayload)
	if len(list) != 1 || !ok || string(payload) != text || len(list[0].ShortMessage) != 0 {
		t.Errorf("%d PDUs, payload of %d, short_message of %d", len(list), len(payload), len(list[0].ShortMessage))
	}
	if p.Segments != 3 {
		t.Errorf("%d segments are billed, want 3", p.Segments)
	}
}

func TestSARCarriesThePartInTLVs(t *testing.T) {
	r := rules()
	r.Strategy = contract.LongMessageStrategy_SAR
	list := pdus(make1(t, &contract.SmsDispatchCommand{Text: strings.Repeat("x", 161)}, r), 0x1234)
	ref, _ := list[1].TLVs.Uint16(codec.TagSARMsgRefNum)
	total, _ := list[1].TLVs.Uint8(codec.TagSARTotalSegments)
	index, _ := list[1].TLVs.Uint8(codec.TagSARSegmentSeqnum)
	if ref != 0x1234 || total != 2 || index != 2 || list[1].ESMClass.UDHI() {
		t.Errorf("%#x %d %d %#x", ref, total, index, uint8(list[1].ESMClass))
	}
}

func TestAddressesGetTheirNumbering(t *testing.T) {
	national := rules()
	national.Destination.BareNational = true
	fixed := rules()
	ton := uint8(0)
	fixed.Source.TON = &ton
	u := func(v uint32) *uint32 { return &v }
	for _, c := range []struct {
		name     string
		command  *contract.SmsDispatchCommand
		rules    Rules
		from, to string
		numbers  [4]uint8
	}{
		{"defaults", &contract.SmsDispatchCommand{}, rules(), "Ghasi", "93700123456", [4]uint8{5, 0, 1, 1}},
		{"short code", &contract.SmsDispatchCommand{From: "1234"}, rules(), "1234", "93700123456", [4]uint8{3, 0, 1, 1}},
		{"bare digits", &contract.SmsDispatchCommand{From: "93788000111", To: "0700123456"}, national, "93788000111", "0700123456", [4]uint8{1, 1, 2, 1}},
		{"the profile's", &contract.SmsDispatchCommand{}, fixed, "Ghasi", "93700123456", [4]uint8{0, 0, 1, 1}},
		{"the command's", &contract.SmsDispatchCommand{FromTon: u(6), FromNpi: u(9), ToTon: u(0), ToNpi: u(0)}, fixed, "Ghasi", "93700123456", [4]uint8{6, 9, 0, 0}},
	} {
		pdu := pdus(make1(t, c.command, c.rules), 0)[0]
		got := [4]uint8{pdu.SourceAddrTON, pdu.SourceAddrNPI, pdu.DestAddrTON, pdu.DestAddrNPI}
		if pdu.SourceAddr != c.from || pdu.DestinationAddr != c.to || got != c.numbers {
			t.Errorf("%s: %q → %q %v", c.name, pdu.SourceAddr, pdu.DestinationAddr, got)
		}
	}
}

// What cannot be sent as demanded is refused before anything is sent, with the
// field and a remedy, and never with the text.
func TestRefusals(t *testing.T) {
	strict := rules()
	strict.RefuseFingerprintMismatch = true
	few := rules()
	few.Count.MaxParts = 2
	for _, c := range []struct {
		name          string
		command       *contract.SmsDispatchCommand
		rules         Rules
		reason, field string
	}{
		{"GSM7 that does not fit", &contract.SmsDispatchCommand{Text: "secretښ", Encoding: contract.Encoding_GSM7}, rules(), "invalid_field", "text"},
		{"invalid UTF-8", &contract.SmsDispatchCommand{Text: "secret\xff"}, rules(), "invalid_field", "text"},
		{"too many parts", &contract.SmsDispatchCommand{Text: strings.Repeat("secret ", 100)}, few, "too_many_segments", "text"},
		{"expired", &contract.SmsDispatchCommand{Text: "secret", ExpiresAt: timestamppb.New(now)}, rules(), "expired", "expiresAt"},
		{"fingerprint", &contract.SmsDispatchCommand{Text: "secret", SegmentFingerprint: "1:0000000000000000"}, strict, "fingerprint_mismatch", "segmentFingerprint"},
		{"sender too long", &contract.SmsDispatchCommand{Text: "secret", From: strings.Repeat("a", 21)}, rules(), "invalid_field", "from"},
		{"service type too long", &contract.SmsDispatchCommand{Text: "secret", ServiceType: "toolong"}, rules(), "invalid_field", "serviceType"},
	} {
		c.command.MessageId, c.command.To = "m1", "+93700123456"
		p, refusal := Make(c.command, c.rules, now)
		if refusal == nil {
			t.Errorf("%s: planned %d PDUs", c.name, p.PDUs())
			continue
		}
		if refusal.Reason != c.reason || refusal.Field != c.field || refusal.Detail == "" || strings.Contains(refusal.Error(), "secret") {
			t.Errorf("%s: %v", c.name, refusal)
		}
	}
}

// US-SC-036: a fingerprint that differs is sent by default, and marked.
func TestUSSC036FingerprintMismatchIsMarked(t *testing.T) {
	if p := make1(t, &contract.SmsDispatchCommand{Text: "Hi", SegmentFingerprint: "1:0000000000000000"}, rules()); !p.Mismatch {
		t.Error("not marked")
	}
	want, err := segment.Fingerprint("Hi", segment.Auto, segment.Rule{})
	if err != nil {
		t.Fatal(err)
	}
	if p := make1(t, &contract.SmsDispatchCommand{Text: "Hi", SegmentFingerprint: want}, rules()); p.Mismatch || p.Fingerprint != want {
		t.Errorf("%s marked against %s", p.Fingerprint, want)
	}
}

// decisions.md 036: the fingerprint follows the default rule, whatever the profile
// makes of the text; what is really sent is in Segments.
func TestUSSC036TheFingerprintIsNotTheProfiles(t *testing.T) {
	wide, latin, turkish, payload := rules(), rules(), rules(), rules()
	wide.Count.Wide = true
	latin.Alphabet = text.Latin1
	turkish.Count.Single = segment.Turkish
	payload.Count.MaxParts, payload.Strategy = -1, contract.LongMessageStrategy_TLV
	for name, c := range map[string]struct {
		text     string
		encoding contract.Encoding_Value
		rules    Rules
		segments int
	}{
		"16-bit references":               {strings.Repeat("a", 306), 0, wide, 3}, // 2 by the default rule
		"a character that Latin-1 lacks":  {"5 €", 0, latin, 1},                   // UCS2 here, GSM7 by the default rule
		"GSM7_FORCE in Latin-1":           {"5 € ښ", contract.Encoding_GSM7_FORCE, latin, 1},
		"national tables":                 {strings.Repeat("ş", 75), 0, turkish, 1}, // 2 by the default rule
		"more parts than a header counts": {strings.Repeat("a", 300*153), 0, payload, 300},
	} {
		want, err := segment.Fingerprint(c.text, segment.Encoding(c.encoding), segment.Rule{MaxParts: -1})
		if err != nil {
			t.Fatal(err)
		}
		p := make1(t, &contract.SmsDispatchCommand{Text: c.text, Encoding: c.encoding, SegmentFingerprint: want}, c.rules)
		if p.Mismatch || p.Fingerprint != want || p.Segments != c.segments {
			t.Errorf("%s: %s, a mismatch: %v, want %s; %d segments, want %d", name, p.Fingerprint, p.Mismatch, want, p.Segments, c.segments)
		}
	}
	only := &contract.SmsDispatchCommand{Text: "Şiş", Encoding: contract.Encoding_GSM7} // no GSM7 by the default rule
	if p := make1(t, only, turkish); p.Fingerprint == "" || p.Mismatch {
		t.Errorf("%q", p.Fingerprint)
	}
}

// SMPP 3.4 §1.4: a peer of 3.3 knows no TLVs.
func TestNoTLVsToAPeerOf33(t *testing.T) {
	r := rules()
	r.NoTLVs = true
	long := strings.Repeat("a", 200)
	for field, c := range map[string]*contract.SmsDispatchCommand{
		"tlvs":                {Text: "Hi", Tlvs: map[string]string{"PE_ID": "1"}},
		"longMessageStrategy": {Text: long, LongMessageStrategy: contract.LongMessageStrategy_SAR},
	} {
		c.MessageId, c.To = "m", "93700000001"
		if _, refusal := Make(c, r, now); refusal == nil || refusal.Field != field || refusal.Reason != contract.ReasonInvalidField {
			t.Errorf("%s: %+v", field, refusal)
		}
	}
	for _, c := range []*contract.SmsDispatchCommand{{Text: long}, {Text: "Hi", LongMessageStrategy: contract.LongMessageStrategy_SAR}} {
		for _, pdu := range pdus(make1(t, c, r), 0) {
			if len(pdu.TLVs) > 0 {
				t.Errorf("%s", codec.Dump(&pdu))
			}
		}
	}
}

// The command's own validity comes before the profile's.
func TestTheValidityOfAProfile(t *testing.T) {
	r := rules()
	r.Validity = 24 * time.Hour
	for want, c := range map[string]*contract.SmsDispatchCommand{
		"000001000000000R": {Text: "Hi"}, "000000000100000R": {Text: "Hi", ValidityPeriod: 60},
	} {
		if pdu := pdus(make1(t, c, r), 0)[0]; pdu.ValidityPeriod != want {
			t.Errorf("validity %q, want %q", pdu.ValidityPeriod, want)
		}
	}
}

func TestOptionalFieldsReachThePDU(t *testing.T) {
	none := uint32(0)
	p := make1(t, &contract.SmsDispatchCommand{Text: "Hi", Flash: true, Priority: 2, ProtocolId: 0x41, ServiceType: "VMA", RegisteredDelivery: &none,
		ValidityPeriodSeconds: 3600, ScheduledAt: timestamppb.New(now)}, rules())
	pdu := pdus(p, 0)[0]
	if pdu.DataCoding != 0x10 || pdu.PriorityFlag != 2 || pdu.ProtocolID != 0x41 || pdu.ServiceType != "VMA" || pdu.RegisteredDelivery != 0 {
		t.Errorf("%s", codec.Dump(&pdu))
	}
	if pdu.ValidityPeriod != "000000010000000R" || pdu.ScheduleDeliveryTime != "261124120000000+" {
		t.Errorf("validity %q, schedule %q", pdu.ValidityPeriod, pdu.ScheduleDeliveryTime)
	}
}

// A validity goes out in the form that the MNO takes, the command's own before the
// profile's (SMPP 3.4 §7.1.1).
func TestValidityInTheMNOsForm(t *testing.T) {
	for _, c := range []struct {
		name    string
		form    ValidityForm
		profile time.Duration
		command uint32
		want    string
	}{
		{"none asked", RelativeValidity, 0, 0, ""},
		{"none asked, absolute", AbsoluteValidity, 0, 0, ""},
		{"the profile's", RelativeValidity, 90 * time.Minute, 0, "000000013000000R"},
		{"the command's", RelativeValidity, 90 * time.Minute, 60, "000000000100000R"},
		{"absolute", AbsoluteValidity, 90 * time.Minute, 0, "261124133000000+"},
		{"absolute, the command's", AbsoluteValidity, 0, 86400, "261125120000000+"},
		{"absolute, beyond 99 days", AbsoluteValidity, 0, 100 * 86400, "270304120000000+"},
		{"left out", NoValidity, 90 * time.Minute, 60, ""},
	} {
		r := rules()
		r.ValidityForm, r.Validity = c.form, c.profile
		if got := pdus(make1(t, &contract.SmsDispatchCommand{ValidityPeriodSeconds: c.command}, r), 0)[0].ValidityPeriod; got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	_, refusal := Make(&contract.SmsDispatchCommand{MessageId: "m1", To: "+93700123456", ValidityPeriodSeconds: 100 * 86400}, rules(), now)
	if refusal == nil || refusal.Field != "validityPeriod" {
		t.Errorf("a span of 100 days: %v", refusal)
	}
}

func TestProtocolIDOfTheProfile(t *testing.T) {
	r := rules()
	r.ProtocolID = 0x20
	for own, want := range map[uint32]uint8{0: 0x20, 0x41: 0x41} {
		if got := pdus(make1(t, &contract.SmsDispatchCommand{ProtocolId: own}, r), 0)[0].ProtocolID; got != want {
			t.Errorf("%#x: %#x, want %#x", own, got, want)
		}
	}
}

// SMPP 3.4 §5.2.18: a message in parts would replace its own.
func TestReplaceIfPresentInOnePDUOnly(t *testing.T) {
	long := strings.Repeat("x", 400)
	for _, c := range []struct {
		command *contract.SmsDispatchCommand
		flag    uint8
		refused string
	}{
		{&contract.SmsDispatchCommand{Text: "Hi"}, 0, ""},
		{&contract.SmsDispatchCommand{Text: "Hi", ReplaceIfPresent: true}, 1, ""},
		{&contract.SmsDispatchCommand{Text: long, ReplaceIfPresent: true, LongMessageStrategy: contract.LongMessageStrategy_TLV}, 1, ""},
		{&contract.SmsDispatchCommand{Text: long, ReplaceIfPresent: true}, 0, "replaceIfPresent"},
	} {
		c.command.MessageId, c.command.To = "m1", "+93700123456"
		p, refusal := Make(c.command, rules(), now)
		switch {
		case refusal != nil && (refusal.Field != c.refused || refusal.Reason != contract.ReasonInvalidField), refusal == nil && c.refused != "":
			t.Errorf("%v: %v", c.command, refusal)
		case refusal == nil:
			if got := pdus(p, 0)[0].ReplaceIfPresentFlag; got != c.flag {
				t.Errorf("%v: %d", c.command, got)
			}
		}
	}
}
