package actors_test

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// US-SC-002: DISCONNECTED → CONNECTING → BOUND, and operator.health says so.
func TestUSSC002StatesOnTheWayToBound(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		var states []string
		for _, f := range heard[event.BindStateChanged](r) {
			states = append(states, f.To)
		}
		if want := []string{"DISCONNECTED", "CONNECTING", "BOUND"}; !slices.Equal(states, want) {
			t.Errorf("%v, want %v", states, want)
		}
		if got := r.healthStates(); !slices.Equal(got, []string{"awcc BOUND"}) {
			t.Errorf("operator.health: %v", got)
		}
		if b := r.bind(); !b.Bound || b.State != "BOUND" || b.Window != 10 {
			t.Errorf("%+v", b)
		}
	}, smsc.Account("esme", "secret"))
}

// US-SC-005: 5, 10, 20, 40, 60, 60 s exactly, counted from each failure; the
// counter goes back to 0 with a bind.
func TestUSSC005RedialsAfterExactlyTheseDelays(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.refuseDials(errDown)
		began := time.Now()
		r.start()
		r.after(196 * time.Second) // 5+10+20+40+60+60 = 195
		var delays []time.Duration
		var at []time.Duration
		for _, f := range heard[event.RedialScheduled](r) {
			delays, at = append(delays, f.Delay), append(at, f.At.Sub(began))
		}
		s := time.Second
		if want := []time.Duration{5 * s, 10 * s, 20 * s, 40 * s, 60 * s, 60 * s, 60 * s}; !slices.Equal(delays, want) {
			t.Errorf("delays %v, want %v", delays, want)
		}
		if want := []time.Duration{0, 5 * s, 15 * s, 35 * s, 75 * s, 135 * s, 195 * s}; !slices.Equal(at, want) {
			t.Errorf("failures at %v, want %v", at, want)
		}
		if a := r.bind().Attempts; a != 7 {
			t.Errorf("%d attempts", a)
		}
		r.refuseDials(nil)
		r.after(time.Minute)
		if b := r.bind(); !b.Bound || b.Attempts != 0 {
			t.Errorf("%+v", b)
		}
		r.mno.Do(smsc.DropLine())
		r.after(time.Millisecond)
		all := heard[event.RedialScheduled](r)
		if last := all[len(all)-1]; last.Attempt != 1 || last.Delay != 5*s {
			t.Errorf("after a good bind: %+v", last)
		}
	})
}

// A refused bind, a bind without an answer, and a dial without an end are lost
// lines like any other; the password is in none of what is said of them.
func TestUSSC005EveryFailureToBindIsRetried(t *testing.T) {
	for name, option := range map[string]smsc.Option{
		"refused":   smsc.Refuse(codec.StatusInvPaswd),
		"no answer": smsc.Connection(1, smsc.GoSilent()),
		"garbage":   smsc.Connection(1, smsc.SendGarbage(100, 1)),
		"dropped":   smsc.Connection(1, smsc.DropLine()),
		"already":   smsc.Refuse(codec.StatusAlyBnd),
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.start()
				r.after(4 * time.Second)
				if r.bind().Bound {
					t.Error("bound at the first attempt")
				}
				r.after(12 * time.Second)
				if b := r.bind(); !b.Bound {
					t.Errorf("not bound at the second: %+v", b)
				}
				for _, f := range heard[event.RedialScheduled](r) {
					if strings.Contains(f.Reason, "secret") || f.Reason == "" {
						t.Errorf("reason %q", f.Reason)
					}
				}
			}, option)
		})
	}
}

// US-SC-004: an enquire_link every 30 s; unanswered for 10 s, the session is
// UNBOUND, and the reconnect begins.
func TestUSSC004SilenceIsFoundOut(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.after(91 * time.Second)
		if n := r.mno.Counts().Enquires; n != 3 {
			t.Errorf("%d enquire_links in 91 s", n)
		}
		r.mno.Do(smsc.GoSilent())
		r.after(29*time.Second + 9*time.Second)
		if !r.bind().Bound {
			t.Error("UNBOUND before the deadline")
		}
		r.after(2 * time.Second)
		if r.bind().Bound {
			t.Error("still BOUND 10 s after an unanswered enquire_link")
		}
		if n := len(heard[event.EnquireLinkTimedOut](r)); n != 1 {
			t.Errorf("%d timeouts are counted", n)
		}
		if got := r.healthStates(); !slices.Equal(got, []string{"awcc BOUND", "awcc UNBOUND"}) {
			t.Errorf("operator.health: %v", got)
		}
		r.mno.Do(smsc.SpeakAgain())
		r.after(5 * time.Second)
		if !r.bind().Bound {
			t.Error("no reconnect")
		}
	})
}

// A window, and the numbers and parts beside it, survive the session; the tree
// says how often it was restarted and why.
func TestTheTreeTellsOfALostLine(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.mno.Do(smsc.DropLine())
		r.after(6 * time.Second)
		session, window := r.actor("/session"), r.actor("/window")
		if session.Restarts != 1 || session.LastFailure == nil || session.LastFailure.Bug || window.Restarts != 0 {
			t.Errorf("session %+v, window %+v", session, window)
		}
		if !r.bind().Bound {
			t.Error("not bound again")
		}
	})
}

// decisions.md 015: a drain unbinds cleanly, and leaves nothing running (the
// bubble would not end).
func TestUSSC015DrainUnbinds(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.send(3)
		r.after(time.Second)
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := r.system.Drain(ctx); err != nil {
			t.Fatal(err)
		}
		if c := r.mno.Counts(); c.Unbinds != 1 || c.Lost != 0 || c.Bound != 0 {
			t.Errorf("%+v", c)
		}
	})
}

// US-SC-031: the health events of the way down are stored when a drain ends, also by
// a slow server; a server that is away holds it up for one try.
func TestUSSC015DrainStoresTheLastHealthEvents(t *testing.T) {
	for _, away := range []bool{false, true} {
		inBubble(t, func(r *rig) {
			r.start()
			r.send(1)
			r.after(time.Second)
			if away {
				r.mem.Publisher.Hang()
			} else {
				r.mem.Publisher.Slow(time.Second)
			}
			began := time.Now()
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			if err := r.system.Drain(ctx); err != nil {
				t.Errorf("%v", err)
			}
			if took := time.Since(began); took > 7*time.Second {
				t.Errorf("took %v", took)
			}
			states := map[contract.HealthState_Value]int{}
			for _, e := range r.mem.Publisher.Events(contract.SubjectOperatorHealth) {
				states[e.Body.(*contract.OperatorHealthEvent).GetState()]++
			}
			if !away && states[contract.HealthState_UNBOUND] != 1 {
				t.Errorf("%v", states)
			}
		})
	}
}

// A drain waits for answers that are under way, and gives back what was not sent.
func TestUSSC015DrainWaitsForAnswers(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.send(30) // three windows
		r.after(100 * time.Millisecond)
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := r.system.Drain(ctx); err != nil {
			t.Fatal(err)
		}
		c := r.mno.Counts()
		if c.Unbinds != 1 || c.Accepted == 0 || c.Accepted == 30 {
			t.Errorf("%d accepted, %d unbinds", c.Accepted, c.Unbinds)
		}
		r.restart()
		r.after(10 * time.Second)
		if c := r.mno.Counts(); c.Accepted != 30 || c.Duplicates != 0 || r.mem.Unsettled() != 0 {
			t.Errorf("%d accepted, %d twice, %d unsettled", c.Accepted, c.Duplicates, r.mem.Unsettled())
		}
	}, smsc.Delay(time.Second))
}

// A drain that meets a silent MNO ends at its deadline.
func TestUSSC015DrainIsBounded(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.mno.Do(smsc.GoSilent())
		r.send(3)
		r.after(time.Second)
		began := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		if err := r.system.Drain(ctx); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > 36*time.Second { // 30 s of drain, 5 s of unbind
			t.Errorf("took %v", took)
		}
	})
}

// How long a drain waits is the operator's own, and as it is configured when it begins.
func TestUSSC015DrainIsBoundedByTheOperator(t *testing.T) {
	for name, drain := range map[string]time.Duration{"5 s": 5 * time.Second, "nothing is waited for": 1} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.start()
				r.mno.Do(smsc.GoSilent())
				r.send(3)
				changed := r.newAccount("awcc", r.mno)
				changed.Times.Drain = drain
				r.mu.Lock()
				r.account["awcc"] = changed
				r.mu.Unlock()
				r.system.Refresh()
				r.after(time.Second)
				began := time.Now()
				ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
				defer cancel()
				if err := r.system.Drain(ctx); err != nil {
					t.Error(err)
				}
				if took := time.Since(began); took < drain || took > drain+6*time.Second { // and 5 s of unbind
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

// US-SC-013: primary UNBOUND → the backup binds and carries the primary's
// traffic → primary back → FAILBACK.
func TestUSSC013BackupCarriesTheTraffic(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.backup = smsc.New()
		r.account["roshan"] = r.newAccount("roshan", r.backup)
		r.account["awcc"].BackupOperatorID = "roshan"
		r.account["awcc"].Times.Backoff = []time.Duration{20 * time.Second}
		r.start()
		r.mno.Do(smsc.DropLine())
		r.after(time.Second)
		r.send(50)
		r.after(10 * time.Second)
		if c := r.backup.Counts(); c.Accepted != 50 {
			t.Errorf("the backup accepted %d of 50", c.Accepted)
		}
		r.after(15 * time.Second)
		want := []string{"awcc BOUND", "awcc UNBOUND", "roshan BOUND", "awcc BOUND", "awcc FAILBACK", "roshan UNBOUND"}
		if got := r.healthStates(); !slices.Equal(got, want) {
			t.Errorf("operator.health\n got %v\nwant %v", got, want)
		}
		if c := r.backup.Counts(); c.Unbinds != 1 || c.Bound != 0 {
			t.Errorf("the backup did not leave: %+v", c)
		}
		r.mem.Publish("smpp.operator.awcc", []byte(`{"messageId":"back","to":"93700000001","text":"x"}`))
		r.after(5 * time.Second)
		if c := r.mno.Counts(); c.Accepted != 1 {
			t.Errorf("the primary accepted %d after the failback", c.Accepted)
		}
	})
}

// Issue 4, point 3: a password that is changed while the bind is up is told of, once,
// and so is each other refusal that does not mend itself.
func TestARefusalAfterTheBindWasUpIsTold(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.mno.Do(smsc.RefuseEvery(codec.StatusInvPaswd), smsc.DropLine())
		r.after(20 * time.Minute)
		r.mno.Do(smsc.RefuseEvery(codec.StatusSysErr)) // passes by itself
		r.after(5 * time.Minute)
		r.mno.Do(smsc.RefuseEvery(codec.StatusAlyBnd))
		r.after(5 * time.Minute)
		r.mno.Do(smsc.RefuseEvery(codec.StatusOK))
		r.after(2 * time.Minute)
		r.mno.Do(smsc.RefuseEvery(codec.StatusInvPaswd), smsc.DropLine())
		r.after(5 * time.Minute)
		var said []string
		for _, e := range r.mem.Events(contract.SubjectOperatorHealth) {
			h := e.Body.(*contract.OperatorHealthEvent)
			reason, _, _ := strings.Cut(strings.TrimPrefix(h.GetReason(), "BindRefused: "), " ")
			if h.GetState() == contract.HealthState_BOUND {
				reason = ""
			}
			said = append(said, strings.TrimSpace(h.GetState().String()+" "+strings.TrimSuffix(reason, ":")))
		}
		want := []string{"BOUND", "UNBOUND LineLost", "UNBOUND ESME_RINVPASWD", "UNBOUND ESME_RALYBND", "BOUND", "UNBOUND LineLost", "UNBOUND ESME_RINVPASWD"}
		if !slices.Equal(said, want) {
			t.Errorf("operator.health said %q, want %q", said, want)
		}
	})
}

// A connection that is made just when the bind has been told to stop is closed, though the
// session that dialled it is gone (US-SC-015).
func TestALateConnectionIsClosed(t *testing.T) {
	inBubble(t, func(r *rig) {
		near, far := net.Pipe()
		made := make(chan struct{})
		r.account["awcc"].Hosts = dialled(func(context.Context) (net.Conn, error) {
			<-made // as a connection that comes at the very moment of the stop
			return near, nil
		})
		r.start()
		r.after(time.Second)
		r.drain()
		close(made)
		_ = far.SetReadDeadline(time.Now().Add(time.Minute))
		if _, err := far.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("the connection ends with %v, want %v", err, io.EOF)
		}
		far.Close()
	})
}
