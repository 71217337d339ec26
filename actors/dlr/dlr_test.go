package dlr

import (
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/segment"
	"github.com/ghasi/smpp-connector/codec/text"
	contract "github.com/ghasi/smpp-connector/proto"
)

var (
	at   = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	bind = port.BindID{MNO: "awcc", Direction: port.TRX, Number: 1}
)

func receiptPDU(text string, tlvs ...codec.TLV) *codec.DeliverSM {
	return &codec.DeliverSM{ESMClass: codec.ESMTypeReceipt, ShortMessage: []byte(text), TLVs: tlvs}
}

const typical = "id:ab12 sub:001 dlvrd:001 submit date:2611241159 done date:2611241200 stat:DELIVRD err:000 text:my secret"

func row(parts, index int) port.Correlation {
	return port.Correlation{OperatorID: "awcc", OperatorMessageID: "ab12", MessageID: "m1", PartIndex: index, PartsTotal: parts, To: "93700", SubmittedAt: at.Add(-time.Minute)}
}

// US-SC-011: the id comes from the TLV, else from the text.
func TestUSSC011IDFromTLVElseFromText(t *testing.T) {
	h := Read(receiptPDU(typical), Rules{}, "awcc", bind, at)
	if h.Key.OperatorMessageID != "ab12" || h.State != 2 || !h.Final {
		t.Errorf("%+v", h)
	}
	h = Read(receiptPDU(typical, codec.TLV{Tag: codec.TagReceiptedMessageID, Value: []byte("tlv1\x00")}, codec.TLV{Tag: codec.TagMessageState, Value: []byte{5}}), Rules{}, "awcc", bind, at)
	if h.Key.OperatorMessageID != "tlv1" || Status(h.State) != contract.DlrStatus_UNDELIVERABLE {
		t.Errorf("%+v", h)
	}
	payload := &codec.DeliverSM{ESMClass: codec.ESMTypeReceipt, TLVs: codec.TLVs{{Tag: codec.TagMessagePayload, Value: []byte(typical)}}}
	if h = Read(payload, Rules{}, "awcc", bind, at); h.Key.OperatorMessageID != "ab12" {
		t.Errorf("in message_payload: %+v", h)
	}
}

// US-SC-011: the mapping covers all 8 values, from the TLV and from the text.
func TestUSSC011AllStatesAreMapped(t *testing.T) {
	for state, want := range map[uint8]struct {
		word   string
		status contract.DlrStatus_Value
	}{
		1: {"ENROUTE", contract.DlrStatus_ENROUTE}, 2: {"DELIVRD", contract.DlrStatus_DELIVERED}, 3: {"EXPIRED", contract.DlrStatus_EXPIRED},
		4: {"DELETED", contract.DlrStatus_DELETED}, 5: {"UNDELIV", contract.DlrStatus_UNDELIVERABLE}, 6: {"ACCEPTD", contract.DlrStatus_ACCEPTED},
		7: {"UNKNOWN", contract.DlrStatus_UNKNOWN}, 8: {"REJECTD", contract.DlrStatus_REJECTED},
	} {
		byTLV := Read(receiptPDU("id:1", codec.TLV{Tag: codec.TagMessageState, Value: []byte{state}}), Rules{}, "awcc", bind, at)
		byText := Read(receiptPDU("id:1 stat:"+want.word), Rules{}, "awcc", bind, at)
		if Status(byTLV.State) != want.status || Status(byText.State) != want.status {
			t.Errorf("%d: %v by TLV, %v by %s", state, Status(byTLV.State), Status(byText.State), want.word)
		}
	}
	if Status(200) != contract.DlrStatus_UNKNOWN {
		t.Error("a state that is none")
	}
}

func TestTheMessagesOwnTextLeavesTheReceipt(t *testing.T) {
	for _, s := range []string{typical, strings.Replace(typical, "text:", "Text:", 1)} {
		if h := Read(receiptPDU(s), Rules{}, "awcc", bind, at); strings.Contains(h.Raw, "secret") || !strings.Contains(h.Raw, "stat:DELIVRD") {
			t.Errorf("%q", h.Raw)
		}
	}
}

// US-SC-011: one event for a message in one segment, to sms.dlr.inbound.
func TestUSSC011EventOfAMessageInOneSegment(t *testing.T) {
	h := Read(receiptPDU(typical), Rules{}, "awcc", bind, at)
	e := OfPart(row(1, 1), h)
	b := e.Body.(*contract.DlrInboundEvent)
	if e.Subject != "sms.dlr.inbound" || b.MessageId != "m1" || b.Status != contract.DlrStatus_DELIVERED || !b.Final || b.PartsFinal != 1 || b.ErrorCode != "000" {
		t.Errorf("%s %v", e.Subject, b)
	}
	if again := OfPart(row(1, 1), h); again.ID != e.ID || e.ID == "" {
		t.Error("a repeated receipt has another id")
	}
	r := row(1, 1)
	if Repeated(r, h) {
		t.Error("repeated before it was published")
	}
	r.States |= 1 << h.State
	if Repeated(r, h) {
		t.Error("a final state is hidden by an intermediate receipt of the same")
	}
	r.Final = h.State
	if !Repeated(r, h) {
		t.Error("a published state is published again")
	}
}

// decisions.md 011: a long message's final event comes when all its parts are
// final, and the worst state wins.
func TestUSSC011FinalEventOfALongMessage(t *testing.T) {
	h := Read(receiptPDU(typical), Rules{}, "awcc", bind, at)
	if e := OfPart(row(3, 2), h); e.Subject != "sms.dlr.part" || e.Body.(*contract.DlrInboundEvent).PartIndex != 2 {
		t.Errorf("%s", e.Subject)
	}
	parts := []port.Correlation{row(3, 1), row(3, 2), row(3, 3)}
	if _, ok := OfMessage(nil, h); ok {
		t.Error("an event without rows")
	}
	parts[0].Final, parts[1].Final = 2, 2
	if _, ok := OfMessage(parts, h); ok {
		t.Error("final with a part missing")
	}
	if _, ok := OfMessage(parts[:2], h); ok {
		t.Error("final with a row missing")
	}
	parts[2].Final, parts[2].Ambiguous = 5, true
	e, ok := OfMessage(parts, h)
	b := e.Body.(*contract.DlrInboundEvent)
	if !ok || b.Status != contract.DlrStatus_UNDELIVERABLE || b.PartsFinal != 3 || b.PartsTotal != 3 || !b.Ambiguous || e.Subject != "sms.dlr.inbound" {
		t.Errorf("%v %v", ok, b)
	}
}

// A part that was accepted twice is what the better copy is, one that no receipt is
// due for is not waited for, and a message is concluded once.
func TestOfMessageCountsPartsAndNotRows(t *testing.T) {
	const total = 3
	part := func(index int, final uint8) port.Correlation {
		return port.Correlation{OperatorID: "awcc", MessageID: "m1", PartIndex: index, PartsTotal: total, Final: final}
	}
	silent := func(index int) port.Correlation { p := part(index, 0); p.Silent = true; return p }
	concluded := func(p port.Correlation) port.Correlation { p.States = 1 << port.Concluded; return p }
	for _, c := range []struct {
		name  string
		rows  []port.Correlation
		want  contract.DlrStatus_Value
		final uint32 // 0: no event
	}{
		{"a copy does not stand for another part", []port.Correlation{part(1, 2), part(1, 2), part(2, 2)}, 0, 0},
		{"the better copy counts", []port.Correlation{part(1, 2), part(1, 5), part(2, 2), part(3, 2)}, contract.DlrStatus_DELIVERED, 3},
		{"a copy without a receipt is not waited for", []port.Correlation{part(1, 2), part(1, 0), part(2, 2), part(3, 5)}, contract.DlrStatus_UNDELIVERABLE, 3},
		{"silent parts are not waited for", []port.Correlation{part(1, 2), silent(2), silent(3)}, contract.DlrStatus_DELIVERED, 1},
		{"silent parts alone say nothing", []port.Correlation{silent(1), silent(2), silent(3)}, 0, 0},
		{"once", []port.Correlation{part(1, 2), concluded(part(2, 2)), part(3, 2)}, 0, 0},
	} {
		e, ok := OfMessage(c.rows, Heard{})
		if ok != (c.final > 0) {
			t.Errorf("%s: an event: %v", c.name, ok)
			continue
		}
		if b, _ := e.Body.(*contract.DlrInboundEvent); ok && (b.Status != c.want || b.PartsFinal != c.final) {
			t.Errorf("%s: %v of %d parts, want %v of %d", c.name, b.Status, b.PartsFinal, c.want, c.final)
		}
	}
}

// decisions.md 011: at its expiry a message has its final event with what is known.
func TestUSSC011AMessageThatExpiresUnfinished(t *testing.T) {
	parts := []port.Correlation{row(3, 1), row(3, 2), row(3, 3)}
	if _, ok := OfExpired(parts, at); ok {
		t.Error("an event of which nothing is known")
	}
	parts[1].Final = 5
	e, ok := OfExpired(parts, at)
	b, _ := e.Body.(*contract.DlrInboundEvent)
	if !ok || !b.Incomplete || !b.Final || b.PartsFinal != 1 || b.PartsTotal != 3 || b.Status != contract.DlrStatus_UNDELIVERABLE || !strings.HasSuffix(e.ID, ":final") {
		t.Errorf("%v %v", ok, e)
	}
	parts[0].States = 1 << port.Concluded
	if _, ok := OfExpired(parts, at); ok {
		t.Error("two final events")
	}
}

// err is opaque; the profile may say what a code means.
func TestTheMeaningOfAnErrorIsTheProfiles(t *testing.T) {
	rules := Rules{Errors: map[string]string{"0A2": "barred"}}
	for text, want := range map[string]string{"id:1 stat:UNDELIV err:0a2": "barred", "id:1 stat:UNDELIV err:A2": "", "id:1 stat:DELIVRD": ""} {
		h := Read(receiptPDU(text), rules, "awcc", bind, at)
		if got := OfPart(row(1, 1), h).Body.(*contract.DlrInboundEvent).GetErrorMeaning(); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// The date of a receipt is told as a time where its zone is known.
func TestTheDoneDateAsATime(t *testing.T) {
	kabul := time.FixedZone("", 16200)
	heard := time.Date(2026, 11, 25, 7, 31, 0, 0, time.UTC)
	for _, c := range []struct {
		date string
		zone *time.Location
		want string
	}{
		{"2611251200", kabul, "2026-11-25T07:30:00Z"},
		{"2611251200", nil, ""},
		{"261125120000018+", nil, "2026-11-25T07:30:00Z"}, // it says its own
		{"202611251200", kabul, "2026-11-25T07:30:00Z"},   // 20-26-11 25:12 is no date
		{"201011121314", kabul, "2020-10-11T07:43:14Z"},   // or the 12th of November 2010: farther from when it was heard
		{"yesterday", kabul, ""},
	} {
		h := Read(receiptPDU("id:1 done date:"+c.date+" stat:DELIVRD"), Rules{Zone: c.zone}, "awcc", bind, heard)
		e := OfPart(row(1, 1), h).Body.(*contract.DlrInboundEvent)
		got := ""
		if e.GetDoneAt() != nil {
			got = e.GetDoneAt().AsTime().Format(time.RFC3339)
		}
		if got != c.want || e.GetDoneDate() != c.date {
			t.Errorf("%s: %q, want %q; as it came %q", c.date, got, c.want, e.GetDoneDate())
		}
	}
}

// What an orphan's event holds is enough to read the receipt again.
func TestAnOrphanIsReadAgainAsItWas(t *testing.T) {
	for _, pdu := range []*codec.DeliverSM{
		{SourceAddr: "93700000001", DestinationAddr: "Ghasi", ESMClass: codec.ESMTypeReceipt,
			ShortMessage: []byte("id:AB12 sub:001 dlvrd:001 submit date:2611251200 done date:2611251201 stat:EXPIRED err:0B1 Text:secret")},
		{SourceAddr: "1", DestinationAddr: "2", ESMClass: codec.ESMTypeReceipt, TLVs: codec.TLVs{{Tag: codec.TagReceiptedMessageID, Value: []byte("77\x00")}, {Tag: codec.TagMessageState, Value: []byte{8}}, {Tag: codec.TagNetworkErrorCode, Value: []byte{3, 0, 27}}}},
		{SourceAddr: "1", DestinationAddr: "2", ESMClass: codec.ESMTypeIntermediate, ShortMessage: []byte("id:7 stat:UNDELIV")},
	} {
		bind := port.BindID{MNO: "awcc", Direction: port.TRX, Number: 1}
		first := Read(pdu, Rules{}, "awcc", bind, time.Time{})
		event := Orphan(first, pdu.DestinationAddr, pdu.SourceAddr, Unmatched).Body.(*contract.DlrInboundEvent)
		again := Read(Deliver(event), Rules{}, "awcc", bind, time.Time{})
		if again.ID != first.ID || again.State != first.State || again.Final != first.Final || again.Err != first.Err || again.NetworkErrorCode != first.NetworkErrorCode || again.DoneDate != first.DoneDate {
			t.Errorf("%+v was read again as %+v", first, again)
		}
		if strings.Contains(event.RawText, "secret") {
			t.Errorf("the event holds the text: %q", event.RawText)
		}
	}
}

// Issue 8, point 4: of a receipt's text nothing of the message's own leaves, however
// the MNO writes the label and whatever the message says.
func TestNothingOfTheMessageStaysInTheRawText(t *testing.T) {
	const head = "id:1 stat:DELIVRD err:000"
	for _, tail := range []string{
		" text:S3cret", " Text: S3cret", " TEXT:S3cret", " text :S3cret", " text  :S3cret", "text:S3cret", " text=S3cret",
		" text:S3cret is your text: code", " text:text:S3cret Text:", " text:\u0130\u0130\u0130 S3cret text:", " text:\xff\xfeS3cret",
	} {
		for body, want := range map[string]string{head + tail: head, "id:1" + tail + " stat:DELIVRD": "id:1", "\xff\u0130 " + head + tail: "\uFFFD\u0130 " + head} {
			if got := Read(receiptPDU(body), Rules{}, "awcc", bind, at).Raw; got != want {
				t.Errorf("%q: %q, want %q", body, got, want)
			}
		}
	}
}

// Issue 4.3: a receipt is read by what the profile says of its data_coding. One in plain
// ASCII is left alone: its underscore would be § in GSM7.
func TestAReceiptIsReadByTheProfilesCodings(t *testing.T) {
	gsm7 := func(s string) []byte {
		p, err := text.Prepare(s, segment.GSM7, segment.Rule{}, text.GSM7)
		if err != nil {
			t.Fatal(err)
		}
		octets, err := text.AppendPart(nil, p, 0, text.GSM7, 0)
		if err != nil {
			t.Fatal(err)
		}
		return octets
	}
	packed := func(s string) []byte {
		p, err := text.Prepare(s, segment.GSM7, segment.Rule{}, text.GSM7Packed)
		if err != nil {
			t.Fatal(err)
		}
		octets, err := text.AppendPart(nil, p, 0, text.GSM7Packed, 0)
		if err != nil {
			t.Fatal(err)
		}
		return octets
	}
	const receipt = "id:a_1 stat:DELIVRD err:000"
	for _, c := range []struct {
		name   string
		coding codec.DataCoding
		body   []byte
		opt    text.Options
		id     string
	}{
		{"ASCII under a coding that is GSM7", 4, []byte(receipt), text.Options{Override: map[uint8]text.Alphabet{4: text.GSM7}}, "a_1"},
		{"GSM7 under it", 4, gsm7(receipt), text.Options{Override: map[uint8]text.Alphabet{4: text.GSM7}}, "a_1"},
		{"GSM7 under one that nothing is said of", 4, gsm7(receipt), text.Options{}, "a\x111"},
		{"packed, as data_coding 0 is", 0, packed(receipt), text.Options{Default: text.GSM7Packed}, "a_1"},
		{"packed, as one coding is", 1, packed(receipt), text.Options{Override: map[uint8]text.Alphabet{1: text.GSM7Packed}}, "a_1"},
		{"binary is left as it is", 2, []byte(receipt + "\x80"), text.Options{Override: map[uint8]text.Alphabet{2: text.Binary}}, "a_1"},
		{"ASCII with the C string's end", 1, []byte(receipt + "\x00"), text.Options{Override: map[uint8]text.Alphabet{1: text.GSM7}}, "a_1"},
	} {
		pdu := &codec.DeliverSM{ESMClass: codec.ESMTypeReceipt, DataCoding: c.coding, ShortMessage: c.body}
		if h := Read(pdu, Rules{Text: c.opt}, "awcc", bind, at); h.ID != c.id || Status(h.State) != contract.DlrStatus_DELIVERED {
			t.Errorf("%s: id %q, %v", c.name, h.ID, Status(h.State))
		}
	}
	latin := &codec.DeliverSM{ESMClass: codec.ESMTypeReceipt, DataCoding: 3, ShortMessage: []byte("id:1 stat:DELIVRD err:caf\xe9 text:secr\xe9t")}
	if h := Read(latin, Rules{Text: text.Options{Override: map[uint8]text.Alphabet{3: text.Latin1}}}, "awcc", bind, at); h.Raw != "id:1 stat:DELIVRD err:café" {
		t.Errorf("Latin-1 reads %q", h.Raw)
	}
}
