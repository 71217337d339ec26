package actors

import (
	"io"
	"net"
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
