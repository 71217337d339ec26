package contract

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// dispatchLanes: US-SC-018. What waits in one lane neither delays nor counts in another.
func dispatchLanes(t *testing.T, b Broker) {
	mno := unique(t)
	lanes := map[contract.Lane]port.Consumer{}
	for _, l := range contract.Lanes() {
		spec := laneSpec(l, mno)
		if _, err := b.Source.Lag(within(t), spec); !errors.Is(err, port.ErrNoConsumer) {
			t.Errorf("Lag before Open: %v, want ErrNoConsumer", err)
		}
		c, err := b.Source.Open(within(t), spec)
		if err != nil {
			t.Fatalf("Open %s: %v", spec.Durable, err)
		}
		lanes[l] = c
	}
	// The server counts what waits a moment after it has stored it.
	lags := func(l contract.Lane, want port.Lag, when string) {
		t.Helper()
		var got port.Lag
		for ctx := within(t); ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
			var err error
			if got, err = b.Source.Lag(ctx, laneSpec(l, mno)); err != nil {
				t.Fatalf("Lag: %v", err)
			}
			if got == want {
				return
			}
		}
		t.Errorf("%v %s: %+v, want %+v", l, when, got, want)
	}
	send(t, b, contract.LaneSubject(contract.P3, mno, "tx"), 25)
	for i := range 3 {
		sendOne(t, b, contract.LaneSubject(contract.P0, mno, "tx"), fmt.Sprintf(`{"messageId":"urgent-%d","to":"93700123456","text":"salaam"}`, i), nil)
	}
	pull(t, lanes[contract.P3], 10) // all that MaxAckPending allows
	urgent := pull(t, lanes[contract.P0], 2)
	if got := messageIDs(urgent); got[0] != "urgent-0" || got[1] != "urgent-1" {
		t.Errorf("P0 brings %q", got)
	}
	lags(contract.P0, port.Lag{Waiting: 1, Unsettled: 2}, "with two in hand")
	lags(contract.P3, port.Lag{Waiting: 15, Unsettled: 10}, "with all in hand that may be")
	if err := lanes[contract.P0].Ack(within(t), []port.Handle{urgent[0].Handle, urgent[1].Handle}); err != nil {
		t.Fatalf("Ack: %v", err)
	}
	lags(contract.P0, port.Lag{Waiting: 1}, "after the acknowledgement")
	lags(contract.P1, port.Lag{}, "where nothing came")
}

func laneSpec(l contract.Lane, mno string) port.ConsumerSpec {
	return port.ConsumerSpec{MNO: mno, Durable: contract.LaneDurable(l, mno, "tx"), Subject: contract.LaneSubject(l, mno, "tx"), AckWait: ackWait, MaxAckPending: 10}
}

// dispatchUnknownLane: who sends to a lane that nobody will ever read must be told.
func dispatchUnknownLane(t *testing.T, b Broker) {
	for _, subject := range []string{"lane.p4.smpp.awcc.tx", "lane.P0.smpp.awcc.tx", "lane.urgent.smpp.awcc.tx"} {
		if err := b.Send(within(t), subject, []byte(`{"messageId":"m","to":"93700123456","text":"salaam"}`), nil); err == nil {
			t.Errorf("a command for %s was stored: no lane of that name is read", subject)
		}
	}
}
