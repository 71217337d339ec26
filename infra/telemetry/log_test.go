package telemetry_test

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/infra/telemetry"
)

const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

// US-SC-001: "Service starts and logs all configured operatorId values".
func TestUSSC001EveryOperatorIsLogged(t *testing.T) {
	tel, log := fresh(t, telemetry.Options{Pod: "pod-1"})
	for _, id := range []string{"awcc", "roshan", "mtn"} {
		tel.On(event.OperatorConfigured{OperatorID: id})
	}
	var ids []any
	for _, line := range log.lines(t) {
		if line["level"] != "INFO" || line["pod"] != "pod-1" {
			t.Errorf("got %v", line)
		}
		ids = append(ids, line["operatorId"])
	}
	if fmt.Sprint(ids) != "[awcc roshan mtn]" {
		t.Errorf("got %v", ids)
	}
}

// US-SC-031: "log with traceId, messageId, esme_status, pduSeqNum", and the counter by status.
func TestUSSC031ARefusedSubmitIsOneStructuredLine(t *testing.T) {
	tel, log := fresh(t, telemetry.Options{})
	tel.On(event.SubmitFailed{Bind: awcc, MessageID: "m-1", Status: codec.StatusThrottled, Sequence: 77, Trace: port.Trace{Parent: traceparent}})
	tel.On(event.ResponsesReceived{Bind: awcc, Responses: []event.Response{{Status: codec.StatusThrottled}}})
	lines := log.lines(t)
	if len(lines) != 1 {
		t.Fatalf("got %d lines, want 1: %s", len(lines), log)
	}
	for field, want := range map[string]any{
		"level": "WARN", "bind": "awcc/trx/1", "messageId": "m-1", "esme_status": "ESME_RTHROTTLED",
		"pduSeqNum": 77.0, "traceId": "4bf92f3577b34da6a3ce929d0e0e4736",
	} {
		if lines[0][field] != want {
			t.Errorf("%s: got %v, want %v", field, lines[0][field], want)
		}
	}
	expect(t, tel, map[string]string{`smpp_response_status_total{bindId="1",direction="trx",esme_status="ESME_RTHROTTLED",mno="awcc"}`: "1"})
}

// US-SC-031: an answer that comes late has the same four fields, and a count of its own:
// its submit is in smpp_connector_submits_total as unknown, and must not be there twice.
func TestUSSC031ALateAnswerIsOneLineWithItsContext(t *testing.T) {
	tel, log := fresh(t, telemetry.Options{})
	tel.On(event.AnsweredLate{Bind: awcc, MessageID: "m-1", Status: codec.StatusThrottled, Sequence: 77, Trace: port.Trace{Parent: traceparent}})
	lines := log.lines(t)
	if len(lines) != 1 {
		t.Fatalf("got %d lines, want 1: %s", len(lines), log)
	}
	for field, want := range map[string]any{
		"level": "WARN", "bind": "awcc/trx/1", "messageId": "m-1", "esme_status": "ESME_RTHROTTLED",
		"pduSeqNum": 77.0, "traceId": "4bf92f3577b34da6a3ce929d0e0e4736",
	} {
		if lines[0][field] != want {
			t.Errorf("%s: got %v, want %v", field, lines[0][field], want)
		}
	}
	expect(t, tel, map[string]string{
		`smpp_connector_late_answers_total{bindId="1",direction="trx",esme_status="ESME_RTHROTTLED",mno="awcc"}`: "1",
		`smpp_response_status_total{bindId="1",direction="trx",esme_status="ESME_RTHROTTLED",mno="awcc"}`:        "",
	})
}

// US-SC-031: every error of the codec's table is a label and a line of its own.
func TestUSSC031EveryStatusHasItsLabel(t *testing.T) {
	tel, log := fresh(t, telemetry.Options{})
	want := map[string]bool{}
	for s := codec.Status(1); s < 0x120; s++ {
		if name := s.String(); strings.HasPrefix(name, "ESME_") {
			want[name] = true
			tel.On(event.ResponsesReceived{Bind: awcc, Responses: []event.Response{{Status: s}}})
			tel.On(event.SubmitFailed{Bind: awcc, MessageID: "m", Status: s, Sequence: uint32(s)})
		}
	}
	if len(want) < 40 {
		t.Fatalf("the codec names %d statuses only", len(want))
	}
	samples := scrape(t, tel)
	logged := log.String()
	for name := range want {
		if samples[`smpp_response_status_total{bindId="1",direction="trx",esme_status="`+name+`",mno="awcc"}`] != "1" {
			t.Errorf("%s has no series", name)
		}
		if !strings.Contains(logged, `"esme_status":"`+name+`"`) {
			t.Errorf("%s has no line", name)
		}
	}
}

// US-SC-037: "lossy with replacement char (?); audit-logged". An audit has no holes.
func TestUSSC037ForcedReplacementsAreAudited(t *testing.T) {
	tel, log := fresh(t, telemetry.Options{})
	for i := range 500 {
		tel.On(event.MessagesBegun{Bind: awcc, Messages: []event.Planned{
			{MessageID: "plain", Encoding: "GSM7"}, {MessageID: fmt.Sprintf("m-%d", i), Encoding: "GSM7", Forced: true, Replaced: []rune("ښاښ")},
		}})
	}
	lines := log.lines(t)
	if len(lines) != 500 {
		t.Fatalf("got %d lines, want one for each of 500 changed messages", len(lines))
	}
	if l := lines[499]; l["audit"] != true || l["messageId"] != "m-499" || l["replaced"] != 3.0 || fmt.Sprint(l["characters"]) != "[U+0627 U+069A]" || l["level"] != "INFO" {
		t.Errorf("got %v", l)
	}
}

// US-SC-036: "a mismatch is counted, logged and still sent".
func TestUSSC036AMismatchIsLogged(t *testing.T) {
	tel, log := fresh(t, telemetry.Options{})
	trace := port.Trace{Parent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
	tel.On(event.MessagesBegun{Bind: awcc, OperatorID: "awcc", Messages: []event.Planned{
		{MessageID: "m1", Encoding: "GSM7", Segments: 2, Mismatch: &event.FingerprintMismatch{Given: "1:00", Ours: "1:11", Trace: trace}}, {MessageID: "m2", Encoding: "GSM7"}}})
	lines := log.lines(t)
	if len(lines) != 1 {
		t.Fatalf("%v: want one line", lines)
	}
	for field, want := range map[string]any{"level": "WARN", "operatorId": "awcc", "messageId": "m1", "given": "1:00", "ours": "1:11", "segments": 2.0, "traceId": "0af7651916cd43dd8448eb211c80319c"} {
		if lines[0][field] != want {
			t.Errorf("%s: got %v, want %v", field, lines[0][field], want)
		}
	}
}

// Issue 5, "Growth": who lets many MNOs share a stream is told of the setting, once, and
// nobody for whom it would change nothing.
func TestAStreamThatTooManyShareIsLoggedOnce(t *testing.T) {
	tel, log := fresh(t, telemetry.Options{})
	for range 3 {
		tel.On(event.DispatchLooked{Stream: "SMPP_DISPATCH", Consumers: 612})
	}
	tel.On(event.DispatchLooked{Stream: "SMPP_DISPATCH", Consumers: 100})
	tel.On(event.DispatchLooked{Stream: "SMPP_DISPATCH_awcc", Consumers: 612})
	lines := log.lines(t)
	if len(lines) != 1 || lines[0]["level"] != "WARN" || lines[0]["consumers"] != 612.0 || !strings.Contains(lines[0]["msg"].(string), "NATS_DISPATCH_STREAMS") {
		t.Errorf("got %v", lines)
	}
}

func TestLevelsMeanSomething(t *testing.T) {
	for _, c := range []struct {
		fact  event.Fact
		level string
	}{
		{event.BindStateChanged{Bind: awcc, From: "CONNECTING", To: "BOUND"}, "INFO"},
		{event.BindStateChanged{Bind: awcc, From: "BOUND", To: "UNBINDING"}, "INFO"},
		{event.BindStateChanged{Bind: awcc, From: "UNBINDING", To: "DISCONNECTED"}, "INFO"},
		{event.BindStateChanged{Bind: awcc, From: "BOUND", To: "DISCONNECTED"}, "WARN"},
		{event.BindStateChanged{Bind: awcc, From: "BOUND", To: "DRAINING"}, "WARN"},
		{event.ActorFailed{Path: "connector/bind", Bug: true}, "ERROR"},
		{event.ActorFailed{Path: "connector/bind"}, "DEBUG"},
		{event.DependencyChanged{Name: "nats"}, "WARN"},
		{event.DependencyChanged{Name: "nats", Up: true}, "INFO"},
		{event.OutcomeUnknown{Bind: awcc, Segments: 3}, "WARN"},
		{event.SequenceSkipped{Bind: awcc, By: 1}, "WARN"},
		{event.RedialScheduled{Bind: awcc, Attempt: 1}, "WARN"},
		{event.HostFailed{Bind: awcc, Host: "a.example:2775", Next: "b.example:2775"}, "WARN"},
	} {
		tel, log := fresh(t, telemetry.Options{LogLevel: "debug"})
		tel.On(c.fact)
		if lines := log.lines(t); len(lines) != 1 || lines[0]["level"] != c.level {
			t.Errorf("%T: got %v, want one line at %s", c.fact, lines, c.level)
		}
	}
}

// A certificate that ends within two weeks is told of, one that holds longer is not.
func TestACertificateThatEndsSoonIsALine(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	for days, lines := range map[int]int{-1: 1, 13: 1, 15: 0} {
		tel, log := fresh(t, telemetry.Options{})
		tel.On(event.CertificateSeen{MNO: "awcc", Host: "a.example:2775", Ours: true, Ends: now.AddDate(0, 0, days), At: now})
		got := log.lines(t)
		if len(got) != lines || lines == 1 && (got[0]["level"] != "WARN" || got[0]["mno"] != "awcc" || got[0]["host"] != "a.example:2775" || got[0]["certificate"] != "ours") {
			t.Errorf("%d days: %v", days, got)
		}
	}
}

// What ended the session before is no reason for a state that is good.
func TestAGoodStateSaysWhatItComesAfter(t *testing.T) {
	for _, c := range []struct {
		to, from, reason string
		has, hasNot      string
	}{
		{"CONNECTING", "DISCONNECTED", "LineLost", "after", "reason"},
		{"BOUND", "CONNECTING", "LineLost", "after", "reason"},
		{"DISCONNECTED", "BOUND", "LineLost", "reason", "after"},
		{"BOUND", "CONNECTING", "", "to", "after"},
	} {
		tel, log := fresh(t, telemetry.Options{})
		tel.On(event.BindStateChanged{Bind: awcc, From: c.from, To: c.to, Reason: c.reason})
		line := log.lines(t)[0]
		if _, there := line[c.hasNot]; there || line[c.has] == nil {
			t.Errorf("%s: %v", c.to, line)
		}
	}
}

// Of an MNO with several hosts a line says which one a bind is at, or is refused by.
func TestLinesNameTheHost(t *testing.T) {
	const a = "a.example:2775"
	for _, f := range []event.Fact{
		event.BindStateChanged{Bind: awcc, Host: a, From: "DISCONNECTED", To: "CONNECTING"}, event.BindStateChanged{Bind: awcc, Host: a, From: "CONNECTING", To: "BOUND"},
		event.BindRefused{Bind: awcc, Host: a}, event.HostFailed{Bind: awcc, Host: a, Next: "b.example:2775"},
	} {
		tel, log := fresh(t, telemetry.Options{})
		tel.On(f)
		if line := log.lines(t)[0]; line["host"] != a {
			t.Errorf("%T: %v", f, line)
		}
	}
}

func TestTheHotPathWritesNoLine(t *testing.T) {
	tel, log := fresh(t, telemetry.Options{LogLevel: "debug"})
	tel.On(answers(100))
	tel.On(event.MessagesSettled{OperatorID: "awcc", Count: 100})
	tel.On(event.ReceiptsHeard{Bind: awcc, ByStatus: map[string]int{"DELIVERED": 100}})
	tel.On(event.MessagesBegun{Bind: awcc, Messages: []event.Planned{{Encoding: "UCS2"}}})
	if log.String() != "" {
		t.Errorf("got %s", log)
	}
}

func TestAFloodIsLimitedAndNothingIsLostSilently(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tel, log := fresh(t, telemetry.Options{})
		const n = 100_000
		for i := range n {
			tel.On(event.ProtocolViolation{Bind: awcc, What: "malformed", Detail: "x"})
			if i == n/2 {
				time.Sleep(time.Second)
			}
		}
		tel.On(event.ProtocolViolation{Bind: awcc, What: "wrong_state"}) // another kind is not drowned
		if err := tel.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		lines, told := log.lines(t), 0
		for _, line := range lines {
			if s, ok := line["suppressed"].(float64); ok {
				told += int(s)
			}
		}
		if len(lines) > 150 || !strings.Contains(log.String(), "wrong_state") {
			t.Errorf("%d lines", len(lines))
		}
		if got := told + len(lines) - 2; got != n { // without the other kind and the last word
			t.Errorf("lines and suppressed ones add up to %d, want %d", got, n)
		}
	})
}

// decisions.md 012: "warn once a minute".
func TestUSSC012RedisAwayIsWarnedOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tel, log := fresh(t, telemetry.Options{})
		for range 150 { // two and a half minutes
			tel.On(event.RedisFailedOpen{Bind: awcc, PDUs: 1})
			time.Sleep(time.Second)
		}
		lines := log.lines(t)
		if len(lines) != 3 || lines[0]["level"] != "WARN" {
			t.Fatalf("got %d lines, want 3", len(lines))
		}
		if lines[1]["suppressed"] != 59.0 {
			t.Errorf("got %v", lines[1])
		}
	})
}

// issue 1: NATS, Redis or Postgres away is said "in the log once a minute".
func TestAServerThatStaysAwayIsSaidOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tel, log := fresh(t, telemetry.Options{})
		tel.On(event.DependencyChanged{Name: "nats", Err: "connection refused"})
		tel.On(event.DependencyChanged{Name: "nats", Err: "connection refused"})
		time.Sleep(3*time.Minute + time.Second)
		tel.On(event.DependencyChanged{Name: "nats", Up: true})
		time.Sleep(3 * time.Minute)
		tel.On(event.DependencyChanged{Name: "redis"})
		if err := tel.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		time.Sleep(3 * time.Minute)
		var said []string
		for _, line := range log.lines(t) {
			said = append(said, fmt.Sprint(line["msg"], " ", line["for"]))
		}
		want := "nats is away <nil>, nats is away <nil>, nats is still away 1m0s, nats is still away 2m0s, nats is still away 3m0s, nats is there <nil>, redis is away <nil>"
		if got := strings.Join(said, ", "); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

type pid struct{ id string }

func (p *pid) GetId() string { return p.id }

// protoactor logs whole messages; ours hold passwords and texts.
func TestActorLoggerTellsTypesAndNoMessages(t *testing.T) {
	tel, log := fresh(t, telemetry.Options{LogLevel: "debug"})
	type submit struct{ Password, Text string }
	l := tel.ActorLogger().With(slog.Any("self", &pid{"connector/operator/awcc"}), slog.Any("message", submit{"hunter2", "salaam"}))
	l.Info("[DeadLetter]", slog.Any("pid", &pid{"connector/bind/1"}), slog.Any("message", &submit{"hunter2", "salaam"}), slog.Any("sender", nil))
	l.WithGroup("g").Error("[Supervision]", slog.Any("message", "hunter2"), slog.Any("exception", errors.New("hunter2 salaam")), slog.Int("n", 3))
	func() {
		defer func() { l.Error("[Supervision]", slog.Any("exception", recover())) }()
		none := make([]int, 0)
		none[len(none)] = 1
	}()
	text := log.String()
	if strings.Contains(text, "hunter2") || strings.Contains(text, "salaam") {
		t.Errorf("a secret got out: %s", text)
	}
	for _, want := range []string{"connector/bind/1", "connector/operator/awcc", "*telemetry_test.submit", `"n":3`, "index out of range", `"library":"protoactor"`, `"level":"DEBUG","msg":"[DeadLetter]"`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
}

func TestASecretUnderItsNameIsMasked(t *testing.T) {
	tel, log := fresh(t, telemetry.Options{})
	tel.Logger().Info("x", "password", "hunter2", slog.Group("bind", "Password", "hunter2"), "text", "hunter2", "ShortMessage", []byte("hunter2"), "systemId", "ghasi")
	if text := log.String(); strings.Contains(text, "hunter2") || strings.Contains(text, "aHVudGVyMg") || !strings.Contains(text, "ghasi") {
		t.Errorf("got %s", text)
	}
}
