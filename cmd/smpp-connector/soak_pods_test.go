package main

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/faults"
	"github.com/ghasi/smpp-connector/testkit/smsc"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// fleet is several connectors as processes, with the binds of one MNO and direction
// between them. Message i goes to the own subject of bind 1 + i mod binds, so that every
// SMS tells which bind it came over.
type fleet struct {
	*soak
	binds int
	nodes []*stack.Server // of NATS
	pods  []*fleetPod
	born  int
	out   *sender

	random *rand.Rand
	env    []string // of every connector

	mu        sync.Mutex
	bySession map[int]int   // SMS that came over each
	sessions  map[int][]int // by bind: the sessions that its SMS came over, in the order of the first
	after     map[int]int   // by session: SMS that came over it after a newer session of its bind had begun to submit
	lastAt    map[int]time.Time
	gaps      []gap
	quiet     bool // the load is over: what still comes is what JetStream delivers again
}

// gap is a time without an SMS of a bind.
type gap struct {
	bind int
	took time.Duration
}

// fleetPod is one connector, with a way to cut it off from NATS.
type fleetPod struct {
	name    string
	http    string
	nats    []*faults.Proxy // one in front of each server
	process *stack.Server
}

// besideOthers lets the short form of a test that mostly waits run beside others of its
// kind; the long ones have the machine to themselves.
func besideOthers(t *testing.T) {
	if soakMinutes() == 0 {
		t.Parallel()
	}
}

// newFleet starts the servers, and no connector. The MNO lets as many sessions in as
// there are binds, drops one that it does not hear for 20 s, and answers ESME_RALYBND
// to one too many.
func newFleet(t *testing.T, tr traffic, binds int, options ...smsc.Option) *fleet {
	t.Helper()
	f := &fleet{binds: binds, bySession: map[int]int{}, sessions: map[int][]int{}, after: map[int]int{}, lastAt: map[int]time.Time{}}
	options = append([]smsc.Option{smsc.BindLimit(binds), smsc.DropIdle(20 * time.Second), smsc.RepeatRefused(500*time.Millisecond, 1_000)}, options...)
	f.soak = newServers(t, tr, options...)
	f.arrived.note = f.note
	f.traffic.subject = func(i int) string { return contract.BindSubject("awcc", "trx", f.bindOf(i)) }
	f.nodes, f.heard = []*stack.Server{f.nats}, &hearing{}
	f.connect()
	return f
}

// newClusterFleet is newFleet on a NATS cluster of three.
func newClusterFleet(t *testing.T, tr traffic, binds int, options ...smsc.Option) *fleet {
	t.Helper()
	f := newFleet(t, tr, binds, options...)
	f.nats.Stop()
	f.nodes = stack.NATSCluster(t, 3)
	var urls []string
	for _, n := range f.nodes {
		urls = append(urls, n.URL)
	}
	f.nats = &stack.Server{URL: strings.Join(urls, ",")} // an address, and no server of its own
	f.connect()
	return f
}

func (f *fleet) bindOf(i int) int { return 1 + i%f.binds }

// note looks at the session that an SMS came over.
func (f *fleet) note(i int, m *smsc.SMS) {
	f.mu.Lock()
	defer f.mu.Unlock()
	bind, now := f.bindOf(i), time.Now()
	if last := f.lastAt[bind]; !f.quiet && !last.IsZero() && now.Sub(last) > time.Second {
		f.gaps = append(f.gaps, gap{bind, now.Sub(last)})
	}
	f.lastAt[bind] = now
	f.bySession[m.Session]++
	known := f.sessions[bind]
	switch at := slices.Index(known, m.Session); {
	case at < 0:
		f.sessions[bind] = append(known, m.Session)
	case at < len(known)-1:
		f.after[m.Session]++
	}
}

// start starts one more connector.
func (f *fleet) start(env ...string) *fleetPod {
	f.t.Helper()
	f.born++
	p := &fleetPod{name: fmt.Sprint("pod-", f.born), http: stack.FreeAddr(f.t)}
	var urls []string
	for _, n := range f.nodes {
		proxy := faults.Listen(f.t, n.Addr)
		p.nats, urls = append(p.nats, proxy), append(urls, "nats://"+proxy.Addr)
	}
	p.process = f.process(p.http, append([]string{"POD_NAME=" + p.name, "SMPP_BINDS=" + strconv.Itoa(f.binds), "NATS_URL=" + strings.Join(urls, ","),
		"ENQUIRE_LINK_INTERVAL=5s", "ALREADY_BOUND_WAIT=1s", "DISPATCH_ACK_WAIT=12s", "RESPONSE_TIMEOUT=5s"}, env...))
	p.process.Start()
	f.pods = append(f.pods, p)
	if f.connector == nil { // whose log is told when the test fails
		f.connector, f.http = p.process, p.http
		f.t.Cleanup(f.tellLog)
	}
	return p
}

// end ends a connector, by Stop or by Kill, and takes it out.
func (f *fleet) end(p *fleetPod, how func(*stack.Server)) {
	f.t.Helper()
	how(p.process)
	f.pods = slices.DeleteFunc(f.pods, func(known *fleetPod) bool { return known == p })
}

// bound is which connector has which bind BOUND, as their trees say.
func (f *fleet) bound() map[string][]string {
	f.t.Helper()
	owners := map[string][]string{}
	for _, p := range f.pods {
		for _, b := range p.boundBinds(f.t.Context()) {
			owners[b] = append(owners[b], p.name)
		}
	}
	return owners
}

// boundBinds are the binds that are BOUND there; none where it does not answer.
func (p *fleetPod) boundBinds(ctx context.Context) (binds []string) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	body, err := askAt(ctx, p.http, "/metrics")
	if err != nil {
		return nil
	}
	defer body.Close()
	for lines := bufio.NewScanner(body); lines.Scan(); {
		line := lines.Text()
		if strings.HasPrefix(line, "smpp_connector_sessions_total{") && strings.Contains(line, `state="BOUND"`) && strings.HasSuffix(line, " 1") {
			_, rest, _ := strings.Cut(line, `bindId="`)
			number, _, _ := strings.Cut(rest, `"`)
			binds = append(binds, number)
		}
	}
	return binds
}

// spreadWithin bounds a wait for binds that are spread: how long it took is in the log.
const spreadWithin = 2 * time.Minute

// spread waits until every bind is bound by one connector, evenly, and returns how
// long that took.
func (f *fleet) spread(why string, within time.Duration) time.Duration {
	f.t.Helper()
	began := time.Now()
	for {
		owners, each := f.bound(), map[string]int{}
		even := len(owners) == f.binds
		for _, of := range owners {
			even = even && len(of) == 1
			each[of[0]]++
		}
		for _, p := range f.pods {
			even = even && each[p.name] >= f.binds/len(f.pods) && each[p.name] <= (f.binds+len(f.pods)-1)/len(f.pods)
		}
		if even {
			took := time.Since(began)
			f.t.Logf("%s: every bind is bound once, evenly, after %v", why, took.Round(10*time.Millisecond))
			return took
		}
		if time.Since(began) > within {
			f.t.Fatalf("%s: after %v the binds are bound by %v; %s", why, within, owners, f.standing())
		}
		time.Sleep(time.Duration(len(f.pods)) * 5 * time.Millisecond) // looking is work too
	}
}

// check holds the run to what must be true of it: no session of a bind submits after a
// newer one has begun to, nothing is lost, duplicates are marked, and not more than so many.
func (f *fleet) check(mostTwice int) {
	f.t.Helper()
	ambiguous := f.checkEvents()
	f.mu.Lock()
	defer f.mu.Unlock()
	twice := f.arrived.repeats()
	f.t.Logf("%d messages; came twice %d, marked ambiguous %d; sessions of each bind %v; gaps over 1 s %v",
		f.n, twice, ambiguous, sessionCounts(f.sessions), f.gaps)
	if len(f.after) > 0 {
		f.t.Errorf("SMS over sessions that were not the newest of their bind: %v", f.after)
	}
	if twice > mostTwice {
		f.t.Errorf("%d SMS came twice, %d may", twice, mostTwice)
	}
}

func sessionCounts(sessions map[int][]int) (n []int) {
	for _, bind := range slices.Sorted(maps.Keys(sessions)) {
		n = append(n, len(sessions[bind]))
	}
	return n
}

// load begins to send at a rate.
func (f *fleet) load(rate int) {
	f.heard = hear(f.t, f.js, f.n)
	f.out = sendOut(f.js, f.traffic, rate)
	f.out.patient.Store(true)
	f.t.Cleanup(f.stopSending)
}

// stopSending ends the load: what was sent by then is all there is.
func (f *fleet) stopSending() {
	if f.out == nil {
		return
	}
	f.mu.Lock()
	f.quiet = true
	f.mu.Unlock()
	f.out.close()
	f.n = min(f.n, int(f.out.next.Load()))
	f.out = nil
}

// settle waits until all that was sent has its events.
func (f *fleet) settle(stall time.Duration) {
	f.t.Helper()
	f.await("every message has its events", stall, func() bool { return f.heard.submitted.Load() == int64(f.n) }, f.heard.submitted.Load)
}

// US-SC-017: 2 → 4 processes, 4 binds bound on 4 processes; 3 and then 1 of them left.
// US-SC-015: a rolling update under load, one process after the other, neither loses
// nor doubles a message.
func TestUSSC017FourProcesses(t *testing.T) {
	const rate, seconds = 200, 15
	f := newFleet(t, traffic{n: rate * seconds}, 4, smsc.Delay(5*time.Millisecond))
	f.start()
	f.start()
	f.spread("2 processes", spreadWithin)
	f.load(rate)
	f.start()
	f.start()
	f.spread("4 processes", spreadWithin)
	for range 4 {
		oldest := f.pods[0]
		f.end(oldest, (*stack.Server).Stop)
		f.spread(oldest.name+" has left", spreadWithin)
		f.start()
		f.spread("the next has come", spreadWithin)
	}
	for len(f.pods) > 1 {
		f.end(f.pods[0], (*stack.Server).Stop)
		f.spread(fmt.Sprint(len(f.pods), " left"), spreadWithin)
	}
	f.settle(2 * time.Minute)
	f.check(0)
}
