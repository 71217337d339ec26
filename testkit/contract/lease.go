package contract

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Leases asks of an adapter what port.Leases promises (US-SC-016, 017, 020). open
// returns stores that share what they keep, as two pods have them, in which a lease lives
// for ttl, or for OwnerTTL at least where ttl is 0. short is the life of those whose end
// is waited for, some seconds; 0 where it is tested in fake time.
func Leases(t *testing.T, short time.Duration, open func(t *testing.T, ttl time.Duration) (port.Leases, port.Leases)) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *leasing)
	}{
		{"of sixteen that ask one wins", leaseRace},
		{"a renewal keeps the epoch and the time of the first", leaseRenewed},
		{"a renewal needs the present revision", leaseStale},
		{"of many that are renewed together each has its own outcome", leaseRenewedTogether},
		{"a released lease is free at once, and the next epoch is higher", leaseReleased},
		{"only who knows the revision can release", leaseReleaseStale},
		{"a watch tells what is there, what changes and how it went", leaseWatched},
		{"a watch tells of its groups alone", leaseGroups},
		{"watching ends with its context", leaseWatchEnds},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newLeasing(t, 0, open)) })
	}
	if short == 0 {
		return
	}
	t.Run("a lease that is not renewed expires, a renewed one does not", func(t *testing.T) { leaseExpires(t, newLeasing(t, short, open)) })
	t.Run("a watch tells of a lease that expires", func(t *testing.T) { leaseExpiryWatched(t, newLeasing(t, short, open)) })
}

// leasing is one test's store, as two pods see it, and a bind of its own.
type leasing struct {
	one, two port.Leases
	ttl      time.Duration
	bind     port.BindID
}

func newLeasing(t *testing.T, ttl time.Duration, open func(*testing.T, time.Duration) (port.Leases, port.Leases)) *leasing {
	l := &leasing{ttl: ttl, bind: ownBind(t)}
	l.one, l.two = open(t, ttl)
	return l
}

func (l *leasing) lease(pod string) port.Lease {
	return port.Lease{Bind: l.bind, Pod: pod, Instance: pod + "-instance", Since: submittedAt()}
}

func (l *leasing) acquire(t *testing.T, s port.Leases, pod string) port.Lease {
	t.Helper()
	lease := l.lease(pod)
	revision, err := s.Acquire(within(t), lease)
	if err != nil || revision == 0 {
		t.Fatalf("%s: revision %d, %v", pod, revision, err)
	}
	lease.Revision, lease.Epoch = revision, revision
	return lease
}

func (l *leasing) renew(t *testing.T, s port.Leases, lease port.Lease) port.Lease {
	t.Helper()
	r := renewed(t, s, lease)
	if r.Err != nil || r.Revision <= lease.Revision {
		t.Fatalf("renewed to revision %d over %d, %v", r.Revision, lease.Revision, r.Err)
	}
	lease.Revision = r.Revision
	return lease
}

// renewed is what becomes of the renewal of one lease.
func renewed(t *testing.T, s port.Leases, lease port.Lease) port.Renewal {
	t.Helper()
	all := s.Renew(within(t), []port.Lease{lease})
	if len(all) != 1 {
		t.Fatalf("%d outcomes of one renewal", len(all))
	}
	return all[0]
}

// sameLease compares what an owner wrote; times to the second.
func sameLease(a, b port.Lease) bool {
	return a.Bind == b.Bind && a.Pod == b.Pod && a.Instance == b.Instance && a.Epoch == b.Epoch && a.Revision == b.Revision && a.Since.Equal(b.Since)
}

func leaseRace(t *testing.T, l *leasing) {
	var won, held int
	var mu sync.Mutex
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			s := l.one
			if i%2 == 0 {
				s = l.two
			}
			_, err := s.Acquire(within(t), l.lease(fmt.Sprint("pod-", i)))
			var there *port.LeaseHeld
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won++
			} else if errors.As(err, &there) && there.Lease.Instance != "" && there.Lease.Epoch == there.Lease.Revision {
				held++
			} else {
				t.Errorf("%v", err)
			}
		})
	}
	all.Wait()
	if won != 1 || held != 15 {
		t.Errorf("%d won, %d were told who holds it", won, held)
	}
}

func leaseRenewed(t *testing.T, l *leasing) {
	lease := l.acquire(t, l.one, "pod-1")
	for range 3 {
		lease = l.renew(t, l.one, lease)
	}
	_, err := l.two.Acquire(within(t), l.lease("pod-2"))
	var held *port.LeaseHeld
	if !errors.As(err, &held) || !sameLease(held.Lease, lease) {
		t.Errorf("%v: %+v, want %+v", err, held, lease)
	}
}

func leaseStale(t *testing.T, l *leasing) {
	first := l.acquire(t, l.one, "pod-1")
	second := l.renew(t, l.one, first)
	var held *port.LeaseHeld
	if r := renewed(t, l.one, first); !errors.As(r.Err, &held) || !sameLease(held.Lease, second) {
		t.Errorf("renewed over an old revision: %v", r.Err)
	}
	if err := l.one.Release(within(t), second); err != nil {
		t.Fatal(err)
	}
	var gone *port.LeaseGone
	if r := renewed(t, l.one, second); !errors.As(r.Err, &gone) {
		t.Errorf("renewed what is not there: %v", r.Err)
	}
}

// leaseRenewedTogether renews more leases than are under way at once: each has its own
// compare-and-swap, so one that was renewed by another call and one that is not there
// fail, and hold up none of the rest.
func leaseRenewedTogether(t *testing.T, l *leasing) {
	const count, stale, gone = 1500, 3, 1400
	leases := make([]port.Lease, count)
	for i := range leases {
		in := *l
		in.bind = l.bind.Group().Bind(i + 1)
		leases[i] = in.acquire(t, l.one, "pod-1")
	}
	newest := l.renew(t, l.two, leases[stale])
	if err := l.two.Release(within(t), leases[gone]); err != nil {
		t.Fatal(err)
	}
	outcomes := l.one.Renew(within(t), leases)
	if len(outcomes) != count {
		t.Fatalf("%d outcomes of %d renewals", len(outcomes), count)
	}
	revisions := map[uint64]bool{}
	for i, r := range outcomes {
		var isHeld *port.LeaseHeld
		var isGone *port.LeaseGone
		switch i {
		case stale:
			if !errors.As(r.Err, &isHeld) || !sameLease(isHeld.Lease, newest) {
				t.Errorf("renewed over an old revision: %v", r.Err)
			}
		case gone:
			if !errors.As(r.Err, &isGone) || isGone.Bind != leases[i].Bind {
				t.Errorf("renewed what is not there: %v", r.Err)
			}
		default:
			if r.Err != nil || r.Revision <= leases[i].Revision || revisions[r.Revision] {
				t.Fatalf("%v renewed to revision %d over %d, %v", leases[i].Bind, r.Revision, leases[i].Revision, r.Err)
			}
			revisions[r.Revision] = true
		}
	}
	leases[0].Revision = outcomes[0].Revision // an outcome is of the lease at its place
	l.renew(t, l.one, leases[0])
}

func leaseReleased(t *testing.T, l *leasing) {
	first := l.acquire(t, l.one, "pod-1")
	if err := l.one.Release(within(t), first); err != nil {
		t.Fatal(err)
	}
	second := l.acquire(t, l.two, "pod-2")
	if second.Epoch <= first.Epoch {
		t.Errorf("epoch %d after %d", second.Epoch, first.Epoch)
	}
}

func leaseReleaseStale(t *testing.T, l *leasing) {
	first := l.acquire(t, l.one, "pod-1")
	l.renew(t, l.one, first)
	var held *port.LeaseHeld
	if err := l.two.Release(within(t), first); !errors.As(err, &held) {
		t.Errorf("released at an old revision: %v", err)
	}
}

func leaseExpires(t *testing.T, l *leasing) {
	last, kept := l.keptAlive(t)
	for tries := 1; !kept && tries < 20; tries++ {
		last, kept = l.keptAlive(t)
	}
	if !kept {
		t.Fatal("the machine is too busy to renew a lease in time")
	}
	ended := false
	for !ended {
		_, err := l.two.Acquire(within(t), l.lease("pod-2"))
		var held *port.LeaseHeld
		if ended = err == nil; !ended && !errors.As(err, &held) {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	if lived := time.Since(last); lived < l.ttl-20*time.Millisecond {
		t.Errorf("it lived %v after its last renewal, want %v", lived, l.ttl)
	}
}

// keptAlive renews a lease for twice its life and returns when it was asked for the last
// time. kept is false when that came too late, because the machine was busy elsewhere, and
// the lease had ended rightly; then the store has no lease.
func (l *leasing) keptAlive(t *testing.T) (last time.Time, kept bool) {
	t.Helper()
	last = time.Now()
	lease := l.acquire(t, l.one, "pod-1")
	for won := time.Now(); time.Since(won) < 2*l.ttl; {
		time.Sleep(l.ttl / 4) // what is tested is the passing of time
		asked := time.Now()
		r := renewed(t, l.one, lease)
		var gone *port.LeaseGone
		if errors.As(r.Err, &gone) && time.Since(last) >= l.ttl {
			return last, false
		}
		if r.Err != nil || r.Revision <= lease.Revision {
			t.Fatalf("renewed to revision %d over %d after %v, %v", r.Revision, lease.Revision, time.Since(last), r.Err)
		}
		lease.Revision, last = r.Revision, asked
	}
	return last, true
}

// leaseWatch is what a watcher has been told, in order.
type leaseWatch struct {
	t    *testing.T
	mu   sync.Mutex
	told []string
	wake chan struct{}
}

func (l *leasing) watch(t *testing.T, s port.Leases, groups ...port.Group) *leaseWatch {
	t.Helper()
	w := &leaseWatch{t: t, wake: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Watch(ctx, groups, port.LeaseWatcher{
			Seen:   func(l port.Lease) { w.tell(fmt.Sprintf("seen %v %s %d", l.Bind, l.Pod, l.Revision)) },
			Gone:   func(b port.BindID, how port.Vanished, _ uint64) { w.tell(fmt.Sprintf("gone %v %v", b, how)) },
			Synced: func(is bool) { w.tell(fmt.Sprint("synced ", is)) },
		})
	}()
	t.Cleanup(func() { cancel(); <-done })
	return w
}

func (w *leaseWatch) tell(what string) {
	w.mu.Lock()
	w.told = append(w.told, what)
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// until waits until the watcher has been told something.
func (w *leaseWatch) until(what string) {
	w.t.Helper()
	timeout := time.After(callTimeout)
	for {
		w.mu.Lock()
		is := slices.Contains(w.told, what)
		told := slices.Clone(w.told)
		w.mu.Unlock()
		if is {
			return
		}
		select {
		case <-w.wake:
		case <-timeout:
			w.t.Fatalf("not told of %q in %v, but of %q", what, callTimeout, told)
		}
	}
}

func leaseWatched(t *testing.T, l *leasing) {
	lease := l.acquire(t, l.one, "pod-1")
	w := l.watch(t, l.two, l.bind.Group())
	w.until(fmt.Sprintf("seen %v pod-1 %d", l.bind, lease.Revision))
	w.until("synced true")
	lease = l.renew(t, l.one, lease)
	w.until(fmt.Sprintf("seen %v pod-1 %d", l.bind, lease.Revision))
	if err := l.one.Release(within(t), lease); err != nil {
		t.Fatal(err)
	}
	w.until(fmt.Sprintf("gone %v released", l.bind))
	lease = l.acquire(t, l.two, "pod-2")
	w.until(fmt.Sprintf("seen %v pod-2 %d", l.bind, lease.Revision))
}

func leaseExpiryWatched(t *testing.T, l *leasing) {
	w := l.watch(t, l.two, l.bind.Group())
	w.until("synced true")
	lease := l.acquire(t, l.one, "pod-1")
	w.until(fmt.Sprintf("seen %v pod-1 %d", l.bind, lease.Revision))
	w.until(fmt.Sprintf("gone %v expired", l.bind))
}

func leaseGroups(t *testing.T, l *leasing) {
	other := port.Group{MNO: l.bind.MNO, Direction: port.RX}
	w := l.watch(t, l.two, other)
	w.until("synced true")
	l.acquire(t, l.one, "pod-1")
	in := *l
	in.bind = other.Bind(7)
	lease := in.acquire(t, l.one, "pod-1")
	w.until(fmt.Sprintf("seen %v pod-1 %d", in.bind, lease.Revision))
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, told := range w.told {
		if told == fmt.Sprintf("seen %v pod-1 %d", l.bind, lease.Revision-1) {
			t.Errorf("told of another group: %q", w.told)
		}
	}
}

func leaseWatchEnds(t *testing.T, l *leasing) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	nothing := port.LeaseWatcher{Seen: func(port.Lease) {}, Gone: func(port.BindID, port.Vanished, uint64) {}, Synced: func(bool) {}}
	go func() { defer close(done); _ = l.one.Watch(ctx, []port.Group{l.bind.Group()}, nothing) }()
	cancel()
	select {
	case <-done:
	case <-time.After(callTimeout):
		t.Fatal("the watch does not end")
	}
}

// Presence asks of an adapter what port.Presence promises (US-SC-020).
func Presence(t *testing.T, open func(t *testing.T) (port.Presence, port.Presence)) {
	one, two := open(t)
	group := ownBind(t).Group()
	pod := port.Pod{Group: group, Name: "pod-1", Instance: "a1b2", Ordinal: 3, Max: 4, Lanes: []contract.Lane{contract.P0, contract.P1}, Wants: []int{1, 2}, Spare: []int{3}, Runs: []int{2, 3}, Bound: []int{2},
		Accounts: map[string][]int{"awcc": {1, 2}, "awcc-b": {3}}, Failed: []int{3}, Mute: []int{3}, Covers: []port.Cover{{Operator: "awcc", Backup: "roshan", Binds: []port.BindID{ownBind(t)}}}, Leaving: true, Version: "1.2", Started: submittedAt()}
	seen, gone := make(chan port.Pod, 100), make(chan string, 100)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = two.Watch(ctx, []port.Group{group}, port.PodWatcher{
			Seen:   func(p port.Pod) { seen <- p },
			Gone:   func(g port.Group, instance string) { gone <- g.String() + " " + instance },
			Synced: func(bool) {},
		})
	}()
	defer func() { cancel(); <-done }()
	for range 2 {
		if err := one.Announce(within(t), pod); err != nil {
			t.Fatal(err)
		}
	}
	p := <-seen
	if !p.Started.Equal(pod.Started) {
		t.Errorf("started at %v, want %v", p.Started, pod.Started)
	}
	if p.Started = pod.Started; !reflect.DeepEqual(p, pod) {
		t.Errorf("%+v, want %+v", p, pod)
	}
	if err := one.Depart(within(t), pod); err != nil {
		t.Fatal(err)
	}
	if name := <-gone; name != group.String()+" a1b2" {
		t.Errorf("%s is gone", name)
	}
}
