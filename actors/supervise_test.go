package actors_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors"
	"github.com/ghasi/smpp-connector/actors/event"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// every actor of a tree with one bind.
var everyActor = []string{
	"connector", "connector/bridge/nats", "connector/bridge/redis", "connector/bridge/postgres", "connector/operator/awcc",
	"connector/operator/awcc/bind/awcc/trx/1", "connector/operator/awcc/bind/awcc/trx/1/session", "connector/operator/awcc/bind/awcc/trx/1/window",
	"connector/operator/awcc/bind/awcc/trx/1/sequence", "connector/operator/awcc/bind/awcc/trx/1/concat", "connector/ownership",
}

// Issue 3, point 2: kill any actor of the tree under load; the tree heals, no
// message is lost, and what was sent twice is marked.
func TestEveryActorMayBeKilled(t *testing.T) {
	defer actors.MakeActorsMortal()()
	for _, path := range everyActor {
		t.Run(strings.ReplaceAll(path, "/", "."), func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.start()
				const n = 200
				for i := range n {
					text := fmt.Sprintf("Hello %d", i)
					if i%10 == 0 {
						text = fmt.Sprintf("%0400d", i)
					}
					r.sendText(fmt.Sprintf("m%d", i), text)
				}
				r.after(130 * time.Millisecond) // in the middle of it
				r.system.Kill(path)
				r.after(10 * time.Minute)

				if left := r.mem.Unsettled(); left != 0 {
					t.Errorf("%d commands are not settled", left)
				}
				r.onceEach(t, n)
				if b := r.bind(); !b.Bound || b.InFlight != 0 || b.Queued != 0 || b.Settling != 0 {
					t.Errorf("%+v", b)
				}
				bugs := 0
				for _, f := range heard[event.ActorFailed](r) {
					if f.Bug {
						bugs++
					}
				}
				if bugs == 0 {
					t.Error("nobody was killed")
				}
				for _, a := range r.system.Tree().Snapshot() {
					if a.Path == path && (a.LastFailure == nil || !a.LastFailure.Bug) {
						t.Errorf("the tree says nothing of it: %+v", a)
					}
				}
			}, smsc.Delay(50*time.Millisecond))
		})
	}
}

// onceEach checks that each of n messages was submitted and got one final event,
// and that SMS which the MNO got twice belong to messages that are marked.
func (r *rig) onceEach(t *testing.T, n int) {
	t.Helper()
	submitted, final := map[string]int{}, map[string]int{}
	ambiguous := 0
	for _, e := range r.mem.Events(contract.SubjectSubmitted) {
		body := e.Body.(*contract.DispatchSubmitted)
		submitted[body.GetMessageId()]++
		if body.GetAmbiguous() {
			ambiguous += int(body.GetSegments())
		}
	}
	for _, e := range r.mem.Events(contract.SubjectDLRInbound) {
		if body := e.Body.(*contract.DlrInboundEvent); body.GetFinal() {
			final[body.GetMessageId()]++
		}
	}
	for i := range n {
		id := fmt.Sprintf("m%d", i)
		if submitted[id] != 1 || final[id] != 1 {
			t.Errorf("%s: %d submitted events, %d final ones", id, submitted[id], final[id])
		}
	}
	if c := r.mno.Counts(); c.Duplicates > ambiguous {
		t.Errorf("%d SMS were received twice, %d segments are marked ambiguous", c.Duplicates, ambiguous)
	}
}

// A bug that comes again and again is escalated: the bind is made anew.
func TestRepeatedFailuresAreEscalated(t *testing.T) {
	defer actors.MakeActorsMortal()()
	inBubble(t, func(r *rig) {
		r.start()
		for range 4 {
			r.system.Kill("connector/operator/awcc/bind/awcc/trx/1/concat")
			r.after(time.Second)
		}
		var failed []string
		for _, f := range heard[event.ActorFailed](r) {
			if f.Bug {
				failed = append(failed, f.Path)
			}
		}
		concat, bind := everyActor[9], everyActor[5]
		if want := []string{concat, concat, concat, concat, bind}; !slices.Equal(failed, want) {
			t.Errorf("failed %v", failed)
		}
		r.send(10)
		r.after(2 * time.Minute)
		if c := r.mno.Counts(); c.Accepted != 10 || r.mem.Unsettled() != 0 {
			t.Errorf("%d accepted, %d unsettled", c.Accepted, r.mem.Unsettled())
		}
	})
}

// A root that fails again and again ends the process: it is told, once.
func TestARootBeyondHelpEndsTheProcess(t *testing.T) {
	defer actors.MakeActorsMortal()()
	inBubble(t, func(r *rig) {
		r.start()
		for i := range 4 {
			select {
			case <-r.system.Failed():
				t.Errorf("beyond help after %d failures", i)
			default:
			}
			r.system.Kill("connector")
			r.after(time.Second)
		}
		select {
		case <-r.system.Failed():
		default:
			t.Error("nobody is told")
		}
	})
}
