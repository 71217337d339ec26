package telemetry_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/infra/telemetry"
	contract "github.com/ghasi/smpp-connector/proto"
)

var awcc = port.BindID{MNO: "awcc", Direction: port.TRX, Number: 1}

// written is a log that several goroutines write.
type written struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (w *written) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.Write(p)
}

func (w *written) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.String()
}

// lines decodes the log; a line that is no JSON object fails the test.
func (w *written) lines(t testing.TB) []map[string]any {
	t.Helper()
	var out []map[string]any
	for line := range strings.Lines(w.String()) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		out = append(out, fields)
	}
	return out
}

// fresh is a telemetry that logs into a buffer.
func fresh(t testing.TB, o telemetry.Options) (*telemetry.Telemetry, *written) {
	t.Helper()
	log := &written{}
	o.LogWriter = log
	tel, err := telemetry.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return tel, log
}

// scrapeRaw returns the body of /metrics.
func scrapeRaw(t testing.TB, tel *telemetry.Telemetry) string {
	t.Helper()
	rec := httptest.NewRecorder()
	tel.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if rec.Code != http.StatusOK {
		t.Fatalf("/metrics: %d %s", rec.Code, rec.Body)
	}
	return rec.Body.String()
}

// scrape returns the samples of /metrics by series, as written: name{labels}.
func scrape(t testing.TB, tel *telemetry.Telemetry) map[string]string {
	t.Helper()
	samples := make(map[string]string)
	for line := range strings.Lines(scrapeRaw(t, tel)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		series, value, _ := strings.Cut(strings.TrimSpace(line), "} ")
		if value == "" {
			series, value, _ = strings.Cut(strings.TrimSpace(line), " ")
		} else {
			series += "}"
		}
		samples[series] = value
	}
	return samples
}

// expect compares samples; the labels are in alphabetical order, as exported.
func expect(t *testing.T, tel *telemetry.Telemetry, want map[string]string) {
	t.Helper()
	got := scrape(t, tel)
	for series, value := range want {
		if got[series] != value {
			t.Errorf("%s: got %q, want %s", series, got[series], value)
		}
	}
}

// tree is a port.BindGauges.
type tree []port.BindGauge

func (tr tree) EachLane(f func(port.LaneGauge)) {
	for _, g := range tr {
		f(port.LaneGauge{MNO: g.Bind.MNO, Direction: g.Bind.Direction, Lane: contract.P2, Consumer: contract.LaneDurable(contract.P2, g.Bind.MNO, string(g.Bind.Direction)),
			Lag: port.Lag{Waiting: 41, Unsettled: 7}})
	}
}

func (tr tree) EachBind(f func(port.BindGauge)) {
	for _, g := range tr {
		f(g)
	}
}

// everyFact holds one of each fact that has a metric.
func everyFact() []event.Fact {
	return []event.Fact{
		event.BindStateChanged{Bind: awcc, To: "BOUND"},
		event.RedialScheduled{Bind: awcc, Attempt: 1, Delay: 5 * time.Second},
		event.EnquireLinkTimedOut{Bind: awcc},
		event.AnswersLost{Bind: awcc, Timeouts: 3},
		event.DispatchLooked{Stream: "SMPP_DISPATCH", Oldest: 71 * time.Hour, MaxAge: 72 * time.Hour, Consumers: 101, Unserved: []event.UnservedSubject{{Subject: "smpp.operator.acme", Messages: 4}, {Subject: "smpp.operator.b", Messages: 1}}},
		event.ResponsesReceived{Bind: awcc, Responses: []event.Response{
			{Status: codec.StatusOK, Took: 3 * time.Millisecond, Asked: true}, {Status: codec.StatusOK, Took: 7 * time.Millisecond},
			{Status: codec.StatusThrottled, Took: 2 * time.Second, Asked: true},
		}},
		event.OperatorConfigured{OperatorID: "roshan"},
		event.MessagesBegun{Bind: awcc, OperatorID: "awcc", Messages: []event.Planned{{Encoding: "GSM7", Segments: 1, Lane: contract.P1, Waited: -1, Mismatch: &event.FingerprintMismatch{Given: "1:00", Ours: "1:11"}}}},
		event.MessagesBegun{Bind: awcc, Messages: []event.Planned{
			{Encoding: "GSM7", Segments: 1, Lane: contract.P1, Waited: 4 * time.Millisecond}, {Encoding: "GSM7", Segments: 2, Strategy: "csms", Lane: contract.P1, Waited: 5 * time.Millisecond},
			{Encoding: "UCS2", Forced: true, Segments: 1, Strategy: "tlv", Lane: contract.P0, Waited: 2 * time.Second},
		}},
		event.ReceiptsHeard{Bind: awcc, ByStatus: map[string]int{"DELIVERED": 4, "EXPIRED": 1}, Matched: 3, Parked: 1, Repeated: 2, Orphaned: 1, Incomplete: 1, Latencies: []time.Duration{time.Second}},
		event.PartsHeard{Bind: awcc, Added: 5, Repeated: 4, Reused: 3, Late: 2, Refused: 1, Err: "redis is away"},
		event.MessageHeard{Bind: awcc, Parts: 1},
		event.MessageHeard{Bind: awcc, Parts: 3},
		event.MessageHeard{Bind: awcc, Parts: 2, Incomplete: true},
		event.DeadLettered{OperatorID: "awcc", Reason: "missing_field"},
		event.BindOrdered{Bind: awcc, Rest: "paused"}, event.MaintenanceChanged{MNO: "awcc", On: true},
		event.CommandGiven{ID: "c1", Verb: "pause", Target: "bind.awcc.trx.1", By: "noc@desk", Binds: []string{"awcc.trx.1"}},
		event.MessagesSettled{OperatorID: "awcc", MNO: "awcc", Direction: port.TRX, Lane: contract.P2, Consumer: "smpp-lane-p2-awcc-trx", Count: 9},
		event.OutcomeUnknown{Bind: awcc, Segments: 5},
		event.DoubtDecided{Bind: awcc, MessageID: "m1", Decision: "hold"},
		event.InboundRefused{Bind: awcc, Count: 4},
		event.EventsNotStored{Subject: "sms.dlr.inbound", Count: 3, Err: "maximum bytes exceeded"},
		event.AnsweredLate{Bind: awcc, MessageID: "m1", Status: codec.StatusThrottled},
		event.CertificateSeen{MNO: "awcc", Host: "a.example:2775", Ends: time.Unix(1_800_000_000, 0)},
		event.CertificateSeen{MNO: "awcc", Host: "a.example:2775", Ours: true, Ends: time.Unix(1_900_000_000, 0)},
		event.DependencyChanged{Name: "redis"},
		event.DependencyChanged{Name: "nats", Up: true},
		event.SequenceSkipped{Bind: awcc, By: 7},
		event.EnquireLinkIgnored{Bind: awcc},
		event.SequenceSkipped{Bind: awcc, Reason: "the counter was away"}, // by how many, nobody knows
		event.LeaseWon{Bind: awcc, Epoch: 42},
		event.LeaseLost{Bind: awcc, Epoch: 42, Reason: "NATS is away"},
		event.BindOrphaned{Bind: awcc, Owner: "pod-9"},
		event.BindUnowned{Bind: awcc, For: time.Minute},
		event.BindNameShared{Bind: awcc, OperatorID: "awcc", Other: "awcc-b", Pod: "pod-2"},
		event.BindOwnedTwice{Bind: awcc, Pods: []string{"pod-1", "pod-2"}},
		event.OwnershipChecked{MNO: "awcc", Direction: port.TRX, Unowned: 1, Twice: 2, Pods: 3, Silent: 1},
		event.LaneChecked{MNO: "awcc", Direction: port.TRX, Lane: contract.P3, Binds: 2},
		event.PodBindless{Why: "no bind: awcc.trx has 1, for 2 pods"},
		event.PodBindless{},
		event.PodNameShared{Pod: "pod-1"},
		event.PodSilent{Pod: "pod-3"},
		event.OwnerUnknown{Bind: awcc, Owner: "pod-8"},
		event.ClockSkewed{Skew: -4 * time.Second},
		event.ActorFailed{Path: "connector/bind/awcc/trx/1/session", Bug: true},
		event.ProtocolViolation{Bind: awcc, What: "malformed"},
		event.TPSThrottled{Bind: awcc, Messages: 6},
		event.RedisFailedOpen{Bind: awcc, PDUs: 8},
		event.SubmitsHalted{Bind: awcc},
		event.BindStateChanged{Bind: awcc, From: "BOUND", To: "HALF_CLOSED_TX"},
		event.BindStateChanged{Bind: awcc, From: "BOUND", To: "HALF_CLOSED_TX"}, // after a redial: no other half-close
		event.BindRefused{Bind: awcc, Status: codec.StatusAlyBnd, Alert: true},
		event.BindRefused{Bind: awcc},
		event.HostFailed{Bind: awcc, Host: "a.example:2775", Next: "b.example:2775", Reason: "DialFailed"},
		event.BindDegraded{Bind: awcc, Reason: "throttled"},
		event.FailoverStep{OperatorID: "awcc", BackupOperatorID: "roshan", Step: "StartBackup"},
	}
}

// US-SC-014: "All 12 metrics … registered and emitting", and every other name of the table.
func TestUSSC014EveryMetricOfTheTableEmits(t *testing.T) {
	tel, _ := fresh(t, telemetry.Options{Version: "1.2.3", Pod: "pod-1", Egress: telemetry.Egress{Pool: "awcc-nat", IPs: []string{"203.0.113.7"}, BytesPerSecond: 125_000}})
	tel.ReadBinds(tree{{Bind: awcc, Connections: 1, Hosts: 2, Elsewhere: true, Inflight: 11, Window: 50, WindowLimit: 100, ConcatGroups: 2, BytesWritten: 12345, BytesRead: 678}})
	for _, f := range everyFact() {
		tel.On(f)
	}
	const b = `bindId="1",direction="trx",mno="awcc"`
	expect(t, tel, map[string]string{
		`smpp_connector_sessions_total{` + b + `,session="BOUND",state="HALF_CLOSED_TX"}`:                            "1",
		`smpp_connector_sessions_total{` + b + `,session="BOUND",state="BOUND"}`:                                     "0",
		`smpp_connector_reconnect_attempts_total{` + b + `}`:                                                         "1",
		`smpp_connector_unserved_messages{stream="SMPP_DISPATCH"}`:                                                   "5",
		`smpp_connector_dispatch_oldest_seconds{stream="SMPP_DISPATCH"}`:                                             "255600",
		`smpp_connector_dispatch_max_age_seconds{stream="SMPP_DISPATCH"}`:                                            "259200",
		`smpp_connector_dispatch_consumers{stream="SMPP_DISPATCH"}`:                                                  "101",
		`smpp_connector_answers_lost_total{` + b + `}`:                                                               "1",
		`smpp_connector_enquire_link_timeout_total{` + b + `}`:                                                       "1",
		`smpp_connector_host_failed_total{bindId="1",direction="trx",host="a.example:2775",mno="awcc"}`:              "1",
		`smpp_connector_bind_elsewhere{` + b + `}`:                                                                   "1",
		`smpp_connector_tls_certificate_ends_timestamp_seconds{certificate="mno",host="a.example:2775",mno="awcc"}`:  "1800000000",
		`smpp_connector_tls_certificate_ends_timestamp_seconds{certificate="ours",host="a.example:2775",mno="awcc"}`: "1900000000",
		`smpp_connector_tps_throttle_total{` + b + `}`:                                                               "6",
		`smpp_connector_long_message_segments_total{` + b + `,strategy="csms"}`:                                      "2",
		`smpp_connector_long_message_segments_total{` + b + `,strategy="tlv"}`:                                       "1",
		`smpp_connector_submits_total{` + b + `,outcome="accepted"}`:                                                 "2",
		`smpp_connector_submits_total{` + b + `,outcome="refused"}`:                                                  "1",
		`smpp_connector_submits_total{` + b + `,outcome="unknown"}`:                                                  "5",
		`smpp_connector_inbound_refused_total{` + b + `}`:                                                            "4",
		`smpp_connector_events_not_stored_total{subject="sms.dlr.inbound"}`:                                          "3",
		`smpp_connector_unknown_outcome_total{bindId="1",decision="hold",direction="trx",mno="awcc"}`:                "1",
		`smpp_connector_late_answers_total{bindId="1",direction="trx",esme_status="ESME_RTHROTTLED",mno="awcc"}`:     "1",
		`smpp_connector_submit_duration_seconds_count{` + b + `}`:                                                    "3",
		`smpp_connector_submit_duration_seconds_sum{` + b + `}`:                                                      "2.01",
		`smpp_connector_submit_duration_seconds_bucket{` + b + `,le="0.005"}`:                                        "1",
		`smpp_connector_submit_duration_seconds_bucket{` + b + `,le="0.01"}`:                                         "2",
		`smpp_connector_submit_duration_seconds_bucket{` + b + `,le="+Inf"}`:                                         "3",
		`smpp_connector_dispatch_wait_seconds_count{direction="trx",lane="P1",mno="awcc"}`:                           "2",
		`smpp_connector_dispatch_wait_seconds_sum{direction="trx",lane="P1",mno="awcc"}`:                             "0.009",
		`smpp_connector_dispatch_wait_seconds_bucket{direction="trx",lane="P1",mno="awcc",le="0.005"}`:               "2",
		`smpp_connector_dispatch_wait_seconds_bucket{direction="trx",lane="P0",mno="awcc",le="2.5"}`:                 "1",
		`smpp_connector_receipts_asked_total{` + b + `}`:                                                             "1",
		`smpp_connector_dlr_total{` + b + `,status="DELIVERED"}`:                                                     "4",
		`smpp_connector_dlr_total{` + b + `,status="EXPIRED"}`:                                                       "1",
		`smpp_connector_dlr_orphan_total{` + b + `}`:                                                                 "1",
		`smpp_connector_dlr_parked_total{` + b + `}`:                                                                 "1",
		`smpp_connector_dlr_repeated_total{` + b + `}`:                                                               "2",
		`smpp_connector_dlr_latency_seconds_count{` + b + `}`:                                                        "1",
		`smpp_connector_dlq_total{operatorId="awcc",reason="missing_field"}`:                                         "1",
		`smpp_connector_redis_failopen_total{` + b + `}`:                                                             "8",
		`smpp_connector_egress_bytes_total{mno="awcc",pool="awcc-nat"}`:                                              "12345",
		`smpp_connector_connections{mno="awcc",pool="awcc-nat"}`:                                                     "1",
		`smpp_connector_egress_info{ip="203.0.113.7",mno="awcc",pool="awcc-nat"}`:                                    "1",
		`smpp_connector_egress_budget_bytes{pool="awcc-nat"}`:                                                        "125000",
		`smpp_connector_ingress_bytes_total{` + b + `}`:                                                              "678",
		`smpp_response_status_total{bindId="1",direction="trx",esme_status="ESME_ROK",mno="awcc"}`:                   "2",
		`smpp_response_status_total{bindId="1",direction="trx",esme_status="ESME_RTHROTTLED",mno="awcc"}`:            "1",
		`smpp_encoding_total{detection="auto",encoding="GSM7"}`:                                                      "3",
		`smpp_connector_fingerprint_mismatch_total{operatorId="awcc"}`:                                               "1",
		`smpp_connector_fingerprint_mismatch_total{operatorId="roshan"}`:                                             "0",
		`smpp_encoding_total{detection="forced",encoding="UCS2"}`:                                                    "1",
		`smpp_window_inflight{` + b + `}`:                                                                            "11",
		`smpp_window_dynamic{` + b + `}`:                                                                             "50",
		`smpp_connector_window_limit{` + b + `}`:                                                                     "100",
		`smpp_seq_skip_total{` + b + `}`:                                                                             "8",
		`smpp_bind_owner_changes_total{direction="trx",mno="awcc"}`:                                                  "1",
		`smpp_bind_orphan_total{direction="trx",mno="awcc"}`:                                                         "1",
		`smpp_connector_lease_lost_total{direction="trx",mno="awcc"}`:                                                "1",
		`smpp_connector_binds_unowned{direction="trx",mno="awcc"}`:                                                   "1",
		`smpp_connector_binds_owned_twice{direction="trx",mno="awcc"}`:                                               "2",
		`smpp_connector_live_pods{direction="trx",mno="awcc"}`:                                                       "3",
		`smpp_connector_silent_pods{direction="trx",mno="awcc"}`:                                                     "1",
		`smpp_connector_clock_skew_seconds{dependency="nats"}`:                                                       "-4",
		`smpp_concat_complete_total{` + b + `}`:                                                                      "1",
		`smpp_concat_partial_total{` + b + `}`:                                                                       "1",
		`smpp_concat_buffer_size{bindId="1",mno="awcc"}`:                                                             "2",
		`smpp_bind_half_closed_total{` + b + `}`:                                                                     "1",
		`smpp_connector_mo_total{` + b + `}`:                                                                         "3",
		`smpp_bind_paused{bindId="1",direction="trx",mno="awcc"}`:                                                    "1",
		`smpp_maintenance{mno="awcc"}`:                                                                               "1",
		`smpp_connector_commands_total{outcome="done",verb="pause"}`:                                                 "1",
		`smpp_lane_acks_total{consumer="smpp-lane-p2-awcc-trx",direction="trx",lane="P2",mno="awcc"}`:                "9",
		`smpp_lane_lag{consumer="smpp-lane-p2-awcc-trx",direction="trx",lane="P2",mno="awcc"}`:                       "41",
		`smpp_lane_unsettled{consumer="smpp-lane-p2-awcc-trx",direction="trx",lane="P2",mno="awcc"}`:                 "7",
		`smpp_connector_settled_total{operatorId="awcc"}`:                                                            "9",
		`smpp_connector_protocol_violations_total{` + b + `,what="malformed"}`:                                       "1",
		`smpp_connector_actor_failures_total{bug="true",path="connector/bind/awcc/trx/1/session"}`:                   "1",
		`smpp_connector_dependency_up{dependency="redis"}`:                                                           "0",
		`smpp_connector_dependency_up{dependency="nats"}`:                                                            "1",
		`smpp_connector_bind_refused_total{bindId="1",direction="trx",esme_status="ESME_RALYBND",mno="awcc"}`:        "1",
		`smpp_connector_bind_refused_total{bindId="1",direction="trx",esme_status="no_answer",mno="awcc"}`:           "1",
		`smpp_connector_bind_degraded_total{` + b + `,reason="throttled"}`:                                           "1",
		`smpp_connector_failover_total{operatorId="awcc",step="StartBackup"}`:                                        "1",
		`smpp_connector_build_info{pod="pod-1",version="1.2.3"}`:                                                     "1",
	})
	samples := scrape(t, tel)
	headline := 0
	for _, m := range telemetry.Table {
		if m.Headline {
			headline++
		}
		emitted := false
		for series := range samples {
			emitted = emitted || strings.HasPrefix(series, m.Name+"{") || strings.HasPrefix(series, m.Name+"_bucket{")
		}
		if !emitted {
			t.Errorf("%s is in the table and not on /metrics", m.Name)
		}
	}
	if headline != 12 {
		t.Errorf("%d headline metrics, decisions.md has 12", headline)
	}
}

// US-SC-014: the gauge "correctly reflects BOUND/UNBOUND/CONNECTING counts".
func TestUSSC014SessionsGaugeCountsBindsByState(t *testing.T) {
	tel, _ := fresh(t, telemetry.Options{})
	count := func() map[string]int {
		counts := map[string]int{}
		for series, value := range scrape(t, tel) {
			if strings.HasPrefix(series, "smpp_connector_sessions_total{") && value == "1" {
				_, rest, _ := strings.Cut(series, `session="`)
				session, _, _ := strings.Cut(rest, `"`)
				counts[session]++
			}
		}
		return counts
	}
	second := port.BindID{MNO: "awcc", Direction: port.TRX, Number: 2}
	for _, step := range []struct {
		bind                       port.BindID
		to                         string
		bound, connecting, unbound int
	}{
		{awcc, "DISCONNECTED", 0, 0, 1},
		{second, "CONNECTING", 0, 1, 1},
		{awcc, "CONNECTING", 0, 2, 0},
		{awcc, "BOUND", 1, 1, 0},
		{second, "BOUND", 2, 0, 0},
		{second, "DRAINING", 2, 0, 0}, // bound, though its window is not open
		{awcc, "UNBINDING", 1, 0, 1},
		{awcc, "DISCONNECTED", 1, 0, 1},
		{awcc, "DISCONNECTED", 1, 0, 1}, // told twice
	} {
		tel.On(event.BindStateChanged{Bind: step.bind, To: step.to})
		got := count()
		if got["BOUND"] != step.bound || got["CONNECTING"] != step.connecting || got["UNBOUND"] != step.unbound {
			t.Errorf("%s to %s: got %v, want BOUND %d, CONNECTING %d, UNBOUND %d", step.bind, step.to, got, step.bound, step.connecting, step.unbound)
		}
	}
}

// A bind that was stopped by order is in no state: "unbound" would alarm somebody.
func TestABindThatLeftTheTreeIsInNoState(t *testing.T) {
	tel, _ := fresh(t, telemetry.Options{})
	const disconnected = `smpp_connector_sessions_total{bindId="1",direction="trx",mno="awcc",session="UNBOUND",state="DISCONNECTED"}`
	tel.ReadBinds(tree{{Bind: awcc}})
	tel.On(event.BindStateChanged{Bind: awcc, To: "DISCONNECTED"})
	expect(t, tel, map[string]string{disconnected: "1"})
	tel.ReadBinds(tree{})
	expect(t, tel, map[string]string{disconnected: "0"})
	tel.ReadBinds(tree{{Bind: awcc}})
	tel.On(event.BindStateChanged{Bind: awcc, To: "DISCONNECTED"})
	expect(t, tel, map[string]string{disconnected: "1"})
}

// What an alert reads must be there before the first incident, at 0.
func TestABindsCountersStartAtZero(t *testing.T) {
	tel, _ := fresh(t, telemetry.Options{})
	tel.On(event.BindStateChanged{Bind: awcc, To: "CONNECTING"})
	const b = `bindId="1",direction="trx",mno="awcc"`
	expect(t, tel, map[string]string{
		`smpp_connector_sessions_total{` + b + `,session="BOUND",state="BOUND"}`: "0",
		`smpp_seq_skip_total{` + b + `}`:                                         "0",
		`smpp_connector_dlr_orphan_total{` + b + `}`:                             "0",
		`smpp_connector_redis_failopen_total{` + b + `}`:                         "0",
		`smpp_connector_tps_throttle_total{` + b + `}`:                           "0",
		`smpp_bind_half_closed_total{` + b + `}`:                                 "0",
		`smpp_connector_submit_duration_seconds_count{` + b + `}`:                "0",
	})
}

func TestTableIsWellFormed(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range telemetry.Table {
		if m.Name == "" || m.Meaning == "" || m.Unit == "" || len(m.Labels) == 0 {
			t.Errorf("%+v: a row lacks something", m)
		}
		if seen[m.Name] {
			t.Errorf("%s: twice", m.Name)
		}
		seen[m.Name] = true
		if m.Kind == telemetry.Counter && !strings.HasSuffix(m.Name, "_total") {
			t.Errorf("%s: a counter's name ends in _total", m.Name)
		}
		if m.Kind == telemetry.Histogram && !strings.HasSuffix(m.Name, "_seconds") {
			t.Errorf("%s: a histogram here counts seconds", m.Name)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		o    telemetry.Options
		want string
	}{
		"a level":           {telemetry.Options{LogLevel: "loud"}, "debug, info, warn or error"},
		"a ratio":           {telemetry.Options{SampleRatio: 1.5}, "0 to 1"},
		"an endpoint":       {telemetry.Options{OTLPEndpoint: "collector"}, "http://collector:4318"},
		"another scheme":    {telemetry.Options{OTLPEndpoint: "grpc://user:hunter2@collector:4317"}, "http://collector:4318"},
		"a broken endpoint": {telemetry.Options{OTLPEndpoint: "http://user:hunter2@%zz"}, "http://collector:4318"},
	} {
		_, err := telemetry.New(c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v, want an error with %q and no secret", name, err, c.want)
		}
	}
}
