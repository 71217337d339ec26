package actors_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/ledger"
	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// US-SC-010: what the MNO has refused for now is surely not with it, whichever pod gets the
// command next. Where the profile would not submit what may have been submitted, two of ten
// became dead letters.
func TestUSSC010WhatIsRefusedForNowIsNoDoubt(t *testing.T) {
	for _, policy := range []ledger.Policy{ledger.Redeliver, ledger.Hold, ledger.GiveUp} {
		t.Run(policy.String(), func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.account["awcc"].Unknown, r.account["awcc"].Times.Hold = policy, 5*time.Minute
				p := newPool(r, 2)
				p.add()
				p.add()
				p.spread(t, 2, 5*time.Second, "start")
				r.send(80)
				for i := range 20 {
					r.sendText(fmt.Sprint("long", i), strings.Repeat(fmt.Sprintf("%010d", i), 30))
				}
				r.after(30 * time.Minute)
				if n := len(r.mem.Events(contract.SubjectSubmitted)); n != 100 || len(r.mem.Events(contract.SubjectDLQ)) != 0 || r.mem.Unsettled() != 0 {
					t.Errorf("%d submitted, %d dead letters, %d unsettled", n, len(r.mem.Events(contract.SubjectDLQ)), r.mem.Unsettled())
				}
				p.close()
			}, smsc.ThrottleEvery(3), smsc.Delay(50*time.Millisecond))
		})
	}
}

// A pod that cannot store what its MNO has accepted keeps it, however long: no other pod
// submits it meanwhile.
func TestUSSC010WhatOnePodCannotStoreNoOtherSubmits(t *testing.T) {
	inBubble(t, func(r *rig) {
		p := newPool(r, 2)
		p.add()
		p.add()
		p.spread(t, 2, 5*time.Second, "start")
		p.pods[0].rows.Fail(errDown)
		r.send(40)
		r.after(10 * time.Minute)
		p.pods[0].rows.Heal()
		r.after(5 * time.Minute)
		if c := r.mno.Counts(); c.Accepted != 40 || c.Duplicates != 0 || r.mem.Unsettled() != 0 {
			t.Errorf("%d accepted, %d twice, %d unsettled", c.Accepted, c.Duplicates, r.mem.Unsettled())
		}
		p.close()
	})
}

// US-SC-026: an answer that comes after its command has been delivered again, and has begun
// under another reference, is of a part that the handset cannot join to the others.
func TestUSSC026PartsUnderTwoReferencesAreNotOneMessage(t *testing.T) {
	text := strings.Repeat("0123456789", 40) // three parts
	inBubble(t, func(r *rig) {
		r.start()
		r.mno.Do(smsc.AfterSubmits(2), smsc.AnswerSubmits(codec.StatusThrottled, 1), smsc.AfterSubmits(1), smsc.AnswerSubmits(codec.StatusThrottled, 1))
		r.mno.Do(smsc.Delay(40 * time.Second))
		r.sendText("m1", text) // parts 1 and 2 are answered too late, part 3 is throttled
		r.after(35 * time.Second)
		r.mno.Do(smsc.Delay(20 * time.Millisecond))
		r.after(20 * time.Minute)
		list := r.mno.MessagesTo("93700000001")
		joined := false
		for _, m := range list {
			joined = joined || m.Text == text
		}
		if n := len(r.mem.Events(contract.SubjectSubmitted)); !joined || n != 1 || r.mem.Unsettled() != 0 {
			t.Errorf("%d submitted, %d unsettled, the handset has %d messages: %v", n, r.mem.Unsettled(), len(list), list)
		}
	})
}

// US-SC-010: which part of a held message a receipt is of, its addresses do not say. Of three
// parts that may have been submitted one was not; the other two must not be taken for it.
func TestUSSC010AHeldMessageClaimsReceiptsForAllItsPartsOrNone(t *testing.T) {
	text := strings.Repeat("0123456789", 40)
	inBubble(t, func(r *rig) {
		r.account["awcc"].Unknown, r.account["awcc"].Times.Hold = ledger.Hold, 10*time.Minute
		r.start()
		r.mno.Do(smsc.AnswerSubmits(codec.StatusThrottled, 1), smsc.LoseAnswers(100, 1), smsc.SendReceipts(smsc.After(time.Second)))
		r.sendText("m1", text)
		r.after(2 * time.Second)
		r.kill() // another process knows of no part what became of it
		r.mno.Do(smsc.LoseAnswers(0, 1))
		r.start()
		r.after(time.Hour)
		dead := r.mem.Events(contract.SubjectDLQ)
		if n := len(r.mno.SMS()); n != 2 || len(dead) != 1 || len(r.mem.Events(contract.SubjectSubmitted)) != 0 || r.mem.Unsettled() != 0 {
			t.Errorf("%d SMS, %d dead letters, %d submitted: %q", n, len(dead), len(r.mem.Events(contract.SubjectSubmitted)), r.decisions())
			return
		}
		if letter := dead[0].Body.(*contract.DispatchRejected); len(letter.GetAcceptedParts()) != 0 || !letter.GetAmbiguous() {
			t.Errorf("parts %d are said to be accepted: those of which a replay sends none", letter.GetAcceptedParts())
		}
	})
}

// US-SC-010: a receipt may be of a command that another pod holds between the same
// addresses. The one that the MNO never took was told to be delivered.
func TestUSSC010NoReceiptIsTakenThatMayBeOfAnotherPodsCommand(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.account["awcc"].Unknown, r.account["awcc"].Times.Hold = ledger.Hold, 10*time.Minute
		p := newPool(r, 2)
		p.add()
		p.add()
		p.spread(t, 2, 5*time.Second, "start")
		send := func(id string, bind int) {
			r.mem.Publish(contract.BindSubject("awcc", "trx", bind), fmt.Appendf(nil, `{"messageId":%q,"to":"93700000001","text":"this is %s"}`, id, id))
			r.after(2 * time.Second)
		}
		r.mno.Do(smsc.GoSilent())
		send("m1", 1) // read, and not taken
		r.mno.Do(smsc.SpeakAgain(), smsc.LoseAnswers(100, 1))
		send("m2", 2) // taken, and not answered
		r.mno.Do(smsc.LoseAnswers(0, 1))
		r.after(time.Hour)
		dead := r.mem.Events(contract.SubjectDLQ)
		if got := finals(r); len(got) != 0 || len(dead) != 2 || len(r.mem.Events(contract.SubjectSubmitted)) != 0 || r.mem.Unsettled() != 0 {
			t.Errorf("final events of %q, %d dead letters, %d submitted", got, len(dead), len(r.mem.Events(contract.SubjectSubmitted)))
		}
		p.close()
	})
}
