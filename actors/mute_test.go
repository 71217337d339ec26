package actors_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors"
	"github.com/ghasi/smpp-connector/actors/control"
	"github.com/ghasi/smpp-connector/actors/event"
	damping "github.com/ghasi/smpp-connector/actors/failover"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// US-SC-013 with a primary that is mute: it binds, answers enquire_links, takes submits and
// answers none. It may deliver them all the same, so each that it gets reaches its
// subscriber twice.

// newMute is a primary and a backup in pods of their own, or in one process, with the default
// profile's bounds.
func newMute(r *rig, binds int) *relay {
	f := newRelay(r, binds, 1)
	for _, id := range []string{"awcc", "roshan"} {
		a := *r.account[id]
		a.Resubmits, a.Times.Unanswered = 3, 3
		a.Failback = damping.Damping{Linger: 30 * time.Second, HoldMax: time.Minute}
		r.setAccount(&a)
	}
	return f
}

// trickleFor offers a message every five seconds for so long.
func (f *relay) trickleFor(d time.Duration) {
	for range d / (5 * time.Second) {
		f.offer(1, contract.OperatorSubject("awcc"))
		f.after(5 * time.Second)
	}
}

// atBoth counts the messages that both MNOs have taken.
func (f *relay) atBoth() (n int) {
	at := map[string]bool{}
	for _, m := range f.mno.SMS() {
		at[m.Destination.Addr] = true
	}
	for _, m := range f.backup.SMS() {
		if at[m.Destination.Addr] {
			n++
			at[m.Destination.Addr] = false
		}
	}
	return n
}

// whole holds the run to every message having its one event, marked where both MNOs may
// have it.
func (f *relay) whole(t *testing.T) {
	t.Helper()
	events, at := map[string]int{}, map[string]bool{}
	for _, m := range f.mno.SMS() {
		at[m.Destination.Addr] = true
	}
	for _, e := range f.mem.Events(contract.SubjectSubmitted) {
		b := e.Body.(*contract.DispatchSubmitted)
		events[b.GetMessageId()]++
		if to := fmt.Sprintf("937%08s", b.GetMessageId()[1:]); b.GetOperatorId() == "roshan" && at[to] && !b.GetAmbiguous() {
			t.Errorf("%s is with both MNOs, and not marked", b.GetMessageId())
		}
	}
	if len(events) != f.sent || f.mem.Unsettled()+f.mem.Waiting() != 0 || len(f.mem.Events(contract.SubjectDLQ)) != 0 {
		t.Errorf("%d of %d submitted, %d unsettled, %d waiting, %d dead letters", len(events), f.sent, f.mem.Unsettled(), f.mem.Waiting(), len(f.mem.Events(contract.SubjectDLQ)))
	}
}

func (f *relay) count(step string) (n int) {
	for _, s := range f.steps() {
		if s == step {
			n++
		}
	}
	return n
}

// A mute primary costs a window of messages when it falls silent, and then one at each
// trial: after 5, 10, 20, 40 … min. The first answer brings it back.
func TestUSSC013AMutePrimaryStaysOut(t *testing.T) {
	t.Parallel() // one of those that take longest
	for _, c := range []struct {
		name  string
		binds int
		pods  [][]string
	}{
		{"one process", 1, [][]string{{"awcc", "roshan"}}},
		{"nobody serves the backup", 1, [][]string{{"awcc"}}},
		{"a pod each", 1, [][]string{{"awcc"}, {"roshan"}}},
		{"two pods of the primary", 2, [][]string{{"awcc"}, {"awcc"}, {"roshan"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				f := newMute(r, c.binds)
				for _, operators := range c.pods {
					f.addFor(operators...)
				}
				f.after(10 * time.Second)
				f.trickleFor(time.Minute)
				if n := f.mno.Counts().Accepted; n == 0 {
					t.Errorf("nothing over the primary")
				}
				f.mno.Do(smsc.LoseAnswers(100, 1))
				f.trickleFor(10 * time.Minute) // it falls silent, and is found out
				before, failbacks := f.atBoth(), f.count("AnnounceFailback")
				f.trickleFor(time.Hour)
				if n := f.atBoth() - before; n < 1 || n > 4*len(c.pods) {
					t.Errorf("%d messages of an hour reached both MNOs, %d before", n, before)
				}
				if before > 30*c.binds || f.count("AnnounceFailback") != failbacks {
					t.Errorf("%d reached both at first; %d failbacks to a mute primary", before, f.count("AnnounceFailback")-failbacks)
				}
				t.Logf("%d of %d reached both at first, %d in the next hour; %d trials", before, f.sent, f.atBoth()-before, f.count("TryPrimary"))
				f.mno.Do(smsc.LoseAnswers(0, 1))
				f.trickleFor(70 * time.Minute) // the next trial is at most an hour away
				if got := f.count("AnnounceFailback"); got <= failbacks {
					t.Errorf("no failback of a primary that answers again: %v", f.steps())
				}
				was := f.mno.Counts().Accepted
				f.trickleFor(time.Minute)
				if n := f.mno.Counts().Accepted - was; n < 11 {
					t.Errorf("%d of a minute's 12 over a primary that is back", n)
				}
				f.after(10 * time.Minute)
				f.whole(t)
				f.close()
			}, smsc.Keep(1<<12))
		})
	}
}

// A pod that is new has not tried as often as the others. All the same it is one bind's turn,
// each hour.
func TestUSSC013TrialsGoOnWhenAPodIsReplaced(t *testing.T) {
	t.Parallel() // one of those that take longest
	inBubble(t, func(r *rig) {
		f := newMute(r, 2)
		one := f.addFor("awcc")
		f.addFor("awcc")
		f.addFor("roshan")
		f.after(10 * time.Second)
		f.mno.Do(smsc.LoseAnswers(100, 1))
		offer := func(d time.Duration) {
			for range d / (30 * time.Second) {
				f.offer(1, contract.OperatorSubject("awcc"))
				f.after(30 * time.Second)
			}
		}
		f.trickleFor(10 * time.Minute)
		offer(2 * time.Hour)
		f.remove(one, true)
		offer(171 * time.Minute)
		f.addFor("awcc")
		offer(2 * time.Hour) // the new pod's first trials are closer together
		before, began := len(f.mno.SMS()), time.Now()
		offer(6 * time.Hour)
		last := began
		for _, m := range append(f.mno.SMS()[before:], smsc.SMS{At: time.Now()}) {
			if gap := m.At.Sub(last); gap > 95*time.Minute {
				t.Errorf("no trial for %v, until %s", gap, m.At.Format(time.TimeOnly))
			}
			last = m.At
		}
		if n := len(f.mno.SMS()) - before; n > 10 {
			t.Errorf("%d trials in 6 h", n)
		}
		f.mno.Do(smsc.LoseAnswers(0, 1))
		f.after(10 * time.Minute)
		f.close()
	}, smsc.Keep(1<<12))
}

// People who know that it is well need not wait for the next trial: a rebind has it tried
// at once. The tree tells when that is.
func TestUSSC013ARebindTriesAMutePrimary(t *testing.T) {
	inBubble(t, func(r *rig) {
		f := newMute(r, 1)
		one := f.addFor("awcc")
		f.addFor("roshan")
		f.after(10 * time.Second)
		f.mno.Do(smsc.LoseAnswers(100, 1))
		f.trickleFor(40 * time.Minute)
		if shown := operatorState(one.system); !strings.Contains(shown, "answers no submit: tried again at ") {
			t.Errorf("the tree says %q", shown)
		}
		f.mno.Do(smsc.LoseAnswers(0, 1))
		before := f.count("AnnounceFailback")
		f.rebindPrimary(one)
		f.trickleFor(4 * time.Minute) // the trial and the backup's binds ask for the same commands
		if f.count("AnnounceFailback") != before+1 {
			t.Errorf("steps %v", f.steps())
		}
		if got := f.healthStates(); !inOrder(got, "awcc UNBOUND", "awcc BOUND", "awcc FAILBACK") {
			t.Errorf("operator.health %v", got)
		}
		f.after(10 * time.Minute)
		f.whole(t)
		f.close()
	})
}

// Whoever ends a maintenance says that the MNO is well, too.
func TestUSSC013TheEndOfAMaintenanceTriesAMutePrimary(t *testing.T) {
	inBubble(t, func(r *rig) {
		f := newMute(r, 1)
		one := f.addFor("awcc")
		f.addFor("roshan")
		f.after(10 * time.Second)
		f.mno.Do(smsc.LoseAnswers(100, 1))
		f.trickleFor(40 * time.Minute)
		f.command(one, control.Command{Verb: control.MaintenanceOn, MNO: "awcc"})
		f.trickleFor(time.Minute)
		f.mno.Do(smsc.LoseAnswers(0, 1))
		before := f.count("AnnounceFailback")
		f.command(one, control.Command{Verb: control.MaintenanceOff, MNO: "awcc"})
		f.trickleFor(4 * time.Minute)
		if f.count("AnnounceFailback") != before+1 {
			t.Errorf("steps %v", f.steps())
		}
		f.after(10 * time.Minute)
		f.whole(t)
		f.close()
	})
}

func (f *relay) rebindPrimary(on *pod) {
	f.t.Helper()
	f.command(on, control.Command{Verb: control.Rebind, Bind: "awcc.trx.1"})
}

// command gives one to a pod.
func (f *relay) command(on *pod, what control.Command) {
	f.t.Helper()
	what.ID, what.By, what.At = fmt.Sprint(what.Verb), "noc", time.Now()
	if answer := on.system.Controls(f.mem.Orders, on.name).Do(f.t.Context(), what); answer.Error != "" {
		f.t.Errorf("%v: %+v", what.Verb, answer)
	}
}

func operatorState(s *actors.System) string {
	for _, n := range s.Tree().Snapshot() {
		if n.Kind == "operator" {
			return n.State
		}
	}
	return ""
}

// Without a backup a mute MNO gets one message at a time, and all as soon as it answers one.
func TestAMuteMNOGetsOneMessageAtATime(t *testing.T) {
	inBubble(t, func(r *rig) {
		a := r.bounded("awcc")
		a.Resubmits, a.Window = 0, 50
		r.start()
		r.mno.Do(smsc.LoseAnswers(100, 1))
		r.trickle(12, 10*time.Second)
		if n := len(heard[event.AnswersLost](r)); n == 0 {
			t.Error("the session was not ended")
		}
		sent := len(r.mno.SMS())
		r.after(10 * time.Minute)
		if n, sessions := len(r.mno.SMS())-sent, len(heard[event.AnswersLost](r)); n == 0 || n > sessions {
			t.Errorf("%d SMS in 10 min of silence, %d sessions that ended for it", n, sessions)
		}
		r.mno.Do(smsc.LoseAnswers(0, 1))
		r.after(10 * time.Minute)
		if n := len(r.mem.Events(contract.SubjectSubmitted)); n != 120 || r.mem.Unsettled() != 0 {
			t.Errorf("%d of 120 submitted, %d unsettled", n, r.mem.Unsettled())
		}
	})
}
