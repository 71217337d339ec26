package main

import (
	"fmt"
	"strings"
	"testing"

	contract "github.com/ghasi/smpp-connector/proto"
)

// US-SC-018 with a real JetStream: each lane is a durable consumer of its own, a pod
// with LANES reads its lanes alone, and each has its acknowledgements and its lag.
func TestUSSC018LanesOfARealServer(t *testing.T) {
	s := setStage(t, []string{"LANES=P0,p1"})
	for _, subject := range []string{"lane.p0.smpp.demo.trx", "lane.p1.smpp.demo.trx", "lane.p3.smpp.demo.trx", "smpp.demo.trx.1.dispatch"} {
		for i := range 5 {
			if _, err := s.js.Publish(t.Context(), subject, fmt.Appendf(nil, `{"messageId":"%s-%d","to":"+9370000000%d","text":"Hello"}`, subject, i, i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := s.js.Publish(t.Context(), "lane.p9.smpp.demo.trx", []byte(`{}`)); err == nil {
		t.Error("a command for a lane that there is not was stored")
	}
	if err := s.mno.WaitSubmits(t.Context(), 15); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the reserved pod leaves P3 alone", func() bool { return s.unsettled(t) == 5 })
	stream, err := s.js.Stream(t.Context(), contract.StreamDispatch)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for name := range stream.ConsumerNames(t.Context()).Name() {
		names[name] = true
	}
	if len(names) != 4 || !names["smpp-lane-p0-demo-trx"] || !names["smpp-lane-p1-demo-trx"] || !names["qg-demo-trx-1"] || !names["smpp-connector-demo"] {
		t.Errorf("consumers: %v", names)
	}
	if _, err := s.js.Consumer(t.Context(), contract.StreamDispatch, "smpp-lane-p0-demo-trx"); err != nil {
		t.Error(err)
	}
	var metrics string
	eventually(t, "the lanes' metrics", func() bool {
		_, metrics = get(t, "http://"+s.app.http.HTTPAddr()+"/metrics")
		return strings.Contains(metrics, `smpp_lane_acks_total{consumer="smpp-lane-p0-demo-trx",direction="trx",lane="P0",mno="demo"} 5`) &&
			strings.Contains(metrics, `smpp_lane_acks_total{consumer="qg-demo-trx-1",direction="trx",lane="P1",mno="demo"} 5`) &&
			strings.Contains(metrics, `smpp_lane_lag{consumer="smpp-lane-p1-demo-trx",direction="trx",lane="P1",mno="demo"} 0`)
	})
	if strings.Contains(metrics, "smpp-lane-p3") {
		t.Error("the metrics speak of a lane that the pod does not serve")
	}
}
