package actors_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors"
	"github.com/ghasi/smpp-connector/actors/control"
	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/ownership"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/memory"
)

// pool is several pods on the same stores and one MNO, in one bubble.
type pool struct {
	*rig
	pods []*pod
	born int
	free bool // no leases: a single pod
	most int  // MAX_BINDS of the pods that are added next; 0: no limit
}

// pod is one process of the pool. What it is cut off from hangs.
type pod struct {
	name     string
	system   *actors.System
	leases   *cutLeases
	presence *cutPresence
	rows     *cutRows
}

// cutLeases are leases that a pod may be cut off from: its calls wait for the end of
// their context, and its watch says that it knows nothing.
type cutLeases struct {
	port.Leases
	memory.Trouble // Hang and Heal
}

type cutPresence struct {
	port.Presence
	memory.Trouble
}

// cutRows is the store of correlations as one pod reaches it.
type cutRows struct {
	port.CorrelationStore
	memory.Trouble
}

func (s *cutRows) Save(ctx context.Context, rows []port.Correlation) error {
	if err := s.Enter(ctx); err != nil {
		return err
	}
	return s.CorrelationStore.Save(ctx, rows)
}

func (s *cutRows) Parts(ctx context.Context, operatorID, messageID string) ([]port.Correlation, error) {
	if err := s.Enter(ctx); err != nil {
		return nil, err
	}
	return s.CorrelationStore.Parts(ctx, operatorID, messageID)
}

func (l *cutLeases) Acquire(ctx context.Context, lease port.Lease) (uint64, error) {
	if err := l.Enter(ctx); err != nil {
		return 0, err
	}
	return l.Leases.Acquire(ctx, lease)
}

func (l *cutLeases) Renew(ctx context.Context, leases []port.Lease) []port.Renewal {
	if err := l.Enter(ctx); err != nil {
		return slices.Repeat([]port.Renewal{{Err: err}}, len(leases))
	}
	return l.Leases.Renew(ctx, leases)
}

func (l *cutLeases) Release(ctx context.Context, lease port.Lease) error {
	if err := l.Enter(ctx); err != nil {
		return err
	}
	return l.Leases.Release(ctx, lease)
}

func (p *cutPresence) Announce(ctx context.Context, pod port.Pod) error {
	if err := p.Enter(ctx); err != nil {
		return err
	}
	return p.Presence.Announce(ctx, pod)
}

// newPool makes binds 1 to n of awcc, and no pod yet.
func newPool(r *rig, n int) *pool {
	a := *r.account["awcc"]
	a.Binds = nil
	for i := range n {
		a.Binds = append(a.Binds, port.BindSetting{Bind: port.BindID{MNO: "awcc", Direction: port.TRX, Number: i + 1}, OperatorID: "awcc", Enabled: true})
	}
	r.setAccount(&a)
	return &pool{rig: r}
}

func (p *pool) add(lanes ...contract.Lane) *pod { return p.start([]string{"awcc"}, lanes) }

// addFor adds a pod that serves these operators.
func (p *pool) addFor(operators ...string) *pod { return p.start(operators, nil) }

func (p *pool) start(operators []string, lanes []contract.Lane) *pod {
	p.t.Helper()
	p.born++
	name := fmt.Sprint("pod-", p.born)
	one := &pod{name: name, leases: &cutLeases{Leases: p.mem.Leases}, presence: &cutPresence{Presence: p.mem.Presence},
		rows: &cutRows{CorrelationStore: p.mem.Correlations}}
	options := actors.Options{
		Ports: actors.Ports{Accounts: p.rig, Dispatch: p.mem.Dispatch, Publisher: p.mem.Publisher, Correlations: one.rows,
			Park: p.mem.Park, Counters: p.mem.Counters, Concat: p.mem.Concat, Leases: one.leases, Presence: one.presence},
		Identity: ownership.Identity{Pod: name, Instance: name, Ordinal: -1, Settle: time.Second, MaxBinds: p.most},
		Listener: p.rig, Operators: operators, Lanes: lanes, Drain: 30 * time.Second, Block: 100,
	}
	if p.free {
		options.Leases, options.Presence, options.Identity = nil, nil, ownership.Identity{}
	}
	var err error
	if one.system, err = actors.Start(options, slog.New(slog.DiscardHandler)); err != nil {
		p.t.Error(err)
	}
	p.pods = append(p.pods, one)
	return one
}

// remove ends a pod: cleanly, or as kill -9 does, which closes its lines.
func (p *pool) remove(one *pod, cleanly bool) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if cleanly {
		if err := one.system.Drain(ctx); err != nil {
			p.t.Error(err)
		}
	}
	if err := one.system.Stop(ctx); err != nil {
		p.t.Error(err)
	}
	for i := range p.pods {
		if p.pods[i] == one {
			p.pods = append(p.pods[:i], p.pods[i+1:]...)
			break
		}
	}
}

// close ends all that is left, before the bubble does.
func (p *pool) close() {
	for len(p.pods) > 0 {
		p.remove(p.pods[0], false)
	}
	p.after(2 * time.Second) // protoactor counts dead letters for a second
}

// bound is which pods have which binds BOUND.
func (p *pool) bound() (owners map[string][]string) {
	owners = map[string][]string{}
	for _, one := range p.pods {
		for _, b := range one.system.Tree().Binds() {
			if b.Bound {
				owners[b.Bind] = append(owners[b.Bind], one.name)
			}
		}
	}
	return owners
}

// spread holds the pool to one owner a bind, evenly, within some time.
func (p *pool) spread(t *testing.T, binds int, within time.Duration, why string) {
	t.Helper()
	began := time.Now()
	for {
		owners, each := p.bound(), map[string]int{}
		for bind, of := range owners {
			if len(of) > 1 {
				t.Errorf("%s: %s is bound by %q", why, bind, of)
			}
			each[of[0]]++
		}
		even := len(owners) == binds
		for _, one := range p.pods {
			n := each[one.name]
			even = even && n >= binds/len(p.pods) && n <= (binds+len(p.pods)-1)/len(p.pods)
		}
		if sessions := len(p.mno.BoundAs(codec.BindTransceiverID)); sessions > binds {
			t.Errorf("%s: the MNO has %d sessions for %d binds", why, sessions, binds)
		}
		if even {
			t.Logf("%s: even after %v", why, time.Since(began))
			return
		}
		if time.Since(began) > within {
			t.Errorf("%s: after %v %v over %d pods", why, within, owners, len(p.pods))
			return
		}
		p.after(50 * time.Millisecond)
	}
}

// US-SC-017, issue 7: 2 → 4 → 3 → 1 pods, all binds bound within 30 s at each step,
// within 1 s where the pod leaves cleanly, one pod a bind where there are as many.
func TestUSSC017PodsComeAndGo(t *testing.T) {
	inBubble(t, func(r *rig) {
		p := newPool(r, 4)
		p.add()
		p.add()
		p.spread(t, 4, 5*time.Second, "2 pods start")
		p.add()
		p.add()
		p.spread(t, 4, 5*time.Second, "4 pods")
		p.remove(p.pods[1], true)
		p.spread(t, 4, time.Second, "one leaves")
		p.remove(p.pods[0], false)
		p.spread(t, 4, 33*time.Second, "one is killed")
		p.remove(p.pods[0], true)
		p.spread(t, 4, time.Second, "another leaves")
		p.close()
		won := len(heard[event.LeaseWon](r))
		if won < 4+2+1+1+2 || won > 16 {
			t.Errorf("ownership changed %d times", won)
		}
	})
}

// Issue 7: an owner that NATS cannot reach any more stops by itself, unbinds, and
// writes nothing afterwards; another has the bind when the lease has expired, and at
// no time do two sessions exist. What was in flight is sent again, marked.
func TestUSSC016ACutOffOwnerFencesItself(t *testing.T) {
	inBubble(t, func(r *rig) {
		p := newPool(r, 1)
		a := p.add()
		p.spread(t, 1, 5*time.Second, "one pod")
		b := p.add()
		p.after(5 * time.Second)
		a.leases.Hang()
		a.presence.Hang()
		cut := time.Now()
		var unbound, taken time.Duration
		for time.Since(cut) < 45*time.Second {
			p.sendText(fmt.Sprint("m", int(time.Since(cut).Milliseconds())), "Hello")
			p.after(100 * time.Millisecond)
			if n := len(p.mno.BoundAs(codec.BindTransceiverID)); n > 1 {
				t.Errorf("%d sessions after %v", n, time.Since(cut))
				break // not Fatal, which in a bubble ends in a deadlock
			} else if n == 0 && unbound == 0 {
				unbound = time.Since(cut)
			}
			if owners := p.bound()["awcc.trx.1"]; taken == 0 && len(owners) == 1 && owners[0] == b.name {
				taken = time.Since(cut)
			}
		}
		if unbound == 0 || unbound > 23*time.Second || taken == 0 || taken > 35*time.Second {
			t.Errorf("unbound after %v, taken over after %v", unbound, taken)
		}
		t.Logf("unbound after %v, taken over after %v", unbound, taken)
		p.after(2 * time.Minute)
		if left := r.mem.Unsettled() + r.mem.Waiting(); left != 0 {
			t.Errorf("%d commands are left", left)
		}
		if lost := heard[event.LeaseLost](r); len(lost) != 1 {
			t.Errorf("%+v", lost)
		}
		a.leases.Heal()
		a.presence.Heal()
		p.close()
	})
}

// US-SC-019: the bind's own subject keeps its order across a hand-over, nothing is
// lost, and the consumer is the new owner's.
func TestUSSC019AHandOverKeepsTheOrder(t *testing.T) {
	inBubble(t, func(r *rig) {
		p := newPool(r, 1)
		first := p.add()
		p.spread(t, 1, 5*time.Second, "one pod")
		p.add()
		p.after(3 * time.Second)
		const n = 600
		for i := range n {
			r.mem.Publish(contract.BindSubject("awcc", "trx", 1), fmt.Appendf(nil, `{"messageId":"m%d","to":"937%08d","text":"#%d"}`, i, i, i))
			if i == n/2 {
				go p.remove(first, true)
			}
			p.after(2 * time.Millisecond)
		}
		p.after(time.Minute)
		last := -1
		sms := r.mno.SMS()
		for _, s := range sms {
			var i int
			_, _ = fmt.Sscanf(s.Destination.Addr[3:], "%d", &i)
			if i <= last {
				t.Errorf("#%d came after #%d", i, last)
			}
			last = i
		}
		if len(sms) != n {
			t.Errorf("%d SMS for %d messages", len(sms), n)
		}
		epochs := map[uint64]bool{}
		for _, e := range r.mem.Events(contract.SubjectSubmitted) {
			epochs[e.Body.(*contract.DispatchSubmitted).Epoch] = true
		}
		if len(epochs) != 2 || epochs[0] {
			t.Errorf("epochs of the events: %v", epochs)
		}
		p.close()
	})
}

// Issue 7: a lease that somebody deletes is won again and the line stays; one that is
// overwritten costs the session, and is healed when the value has expired.
func TestLeasesThatSomebodyMeddlesWith(t *testing.T) {
	inBubble(t, func(r *rig) {
		p := newPool(r, 1)
		p.add()
		p.spread(t, 1, 5*time.Second, "one pod")
		bind := port.BindID{MNO: "awcc", Direction: port.TRX, Number: 1}
		before, binds := r.mem.Leases.Lease(bind).Epoch, r.mno.Counts().Binds
		r.mem.Leases.Delete(bind)
		p.after(time.Second)
		if l := r.mem.Leases.Lease(bind); l.Epoch <= before || r.mno.Counts().Binds != binds {
			t.Errorf("deleted: epoch %d after %d, %d binds after %d", l.Epoch, before, r.mno.Counts().Binds, binds)
		}
		r.mem.Leases.Overwrite(port.Lease{Bind: bind})
		p.after(6 * time.Second)
		if len(p.mno.BoundAs(codec.BindTransceiverID)) != 0 {
			t.Error("bound on under a lease that says something else")
		}
		p.spread(t, 1, 32*time.Second, "healed")
		p.close()
	})
}

// US-SC-018: one bind, and a reserved pod that came first: the pod that serves all lanes
// has the bind, what waits in P3 is sent, and the reserved pod says why it has none. When
// the other is gone the reserved pod has the bind.
func TestUSSC018AReservedPodGivesWayToTheOtherLanes(t *testing.T) {
	inBubble(t, func(r *rig) {
		p := newPool(r, 1)
		reserved := p.add(contract.P0, contract.P1)
		p.spread(t, 1, 5*time.Second, "the reserved pod comes first")
		whole := p.add()
		r.sendOn(contract.LaneSubject(contract.P3, "awcc", "trx"), "slow", 20)
		r.sendOn(contract.LaneSubject(contract.P0, "awcc", "trx"), "fast", 20)
		p.after(10 * time.Second)
		if words := went(p.mno); count(words, "slow") != 20 || count(words, "fast") != 20 {
			t.Errorf("%d of P3 and %d of P0 went, of 20 each", count(words, "slow"), count(words, "fast"))
		}
		if owner := p.bound()["awcc.trx.1"]; len(owner) != 1 || owner[0] != whole.name {
			t.Errorf("the bind is of %q", owner)
		}
		p.after(time.Minute)
		answer := reserved.system.Controls(nil, reserved.name).Do(context.Background(), control.Command{Verb: control.List})
		want := "no bind: awcc.trx has 1, for 2 pods; this one serves P0,P1 alone, and lanes that nobody would read go first"
		if answer.Note != want {
			t.Errorf("it says %q, want %q", answer.Note, want)
		}
		state := ""
		for _, a := range reserved.system.Tree().Snapshot() {
			if strings.HasSuffix(a.Path, "/ownership") {
				state = a.State
			}
		}
		if state != want {
			t.Errorf("the tree says %q", state)
		}
		if without := heard[event.PodBindless](r); len(without) != 1 || without[0].Why != want {
			t.Errorf("it was told %+v", without)
		}
		read := map[contract.Lane]int{}
		for _, c := range heard[event.LaneChecked](r) {
			read[c.Lane] = c.Binds
		}
		if want := map[contract.Lane]int{contract.P0: 1, contract.P1: 1, contract.P2: 1, contract.P3: 1}; !maps.Equal(read, want) {
			t.Errorf("binds by lane: %v", read)
		}
		p.remove(whole, true)
		p.spread(t, 1, 2*time.Second, "the other leaves")
		p.after(time.Minute)
		for _, c := range heard[event.LaneChecked](r) {
			read[c.Lane] = c.Binds
		}
		if want := map[contract.Lane]int{contract.P0: 1, contract.P1: 1, contract.P2: 0, contract.P3: 0}; !maps.Equal(read, want) {
			t.Errorf("binds by lane without a pod for P2 and P3: %v", read)
		}
		if without := heard[event.PodBindless](r); len(without) != 2 || without[1].Why != "" {
			t.Errorf("it was told %+v", without)
		}
		p.close()
	})
}

// Issue 7, bad input: two Deployments of one MNO_ID, each with an operator of its own
// whose only bind has the number 1: both pods say so, and one of the accounts is bound.
func TestTwoOperatorsWithABindOfOneNameAreToldOf(t *testing.T) {
	inBubble(t, func(r *rig) {
		other := r.newAccount("awcc-b", r.mno)
		other.MNO, other.Binds = "awcc", slices.Clone(r.account["awcc"].Binds)
		other.Binds[0].OperatorID = "awcc-b"
		r.account["awcc-b"] = other
		r.start()
		r.operators = []string{"awcc-b"}
		second := r.another()
		r.after(2 * time.Minute)
		told := map[string]string{} // by the operator of whoever says it
		for _, f := range heard[event.BindNameShared](r) {
			told[f.OperatorID] = f.Other + " of " + f.Pod
		}
		if want := map[string]string{"awcc": "awcc-b of pod-2", "awcc-b": "awcc of pod-1"}; !maps.Equal(told, want) {
			t.Errorf("told %v, want %v", told, want)
		}
		if n := len(r.mno.BoundAs(codec.BindTransceiverID)); n != 1 {
			t.Errorf("%d sessions of one bind", n)
		}
		r.end(second)
	})
}
