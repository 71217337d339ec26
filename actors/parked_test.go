package actors_test

import (
	"fmt"
	"runtime"
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

// A process that starts among many parked receipts looks for their rows by the batch: it
// must not have a call to the store under way for each, however slow that is.
func TestManyParkedReceiptsAreLookedForByTheBatch(t *testing.T) {
	inBubble(t, func(r *rig) {
		const n = 5000
		receipts, rows := make([]port.ParkedReceipt, n), make([]port.Correlation, n)
		for i := range n {
			id, now := fmt.Sprint("id", i), time.Now()
			rows[i] = port.Correlation{OperatorID: "awcc", OperatorMessageID: id, MessageID: "m" + id, PartIndex: 1, PartsTotal: 1,
				Bind: r.account["awcc"].Binds[0].Bind, SubmittedAt: now, ExpiresAt: now.Add(72 * time.Hour)}
			receipts[i] = port.ParkedReceipt{Key: rows[i].Key(), State: 2, Bind: rows[i].Bind, HeardAt: now, Octets: codec.Append(nil, receiptPDU(id))}
		}
		if err := r.mem.Park.Park(t.Context(), receipts); err != nil {
			t.Error(err)
		}
		r.start()
		r.mem.Correlations.Slow(time.Second)
		before := runtime.NumGoroutine()
		r.restart()
		if more := runtime.NumGoroutine() - before; more > n/10 {
			t.Errorf("%d more goroutines", more)
		}
		r.mem.Heal()
		if err := r.mem.Correlations.Save(t.Context(), rows); err != nil {
			t.Error(err)
		}
		r.restart()
		r.after(time.Minute)
		if got := len(r.mem.Events(contract.SubjectDLRInbound)); got != n || r.mem.Park.Parked() != 0 {
			t.Errorf("%d events of %d, %d parked", got, n, r.mem.Park.Parked())
		}
	})
}
