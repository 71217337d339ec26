package actors_test

import (
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/vitals"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// issue 8, point 1: what the page shows of a bind is what the bind has done.
func TestTheTreeShowsWhatABindDoes(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.account["awcc"].TPS = 20
		r.start()
		r.send(100)
		r.after(3500 * time.Millisecond)
		b := r.bind()
		if b.TPS < 19 || b.TPS > 20 || b.TPSLimit != 20 || b.LimitedBy != "tps" || b.Life != "BOUND" || b.Since.IsZero() {
			t.Errorf("at work: %d of %d PDUs a second, limited by %s, life %s since %v", b.TPS, b.TPSLimit, b.LimitedBy, b.Life, b.Since)
		}
		if len(b.Statuses) != 1 || b.Statuses[0].Status != "ESME_ROK" || b.Statuses[0].Recent < 60 {
			t.Errorf("statuses: %+v", b.Statuses)
		}
		if b.P50Ms < 18 || b.P50Ms > 25 {
			t.Errorf("answers take 20 ms, and p50 is %v ms", b.P50Ms)
		}
		r.after(20 * time.Second)
		history, ok := r.system.Tree().History("awcc.trx.1")
		if !ok || len(history) < 1 || history[0].State != "BOUND" || history[0].Rate == 0 {
			t.Errorf("history: %v %+v", ok, history)
		}
		if _, ok := r.system.Tree().History("awcc.trx.2"); ok {
			t.Error("there is no awcc.trx.2, and it has a history")
		}
	}, smsc.Account("esme", "secret"), smsc.Delay(20*time.Millisecond))
}

// Whether receipts come is seen on the bind that hears them, and that they have stopped.
func TestTheTreeShowsReceipts(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		if b := r.bind(); b.Receipts != 0 || !b.LastReceipt.IsZero() {
			t.Errorf("before the first: %d, the last at %v", b.Receipts, b.LastReceipt)
		}
		r.send(12)
		r.after(15 * time.Second)
		b := r.bind()
		if b.Receipts != 12 || b.ReceiptsTotal != 12 || b.LastReceipt.IsZero() || time.Since(b.LastReceipt) > 15*time.Second {
			t.Errorf("%d receipts, %d in all, the last at %v", b.Receipts, b.ReceiptsTotal, b.LastReceipt)
		}
		if b.ReceiptP50Ms < 4300 || b.ReceiptP50Ms > 5700 || b.ReceiptP99Ms > 5700 {
			t.Errorf("receipts come after 5 s, and p50 is %v ms, p99 %v ms", b.ReceiptP50Ms, b.ReceiptP99Ms)
		}
		last := b.LastReceipt
		r.after(5 * time.Minute)
		if b := r.bind(); b.Receipts != 0 || b.ReceiptsTotal != 12 || !b.LastReceipt.Equal(last) {
			t.Errorf("five minutes later: %d, %d in all, the last at %v", b.Receipts, b.ReceiptsTotal, b.LastReceipt)
		}
	}, smsc.Account("esme", "secret"), smsc.SendReceipts(smsc.After(5*time.Second)))
}

// What failed below a bind is told on the bind, and the next dial with it.
func TestTheTreeTellsFailureAndNextDial(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.refuseDials(errDown)
		r.mno.Do(smsc.DropLine())
		r.after(time.Second)
		b := r.bind()
		if b.Restarts < 1 || b.LastFailure == nil || b.LastFailure.Bug {
			t.Errorf("%d restarts, last failure %+v", b.Restarts, b.LastFailure)
		}
		if left := time.Until(b.NextDial); left <= 0 || left > 5*time.Second {
			t.Errorf("the next dial is in %v", left)
		}
		if b.Severity() != vitals.Ill {
			t.Errorf("%s counts as %v", b.State, b.Severity())
		}
	}, smsc.Account("esme", "secret"))
}
