package natsjs_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
)

// A Pull that is cancelled in the middle of a burst gives back all that it has
// not handed over, and says that nobody has seen it: nothing waits for AckWait, and nothing
// is marked.
func TestACancelledBurstGoesBack(t *testing.T) { // US-SC-006
	conn, _ := connected(t)
	conn.HasTime()
	const commands = 100
	for round := range 20 {
		operator := fmt.Sprintf("cancelled%d", round)
		c, err := conn.Source().Open(within(t), port.ConsumerSpec{Durable: "d-" + operator, Subject: "smpp.operator." + operator, AckWait: 10 * time.Minute, MaxAckPending: 1000})
		if err != nil {
			t.Fatal(err)
		}
		for i := range commands {
			if err := send(within(t), conn.JetStream(), "smpp.operator."+operator, fmt.Appendf(nil, `{"messageId":"m-%d","to":"93700123456","text":"x"}`, i), nil); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithCancel(within(t))
		kept, err := c.Pull(ctx, commands, deadline, func([]port.Delivery) { cancel() })
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		known := 0
		back, err := c.Pull(within(t), commands-kept, deadline, func(ds []port.Delivery) {
			for _, d := range ds {
				said, err := c.Disclaimed(within(t), []port.Handle{d.Handle})
				if err != nil {
					t.Fatal(err)
				}
				if said[0] || d.Attempt == 1 {
					known++
				}
			}
		})
		if known != back {
			t.Errorf("round %d: of %d that came back %d are known to be unsent", round, back, known)
		}
		if err != nil || kept+back != commands {
			t.Fatalf("round %d: %d handed over, %d came back, of %d: %v", round, kept, back, commands, err)
		}
	}
}
