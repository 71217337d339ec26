package actors

import (
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/ownership"
	"github.com/ghasi/smpp-connector/actors/port"
)

// Issue 7: behind its fence a link writes nothing, neither what was queued before nor
// its last answer, and its flights count as not written; a submit is held back earlier
// than an unbind.
func TestALinkWritesNothingBehindItsFence(t *testing.T) {
	for _, test := range []struct {
		name          string
		submit, write time.Duration // of the fence, from now
		mark          uint64
		want          string
	}{
		{"open", time.Minute, time.Minute, 1, "PDU"},
		{"no submits any more", -time.Second, time.Minute, 1, ""},
		{"an unbind still", -time.Second, time.Minute, 0, "PDU"},
		{"nothing any more", -time.Second, -time.Second, 0, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			near, far := net.Pipe()
			f, now := &fence{}, time.Now()
			f.set(ownership.Grant{Epoch: 42, Submit: now.Add(test.submit), Write: now.Add(test.write)})
			bind := port.BindID{MNO: "awcc", Direction: port.TRX, Number: 1}
			system := actor.NewActorSystem()
			defer system.Shutdown()
			l := newLink(near, time.Minute, &seat{id: bind, fence: f, gauge: newBindGauge(bind, "awcc", "pod-1")}, port.TRX, system.Root, system.NewLocalPID("nobody"))
			if err := far.SetReadDeadline(time.Now().Add(time.Minute)); err != nil { // a fence that does not close the line fails here
				t.Fatal(err)
			}
			l.write([]byte("PDU"), test.mark)
			got := make(chan string, 1)
			go func() {
				buf := make([]byte, 16)
				n, err := far.Read(buf)
				if err != nil && err != io.EOF {
					t.Errorf("nothing came, and the line was not closed: %v", err)
				}
				got <- string(buf[:n])
			}()
			if octets := <-got; octets != test.want {
				t.Errorf("%q was written, want %q", octets, test.want)
			}
			if test.want == "" && l.begun.Load() != 0 {
				t.Error("the flight counts as written")
			}
			l.close()
		})
	}
}

// A write that is about to begin when the fence is shut has a deadline that is over: the zero
// time would be none, and a peer that does not read would hold the writer for ever.
func TestAWriteAtAShutFenceIsBounded(t *testing.T) {
	f, now := &fence{}, time.Now()
	f.set(ownership.Grant{Epoch: 42, Submit: now.Add(time.Minute), Write: now.Add(time.Minute)})
	f.shut()
	if end := f.within(now.Add(time.Minute)); end.IsZero() || end.After(now) || f.mayWrite(now) || f.maySubmit(now) {
		t.Errorf("shut: deadline %v, may write %v, may submit %v", end, f.mayWrite(now), f.maySubmit(now))
	}
}

// US-SC-004: when the peer was heard is known by the monotonic clock. By the wall clock, one
// that is set back an hour would take a dead line for alive for an hour.
func TestUSSC004LifeIsCountedByTheMonotonicClock(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	defer near.Close()
	bind := port.BindID{MNO: "awcc", Direction: port.TRX, Number: 1}
	system := actor.NewActorSystem()
	defer system.Shutdown()
	l := newLink(near, time.Minute, &seat{id: bind, gauge: newBindGauge(bind, "awcc", "pod-1")}, port.TRX, system.Root, system.NewLocalPID("nobody"))
	go func() { _, _ = far.Write([]byte{0}) }()
	if _, err := (&noticing{l}).Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if at := l.lastHeard(); !strings.Contains(at.String(), "m=") || at.Before(l.since) || at.After(time.Now()) {
		t.Errorf("heard at %v, connected at %v", at, l.since)
	}
}
