package proto

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// typical is what most commands look like: about 250 octets.
const typical = `{"messageId":"0b8f6f5e-7c55-4b5e-9f0e-2f6c1d3a9b77","to":"+93700123456","text":"Your one-time code is 482913. It is valid for 5 minutes. Do not share it with anyone.","from":"GHASI","encoding":"GSM7","segmentFingerprint":"1:9f86d081884c7d65"}`

func decodeJSON(payload string) (*SmsDispatchCommand, *FieldError) {
	command, err := DecodeCommand("", []byte(payload))
	var fault *FieldError
	errors.As(err, &fault)
	return command, fault
}

func TestDecodeEveryField(t *testing.T) {
	const payload = ` {
		"messageId": "m-1", "to": "93700123456", "text": "a\"b\\c\/d\n\u0633\ud83d\ude00 é", "from": "GHASI",
		"encoding": "UCS2", "longMessageStrategy": "TLV", "segmentFingerprint": "1:00", "expiresAt": "2026-11-24T09:30:00.5+04:30",
		"scheduledAt": "2026-11-24T09:30:00Z", "validityPeriodSeconds": 4294967295, "registeredDelivery": 0, "fromTon": 5, "fromNpi": 0,
		"toTon": 1, "toNpi": 1, "serviceType": "CMT", "protocolId": 64, "priority": 3, "flash": true, "replaceIfPresent": true, "tlvs": {"pe_id": "7", "x": ""},
		"unknown": {"a": [1, -2.5e3, true, false, null, "\u0000", {}, []]}, "alsoUnknown": null
	} `
	got, fault := decodeJSON(payload)
	if fault != nil {
		t.Fatal(fault)
	}
	want := new(SmsDispatchCommand)
	if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal([]byte(payload), want); err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if got.RegisteredDelivery == nil || got.Text != "a\"b\\c/d\nس😀 é" {
		t.Errorf("registeredDelivery %v, text %q", got.RegisteredDelivery, got.Text)
	}
}

// US-SC-006: what is no command names the field and keeps the messageId.
func TestUSSC006InvalidPayloadNamesTheField(t *testing.T) {
	const rest = `"messageId":"m","to":"937","text":"x"`
	for _, row := range []struct{ name, payload, field, reason, messageID string }{
		{"no messageId", `{"to":"937","text":"x"}`, "messageId", ReasonMissingField, ""},
		{"empty messageId", `{"messageId":"","to":"937","text":"x"}`, "messageId", ReasonMissingField, ""},
		{"null messageId", `{"messageId":null,"to":"937","text":"x"}`, "messageId", ReasonMissingField, ""},
		{"number as messageId", `{"messageId":7,"to":"937","text":"x"}`, "messageId", ReasonInvalidField, ""},
		{"long messageId", `{"messageId":"` + strings.Repeat("m", 129) + `","to":"937","text":"x"}`, "messageId", ReasonInvalidField, strings.Repeat("m", 128)},
		{"long messageId, cut between characters", `{"messageId":"` + strings.Repeat("س", 65) + `","to":"937","text":"x"}`, "messageId", ReasonInvalidField, strings.Repeat("س", 64)},
		{"NUL in messageId", `{"messageId":"m\u0000","to":"937","text":"x"}`, "messageId", ReasonInvalidField, "m\x00"},
		{"no to", `{"messageId":"m","text":"x"}`, "to", ReasonMissingField, "m"},
		{"empty to", `{"messageId":"m","to":"","text":"x"}`, "to", ReasonMissingField, "m"},
		{"letters in to", `{"messageId":"m","to":"93x","text":"x"}`, "to", ReasonInvalidField, "m"},
		{"plus alone", `{"messageId":"m","to":"+","text":"x"}`, "to", ReasonInvalidField, "m"},
		{"21 digits", `{"messageId":"m","to":"123456789012345678901","text":"x"}`, "to", ReasonInvalidField, "m"},
		{"Arabic digits", `{"messageId":"m","to":"٩٣٧٠٠","text":"x"}`, "to", ReasonInvalidField, "m"},
		{"no text", `{"messageId":"m","to":"937"}`, "text", ReasonMissingField, "m"},
		{"null text", `{"messageId":"m","to":"937","text":null}`, "text", ReasonMissingField, "m"},
		{"list as text, messageId behind it", `{"text":["x"],"to":"937","messageId":"m"}`, "text", ReasonInvalidField, "m"},
		{"lone surrogate", `{"text":"a\ud800b","to":"937","messageId":"m"}`, "text", ReasonInvalidField, "m"},
		{"lone low surrogate", `{"messageId":"m","to":"937","text":"\udc00"}`, "text", ReasonInvalidField, "m"},
		{"two high surrogates", `{"messageId":"m","to":"937","text":"\ud800\ud800\udc00"}`, "text", ReasonInvalidField, "m"},
		{"invalid UTF-8", "{\"text\":\"a\xffb\",\"to\":\"937\",\"messageId\":\"m\"}", "text", ReasonInvalidField, "m"},
		{"overlong UTF-8", "{\"messageId\":\"m\",\"to\":\"937\",\"text\":\"\xc0\xaf\"}", "text", ReasonInvalidField, "m"},
		{"surrogate in UTF-8", "{\"messageId\":\"m\",\"to\":\"937\",\"text\":\"\xed\xa0\x80\"}", "text", ReasonInvalidField, "m"},
		{"unknown encoding", `{` + rest + `,"encoding":"LATIN1"}`, "encoding", ReasonInvalidField, "m"},
		{"encoding in lower case", `{` + rest + `,"encoding":"gsm7"}`, "encoding", ReasonInvalidField, "m"},
		{"unknown encoding number", `{` + rest + `,"encoding":9}`, "encoding", ReasonInvalidField, "m"},
		{"boolean as encoding", `{` + rest + `,"encoding":true}`, "encoding", ReasonInvalidField, "m"},
		{"unknown strategy", `{` + rest + `,"longMessageStrategy":"UDH"}`, "longMessageStrategy", ReasonInvalidField, "m"},
		{"number too large", `{` + rest + `,"validityPeriodSeconds":4294967296}`, "validityPeriodSeconds", ReasonInvalidField, "m"},
		{"two validities", `{` + rest + `,"validityPeriod":60,"validityPeriodSeconds":61}`, "validityPeriod", ReasonInvalidField, "m"},
		{"validity as text", `{` + rest + `,"validityPeriod":"000000010000000R"}`, "validityPeriod", ReasonInvalidField, "m"},
		{"negative number", `{` + rest + `,"validityPeriodSeconds":-1}`, "validityPeriodSeconds", ReasonInvalidField, "m"},
		{"fraction", `{` + rest + `,"validityPeriodSeconds":1.5}`, "validityPeriodSeconds", ReasonInvalidField, "m"},
		{"string as number", `{` + rest + `,"priority":"1"}`, "priority", ReasonInvalidField, "m"},
		{"priority above 3", `{` + rest + `,"priority":4}`, "priority", ReasonInvalidField, "m"},
		{"octet above 255", `{` + rest + `,"toTon":256}`, "toTon", ReasonInvalidField, "m"},
		{"protocolId above 255", `{` + rest + `,"protocolId":256}`, "protocolId", ReasonInvalidField, "m"},
		{"serviceType too long", `{` + rest + `,"serviceType":"abcdef"}`, "serviceType", ReasonInvalidField, "m"},
		{"from too long", `{` + rest + `,"from":"123456789012345678901"}`, "from", ReasonInvalidField, "m"},
		{"NUL in from", `{` + rest + `,"from":"a\u0000"}`, "from", ReasonInvalidField, "m"},
		{"number as flash", `{` + rest + `,"flash":1}`, "flash", ReasonInvalidField, "m"},
		{"no time", `{` + rest + `,"expiresAt":"tomorrow"}`, "expiresAt", ReasonInvalidField, "m"},
		{"number as time", `{` + rest + `,"scheduledAt":1764000000}`, "scheduledAt", ReasonInvalidField, "m"},
		{"list as tlvs", `{` + rest + `,"tlvs":["a"]}`, "tlvs", ReasonInvalidField, "m"},
		{"number in tlvs", `{` + rest + `,"tlvs":{"a":1}}`, "tlvs", ReasonInvalidField, "m"},
		{"name twice in tlvs", `{` + rest + `,"tlvs":{"a":"1","a":"2"}}`, "tlvs", ReasonInvalidField, "m"},
		{"text twice", `{` + rest + `,"text":"y"}`, "text", ReasonInvalidField, "m"},
		{"both names of one field", `{` + rest + `,"message_id":"n"}`, "messageId", ReasonInvalidField, "m"},
		{"nothing", ``, "", ReasonMalformed, ""},
		{"a list", `[]`, "", ReasonMalformed, ""},
		{"null", `null`, "", ReasonMalformed, ""},
		{"broken behind the messageId", `{"messageId":"m","to":`, "", ReasonMalformed, "m"},
		{"no comma", `{"messageId":"m" "to":"937"}`, "", ReasonMalformed, "m"},
		{"comma at the end", `{` + rest + `,}`, "", ReasonMalformed, "m"},
		{"two objects", `{` + rest + `}{}`, "", ReasonMalformed, "m"},
		{"NUL behind", `{` + rest + "}\x00", "", ReasonMalformed, "m"},
		{"byte order mark", "\ufeff{" + rest + "}", "", ReasonMalformed, ""},
		{"line break in a string", "{\"messageId\":\"m\",\"to\":\"937\",\"text\":\"a\nb\"}", "", ReasonMalformed, "m"},
		{"unknown escape", `{"messageId":"m","to":"937","text":"\x"}`, "", ReasonMalformed, "m"},
		{"short escape", `{"messageId":"m","to":"937","text":"\u12"}`, "", ReasonMalformed, "m"},
		{"invalid UTF-8 in an unknown field", "{" + rest + ",\"u\":\"\xff\"}", "", ReasonMalformed, "m"},
		{"leading zero", `{` + rest + `,"u":01}`, "", ReasonMalformed, "m"},
		{"nested too deep", `{` + rest + `,"u":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `}`, "", ReasonMalformed, "m"},
	} {
		t.Run(row.name, func(t *testing.T) {
			command, fault := decodeJSON(row.payload)
			if fault == nil {
				t.Fatalf("accepted: %v", command)
			}
			if command != nil || fault.Field != row.field || fault.Reason != row.reason || fault.MessageID != row.messageID {
				t.Errorf("field %q, reason %q, messageId %q, command %v", fault.Field, fault.Reason, fault.MessageID, command)
			}
			if fault.Detail == "" || !strings.Contains(fault.Error(), fault.Detail) || !strings.Contains(fault.Error(), fault.Field) {
				t.Errorf("error %q", fault)
			}
		})
	}
}

// US-SC-006: an empty text is valid, an absent one is not.
func TestUSSC006EmptyTextIsValid(t *testing.T) {
	for _, payload := range []string{`{"messageId":"m","to":"+1","text":""}`, `{"message_id":"m","to":"12345678901234567890","text":"","encoding":null,"tlvs":null}`} {
		if _, fault := decodeJSON(payload); fault != nil {
			t.Errorf("%s: %v", payload, fault)
		}
	}
}

// No error repeats a text, wherever it stands.
func TestFaultsQuoteNoText(t *testing.T) {
	const secret = "482913"
	for _, field := range []string{"messageId", "to", "text", "from", "encoding", "expiresAt", "priority", "flash", "tlvs", "serviceType", "unknown"} {
		for _, value := range []string{`"code 482913 \ud800"`, `["482913"]`, `{"482913":482913}`, `482913e1`, `"482913`, `482913x`} {
			payload := fmt.Sprintf(`{"messageId":"m","to":"1","%s":%s}`, field, value)
			if _, fault := decodeJSON(payload); fault != nil && strings.Contains(fault.Error(), secret) {
				t.Errorf("%s: %v", payload, fault)
			}
		}
	}
}

// Over 1 MiB nothing is decoded, but the messageId at the front is kept.
func TestTooLarge(t *testing.T) {
	payload := `{"messageId":"m","to":"1","text":"` + strings.Repeat("x", MaxPayload) + `"}`
	_, fault := decodeJSON(payload)
	if fault == nil || fault.Reason != ReasonTooLarge || fault.MessageID != "m" {
		t.Fatalf("fault %+v", fault)
	}
	whole := `{"messageId":"m","to":"1","text":"` + strings.Repeat("x", MaxPayload-37) + `" }`
	if len(whole) > MaxPayload {
		t.Fatalf("%d octets", len(whole))
	}
	if _, fault := decodeJSON(whole); fault != nil {
		t.Errorf("%d octets: %v", len(whole), fault)
	}
	if _, err := DecodeCommand(ContentTypeProtobuf, []byte(payload)); err == nil || !strings.Contains(err.Error(), ReasonTooLarge) {
		t.Errorf("binary: %v", err)
	}
}

// The command keeps no part of the payload: the caller may use it again.
func TestCommandOwnsItsStrings(t *testing.T) {
	payload := []byte(typical)
	command, err := DecodeCommand("", payload)
	if err != nil {
		t.Fatal(err)
	}
	clear(payload)
	if command.To != "+93700123456" || command.From != "GHASI" {
		t.Errorf("to %q, from %q", command.To, command.From)
	}
}

func TestContentTypes(t *testing.T) {
	for header, binary := range map[string]bool{
		"": false, "application/json": false, "application/json; charset=utf-8": false, "text/plain": false, "nonsense;;": false,
		"application/protobuf": true, "Application/Protobuf": true, "application/protobuf; proto=ghasi.smpp.v1.SmsDispatchCommand": true,
	} {
		if isBinary(header) != binary {
			t.Errorf("%q: binary %v", header, !binary)
		}
	}
}

func TestDecodeBinary(t *testing.T) {
	sent := &SmsDispatchCommand{MessageId: "m", To: "937", Text: "سلام", Encoding: Encoding_UCS2, Tlvs: map[string]string{"a": "b"}}
	payload, _, err := Encode(sent, true)
	if err != nil {
		t.Fatal(err)
	}
	got, err := DecodeCommand(ContentTypeProtobuf, payload)
	if err != nil || !proto.Equal(got, sent) {
		t.Errorf("%v, %v", got, err)
	}
	id := []byte{0x0a, 1, 'm'}
	to := []byte{0x12, 3, '9', '3', '7'}
	text := []byte{0x1a, 1, 'x'}
	for _, row := range []struct {
		name           string
		payload        []byte
		field, reason  string
		keepsMessageID bool
	}{
		{"no text", concat(id, to), "text", ReasonMissingField, true},
		{"no to", concat(id, text), "to", ReasonMissingField, true},
		{"unknown enum value", concat(id, to, text, []byte{0x28, 9}), "encoding", ReasonInvalidField, true},
		{"unknown strategy", concat(id, to, text, []byte{0x30, 9}), "longMessageStrategy", ReasonInvalidField, true},
		{"invalid UTF-8", concat(id, to, []byte{0x1a, 1, 0xff}), "text", ReasonInvalidField, true},
		{"time out of range", concat(id, to, text, []byte{0x42, 11, 8, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1}), "expiresAt", ReasonInvalidField, true},
		{"cut off", concat(id, to, text[:2]), "", ReasonMalformed, true},
		{"JSON", []byte(typical), "", ReasonMalformed, false},
	} {
		_, err := DecodeCommand(ContentTypeProtobuf, row.payload)
		var fault *FieldError
		if !errors.As(err, &fault) || fault.Field != row.field || fault.Reason != row.reason || (fault.MessageID == "m") != row.keepsMessageID {
			t.Errorf("%s: %+v", row.name, fault)
		}
	}
	if got, err := DecodeCommand(ContentTypeProtobuf, concat(id, to, []byte{0x1a, 0}, []byte{0xf8, 0x3f, 1})); err != nil || got.Text != "" {
		t.Errorf("empty text and an unknown field: %v", err)
	}
}

// Issue 5, point 7 calls it validityPeriod.
func TestValidityByBothNames(t *testing.T) {
	for fields, want := range map[string]time.Duration{
		`"validityPeriod":90`: 90 * time.Second, `"validity_period":90`: 90 * time.Second, `"validityPeriodSeconds":90`: 90 * time.Second,
		`"validityPeriod":90,"validityPeriodSeconds":90`: 90 * time.Second, `"validityPeriod":null`: 0, `"flash":true`: 0,
	} {
		c, err := DecodeCommand("", []byte(`{"messageId":"m","to":"1","text":"x",`+fields+`}`))
		if err != nil || c.Validity() != want {
			t.Errorf("%s: %v, %v", fields, c.Validity(), err)
		}
	}
}

func concat(parts ...[]byte) (whole []byte) {
	for _, part := range parts {
		whole = append(whole, part...)
	}
	return whole
}

// What we accept, protojson reads the same; what it reads and we refuse breaks a
// rule that we name, never the syntax.
func FuzzDecodeAgreesWithProtojson(f *testing.F) {
	f.Add([]byte(typical))
	for _, seed := range []string{
		`{"messageId":"m","to":"937","text":"\ud83d\ude00","expiresAt":"2026-11-24T09:30:00.123456789+04:30","tlvs":{"a":"b"}}`,
		`{"message_id":"m","to":"+1","text":"","registeredDelivery":0,"flash":false,"encoding":3,"u":[{"a":-1.5e+3}]}`,
		`{"messageId":null,"to":"1","text":"x","validityPeriodSeconds":1.0e1,"priority":"1","fromTon":-0}`,
		`{"messageId":"m","to":"1","text":"x","validityPeriod":60,"validity_period_seconds":60}`,
		`{"messageId":"m","to":"1","text":"x","scheduledAt":"0000-01-01T00:00:00Z"}`,
		`{"messageId":"m","to":"1","text":"x","expiresAt":"2026-11-24T9:30:00,5Z"} `,
	} {
		f.Add([]byte(seed))
	}
	f.Add([]byte(`{"":[{"":0e}]}`)) // protojson takes it for a number; it is none (RFC 8259 §6)
	f.Fuzz(func(t *testing.T, payload []byte) {
		got, err := DecodeCommand("", payload)
		want := new(SmsDispatchCommand)
		oracle := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(payload, want)
		var fault *FieldError
		switch {
		case err == nil && oracle != nil:
			t.Errorf("accepted, protojson says %v", oracle)
		case err == nil && !proto.Equal(got, want):
			t.Errorf("got  %v\nwant %v", got, want)
		case err != nil && !errors.As(err, &fault):
			t.Errorf("an error of type %T", err)
		case err != nil && oracle == nil && json.Valid(payload) && fault.Reason == ReasonMalformed && !strings.Contains(fault.Detail, "nested"):
			t.Errorf("refused with %v, protojson reads %v", err, want)
		}
		if err == nil {
			again, _, err := Encode(got, false)
			if err != nil {
				t.Fatalf("encode what was decoded: %v", err)
			}
			if back, err := DecodeCommand("", again); err != nil || !proto.Equal(back, got) {
				t.Errorf("round trip: %v: %s", err, again)
			}
		}
	})
}

func BenchmarkDecodeCommand(b *testing.B) {
	payload := []byte(typical)
	binary := new(SmsDispatchCommand)
	if err := protojson.Unmarshal(payload, binary); err != nil {
		b.Fatal(err)
	}
	octets, _ := proto.Marshal(binary)
	pashto := []byte(`{"messageId":"0b8f6f5e-7c55-4b5e-9f0e-2f6c1d3a9b77","to":"+93700123456","text":"` + strings.Repeat("ستاسو کوډ دی ", 8) + `","from":"GHASI"}`)
	b.Run("json", func(b *testing.B) { benchDecode(b, "", payload) })
	b.Run("json-pashto", func(b *testing.B) { benchDecode(b, "", pashto) })
	b.Run("protobuf", func(b *testing.B) { benchDecode(b, ContentTypeProtobuf, octets) })
	b.Run("protojson", func(b *testing.B) { // for comparison
		b.ReportAllocs()
		for b.Loop() {
			if protojson.Unmarshal(payload, new(SmsDispatchCommand)) != nil {
				b.Fatal("refused")
			}
		}
	})
}

func benchDecode(b *testing.B, contentType string, payload []byte) {
	b.SetBytes(int64(len(payload)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeCommand(contentType, payload); err != nil {
			b.Fatal(err)
		}
	}
}
