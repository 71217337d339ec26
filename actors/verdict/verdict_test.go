package verdict

import (
	"flag"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

var update = flag.Bool("update", false, "write the runbook again")

// US-SC-028: RTHROTTLED halves the window and gives the message back after 500 ms.
func TestUSSC028Throttled(t *testing.T) {
	if got := Of(codec.StatusThrottled); got.Class != Retry || got.Delay != 500*time.Millisecond || got.Effect != Halve {
		t.Errorf("%+v", got)
	}
}

// US-SC-029, 030: the two statuses that close a window, and those that say that the
// session is none.
func TestUSSC029And030EffectsOnTheBind(t *testing.T) {
	for _, s := range codec.KnownStatuses() {
		want := map[codec.Status]Effect{codec.StatusThrottled: Halve, codec.StatusSubmitFail: HalfClose, codec.StatusMsgQFul: Drain,
			codec.StatusInvBndSts: Rebind, codec.StatusAlyBnd: Rebind, codec.StatusBindFail: Rebind}[s]
		if got := Of(s).Effect; got != want {
			t.Errorf("%v: %v, want %v", s, got, want)
		}
	}
}

// US-SC-031: every status that the codec knows stands in exactly one section of
// the runbook, only ESME_ROK is an acceptance, and nothing is retried in a hot loop.
func TestUSSC031EveryStatusHasAVerdict(t *testing.T) {
	seen := map[codec.Status]int{}
	for _, section := range Sections() {
		for _, s := range section.Statuses {
			seen[s]++
		}
		if section.Name == "" || section.Meaning == "" || section.Does == "" || section.Check == "" {
			t.Errorf("section %q says too little", section.Name)
		}
	}
	for _, s := range codec.KnownStatuses() {
		v := Of(s)
		if (v.Class == Accept) != (s == codec.StatusOK) {
			t.Errorf("%v: %v", s, v.Class)
		}
		if seen[s] != 1 || !slices.Contains(v.For.Statuses, s) {
			t.Errorf("%v stands in %d sections, and its verdict says %q", s, seen[s], v.For.Name)
		}
		if v.Class == Retry && v.Delay <= 0 {
			t.Errorf("%v is retried in a hot loop", s)
		}
	}
	if v := Of(0x450); v.Class != Reject || !v.Alert {
		t.Errorf("a vendor status without a profile: %+v", v)
	}
}

// US-SC-028, issue 4: the stories' delays stay for the first tries; one message that is
// refused again and again is not tried every 5 s for ever.
func TestThePausesOfAMessageGrow(t *testing.T) {
	for _, c := range []struct {
		status codec.Status
		want   []time.Duration // after the 1st, 2nd … refusal
	}{
		{codec.StatusThrottled, []time.Duration{500 * time.Millisecond, 500 * time.Millisecond, 500 * time.Millisecond, 500 * time.Millisecond, 500 * time.Millisecond}},
		{codec.StatusSysErr, []time.Duration{5 * time.Second, 5 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 2 * time.Minute, 2 * time.Minute}},
		{codec.StatusSubmitFail, []time.Duration{5 * time.Second, 5 * time.Second, 5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, time.Minute, time.Minute}},
	} {
		for i, want := range c.want {
			if got := Of(c.status).Again(i + 1); got != want {
				t.Errorf("%v, refusal %d: %v, want %v", c.status, i+1, got, want)
			}
		}
	}
	if got := Own(Retry, 10*time.Minute, None).Again(1000); got != 10*time.Minute {
		t.Errorf("a profile's own pause: %v", got)
	}
}

// An MNO's own meanings come before the table, and leave the rest of it alone.
func TestRulesOfAProfileComeFirst(t *testing.T) {
	r := Rules{0x450: Own(Retry, 30*time.Second, Halve), codec.StatusSysErr: Own(Reject, 0, None), 0x408: Own(Retry, 0, None)}
	if v := r.Of(0x450); v.Class != Retry || v.Delay != 30*time.Second || v.Effect != Halve {
		t.Errorf("%+v", v)
	}
	if v := r.Of(codec.StatusSysErr); v.Class != Reject {
		t.Errorf("%+v", v)
	}
	if v := r.Of(0x408); v.Delay <= 0 {
		t.Errorf("retried in a hot loop: %+v", v)
	}
	if v := r.Of(codec.StatusThrottled); v.Effect != Halve {
		t.Errorf("%+v", v)
	}
	for c := Accept; c <= Reject; c++ {
		if got, ok := ParseClass(c.String()); !ok || got != c {
			t.Errorf("%v is read as %v", c, got)
		}
	}
	for e := None; e <= Drain; e++ {
		if got, ok := ParseEffect(e.String()); !ok || got != e {
			t.Errorf("%v is read as %v", e, got)
		}
	}
}

// US-SC-031: the runbook's sections are the table's.
func TestUSSC031TheRunbookIsTheTable(t *testing.T) {
	const path = "../../deploy/runbooks/smpp-errors.md"
	if *update {
		if err := os.MkdirAll("../../deploy/runbooks", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(Runbook()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != Runbook() {
		t.Errorf("%s is not the table's: go test ./actors/verdict -update", path)
	}
}
