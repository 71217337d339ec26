package natsjs_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Events of one batch, and of one after it, share the memory that they are sent from:
// each has its own payload and its own headers all the same, and one that cannot be
// encoded costs no other. Several batches at once do not meet.
func TestEventsOfABatchKeepApart(t *testing.T) {
	conn, _ := connected(t)
	publisher := conn.Publisher()
	mixed := []port.Event{
		{Subject: contract.SubjectSubmitted, ID: "a", Trace: port.Trace{Parent: "00-a-b-01", State: "k=v"}, Body: submittedOf("first")},
		{Subject: contract.SubjectSubmitted, Body: &contract.DispatchSubmitted{MessageId: "broken", SubmittedAt: &timestamppb.Timestamp{Seconds: 1 << 60}}},
		{Subject: contract.SubjectSubmitted},
		{Subject: contract.SubjectDLQ, ID: "d", Body: &contract.DispatchRejected{MessageId: "long", Payload: make([]byte, 2<<20)}},
		{Subject: contract.SubjectSubmitted, Body: submittedOf("last")},
	}
	errs := publisher.Publish(within(t), mixed)
	for i, failed := range []bool{false, true, true, false, false} {
		if errs == nil || (errs[i] != nil) != failed {
			t.Fatalf("event %d: %v", i, errs)
		}
	}
	const batches, each = 8, 50
	done := make(chan []error)
	for b := range batches {
		go func() {
			var events []port.Event
			for i := range each {
				id := fmt.Sprintf("m%d-%d", b, i)
				events = append(events, port.Event{Subject: contract.SubjectSubmitted, ID: id, Body: submittedOf(id)})
			}
			done <- publisher.Publish(within(t), events)
		}()
	}
	for range batches {
		if errs := <-done; errs != nil {
			t.Error(errs)
		}
	}
	stored, err := storedOn(within(t), conn.JetStream(), contract.SubjectSubmitted)
	if err != nil || len(stored) != 2+batches*each {
		t.Fatalf("%d events, %v", len(stored), err)
	}
	for i, m := range stored {
		body, h := string(m.Data()), m.Headers()
		switch id := h.Get("Nats-Msg-Id"); {
		case i == 0:
			if !strings.Contains(body, `"first"`) || id != "a" || h["traceparent"][0] != "00-a-b-01" || h["tracestate"][0] != "k=v" {
				t.Errorf("first: %s %v", body, h)
			}
		case i == 1:
			if !strings.Contains(body, `"last"`) || len(h) != 1 {
				t.Errorf("last: %s %v", body, h)
			}
		case !strings.Contains(body, `"`+id+`"`) || len(h) != 2 || h.Get("Content-Type") != contract.ContentTypeJSON:
			t.Errorf("%s: %s %v", id, body, h)
		}
	}
	dead, err := storedOn(within(t), conn.JetStream(), contract.SubjectDLQ)
	if err != nil || len(dead) != 1 || len(dead[0].Data()) > 1<<20 || !strings.Contains(string(dead[0].Data()), `"payloadTruncated":true`) {
		t.Errorf("%d dead letters, %v", len(dead), err)
	}
}

func submittedOf(id string) *contract.DispatchSubmitted {
	return &contract.DispatchSubmitted{MessageId: id, OperatorId: "awcc", SubmittedAt: timestamppb.New(time.Unix(1_700_000_000, 0))}
}
