package actors

import (
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/dispatch"
)

// US-SC-010: a held command of which all is known by now is not solved for a delivery whose
// stored rows were asked before that: they do not tell of it yet, and it would go out again.
func TestAHoldIsSolvedForWhoeverAsksTheRowsAfterIt(t *testing.T) {
	now := time.Now()
	cmd, account := &command{plan: &dispatch.Plan{MessageID: "m1"}}, &Account{Times: Times{Hold: time.Hour}}
	h := &holds{byID: map[string]*hold{"m1": {cmd: cmd, account: account, since: now}}}
	h.count.Store(1)
	if got := h.look(cmd, account, false, now); got != holdGoesOn {
		t.Errorf("rows that were asked before: %v", got)
	}
	if got := h.look(cmd, account, h.solved("m1"), now); got != holdSolved {
		t.Errorf("rows that are asked after: %v", got)
	}
}
