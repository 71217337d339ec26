package main

import (
	"fmt"
	"strings"
)

// slo is one service level objective, by MNO. Errors is the share of what went
// wrong over a window, written with %s for it.
type slo struct {
	name      string  // in recording rules
	alert     string  // and runbook
	objective float64 // share that is to go well
	errors    string
	says      string // of an alert's description
}

// Objectives are where a contract with the platform's customers would put them.
// Change them here, run `make generate`, and the panels, rules and alerts follow.
var slos = []slo{
	{
		name: "submit_errors", alert: "SmppSubmitSuccessBurn", objective: 0.99,
		// What the message itself is to blame for (a wrong number) is not the service's
		// failure, so only the statuses count that are answered by trying again.
		errors: `(
            (sum by (mno) (rate(smpp_response_status_total{esme_status=~"` + strings.Join(retried, "|") + `"}[%[1]s])) or 0 * sum by (mno) (rate(smpp_connector_submits_total[%[1]s])))
          +
            sum by (mno) (rate(smpp_connector_submits_total{outcome="unknown"}[%[1]s]))
          )
          / sum by (mno) (rate(smpp_connector_submits_total[%[1]s]))`,
		says: "99 % of the submit_sm are to be answered without trouble of the MNO's (throttled, queue full, system error, no answer at all)",
	},
	{
		name: "receipt_latency_errors", alert: "SmppReceiptLatencyBurn", objective: 0.95,
		// Prometheus 3 writes the bucket's bound as 60.0.
		errors: `1 -
          sum by (mno) (rate(smpp_connector_dlr_latency_seconds_bucket{le=~"60(\\.0)?"}[%[1]s]))
          / sum by (mno) (rate(smpp_connector_dlr_latency_seconds_count[%[1]s]))`,
		says: "95 % of the final receipts are to come within 60 s of the submit_sm",
	},
}

// retried are the statuses after which the same message is tried again: those whose
// verdict in deploy/runbooks/smpp-errors.md is to retry (a test holds the two together).
var retried = []string{
	"ESME_RTHROTTLED", "ESME_RMSGQFUL", "ESME_RSUBMITFAIL",
	"ESME_RSYSERR", "ESME_RX_T_APPN", "ESME_RSERTYPUNAVAIL", "ESME_RUNKNOWNERR", "ESME_RQUERYFAIL", "ESME_RBCASTFAIL",
	"ESME_RINVBNDSTS", "ESME_RALYBND", "ESME_RBINDFAIL",
}

// burn is a pair of windows: the long one shows that enough of the budget is gone,
// the short one that it goes on (Site Reliability Workbook, chapter 5).
type burn struct {
	factor      float64
	long, short string
}

// burns are by severity: a page at 2 % of a month's budget in an hour or 5 % in six,
// a ticket at 10 % in a day or in three.
var burns = []struct {
	severity string
	pairs    [2]burn
}{
	{"page", [2]burn{{14.4, "1h", "5m"}, {6, "6h", "30m"}}},
	{"ticket", [2]burn{{3, "1d", "2h"}, {1, "3d", "6h"}}},
}

var windows = []string{"5m", "30m", "1h", "2h", "6h", "1d", "3d"}

func (s slo) record(window string) string {
	return "mno:smpp_connector_" + s.name + ":ratio_rate" + window
}

func sloRules() []byte {
	var b strings.Builder
	b.WriteString("# Service level objectives by MNO. Made by testkit/tools/monitoring (slo.go); `make generate` writes it again.\ngroups:\n")
	for _, s := range slos {
		fmt.Fprintf(&b, "  - name: smpp-connector-slo-%s\n    rules:\n", strings.ReplaceAll(s.name, "_", "-"))
		for _, w := range windows {
			fmt.Fprintf(&b, "      - record: %s\n        expr: |\n          %s\n", s.record(w), fmt.Sprintf(s.errors, w))
		}
		for _, of := range burns {
			fmt.Fprintf(&b, "      - alert: %s\n        expr: |\n", s.alert)
			for i, p := range of.pairs {
				limit := p.factor * (1 - s.objective)
				if i > 0 {
					b.WriteString("          or\n")
				}
				fmt.Fprintf(&b, "          (%s > %.4g and %s > %.4g)\n", s.record(p.long), limit, s.record(p.short), limit)
			}
			fmt.Fprintf(&b, `        labels: {severity: %s}
        annotations:
          summary: "{{ $labels.mno }}: the error budget burns (%s)"
          description: "%s; now {{ $value | humanizePercentage }} do not, and the month's budget will not last."
          runbook_url: https://github.com/ghasi/smpp-connector/blob/main/deploy/runbooks/%s.md
`, of.severity, strings.ReplaceAll(s.name, "_", " "), s.says, s.alert)
		}
	}
	return []byte(b.String())
}
