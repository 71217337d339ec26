package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/udh"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// The tests of this file run the real program value, standalone: embedded NATS on
// disk, a real TCP socket to the simulator, and only NATS as the way in and out.

// patience is how long a test waits for what must come. It is spent only by a test that
// fails, so it allows for a machine that does much else, or is held up for seconds.
const patience = time.Minute

// heardEvent is an event as another service would see it.
type heardEvent struct {
	subject string
	body    map[string]any
}

// listen returns a function that waits for the next event on subjects that a
// message id, if there is one, matches.
func (s *stage) listen(t *testing.T, subjects ...string) func(messageID string) heardEvent {
	t.Helper()
	consumer, err := s.js.OrderedConsumer(t.Context(), contract.StreamEvents, jetstream.OrderedConsumerConfig{FilterSubjects: subjects})
	if err != nil {
		t.Fatal(err)
	}
	messages, err := consumer.Messages()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(messages.Stop)
	return func(messageID string) heardEvent {
		t.Helper()
		for {
			m, err := messages.Next(jetstream.NextMaxWait(patience))
			if err != nil {
				t.Fatalf("no event for %q on %v: %v", messageID, subjects, err)
			}
			e := heardEvent{subject: m.Subject()}
			if err := json.Unmarshal(m.Data(), &e.body); err != nil {
				t.Fatalf("%s is not JSON: %v", m.Subject(), err)
			}
			if messageID == "" || e.body["messageId"] == messageID {
				return e
			}
		}
	}
}

func (s *stage) command1(t *testing.T, payload string) {
	t.Helper()
	if _, err := s.js.Publish(t.Context(), contract.OperatorSubject("demo"), []byte(payload)); err != nil {
		t.Fatal(err)
	}
}

// waiting returns how many commands the operator's consumer has not settled.
func (s *stage) unsettled(t *testing.T) uint64 {
	t.Helper()
	stream, err := s.js.Stream(t.Context(), contract.StreamDispatch)
	if err != nil {
		t.Fatal(err)
	}
	info, err := stream.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return info.State.Msgs
}

// eventually polls a condition that no event announces.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	began := time.Now()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for ; !holds(); <-tick.C {
		if time.Since(began) > patience {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// US-SC-002: the bind carries the credentials, the state goes to BOUND, and
// operator.health says so. US-SC-015: /ready follows.
func TestUSSC002BindsAndAnnouncesIt(t *testing.T) {
	s := setStage(t, []string{"SMPP_SYSTEM_TYPE=VMA"}, smsc.Account("demo", "secret"), smsc.Transcript(50))
	health := s.listen(t, contract.SubjectOperatorHealth)("")
	if health.body["state"] != "BOUND" || health.body["operatorId"] != "demo" || health.body["bindId"] != "demo.trx.1" {
		t.Errorf("%v", health.body)
	}
	eventually(t, "/ready is 200", func() bool { code, _ := get(t, "http://"+s.app.http.HTTPAddr()+"/ready"); return code == 200 })
	var bind string
	for _, line := range s.mno.Transcript() {
		if strings.Contains(line, "bind_transceiver ") {
			bind = line
		}
	}
	for _, want := range []string{"system_id=demo", "system_type=VMA", "interface_version=0x34"} {
		if !strings.Contains(bind, want) {
			t.Errorf("%s is not in %s", want, bind)
		}
	}
	_, tree := get(t, "http://"+s.app.http.DebugAddr()+"/debug/actors")
	for _, path := range []string{"connector/bridge/nats", "connector/bridge/redis", "connector/bridge/postgres", "connector/operator/demo/bind/demo/trx/1/session",
		"connector/operator/demo/bind/demo/trx/1/window", "connector/operator/demo/bind/demo/trx/1/sequence", "connector/operator/demo/bind/demo/trx/1/concat"} {
		if !strings.Contains(tree, `"`+path+`"`) {
			t.Errorf("%s is not in the tree", path)
		}
	}
	if strings.Contains(tree, "secret") || !strings.Contains(tree, `"state":"BOUND"`) { // setStage has waited for it
		t.Errorf("the tree: %s", tree)
	}
}

// US-SC-006: 5 commands in, 5 submit_sm out, all acknowledged.
func TestUSSC006FiveCommandsFiveSubmits(t *testing.T) {
	s := setStage(t, nil)
	for i := range 5 {
		s.command1(t, fmt.Sprintf(`{"messageId":"m%d","to":"+9370000000%d","text":"Hello"}`, i, i))
	}
	if err := s.mno.WaitSubmits(t.Context(), 5); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the stream is empty", func() bool { return s.unsettled(t) == 0 })
	consumer, err := s.js.Consumer(t.Context(), contract.StreamDispatch, "smpp-connector-demo")
	if err != nil {
		t.Fatal(err)
	}
	if c := consumer.CachedInfo().Config; c.AckPolicy != jetstream.AckExplicitPolicy || c.MaxDeliver != -1 || c.FilterSubject != "smpp.operator.demo" {
		t.Errorf("consumer %+v", c)
	}
	if n := s.mno.Counts().Accepted; n != 5 {
		t.Errorf("%d SMS for 5 commands", n)
	}
}

// US-SC-006 and "Bad input" of issue 1: what cannot be sent is acknowledged and
// becomes a dead letter that names the field; a second copy is sent once.
func TestUSSC006InvalidCommandsGoToTheDLQ(t *testing.T) {
	s := setStage(t, nil)
	next := s.listen(t, contract.SubjectDLQ)
	for _, c := range []struct{ name, payload, reason, field string }{
		{"no to", `{"messageId":"a1","text":"x"}`, "missing_field", "to"},
		{"a wrong to", `{"messageId":"a2","to":"not a number","text":"x"}`, "invalid_field", "to"},
		{"no text", `{"messageId":"a3","to":"93700000000"}`, "missing_field", "text"},
		{"no messageId", `{"to":"93700000000","text":"x"}`, "missing_field", "messageId"},
		{"unknown encoding", `{"messageId":"a5","to":"93700000000","text":"x","encoding":"EBCDIC"}`, "invalid_field", "encoding"},
		{"broken JSON", `{"messageId":"a6",`, "malformed", ""},
		{"a lone surrogate", `{"messageId":"a7","to":"93700000000","text":"\ud83d"}`, "invalid_field", "text"},
		{"invalid UTF-8", "{\"messageId\":\"a8\",\"to\":\"93700000000\",\"text\":\"\xff\"}", "invalid_field", "text"},
		{"GSM7 that does not fit", `{"messageId":"a9","to":"93700000000","text":"ښ","encoding":"GSM7"}`, "invalid_field", "text"},
		{"a text of 300 parts", `{"messageId":"b1","to":"93700000000","text":"` + strings.Repeat("x", 300*153) + `"}`, "too_many_segments", "text"},
		{"nearly 1 MB of text", `{"messageId":"b2","to":"93700000000","text":"` + strings.Repeat("x", 1_000_000) + `"}`, "too_many_segments", "text"},
		{"expired", `{"messageId":"b3","to":"93700000000","text":"x","expiresAt":"2020-01-01T00:00:00Z"}`, "expired", "expiresAt"},
	} {
		s.command1(t, c.payload)
		e := next("")
		field, _ := e.body["field"].(string)
		if e.body["reason"] != c.reason || field != c.field || e.body["deliveryCount"] != float64(1) || e.body["payload"] == nil {
			delete(e.body, "payload")
			t.Errorf("%s: %v", c.name, e.body)
		}
	}
	eventually(t, "everything is acknowledged", func() bool { return s.unsettled(t) == 0 })
	if n := s.mno.Counts().Submits; n != 0 {
		t.Errorf("%d submits", n)
	}

	s.command1(t, `{"messageId":"twice","to":"93700000000","text":"x"}`)
	s.command1(t, `{"messageId":"twice","to":"93700000000","text":"x"}`)
	s.command1(t, `{"messageId":"empty","to":"93700000000","text":""}`) // valid: one segment
	s.listen(t, contract.SubjectSubmitted)("twice")
	if e := s.listen(t, contract.SubjectSubmitted)("empty"); e.body["segments"] != float64(1) {
		t.Errorf("an empty text: %v", e.body)
	}
	eventually(t, "the copy is acknowledged", func() bool { return s.unsettled(t) == 0 })
	if n := s.mno.Counts().Accepted; n != 2 {
		t.Errorf("%d SMS for a message with a copy, and an empty one", n)
	}
}

// US-SC-006: nothing is pulled while the session is not BOUND.
func TestUSSC006NothingIsPulledWhileUnbound(t *testing.T) {
	s := setStage(t, []string{"BACKOFF=20ms"})
	s.mno.Do(smsc.RefuseEvery(codec.StatusSysErr), smsc.DropLine())
	eventually(t, "/ready is 503", func() bool { code, _ := get(t, "http://"+s.app.http.HTTPAddr()+"/ready"); return code == 503 })
	for i := range 20 {
		s.command1(t, fmt.Sprintf(`{"messageId":"m%d","to":"937000000%02d","text":"Hello"}`, i, i))
	}
	s.mno.Do(smsc.RefuseEvery(codec.StatusOK))
	if err := s.mno.WaitSubmits(t.Context(), 20); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the stream is empty", func() bool { return s.unsettled(t) == 0 })
	consumer, err := s.js.Consumer(t.Context(), contract.StreamDispatch, "smpp-connector-demo")
	if err != nil {
		t.Fatal(err)
	}
	info, err := consumer.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if n := s.mno.Counts().Accepted; n != 20 || info.NumRedelivered != 0 {
		t.Errorf("%d SMS for 20 commands, %d redelivered", n, info.NumRedelivered)
	}
}

// US-SC-007 and 008 on the wire: data_coding, octets, UDH, esm_class.
func TestUSSC008LongMessagesOnTheWire(t *testing.T) {
	s := setStage(t, nil)
	long := strings.Repeat("ښ", 300)
	s.command1(t, `{"messageId":"gsm7","to":"93700000001","text":"`+strings.Repeat("x", 161)+`"}`)
	s.command1(t, `{"messageId":"ucs2","to":"93700000002","text":"`+long+`"}`)
	if err := s.mno.WaitSubmits(t.Context(), 7); err != nil {
		t.Fatal(err)
	}
	references := map[string]map[uint16]bool{}
	for _, m := range s.mno.SMS() {
		header, _, err := udh.Parse(m.UDH)
		destination := m.Destination.Addr
		if err != nil || m.ESMClass != 0x40 || !header.Concat.Valid() {
			t.Errorf("esm_class %#x, %+v, %v", uint8(m.ESMClass), header.Concat, err)
		}
		if want := map[string]codec.DataCoding{"93700000001": 0, "93700000002": 8}[destination]; m.DataCoding != want {
			t.Errorf("data_coding %#x to %s", uint8(m.DataCoding), destination)
		}
		if references[destination] == nil {
			references[destination] = map[uint16]bool{}
		}
		references[destination][header.Concat.Reference] = true
	}
	for destination, refs := range references {
		if len(refs) != 1 {
			t.Errorf("%d references in one message to %s", len(refs), destination)
		}
	}
	for _, m := range s.mno.MessagesTo("93700000002") {
		if !m.Complete() || m.Text != long {
			t.Errorf("%d of %d parts arrived as %d characters", len(m.Parts), m.Total, len([]rune(m.Text)))
		}
	}
}

// US-SC-009 on the wire: one submit_sm whose message_payload is the whole text and whose
// short_message is empty, by the command or by the profile; and the segments in the metric.
func TestUSSC009MessagePayloadOnTheWire(t *testing.T) {
	for name, c := range map[string]struct {
		settings []string
		strategy string
	}{
		"the command's": {nil, `,"longMessageStrategy":"TLV"`},
		"the profile's": {[]string{"SMPP_LONG_MESSAGE_STRATEGY=tlv"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := setStage(t, c.settings, smsc.Transcript(100))
			submitted := s.listen(t, contract.SubjectSubmitted)
			gsm7, ucs2 := strings.Repeat("0123456789", 40), strings.Repeat("ښ", 100)
			s.command1(t, `{"messageId":"gsm7","to":"93700000001","text":"`+gsm7+`"`+c.strategy+`}`)
			if e := submitted("gsm7"); e.body["segments"] != float64(3) {
				t.Errorf("%v", e.body)
			}
			s.command1(t, `{"messageId":"ucs2","to":"93700000002","text":"`+ucs2+`"`+c.strategy+`}`)
			if e := submitted("ucs2"); e.body["segments"] != float64(2) {
				t.Errorf("%v", e.body)
			}
			s.command1(t, `{"messageId":"short","to":"93700000003","text":"Hi"`+c.strategy+`}`) // one segment: an ordinary one
			submitted("short")
			list := s.mno.SMS()
			if len(list) != 3 {
				t.Fatalf("%d submit_sm, want one a message", len(list))
			}
			for i, want := range []struct {
				text   string
				octets int // of message_payload
				coding codec.DataCoding
			}{{gsm7, 400, 0}, {ucs2, 200, 8}} {
				sms := list[i]
				payload, ok := sms.TLVs.Get(codec.TagMessagePayload)
				if !ok || len(payload) != want.octets || sms.ESMClass.UDHI() || sms.DataCoding != want.coding || sms.Text() != want.text {
					t.Errorf("message_payload of %d octets, esm_class %#x, data_coding %#x, the text: %v", len(payload), uint8(sms.ESMClass), uint8(sms.DataCoding), sms.Text() == want.text)
				}
			}
			if _, ok := list[2].TLVs.Get(codec.TagMessagePayload); ok {
				t.Error("a message of one segment has a message_payload")
			}
			for _, line := range s.mno.Transcript() { // the octets on the wire, as the simulator read them
				if _, pdu, ok := strings.Cut(line, "submit_sm "); ok && strings.Contains(pdu, "message_payload=") != strings.Contains(pdu, "short_message=0 octets") {
					t.Errorf("want an empty short_message beside message_payload, and only there: %s", pdu)
				}
			}
			_, metrics := get(t, "http://"+s.app.http.HTTPAddr()+"/metrics")
			if want := `smpp_connector_long_message_segments_total{bindId="1",direction="trx",mno="demo",strategy="tlv"} 5`; !strings.Contains(metrics, want) {
				t.Errorf("%s is not in /metrics", want)
			}
		})
	}
}

// US-SC-011: submit → receipt → sms.dlr.inbound with the right id and status; a
// long message has one final event, and one for each part.
func TestUSSC011ReceiptsBecomeEvents(t *testing.T) {
	s := setStage(t, nil, smsc.SendReceipts(smsc.After(0)))
	inbound, parts := s.listen(t, contract.SubjectDLRInbound), s.listen(t, contract.SubjectDLRPart)
	s.command1(t, `{"messageId":"short","to":"93700000001","text":"Hello"}`)
	e := inbound("short")
	if e.body["status"] != "DELIVERED" || e.body["final"] != true || e.body["operatorId"] != "demo" || e.body["to"] != "93700000001" {
		t.Errorf("%v", e.body)
	}
	if raw, _ := e.body["rawText"].(string); strings.Contains(raw, "Hello") || !strings.Contains(raw, "stat:DELIVRD") {
		t.Errorf("raw text %q", raw)
	}
	s.command1(t, `{"messageId":"long","to":"93700000002","text":"`+strings.Repeat("x", 400)+`"}`)
	seen := map[float64]bool{}
	for range 3 {
		seen[parts("long").body["partIndex"].(float64)] = true
	}
	if len(seen) != 3 {
		t.Errorf("parts %v", seen)
	}
	if e := inbound("long"); e.body["partsTotal"] != float64(3) || e.body["partsFinal"] != float64(3) || e.body["final"] != true {
		t.Errorf("%v", e.body)
	}
}

// US-SC-011: every way in which an MNO sends receipts ends in exactly one event.
func TestUSSC011ReceiptsInEveryForm(t *testing.T) {
	for name, options := range map[string][]smsc.ReceiptOption{
		"before the response": {smsc.Early()},
		"twice":               {smsc.After(0), smsc.Twice()},
		"TLV only":            {smsc.After(0), smsc.InTLVOnly()},
		"text only":           {smsc.After(0), smsc.InTextOnly()},
		"message_payload":     {smsc.After(0), smsc.InPayload()},
		"data_sm":             {smsc.After(0), smsc.ByDataSM()},
		"intermediate first":  {smsc.After(0), smsc.IntermediateFirst()},
	} {
		t.Run(name, func(t *testing.T) {
			s := setStage(t, nil, smsc.SendReceipts(options...))
			next := s.listen(t, contract.SubjectDLRInbound)
			const n = 20
			for i := range n {
				s.command1(t, fmt.Sprintf(`{"messageId":"m%d","to":"937000000%02d","text":"Hello"}`, i, i))
			}
			final := map[string]int{}
			for len(final) < n {
				if e := next(""); e.body["final"] == true {
					final[e.body["messageId"].(string)]++
				}
			}
			if err := s.mno.WaitIdle(t.Context()); err != nil {
				t.Fatal(err)
			}
			stream, err := s.js.Stream(t.Context(), contract.StreamEvents)
			if err != nil {
				t.Fatal(err)
			}
			info, err := stream.Info(t.Context(), jetstream.WithSubjectFilter(contract.SubjectDLRInbound))
			if err != nil {
				t.Fatal(err)
			}
			want := uint64(n)
			if name == "intermediate first" {
				want = 2 * n
			}
			if got := info.State.Subjects[contract.SubjectDLRInbound]; got != want {
				t.Errorf("%d events for %d messages", got, n)
			}
		})
	}
}

// US-SC-025: an inbound message, whole and in parts, is one event.
func TestUSSC025InboundMessagesBecomeEvents(t *testing.T) {
	s := setStage(t, nil)
	next := s.listen(t, contract.SubjectMOInbound)
	s.mno.Do(smsc.SendMO("93700000009", "1234", "سلام"))
	if e := next(""); e.body["text"] != "سلام" || e.body["from"] != "93700000009" || e.body["to"] != "1234" || e.body["partsTotal"] != float64(1) {
		t.Errorf("%v", e.body)
	}
	long := strings.Repeat("پښتو ", 40)
	for _, c := range []struct {
		name    string
		options []smsc.MOOption
		parts   float64 // 67 units fit beside an 8-bit reference, 66 beside a 16-bit one
	}{
		{"8-bit reference, reversed", []smsc.MOOption{smsc.Reversed()}, 3},
		{"16-bit reference, shuffled", []smsc.MOOption{smsc.Wide(), smsc.Shuffled(1)}, 4},
		{"SAR, each part twice", []smsc.MOOption{smsc.BySAR(), smsc.Repeated()}, 3},
	} {
		s.mno.Do(smsc.SendMO("93700000009", "1234", long, c.options...))
		if e := next(""); e.body["text"] != long || e.body["partsReceived"] != c.parts || e.body["incomplete"] == true {
			t.Errorf("%s: %v", c.name, e.body)
		}
		if err := s.mno.WaitIdle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	s.mno.Do(smsc.SendMO("93700000009", "1234", long, smsc.AsPayload()))
	if e := next(""); e.body["text"] != long || e.body["partsTotal"] != float64(1) {
		t.Errorf("message_payload: %v", e.body)
	}
}

// US-SC-001: /health is 200 as soon as the process runs, with nothing reachable.
func TestUSSC001HealthBeforeAnythingIsBound(t *testing.T) {
	cfg := testConfig(t, "SMPP_HOST=127.0.0.1", "SMPP_PORT=1", "NATS_URL=nats://127.0.0.1:1")
	a := startApp(t, cfg)
	if code, _ := get(t, "http://"+a.http.HTTPAddr()+"/health"); code != 200 {
		t.Errorf("/health is %d", code)
	}
	eventually(t, "/ready names NATS", func() bool {
		code, body := get(t, "http://"+a.http.HTTPAddr()+"/ready")
		return code == 503 && strings.Contains(body, "nats")
	})
}

// Stopping leaves nothing behind, and a restart on the same folder loses nothing
// (issue 1, points 2 and 5).
func TestUSSC015StopDrainsAndARestartGoesOn(t *testing.T) {
	mno := smsc.Start(t, smsc.SendReceipts(smsc.After(300*time.Millisecond)))
	dir := t.TempDir()
	start := func() (*stage, func()) {
		s := &stage{mno: mno}
		s.app, s.js = nil, nil
		host, port := mno.HostPort()
		cfg := testConfig(t, "SMPP_HOST="+host, fmt.Sprintf("SMPP_PORT=%d", port), "DATA_DIR="+dir)
		a, err := newApp(t.Context(), cfg, appOptions{log: io.Discard})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		ran := make(chan error, 1)
		go func() { ran <- a.Run(ctx) }()
		s.app = a
		s.connect(t)
		return s, func() {
			cancel()
			if err := <-ran; err != nil {
				t.Error(err)
			}
		}
	}
	s, stop := start()
	awaitBound(t, mno, s.app, 1)
	s.command1(t, `{"messageId":"before","to":"93700000001","text":"Hello"}`)
	s.listen(t, contract.SubjectSubmitted)("before")
	stop()
	if c := mno.Counts(); c.Unbinds != 1 || c.Lost != 0 {
		t.Errorf("%d unbinds, %d lost lines", c.Unbinds, c.Lost)
	}
	s, stop = start() // its receipt comes to the next process
	defer stop()
	if e := s.listen(t, contract.SubjectDLRInbound)("before"); e.body["status"] != "DELIVERED" {
		t.Errorf("%v", e.body)
	}
}

// Issue 3, point 9: the last PDUs of a bind as JSON and as a file for Wireshark,
// without a text or a password, and written to a folder when the bind is lost.
func TestTheFlightRecorderIsShown(t *testing.T) {
	folder := t.TempDir()
	s := setStage(t, []string{"RECORDER_DUMP_DIR=" + folder}, smsc.SendReceipts(smsc.After(0)))
	next := s.listen(t, contract.SubjectDLRInbound)
	s.command1(t, `{"messageId":"m","to":"93700123456","text":"hunter2 is the text"}`)
	next("m")
	base := "http://" + s.app.http.DebugAddr() + "/debug/binds/"
	code, body := get(t, base+"demo.trx.1/pdus")
	for _, want := range []string{`"command":"bind_transceiver"`, `"command":"submit_sm"`, `"command":"deliver_sm"`, `"status":"ESME_ROK"`, "connected to"} {
		if code != 200 || !strings.Contains(body, want) {
			t.Errorf("%d: %s is not in %s", code, want, body)
		}
	}
	code, file := get(t, base+"demo.trx.1/pdus?format=pcapng")
	if code != 200 || !strings.HasPrefix(file, "\x0a\x0d\x0d\x0a") {
		t.Errorf("%d, %d octets", code, len(file))
	}
	for _, secret := range []string{"hunter2", "secret", "93700123456", "68756e74657232"} { // the last is the first in hex
		if strings.Contains(body, secret) || strings.Contains(file, secret) {
			t.Errorf("%s is shown", secret)
		}
	}
	for path, want := range map[string]int{"demo.trx.9/pdus": 404, "demo.trx.9/pdus?format=pcapng": 404, "demo.trx.1/pdus?format=gif": 400} {
		if code, _ := get(t, base+path); code != want {
			t.Errorf("%s: %d", path, code)
		}
	}
	s.mno.Do(smsc.DropLine())
	eventually(t, "the recorder is written", func() bool {
		files, _ := filepath.Glob(filepath.Join(folder, "demo.trx.1-*-DISCONNECTED.pcapng"))
		return len(files) == 1
	})
}
