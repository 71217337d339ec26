package actors_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors"
	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// written is when each stored submit was written, by the connector's own stamp.
func (r *rig) written() (stamps []time.Time) {
	for _, c := range r.mem.Correlations.All() {
		stamps = append(stamps, c.SubmittedAt)
	}
	slices.SortFunc(stamps, time.Time.Compare)
	return stamps
}

// busiest is the largest number of stamps, in order, within a second of any phase.
func busiest(stamps []time.Time) (n int) {
	first := 0
	for i := range stamps {
		for stamps[i].Sub(stamps[first]) >= time.Second {
			first++
		}
		n = max(n, i-first+1)
	}
	return n
}

// ways are the two sources of permits.
var ways = map[string]int{"alone": 0, "through the store": 1}

// decisions.md 012: the account's limit is spent evenly; no second of any phase
// exceeds it, and steady overload is met by slower pulling, not by NAKs.
func TestUSSC012TheLimitIsKept(t *testing.T) {
	for name, pods := range ways {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.pods = pods
				r.account["awcc"].TPS = 20
				r.account["awcc"].Window = 100
				r.start()
				r.send(100)
				r.after(2500 * time.Millisecond)
				if n := r.mno.Counts().Accepted; n < 45 || n > 52 {
					t.Errorf("%d SMS in 2.5 s at 20 a second", n)
				}
				if b := r.bind(); b.LimitedBy != "tps" || b.Queued > 20 {
					t.Errorf("limited by %q, with %d commands in hand", b.LimitedBy, b.Queued)
				}
				r.after(3 * time.Second)
				if n := r.mno.Counts().Accepted; n != 100 {
					t.Errorf("%d SMS", n)
				}
				if n := busiest(r.written()); n > 20 {
					t.Errorf("%d SMS within a second", n)
				}
				if naks := r.mem.Settlements(subject).Naks; len(naks) != 0 {
					t.Errorf("%d NAKs under steady overload", len(naks))
				}
				waited := 0
				for _, f := range heard[event.TPSThrottled](r) {
					waited += f.Messages
				}
				if waited < 90 || waited > 100 {
					t.Errorf("%d of 100 messages are told to have waited", waited)
				}
			})
		})
	}
}

// US-SC-012: limit 10, 15 forced in within a second → 10 are sent in it, and 5 are
// NAKed for 500 ms.
func TestUSSC012WhatIsAboveTheLimitIsGivenBack(t *testing.T) {
	for name, pods := range ways {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.pods = pods
				r.account["awcc"].TPS = 10
				r.account["awcc"].Window = 100
				r.account["awcc"].Prefetch = 5
				r.start()
				r.send(15)
				r.after(400 * time.Millisecond)
				naks := r.mem.Settlements(subject).Naks
				if len(naks) != 5 {
					t.Errorf("%d of 15 NAKed", len(naks))
				}
				for _, nak := range naks {
					if nak.Delay != 500*time.Millisecond {
						t.Errorf("%s comes again after %v", nak.MessageID, nak.Delay)
					}
				}
				r.after(700 * time.Millisecond)
				if c := r.mno.Counts(); c.Submits < 10 || c.Submits > 11 {
					t.Errorf("%d sent in 1.1 s", c.Submits)
				}
				r.after(10 * time.Second)
				if c := r.mno.Counts(); c.Accepted != 15 || c.Duplicates != 0 || busiest(r.written()) > 10 {
					t.Errorf("%d accepted, %d twice, %d within a second", c.Accepted, c.Duplicates, busiest(r.written()))
				}
			})
		})
	}
}

// US-SC-012: the binds of an account share its limit, evenly, also where it leaves a
// bind less than one PDU a turn.
func TestUSSC012BindsShareTheLimit(t *testing.T) {
	for name, pods := range ways {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.pods = pods
				a := r.account["awcc"]
				a.TPS = 30
				a.Binds = nil
				for i := range 3 {
					a.Binds = append(a.Binds, port.BindSetting{Bind: port.BindID{MNO: "awcc", Direction: port.TRX, Number: i + 1}, OperatorID: "awcc", Enabled: true})
				}
				r.start()
				r.send(400)
				r.after(10 * time.Second)
				stamps := r.written()
				if n := busiest(stamps); n > 30 || len(stamps) < 280 {
					t.Errorf("%d within a second, %d in ten", n, len(stamps))
				}
				perBind := map[int]int{}
				for _, sms := range r.mno.SMS() {
					perBind[sms.Session]++
				}
				for session, n := range perBind {
					if n < 80 || len(perBind) != 3 {
						t.Errorf("session %d sent %d of 300", session, n)
					}
				}
			})
		})
	}
}

// writtenBy is when each stored submit was written, by its bind.
func (r *rig) writtenBy() map[port.BindID][]time.Time {
	stamps := map[port.BindID][]time.Time{}
	for _, c := range r.mem.Correlations.All() {
		stamps[c.Bind] = append(stamps[c.Bind], c.SubmittedAt)
	}
	for _, list := range stamps {
		slices.SortFunc(list, time.Time.Compare)
	}
	return stamps
}

// threeBinds gives the account three binds, each with a limit of its own.
func (r *rig) threeBinds(perSecond int) *actors.Account {
	a := r.account["awcc"]
	a.TPS, a.TPSPerBind, a.Binds = perSecond, true, nil
	for i := range 3 {
		a.Binds = append(a.Binds, port.BindSetting{Bind: port.BindID{MNO: "awcc", Direction: port.TRX, Number: i + 1}, OperatorID: "awcc", Enabled: true})
	}
	return a
}

// Where an MNO counts by binds (Sinch), each bind has the whole limit for itself.
func TestUSSC012ALimitOfEachBind(t *testing.T) {
	for name, pods := range ways {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.pods = pods
				r.threeBinds(10)
				r.start()
				r.send(400)
				r.after(10 * time.Second)
				all := 0
				for bind, stamps := range r.writtenBy() {
					all += len(stamps)
					if n := busiest(stamps); n > 10 || len(stamps) < 90 {
						t.Errorf("%v: %d within a second, %d in ten", bind, n, len(stamps))
					}
				}
				if all < 280 || len(heard[event.RedisFailedOpen](r)) != 0 {
					t.Errorf("%d in ten seconds by three binds of 10 a second", all)
				}
			})
		})
	}
}

// No other pod has a share of a bind's own limit: with Redis away its owner has all of it.
func TestUSSC012RedisAwayLeavesABindItsOwnLimit(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.pods = 4
		r.threeBinds(10)
		r.start()
		r.send(400)
		r.after(2 * time.Second)
		r.mem.Permits.Fail(errDown)
		r.after(8 * time.Second)
		for bind, stamps := range r.writtenBy() {
			if n := busiest(stamps); n > 10 || len(stamps) < 85 {
				t.Errorf("%v: %d within a second, %d in ten", bind, n, len(stamps))
			}
		}
		r.mem.Permits.Heal()
	})
}

// A bind that another pod takes over goes on under its limit.
func TestUSSC012ABindsLimitGoesWithIt(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.pods = 2
		a := r.threeBinds(10)
		a.Binds = a.Binds[:1]
		r.start()
		r.send(200)
		r.after(3 * time.Second)
		second := r.another()
		r.drain()
		r.after(5 * time.Second)
		stamps := r.writtenBy()[a.Binds[0].Bind]
		if n := busiest(stamps); n > 10 || len(stamps) < 60 || r.mno.Counts().Binds < 2 {
			t.Errorf("%d within a second, %d in eight, %d sessions", n, len(stamps), r.mno.Counts().Binds)
		}
		r.end(second)
	})
}

// The scope of a limit changes while binds work, either way: nothing waits for permits
// of the old one.
func TestUSSC012TheScopeOfALimitChanges(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.pods, r.refresh = 1, time.Second
		r.threeBinds(12)
		r.start()
		r.send(2000)
		for _, c := range []struct {
			perBind bool
			most    int
		}{{false, 12}, {true, 36}, {false, 12}} {
			next := *r.account["awcc"]
			next.TPSPerBind = c.perBind
			r.setAccount(&next)
			r.after(3 * time.Second) // by then it is known
			before := len(r.written())
			r.after(10 * time.Second)
			stamps := r.written()[before:]
			if n := busiest(stamps); n > c.most || len(stamps) < 9*c.most {
				t.Errorf("per bind %v: %d within a second, %d in ten, want %d a second", c.perBind, n, len(stamps), c.most)
			}
		}
		r.mno.Do(smsc.DropLine())
		next := *r.account["awcc"]
		next.TPS = 0
		r.setAccount(&next)
		r.after(time.Minute)
		if c := r.mno.Counts(); c.Accepted != 2000 || r.mem.Unsettled() != 0 {
			t.Errorf("%d accepted, %d unsettled", c.Accepted, r.mem.Unsettled())
		}
	})
}

// The limit costs 1 for each segment, not for each message.
func TestUSSC012SegmentsAreCounted(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.pods = 1
		r.account["awcc"].TPS = 10
		r.start()
		for i := range 20 {
			r.sendText(fmt.Sprintf("m%d", i), strings.Repeat("x", 400)) // 3 segments
		}
		r.after(10 * time.Second)
		if n := busiest(r.written()); n != 10 {
			t.Errorf("%d PDUs within a second", n)
		}
		if naks := r.mem.Settlements(subject).Naks; len(naks) != 0 {
			t.Errorf("%d NAKs", len(naks))
		}
	})
}

// US-SC-012: with Redis away the pod goes on with its share, nobody gets an error,
// and the PDUs are told of; with Redis back the whole limit is used again.
func TestUSSC012RedisAwayLeavesThePodItsShare(t *testing.T) {
	for name, trouble := range map[string]func(r *rig){
		"refused": func(r *rig) { r.mem.Permits.Fail(errDown) },
		"frozen":  func(r *rig) { r.mem.Permits.Hang() },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.pods = 4
				r.account["awcc"].TPS = 40
				r.account["awcc"].Window = 100
				r.start()
				r.send(400)
				r.after(3 * time.Second)
				before := r.mno.Counts().Accepted
				trouble(r)
				r.after(4 * time.Second)
				during := r.mno.Counts().Accepted - before
				if during < 30 || during > 45 {
					t.Errorf("%d SMS in 4 s without Redis; the share is 10 a second", during)
				}
				own := 0
				for _, f := range heard[event.RedisFailedOpen](r) {
					own += f.PDUs
				}
				if own < 30 || own > 45 {
					t.Errorf("%d PDUs are told of", own)
				}
				r.mem.Permits.Heal()
				r.after(12 * time.Second)
				if c := r.mno.Counts(); c.Accepted != 400 || c.Duplicates != 0 {
					t.Errorf("%d accepted, %d twice", c.Accepted, c.Duplicates)
				}
				if n := busiest(r.written()); n > 40 {
					t.Errorf("%d within a second", n)
				}
				if naks := r.mem.Settlements(subject).Naks; len(naks) != 0 {
					t.Errorf("%d NAKs", len(naks))
				}
			})
		})
	}
}

// A line that is lost, and a limit that changes, cost no permit and no order.
func TestUSSC012TheLimitSurvivesLinesAndChanges(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.pods, r.refresh = 1, time.Second
		r.account["awcc"].TPS = 10
		r.account["awcc"].Window = 50
		r.start()
		r.send(300)
		r.after(2 * time.Second)
		r.mno.Do(smsc.DropLine())
		r.after(8 * time.Second)
		if n := busiest(r.written()); n > 10 {
			t.Errorf("%d within a second", n)
		}
		more := *r.account["awcc"]
		more.TPS = 0
		r.setAccount(&more)
		r.after(20 * time.Second)
		if c := r.mno.Counts(); c.Accepted != 300 {
			t.Errorf("%d accepted", c.Accepted)
		}
	})
}

// Issue 5, point 6: what limits a bind is told, and when nothing does.
func TestABindTellsWhatLimitsIt(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.after(10 * time.Second)
		if got := r.bind().LimitedBy; got != "nothing" {
			t.Errorf("at rest: limited by %q", got)
		}
		r.send(3)
		r.after(time.Second)
		if got := r.bind().LimitedBy; got != "queue" {
			t.Errorf("with little traffic: limited by %q", got)
		}
		r.send(30)
		r.after(10 * time.Millisecond)
		if got := r.bind().LimitedBy; got != "window" {
			t.Errorf("with much traffic: limited by %q", got)
		}
		r.after(time.Minute)
		if got := r.bind().LimitedBy; got != "nothing" {
			t.Errorf("at rest again: limited by %q", got)
		}
	}, smsc.Delay(100*time.Millisecond))
}
