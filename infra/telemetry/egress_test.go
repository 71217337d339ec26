package telemetry_test

import (
	"strings"
	"testing"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/infra/telemetry"
)

// US-SC-034: bytes by MNO, over all its binds. A bind that moves to another pod does
// not make the counter fall, nor does one that comes back count twice.
func TestUSSC034EgressBytesOnlyGrow(t *testing.T) {
	tel, _ := fresh(t, telemetry.Options{})
	second := port.BindID{MNO: "awcc", Direction: port.RX, Number: 1}
	other := port.BindID{MNO: "mtn", Direction: port.TRX, Number: 1}
	for _, step := range []struct {
		live tree
		want string
	}{
		{tree{{Bind: awcc, BytesWritten: 100}, {Bind: second, BytesWritten: 10}, {Bind: other, BytesWritten: 7}}, "110"},
		{tree{{Bind: awcc, BytesWritten: 150}, {Bind: second, BytesWritten: 10}}, "160"},
		{tree{{Bind: second, BytesWritten: 20}}, "170"},                                   // the first has moved away
		{tree{{Bind: awcc, BytesWritten: 5}, {Bind: second, BytesWritten: 20}}, "175"},    // and is back, counting anew
		{tree{{Bind: awcc, BytesWritten: 5}, {Bind: second, BytesWritten: 20}}, "175"},    // nothing was written
		{tree{{Bind: awcc, BytesWritten: 1005}, {Bind: second, BytesWritten: 3}}, "1178"}, // gone and back between two looks
	} {
		tel.ReadBinds(step.live)
		expect(t, tel, map[string]string{`smpp_connector_egress_bytes_total{mno="awcc",pool="default"}`: step.want})
	}
	expect(t, tel, map[string]string{`smpp_connector_egress_bytes_total{mno="mtn",pool="default"}`: "7"})
}

// US-SC-034: connections and addresses by MNO.
func TestUSSC034ConnectionsAndAddresses(t *testing.T) {
	second := port.BindID{MNO: "awcc", Direction: port.TRX, Number: 2}
	live := tree{{Bind: awcc, Connections: 2, SourceIP: "10.0.0.7"}, {Bind: second, Connections: 1, SourceIP: "10.0.0.7"}, {Bind: port.BindID{MNO: "mtn", Direction: port.TX, Number: 1}}}
	tel, _ := fresh(t, telemetry.Options{})
	tel.ReadBinds(live)
	expect(t, tel, map[string]string{
		`smpp_connector_connections{mno="awcc",pool="default"}`:               "3",
		`smpp_connector_connections{mno="mtn",pool="default"}`:                "0",
		`smpp_connector_egress_info{ip="10.0.0.7",mno="awcc",pool="default"}`: "1",
	})
	for series := range scrape(t, tel) {
		if strings.HasPrefix(series, "smpp_connector_egress_budget_bytes") || strings.Contains(series, `egress_info{ip="",`) {
			t.Errorf("%s: nobody said so", series)
		}
	}
	tel, _ = fresh(t, telemetry.Options{Egress: telemetry.Egress{Pool: "awcc", IPs: []string{"203.0.113.7", "203.0.113.8"}, BytesPerSecond: 125_000}})
	tel.ReadBinds(live)
	expect(t, tel, map[string]string{
		`smpp_connector_connections{mno="awcc",pool="awcc"}`:                  "3",
		`smpp_connector_egress_info{ip="203.0.113.7",mno="awcc",pool="awcc"}`: "1",
		`smpp_connector_egress_info{ip="203.0.113.8",mno="awcc",pool="awcc"}`: "1",
		`smpp_connector_egress_info{ip="203.0.113.8",mno="mtn",pool="awcc"}`:  "1",
		`smpp_connector_egress_budget_bytes{pool="awcc"}`:                     "125000",
	})
}
