package main

import "github.com/grafana/grafana-foundation-sdk/go/dashboard"

// egress is what goes out to each MNO, from which address, and how much of its
// NAT's budget that is (US-SC-034).
func egress() *dashboard.DashboardBuilder {
	const of = `mno=~"$mno", pool=~"$pool"`
	return frame("smpp-connector-egress", "SMPP connector: egress", "Bytes a second, connections and addresses by MNO, and each pool's budget.").
		WithVariable(choose("mno", "MNO", "smpp_connector_connections")).
		WithVariable(choose("pool", "pool", `smpp_connector_connections{mno=~"$mno"}`)).
		WithPanel(rows("Addresses", "What each MNO sees, as the deployment says it (EGRESS_IPS); without that, our end of the lines.",
			map[string]string{"mno": "MNO", "pool": "pool", "ip": "address", "Value": "pods"}, query{`sum by (mno, pool, ip) (smpp_connector_egress_info{` + of + `})`, ""}).Height(8).Span(12)).
		WithPanel(lines("Budget in use", "Of what each pool's NAT carries. SmppEgressOverBudget fires above 80 %.", "percentunit",
			query{`sum by (pool) (rate(smpp_connector_egress_bytes_total{pool=~"$pool"}[$__rate_interval])) / max by (pool) (smpp_connector_egress_budget_bytes{pool=~"$pool"})`, "{{pool}}"}, query{`vector(0.8)`, "alert"})).
		WithPanel(lines("Bytes a second by MNO", "Written to the MNO's lines.", "Bps", query{`sum by (mno, pool) (rate(smpp_connector_egress_bytes_total{` + of + `}[$__rate_interval]))`, "{{mno}} from {{pool}}"})).
		WithPanel(lines("Connections by MNO", "TCP connections that are open.", "short", query{`sum by (mno, pool) (smpp_connector_connections{` + of + `})`, "{{mno}} from {{pool}}"})).
		WithPanel(lines("Bytes a second that come in", "Read from the MNO's lines.", "Bps", query{`sum by (mno) (rate(smpp_connector_ingress_bytes_total{mno=~"$mno"}[$__rate_interval]))`, "{{mno}}"}))
}
