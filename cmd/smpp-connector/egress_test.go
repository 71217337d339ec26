package main

import (
	"strings"
	"testing"
)

// US-SC-034: what the panel shows is true of the sockets: an open connection, our
// end of it, and octets that grow; none once the bind has gone.
func TestUSSC034EgressOfALiveBind(t *testing.T) {
	s := setStage(t, []string{"EGRESS_IP_POOL=awcc", "EGRESS_BUDGET_BYTES=125000"})
	metrics := func() string {
		_, body := get(t, "http://"+s.app.http.HTTPAddr()+"/metrics")
		return body
	}
	const octets = `smpp_connector_egress_bytes_total{mno="demo",pool="awcc"} `
	var body string
	eventually(t, "the connection is shown, and the bind PDU that went out is counted", func() bool {
		body = metrics()
		return strings.Contains(body, `smpp_connector_connections{mno="demo",pool="awcc"} 1`) && strings.Contains(body, octets) && !strings.Contains(body, octets+"0\n")
	})
	for _, want := range []string{`smpp_connector_egress_info{ip="127.0.0.1",mno="demo",pool="awcc"} 1`, `smpp_connector_egress_budget_bytes{pool="awcc"} 125000`} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is not in /metrics", want)
		}
	}
	s.app.drain()
	<-s.app.draining.over
	eventually(t, "after the drain no connection is shown, and the octets are not forgotten", func() bool {
		body = metrics()
		return !strings.Contains(body, `smpp_connector_connections{mno="demo",pool="awcc"} 1`) && strings.Contains(body, octets)
	})
}
