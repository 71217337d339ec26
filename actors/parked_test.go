package actors_test

import (
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
)

// decisions.md 011: a receipt that was parked and answered, and whose row was
// stored just before the process was killed, has nobody but the next process. That
// one sees it before it knows the account, and must come back to it.
func TestUSSC011AParkedReceiptOutlivesTheProcess(t *testing.T) {
	inBubble(t, func(r *rig) {
		awcc := r.account["awcc"]
		clear(r.account) // the credentials service is slow
		now := time.Now()
		row := port.Correlation{OperatorID: "awcc", OperatorMessageID: "77", MessageID: "m1", PartIndex: 1, PartsTotal: 1,
			Bind: awcc.Binds[0].Bind, SubmittedAt: now, ExpiresAt: now.Add(72 * time.Hour)}
		pdu := &codec.DeliverSM{ESMClass: codec.ESMTypeReceipt, ShortMessage: []byte("id:77 stat:DELIVRD err:000")}
		receipt := port.ParkedReceipt{Key: row.Key(), State: 2, Bind: row.Bind, HeardAt: now, Octets: codec.Append(nil, pdu)}
		if err := r.mem.Correlations.Save(t.Context(), []port.Correlation{row}); err != nil {
			t.Fatal(err)
		}
		if err := r.mem.Park.Park(t.Context(), []port.ParkedReceipt{receipt}); err != nil {
			t.Fatal(err)
		}
		r.start()
		r.after(10 * time.Second)
		r.setAccount(awcc)
		r.after(2 * time.Minute)
		if n := len(r.mem.Events(contract.SubjectDLRInbound)); n != 1 || r.mem.Park.Parked() != 0 {
			t.Errorf("%d events, %d receipts still parked", n, r.mem.Park.Parked())
		}
	})
}
