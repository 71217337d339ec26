package main

import (
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// overview is what somebody opens first: is it well, and if not, where (US-SC-014).
func overview() *dashboard.DashboardBuilder {
	const mno = `mno=~"$mno"`
	d := frame("smpp-connector", "SMPP connector", "Sessions, throughput, windows, statuses and objectives of every MNO.").
		WithVariable(choose("mno", "MNO", "smpp_connector_sessions_total")).
		WithRow(row("Now")).
		WithPanel(number("Bound", "Binds that a pod has BOUND.", "short", `sum(smpp_connector_sessions_total{`+mno+`, session="BOUND"})`)).
		WithPanel(number("Not bound", "Binds that no pod has BOUND.", "short",
			`count((sum by (mno, direction, bindId) (smpp_connector_sessions_total{`+mno+`, session="BOUND"}) == 0) and (sum by (mno, direction, bindId) (smpp_connector_sessions_total{`+mno+`}) > 0)) or vector(0)`, from(1, "red"))).
		WithPanel(number("Submits a second", "submit_sm answered or given up.", "short", `sum(rate(smpp_connector_submits_total{`+mno+`}[$__rate_interval]))`)).
		WithPanel(number("Receipts a second", "", "short", `sum(rate(smpp_connector_dlr_total{`+mno+`}[$__rate_interval]))`)).
		WithPanel(number("Waiting", "Commands in JetStream that nobody has taken.", "short", `sum(max by (mno, direction, lane, consumer) (smpp_lane_lag{`+mno+`})) or vector(0)`, from(1000, "yellow"), from(100000, "red"))).
		WithPanel(number("p99 of an answer", "From submit_sm to its answer.", "s", `histogram_quantile(0.99, sum by (le) (rate(smpp_connector_submit_duration_seconds_bucket{`+mno+`}[$__rate_interval])))`, from(1, "yellow"), from(10, "red"))).
		WithRow(row("Sessions")).
		WithPanel(timeline("State of each bind", "The state that is shown everywhere: the window's while the line is bound.", mno)).
		WithPanel(lines("Binds by state", "", "short", query{`sum by (session) (smpp_connector_sessions_total{` + mno + `})`, "{{session}}"})).
		WithPanel(lines("Lost and refused", "Lines that were lost and binds that failed; heartbeats without an answer; binds that the MNO refused.", "short",
			query{`sum by (mno) (increase(smpp_connector_reconnect_attempts_total{` + mno + `}[$__rate_interval]))`, "{{mno}} reconnects"},
			query{`sum by (mno) (increase(smpp_connector_enquire_link_timeout_total{` + mno + `}[$__rate_interval]))`, "{{mno}} heartbeats lost"},
			query{`sum by (mno, esme_status) (increase(smpp_connector_bind_refused_total{` + mno + `}[$__rate_interval]))`, "{{mno}} refused {{esme_status}}"})).
		WithPanel(lines("Hosts", "Where an MNO has several: dials to one that were followed by one to the next, and binds that are not at the host they dial first. SmppBindElsewhere after half an hour.", "short",
			query{`sum by (mno, host) (increase(smpp_connector_host_failed_total{` + mno + `}[$__rate_interval]))`, "{{mno}} {{host}} failed"},
			query{`sum by (mno) (max by (mno, direction, bindId) (smpp_connector_bind_elsewhere{` + mno + `}))`, "{{mno}} elsewhere"})).
		WithPanel(lines("Certificates", "Until the certificates of TLS lines end, by host: the MNO's chain, and ours. SmppTlsCertificateEnds two weeks before.", "s",
			query{`max by (mno, host, certificate) (smpp_connector_tls_certificate_ends_timestamp_seconds{` + mno + `}) - time()`, "{{mno}} {{host}} {{certificate}}"})).
		WithRow(row("Throughput")).
		WithPanel(lines("TPS by MNO", "submit_sm a second, by outcome.", "short", query{`sum by (mno, outcome) (rate(smpp_connector_submits_total{` + mno + `}[$__rate_interval]))`, "{{mno}} {{outcome}}"})).
		WithPanel(lines("Held back by the TPS limit", "Messages a second that the account's limit kept waiting.", "short", query{`sum by (mno) (rate(smpp_connector_tps_throttle_total{` + mno + `}[$__rate_interval]))`, "{{mno}}"})).
		WithPanel(lines("Window", "In flight, what the MNO bears now, and what is configured: all binds of an MNO together.", "short",
			query{`sum by (mno) (smpp_window_inflight{` + mno + `})`, "{{mno}} in flight"},
			query{`sum by (mno) (smpp_window_dynamic{` + mno + `})`, "{{mno}} allowed now"},
			query{`sum by (mno) (smpp_connector_window_limit{` + mno + `})`, "{{mno}} configured"})).
		WithPanel(lines("Time to the answer", "Median and 99th percentile.", "s",
			query{`histogram_quantile(0.5, sum by (mno, le) (rate(smpp_connector_submit_duration_seconds_bucket{` + mno + `}[$__rate_interval])))`, "{{mno}} p50"},
			query{`histogram_quantile(0.99, sum by (mno, le) (rate(smpp_connector_submit_duration_seconds_bucket{` + mno + `}[$__rate_interval])))`, "{{mno}} p99"})).
		WithPanel(lines("Wait before the line", "From the storing of a command in JetStream until its first part was handed to the line, by lane: median and 99th percentile.", "s",
			query{`histogram_quantile(0.5, sum by (mno, lane, le) (rate(smpp_connector_dispatch_wait_seconds_bucket{` + mno + `}[$__rate_interval])))`, "{{mno}} {{lane}} p50"},
			query{`histogram_quantile(0.99, sum by (mno, lane, le) (rate(smpp_connector_dispatch_wait_seconds_bucket{` + mno + `}[$__rate_interval])))`, "{{mno}} {{lane}} p99"})).
		WithPanel(lines("Segments of long messages", "", "short", query{`sum by (strategy) (rate(smpp_connector_long_message_segments_total{` + mno + `}[$__rate_interval]))`, "{{strategy}}"})).
		WithPanel(lines("Encodings", "Messages a second.", "short", query{`sum by (encoding, detection) (rate(smpp_encoding_total[$__rate_interval]))`, "{{encoding}} {{detection}}"})).
		WithRow(row("Statuses")).
		WithPanel(lines("Errors of submit_sm", "Answers other than ESME_ROK. deploy/runbooks/smpp-errors.md says what each means and what is done about it.", "short",
			query{`sum by (mno, esme_status) (rate(smpp_response_status_total{` + mno + `, esme_status!="ESME_ROK"}[$__rate_interval]))`, "{{mno}} {{esme_status}}"})).
		WithPanel(lines("Receipts by state", "", "short", query{`sum by (status) (rate(smpp_connector_dlr_total{` + mno + `}[$__rate_interval]))`, "{{status}}"})).
		WithPanel(lines("Receipts against submits", "Accepted submit_sm that asked for a receipt, and the receipts that came. SmppReceiptsStopped when none comes any more.", "short",
			query{`sum by (mno) (rate(smpp_connector_receipts_asked_total{` + mno + `}[$__rate_interval]))`, "{{mno}} asked for"},
			query{`sum by (mno) (rate(smpp_connector_dlr_total{` + mno + `}[$__rate_interval]))`, "{{mno}} came"})).
		WithPanel(lines("Time to the receipt", "From submit_sm to the final receipt: median and 99th percentile.", "s",
			query{`histogram_quantile(0.5, sum by (mno, le) (rate(smpp_connector_dlr_latency_seconds_bucket{` + mno + `}[$__rate_interval])))`, "{{mno}} p50"},
			query{`histogram_quantile(0.99, sum by (mno, le) (rate(smpp_connector_dlr_latency_seconds_bucket{` + mno + `}[$__rate_interval])))`, "{{mno}} p99"})).
		WithPanel(lines("Never answered", "submit_sm that were written and never answered, and what became of their messages.", "short",
			query{`sum by (mno) (rate(smpp_connector_submits_total{` + mno + `, outcome="unknown"}[$__rate_interval]))`, "{{mno}} unknown"},
			query{`sum by (mno, decision) (rate(smpp_connector_unknown_outcome_total{` + mno + `}[$__rate_interval]))`, "{{mno}} {{decision}}"})).
		WithPanel(lines("Dead letters", "Commands that went to sms.dispatch.dlq.", "short", query{`sum by (operatorId, reason) (increase(smpp_connector_dlq_total[$__rate_interval]))`, "{{operatorId}} {{reason}}"})).
		WithPanel(lines("Receipts without a message", "Parked until their message is known; orphans after an hour.", "short",
			query{`sum by (mno) (rate(smpp_connector_dlr_parked_total{` + mno + `}[$__rate_interval]))`, "{{mno}} parked"},
			query{`sum by (mno) (rate(smpp_connector_dlr_orphan_total{` + mno + `}[$__rate_interval]))`, "{{mno}} orphans"})).
		WithPanel(lines("Messages from subscribers", "Published, and waiting for their parts.", "short",
			query{`sum by (mno) (rate(smpp_connector_mo_total{` + mno + `}[$__rate_interval]))`, "{{mno}} a second"},
			query{`sum by (mno) (smpp_concat_buffer_size{` + mno + `})`, "{{mno}} waiting"})).
		WithRow(row("Objectives"))
	for _, s := range slos {
		d.WithPanel(lines(fmt.Sprintf("Error budget: %s", s.name), s.says+". Above the lines somebody is called.", "percentunit",
			query{s.record("1h") + `{` + mno + `}`, "{{mno}} over 1 h"}, query{s.record("6h") + `{` + mno + `}`, "{{mno}} over 6 h"},
			query{fmt.Sprintf("vector(%.4g)", burns[0].pairs[0].factor*(1-s.objective)), "page at once"}, query{fmt.Sprintf("vector(%.4g)", 1-s.objective), "objective"}))
	}
	return d.
		WithRow(row("What it stands on")).
		WithPanel(lines("Servers", "1 while a server answers, the worst of all pods.", "short", query{`min by (dependency) (smpp_connector_dependency_up)`, "{{dependency}}"})).
		WithPanel(lines("Trouble", "Events that could not be stored; PDUs admitted without Redis; bugs.", "short",
			query{`sum by (subject) (increase(smpp_connector_events_not_stored_total[$__rate_interval])) > 0`, "not stored: {{subject}}"},
			query{`sum by (mno) (increase(smpp_connector_redis_failopen_total{` + mno + `}[$__rate_interval])) > 0`, "{{mno}} without Redis"},
			query{`sum by (path) (increase(smpp_connector_actor_failures_total{bug="true"}[$__rate_interval])) > 0`, "bug: {{path}}"})).
		WithPanel(lines("CPU", "Cores, by pod.", "short", query{`sum by (instance) (rate(process_cpu_seconds_total{job=~".*smpp-connector.*"}[$__rate_interval]))`, "{{instance}}"})).
		WithPanel(lines("Memory", "Resident, by pod.", "bytes", query{`sum by (instance) (process_resident_memory_bytes{job=~".*smpp-connector.*"})`, "{{instance}}"}))
}
