package actors_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/ledger"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// stuck is a store of which two group commits do not get through while it says so, as
// over two dead connections of a pool. Everything else does.
type stuck struct {
	port.CorrelationStore
	on atomic.Bool
}

func (s *stuck) Save(ctx context.Context, rows []port.Correlation) error {
	if s.on.Load() && strings.HasPrefix(rows[0].MessageID, "stuck") {
		return errDown
	}
	return s.CorrelationStore.Save(ctx, rows)
}

// oweARow has m1 held or given up (its answer was lost, and no receipt of it comes), and has m2 to the
// same recipient answered and receipted while two group commits do not get through, so
// that its row waits in the outbox.
func oweARow(r *rig, policy ledger.Policy) *stuck {
	store := &stuck{CorrelationStore: r.mem.Correlations}
	r.rows = store
	r.account["awcc"].Unknown, r.account["awcc"].Times.Hold = policy, 20*time.Minute
	r.start()
	r.sendText("m1", "to 93700000001") // written, and never answered
	r.after(time.Minute)
	store.on.Store(true)
	for _, id := range []string{"stuck1", "stuck2"} {
		r.mem.Publish(subject, []byte(`{"messageId":"`+id+`","to":"93700000002","text":"x"}`))
		r.after(5 * time.Second)
	}
	r.mno.Do(smsc.SendReceipts())
	r.sendText("m2", "to 93700000001 too")
	r.after(2 * time.Minute)
	return store
}

// unreceipted is an MNO that loses the answer to the first submit and sends no receipt
// until it is told to.
func unreceipted() []smsc.Option {
	return []smsc.Option{smsc.Delay(20 * time.Millisecond), smsc.Connection(1, smsc.AfterSubmits(1), smsc.DropLine()), smsc.SendReceipts(smsc.Never())}
}

func finals(r *rig) (of []string) {
	for _, e := range r.mem.Events(contract.SubjectDLRInbound) {
		of = append(of, e.Body.(*contract.DlrInboundEvent).GetMessageId())
	}
	return of
}

// Seed 796: a receipt whose row is decided and cannot be stored yet is of the message
// that was answered, not of a held one to the same recipient. The held one claimed it,
// was told to be delivered, and the other had no final event.
func TestAHeldCommandClaimsNoReceiptWhoseRowIsOwed(t *testing.T) {
	inBubble(t, func(r *rig) {
		store := oweARow(r, ledger.Hold)
		if got := finals(r); len(got) != 0 {
			t.Errorf("final events of %q while no row is stored", got)
		}
		store.on.Store(false)
		r.after(30 * time.Minute)
		if got := finals(r); len(got) != 1 || got[0] != "m2" {
			t.Errorf("final events of %q, want of m2 alone", got)
		}
		if dead := r.mem.Events(contract.SubjectDLQ); len(dead) != 1 || dead[0].Body.(*contract.DispatchRejected).GetMessageId() != "m1" {
			t.Errorf("dead letters %v, want m1's", dead)
		}
	}, unreceipted()...)
}

// Nor is such a receipt an orphan, however long the store takes.
func TestAReceiptWhoseRowIsOwedIsNoOrphan(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.orphan = time.Minute
		store := oweARow(r, ledger.GiveUp)
		if n := len(r.mem.Events(contract.SubjectDLROrphan)); n != 0 {
			t.Errorf("%d orphans", n)
		}
		store.on.Store(false)
		r.after(time.Minute)
		if got := finals(r); len(got) != 1 || got[0] != "m2" || r.mem.Park.Parked() != 0 {
			t.Errorf("final events of %q, want of m2 alone; %d parked", got, r.mem.Park.Parked())
		}
	}, unreceipted()...)
}

// Nor does it claim one whose row another pod owes: that stores it a little later than
// this one notices that the store is back.
func TestAHeldCommandClaimsNoReceiptWhoseRowAnotherPodOwes(t *testing.T) {
	inBubble(t, func(r *rig) {
		account := r.account["awcc"]
		account.Unknown, account.Times.Hold = ledger.Hold, 20*time.Minute
		r.start()
		r.sendText("m1", "to 93700000001")
		r.after(10 * time.Second)
		row := port.Correlation{OperatorID: "awcc", OperatorMessageID: "77", MessageID: "m2", PartIndex: 1, PartsTotal: 1,
			Bind: account.Binds[0].Bind, From: "Ghasi", To: "93700000001", SubmittedAt: time.Now(), ExpiresAt: time.Now().Add(72 * time.Hour)}
		r.mem.Correlations.Fail(errDown)
		pdu := &codec.DeliverSM{ESMClass: codec.ESMTypeReceipt, SourceAddr: row.To, DestinationAddr: row.From, ShortMessage: []byte("id:77 stat:DELIVRD err:000")}
		receipt := port.ParkedReceipt{Key: row.Key(), State: 2, Bind: row.Bind, HeardAt: time.Now(), Source: row.To, Dest: row.From, Octets: codec.Append(nil, pdu)}
		if err := r.mem.Park.Park(t.Context(), []port.ParkedReceipt{receipt}); err != nil {
			t.Error(err)
		}
		r.after(2 * time.Minute)
		r.mem.Correlations.Heal()
		r.after(10 * time.Second)
		if err := r.mem.Correlations.Save(t.Context(), []port.Correlation{row}); err != nil {
			t.Error(err)
		}
		r.after(30 * time.Minute)
		if got := finals(r); len(got) != 0 {
			t.Errorf("final events of %q, want none: the other pod matches it", got)
		}
		if dead := r.mem.Events(contract.SubjectDLQ); len(dead) != 1 || dead[0].Body.(*contract.DispatchRejected).GetMessageId() != "m1" {
			t.Errorf("dead letters %v, want m1's", dead)
		}
	}, unreceipted()...)
}

// A receipt whose row is owed does not hold up others that appear with it.
func TestAReceiptWhoseRowIsOwedHoldsUpNoOther(t *testing.T) {
	inBubble(t, func(r *rig) {
		store := &stuck{CorrelationStore: r.mem.Correlations}
		r.rows = store
		store.on.Store(true)
		r.start()
		r.sendText("stuck1", "Hello")
		r.after(time.Second)
		row := port.Correlation{OperatorID: "awcc", OperatorMessageID: "77", MessageID: "m2", PartIndex: 1, PartsTotal: 1,
			Bind: r.account["awcc"].Binds[0].Bind, SubmittedAt: time.Now(), ExpiresAt: time.Now().Add(72 * time.Hour)}
		if err := r.mem.Correlations.Save(t.Context(), []port.Correlation{row}); err != nil {
			t.Error(err)
		}
		var parked []port.ParkedReceipt
		for _, id := range []string{r.mno.SMS()[0].ID, "77"} {
			parked = append(parked, port.ParkedReceipt{Key: port.CorrelationKey{OperatorID: "awcc", OperatorMessageID: id}, State: 2, Bind: row.Bind,
				HeardAt: time.Now(), Octets: codec.Append(nil, receiptPDU(id))})
		}
		if err := r.mem.Park.Park(t.Context(), parked); err != nil {
			t.Error(err)
		}
		r.after(3 * time.Second)
		if got := finals(r); len(got) != 1 || got[0] != "m2" {
			t.Errorf("final events of %q, want of m2", got)
		}
		store.on.Store(false)
		r.after(10 * time.Second)
		if got := finals(r); len(got) != 2 || r.mem.Park.Parked() != 0 {
			t.Errorf("final events of %q, %d parked", got, r.mem.Park.Parked())
		}
	}, smsc.SendReceipts(smsc.Never()))
}
