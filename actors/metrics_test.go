package actors_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/infra/telemetry"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// The stories' metrics, from what happens on a line to what /metrics says: the real
// telemetry listens to a whole tree, and nothing between the two is invented.

// episode is one thing that happens in a bind's life, and what a scrape then shows.
// Series are written as their name and the labels that matter; those that match are
// added up.
type episode struct {
	name string
	do   func(r *rig)
	wait time.Duration
	by   map[string]float64 // how much these counters have risen since the episode before
	is   map[string]float64 // where these gauges stand
	rise string             // these have risen, by what timing decides; one a line
}

// elsewhere are the stories' metrics that one process with one account has no episode
// for, and where their values are held instead.
var elsewhere = map[string]string{
	"smpp_connector_failover_total":             "needs a backup: failover_test.go, failover_pods_test.go",
	"smpp_connector_enquire_link_ignored_total": "needs a peer that answers no enquire_link and sends other PDUs: heartbeat_test.go, which counts the facts",
	"smpp_connector_egress_info":                "configuration: infra/telemetry/egress_test.go",
	"smpp_connector_egress_budget_bytes":        "configuration: infra/telemetry/egress_test.go",
	"smpp_bind_orphan_total":                    "needs a lease that nobody takes out: actors/ownership/claims_test.go",
	"smpp_connector_binds_unowned":              "needs several pods: actors/ownership/claims_test.go",
	"smpp_connector_binds_owned_twice":          "needs several pods: actors/ownership/claims_test.go",
	"smpp_connector_silent_pods":                "needs Kubernetes: actors/ownership/claims_test.go",
}

// US-SC-004 to 037, 014: every story's metric has the value that its story asks for.
func TestUSSC014ALifeFullOfEventsIsCounted(t *testing.T) {
	long := strings.Repeat("0123456789", 40) // three segments
	with := func(id, more string) func(*rig) {
		return func(r *rig) {
			r.mem.Publish(contract.OperatorSubject("awcc"), fmt.Appendf(nil, `{"messageId":%q,"to":"93700000001",%s}`, id, more))
		}
	}
	then := func(list ...func(*rig)) func(*rig) {
		return func(r *rig) {
			for _, do := range list {
				do(r)
			}
		}
	}
	mno := func(steps ...smsc.Step) func(*rig) { return func(r *rig) { r.mno.Do(steps...) } }
	hello := func(word string, n int) func(*rig) { return func(r *rig) { r.sendMany(word, n) } }
	nothing := func(*rig) {}
	bind := port.BindID{MNO: "awcc", Direction: port.TRX, Number: 1}

	life := []episode{
		{name: "the bind is made", do: func(r *rig) { r.start() }, wait: time.Second,
			by: map[string]float64{"smpp_bind_owner_changes_total mno=awcc direction=trx": 1},
			is: map[string]float64{"smpp_connector_sessions_total state=BOUND session=BOUND": 1, "smpp_connector_connections mno=awcc": 1, "smpp_window_dynamic": 40}},
		{name: "short messages", do: hello("short", 5), wait: 10 * time.Second,
			by: map[string]float64{"smpp_connector_submits_total outcome=accepted": 5, "smpp_connector_submits_total": 5, "smpp_response_status_total esme_status=ESME_ROK": 5,
				"smpp_connector_submit_duration_seconds_count": 5, "smpp_encoding_total encoding=GSM7 detection=auto": 5, "smpp_connector_settled_total operatorId=awcc": 5,
				"smpp_connector_receipts_asked_total": 5, "smpp_connector_dlr_total status=DELIVERED": 5, "smpp_connector_dlr_latency_seconds_count": 5, "smpp_lane_acks_total lane=P1": 5,
				"smpp_connector_dispatch_wait_seconds_count mno=awcc direction=trx lane=P1": 5},
			rise: "smpp_connector_egress_bytes_total mno=awcc\nsmpp_connector_ingress_bytes_total"},
		{name: "in parts", do: with("csms", `"text":"`+long+`"`), wait: 5 * time.Second,
			by: map[string]float64{"smpp_connector_long_message_segments_total strategy=csms": 3, "smpp_connector_submits_total": 3, "smpp_encoding_total": 1}},
		{name: "as message_payload", do: with("tlv", `"longMessageStrategy":"TLV","text":"`+long+`"`), wait: 5 * time.Second,
			by: map[string]float64{"smpp_connector_long_message_segments_total strategy=tlv": 3, "smpp_connector_submits_total": 1, "smpp_encoding_total": 1}},
		{name: "by SAR", do: with("sar", `"longMessageStrategy":"SAR","text":"`+long+`"`), wait: 5 * time.Second,
			by: map[string]float64{"smpp_connector_long_message_segments_total strategy=sar": 3, "smpp_connector_submits_total": 3, "smpp_encoding_total": 1}},
		{name: "encodings", do: then(with("e1", `"text":"سلام"`), with("e2", `"text":"Hi","encoding":"UCS2"`), with("e3", `"text":"ښ","encoding":"GSM7_FORCE"`)), wait: 5 * time.Second,
			by: map[string]float64{"smpp_encoding_total encoding=UCS2 detection=auto": 1, "smpp_encoding_total encoding=UCS2 detection=forced": 1, "smpp_encoding_total encoding=GSM7 detection=forced": 1}},
		{name: "a wrong fingerprint", do: with("fp", `"text":"Hi","segmentFingerprint":"1:0123456789abcdef"`), wait: 5 * time.Second,
			by: map[string]float64{"smpp_connector_fingerprint_mismatch_total operatorId=awcc": 1, "smpp_connector_submits_total outcome=accepted": 1}},
		{name: "an invalid command", do: with("bad", `"encoding":"GSM7"`), wait: 5 * time.Second,
			by: map[string]float64{"smpp_connector_dlq_total operatorId=awcc reason=missing_field": 1, "smpp_connector_submits_total": 0, "smpp_encoding_total": 0}},
		{name: "rejected", do: then(mno(smsc.AnswerSubmits(codec.StatusInvDstAdr, 1)), hello("rejected", 1)), wait: 5 * time.Second,
			by: map[string]float64{"smpp_connector_dlq_total operatorId=awcc reason=rejected_by_mno": 1, "smpp_connector_submits_total outcome=refused": 1,
				"smpp_response_status_total esme_status=ESME_RINVDSTADR": 1}},
		{name: "throttled", do: then(mno(smsc.AnswerSubmits(codec.StatusThrottled, 3)), hello("throttled", 1)), wait: 10 * time.Second,
			by: map[string]float64{"smpp_response_status_total esme_status=ESME_RTHROTTLED": 3, "smpp_connector_bind_degraded_total reason=throttled": 1, "smpp_encoding_total": 1,
				"smpp_connector_submits_total outcome=accepted": 1},
			is: map[string]float64{"smpp_window_dynamic": 10}}, // 40, 20, 10, and no less
		{name: "the window grows again", do: nothing, wait: 2 * time.Minute, is: map[string]float64{"smpp_window_dynamic": 20, "smpp_lane_binds lane=P0": 1, "smpp_lane_binds lane=P3": 1}},
		{name: "the MNO's queue is full", do: then(mno(smsc.AnswerSubmits(codec.StatusMsgQFul, 1)), hello("full", 1)), wait: 10 * time.Second,
			by: map[string]float64{"smpp_response_status_total esme_status=ESME_RMSGQFUL": 1, "smpp_encoding_total": 1},
			is: map[string]float64{"smpp_connector_sessions_total state=DRAINING": 1, "smpp_connector_sessions_total": 1}},
		{name: "and has room again", do: nothing, wait: 5 * time.Minute, by: map[string]float64{"smpp_connector_submits_total outcome=accepted": 1, "smpp_encoding_total": 0},
			is: map[string]float64{"smpp_connector_sessions_total state=BOUND": 1}},
		{name: "and is full for long", do: then(mno(smsc.AnswerSubmits(codec.StatusMsgQFul, 0)), hello("full for long", 1)), wait: 6 * time.Minute,
			by: map[string]float64{"smpp_connector_bind_degraded_total reason=draining": 1}},
		{name: "and is well", do: mno(smsc.AnswerSubmits(codec.StatusOK, 0)), wait: 5 * time.Minute, is: map[string]float64{"smpp_connector_sessions_total state=BOUND": 1}},
		{name: "half-closed, while a lane fills", do: then(mno(smsc.AnswerSubmits(codec.StatusSubmitFail, 3)), hello("failing", 3), func(r *rig) {
			r.after(time.Second)
			for i := range 4 {
				r.mem.Publish(contract.LaneSubject(contract.P2, "awcc", "trx"), fmt.Appendf(nil, `{"messageId":"bulk%d","to":"93700000001","text":"x"}`, i))
			}
		}), wait: 50 * time.Second,
			by: map[string]float64{"smpp_bind_half_closed_total": 1, "smpp_response_status_total esme_status=ESME_RSUBMITFAIL": 3, "smpp_encoding_total": 3},
			is: map[string]float64{"smpp_connector_sessions_total state=HALF_CLOSED_TX": 1, "smpp_lane_lag lane=P2": 4, "smpp_lane_unsettled lane=P2": 0}},
		{name: "a half-closed line comes back", do: mno(smsc.DropLine()), wait: 7 * time.Second,
			by: map[string]float64{"smpp_bind_half_closed_total": 0, "smpp_connector_reconnect_attempts_total": 1}},
		{name: "the test submit is accepted", do: nothing, wait: 5 * time.Minute,
			by: map[string]float64{"smpp_lane_acks_total lane=P2": 4, "smpp_encoding_total": 4},
			is: map[string]float64{"smpp_connector_sessions_total state=BOUND": 1, "smpp_lane_lag lane=P2": 0}},
		{name: "answers take long", do: then(mno(smsc.Delay(20*time.Second)), hello("slow", 3)), wait: 5 * time.Second, is: map[string]float64{"smpp_window_inflight": 3}},
		{name: "and come", do: mno(smsc.Delay(0)), wait: time.Minute, is: map[string]float64{"smpp_window_inflight": 0}},
		{name: "an answer comes too late", do: then(mno(smsc.Delay(40*time.Second)), hello("late", 1), func(r *rig) { r.after(5 * time.Second) }, mno(smsc.Delay(0))), wait: time.Minute,
			by: map[string]float64{"smpp_connector_late_answers_total esme_status=ESME_ROK": 1, "smpp_connector_submits_total outcome=unknown": 1, "smpp_connector_submits_total outcome=accepted": 1,
				"smpp_connector_unknown_outcome_total decision=redeliver": 1, "smpp_encoding_total": 1}},
		{name: "silence", do: mno(smsc.GoSilent()), wait: 42 * time.Second,
			by: map[string]float64{"smpp_connector_enquire_link_timeout_total": 1}, rise: "smpp_connector_reconnect_attempts_total",
			is: map[string]float64{"smpp_connector_sessions_total session=BOUND": 0}},
		{name: "is over", do: mno(smsc.SpeakAgain()), wait: 3 * time.Minute, is: map[string]float64{"smpp_connector_sessions_total state=BOUND": 1}},
		{name: "the bind is refused", do: mno(smsc.RefuseEvery(codec.StatusBindFail), smsc.DropLine()), wait: 8 * time.Second,
			by: map[string]float64{"smpp_connector_bind_refused_total esme_status=ESME_RBINDFAIL": 1, "smpp_connector_reconnect_attempts_total": 2}},
		{name: "and made", do: mno(smsc.RefuseEvery(codec.StatusOK)), wait: 3 * time.Minute, is: map[string]float64{"smpp_connector_sessions_total state=BOUND": 1}},
		{name: "inbound", do: mno(smsc.SendMO("93700000009", "1234", "yes"), smsc.SendMO("93700000009", "1234", long)), wait: 5 * time.Second,
			by: map[string]float64{"smpp_connector_mo_total": 2, "smpp_concat_complete_total": 1, "smpp_concat_partial_total": 0, "smpp_connector_mo_parts_total outcome=added": 3}},
		{name: "inbound, without its second part", do: mno(smsc.SendMO("93700000009", "1234", long, smsc.WithoutPart(2))), wait: 10 * time.Second,
			by: map[string]float64{"smpp_connector_mo_total": 0}, is: map[string]float64{"smpp_concat_buffer_size mno=awcc bindId=1": 1}},
		{name: "and its deadline", do: nothing, wait: 2 * time.Minute, by: map[string]float64{"smpp_connector_mo_total": 1, "smpp_concat_partial_total": 1},
			is: map[string]float64{"smpp_concat_buffer_size mno=awcc bindId=1": 0}},
		{name: "a receipt of nobody's", do: mno(smsc.SendReceipt("123456")), wait: 15 * time.Minute,
			by: map[string]float64{"smpp_connector_dlr_parked_total": 1, "smpp_connector_dlr_orphan_total": 1}},
		{name: "above the limit", do: hello("burst", 120), wait: time.Minute, by: map[string]float64{"smpp_connector_submits_total outcome=accepted": 120}, rise: "smpp_connector_tps_throttle_total"},
		{name: "Redis is away", do: then(func(r *rig) { r.mem.Permits.Fail(errDown) }, hello("away", 20)), wait: 10 * time.Second, rise: "smpp_connector_redis_failopen_total",
			by: map[string]float64{"smpp_connector_submits_total outcome=accepted": 20}},
		{name: "somebody moves the sequence numbers", do: func(r *rig) {
			r.mem.Permits.Heal()
			r.mem.Counters.SetSequences(bind, r.mem.Counters.Sequences(bind)+5000)
			r.sendMany("moved", 250)
		}, wait: time.Minute, by: map[string]float64{"smpp_seq_skip_total": 5000, "smpp_connector_submits_total": 250}},
	}
	inBubble(t, func(r *rig) {
		account := r.account["awcc"]
		account.Window, account.TPS, r.pods, r.orphan = 40, 50, 1, 10*time.Minute
		tel, err := telemetry.New(telemetry.Options{LogWriter: discard{}})
		if err != nil {
			t.Error(err)
			return
		}
		r.also = tel
		covered := map[string]bool{}
		before := samples{}
		for i, e := range life {
			e.do(r)
			if i == 0 {
				tel.ReadBinds(r.system.Tree())
			}
			r.after(e.wait)
			now := scrape(t, tel)
			for series, want := range e.by {
				covered[nameOf(series)] = true
				if got := now.value(series) - before.value(series); got != want {
					t.Errorf("%s: %s has risen by %v, want %v", e.name, series, got, want)
				}
			}
			for series, want := range e.is {
				covered[nameOf(series)] = true
				if got := now.value(series); got != want {
					t.Errorf("%s: %s is %v, want %v", e.name, series, got, want)
				}
			}
			for series := range strings.SplitSeq(e.rise, "\n") {
				covered[nameOf(series)] = true
				if series != "" && now.value(series) <= before.value(series) {
					t.Errorf("%s: %s has not risen", e.name, series)
				}
			}
			before = now
		}
		for _, m := range telemetry.Table {
			if strings.Contains(m.Meaning, "US-SC-") && covered[m.Name] == (elsewhere[m.Name] != "") {
				t.Errorf("%s is a story's: it needs an episode, or a word where else its value is held, not both", m.Name)
			}
		}
	})
}

// discard is a log that nobody reads.
type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// samples are the values of a scrape by series, as written: name{labels}.
type samples map[string]float64

// scrape reads /metrics.
func scrape(t *testing.T, tel *telemetry.Telemetry) samples {
	t.Helper()
	rec := httptest.NewRecorder()
	tel.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	found := samples{}
	for line := range strings.Lines(rec.Body.String()) {
		cut := strings.LastIndexByte(strings.TrimSpace(line), ' ')
		if strings.HasPrefix(line, "#") || cut < 0 {
			continue
		}
		value, err := strconv.ParseFloat(strings.TrimSpace(line)[cut+1:], 64)
		if err != nil {
			t.Errorf("%v in %q", err, line)
		}
		found[line[:cut]] = value
	}
	return found
}

// value adds up the series of a name whose labels are among others those that follow it.
func (s samples) value(wanted string) (sum float64) {
	words := strings.Fields(wanted)
	for series, value := range s {
		name, labels, _ := strings.Cut(series, "{")
		fits := name == words[0]
		for _, label := range words[1:] {
			key, want, _ := strings.Cut(label, "=")
			fits = fits && strings.Contains("{"+labels, key+`="`+want+`"`)
		}
		if fits {
			sum += value
		}
	}
	return sum
}

// nameOf is the metric of a series as an episode writes it; a histogram's count is its.
func nameOf(series string) string {
	name, _, _ := strings.Cut(series, " ")
	return strings.TrimSuffix(name, "_count")
}
