package proto

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"
)

var update = flag.Bool("update", false, "write the golden files again")

// instant is the time in all examples, with a fraction that is not whole milliseconds.
var instant = timestamppb.New(time.Date(2026, 11, 24, 9, 30, 0, 250_000_000, time.UTC))

func octet(n uint32) *uint32 { return &n }

// examples are one realistic message of each kind: the contract that consumers read.
var examples = map[string]Message{
	"SmsDispatchCommand": &SmsDispatchCommand{
		MessageId: "m-1", To: "+93700123456", Text: "سلام \"نړۍ\" 😀\n", From: "GHASI", Encoding: Encoding_UCS2,
		LongMessageStrategy: LongMessageStrategy_CSMS, SegmentFingerprint: "1:9f86d081884c7d65", ExpiresAt: instant,
		ScheduledAt: timestamppb.New(time.Unix(1_795_500_000, 0)), ValidityPeriodSeconds: 3600, RegisteredDelivery: octet(0),
		FromTon: octet(5), FromNpi: octet(0), ToTon: octet(1), ToNpi: octet(1), ServiceType: "CMT", ProtocolId: 64, Priority: 1,
		Flash: true, Tlvs: map[string]string{"template_id": "2", "pe_id": "1"},
	},
	"DlrInboundEvent": &DlrInboundEvent{
		MessageId: "m-1", Status: DlrStatus_DELIVERED, Final: true, OperatorId: "awcc", OperatorMessageId: "9308878062554710043",
		BindId: "awcc.trx.1", To: "93700123456", From: "GHASI", ErrorCode: "000", NetworkErrorCode: "030000",
		SubmittedAt: instant, ReceivedAt: timestamppb.New(instant.AsTime().Add(1234567)), SubmitDate: "2611240930", DoneDate: "2611240931",
		RawText: "id:9308878062554710043 stat:DELIVRD err:000", PartsTotal: 2, PartsFinal: 2, Epoch: 7, DoneAt: timestamppb.New(instant.AsTime().Add(time.Minute)),
		Tlvs: map[string]string{"MCCMNC": "41201", "0x1501": "0a0b", "delivery_failure_reason": "2"},
	},
	"DlrInboundEvent-unknown": &DlrInboundEvent{},
	"MoInboundEvent": &MoInboundEvent{
		Id: "mo-1", OperatorId: "awcc", Mno: "awcc", BindId: "awcc.rx.1", From: "93700123456", To: "1234", Text: "د مرستې لپاره",
		Encoding: "UCS2", DataCoding: 8, PartsTotal: 3, PartsReceived: 2, MissingParts: []uint32{2}, Incomplete: true,
		SourcePort: octet(0), DestinationPort: octet(16000), ReceivedAt: instant, Tlvs: map[string]string{"MO_ID": "6f1a", "user_response_code": "1"},
	},
	"DispatchSubmitted": &DispatchSubmitted{
		MessageId: "m-1", OperatorId: "roshan", PrimaryOperatorId: "awcc", BindId: "roshan.trx.1", Segments: 2,
		OperatorMessageIds: []string{"a1", "a2"}, Encoding: "GSM7", SegmentFingerprint: "1:9f86d081884c7d65", SubmittedAt: instant, Epoch: 7,
	},
	"DispatchRejected": &DispatchRejected{
		MessageId: "m-1", OperatorId: "awcc", Reason: ReasonMissingField, Field: "to", Detail: "absent or empty", EsmeStatus: "",
		DeliveryCount: 1, Subject: "smpp.operator.awcc", Payload: []byte(`{"messageId":"m-1"}`), At: instant,
	},
	"DispatchRejected-partly": &DispatchRejected{
		MessageId: "m-1", OperatorId: "awcc", Reason: "rejected_by_mno", Detail: "the MNO answered ESME_RINVDSTADR", EsmeStatus: "ESME_RINVDSTADR",
		DeliveryCount: 2, Subject: "smpp.operator.awcc", Payload: []byte(`{"messageId":"m-1"}`), At: instant,
		Ambiguous: true, PartsTotal: 3, AcceptedParts: []uint32{1, 3}, OperatorMessageIds: []string{"a1", ""},
	},
	"OperatorHealthEvent": &OperatorHealthEvent{
		OperatorId: "awcc", Mno: "awcc", Direction: "trx", BindId: "awcc.trx.1", State: HealthState_UNBOUND, Reason: "enquire_link timeout", Epoch: 7, At: instant, Host: "smsc.example:2775",
	},
	"BindDegradedEvent": &BindDegradedEvent{
		OperatorId: "awcc", Mno: "awcc", Direction: "trx", BindId: "awcc.trx.1", Reason: DegradedReason_throttled, Detail: "3 in 60 s", At: instant,
	},
	"SmppCredentials-hosts": &SmppCredentials{
		OperatorId: "awcc", Hosts: []string{"a.smsc.example:2775", "[2001:db8::7]:2775"}, HostOrder: "spread", SystemId: "ghasi", Password: "example",
	},
	"SmppCredentials": &SmppCredentials{
		OperatorId: "awcc", Host: "smsc.example", Port: 2775, SystemId: "ghasi", Password: "example", BindMode: BindMode_TX_RX,
		Tls: &TlsSettings{Enabled: true, MinVersion: "1.3"}, Window: 10, LongMessageStrategy: LongMessageStrategy_TLV, SourceTon: octet(0),
	},
}

// The JSON of each message, field by field, is a contract: a golden that differs
// is a change for every consumer.
func TestJSONContracts(t *testing.T) {
	for name, m := range examples {
		t.Run(name, func(t *testing.T) {
			payload, contentType, err := Encode(m, false)
			if err != nil || contentType != ContentTypeJSON {
				t.Fatalf("%s, %v", contentType, err)
			}
			var pretty bytes.Buffer
			if err := json.Indent(&pretty, payload, "", "  "); err != nil {
				t.Fatalf("not JSON: %v: %s", err, payload)
			}
			pretty.WriteByte('\n')
			file := filepath.Join("testdata", name+".json")
			if *update {
				if err := os.WriteFile(file, pretty.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(pretty.Bytes(), want) {
				t.Errorf("got\n%s\nwant\n%s", pretty.Bytes(), want)
			}
			if again, _, _ := Encode(m, false); !bytes.Equal(again, payload) {
				t.Errorf("two encodings differ:\n%s\n%s", payload, again)
			}
		})
	}
}

// Both formats say the same, for each message and whatever its fields hold: no
// field is forgotten by the JSON written by hand.
func TestEncodeLosesNoField(t *testing.T) {
	messages := make(map[string]Message)
	for name, m := range examples {
		messages[name] = m
		full := m.ProtoReflect().New()
		fillAll(full, 1)
		messages[name+"-full"] = full.Interface()
	}
	for name, m := range messages {
		for _, binary := range []bool{false, true} {
			payload, contentType, err := Encode(m, binary)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			back := m.ProtoReflect().New().Interface()
			if err := Decode(contentType, payload, back); err != nil || !proto.Equal(back, m) {
				t.Errorf("%s as %s: %v\nsent %v\ngot  %v", name, contentType, err, m, back)
			}
		}
		// protojson, which others may use, reads our JSON without a field that it does not know.
		payload, _, _ := Encode(m, false)
		if err := protojson.Unmarshal(payload, m.ProtoReflect().New().Interface()); err != nil {
			t.Errorf("%s: protojson: %v", name, err)
		}
	}
}

// fillAll sets every field to something that is not its zero.
func fillAll(m protoreflect.Message, n uint32) {
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		field := fields.Get(i)
		n++
		var v protoreflect.Value
		switch {
		case field.IsMap():
			v = m.NewField(field)
			v.Map().Set(protoreflect.ValueOfString("k").MapKey(), protoreflect.ValueOfString("v"))
		case field.IsList():
			v = m.NewField(field)
			v.List().Append(scalarOf(field, n))
			v.List().Append(scalarOf(field, n+1))
		case field.Message() != nil:
			v = m.NewField(field)
			fillAll(v.Message(), n)
		default:
			v = scalarOf(field, n)
		}
		m.Set(field, v)
	}
}

func scalarOf(field protoreflect.FieldDescriptor, n uint32) protoreflect.Value {
	switch field.Kind() {
	case protoreflect.StringKind:
		return protoreflect.ValueOfString("s" + strings.Repeat("é", int(n)))
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte{0, 0xff, byte(n)})
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(true)
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(field.Enum().Values().Get(1).Number())
	case protoreflect.Int32Kind:
		return protoreflect.ValueOfInt32(int32(n))
	case protoreflect.Int64Kind:
		return protoreflect.ValueOfInt64(int64(n))
	}
	return protoreflect.ValueOfUint32(n)
}

// US-SC-010, 011: what a story speaks of is there even when it is zero.
func TestUSSC011EssentialFieldsAreAlwaysThere(t *testing.T) {
	for _, row := range []struct {
		m    Message
		want string
	}{
		{&DlrInboundEvent{}, `{"messageId":"","status":"UNKNOWN","final":false}`},
		{&DispatchSubmitted{}, `{"messageId":"","operatorId":"","segments":0,"ambiguous":false}`},
		{&MoInboundEvent{}, `{"id":"","from":"","to":"","text":"","incomplete":false}`},
		{&OperatorHealthEvent{}, `{"operatorId":"","state":"UNBOUND"}`},
		{&BindDegradedEvent{}, `{"operatorId":"","reason":"unspecified"}`},
		{&DispatchRejected{}, `{"reason":""}`},
		{&SmsDispatchCommand{}, `{"messageId":"","to":"","text":""}`},
		{&SmppCredentials{}, `{}`},
	} {
		if got, _, err := Encode(row.m, false); err != nil || string(got) != row.want {
			t.Errorf("%s, %v; want %s", got, err, row.want)
		}
	}
}

// US-SC-006: an empty text survives binary protobuf, which would leave it out.
func TestUSSC006EmptyTextInBinary(t *testing.T) {
	payload, contentType, err := Encode(&SmsDispatchCommand{MessageId: "m", To: "1"}, true)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := DecodeCommand(contentType, payload); err != nil || c.Text != "" {
		t.Errorf("%v, %v", c, err)
	}
}

// Octets of an MNO that are not UTF-8 do not stop an event, in either format.
func TestInvalidUTF8IsMended(t *testing.T) {
	m := &DlrInboundEvent{MessageId: "m", RawText: "id:\xff1 \x00\x1f\u2028", Status: DlrStatus_EXPIRED}
	for _, binary := range []bool{false, true} {
		payload, contentType, err := Encode(m, binary)
		if err != nil {
			t.Fatalf("binary %v: %v", binary, err)
		}
		var back DlrInboundEvent
		if err := Decode(contentType, payload, &back); err != nil || back.RawText != "id:\uFFFD1 \x00\x1f\u2028" || back.Status != DlrStatus_EXPIRED {
			t.Errorf("binary %v: %v: %q", binary, err, back.RawText)
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	for _, row := range []struct {
		m    Message
		want string
	}{
		{&DlrInboundEvent{Status: 7}, "DlrInboundEvent: encode status: 7 is not a declared value"},
		{&DlrInboundEvent{SubmittedAt: &timestamppb.Timestamp{Seconds: 1 << 50}}, "encode submittedAt"},
		{&OperatorHealthEvent{State: -1}, "encode state"},
	} {
		if got, _, err := Encode(row.m, false); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s, %v; want %s", got, err, row.want)
		}
	}
}

// protobuf's JSON drops unknown enum values in silence; Decode does not.
func TestDecodeRefuses(t *testing.T) {
	for _, row := range []struct {
		contentType, payload string
		m                    Message
		want                 string
	}{
		{"", `{"messageId":"m","status":"LOST","x":1}`, new(DlrInboundEvent), "status is not a known value"},
		{"", `{"status":7}`, new(DlrInboundEvent), "status is not a known value"},
		{"", `{"bind_mode":"TRXX"}`, new(SmppCredentials), "bindMode is not a known value"},
		{"", `{"final":"482913"}`, new(DlrInboundEvent), "wrong type"},
		{"", `482913`, new(DlrInboundEvent), "not a JSON object"},
		{ContentTypeProtobuf, `{"final":482913}`, new(DlrInboundEvent), "not binary protobuf"},
	} {
		err := Decode(row.contentType, []byte(row.payload), row.m)
		if err == nil || !strings.Contains(err.Error(), row.want) || strings.Contains(err.Error(), "482913") {
			t.Errorf("%s: %v; want %s", row.payload, err, row.want)
		}
	}
	var event DlrInboundEvent
	if err := Decode("", []byte(`{"status":"ENROUTE","unknown":{"status":"LOST"},"submittedAt":"2026-11-24T09:30:00Z"}`), &event); err != nil || event.Status != DlrStatus_ENROUTE {
		t.Errorf("unknown fields are ignored: %v", err)
	}
}

// Any string and any time written by hand is what encoding/json and protojson read.
func FuzzWriteString(f *testing.F) {
	for _, s := range []string{"", "plain", "\"\\/\b\f\n\r\t\x00\x7f", "سلام 😀\u2028", "\xff\xc0\xaf\xed\xa0\x80", "a\xf0\x9f"} {
		f.Add(s, int64(1_795_500_000), int32(1_000_000))
	}
	f.Fuzz(func(t *testing.T, s string, seconds int64, nanos int32) {
		var back string
		if err := json.Unmarshal(appendString(nil, s), &back); err != nil || back != string([]rune(s)) {
			t.Errorf("%q: %q, %v", s, back, err)
		}
		at := &timestamppb.Timestamp{Seconds: seconds, Nanos: nanos}
		payload, _, err := Encode(&OperatorHealthEvent{At: at}, false)
		if valid := at.CheckValid() == nil; valid != (err == nil) {
			t.Errorf("%v: valid %v, %v", at, valid, err)
		} else if valid {
			var event OperatorHealthEvent
			if err := protojson.Unmarshal(payload, &event); err != nil || !proto.Equal(event.At, at) {
				t.Errorf("%s: %v", payload, err)
			}
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	for _, name := range []string{"DlrInboundEvent", "DispatchSubmitted", "SmsDispatchCommand", "OperatorHealthEvent"} {
		m := examples[name]
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := Encode(m, false); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"-protojson", func(b *testing.B) { // for comparison
			b.ReportAllocs()
			for b.Loop() {
				if _, err := protojson.Marshal(m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
