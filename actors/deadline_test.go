package actors_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// Issue 4, point 1: every wait of a bind has a deadline. For each, the peer goes silent
// where the wait is; a moment before the deadline the bind still waits, a moment after
// it goes on, and the reason says what was waited for. (TLS, before there is a line to
// bind on: TestTheHandshakeIsBounded.)
func TestEveryWaitHasItsDeadline(t *testing.T) {
	silent := func(r *rig) { r.mno.Do(smsc.GoSilent()) }
	for _, wait := range []struct {
		name    string
		arrange func(r *rig) // before the start
		begin   func(r *rig) // the wait
		after   time.Duration
		waits   string // the state until then
		reason  string
	}{
		{"connect", func(r *rig) {
			r.account["awcc"].Hosts = dialled(func(ctx context.Context) (net.Conn, error) {
				<-ctx.Done() // a host that drops every packet
				return nil, context.Cause(ctx)
			})
		}, nil, 10 * time.Second, "CONNECTING", "DialFailed"},
		{"bind", silent, nil, 10 * time.Second, "CONNECTING", "no answer to the bind within 10s"},
		{"write", nil, func(r *rig) {
			r.mno.Do(smsc.StopReading())
			r.send(1) // the simulator takes one PDU before it is deaf
			r.after(time.Millisecond)
			r.sendText("stuck", "x")
		}, 10 * time.Second, "BOUND", "LineLost"},
		{"enquire_link", nil, func(r *rig) { silent(r); r.after(30 * time.Second) }, 10 * time.Second, "BOUND", "no answer to enquire_link within 10s"},
		{"inactivity", func(r *rig) { r.account["awcc"].Times.Inactivity = time.Minute }, nil, time.Minute, "BOUND", "nothing but heartbeats for 1m0s"},
		{"unbind", func(r *rig) {
			r.account["awcc"].Times.Inactivity = 20 * time.Second
		}, func(r *rig) { silent(r); r.after(20 * time.Second) }, 5 * time.Second, "BOUND", "no answer to unbind within 5s"},
		{"outbind", func(r *rig) {
			r.account["awcc"].Called = func(ctx context.Context) (net.Conn, error) {
				<-ctx.Done()
				return nil, context.Cause(ctx)
			}
		}, nil, 24 * time.Hour, "CONNECTING", "DialFailed"},
	} {
		t.Run(wait.name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				if wait.arrange != nil {
					wait.arrange(r)
				}
				r.start()
				if wait.begin != nil {
					wait.begin(r)
				}
				r.after(wait.after - 10*time.Millisecond)
				if b := r.bind(); b.Life != wait.waits || len(heard[event.RedialScheduled](r)) != 0 {
					t.Errorf("before the deadline: %s, %+v", b.Life, heard[event.RedialScheduled](r))
				}
				r.after(time.Second)
				redials := heard[event.RedialScheduled](r)
				if b := r.bind(); b.Life != "DISCONNECTED" || len(redials) != 1 || !strings.Contains(redials[0].Reason, wait.reason) || redials[0].Delay != 5*time.Second {
					t.Errorf("after it: %s, %+v", b.Life, redials)
				}
				r.mno.Do(smsc.DropLine()) // a deaf session does not notice that we have left
			})
		})
	}
}

// The wait for a submit_sm_resp: its slot is given back at the deadline, the line stays.
func TestASubmitHasItsDeadline(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.account["awcc"].Times.Response = 10 * time.Minute // one MNO documents that (decisions.md, 023)
		r.start()
		r.mno.Do(smsc.LoseAnswers(100, 1))
		r.send(1)
		r.after(10*time.Minute - time.Second)
		if b := r.bind(); b.InFlight != 1 {
			t.Errorf("%d in flight before the deadline", b.InFlight)
		}
		r.mno.Do(smsc.LoseAnswers(0, 1))
		r.after(2 * time.Minute)
		if b := r.bind(); b.InFlight != 0 || r.mno.Counts().Binds != 1 || r.mem.Unsettled() != 0 {
			t.Errorf("%d in flight, %d binds, %d unsettled", b.InFlight, r.mno.Counts().Binds, r.mem.Unsettled())
		}
		if lost := heard[event.OutcomeUnknown](r); len(lost) != 1 || lost[0].Segments != 1 {
			t.Errorf("%+v", lost)
		}
	})
}

// A drain and an unbind that nobody answers end too: see TestUSSC015DrainIsBounded.
// The bind PDU is answered by its deadline whichever it is.
func TestEachHalfHasItsDeadlineToBind(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.account["awcc"].FallbackTriggers = []codec.Status{codec.StatusInvCmdID}
		r.mno.Do(smsc.RefuseTransceiver())
		r.start()
		r.mno.BoundAs(codec.BindReceiverID)[0].Do(smsc.DropLine())
		r.mno.Do(smsc.GoSilent())
		r.after(14 * time.Second) // 5 s of backoff, 10 s for the bind
		if b := r.bind(); b.Lines[1].State != "CONNECTING" {
			t.Errorf("%+v", b.Lines)
		}
		r.after(2 * time.Second)
		if b := r.bind(); b.Lines[1].State != "DISCONNECTED" || b.Lines[0].State != "BOUND" {
			t.Errorf("%+v", b.Lines)
		}
	})
}
