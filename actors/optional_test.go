package actors_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/optional"
	"github.com/ghasi/smpp-connector/actors/verdict"
	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// vendors are TLVs of a vendor's own, one of them declared, as they come with receipts and MOs.
var vendors = codec.TLVs{{Tag: 0x1403, Value: []byte("41201")}, {Tag: 0x1700, Value: []byte{0xAB}}, {Tag: codec.TagUserMessageReference, Value: []byte{0, 9}}}

var vendorsTold = map[string]string{"MCCMNC": "41201", "0x1700": "ab", "user_message_reference": "9"}

// Features 5.2: what an MNO says in TLVs of its own reaches the platform: with a receipt,
// one that was parked, an orphan, an MO in one PDU and one in parts; and no text does.
func TestTLVsOfReceiptsAndMOsAreTold(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.account["awcc"].Receipts.TLVs = optional.Rules{{Name: "MCCMNC", Tag: 0x1403, Kind: optional.Text}}
		r.orphan = time.Minute
		r.start()
		r.sendText("m1", "Hello")
		r.after(time.Second)
		receipt := func(id string, tlvs codec.TLVs) *codec.DeliverSM {
			return &codec.DeliverSM{SourceAddr: "93700000001", DestinationAddr: "Ghasi", ESMClass: codec.ESMTypeReceipt,
				ShortMessage: []byte("id:" + id + " stat:DELIVRD err:000"), TLVs: tlvs}
		}
		quoting := receipt("1", append(codec.TLVs{{Tag: 0x1900, Value: []byte("about HIDDEN WORDS")}}, vendors...))
		quoting.ShortMessage = []byte("id:1 stat:ACCEPTD text:hidden words")
		payload := append(codec.TLVs{{Tag: codec.TagMessagePayload, Value: []byte("id:1 stat:ENROUTE text:secret")}}, vendors...)
		first, second := moPart(7, 2, 1, "one "), moPart(7, 2, 2, "two")
		first.TLVs, second.TLVs = codec.TLVs{{Tag: 0x1777, Value: []byte{1}}, {Tag: 0x1403, Value: []byte("first")}}, vendors
		half := moPart(8, 2, 1, "half ")
		half.TLVs = vendors
		inPayload := receipt("1", payload)
		inPayload.ShortMessage = nil
		for _, pdu := range []*codec.DeliverSM{quoting, receipt("1", vendors), inPayload, receipt("2", vendors), receipt("99", vendors), first, second, half,
			{SourceAddr: "93700000009", DestinationAddr: "1234", ShortMessage: []byte("yes"), TLVs: vendors},
			{SourceAddr: "93700000009", DestinationAddr: "1234", ShortMessage: []byte("no")}} {
			r.mno.Do(smsc.SendPDU(pdu))
		}
		r.after(time.Second)
		r.sendText("m2", "Hello") // whose receipt has come already
		r.after(5 * time.Minute)

		told := map[string]map[string]string{}
		for _, e := range r.receiptsOn(contract.SubjectDLRInbound) {
			told[e.GetMessageId()+" "+e.GetStatus().String()] = e.GetTlvs()
		}
		for _, e := range r.receiptsOn(contract.SubjectDLROrphan) {
			told["orphan "+e.GetOperatorMessageId()] = e.GetTlvs()
		}
		for _, m := range r.messages() {
			told[m.GetText()] = m.GetTlvs()
		}
		if got := told["one two"]; got["0x1777"] != "01" || got["MCCMNC"] != "first" {
			t.Errorf("of both parts: %v", got)
		} else {
			delete(got, "0x1777")
			got["MCCMNC"] = vendorsTold["MCCMNC"]
		}
		if got := told["half "]; !maps.Equal(got, vendorsTold) {
			t.Errorf("of a message without its second part: %v", got)
		}
		for _, which := range []string{"m1 DELIVERED", "m1 ENROUTE", "m2 DELIVERED", "orphan 99", "one two", "yes"} {
			if got, there := told[which]; !there || !maps.Equal(got, vendorsTold) {
				t.Errorf("%s: %v, want %v", which, got, vendorsTold)
			}
		}
		if got := told["m1 ACCEPTED"]; got["0x1900"] != "***" || got["MCCMNC"] != "41201" {
			t.Errorf("of a receipt that repeats the text: %v", got)
		}
		if got, there := told["no"]; !there || got != nil {
			t.Errorf("an MO without TLVs: %v", got)
		}
		if strings.Contains(fmt.Sprint(r.receiptsOn(contract.SubjectDLRInbound)), "secret") {
			t.Error("an event holds the message's text")
		}
	}, smsc.SendReceipts(smsc.Never()))
}

// SMPP 3.4 §5.3.2.11, .33: why the MNO refused a message stands in its dead letter, but
// for the subscriber's number and what it repeats of the text; also of one that it
// refused for now until the profile gave up. No fact has it, so neither has a log.
func TestADeadLetterSaysWhyTheMNORefused(t *testing.T) {
	const words = "93700000001 is barred: Your code is 4711"
	const said = `(additional_status_info_text "***001 is barred: ***", delivery_failure_reason 2 (permanent network error))`
	for _, status := range []codec.Status{codec.StatusInvDstAdr, codec.StatusMsgQFul, codec.StatusSysErr} {
		t.Run(status.String(), func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.account["awcc"].RetryFor = time.Hour
				r.account["awcc"].Verdicts = verdict.Rules{codec.StatusMsgQFul: verdict.Own(verdict.Retry, 30*time.Second, verdict.None)}
				r.start()
				r.sendText("m1", "Your code is 4711")
				r.after(3 * time.Hour)
				letters := r.mem.Events(contract.SubjectDLQ)
				if len(letters) != 1 {
					t.Errorf("%d dead letters", len(letters))
					return
				}
				letter := letters[0].Body.(*contract.DispatchRejected)
				if got := letter.GetDetail(); !strings.Contains(got, status.String()+" "+said) || strings.Contains(got, "4711") {
					t.Errorf("%s: %s", letter.GetReason(), got)
				}
				r.mu.Lock()
				defer r.mu.Unlock()
				for _, f := range r.facts {
					if strings.Contains(fmt.Sprintf("%+v", f), "barred") {
						t.Errorf("a fact holds the MNO's words: %T", f)
					}
				}
			}, smsc.AnswerSubmits(status, 0), smsc.ExplainRefusals(words))
		})
	}
}
