package main

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// tpsProof is ten times the TPS limit, offered to several processes that share it.
type tpsProof struct {
	*soak
	limit int
	pods  []*stack.Server
	https []string
	out   *sender
	lead  int64 // PDUs accepted before what is measured
	from  time.Time
}

// Issue 5: offered ten times the limit from 3 processes, the limit is used to 95 % and
// kept in every second of any phase by the connectors' own stamps, and nearly so at
// the MNO; the connectors pull less, and do not NAK.
func TestSoakTPSLimitOfThreeProcesses(t *testing.T) { // US-SC-012
	limits, took := []int{300}, 3*time.Second
	if minutes := soakMinutes(); minutes > 0 {
		limits, took = []int{10, 300}, min(time.Duration(minutes)*6*time.Second, time.Minute)
	}
	for _, limit := range limits {
		t.Run(fmt.Sprintf("%d a second", limit), func(t *testing.T) {
			p := offer(t, limit, took+10*time.Second)
			time.Sleep(took) // what is measured
			p.judge(soakMinutes() > 0, 0)
		})
	}
}

// The same with Redis gone in the middle: each process has its share, and no second
// exceeds the limit, neither then nor when Redis is back.
func TestSoakTPSLimitWithoutRedis(t *testing.T) { // US-SC-012
	const limit = 150
	away, before, after := 1500*time.Millisecond, time.Second, 3*time.Second
	rounds := outages[2:4] // Redis, stopped and frozen
	if minutes := soakMinutes(); minutes > 0 {
		away, before, after = time.Duration(minutes)*time.Second, 5*time.Second, 10*time.Second
	} else {
		rounds = rounds[:1]
	}
	p := offer(t, limit, time.Duration(len(rounds))*(before+away+after)+10*time.Second)
	for _, o := range rounds {
		time.Sleep(before) // what is measured
		sent, began := p.arrived.total.Load(), time.Now()
		o.end(p.redis)
		time.Sleep(away) // what is measured
		eventually(t, "every process has told that it admits PDUs by itself, and has", func() bool {
			return p.arrived.total.Load() > sent && !slices.ContainsFunc(p.https, func(a string) bool { return p.metricAt(a, "smpp_connector_redis_failopen_total") == 0 })
		})
		during, gone := p.arrived.total.Load()-sent, time.Since(began)
		o.mend(p.redis)
		t.Logf("%s %s for %v: %.0f SMS a second meanwhile", o.server, o.how, gone.Round(time.Millisecond), float64(during)/gone.Seconds())
		time.Sleep(after) // what is measured: it comes back
	}
	slack := 0
	if soakMinutes() == 0 {
		slack = len(p.pods) // a machine that is busy may hold a process up while Redis goes
	}
	p.judge(false, slack)
}

// offer starts the processes and the load, and returns when all of them send.
func offer(t *testing.T, limit int, most time.Duration) *tpsProof {
	t.Helper()
	const processes = 3
	offered := 10 * limit
	p := &tpsProof{soak: newServers(t, traffic{n: offered * int(most/time.Second+5), long: true}, smsc.Delay(5*time.Millisecond)), limit: limit}
	p.arrived.timed = true
	for i := range processes {
		p.https = append(p.https, stack.FreeAddr(t))
		pod := p.process(p.https[i], []string{fmt.Sprintf("POD_NAME=pod-%d", i), fmt.Sprintf("SMPP_BINDS=%d", processes),
			fmt.Sprintf("SMPP_TPS_LIMIT=%d", limit)}) // how many they are, they tell each other
		p.pods = append(p.pods, pod)
		pod.Start()
	}
	p.connector = p.pods[0]
	t.Cleanup(p.tellLog)
	if err := p.mno.WaitBound(t.Context(), processes); err != nil {
		t.Fatal(err)
	}
	p.connect()
	p.out = sendOut(p.js, p.traffic, offered)
	t.Cleanup(p.out.close)
	p.await("every process sends", time.Minute, func() bool {
		return !slices.ContainsFunc(p.https, func(a string) bool { return p.metricAt(a, "smpp_connector_submits_total") == 0 })
	}, p.arrived.total.Load)
	p.lead, p.from = p.arrived.total.Load(), time.Now()
	return p
}

// judge holds what has happened since offer to the limit and slack PDUs more; whole
// demands what only a machine that is not busy with other things can give.
func (p *tpsProof) judge(whole bool, slack int) {
	p.t.Helper()
	took := time.Since(p.from)
	used := float64(p.arrived.total.Load()-p.lead) / took.Seconds() / float64(p.limit)
	delivered, again := p.deliveries()
	naks := float64(again) / float64(delivered)
	var shares []float64
	alone := 0.0
	for _, address := range p.https {
		alone += p.metricAt(address, "smpp_connector_redis_failopen_total")
		shares = append(shares, p.metricAt(address, "smpp_connector_submits_total"))
	}
	for _, pod := range p.pods {
		pod.Stop() // it drains: every row is stored
	}
	ours, theirs := mostInASecond(p.stamps()), mostInASecond(p.arrived.times)
	p.t.Logf("limit %d: %.1f %% used in %v, at most %d in a second by our stamps, %d at the MNO; %d of %d deliveries came again; sent by each process %v",
		p.limit, 100*used, took.Round(time.Millisecond), ours, theirs, again, delivered, shares)
	if slack == 0 && !whole && alone > 0 {
		p.t.Logf("the machine is so busy that Redis, which is there, was given up: %.0f PDUs were admitted without it", alone)
		slack = p.limit / 3
	}
	if ours > p.limit+slack {
		p.t.Errorf("%d PDUs within a second by our own stamps; the limit is %d", ours, p.limit)
	}
	if naks > 0.01 {
		p.t.Errorf("%d of %d deliveries came again", again, delivered)
	}
	if n := p.arrived.repeats(); n > 0 {
		p.t.Errorf("%d SMS came twice", n)
	}
	if !whole {
		return
	}
	if used < 0.95 {
		p.t.Errorf("%.1f %% of the limit was used", 100*used)
	}
	if most := p.limit + (p.limit+19)/20; theirs > most {
		p.t.Errorf("%d PDUs within a second at the MNO; want at most %d", theirs, most)
	}
}

// deliveries is how many commands were handed out, and how many of them not for the
// first time.
func (p *tpsProof) deliveries() (delivered, again uint64) {
	p.t.Helper()
	consumer, err := p.js.Consumer(p.t.Context(), contract.StreamDispatch, contract.OperatorDurable("awcc"))
	if err != nil {
		p.t.Fatal(err)
	}
	info, err := consumer.Info(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	return info.Delivered.Consumer, info.Delivered.Consumer - info.Delivered.Stream // the stream has no other commands
}

// stamps is when the connectors wrote what was accepted, in order.
func (s *soak) stamps() []time.Time {
	s.t.Helper()
	conn, err := pgx.Connect(s.t.Context(), s.pg.URL)
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(s.t.Context()))
	rows, err := conn.Query(s.t.Context(), `SELECT submitted_at FROM smpp.message_correlations ORDER BY submitted_at`)
	if err != nil {
		s.t.Fatal(err)
	}
	stamps, err := pgx.CollectRows(rows, pgx.RowTo[time.Time])
	if err != nil || len(stamps) == 0 {
		s.t.Fatalf("%d stamps: %v", len(stamps), err)
	}
	return stamps
}

// mostInASecond is the largest number of moments within a second of any phase.
func mostInASecond(at []time.Time) (n int) {
	at = slices.SortedFunc(slices.Values(at), time.Time.Compare)
	first := 0
	for i := range at {
		for at[i].Sub(at[first]) >= time.Second {
			first++
		}
		n = max(n, i-first+1)
	}
	return n
}
