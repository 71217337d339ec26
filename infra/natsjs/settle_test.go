package natsjs_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Issue 5, Speed: many acknowledgements share a confirmation, and when Ack returns
// the server has taken every one of them, whatever their number.
func TestAcknowledgementsThatShareAConfirmationAreAllTaken(t *testing.T) {
	conn, _ := connected(t)
	subject := contract.OperatorSubject("awcc")
	consumer, err := conn.Source().Open(within(t), port.ConsumerSpec{Durable: "d", Subject: subject, AckWait: time.Minute, MaxAckPending: 2000})
	if err != nil {
		t.Fatal(err)
	}
	stream, err := conn.JetStream().Stream(within(t), contract.StreamDispatch)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, 63, 64, 65, 1000} {
		for i := range n {
			if err := send(within(t), conn.JetStream(), subject, fmt.Appendf(nil, `{"messageId":"m%d-%d","to":"93700000001","text":"x"}`, n, i), nil); err != nil {
				t.Fatal(err)
			}
		}
		var handles []port.Handle
		for len(handles) < n {
			if _, err := consumer.Pull(within(t), n-len(handles), deadline, func(ds []port.Delivery) {
				for _, d := range ds {
					handles = append(handles, d.Handle)
				}
			}); err != nil {
				t.Fatal(err)
			}
		}
		if err := consumer.Ack(within(t), handles); err != nil {
			t.Fatal(err)
		}
		info, err := stream.Info(within(t))
		if err != nil || info.State.Msgs != 0 {
			t.Errorf("%d acknowledged, and %d are left: %v", n, info.State.Msgs, err)
		}
	}
}
