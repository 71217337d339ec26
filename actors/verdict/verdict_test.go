package verdict

import (
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// US-SC-028: RTHROTTLED halves the window and gives the message back after 500 ms.
func TestUSSC028Throttled(t *testing.T) {
	if got := Of(codec.StatusThrottled); got.Class != Retry || got.Delay != 500*time.Millisecond || got.Effect != Halve {
		t.Errorf("%+v", got)
	}
}

// US-SC-031: every status that the codec knows has a verdict with a section in
// the runbook, and only ESME_ROK is an acceptance.
func TestUSSC031EveryStatusHasAVerdict(t *testing.T) {
	for _, s := range codec.KnownStatuses() {
		v := Of(s)
		if (v.Class == Accept) != (s == codec.StatusOK) {
			t.Errorf("%v: %v", s, v.Class)
		}
		if s != codec.StatusOK && v.Runbook == "" {
			t.Errorf("%v has no runbook section", s)
		}
		if v.Class == Retry && v.Delay <= 0 {
			t.Errorf("%v is retried in a hot loop", s)
		}
	}
	if v := Of(0x450); v.Class != Reject {
		t.Errorf("a vendor status without a profile: %v", v.Class)
	}
}
