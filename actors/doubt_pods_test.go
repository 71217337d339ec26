package actors_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/ledger"
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
