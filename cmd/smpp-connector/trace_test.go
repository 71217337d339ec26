package main

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/otlp"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// Issue 8, traces: the publisher's span goes on as consume → admit → submit → response
// → store → publish → ack; the receipt has a trace of its own with a link; the life of
// the bind is there as span events; events carry the trace on; no text and no number.
func TestTheWayOfAMessageIsOneTrace(t *testing.T) {
	const traceID, parent, recipient = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", "93700000001"
	c := otlp.Start(t)
	const text = "geheim geheim geheim geheim geheim geheim geheim geheim geheim geheim geheim geheim geheim geheim geheim geheim geheim geheim geheim geheim geheim geheim geheim geheim "
	t.Run("one message", func(t *testing.T) { // its end ends the connector, and pushes what is left
		s := setStage(t, []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + c.URL, "TRACE_SAMPLE_RATIO=1"}, smsc.SendReceipts(smsc.After(0)))
		dlr := s.listen(t, contract.SubjectDLRInbound)
		m := nats.NewMsg(contract.OperatorSubject("demo"))
		m.Data = []byte(`{"messageId":"m1","to":"` + recipient + `","text":"` + text + `"}`)
		m.Header.Set("traceparent", "00-"+traceID+"-"+parent+"-01")
		if _, err := s.js.PublishMsg(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		dlr("m1")
		// An MO is the root of its own trace, which its event carries on.
		s.mno.Do(smsc.SendMO(recipient, "Ghasi", "geheim"))
		mo := s.listen(t, contract.SubjectMOInbound)
		mo("")
	})
	if mos := c.Spans("mo"); len(mos) != 1 || len(mos[0].ParentSpanId) != 0 {
		t.Errorf("MOs: %v", mos)
	}
	consume := c.Spans("consume")
	if len(consume) != 1 || hex.EncodeToString(consume[0].TraceId) != traceID || hex.EncodeToString(consume[0].ParentSpanId) != parent ||
		otlp.Attr(consume[0].Attributes, "messaging.message.id") != "m1" || consume[0].Status.GetCode() != tracepb.Status_STATUS_CODE_UNSET {
		t.Fatalf("consume: %v", consume)
	}
	var steps []string
	children := c.Spans("")
	slices.SortStableFunc(children, func(a, b *tracepb.Span) int { return int(int64(a.EndTimeUnixNano) - int64(b.EndTimeUnixNano)) })
	for _, child := range children {
		if string(child.ParentSpanId) == string(consume[0].SpanId) {
			steps = append(steps, child.Name)
			if child.StartTimeUnixNano < consume[0].StartTimeUnixNano || child.EndTimeUnixNano > consume[0].EndTimeUnixNano || child.EndTimeUnixNano < child.StartTimeUnixNano {
				t.Errorf("%s is outside of consume: %v", child.Name, child)
			}
		}
	}
	for name, n := range map[string]int{"admit": 1, "submit": 2, "response": 2, "store": 1, "publish": 1, "ack": 1} {
		if got := strings.Count(strings.Join(steps, " ")+" ", name+" "); got != n {
			t.Errorf("%d × %s, want %d: %v", got, name, n, steps)
		}
	}
	if len(steps) < 3 || steps[0] != "admit" || !slices.Equal(steps[len(steps)-3:], []string{"store", "publish", "ack"}) {
		t.Errorf("in the order of their ends: %v", steps)
	}
	receipts := c.Spans("receipt")
	if len(receipts) != 2 {
		t.Errorf("%d receipts", len(receipts))
	}
	for _, r := range receipts {
		if len(r.Links) != 1 || hex.EncodeToString(r.Links[0].TraceId) != traceID || string(r.Links[0].SpanId) != string(consume[0].SpanId) || len(r.ParentSpanId) != 0 {
			t.Errorf("receipt: %v", r)
		}
	}
	var states []string
	for _, s := range c.Spans("bind state") {
		for _, e := range s.Events {
			states = append(states, strings.TrimPrefix(e.Name, "state "))
		}
	}
	if !slices.Equal(states, []string{"DISCONNECTED", "CONNECTING", "BOUND", "CLOSED", "UNBINDING", "DISCONNECTED"}) {
		t.Errorf("states: %v", states)
	}
	if all := c.Everything(); strings.Contains(all, "geheim") || strings.Contains(all, recipient) || strings.Contains(all, "secret") {
		t.Error("a text, a number or a password has left in a trace")
	}
}
