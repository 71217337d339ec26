package ownership_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/ownership"
	"github.com/ghasi/smpp-connector/actors/port"
)

var bind1 = awcc.Bind(1)

// alone is one process that serves one bind, and its store.
type alone struct {
	t      *testing.T
	claims *ownership.Claims
	now    time.Time
	store  *simStore
	facts  []event.Fact
}

func newAlone(t *testing.T, id ownership.Identity) *alone {
	a := &alone{t: t, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), store: &simStore{revision: 41, leases: map[port.BindID]port.Lease{}, pods: map[string]port.Pod{}, podAt: map[string]time.Time{}}}
	a.claims = ownership.New(id, a.now)
	a.claims.LeasesKnown(true, a.now)
	a.claims.PodsKnown(true, a.now)
	return a
}

// pass lets time go by, and returns the calls on leases that became due.
func (a *alone) pass(d time.Duration, runs bool) (calls []ownership.Step) {
	a.now = a.now.Add(d)
	running := map[port.BindID]bool{}
	if runs {
		running[bind1] = true
	}
	a.claims.Wants(map[port.BindID]bool{bind1: true}, running)
	for _, s := range a.claims.Tick(a.now) {
		if s.Do == ownership.Announce || s.Do == ownership.Depart {
			a.claims.Answered(s, 0, nil, a.now)
			continue
		}
		calls = append(calls, s)
	}
	a.facts = append(a.facts, a.claims.Facts()...)
	return calls
}

func (a *alone) one(calls []ownership.Step, do ownership.Do) ownership.Step {
	a.t.Helper()
	if len(calls) != 1 || calls[0].Do != do {
		a.t.Fatalf("calls %+v, want one %v", calls, do)
	}
	return calls[0]
}

// answer has the store execute a call at its time, and its answer come later.
func (a *alone) answer(s ownership.Step, late time.Duration) {
	revision, err := a.store.do(&world{now: a.now}, s)
	a.now = a.now.Add(late)
	a.claims.Answered(s, revision, err, a.now)
}

func (a *alone) order() string {
	for _, g := range a.claims.Grants() {
		return g.Order.String()
	}
	return "none"
}

func (a *alone) want(order string) {
	a.t.Helper()
	if got := a.order(); got != order {
		a.t.Errorf("the order is %s, want %s", got, order)
	}
}

func (a *alone) owner() {
	a.t.Helper()
	a.answer(a.one(a.pass(0, false), ownership.Acquire), time.Millisecond)
	a.want("serve")
}

var me = ownership.Identity{Pod: "pod-1", Instance: "i1", Ordinal: -1}

// US-SC-016: one that is alone has its bind at once, and renews it in time.
func TestUSSC016AnOwnerRenews(t *testing.T) {
	a := newAlone(t, me)
	a.owner()
	if e := a.claims.Grants()[0].Epoch; e != 42 {
		t.Errorf("the epoch is %d, want the revision that won", e)
	}
	for range 20 {
		s := a.one(a.pass(10*time.Second, true), ownership.Renew)
		a.answer(s, time.Millisecond)
		a.want("serve")
	}
	if e := a.claims.Grants()[0].Epoch; e != 42 {
		t.Errorf("the epoch is %d after renewals, want 42", e)
	}
}

// Issue 4, Speed and memory: leases that were won at different times come into step, so
// that renewals are made together; one that fails is repeated alone.
func TestRenewalsComeIntoStep(t *testing.T) {
	a := newAlone(t, me)
	wants, running := map[port.BindID]bool{}, map[port.BindID]bool{}
	pass := func(d time.Duration) (calls []ownership.Step) {
		a.now = a.now.Add(d)
		a.claims.Wants(wants, running)
		for _, s := range a.claims.Tick(a.now) {
			if s.Do != ownership.Announce {
				calls = append(calls, s)
			}
		}
		return calls
	}
	for n := range 20 { // of binds that are won in 20 s
		bind := awcc.Bind(n + 1)
		wants[bind], running[bind] = true, true
		for _, s := range pass(time.Second) {
			a.answer(s, 0)
		}
	}
	renewed := func() (times, renewals int) {
		for range 30 {
			calls := pass(time.Second)
			if renewals += len(calls); len(calls) > 0 {
				times++
			}
			for _, s := range calls {
				a.answer(s, 0)
			}
		}
		return times, renewals
	}
	renewed()
	if times, renewals := renewed(); times != 3 || renewals != 3*20 {
		t.Errorf("%d renewals of 20 leases at %d times in 30 s, want 60 at 3", renewals, times)
	}

	var at []time.Duration // when the others are renewed, while the first fails for 10 s
	for d := time.Duration(0); d < 35*time.Second; d += time.Second {
		calls := pass(time.Second)
		for _, s := range calls {
			if s.Lease.Bind == bind1 && d < 19*time.Second {
				a.claims.Answered(s, 0, errSim, a.now)
				continue
			}
			a.answer(s, 0)
		}
		if len(calls) > 1 {
			at = append(at, d)
		}
	}
	if len(at) != 3 || at[1]-at[0] != 10*time.Second || at[2]-at[1] != 10*time.Second {
		t.Errorf("the others were renewed at %v while one failed, want each 10 s", at)
	}
	if grants := a.claims.Grants(); len(grants) != 20 || grants[0].Order != ownership.Serve {
		t.Errorf("%+v", grants)
	}
}

// An owner whose renewals are not answered stops by itself, well before the server
// could give its lease to another.
func TestAnOwnerFencesItselfInTime(t *testing.T) {
	a := newAlone(t, me)
	a.owner()
	var fenced time.Duration
	for d := time.Duration(0); d < 30*time.Second; d += 100 * time.Millisecond {
		a.pass(100*time.Millisecond, true)
		if a.order() == "stop" {
			fenced = d
			break
		}
	}
	if fenced < 21*time.Second || fenced > 22*time.Second {
		t.Errorf("fenced after %v, want 22 s", fenced)
	}
	if len(a.facts) < 2 || a.facts[len(a.facts)-1].(event.LeaseLost).Epoch != 42 {
		t.Errorf("%+v", a.facts)
	}
	a.pass(0, false)
	a.want("none")
}

// A renewal whose answer comes late counts from when it was sent: a process that was
// stopped between the two has no more time for it.
func TestALateAnswerGivesNoTime(t *testing.T) {
	a := newAlone(t, me)
	a.owner()
	a.answer(a.one(a.pass(10*time.Second, true), ownership.Renew), 50*time.Second)
	a.pass(0, true)
	a.want("stop")
	b := newAlone(t, me)
	b.answer(b.one(b.pass(0, false), ownership.Acquire), 40*time.Second)
	b.want("none")
	b.one(b.pass(0, false), ownership.Release)
}

// Somebody deletes the lease, or its bucket: the owner wins it again, and the bind
// goes on under the new epoch.
func TestADeletedLeaseIsWonAgain(t *testing.T) {
	a := newAlone(t, me)
	a.owner()
	a.store.drop(bind1, port.Deleted)
	a.claims.GoneLease(bind1, port.Deleted, a.store.revision, a.now)
	a.want("serve")
	a.answer(a.one(a.pass(0, true), ownership.Acquire), time.Millisecond)
	a.want("serve")
	if e := a.claims.Grants()[0].Epoch; e != 44 {
		t.Errorf("the epoch is %d, want 44", e)
	}
}

// Somebody writes into the lease by hand: the owner cannot know what that means, and
// stops. When the value has expired the bind is served again.
func TestAnOverwrittenLeaseStopsItsOwner(t *testing.T) {
	a := newAlone(t, me)
	a.owner()
	a.store.put(&world{now: a.now}, port.Lease{Bind: bind1})
	a.claims.SeenLease(a.store.leases[bind1], a.now)
	a.want("stop")
	if calls := a.pass(time.Second, false); len(calls) > 0 {
		t.Errorf("%+v while the value is there", calls)
	}
	a.store.drop(bind1, port.Expired)
	a.claims.GoneLease(bind1, port.Expired, a.store.revision, a.now)
	a.answer(a.one(a.pass(0, false), ownership.Acquire), time.Millisecond)
	a.want("serve")
}

// US-SC-020: a lease that is not renewed and does not expire is taken out by its
// revision, and counted.
func TestUSSC020AnImmortalLeaseIsTakenOut(t *testing.T) {
	a := newAlone(t, me)
	a.store.put(&world{now: a.now}, port.Lease{Bind: bind1, Pod: "pod-9", Instance: "i9", Epoch: 7})
	a.claims.SeenLease(a.store.leases[bind1], a.now)
	if calls := a.pass(30*time.Second, false); len(calls) > 0 {
		t.Fatalf("%+v while the lease may live", calls)
	}
	a.answer(a.one(a.pass(time.Second, false), ownership.Acquire), time.Millisecond)
	a.answer(a.one(a.pass(time.Second, false), ownership.Release), time.Millisecond)
	a.answer(a.one(a.pass(0, false), ownership.Acquire), time.Millisecond)
	a.want("serve")
	orphaned := 0
	for _, f := range a.facts {
		if o, is := f.(event.BindOrphaned); is && o.Owner == "pod-9" {
			orphaned++
		}
	}
	if orphaned != 1 {
		t.Errorf("%d orphans told of, want 1: %+v", orphaned, a.facts)
	}
}

// A process that comes after one that is surely dead takes over from it at once.
func TestASuccessorDoesNotWait(t *testing.T) {
	id := me
	id.Predecessor = "i0"
	a := newAlone(t, id)
	a.store.put(&world{now: a.now}, port.Lease{Bind: bind1, Pod: "pod-1", Instance: "i0", Epoch: 7})
	a.claims.SeenLease(a.store.leases[bind1], a.now)
	a.answer(a.one(a.pass(0, false), ownership.Release), time.Millisecond)
	a.owner()
}

// A clock that is far from the server's is told of; ownership does not depend on it.
func TestAClockThatIsWrongIsToldOf(t *testing.T) {
	a := newAlone(t, me)
	a.owner()
	l := a.store.leases[bind1]
	l.StoredAt = a.now.Add(time.Hour)
	a.claims.SeenLease(l, a.now)
	a.pass(0, true)
	a.want("serve")
	last, is := a.facts[len(a.facts)-1].(event.ClockSkewed)
	if !is || last.Skew.Round(time.Minute) != -time.Hour {
		t.Errorf("%+v", a.facts)
	}
}

// US-SC-015: a pod that leaves has its binds drained, gives the leases back, and
// then takes its presence out.
func TestUSSC015ALeavingPodGivesBack(t *testing.T) {
	a := newAlone(t, me)
	a.owner()
	a.pass(0, true)
	a.claims.Leave()
	a.pass(0, true)
	a.want("drain")
	a.answer(a.one(a.pass(time.Second, false), ownership.Release), time.Millisecond)
	a.pass(0, false)
	if !a.claims.Left() || len(a.store.leases) > 0 {
		t.Errorf("left %v, leases %v", a.claims.Left(), a.store.leases)
	}
}

// US-SC-020: every 30 s, binds and pods are held against each other: a bind that two pods
// serve, a pod that the orchestrator runs and that is silent, an owner that it does not
// run. What is so at one check alone may be a hand-over, and is not told.
func TestUSSC020TheCheckTellsWhatIsWrong(t *testing.T) {
	a := newAlone(t, me)
	a.owner()
	a.claims.Roster([]string{"pod-1", "pod-2", "pod-3"})
	tick := func() (facts []event.Fact) {
		a.claims.SeenPod(port.Pod{Group: awcc, Name: "pod-2", Instance: "i2", Runs: []int{1}, Wants: []int{1}}, a.now)
		for _, s := range a.pass(15*time.Second, true) {
			a.answer(s, time.Millisecond)
		}
		a.store.expire(&world{now: a.now, random: rand.New(rand.NewPCG(1, 1))})
		facts, a.facts = a.facts, nil
		return facts
	}
	tick()
	var told []string
	for range 6 {
		for _, f := range tick() {
			switch f := f.(type) {
			case event.BindOwnedTwice:
				told = append(told, fmt.Sprint("twice ", f.Pods))
			case event.PodSilent:
				told = append(told, "silent "+f.Pod)
			case event.OwnershipChecked:
				told = append(told, fmt.Sprintf("unowned %d, twice %d, silent %d, pods %d", f.Unowned, f.Twice, f.Silent, f.Pods))
			}
		}
	}
	want := []string{"unowned 0, twice 0, silent 0, pods 2",
		"twice [pod-1 pod-2]", "silent pod-3", "unowned 0, twice 1, silent 1, pods 2"}
	if len(told) < len(want) || !slices.Equal(told[:len(want)], want) {
		t.Errorf("%q, want %q first", told, want)
	}
}

// Issue 7, bad input: two processes of one POD_NAME share the binds as two pods would,
// and it is said once that they have the same name.
func TestTwoProcessesOfOneNameAreToldOf(t *testing.T) {
	a := newAlone(t, me)
	a.owner()
	for range 3 {
		a.claims.SeenPod(port.Pod{Group: awcc, Name: me.Pod, Instance: "i2", Wants: []int{1}}, a.now)
		a.pass(time.Second, true)
	}
	shared := 0
	for _, f := range a.facts {
		if _, is := f.(event.PodNameShared); is {
			shared++
		}
	}
	if shared != 1 || a.claims.Pods(awcc) != 2 {
		t.Errorf("told %d times, %d pods", shared, a.claims.Pods(awcc))
	}
}

// Issue 7, bad input: two Deployments of one MNO_ID with an operator each, whose binds are
// numbered alike: each pod says at every check whose bind the other's is. A pod of an
// earlier version, which says nothing of accounts, and one of the same operator are fine.
func TestABindNameOfTwoOperatorsIsToldOf(t *testing.T) {
	a := newAlone(t, me)
	a.owner()
	a.claims.Stands(ownership.Failover{Accounts: map[port.BindID]string{awcc.Bind(1): "awcc"}})
	a.claims.SeenPod(port.Pod{Group: awcc, Name: "pod-2", Instance: "i2", Wants: []int{1}, Accounts: map[string][]int{"awcc": {1}}}, a.now)
	a.claims.SeenPod(port.Pod{Group: awcc, Name: "pod-3", Instance: "i3", Wants: []int{1}}, a.now)
	a.claims.SeenPod(port.Pod{Group: awcc, Name: "pod-4", Instance: "i4", Wants: []int{1, 2}, Accounts: map[string][]int{"awcc-b": {1, 2}}}, a.now)
	a.facts = nil
	var told []event.BindNameShared
	a.pass(30*time.Second, true)
	for _, f := range a.facts {
		if f, is := f.(event.BindNameShared); is {
			f.At = time.Time{}
			told = append(told, f)
		}
	}
	want := []event.BindNameShared{{Bind: awcc.Bind(1), OperatorID: "awcc", Other: "awcc-b", Pod: "pod-4"}}
	if !slices.Equal(told, want) {
		t.Errorf("told %+v, want %+v", told, want)
	}
}

// US-SC-020: a lease of a bind that nobody wants any more, and that the server should
// have let expire, is taken out; one that somebody renews is not.
func TestUSSC020AnOrphanThatNobodyWantsIsTakenOut(t *testing.T) {
	a := newAlone(t, me)
	a.owner()
	old, renewed := awcc.Bind(7), awcc.Bind(8)
	hear := func(bind port.BindID) {
		l := a.store.leases[bind]
		l.Bind, l.Pod, l.Instance = bind, "pod-9", "i9"
		a.store.put(&world{now: a.now}, l)
		a.claims.SeenLease(a.store.leases[bind], a.now)
	}
	hear(old)
	hear(renewed)
	began, out := a.now, time.Duration(0)
	for a.now.Sub(began) < 5*time.Minute {
		for _, s := range a.pass(time.Second, true) {
			switch {
			case s.Lease.Bind == renewed:
				t.Fatalf("after %v: %+v", a.now.Sub(began), s)
			case s.Lease.Bind == old && (!s.Orphan || s.Do != ownership.Release || out != 0):
				t.Fatalf("after %v: %+v", a.now.Sub(began), s)
			case s.Lease.Bind == old:
				out = a.now.Sub(began)
			}
			a.answer(s, time.Millisecond)
		}
		if int(a.now.Sub(began).Seconds())%10 == 0 {
			hear(renewed)
		}
	}
	if out < 61*time.Second || out > 63*time.Second {
		t.Errorf("it was taken out after %v", out)
	}
	if _, there := a.store.leases[old]; there {
		t.Error("it is still there")
	}
	var told []event.Fact
	for _, f := range a.facts {
		if o, is := f.(event.BindOrphaned); is && o.Bind == old && o.Owner == "pod-9" {
			told = append(told, f)
		}
	}
	if len(told) != 1 {
		t.Errorf("told %d times", len(told))
	}
}
