package actors

import (
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
)

// Issue 8: what `forget` takes out of a parked receipt is not told by a process that had
// seen the receipt before.
func TestAParkedReceiptIsKnownAsItIsNow(t *testing.T) {
	parks := newParkIndex()
	r := port.ParkedReceipt{Key: port.CorrelationKey{OperatorID: "awcc", OperatorMessageID: "1"}, State: 2, HeardAt: time.Now(), Source: "93700000001"}
	parks.add(r)
	r.Source = ""
	parks.add(r)
	for _, known := range parks.all() {
		if known.Source != "" {
			t.Errorf("it is still known with the number %s", known.Source)
		}
	}
	if n := parks.count.Load(); n != 1 {
		t.Errorf("%d are counted", n)
	}
}
