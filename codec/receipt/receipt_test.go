package receipt

import (
	"strings"
	"testing"
	"time"
)

// US-SC-011: the message_state TLV or the text's stat, all eight states of 3.4
// and the two of 5.0.
func TestUSSC011States(t *testing.T) {
	for _, row := range []struct {
		word  string
		state uint8
		final bool
		known bool
	}{
		{"ENROUTE", Enroute, false, true},
		{"DELIVRD", Delivered, true, true},
		{"EXPIRED", Expired, true, true},
		{"DELETED", Deleted, true, true},
		{"UNDELIV", Undeliverable, true, true},
		{"ACCEPTD", Accepted, false, true},
		{"UNKNOWN", Unknown, true, true},
		{"REJECTD", Rejected, true, true},
		{"SCHEDULED", Scheduled, false, true},
		{"SKIPPED", Skipped, true, true},
		{"DELIVERD", Delivered, true, true}, // CM.com
		{"FAILED", Undeliverable, true, true},
		{"BUFFRED", Enroute, false, true},
		{"ACKED", Accepted, false, true},
		{"DND_REJECTED", Rejected, true, true},
		{"delivrd", Delivered, true, true},
		{"BADSTAT", Unknown, false, false},
		{"0", Unknown, false, false},
		{"", Unknown, false, false},
	} {
		r := Resolve(Parse([]byte("id:1 stat:"+row.word+" err:000")), TLVs{})
		if r.State != row.state || r.Final != row.final || (r.StateFrom == FromText) != row.known || r.Word != row.word {
			t.Errorf("%s: %+v", row.word, r)
		}
		if row.known {
			tlv := Resolve(Fields{}, TLVs{MessageState: row.state, HasMessageState: true})
			if tlv.State != row.state || tlv.Final != row.final || tlv.StateFrom != FromTLV {
				t.Errorf("TLV %d: %+v", row.state, tlv)
			}
		}
	}
}

// US-SC-011, decisions.md: the id comes from the TLV, else from the text.
func TestUSSC011TLVsComeBeforeText(t *testing.T) {
	f := Parse([]byte("id:text-1 submit date:2611240800 done date:2611240801 stat:UNDELIV err:021"))
	tlvs := TLVs{ReceiptedMessageID: "tlv-1\x00", MessageState: Delivered, HasMessageState: true, NetworkErrorCode: []byte{3, 0, 0x1B}}
	r := Resolve(f, tlvs)
	want := Receipt{ID: "tlv-1", IDFrom: FromTLV, State: Delivered, StateFrom: FromTLV, Final: true, Word: "UNDELIV",
		Err: "021", NetworkErrorCode: "03001b", SubmitDate: "2611240800", DoneDate: "2611240801"}
	if r != want {
		t.Errorf("got  %+v\nwant %+v", r, want)
	}
	want.ID, want.IDFrom, want.State, want.StateFrom = "text-1", FromText, Undeliverable, FromText
	if r := (Rules{TextFirst: true}).Resolve(f, tlvs); r != want {
		t.Errorf("text first: got  %+v\nwant %+v", r, want)
	}
	if r := Resolve(f, TLVs{MessageState: 77, HasMessageState: true}); r.State != Undeliverable || r.StateFrom != FromText || r.IDFrom != FromText {
		t.Errorf("a state that is none: %+v", r)
	}
	if r := Resolve(Fields{}, TLVs{}); r.ID != "" || r.IDFrom != FromNowhere || r.State != Unknown || r.Final {
		t.Errorf("nothing at all: %+v", r)
	}
}

func TestRulesOfAnMNO(t *testing.T) {
	rules := Rules{Words: map[string]uint8{"BADSTAT": Rejected, "DELIVRD": Accepted, "0": Delivered}, AcceptedIsFinal: true}
	for word, want := range map[string]uint8{"badstat": Rejected, "DELIVRD": Accepted, "0": Delivered, "EXPIRED": Expired} {
		if r := rules.Resolve(Parse([]byte("id:1 stat:"+word)), TLVs{}); r.State != want || !r.Final {
			t.Errorf("%s: %+v", word, r)
		}
	}
}

// dlr-065 of the shared receipts: the word stands where its label should.
func TestAStateWithoutItsLabel(t *testing.T) {
	if r := Resolve(Parse([]byte("id:1 done date:2611240801 DELIVRD err:000")), TLVs{}); r.State != Delivered || r.Word != "DELIVRD" {
		t.Errorf("%+v", r)
	}
	for _, text := range []string{"DELIVRD id:1 err:000", "id:1 err:000 failed to pay", "id:1 stat: err:000 DELIVRD"} {
		if r := Resolve(Parse([]byte(text)), TLVs{}); r.StateFrom != FromNowhere {
			t.Errorf("%q: %+v", text, r)
		}
	}
}

func TestLooksLike(t *testing.T) {
	for text, want := range map[string]bool{
		"id:1 sub:001 stat:DELIVRD": true, "id:1 stat:": false, "stat:DELIVRD": false, "please send me the id: thanks": false, "": false,
	} {
		f := Parse([]byte(text))
		if f.LooksLike() != want {
			t.Errorf("%q: %v", text, f.LooksLike())
		}
	}
}

func TestDates(t *testing.T) {
	kabul := time.FixedZone("AFT", int((4*time.Hour + 30*time.Minute).Seconds()))
	for _, row := range []struct{ in, want, other string }{
		{"2611240800", "2026-11-24T08:00:00+04:30", ""},
		{"7001010000", "1970-01-01T00:00:00+04:30", ""},
		{"6912312359", "2069-12-31T23:59:00+04:30", ""},
		{"261124080059", "2026-11-24T08:00:59+04:30", ""},
		{"202611240800", "2026-11-24T08:00:00+04:30", ""},
		{"200101010030", "2020-01-01T01:00:30+04:30", "2001-01-01T00:30:00+04:30"},
		{"20261124080059", "2026-11-24T08:00:59+04:30", ""},
		{"261124080059018+", "2026-11-24T08:00:59+04:30", ""},
		{"261124080059020-", "2026-11-24T08:00:59-05:00", ""},
		{"2026-11-24 08:00:59", "2026-11-24T08:00:59+04:30", ""},
		{"2026/11/24 08:00", "2026-11-24T08:00:00+04:30", ""},
		{"2026-11-24T08:00:59Z", "2026-11-24T08:00:59Z", ""},
		{"2402290000", "2024-02-29T00:00:00+04:30", ""},
	} {
		d, ok := ParseDate(row.in, kabul)
		if !ok || d.Time.Format(time.RFC3339) != row.want {
			t.Errorf("%s: %v %v, want %s", row.in, d.Time, ok, row.want)
		}
		if other := d.Other; other.IsZero() != (row.other == "") || row.other != "" && other.Format(time.RFC3339) != row.other {
			t.Errorf("%s: second reading %v, want %q", row.in, other, row.other)
		}
	}
	for _, in := range []string{"", "0", "0000000000", "2613010000", "2602290000", "2611312400", "2611242400", "2611240060",
		"261124080060", "00000000000000", "261124080059049+", "261124080059004*", "26112408005901+", "yesterday",
		"2026-13-01 00:00:00", "26112408005", "-611240800", strings.Repeat("9", 1000)} {
		if d, ok := ParseDate(in, kabul); ok {
			t.Errorf("%q: %v", in, d.Time)
		}
	}
}

// No input may panic, and nothing may be lost.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"id:0007654321 sub:001 dlvrd:001 submit date:2611240800 done date:2611240801 stat:DELIVRD err:000 text:Salam",
		"err:0 id:77 text: stat:DELIVRD", "93700000000^id:77 stat:DELIVRD", "id:id:id:id:", "submit  date:1 submit_date:2", "text:",
		"id:\xff\xfe stat:\x00 text:\x80", "id: \x00\x00", "done date:2026-11-24 08:00:00", "stat:DELIVRD text:id:5\x00",
	} {
		f.Add([]byte(s), "", uint8(0))
	}
	f.Fuzz(func(t *testing.T, body []byte, tlvID string, state uint8) {
		fields := Parse(body)
		checkNothingLost(t, body, fields)
		if len(fields.Unread) > 9 {
			t.Fatalf("%d pieces unread", len(fields.Unread))
		}
		r := Resolve(fields, TLVs{ReceiptedMessageID: tlvID, MessageState: state, HasMessageState: state%2 == 0})
		if r.State > Skipped || r.Final && r.StateFrom == FromNowhere {
			t.Fatalf("%+v", r)
		}
		for _, v := range []Value{fields.SubmitDate, fields.DoneDate} {
			if d, ok := ParseDate(v.Text, nil); ok && (d.Time.Year() < 1969 || d.Time.Year() > 9999) {
				t.Fatalf("%q is %v", v.Text, d.Time)
			}
		}
		for _, rule := range suspects {
			rule.Apply(Submitted, r.ID)
			rule.Apply(Receipted, r.ID)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	body := []byte("id:0007654321 sub:001 dlvrd:001 submit date:2611240800 done date:2611240801 stat:DELIVRD err:000 text:First words of")
	b.ReportAllocs()
	for b.Loop() {
		Resolve(Parse(body), TLVs{})
	}
}
