package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// dlq runs `dlq` against the stage's own NATS.
func (s *stage) dlq(t *testing.T, action string, args ...string) (status int, out, complaints string) {
	t.Helper()
	return call(t, append([]string{"dlq", action, "--data", s.app.cfg.Load().DataDir}, args...)...)
}

// platform publishes a command as the platform may: with its messageId for Nats-Msg-Id.
func (s *stage) platform(t *testing.T, id, text string) {
	t.Helper()
	payload := fmt.Appendf(nil, `{"messageId":%q,"to":"+93700000001","text":%q}`, id, text)
	if _, err := s.js.Publish(t.Context(), contract.OperatorSubject("demo"), payload, jetstream.WithMsgID(id)); err != nil {
		t.Fatal(err)
	}
}

// stored returns how many events are stored on a subject.
func (s *stage) stored(t *testing.T, subject string) uint64 {
	t.Helper()
	stream, err := s.js.Stream(t.Context(), contract.StreamEvents)
	if err != nil {
		t.Fatal(err)
	}
	info, err := stream.Info(t.Context(), jetstream.WithSubjectFilter(subject))
	if err != nil {
		t.Fatal(err)
	}
	return info.State.Subjects[subject]
}

// settled waits until every command is acknowledged.
func (s *stage) settled(t *testing.T) {
	t.Helper()
	eventually(t, "the stream is empty", func() bool { return s.unsettled(t) == 0 })
}

// A command that the MNO rejected goes out again with its messageId, although its
// stream, the connector and the events know it; once, however often it is asked for.
func TestDLQReplayIsNoDuplicate(t *testing.T) {
	s := setStage(t, nil, smsc.SendReceipts(smsc.After(0)), smsc.AnswerSubmits(codec.StatusInvDstAdr, 1))
	rejected, receipt := s.listen(t, contract.SubjectDLQ), s.listen(t, contract.SubjectDLRInbound)
	s.platform(t, "m1", "Hello MNO")
	rejected("m1")
	s.settled(t)

	status, out, _ := s.dlq(t, "list")
	if status != 0 || !strings.HasSuffix(out, "  demo  m1  rejected_by_mno  -  1 attempt  ESME_RINVDSTADR\n") || strings.Count(out, "\n") != 1 {
		t.Errorf("list: %d %q", status, out)
	}
	status, out, _ = s.dlq(t, "list", "--json", "--reason", "rejected_by_mno", "--operator", "demo", "--since", "1h", "--limit", "5")
	var line map[string]any
	if err := json.Unmarshal([]byte(out), &line); err != nil || status != 0 || line["messageId"] != "m1" || line["attempts"] != 1.0 || line["payload"] != nil {
		t.Errorf("list --json: %d %q %v", status, out, err)
	}
	sequence := fmt.Sprint(line["sequence"])
	_, shown, _ := s.dlq(t, "show", sequence)
	for _, want := range []string{"rejected_by_mno", "smpp.operator.demo", "replayed    never", "messageId 2, text 9, to 12"} {
		if !strings.Contains(shown, want) {
			t.Errorf("show: %q is not in\n%s", want, shown)
		}
	}
	for _, secret := range []string{"Hello", "93700000001"} {
		if strings.Contains(out, secret) || strings.Contains(shown, secret) {
			t.Errorf("%s is shown", secret)
		}
	}
	if _, shown, _ = s.dlq(t, "show", "m1", "--payload"); !strings.Contains(shown, `"text":"Hello MNO"`) {
		t.Errorf("show --payload:\n%s", shown)
	}

	if status, _, complaints := s.dlq(t, "replay", "m1"); status != 2 || !strings.Contains(complaints, "would send 1 dead letter again") || !strings.Contains(complaints, "--yes") {
		t.Errorf("replay without --yes: %d %q", status, complaints)
	}
	if n := s.mno.Counts().Submits; n != 1 {
		t.Errorf("%d submits before the replay", n)
	}
	if status, out, complaints := s.dlq(t, "replay", "m1", "--yes"); status != 0 || !strings.Contains(out, "1 of 1 replayed") {
		t.Errorf("replay: %d %q %q", status, out, complaints)
	}
	if e := receipt("m1"); e.body["status"] != "DELIVERED" || e.body["messageId"] != "m1" {
		t.Errorf("%v", e.body)
	}
	if status, _, complaints := s.dlq(t, "replay", "--yes", sequence); status != 1 || !strings.Contains(complaints, "it was replayed at") {
		t.Errorf("replay for the second time: %d %q", status, complaints)
	}
	if status, _, complaints := s.dlq(t, "replay", "--yes", "--again", "m1"); status != 0 { // the MNO has it, which the correlations know
		t.Errorf("replay --again: %d %q", status, complaints)
	}
	s.settled(t)
	if c := s.mno.Counts(); c.Submits != 2 || c.Accepted != 1 {
		t.Errorf("%d submits, %d accepted; want 2 and 1", c.Submits, c.Accepted)
	}
	if n := s.stored(t, contract.SubjectSubmitted); n != 1 {
		t.Errorf("billing hears of it %d times", n)
	}
	if _, out, _ = s.dlq(t, "list"); !strings.Contains(out, "replayed 20") {
		t.Errorf("list after the replay: %q", out)
	}

	if status, _, _ := s.dlq(t, "drop", "m1"); status != 2 {
		t.Errorf("drop without --yes: %d", status)
	}
	if status, out, complaints := s.dlq(t, "drop", "--yes", "--all"); status != 0 || out != "1 of 1 dropped\n" {
		t.Errorf("drop: %d %q %q", status, out, complaints)
	}
	if status, out, complaints := s.dlq(t, "list"); status != 1 || out != "" || complaints != "no dead letters are selected\n" {
		t.Errorf("list of nothing: %d %q %q", status, out, complaints)
	}
}

// Long after, when no stream remembers an id: the dead letter's mark keeps it from
// being sent twice, and where somebody insists the correlations do, with no second
// event for billing.
func TestDLQReplayBeyondTheDuplicateWindow(t *testing.T) {
	s := setStage(t, []string{"NATS_DUPLICATE_WINDOW=1s"}, smsc.AnswerSubmits(codec.StatusInvDstAdr, 1))
	rejected, submitted := s.listen(t, contract.SubjectDLQ), s.listen(t, contract.SubjectSubmitted)
	s.platform(t, "m1", "Hello")
	rejected("m1")
	s.settled(t)
	if status, _, complaints := s.dlq(t, "replay", "--yes", "m1"); status != 0 {
		t.Fatalf("replay: %d %q", status, complaints)
	}
	submitted("m1")
	s.settled(t)
	probes := 0
	eventually(t, "the streams have forgotten", func() bool {
		ack, err := s.js.Publish(t.Context(), contract.SubjectDLRPart, []byte("{}"), jetstream.WithMsgID("probe"))
		if err == nil && !ack.Duplicate {
			probes++
		}
		return probes == 2 // the second was stored because the first, younger than the event, is forgotten
	})
	if status, _, _ := s.dlq(t, "replay", "--yes", "m1"); status != 1 {
		t.Errorf("replay for the second time: %d", status)
	}
	if status, _, complaints := s.dlq(t, "replay", "--yes", "--again", "m1"); status != 0 {
		t.Errorf("replay --again: %d %q", status, complaints)
	}
	s.settled(t)
	if c := s.mno.Counts(); c.Submits != 2 || c.Accepted != 1 {
		t.Errorf("%d submits, %d accepted; want 2 and 1", c.Submits, c.Accepted)
	}
	if n := s.stored(t, contract.SubjectSubmitted); n != 1 {
		t.Errorf("billing hears of it %d times", n)
	}
}

// A replay that is rejected again, for the same reason, is a dead letter again,
// and the one to replay.
func TestDLQASecondRejectionIsASecondDeadLetter(t *testing.T) {
	s := setStage(t, nil, smsc.AnswerSubmits(codec.StatusInvDstAdr, 2))
	rejected := s.listen(t, contract.SubjectDLQ)
	s.platform(t, "m1", "Hello")
	rejected("m1")
	if status, _, complaints := s.dlq(t, "replay", "--yes", "m1"); status != 0 { // at once: the rejection may not be settled yet
		t.Fatalf("replay: %d %q", status, complaints)
	}
	rejected("m1")
	s.settled(t)
	status, out, complaints := s.dlq(t, "replay", "--yes", "m1")
	if status != 0 || !strings.Contains(out, "1 of 2 replayed") || !strings.Contains(complaints, "its message was rejected again") {
		t.Errorf("replay of two: %d %q %q", status, out, complaints)
	}
	s.listen(t, contract.SubjectSubmitted)("m1")
	s.settled(t)
	if c := s.mno.Counts(); c.Submits != 3 || c.Accepted != 1 {
		t.Errorf("%d submits, %d accepted; want 3 and 1", c.Submits, c.Accepted)
	}
}

// The same for what the connector itself refused: by its text, by its fields, by
// its form. It has not changed its mind, so there are twice as many.
func TestDLQReplaysWhatTheConnectorRefused(t *testing.T) {
	s := setStage(t, nil)
	rejected := s.listen(t, contract.SubjectDLQ)
	for _, payload := range []string{
		`{"messageId":"a1","to":"93700000001","text":"ښ","encoding":"GSM7"}`,
		`{"messageId":"a2","text":"no recipient"}`,
		`{"messageId":"a3",`,
		`{"messageId":"a4\u001b[31m","to":"1","text":"x"}`,
	} {
		s.command1(t, payload)
		rejected("")
	}
	s.settled(t)
	if _, out, _ := s.dlq(t, "list"); strings.Count(out, "\n") != 4 || strings.Contains(out, "\x1b") {
		t.Errorf("list: %q", out)
	}
	if status, out, complaints := s.dlq(t, "replay", "--yes", "--all"); status != 0 || !strings.Contains(out, "4 of 4 replayed") {
		t.Errorf("replay: %d %q %q", status, out, complaints)
	}
	eventually(t, "all are rejected again", func() bool { return s.stored(t, contract.SubjectDLQ) == 8 })
}

// Of a message in two parts the MNO has accepted the first: a replay sends the
// second alone, and billing and receipts come out whole.
func TestDLQReplaySendsNoAcceptedPartAgain(t *testing.T) {
	s := setStage(t, nil, smsc.SendReceipts(smsc.After(0)), smsc.AfterSubmits(1), smsc.AnswerSubmits(codec.StatusInvDstAdr, 1))
	rejected, submitted, receipt := s.listen(t, contract.SubjectDLQ), s.listen(t, contract.SubjectSubmitted), s.listen(t, contract.SubjectDLRInbound)
	s.platform(t, "long", strings.Repeat("x", 200))
	rejected("long")
	s.settled(t)
	if status, _, complaints := s.dlq(t, "replay", "--yes", "long"); status != 0 {
		t.Fatalf("replay: %d %q", status, complaints)
	}
	if e := submitted("long"); e.body["segments"] != 2.0 || len(e.body["operatorMessageIds"].([]any)) != 2 {
		t.Errorf("%v", e.body)
	}
	if e := receipt("long"); e.body["status"] != "DELIVERED" || e.body["partsFinal"] != 2.0 {
		t.Errorf("%v", e.body)
	}
	sms := s.mno.SMS()
	if c := s.mno.Counts(); c.Submits != 3 || len(sms) != 2 || sms[0].Part.Index != 1 || sms[1].Part.Index != 2 {
		t.Errorf("%d submits, %d SMS; want part 1 once and part 2 once", c.Submits, len(sms))
	}
}

// After a restart nothing is remembered in memory; the correlations are.
func TestDLQReplayAfterARestartSendsNoAcceptedPartAgain(t *testing.T) {
	mno := smsc.Start(t, smsc.AfterSubmits(1), smsc.AnswerSubmits(codec.StatusInvDstAdr, 1))
	host, port := mno.HostPort()
	cfg := testConfig(t, "SMPP_HOST="+host, fmt.Sprintf("SMPP_PORT=%d", port))
	s := &stage{mno: mno}
	start := func() (stop func()) {
		a, err := newApp(t.Context(), cfg, appOptions{log: io.Discard})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		ran := make(chan error, 1)
		go func() { ran <- a.Run(ctx) }()
		s.app = a
		s.connect(t)
		return func() {
			cancel()
			if err := <-ran; err != nil {
				t.Error(err)
			}
		}
	}
	stop := start()
	awaitBound(t, mno, s.app, 1)
	rejected := s.listen(t, contract.SubjectDLQ)
	s.platform(t, "long", strings.Repeat("x", 200))
	rejected("long")
	s.settled(t)
	stop()
	stop = start()
	defer stop()
	if status, _, complaints := s.dlq(t, "replay", "--yes", "long"); status != 0 {
		t.Fatalf("replay: %d %q", status, complaints)
	}
	s.listen(t, contract.SubjectSubmitted)("long")
	if c := mno.Counts(); c.Submits != 3 || c.Accepted != 2 {
		t.Errorf("%d submits, %d accepted; want 3 and 2", c.Submits, c.Accepted)
	}
}

// Events as protobuf, a command as protobuf.
func TestDLQReplaysProtobufAsProtobuf(t *testing.T) {
	s := setStage(t, []string{"EVENTS_FORMAT=protobuf"}, smsc.AnswerSubmits(codec.StatusInvDstAdr, 1))
	payload, contentType, err := contract.Encode(&contract.SmsDispatchCommand{MessageId: "4711", To: "93700000001", Text: "Hello"}, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.js.PublishMsg(t.Context(), &nats.Msg{Subject: contract.OperatorSubject("demo"), Data: payload, Header: nats.Header{contract.HeaderContentType: {contentType}}}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is rejected", func() bool { return s.stored(t, contract.SubjectDLQ) == 1 })
	s.settled(t)
	if status, _, complaints := s.dlq(t, "show", "4711"); status != 1 || !strings.Contains(complaints, "--id") {
		t.Errorf("a number is a sequence: %d %q", status, complaints)
	}
	if _, shown, _ := s.dlq(t, "show", "--id", "4711"); !strings.Contains(shown, "of protobuf: messageId 4, text 5, to 11") {
		t.Errorf("show:\n%s", shown)
	}
	if _, shown, _ := s.dlq(t, "show", "--id", "4711", "--payload"); !strings.Contains(shown, `"text":"Hello"`) {
		t.Errorf("show --payload:\n%s", shown)
	}
	if status, _, complaints := s.dlq(t, "replay", "--id", "4711", "--yes"); status != 0 {
		t.Fatalf("replay: %d %q", status, complaints)
	}
	if err := s.mno.WaitSubmits(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	s.settled(t)
	if n := s.mno.Counts().Accepted; n != 1 {
		t.Errorf("%d accepted", n)
	}
}

func TestDLQCalledWrongly(t *testing.T) {
	s := setStage(t, nil)
	at := []string{"--data", s.app.cfg.Load().DataDir}
	for _, c := range []struct {
		args []string
		want string
	}{
		{nil, "Usage"},
		{[]string{"resurrect"}, "Usage"},
		{append([]string{"list", "--since", "yesterday"}, at...), "-since: want a time"},
		{append([]string{"list", "--since", "-2h"}, at...), "-since: want a time"},
		{append([]string{"list", "--until", "2h", "--since", "1h"}, at...), "--since is not before --until"},
		{append([]string{"list", "--limit", "-1"}, at...), "--limit -1"},
		{append([]string{"list", "--reason", ",", "x"}, at...), "-reason"},
		{append([]string{"list", "--yes"}, at...), "-yes"},
		{append([]string{"show"}, at...), "which?"},
		{append([]string{"replay", "--yes"}, at...), "which?"},
		{append([]string{"drop", "--yes"}, at...), "which?"},
		{append([]string{"drop", "--yes", "--all", "12"}, at...), "--all and a selection"},
		{[]string{"list", "--data", t.TempDir()}, "no NATS server"},
		{[]string{"list", "--nats", "nats://127.0.0.1:1", "--nkey-seed-file", filepath.Join(t.TempDir(), "none")}, "--nkey-seed-file"},
	} {
		if status, _, complaints := call(t, append([]string{"dlq"}, c.args...)...); status != 2 || !strings.Contains(complaints, c.want) {
			t.Errorf("%v: exit status %d, %q; want 2 and %q", c.args, status, complaints, c.want)
		}
	}
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"list", "--nats", "nats://127.0.0.1:1"}, "--nats"},
		{append([]string{"list", "--reason", "rejcted"}, at...), "no dead letters are selected"},
		{append([]string{"replay", "--yes", "12"}, at...), "no dead letter 12"},
		{append([]string{"drop", "--yes", "m1", "m2"}, at...), "message m2"},
	} {
		if status, _, complaints := call(t, append([]string{"dlq"}, c.args...)...); status != 1 || !strings.Contains(complaints, c.want) {
			t.Errorf("%v: exit status %d, %q; want 1 and %q", c.args, status, complaints, c.want)
		}
	}
	if status, _, _ := call(t, "dlq", "list", "--help"); status != 0 {
		t.Errorf("--help: exit status %d", status)
	}
}

// Who is asked and says nothing, or no, has not agreed.
func TestAskTakesALineOrNothing(t *testing.T) {
	for in, want := range map[string]string{"y\nmore": "y\n", "no": "no", "": ""} {
		if got := ask(t.Context(), strings.NewReader(in)); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
	silent, writer := io.Pipe()
	defer writer.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if got := ask(ctx, silent); got != "\n" {
		t.Errorf("interrupted: %q", got)
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if isTerminal(strings.NewReader("y")) || ask(t.Context(), null) != "" {
		t.Error("nobody was taken for somebody")
	}
}

// Flags may stand anywhere; what follows -- is none.
func TestDLQFlagsMayStandAnywhere(t *testing.T) {
	s := setStage(t, nil)
	for _, args := range [][]string{{"m1", "--reason", "x", "7"}, {"--reason", "x", "--", "m1", "7"}, {"m1", "7", "--reason=x"}} {
		if _, _, complaints := s.dlq(t, "list", args...); complaints != "no dead letter 7 is selected (a messageId that is a number goes with --id)\nno dead letter of message m1 is selected\n" {
			t.Errorf("%v: %q", args, complaints)
		}
	}
	if _, _, complaints := s.dlq(t, "list", "--", "--yes"); !strings.Contains(complaints, "message --yes") {
		t.Errorf("%q", complaints)
	}
}

// Issue 5, bad input: what is sent to an operator that nobody serves is seen, and made
// dead letters of by whoever says so.
func TestDLQBuriesWhatNobodyReads(t *testing.T) {
	s := setStage(t, nil)
	rejected := s.listen(t, contract.SubjectDLQ)
	if status, out, complaints := s.dlq(t, "unserved"); status != 1 || out != "" || !strings.Contains(complaints, "has a reader") {
		t.Errorf("unserved: %d %q %q", status, out, complaints)
	}
	const nobody = "smpp.operator.nobody"
	for _, id := range []string{"u1", "u2"} {
		if _, err := s.js.Publish(t.Context(), nobody, fmt.Appendf(nil, `{"messageId":%q,"to":"+93700000001","text":"x"}`, id)); err != nil {
			t.Fatal(err)
		}
	}
	if status, out, _ := s.dlq(t, "unserved"); status != 0 || out != nobody+"  2 commands\n" {
		t.Errorf("unserved: %d %q", status, out)
	}
	eventually(t, "the connector has a consumer for its own", func() bool {
		_, err := s.js.Consumer(t.Context(), contract.StreamDispatch, contract.OperatorDurable("demo"))
		return err == nil
	})
	s.app.lookAtBacklog(t.Context(), s.app.system.Load(), time.Now())
	if metrics := pageOf(t, "http://"+s.app.http.HTTPAddr()+"/metrics", ""); !strings.Contains(metrics, `smpp_connector_unserved_messages{stream="SMPP_DISPATCH"} 2`) {
		t.Error("the metrics do not tell of it")
	}
	if status, _, complaints := s.dlq(t, "bury"); status != 2 || !strings.Contains(complaints, "name subjects") {
		t.Errorf("bury without a subject: %d %q", status, complaints)
	}
	if status, _, complaints := s.dlq(t, "bury", nobody); status != 2 || !strings.Contains(complaints, "would make dead letters of 2 commands") {
		t.Errorf("bury without --yes: %d %q", status, complaints)
	}
	if status, _, complaints := s.dlq(t, "bury", "--yes", contract.OperatorSubject("demo")); status != 1 || !strings.Contains(complaints, "a connector reads it") {
		t.Errorf("bury of what is read: %d %q", status, complaints)
	}
	if status, out, complaints := s.dlq(t, "bury", "--yes", nobody); status != 0 || out != nobody+": 2 dead letters\n" {
		t.Errorf("bury: %d %q %q", status, out, complaints)
	}
	rejected("u1")
	rejected("u2")
	if status, out, _ := s.dlq(t, "list", "--reason", "unserved", "--operator", "nobody"); status != 0 || strings.Count(out, "\n") != 2 {
		t.Errorf("list: %d %q", status, out)
	}
}

// Issue 5, "lost 0": what the server is about to drop is a dead letter half an hour
// before, is counted as one, and can be replayed.
func TestDLQHasWhatTheServerWouldDrop(t *testing.T) {
	s := setStage(t, nil)
	rejected := s.listen(t, contract.SubjectDLQ)
	if _, err := s.js.Publish(t.Context(), "smpp.operator.nobody", []byte(`{"messageId":"old","to":"+93700000001","text":"x"}`)); err != nil {
		t.Fatal(err)
	}
	s.app.lookAtBacklog(t.Context(), s.app.system.Load(), time.Now().Add(71*time.Hour))
	if status, _, complaints := s.dlq(t, "list"); status != 1 {
		t.Errorf("an hour before: %d %q", status, complaints)
	}
	s.app.lookAtBacklog(t.Context(), s.app.system.Load(), time.Now().Add(71*time.Hour+31*time.Minute))
	rejected("old")
	if status, out, complaints := s.dlq(t, "list", "--reason", "max_age", "--operator", "nobody"); status != 0 || strings.Count(out, "\n") != 1 {
		t.Errorf("list: %d %q %q", status, out, complaints)
	}
	if metrics := pageOf(t, "http://"+s.app.http.HTTPAddr()+"/metrics", ""); !strings.Contains(metrics, `smpp_connector_dlq_total{operatorId="nobody",reason="max_age"} 1`) {
		t.Error("the metrics do not tell of it")
	}
	if status, _, complaints := s.dlq(t, "replay", "--reason", "max_age", "--yes"); status != 0 {
		t.Errorf("replay: %d %q", status, complaints)
	}
}

// US-SC-006: with a server that takes 1 MiB, the dead letter of a command of 700 KiB is
// whole; that of a larger one is cut, is said to be, and is not replayed.
func TestUSSC006ALargeDeadLetterIsReplayedWholeOrNotAtAll(t *testing.T) {
	server, mno := stack.NATS(t), smsc.Start(t)
	host, port := mno.HostPort()
	s := &stage{mno: mno, app: startApp(t, testConfig(t, "NATS_URL="+server.URL, "SMPP_HOST="+host, "SMPP_PORT="+strconv.Itoa(port)))}
	awaitBound(t, mno, s.app, 1)
	s.nc, s.js = dialNATS(t, server.URL)
	rejected := s.listen(t, contract.SubjectDLQ)
	for id, size := range map[string]int{"whole": 700 << 10, "cut": 900 << 10} {
		payload := fmt.Appendf(nil, `{"messageId":%q,"to":"+93700000001","text":"%s"}`, id, strings.Repeat("x", size))
		if _, err := s.js.Publish(t.Context(), contract.OperatorSubject("demo"), payload); err != nil {
			t.Fatal(err)
		}
		cut, _ := rejected(id).body["payloadTruncated"].(bool)
		_, shown, _ := call(t, "dlq", "show", "--nats", server.URL, id)
		status, out, complaints := call(t, "dlq", "replay", "--nats", server.URL, "--yes", id)
		if is := id == "cut"; cut != is || strings.Contains(shown, ", cut") != is || (status != 0) != is || strings.Contains(complaints, "its payload was cut to") != is {
			t.Errorf("%s: cut %v; replay: %d %q %q\n%s", id, cut, status, out, complaints, shown)
		}
	}
}
