package actors_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/dispatch"
	"github.com/ghasi/smpp-connector/actors/ledger"
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/udh"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// national has the account write national numbers, and read what its MNO writes.
func (r *rig) national() *dispatch.Rules {
	rules := &r.account["awcc"].Rules
	rules.Destination.BareNational = true
	rules.Outbound = dispatch.Rewriting{ShortDigits: 6, To: []dispatch.Prefix{{Old: "+93", New: "0"}, {Old: "93", New: "0"}}, From: []dispatch.Prefix{{Old: "Ghasi", New: "GHASI"}}}
	rules.Inbound = dispatch.Rewriting{ShortDigits: 6, From: []dispatch.Prefix{{Old: "00", New: "+"}, {Old: "0", New: "+93"}, {Old: "93", New: "+93"}}, To: []dispatch.Prefix{{Old: "GHASI", New: "Ghasi"}}}
	return rules
}

// Issue 7 (addresses as the MNO wants them): the MNO hears its national form and the
// platform, in receipts as in MOs, E.164.
func TestAddressesAreRewrittenBothWays(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.national()
		r.start()
		r.mem.Publish(contract.OperatorSubject("awcc"), []byte(`{"messageId":"m1","to":"+93700000009","from":"Ghasi","text":"Hello"}`))
		r.mno.Do(smsc.SendMO("0700000009", "GHASI", "yes"), smsc.SendMO("0093700000009", "1234", "no"), smsc.SendMO("1234", "1234", "a short code"))
		r.after(time.Minute)
		sms := r.mno.SMS()
		if len(sms) != 1 || sms[0].Destination != (smsc.Address{TON: 2, NPI: 1, Addr: "0700000009"}) || sms[0].Source != (smsc.Address{TON: 5, NPI: 0, Addr: "GHASI"}) {
			t.Errorf("submitted: %+v", sms)
		}
		receipts := r.receiptsOn(contract.SubjectDLRInbound)
		if len(receipts) != 1 || receipts[0].GetTo() != "+93700000009" || receipts[0].GetFrom() != "Ghasi" {
			t.Errorf("receipts: %v", receipts)
		}
		got := map[string]string{}
		for _, m := range r.messages() {
			got[m.GetText()] = m.GetFrom() + " " + m.GetTo()
		}
		if want := map[string]string{"yes": "+93700000009 Ghasi", "no": "+93700000009 1234", "a short code": "1234 1234"}; fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("MOs: %v", got)
		}
	})
}

// A receipt that is held for by its addresses is found whichever way the MNO writes
// them, also by the pod that reads it back out of the park.
func TestAHeldCommandIsFoundByRewrittenAddresses(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.national()
		a := r.account["awcc"]
		a.Unknown, a.Times.Hold = ledger.Hold, 5*time.Minute
		r.start()
		r.mem.Publish(contract.OperatorSubject("awcc"), []byte(`{"messageId":"m1","to":"93700000009","from":"Ghasi","text":"Hello"}`))
		r.after(2 * time.Second)
		r.mno.Do(smsc.SendPDU(&codec.DeliverSM{ESMClass: codec.ESMTypeReceipt, SourceAddr: "0093700000009", DestinationAddr: "GHASI", ShortMessage: []byte("id:77 stat:DELIVRD err:000")}))
		r.after(10 * time.Minute)
		receipts := r.receiptsOn(contract.SubjectDLRInbound)
		if len(receipts) != 1 || receipts[0].GetMessageId() != "m1" || receipts[0].GetTo() != "+93700000009" || len(r.mno.SMS()) != 1 {
			t.Errorf("%d SMS, receipts %v, decided %v", len(r.mno.SMS()), receipts, r.decisions())
		}
	}, smsc.LoseAnswers(100, 1), smsc.SendReceipts(smsc.Never()))
}

// Parts of an MO are joined though their addresses are written in two ways, and an
// orphan says who it was in the platform's form, once rewritten.
func TestPartsAndOrphansHaveRewrittenAddresses(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.national()
		r.orphan = time.Minute
		r.start()
		part := func(from string, index uint8, text string) *codec.DeliverSM {
			head := udh.AppendConcat(nil, udh.Concat{Reference: 7, Total: 2, Index: index})
			return &codec.DeliverSM{SourceAddr: from, DestinationAddr: "1234", ESMClass: codec.ESMUDHI, ShortMessage: append(head, text...)}
		}
		r.mno.Do(smsc.SendPDU(part("0700000009", 1, "Hello ")), smsc.SendPDU(part("93700000009", 2, "world")))
		r.mno.Do(smsc.SendPDU(&codec.DeliverSM{ESMClass: codec.ESMTypeReceipt, SourceAddr: "0700000009", DestinationAddr: "GHASI", ShortMessage: []byte("id:77 stat:DELIVRD err:000")}))
		r.after(5 * time.Minute)
		if list := r.messages(); len(list) != 1 || list[0].GetText() != "Hello world" || list[0].GetFrom() != "+93700000009" || list[0].GetIncomplete() {
			t.Errorf("MOs: %v", list)
		}
		if list := r.receiptsOn(contract.SubjectDLROrphan); len(list) != 1 || list[0].GetTo() != "+93700000009" || list[0].GetFrom() != "Ghasi" {
			t.Errorf("orphans: %v", list)
		}
	})
}

// US-SC-026: commands that write one recipient in two ways share its references, since
// they go to one handset.
func TestUSSC026OneRecipientWrittenInTwoWays(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.national()
		r.start()
		text := strings.Repeat("x", 200)
		for i := range 150 {
			r.mem.Publish(contract.OperatorSubject("awcc"), fmt.Appendf(nil, `{"messageId":"a%d","to":"+93700000009","text":%q}`, i, text))
			r.mem.Publish(contract.OperatorSubject("awcc"), fmt.Appendf(nil, `{"messageId":"b%d","to":"0700000009","text":%q}`, i, text))
		}
		r.after(50 * time.Second)
		seen := map[smsc.Part]int{}
		for _, sms := range r.mno.SMS() {
			seen[sms.Part]++
		}
		repeats := 0
		for part, n := range seen {
			if part.Index == 1 {
				repeats += n - 1
			}
		}
		if len(r.mno.SMS()) != 600 || repeats != 300-256 {
			t.Errorf("%d parts, %d references repeated, want 44: all 256 in use before any is again", len(r.mno.SMS()), repeats)
		}
	})
}

// New rules hold for both directions at once, without a new bind.
func TestNewRulesHoldForBothDirections(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.refresh = time.Minute
		r.start()
		r.mno.Do(smsc.SendMO("0700000009", "1234", "before"))
		r.after(time.Second)
		next := *r.account["awcc"]
		r.setAccount(&next)
		r.national()
		r.after(2 * time.Minute)
		r.mno.Do(smsc.SendMO("0700000009", "1234", "after"))
		r.sendText("m1", "Hello")
		r.after(time.Minute)
		list := r.messages()
		if len(list) != 2 || list[0].GetFrom() != "0700000009" || list[1].GetFrom() != "+93700000009" {
			t.Errorf("MOs: %v", list)
		}
		if sms := r.mno.SMS(); len(sms) != 1 || sms[0].Destination.Addr != "0700000001" {
			t.Errorf("submitted: %+v", sms)
		}
		if n := r.mno.Counts().Binds; n != 1 {
			t.Errorf("%d binds", n)
		}
	})
}
