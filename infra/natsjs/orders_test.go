package natsjs_test

import (
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Issue 7: a maintenance that a watch does not find, because it reads a follower that is
// behind, is not over; one that was deleted is.
func TestAnOrderIsGoneWhenTheLeaderSaysSo(t *testing.T) {
	conn, _ := connected(t)
	orders := conn.Orders()
	given, err := orders.Give(within(t), "mno.awcc", func(o port.Order) port.Order {
		o.ID, o.Verb, o.Halt, o.By, o.At = "1", "maintenance-on", true, "noc", time.Unix(1, 0).UTC()
		return o
	})
	if err != nil {
		t.Fatal(err)
	}
	if o := orders.Vanished(within(t), "mno.awcc"); o != given {
		t.Errorf("there, and behind: %+v, want %+v", o, given)
	}
	bucket, err := conn.JetStream().KeyValue(within(t), contract.BucketOrders)
	if err != nil {
		t.Fatal(err)
	}
	if err := bucket.Delete(within(t), "mno.awcc"); err != nil {
		t.Fatal(err)
	}
	if o := orders.Vanished(within(t), "mno.awcc"); o != (port.Order{Target: "mno.awcc"}) {
		t.Errorf("deleted: %+v", o)
	}
}
