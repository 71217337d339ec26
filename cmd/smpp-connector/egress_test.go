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
	eventually(t, "the connection is shown", func() bool {
		return strings.Contains(metrics(), `smpp_connector_connections{mno="demo",pool="awcc"} 1`)
	})
	body := metrics()
	for _, want := range []string{`smpp_connector_egress_info{ip="127.0.0.1",mno="demo",pool="awcc"} 1`, `smpp_connector_egress_budget_bytes{pool="awcc"} 125000`} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is not in /metrics", want)
		}
	}
	const octets = `smpp_connector_egress_bytes_total{mno="demo",pool="awcc"} `
	if !strings.Contains(body, octets) || strings.Contains(body, octets+"0\n") {
		t.Error("a bind PDU went out and is not counted")
	}
	s.app.drain()
	<-s.app.draining.over
	if body := metrics(); strings.Contains(body, `smpp_connector_connections{mno="demo",pool="awcc"} 1`) || !strings.Contains(body, octets) {
		t.Error("after the drain a connection is shown, or the octets are forgotten")
	}
}
