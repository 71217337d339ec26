package actors_test

import (
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// US-SC-011: a receipt that the MNO repeats a day later makes no second event, also
// where another pod than the one that submitted heard it first.
func TestUSSC011ARepeatOfWhatAnotherPodHasHeard(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.sendText("m1", "Hello")
		r.after(time.Second)
		key := port.CorrelationKey{OperatorID: "awcc", OperatorMessageID: r.mno.SMS()[0].ID}
		// Another pod hears the receipt, publishes its event and marks the row.
		if err := r.mem.Correlations.Mark(t.Context(), []port.Mark{{Key: key, State: 2, Final: true}}); err != nil {
			t.Error(err)
		}
		r.after(24 * time.Hour)
		r.mno.Do(smsc.SendPDU(receiptPDU(key.OperatorMessageID)))
		r.after(time.Minute)
		if list := r.receiptsOn(contract.SubjectDLRInbound); len(list) != 0 {
			t.Errorf("%d events of what was published a day ago", len(list))
		}
	}, smsc.SendReceipts(smsc.Never()))
}
