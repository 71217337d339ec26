package contract

import (
	"errors"
	"fmt"
	"testing"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// dispatchLanes: US-SC-018. What waits in one lane neither delays nor counts in another.
func dispatchLanes(t *testing.T, b Broker) {
	mno := unique(t)
	lanes := map[contract.Lane]port.Consumer{}
	for _, l := range contract.Lanes() {
		durable := contract.LaneDurable(l, mno, "tx")
		if _, err := b.Source.Lag(within(t), durable); !errors.Is(err, port.ErrNoConsumer) {
			t.Errorf("Lag before Open: %v, want ErrNoConsumer", err)
		}
		c, err := b.Source.Open(within(t), port.ConsumerSpec{Durable: durable, Subject: contract.LaneSubject(l, mno, "tx"), AckWait: ackWait, MaxAckPending: 10})
		if err != nil {
			t.Fatalf("Open %s: %v", durable, err)
		}
		lanes[l] = c
	}
	lag := func(l contract.Lane) port.Lag {
		t.Helper()
		lag, err := b.Source.Lag(within(t), contract.LaneDurable(l, mno, "tx"))
		if err != nil {
			t.Fatalf("Lag: %v", err)
		}
		return lag
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
	if got, want := lag(contract.P0), (port.Lag{Waiting: 1, Unsettled: 2}); got != want {
		t.Errorf("P0: %+v, want %+v", got, want)
	}
	if got, want := lag(contract.P3), (port.Lag{Waiting: 15, Unsettled: 10}); got != want {
		t.Errorf("P3: %+v, want %+v", got, want)
	}
	if err := lanes[contract.P0].Ack(within(t), []port.Handle{urgent[0].Handle, urgent[1].Handle}); err != nil {
		t.Fatalf("Ack: %v", err)
	}
	if got, want := lag(contract.P0), (port.Lag{Waiting: 1}); got != want {
		t.Errorf("P0 after the acknowledgement: %+v, want %+v", got, want)
	}
	if got := lag(contract.P1); got != (port.Lag{}) {
		t.Errorf("P1, where nothing came: %+v", got)
	}
}

// dispatchUnknownLane: who sends to a lane that nobody will ever read must be told.
func dispatchUnknownLane(t *testing.T, b Broker) {
	for _, subject := range []string{"lane.p4.smpp.awcc.tx", "lane.P0.smpp.awcc.tx", "lane.urgent.smpp.awcc.tx"} {
		if err := b.Send(within(t), subject, []byte(`{"messageId":"m","to":"93700123456","text":"salaam"}`), nil); err == nil {
			t.Errorf("a command for %s was stored: no lane of that name is read", subject)
		}
	}
}
