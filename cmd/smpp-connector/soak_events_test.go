package main

import (
	"os"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/testkit/smsc"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// misfortune is something that happens to one of the connectors, or to NATS.
type misfortune struct {
	name string
	does func(f *fleet, p *fleetPod, spell time.Duration)
	long bool // in the long form only: it costs the life of a lease
}

var misfortunes = []misfortune{
	{"SIGTERM, and a new process", func(f *fleet, p *fleetPod, _ time.Duration) {
		f.end(p, (*stack.Server).Stop)
		f.startWithMemory()
	}, false},
	{"kill -9, and the same pod again, which knows that its process is dead", func(f *fleet, p *fleetPod, _ time.Duration) {
		p.process.Kill()
		p.process.Start()
	}, false},
	{"SIGSTOP and SIGCONT", func(_ *fleet, p *fleetPod, spell time.Duration) {
		p.process.Pause()
		time.Sleep(spell) // the stop itself
		p.process.Resume()
	}, false},
	{"cut off from NATS", func(_ *fleet, p *fleetPod, spell time.Duration) {
		p.nats.Cut()
		time.Sleep(spell) // the cut itself
		p.nats.Heal()
	}, false},
	// In order: one server alone that is killed loses what it has confirmed and not yet
	// written to its file, 2 of 200 messages a second (seen once).
	{"NATS restarted", func(f *fleet, _ *fleetPod, _ time.Duration) {
		f.nats.Stop()
		f.nats.Start()
	}, false},
	{"kill -9, and a pod of another name", func(f *fleet, p *fleetPod, _ time.Duration) {
		f.end(p, (*stack.Server).Kill)
		f.startWithMemory()
	}, true},
}

// Issue 7: random events under load. At no time does an older session of a bind submit
// beside a newer one, no bind is without an owner for long, nothing is lost, and what
// came twice is marked. The long form has 5 events a minute of SOAK_MINUTES, with stops
// and cuts of up to 45 s; the short one every kind once, with spells of 2 s.
func TestSoakPodsLiveThroughEvents(t *testing.T) {
	const binds, rate = 4, 200
	events, spell, allowed := len(misfortunes)-1, 2*time.Second, 20*time.Second
	if minutes := soakMinutes(); minutes > 0 {
		events, spell, allowed = 5*minutes, 45*time.Second, 40*time.Second
	}
	random := soakRandom(t)
	f := newFleet(t, traffic{n: rate * (30 + events*int((spell+30*time.Second)/time.Second))}, binds, smsc.Delay(5*time.Millisecond))
	for range binds {
		f.startWithMemory()
	}
	f.spread("started", time.Minute)
	f.load(rate)
	for i := range events {
		what := misfortunes[i%len(misfortunes)]
		if soakMinutes() > 0 {
			what = misfortunes[random.IntN(len(misfortunes))]
		} else if what.long {
			continue
		}
		p := f.pods[random.IntN(len(f.pods))]
		took := spell
		if soakMinutes() > 0 {
			took = time.Duration(1+random.Int64N(int64(spell/time.Second))) * time.Second
		}
		t.Logf("%d: %s: %s, spell %v", i+1, p.name, what.name, took)
		what.does(f, p, took)
		f.spread("after it", 2*time.Minute)
		time.Sleep(time.Duration(random.Int64N(int64(time.Second)))) // so that events do not all find the same moment
	}
	f.stopSending()
	f.settle(2 * time.Minute)
	f.check(events * 2 * soakWindow)
	for _, g := range f.gaps {
		if g.took > allowed {
			t.Errorf("bind %d: nothing came for %v, %v are allowed", g.bind, g.took, allowed)
		}
	}
}

// startWithMemory starts a connector that has a data folder, as a pod with a volume has.
func (f *fleet) startWithMemory() *fleetPod {
	f.t.Helper()
	dir, err := os.MkdirTemp("", "pod")
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return f.start("DATA_DIR=" + dir)
}
