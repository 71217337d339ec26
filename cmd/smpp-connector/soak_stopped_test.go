package main

import (
	"maps"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// Issue 7: a process that is stopped (SIGSTOP) past its lease submits nothing on waking.
// The MNO of this test keeps the stopped sessions and lets others in beside them, so
// nothing but the fence stands in the way; and there is always more to submit than the
// windows take, so that on waking the answers that have come make room at once. The long form has 10 repetitions a minute of
// SOAK_MINUTES, stopped for 35 s while another process takes the binds over; the short one 5,
// stopped until their fences have passed.
func TestSoakStoppedOwnersSubmitNothing(t *testing.T) {
	besideOthers(t)
	const owners, capacity = 5, 500 // 10 in a window, answered after 100 ms
	stopped, rounds, spare, rate, n := 23*time.Second, 1, 0, 0, 12*capacity
	if minutes := soakMinutes(); minutes > 0 {
		stopped, rounds, spare, rate = 35*time.Second, 2*minutes, 1, capacity
		n = rounds * rate * 50
	}
	f := newFleet(t, traffic{n: n}, owners, smsc.BindLimit(3*owners), smsc.DropIdle(0), smsc.Delay(100*time.Millisecond))
	for range owners + spare {
		f.start("SMPP_WINDOW=10")
	}
	f.spread("started", spreadWithin)
	f.load(rate)
	f.await("all send", time.Minute, func() bool { return f.arrived.total.Load() > 3*capacity }, f.arrived.total.Load)

	repetitions, woke := 0, 0
	for range rounds {
		victims := f.owners()
		for _, p := range victims {
			p.process.Pause()
		}
		began := time.Now()
		f.awaitQuiet(3 * time.Second) // what they had written has arrived
		old := f.countBySession()
		time.Sleep(stopped - time.Since(began)) // the stop itself: what is tested
		for _, p := range victims {
			p.process.Resume()
		}
		repetitions += len(victims)
		f.spread("woken", spreadWithin)
		now := f.countBySession()
		for session, n := range old {
			if now[session] > n {
				woke++
				t.Logf("%d SMS over session %d after its process woke", now[session]-n, session)
			}
		}
	}
	f.stopSending()
	f.settle(2 * time.Minute)
	t.Logf("%d repetitions; %d sessions brought SMS after their process woke (a write call that had been entered)", repetitions, woke)
	if woke*50 > repetitions {
		t.Errorf("%d of %d processes submitted on waking", woke, repetitions)
	}
	f.check(repetitions * soakWindow)
}

// awaitQuiet returns when no SMS has come for a while.
func (f *fleet) awaitQuiet(quiet time.Duration) {
	f.t.Helper()
	last, since := f.arrived.total.Load(), time.Now()
	for began := since; time.Since(since) < quiet; time.Sleep(50 * time.Millisecond) {
		if now := f.arrived.total.Load(); now != last {
			last, since = now, time.Now()
		}
		if time.Since(began) > patience {
			f.t.Fatalf("SMS come for %v after all their processes were stopped", patience)
		}
	}
}

// owners are the connectors that have a bind.
func (f *fleet) owners() (owners []*fleetPod) {
	f.t.Helper()
	for _, p := range f.pods {
		if len(p.boundBinds(f.t.Context())) > 0 {
			owners = append(owners, p)
		}
	}
	return owners
}

// countBySession is how many SMS have come over each session.
func (f *fleet) countBySession() map[int]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.bySession)
}
