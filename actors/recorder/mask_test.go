package recorder

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/ghasi/smpp-connector/codec"
)

// one is the masked PDU that the recorder makes of octets.
func one(t testing.TB, octets []byte) PDU {
	t.Helper()
	r := New(0)
	r.Connect(noon, "").Record(In, noon, octets)
	s := r.Snapshot(codec.LastThree)
	if len(s.PDUs) != 1 {
		t.Fatalf("%d PDUs of %x", len(s.PDUs), octets)
	}
	return s.PDUs[0]
}

// maskedPDU is p as a snapshot shows it.
func maskedPDU(t testing.TB, p codec.PDU) codec.PDU {
	t.Helper()
	got := one(t, wire(p))
	pdu, err := codec.Parse(got.Octets)
	if err != nil {
		t.Fatalf("%s: masked it does not read: %v", codec.Dump(p), err)
	}
	return pdu
}

// namer gathers the names of all C-octet strings.
type namer map[string]bool

func (n namer) Text(name string, _ int, _ *string)   { n[name] = true }
func (namer) Time(string, *string)                   {}
func (namer) Number(string, *uint8)                  {}
func (namer) Message(*[]byte)                        {}
func (n namer) Destinations(*[]codec.Destination)    { n["destination_addr"], n["dl_name"] = true, true }
func (n namer) Unsuccessful(v *[]codec.UnsuccessSME) { n["destination_addr"] = true }
func (namer) TLVs(*codec.TLVs)                       {}
func (namer) Rest(string, *[]byte)                   {}

// Whoever adds a field to the codec decides whether it may be seen.
func TestEveryTextFieldHasARule(t *testing.T) {
	names := namer{}
	for _, id := range codec.KnownCommands() {
		codec.Walk(codec.New(id), names)
	}
	for name := range names {
		if name != "password" && !readableTexts[name] && !addresses[name] {
			t.Errorf("no rule for %s: it is hidden", name)
		}
	}
	for _, rules := range []map[string]bool{readableTexts, addresses} {
		for name := range rules {
			if !names[name] {
				t.Errorf("a rule for %s, which no PDU has", name)
			}
		}
	}
}

func TestMaskedFields(t *testing.T) {
	r := func(text string, esm codec.ESMClass) codec.PDU {
		return &codec.DeliverSM{ESMClass: esm, ShortMessage: []byte(text)}
	}
	tlv := func(tag codec.Tag, value string) codec.PDU {
		return &codec.SubmitSM{TLVs: codec.TLVs{{Tag: tag, Value: []byte(value)}}}
	}
	const rec, inter, udhi = codec.ESMTypeReceipt, codec.ESMTypeIntermediate, codec.ESMUDHI
	for name, c := range map[string]struct {
		p    codec.PDU
		want string // what follows the fixed part of the PDU, or is somewhere in it
	}{
		"password":           {&codec.BindTransceiver{Bind: codec.Bind{SystemID: "ghasi", Password: "s3cr3t", AddressRange: "^9370*"}}, "ghasi\x00xxxxxx\x00\x00\x00\x00\x00xxxxxx\x00"},
		"outbind":            {&codec.Outbind{SystemID: "awcc", Password: "geheim"}, "awcc\x00xxxxxx\x00"},
		"address":            {&codec.QuerySM{MessageID: "77", SourceAddr: "93700000123"}, "77\x00\x00\x00xxxxxxxx123\x00"},
		"short code":         {&codec.QuerySM{SourceAddr: "123"}, "\x00\x00\x00xxx\x00"},
		"destinations":       {&codec.SubmitMulti{Destinations: []codec.Destination{{Flag: 1, TON: 1, Name: "93700000123"}, {Flag: 2, Name: "friends"}}}, "\x02\x01\x01\x00xxxxxxxx123\x00\x02xxxxnds\x00"},
		"refused":            {&codec.SubmitMultiResp{MessageID: "a", Unsuccessful: []codec.UnsuccessSME{{Addr: "93700000123", Status: 11}}}, "a\x00\x01\x00\x00xxxxxxxx123\x00\x00\x00\x00\x0b"},
		"alert":              {&codec.AlertNotification{SourceAddr: "93700000123", ESMEAddr: "4567"}, "xxxxxxxx123\x00\x00\x00xxxx\x00"},
		"time":               {&codec.SubmitSM{ValidityPeriod: "000002000000000R"}, "\x00000002000000000R\x00"},
		"no time":            {&codec.SubmitSM{ValidityPeriod: "a secret"}, "\x00xxxxxxxx\x00"},
		"text":               {&codec.SubmitSM{ShortMessage: []byte("a secret")}, "\x08xxxxxxxx"},
		"replace":            {&codec.ReplaceSM{ShortMessage: []byte("a secret")}, "\x08xxxxxxxx"},
		"parts":              {r("\x05\x00\x03\x2a\x02\x01a secret", udhi), "\x0e\x05\x00\x03\x2a\x02\x01xxxxxxxx"},
		"long element":       {r("\x0a\x70\x05abcde\x24\x01\x01a secret", udhi), "\x13\x0a\x70\x05xxxxx\x24\x01\x01xxxxxxxx"},
		"no header":          {r("\x99a secret", udhi), "\x09\x00xxxxxxxx"},
		"UDHI alone":         {r("\x05", udhi), "\x01\x00"},
		"receipt":            {r("id:ab12 sub:001 stat:DELIVRD err:000 text:a secret", rec), "id:ab12 sub:001 stat:DELIVRD err:000 text:xxxxxxxx"},
		"receipt, -":         {r("id:ab-12 stat:DELIVRD err:000 text:-", rec), "id:ab-12 stat:DELIVRD err:000 text:x"},
		"text first":         {r("text:a secret id:ab12 stat:DELIVRD", rec), "text:xxxxxxxx id:ab12 stat:DELIVRD"},
		"unknown words":      {r("id:ab12 stat:DELIVRD to 93700000123 text:x", rec), "id:ab12 stat:DELIVRD xxxxxxxxxxxxxx text:x"},
		"long words":         {r("id:ab12 sub:a secret of my own dlvrd:1 stat:DELIVRD", rec), "id:ab12 sub:xxxxxxxxxxxxxxxxxx dlvrd:1 stat:DELIVRD"},
		"intermediate":       {r("id:ab12 stat:ENROUTE text:secret", inter), "id:ab12 stat:ENROUTE text:xxxxxx"},
		"no receipt":         {r("my id: is a secret", rec), "xxxxxxxxxxxxxxxxxx"},
		"MO like receipt":    {r("id:ab12 stat:DELIVRD", 0), "xxxxxxxxxxxxxxxxxxxx"},
		"submit as receipt":  {&codec.SubmitSM{ESMClass: rec, ShortMessage: []byte("id:1 stat:DELIVRD")}, strings.Repeat("x", 17)},
		"receipt in payload": {&codec.DataSM{ESMClass: rec, TLVs: codec.TLVs{{Tag: codec.TagMessagePayload, Value: []byte("id:1 stat:DELIVRD text:secret")}}}, "id:1 stat:DELIVRD text:xxxxxx"},
		"parts in payload":   {&codec.DataSM{ESMClass: udhi, TLVs: codec.TLVs{{Tag: codec.TagMessagePayload, Value: []byte("\x05\x00\x03\x2a\x02\x01secret")}}}, "\x04\x24\x00\x0c\x05\x00\x03\x2a\x02\x01xxxxxx"},
		"number":             {tlv(codec.TagUserMessageReference, "\x01\x02"), "\x02\x04\x00\x02\x01\x02"},
		"number too long":    {tlv(codec.TagUserMessageReference, "secret"), "\x02\x04\x00\x06xxxxxx"},
		"status text":        {tlv(codec.TagAdditionalStatusInfoText, "no credit\x00"), "xxxxxxxxx\x00"},
		"status of a bind":   {&codec.BindTransceiverResp{BindResp: codec.BindResp{TLVs: codec.TLVs{{Tag: codec.TagAdditionalStatusInfoText, Value: []byte("+93700000123 has no credit, 0512\x00")}}}}, "+xxxxxxxx123 has no credit, 0512\x00"},
		"id":                 {tlv(codec.TagReceiptedMessageID, "ab12\x00"), "ab12\x00"},
		"network error":      {tlv(codec.TagNetworkErrorCode, "\x03\x00\x06"), "\x04\x23\x00\x03\x03\x00\x06"},
		"callback":           {tlv(codec.TagCallbackNum, "\x01\x01\x0193700000123"), "\x01\x01\x01xxxxxxxx123"},
		"callback name":      {tlv(codec.TagCallbackNumAtag, "Bob"), "\x03\x03\x00\x03xxx"},
		"subaddress":         {tlv(codec.TagDestSubaddress, "\xa0bob"), "\x02\x03\x00\x04xxxx"},
		"vendor":             {tlv(0x1501, "93700000123"), "\x15\x01\x00\x0bxxxxxxxxxxx"},
		"unknown":            {tlv(0xFFFE, "secret"), "\xff\xfe\x00\x06xxxxxx"},
		"unknown command":    {&codec.Raw{ID: 0x01020304, Body: []byte("secret")}, "\x00\x00\x00\x00\x00\x00"},
	} {
		octets := wire(c.p)
		got := one(t, octets)
		if !bytes.Contains(got.Octets[codec.HeaderLen:], []byte(c.want)) {
			t.Errorf("%s: %q, want %q in it", name, got.Octets[codec.HeaderLen:], c.want)
		}
		if len(got.Octets) != len(octets) || !bytes.Equal(got.Octets[:codec.HeaderLen], octets[:codec.HeaderLen]) {
			t.Errorf("%s: %x became %x", name, octets, got.Octets)
		}
	}
}

// What cannot be parsed keeps its header, and says why.
func TestWhatCannotBeParsedKeepsItsHeader(t *testing.T) {
	whole := wire(submit(7))
	overrun := bytes.Clone(whole)
	overrun[codec.HeaderLen+31] = 0xFF // sm_length
	unended := wire(&codec.Outbind{Header: codec.Header{Sequence: 7}, SystemID: "awcc", Password: "s3cr3t"})
	unended = resized(unended, len(unended)-1)
	for line, octets := range map[string][]byte{
		"submit_sm seq=7: sm_length_overrun":      overrun,
		"outbind seq=7: no_nul":                   unended,
		"0x01020304 seq=7: unknown_command_id":    wire(&codec.Raw{ID: 0x01020304, Header: codec.Header{Sequence: 7}, Body: []byte("s3cr3t")}),
		"submit_sm seq=7: length_too_small":       append([]byte{0, 0, 0, 9}, whole[4:]...),
		"submit_sm seq=7: length_too_large":       append([]byte{9, 0, 0, 0}, whole[4:]...),
		"submit_sm seq=7: sm_length_overrun: cut": whole[:100],
	} {
		got := one(t, octets)
		if want, _, _ := strings.Cut(line, ": cut"); got.Line() != want {
			t.Errorf("%q, want %q", got.Line(), want)
		}
		if !bytes.Equal(got.Octets[:codec.HeaderLen], octets[:codec.HeaderLen]) || !allZero(got.Octets[codec.HeaderLen:]) {
			t.Errorf("%s: %x", line, got.Octets)
		}
	}
	if got := one(t, whole[:10]); got.Line() != "10 octets of a header" || !got.Truncated() || !bytes.Equal(got.Octets, whole[:10]) {
		t.Errorf("%s: %+v", got.Line(), got)
	}
	if got := one(t, whole[:3]); got.Line() != "3 octets of a header" || !got.Truncated() {
		t.Errorf("%s: %+v", got.Line(), got)
	}
}

// A text that stands where TLVs should be, after a wrong sm_length, is no TLV.
func TestATextBehindAWrongLengthIsHidden(t *testing.T) {
	text := "\x00A\x00B\x00C\x00D\x00E\x00F\x00G\x00H" // UCS2
	for _, p := range []codec.PDU{
		&codec.SubmitSM{ShortMessage: []byte("x")},
		&codec.DeliverSM{ShortMessage: []byte("x")},
	} {
		octets := append(wire(p), strings.Repeat(text, 20)...)
		got := one(t, resized(octets, len(octets)))
		if bytes.ContainsAny(got.Octets[codec.HeaderLen:], "ABCDEFGH") {
			t.Errorf("%q", got.Octets)
		}
	}
}

// What a peer may do wrong and the codec tolerates shows as it came.
func TestWhatIsToleratedIsSeen(t *testing.T) {
	for name, c := range map[string]struct {
		octets []byte
		want   string
	}{
		"id without NUL": {resized(wire(&codec.SubmitSMResp{MessageID: "ab12"}), 20), "ab12"},
		"trailing NULs":  {resized(append(wire(&codec.SubmitSMResp{MessageID: "ab12"}), 0, 0), 23), "ab12\x00\x00\x00"},
		"long id":        {wire(&codec.SubmitSMResp{MessageID: strings.Repeat("7", 70)}), strings.Repeat("7", 70) + "\x00"},
		"empty body":     {resized(wire(&codec.SubmitSMResp{}), 16), ""},
		"error's body":   {resized(append(wire(&codec.SubmitSMResp{Header: codec.Header{Status: codec.StatusSysErr}}), "no NUL"...), 22), "xxxxxx"},
	} {
		got := one(t, c.octets)
		if string(got.Octets[codec.HeaderLen:]) != c.want {
			t.Errorf("%s: %q, want %q", name, got.Octets[codec.HeaderLen:], c.want)
		}
	}
}

// Masked PDUs decode to the same fields of the same lengths.
func TestMaskingKeepsTheShape(t *testing.T) {
	p := submit(7)
	p.ESMClass, p.ShortMessage = codec.ESMUDHI, []byte("\x05\x00\x03\x2a\x02\x01a secret")
	p.TLVs.Add(0x1501, []byte("secret"))
	got := maskedPDU(t, p)
	plain, masked := codec.Dump(p), codec.Dump(got)
	if strings.Count(plain, " ") != strings.Count(masked, " ") || len(plain) != len(masked) {
		t.Errorf("%s\nmasked %s", plain, masked)
	}
}

// The JSON form has what an engineer looks for, and no secret.
func TestJSONOfASnapshot(t *testing.T) {
	r := New(0)
	l := r.Connect(noon, "connected")
	l.Record(Out, noon, wire(&codec.BindTransmitter{Header: codec.Header{Sequence: 1}, Bind: codec.Bind{SystemID: "ghasi", Password: "pw"}}))
	l.Record(In, noon, wire(&codec.BindTransmitterResp{Header: codec.Header{Sequence: 1, Status: codec.StatusBindFail}}))
	l.Record(In, noon, []byte{0, 0})
	r.Note(noon, "redial in 5s")
	octets, err := json.Marshal(r.Snapshot(codec.LastThree))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"pdus":[` +
		`{"at":"2026-11-24T12:00:00Z","direction":"out","connection":1,"command":"bind_transmitter","sequence":1,"status":"ESME_ROK",` +
		`"line":"bind_transmitter seq=1 system_id=ghasi password=***","octets":"0000001e0000000200000000000000016768617369007878000000000000","length":30},` +
		`{"at":"2026-11-24T12:00:00Z","direction":"in","connection":1,"command":"bind_transmitter_resp","sequence":1,"status":"ESME_RBINDFAIL",` +
		`"line":"bind_transmitter_resp seq=1 ESME_RBINDFAIL","octets":"00000010800000020000000d00000001","length":16},` +
		`{"at":"2026-11-24T12:00:00Z","direction":"in","connection":1,"command":"","sequence":0,"status":"","line":"2 octets of a header","octets":"0000","length":0,"truncated":true}],` +
		`"notes":[{"at":"2026-11-24T12:00:00Z","connection":1,"text":"connected"},{"at":"2026-11-24T12:00:00Z","text":"redial in 5s"}],"earlier":0}`
	if string(octets) != want {
		t.Errorf("got\n%s\nwant\n%s", octets, want)
	}
	if empty, err := json.Marshal((*Ring)(nil).Snapshot(codec.LastThree)); err != nil || string(empty) != `{"pdus":[],"notes":[],"earlier":0}` {
		t.Errorf("%s, %v", empty, err)
	}
}

// Notes come from errors: long ones are cut, and odd octets do no harm.
func TestNotesAreCutAndReadable(t *testing.T) {
	r := New(0)
	r.Note(noon, strings.Repeat("é", 200)+"\xff")
	r.Note(noon, "bad \xff octet")
	got := r.Snapshot(codec.LastThree).Notes
	if len(got) != 2 || len(got[0].Text) > maxNote+3 || got[1].Text != "bad � octet" {
		t.Errorf("%+v", got)
	}
}
