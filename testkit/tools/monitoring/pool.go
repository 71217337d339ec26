package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// pool is one MNO's binds: state, owner, lag and TPS of each (US-SC-021). A click on
// a bind drills down: the same dashboard with that bind alone.
func pool() *dashboard.DashboardBuilder {
	const bind = `mno=~"$mno", direction=~"$direction", bindId=~"$bindId"`
	const lane = `mno=~"$mno"` // the operator's consumer has no direction and no bind
	now := rows("Binds", "What each bind is doing now and which pod has it. A click on bindId shows that bind alone.",
		map[string]string{"mno": "MNO", "direction": "direction", "bindId": "bindId", "state": "state", "instance": "instance", "pod": "pod",
			"Value": "", "Value #A": "", "Value #B": "TPS", "Value #C": "in flight", "Value #D": "window"},
		query{`sum by (mno, direction, bindId, state, instance, pod) (smpp_connector_sessions_total{` + bind + `} == 1)`, ""},
		query{`sum by (mno, direction, bindId, instance, pod) (rate(smpp_connector_submits_total{` + bind + `}[$__rate_interval]))`, ""},
		query{`sum by (mno, direction, bindId, instance, pod) (smpp_window_inflight{` + bind + `})`, ""},
		query{`sum by (mno, direction, bindId, instance, pod) (smpp_window_dynamic{` + bind + `})`, ""},
	).WithOverride(dashboard.MatcherConfig{Id: "byName", Options: "bindId"}, []dashboard.DynamicConfigValue{{Id: "links", Value: []any{map[string]any{
		"title": "This bind alone", "url": "/d/smpp-connector-mno?var-mno=${__data.fields.MNO}&var-direction=${__data.fields.direction}&var-bindId=${__data.fields.bindId}&${datasource:queryparam}&${__url_time_range}"}}}})
	return frame("smpp-connector-mno", "SMPP connector: pool of an MNO", "Every bind of an MNO and direction: state, owner, lag, TPS; and one bind from close by.").
		WithVariable(choose("mno", "MNO", "smpp_connector_sessions_total")).
		WithVariable(choose("direction", "direction", `smpp_connector_sessions_total{mno=~"$mno"}`)).
		WithVariable(choose("bindId", "bind", `smpp_connector_sessions_total{mno=~"$mno", direction=~"$direction"}`)).
		WithRow(row("Binds")).
		WithPanel(now).
		WithPanel(timeline("State of each bind", "DISCONNECTED → CONNECTING → BOUND, and what the window makes of BOUND: HALF_CLOSED_TX, DRAINING.", bind)).
		WithPanel(lines("Alerts", "Firing now; SmppMnoBindAllUnbound when the MNO has no bind at all.", "short",
			query{`sum by (alertname, mno, direction, bindId) (ALERTS{alertname=~"Smpp.+", alertstate="firing", mno=~"$mno"})`, "{{alertname}} {{mno}} {{direction}} {{bindId}}"})).
		WithPanel(lines("Maintenance and pauses", "1 while an MNO is in maintenance, or a bind is paused, by order.", "short",
			query{`max by (mno) (smpp_maintenance{mno=~"$mno"}) > 0`, "{{mno}} maintenance"}, query{`max by (mno, direction, bindId) (smpp_bind_paused{` + bind + `}) > 0`, "{{mno}}.{{direction}}.{{bindId}} paused"})).
		WithRow(row("Work")).
		WithPanel(lines("TPS by bind", "submit_sm a second.", "short", query{`sum by (mno, direction, bindId) (rate(smpp_connector_submits_total{` + bind + `}[$__rate_interval]))`, "{{mno}}.{{direction}}.{{bindId}}"})).
		WithPanel(lines("Lag by lane", "Commands that wait in JetStream and were handed to nobody. Every pod says the same of a consumer.", "short",
			query{`max by (mno, direction, lane, consumer) (smpp_lane_lag{` + lane + `})`, "{{lane}} {{consumer}}"})).
		WithPanel(lines("Wait before the line", "From the storing of a command in JetStream until its first part was handed to the line, by lane: median and 99th percentile.", "s",
			query{`histogram_quantile(0.5, sum by (mno, direction, lane, le) (rate(smpp_connector_dispatch_wait_seconds_bucket{mno=~"$mno", direction=~"$direction"}[$__rate_interval])))`, "{{mno}} {{direction}} {{lane}} p50"},
			query{`histogram_quantile(0.99, sum by (mno, direction, lane, le) (rate(smpp_connector_dispatch_wait_seconds_bucket{mno=~"$mno", direction=~"$direction"}[$__rate_interval])))`, "{{mno}} {{direction}} {{lane}} p99"})).
		WithPanel(lines("Acknowledged by lane", "Commands a second.", "short", query{`sum by (mno, direction, lane) (rate(smpp_lane_acks_total{` + lane + `}[$__rate_interval]))`, "{{mno}} {{direction}} {{lane}}"})).
		WithPanel(lines("Handed out and not acknowledged", "", "short", query{`max by (mno, direction, lane, consumer) (smpp_lane_unsettled{` + lane + `})`, "{{lane}} {{consumer}}"})).
		WithPanel(lines("Window of each bind", "In flight, and what the MNO bears now.", "short",
			query{`sum by (mno, direction, bindId) (smpp_window_inflight{` + bind + `})`, "{{mno}}.{{direction}}.{{bindId}} in flight"},
			query{`sum by (mno, direction, bindId) (smpp_window_dynamic{` + bind + `})`, "{{mno}}.{{direction}}.{{bindId}} allowed now"})).
		WithPanel(lines("Time to the answer", "99th percentile.", "s", query{`histogram_quantile(0.99, sum by (mno, direction, bindId, le) (rate(smpp_connector_submit_duration_seconds_bucket{` + bind + `}[$__rate_interval])))`, "{{mno}}.{{direction}}.{{bindId}}"})).
		WithPanel(lines("Errors of submit_sm", "Answers other than ESME_ROK.", "short", query{`sum by (mno, direction, bindId, esme_status) (rate(smpp_response_status_total{` + bind + `, esme_status!="ESME_ROK"}[$__rate_interval]))`, "{{mno}}.{{direction}}.{{bindId}} {{esme_status}}"})).
		WithPanel(lines("Receipts", "By state.", "short", query{`sum by (mno, direction, bindId, status) (rate(smpp_connector_dlr_total{` + bind + `}[$__rate_interval]))`, "{{mno}}.{{direction}}.{{bindId}} {{status}}"})).
		WithPanel(lines("Degraded", "smpp.bind.degraded events, and times that a bind stopped submitting.", "short",
			query{`sum by (mno, direction, bindId, reason) (increase(smpp_connector_bind_degraded_total{` + bind + `}[$__rate_interval]))`, "{{mno}}.{{direction}}.{{bindId}} {{reason}}"},
			query{`sum by (mno, direction, bindId) (increase(smpp_bind_half_closed_total{` + bind + `}[$__rate_interval]))`, "{{mno}}.{{direction}}.{{bindId}} half closed"})).
		WithPanel(lines("Sequence gaps and violations", "Both should stay 0.", "short",
			query{`sum by (mno, direction, bindId) (increase(smpp_seq_skip_total{` + bind + `}[$__rate_interval]))`, "{{mno}}.{{direction}}.{{bindId}} skipped"},
			query{`sum by (mno, direction, bindId, what) (increase(smpp_connector_protocol_violations_total{` + bind + `}[$__rate_interval]))`, "{{mno}}.{{direction}}.{{bindId}} {{what}}"})).
		Time("now-30m", "now")
}
