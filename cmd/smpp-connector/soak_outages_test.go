package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/testkit/smsc"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// outage is one way in which a server goes away and comes back.
type outage struct {
	server    string
	of        func(*soak) *stack.Server
	how       string
	end, mend func(*stack.Server)
	long      bool // in the long form only
}

var outages = []outage{
	{"PostgreSQL", thePostgres, "stopped", (*stack.Server).Stop, (*stack.Server).Start, false},
	{"PostgreSQL", thePostgres, "frozen", (*stack.Server).Pause, (*stack.Server).Resume, true},
	{"Redis", theRedis, "stopped", (*stack.Server).Stop, (*stack.Server).Start, true},
	{"Redis", theRedis, "frozen", (*stack.Server).Pause, (*stack.Server).Resume, false},
	{"NATS", theNATS, "stopped", (*stack.Server).Stop, (*stack.Server).Start, false},
	{"NATS", theNATS, "frozen", (*stack.Server).Pause, (*stack.Server).Resume, false},
}

func thePostgres(s *soak) *stack.Server { return s.pg }
func theRedis(s *soak) *stack.Server    { return s.redis }
func theNATS(s *soak) *stack.Server     { return s.nats }

// backWithin is how soon after a server's return the rate must be what it was: Issue 5's
// figure, to which the long form holds it. allowedBack is what the short form allows: the
// servers and the connector start on a machine that does much else.
const (
	backWithin  = 5 * time.Second
	allowedBack = 4 * backWithin
)

// Issue 5: each server stopped, and frozen, under load. Nothing is lost, nothing is
// sent twice, and the rate is back within 5 s.
func TestSoakOutages(t *testing.T) {
	away, rate, ackWait, response := 1500*time.Millisecond, 500, "8s", "7s" // no answer is later: no machine stands still so long
	if minutes := soakMinutes(); minutes > 0 {
		away, rate, ackWait, response = time.Duration(minutes)*3*time.Second, 1_000, "90s", "2s"
	}
	most := (len(outages) + 1) * rate * int((away+4*backWithin)/time.Second)
	s := newSoak(t, traffic{n: most, long: true, receipts: true}, []string{"DISPATCH_ACK_WAIT=" + ackWait, "RESPONSE_TIMEOUT=" + response},
		smsc.Delay(5*time.Millisecond), smsc.SendReceipts(smsc.After(20*time.Millisecond)), smsc.RepeatRefused(500*time.Millisecond, 1_000))
	out := sendOut(s.js, s.traffic, rate)
	s.steady("before any outage", out, time.Now())
	for _, o := range outages {
		if o.long && soakMinutes() == 0 {
			continue
		}
		name := fmt.Sprintf("%s %s for %v", o.server, o.how, away)
		before := s.arrived.total.Load()
		o.end(o.of(s))
		time.Sleep(away) // the outage itself: what is measured
		during := s.arrived.total.Load() - before
		o.mend(o.of(s))
		took := s.steady("after "+name, out, time.Now())
		t.Logf("%s: %d SMS meanwhile; the rate was back after %v", name, during, took.Round(10*time.Millisecond))
		if soakMinutes() > 0 {
			s.lasts("after "+name, out, backWithin)
		}
	}
	out.patient.Store(true) // what was begun is sent: it counts
	out.close()
	s.n = min(s.n, int(out.next.Load()))
	s.finish(2 * time.Minute)

	ambiguous := s.checkEvents()
	s.checkRows()
	if n := s.arrived.repeats(); n > 0 {
		t.Errorf("%d SMS came twice", n)
	}
	t.Logf("%d messages, %d segments in %.1f s at %d messages/s; %d marked ambiguous; memory %.0f MB",
		s.n, s.segments(), time.Since(s.began).Seconds(), rate, ambiguous, s.memory())
}

// flow is how far the traffic has come at a moment.
type flow struct {
	at                        time.Time
	sent, accepted, submitted int64 // commands, SMS, events
}

func (s *soak) flow(out *sender) flow {
	return flow{time.Now(), out.sent.Load(), s.arrived.total.Load(), s.heard.submitted.Load()}
}

// flows reports whether between two moments the MNO and the listeners got nine
// tenths of what was sent: of the whole rate, or, on a machine that is busy with
// other things, of half of it at least.
func (s *soak) flows(from, to flow, rate int) bool {
	d := to.at.Sub(from.at).Seconds()
	messages := 0.9 * min(float64(to.sent-from.sent), float64(rate)*d)
	segments := messages * float64(s.segments()) / float64(s.n)
	return float64(to.sent-from.sent) >= 0.5*float64(rate)*d &&
		float64(to.accepted-from.accepted) >= segments && float64(to.submitted-from.submitted) >= messages
}

// steady returns how long after since the first second began in which the traffic
// flowed as before.
func (s *soak) steady(when string, out *sender, since time.Time) time.Duration {
	s.t.Helper()
	allowed := allowedBack
	if soakMinutes() > 0 {
		allowed = backWithin
	}
	var past []flow
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		now := s.flow(out)
		past = append(past, now)
		for now.at.Sub(past[0].at) >= time.Second {
			first := past[0]
			past = past[1:]
			if s.flows(first, now, out.rate) {
				return max(first.at.Sub(since), 0)
			}
		}
		if now.at.Sub(since) > allowed+time.Second {
			s.t.Errorf("%s: the rate of %d messages/s is not back after %v: %s", when, out.rate, allowed, s.standing())
			return allowed
		}
		<-tick.C
	}
}

// lasts holds the rate over a longer time: it has come back to stay.
func (s *soak) lasts(when string, out *sender, d time.Duration) {
	s.t.Helper()
	from := s.flow(out)
	time.Sleep(d) // what is measured
	if to := s.flow(out); !s.flows(from, to, out.rate) {
		s.t.Errorf("%s: %d sent, %d SMS accepted, %d events in %v at %d messages/s", when, to.sent-from.sent, to.accepted-from.accepted, to.submitted-from.submitted, d, out.rate)
	}
}
