package actors_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/dlr"
	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/receipt"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

func (r *rig) receiptsOn(subject string) (list []*contract.DlrInboundEvent) {
	for _, e := range r.mem.Events(subject) {
		list = append(list, e.Body.(*contract.DlrInboundEvent))
	}
	return list
}

// US-SC-011: a long message has one final event when every part that a receipt is
// due for is final, whichever of its parts the MNO receipts.
func TestUSSC011OneFinalEventOfALongMessage(t *testing.T) {
	for _, c := range []struct {
		name    string
		option  smsc.Step
		last    bool // only the last part asks
		parts   int  // sms.dlr.part events
		counted uint32
	}{
		{"a receipt for each part", smsc.SendReceipts(smsc.After(time.Second)), false, 3, 3},
		{"an id for the first part alone", smsc.IDOfFirstPart(), false, 1, 1},
		{"the last part alone asks", smsc.SendReceipts(smsc.After(time.Second)), true, 1, 1},
		{"each twice, the last part first", smsc.SendReceipts(smsc.Twice(), smsc.LastPartFirst()), false, 3, 3},
		{"before their answers", smsc.SendReceipts(smsc.Early()), false, 3, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.account["awcc"].Rules.ReceiptOfLastPart = c.last
				r.start()
				r.sendText("m1", strings.Repeat("0123456789", 40))
				r.after(5 * time.Minute)
				final := r.receiptsOn(contract.SubjectDLRInbound)
				if len(final) != 1 || !final[0].GetFinal() || final[0].GetPartsTotal() != 3 || final[0].GetPartsFinal() != c.counted || final[0].GetMessageId() != "m1" {
					t.Errorf("final events: %v", final)
				}
				if n := len(r.mem.Events(contract.SubjectDLRPart)); n != c.parts {
					t.Errorf("%d events of parts, want %d", n, c.parts)
				}
				if n := r.mem.Park.Parked(); n != 0 {
					t.Errorf("%d receipts are parked still", n)
				}
			}, smsc.Delay(50*time.Millisecond), c.option)
		})
	}
}

// An SMS that went out twice, because the first answer was lost, has two receipts
// and one final event, also when the second comes a day later on another process.
func TestUSSC011TwoCopiesHaveOneFinalEvent(t *testing.T) {
	t.Parallel() // one of those that take longest
	inBubble(t, func(r *rig) {
		r.start()
		r.sendText("m1", "Hello")
		r.after(45 * time.Second) // given up after 30 s, sent again, answered late after 40
		if n := len(r.mno.SMS()); n != 2 {
			t.Fatalf("%d SMS", n)
		}
		r.mno.Do(smsc.Delay(0))
		r.after(10 * time.Minute)
		first := len(r.receiptsOn(contract.SubjectDLRInbound))
		r.restart()
		r.after(24 * time.Hour)
		r.mno.Do(smsc.SendPDU(receiptPDU("1")), smsc.SendPDU(receiptPDU("2")))
		r.after(time.Minute)
		if list := r.receiptsOn(contract.SubjectDLRInbound); first != 1 || len(list) != 1 {
			t.Errorf("%d final events, then %d", first, len(list))
		}
	}, smsc.Delay(40*time.Second))
}

// decisions.md 011: a long message of which not every part has had its final receipt
// has its one final event, incomplete, when its correlation expires, also where the
// process was another then.
func TestUSSC011ALongMessageThatExpiresUnfinished(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.account["awcc"].Expiry = 2 * time.Hour
		r.start()
		r.sendText("m1", strings.Repeat("0123456789", 40)) // ids 1 to 3
		r.sendText("m2", strings.Repeat("0123456789", 40)) // ids 4 to 6, of which none is receipted
		r.after(time.Second)
		r.mno.Do(smsc.SendPDU(receiptPDU("1")), smsc.SendPDU(receiptPDU("3")))
		r.after(119 * time.Minute)
		if n := len(r.receiptsOn(contract.SubjectDLRInbound)); n != 0 {
			t.Errorf("%d final events before the expiry", n)
		}
		r.restart()
		second := r.another()
		r.after(15 * time.Minute)
		final := r.receiptsOn(contract.SubjectDLRInbound)
		if len(final) != 1 || !final[0].GetIncomplete() || final[0].GetPartsFinal() != 2 || final[0].GetMessageId() != "m1" || final[0].GetStatus() != contract.DlrStatus_DELIVERED {
			t.Errorf("%v", final)
		}
		r.mno.Do(smsc.SendPDU(receiptPDU("2"))) // late
		r.after(15 * time.Minute)
		if n := len(r.receiptsOn(contract.SubjectDLRInbound)); n != 1 {
			t.Errorf("%d final events after a late receipt", n)
		}
		incomplete := 0
		for _, f := range heard[event.ReceiptsHeard](r) {
			incomplete += f.Incomplete
		}
		if incomplete < 1 || incomplete > 2 { // two pods that look at the same moment count it both; its event is one
			t.Errorf("%d are counted", incomplete)
		}
		r.end(second)
	}, smsc.SendReceipts(smsc.Never()))
}

func receiptPDU(id string) *codec.DeliverSM {
	return &codec.DeliverSM{Header: codec.Header{Sequence: 9000}, SourceAddr: "93700000001", DestinationAddr: "Ghasi", ESMClass: codec.ESMTypeReceipt,
		ShortMessage: fmt.Appendf(nil, "id:%s sub:001 dlvrd:001 submit date:2611251200 done date:2611251201 stat:DELIVRD err:000 text:Hello", id)}
}

// decisions.md 011: a receipt that stays unknown goes to sms.dlr.orphan after
// dlr.orphanAfter, once, with a diagnosis; corrected, it finds its message.
func TestUSSC011AnOrphanSaysWhyAndIsMatchedAgain(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.orphan = time.Hour
		r.start()
		r.sendText("m1", "Hello")
		r.after(time.Second)
		r.mno.Do(smsc.SendPDU(receiptPDU("nobodys")))
		r.after(59 * time.Minute)
		if n := len(r.mem.Events(contract.SubjectDLROrphan)); n != 0 || r.mem.Park.Parked() != 2 {
			t.Errorf("%d orphans, %d parked before the hour is over", n, r.mem.Park.Parked())
		}
		r.after(2 * time.Minute)
		orphans := map[string]*contract.DlrInboundEvent{}
		for _, o := range r.receiptsOn(contract.SubjectDLROrphan) {
			orphans[o.GetOperatorMessageId()] = o
		}
		if len(orphans) != 2 || r.mem.Park.Parked() != 0 {
			t.Errorf("%v; %d parked", orphans, r.mem.Park.Parked())
		}
		if got := orphans["nobodys"].GetDiagnosis(); got != dlr.Unmatched {
			t.Errorf("diagnosis %q", got)
		}
		decimal := orphans["3735928559"]
		if got := decimal.GetDiagnosis(); got != dlr.WouldMatch("hex-to-dec") {
			t.Errorf("diagnosis %q", got)
		}
		if strings.Contains(decimal.GetRawText(), "Hello") {
			t.Errorf("the event holds the text: %q", decimal.GetRawText())
		}

		corrected := *r.account["awcc"]
		corrected.Receipts.IDs.IDRule, _ = receipt.ParseIDRule("hex-to-dec")
		r.setAccount(&corrected)
		r.system.Refresh()
		r.after(time.Second)
		again := []port.ParkedReceipt{{Key: port.CorrelationKey{OperatorID: "awcc", OperatorMessageID: decimal.GetOperatorMessageId()}, State: dlr.StateOf(decimal.GetStatus()),
			HeardAt: time.Now(), Octets: codec.Append(nil, dlr.Deliver(decimal))}}
		if err := r.mem.Park.Park(t.Context(), again); err != nil {
			t.Error(err)
		}
		r.after(time.Second)
		final := r.receiptsOn(contract.SubjectDLRInbound)
		if r.mem.Park.Parked() != 0 || len(final) != 1 || final[0].GetMessageId() != "m1" {
			t.Errorf("%d parked, final events %v", r.mem.Park.Parked(), final)
		}
		r.sendText("m2", "Hello") // under the new rule
		r.after(time.Second)
		if final = r.receiptsOn(contract.SubjectDLRInbound); len(final) != 2 || final[1].GetMessageId() != "m2" {
			t.Errorf("final events %v", final)
		}
	}, smsc.FirstID(0xDEADBEEF), smsc.AnswerIDs(smsc.Hex), smsc.SendReceipts(smsc.IDAs(smsc.Decimal), smsc.InTextOnly()))
}

// Inbound overload: what cannot be stored waits unanswered up to a bound, beyond it
// the MNO is told to repeat; nothing is dropped, and heartbeats go on.
func TestInboundIsBoundedAndNothingIsDropped(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.mem.Park.Fail(errDown)
		r.mem.Publisher.Hang()
		const n = 7000
		for i := range n {
			r.mno.Do(smsc.SendMO("93700000001", "1234", fmt.Sprintf("#%05d", i)))
		}
		r.after(2 * time.Second)
		refused := 0
		for _, f := range heard[event.InboundRefused](r) {
			refused += f.Count
		}
		if refused != n-5000 {
			t.Errorf("%d of %d are refused", refused, n)
		}
		r.after(8 * time.Second)
		r.mem.Heal()
		r.after(10 * time.Minute)
		seen := map[string]int{}
		for _, e := range r.mem.Events(contract.SubjectMOInbound) {
			seen[e.Body.(*contract.MoInboundEvent).GetText()]++
		}
		if len(seen) != n {
			t.Errorf("%d of %d MOs arrived", len(seen), n)
		}
		if len(heard[event.EnquireLinkTimedOut](r)) != 0 || len(heard[event.EventsNotStored](r)) == 0 {
			t.Error("a false timeout, or nobody was told that events are not stored")
		}
	}, smsc.DeliverWindow(100_000), smsc.RepeatRefused(5*time.Second, 1000))
}

// Issue 6: an MNO that forgets the receipt bit of esm_class. Both TLVs make a receipt,
// a text that reads as one does where the profile says so, and what a subscriber writes
// stays an MO.
func TestAReceiptWithoutItsBit(t *testing.T) {
	state := codec.TLV{Tag: codec.TagMessageState, Value: []byte{2}}
	for _, c := range []struct {
		name                 string
		tlvs                 codec.TLVs // beside receipted_message_id, where named
		named                bool
		text                 string // %s is the id
		bits, byTLVs, byText bool   // what makes a receipt of it
		esmClass             codec.ESMClass
	}{
		{name: "the bit", text: "id:%s stat:DELIVRD", esmClass: codec.ESMTypeReceipt, bits: true, byTLVs: true, byText: true},
		{name: "both TLVs", named: true, tlvs: codec.TLVs{state}, text: "id:%s stat:DELIVRD text:Hi", byTLVs: true, byText: true},
		{name: "both TLVs and no text", named: true, tlvs: codec.TLVs{state}, byTLVs: true, byText: true},
		{name: "one TLV", named: true, text: "Hello"},
		{name: "a text", text: "id:%s sub:001 dlvrd:001 stat:DELIVRD err:000 text:Hi", byText: true},
		{name: "a subscriber's words", text: "my id: is AB12, what stat: do you want"},
		{name: "words about an id", text: "id:AB12 please"},
	} {
		for detect, want := range map[dlr.Detect]bool{dlr.ByBits: c.bits, dlr.ByTLVs: c.byTLVs, dlr.ByText: c.byText} {
			t.Run(fmt.Sprint(c.name, " ", detect), func(t *testing.T) {
				inBubble(t, func(r *rig) {
					r.account["awcc"].Receipts.Detect = detect
					r.start()
					r.sendText("m1", "Hello")
					r.after(time.Second)
					pdu := &codec.DeliverSM{SourceAddr: "93700000001", DestinationAddr: "Ghasi", ESMClass: c.esmClass, TLVs: c.tlvs,
						ShortMessage: []byte(strings.ReplaceAll(c.text, "%s", r.mno.SMS()[0].ID))}
					if c.named {
						pdu.TLVs = append(codec.TLVs{{Tag: codec.TagReceiptedMessageID, Value: append([]byte(r.mno.SMS()[0].ID), 0)}}, c.tlvs...)
					}
					r.mno.Do(smsc.SendPDU(pdu))
					r.after(5 * time.Second)
					receipts, messages := len(r.receiptsOn(contract.SubjectDLRInbound)), len(r.mem.Events(contract.SubjectMOInbound))
					if receipts == 1 != want || messages == 1 == want {
						t.Errorf("%d receipts and %d MOs", receipts, messages)
					}
				}, smsc.SendReceipts(smsc.Never()))
			})
		}
	}
}

// How long a receipt waits for its message is as it is configured now: a reload says so
// of dlr.orphanAfter.
func TestWhenAReceiptIsAnOrphanMayChange(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.orphan = time.Hour
		r.start()
		r.mno.Do(smsc.SendPDU(&codec.DeliverSM{ESMClass: codec.ESMTypeReceipt, SourceAddr: "93700000009", DestinationAddr: "Ghasi", ShortMessage: []byte("id:77 stat:DELIVRD err:000")}))
		r.after(10 * time.Minute)
		if list := r.receiptsOn(contract.SubjectDLROrphan); len(list) != 0 {
			t.Errorf("before its time: %v", list)
		}
		r.mu.Lock()
		r.orphan = 5 * time.Minute
		r.mu.Unlock()
		r.after(time.Minute)
		if list := r.receiptsOn(contract.SubjectDLROrphan); len(list) != 1 {
			t.Errorf("%d orphans, want 1", len(list))
		}
	})
}
