package main

import (
	"math/rand/v2"
	"os"
	"slices"
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
		for _, proxy := range p.nats {
			proxy.Cut()
		}
		time.Sleep(spell) // the cut itself
		for _, proxy := range p.nats {
			proxy.Heal()
		}
	}, false},
	// In order: one server alone that is killed loses what it has confirmed and not yet
	// written to its file, 2 of 200 messages a second (seen once).
	{"a NATS server restarted", func(f *fleet, p *fleetPod, _ time.Duration) {
		n := f.nodes[f.born%len(f.nodes)]
		n.Stop()
		n.Start()
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
	besideOthers(t)
	const binds, rate = 4, 200
	events, spell, allowed := len(misfortunes)-1, 2*time.Second, 20*time.Second
	if minutes := soakMinutes(); minutes > 0 {
		events, spell, allowed = 5*minutes, 45*time.Second, 40*time.Second
	}
	random := soakRandom(t)
	f := newFleet(t, traffic{n: rate * (30 + events*int((spell+30*time.Second)/time.Second))}, binds, smsc.Delay(5*time.Millisecond))
	f.liveThrough(misfortunes, events, spell, allowed, rate, random)
}

// The same on a NATS cluster of three, of which one server after the other is killed. The
// long form alone has it, with 2 events a minute of SOAK_MINUTES.
func TestSoakPodsLiveThroughEventsOfACluster(t *testing.T) {
	const binds, rate = 2, 100
	lost := misfortune{"kill -9 of a NATS server, and its return", func(f *fleet, _ *fleetPod, spell time.Duration) {
		n := f.nodes[f.random.IntN(len(f.nodes))]
		n.Kill()
		time.Sleep(spell) // the loss itself
		n.Start()
	}, false}
	if soakMinutes() == 0 {
		t.Skip("SKIPPED: a cluster of three takes a minute to elect its leaders: make soak")
	}
	events, spell, allowed, list := 2*soakMinutes(), 45*time.Second, 50*time.Second, append(slices.Clone(misfortunes), lost, lost, lost)
	random := soakRandom(t)
	f := newClusterFleet(t, traffic{n: rate * (30 + events*int((spell+30*time.Second)/time.Second))}, binds, smsc.Delay(5*time.Millisecond))
	f.liveThrough(list, events, spell, allowed, rate, random, "NATS_REPLICAS=3")
}

// liveThrough lets events happen under load, and holds the run to what must be true of it.
func (f *fleet) liveThrough(list []misfortune, events int, spell, allowed time.Duration, rate int, random *rand.Rand, env ...string) {
	f.t.Helper()
	t := f.t
	f.random, f.env = random, env
	for range f.binds {
		f.startWithMemory()
	}
	f.spread("started", spreadWithin)
	f.load(rate)
	f.await("all send", time.Minute, func() bool { return f.arrived.total.Load() > int64(rate) }, f.arrived.total.Load)
	for i := range events {
		what := list[i%len(list)]
		if soakMinutes() > 0 {
			what = list[random.IntN(len(list))]
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
		f.spread("after it", spreadWithin)
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
	return f.start(append([]string{"DATA_DIR=" + dir}, f.env...)...)
}
