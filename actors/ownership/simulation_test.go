package ownership_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/ghasi/smpp-connector/actors/ownership"
	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// The lease protocol in a world of its own: pods whose clocks drift, that are killed,
// stopped and continued; a store that is away, cut off from one pod, late, whose
// answers are lost, that somebody writes to by hand. One goroutine, fake time, a seed.

// least is the step of the world's time.
const least = 50 * time.Millisecond

// gapAllowed is how long a healthy world may leave a bind without an owner: a lost
// lease's life, its expiry at the server, a drain, and the takeover.
const gapAllowed = contract.OwnerTTL + 10*time.Second

var errSim = errors.New("the store does not answer")

type world struct {
	random  *rand.Rand
	now     time.Time
	binds   []port.BindID
	store   *simStore
	pods    []*simPod
	flying  []simDue // requests on their way to the store
	born    int
	quiet   time.Time // of the last fault
	downTo  time.Time // the store is away until then
	lossy   time.Time // a fifth of the answers is lost until then
	history []string
	moves   int
	lanes   bool // pods of some lanes beside pods of all (US-SC-018)
	older   bool // among them pods of the last version, which says no lanes
}

type simEvent struct {
	lease port.Lease
	pod   port.Pod
	gone  bool
	how   port.Vanished
}

type simStore struct {
	revision uint64
	leases   map[port.BindID]port.Lease
	pods     map[string]port.Pod
	podAt    map[string]time.Time
	log      []simEvent
}

type simPod struct {
	w         *world
	id        ownership.Identity
	claims    *ownership.Claims
	dead      bool
	leaving   bool
	stopped   time.Time // SIGSTOP until then
	cut       time.Time // from the store until then
	drift     float64
	born      time.Time
	wants     map[port.BindID]bool
	sessions  map[port.BindID]*simSession
	due       []simDue // what comes to it, by time
	seen      int      // of the store's log
	connected bool
	tick      time.Time
}

type simSession struct {
	submit, write time.Time // by the pod's clock, as the grants said last
	bound         time.Time
	ends          time.Time // zero: it stays
}

type simDue struct {
	at time.Time
	do func(now time.Time)
}

// local is the pod's own clock.
func (p *simPod) local() time.Time {
	return p.born.Add(time.Duration(float64(p.w.now.Sub(p.born)) * (1 + p.drift)))
}

func (p *simPod) awake() bool { return !p.dead && !p.w.now.Before(p.stopped) }
func (p *simPod) reaches() bool {
	return !p.w.now.Before(p.cut) && !p.w.now.Before(p.w.downTo)
}

// writes reports whether the pod could write a submit of a bind at this moment.
func (p *simPod) writes(bind port.BindID) bool {
	s := p.sessions[bind]
	return p.awake() && s != nil && !p.w.now.Before(s.bound) && p.local().Before(s.submit)
}

func (w *world) addPod(predecessor string) {
	w.born++
	id := ownership.Identity{Pod: fmt.Sprintf("pod-%d", w.born), Instance: fmt.Sprintf("i%d", w.born), Ordinal: -1, Predecessor: predecessor, Settle: time.Second}
	if w.lanes {
		id.Lanes = allLanes
		if w.random.IntN(2) == 0 {
			id.Lanes = urgent
		}
	}
	if w.older && w.random.IntN(3) == 0 {
		id.Lanes = nil
	}
	p := &simPod{w: w, id: id, born: w.now, drift: (w.random.Float64() - 0.5) / 100, wants: map[port.BindID]bool{}, sessions: map[port.BindID]*simSession{}}
	for _, b := range w.binds {
		p.wants[b] = true
	}
	p.claims = ownership.New(id, p.local())
	w.pods = append(w.pods, p)
}

func (p *simPod) after(least, most time.Duration, do func(now time.Time)) {
	at := p.w.now.Add(least + time.Duration(p.w.random.Int64N(int64(most-least)+1)))
	p.due = append(p.due, simDue{at, do})
}

// run lets the pod do what is due.
func (p *simPod) run() {
	if !p.awake() {
		return
	}
	if p.w.random.IntN(2) == 0 { // of a process that was stopped, answers may come before news
		p.follow()
	}
	slices.SortStableFunc(p.due, func(a, b simDue) int { return a.at.Compare(b.at) })
	for len(p.due) > 0 && !p.due[0].at.After(p.w.now) {
		d := p.due[0]
		p.due = p.due[1:]
		d.do(p.local())
		p.tick = time.Time{}
	}
	if p.w.now.Before(p.tick) {
		return
	}
	running := map[port.BindID]bool{}
	for b := range p.sessions {
		running[b] = true
	}
	p.claims.Wants(p.wants, running)
	if !p.claims.PlanIsFresh() {
		panic(fmt.Sprintf("%s: it goes by a plan that something has changed of", p.id.Pod))
	}
	now := p.local()
	var renewals []ownership.Step
	for _, s := range p.claims.Tick(now) {
		if s.Do == ownership.Renew {
			renewals = append(renewals, s)
			continue
		}
		p.call([]ownership.Step{s})
	}
	if len(renewals) > 0 {
		p.call(renewals)
	}
	p.claims.Facts()
	p.obey(now)
	p.tick = p.w.now.Add(p.claims.Next(now).Sub(now))
}

// obey does what the grants say, as the actors would.
func (p *simPod) obey(now time.Time) {
	granted := map[port.BindID]bool{}
	for _, g := range p.claims.Grants() {
		granted[g.Bind] = true
		s := p.sessions[g.Bind]
		if s == nil {
			if g.Order != ownership.Serve {
				continue
			}
			s = &simSession{bound: p.w.now.Add(time.Duration(p.w.random.Int64N(int64(time.Second))))}
			p.sessions[g.Bind] = s
			p.w.moves++
		}
		s.submit, s.write = g.Submit, g.Write
		if s.ends.IsZero() && g.Order != ownership.Serve {
			most := 3 * time.Second
			if g.Order == ownership.Stop {
				most = 6 * time.Second
			}
			bind := g.Bind
			s.ends = p.w.now.Add(time.Duration(p.w.random.Int64N(int64(most))))
			p.due = append(p.due, simDue{s.ends, func(time.Time) { delete(p.sessions, bind) }})
		}
	}
	for b := range p.sessions {
		if !granted[b] {
			panic(fmt.Sprintf("%s: %v has a session and no grant", p.id.Pod, b))
		}
	}
}

// simCall is one call on its way: one step, or several that are made together. Each
// step reaches the store by itself, and the answers come back when all are there, or
// when the call has waited for long enough.
type simCall struct {
	steps    []ownership.Step
	outcomes []simOutcome
	missing  int
	over     bool
}

type simOutcome struct {
	revision uint64
	err      error
}

// call carries a call to the store and its answers back.
func (p *simPod) call(steps []ownership.Step) {
	c := &simCall{steps: steps, outcomes: slices.Repeat([]simOutcome{{err: errSim}}, len(steps)), missing: len(steps)}
	w := p.w
	for i, s := range steps {
		if !p.reaches() {
			break
		}
		w.later(func() {
			if !p.reaches() {
				return
			}
			revision, err := w.store.do(w, s)
			if w.now.Before(w.lossy) && w.random.IntN(5) == 0 {
				return
			}
			p.after(0, 50*time.Millisecond, func(now time.Time) {
				if c.over {
					return
				}
				c.outcomes[i] = simOutcome{revision, err}
				if c.missing--; c.missing == 0 {
					c.end(p, now)
				}
			})
		})
	}
	p.after(2500*time.Millisecond, 2500*time.Millisecond, func(now time.Time) { c.end(p, now) })
}

// end hands the answers over, once.
func (c *simCall) end(p *simPod, now time.Time) {
	if c.over {
		return
	}
	c.over = true
	for i, s := range c.steps {
		p.claims.Answered(s, c.outcomes[i].revision, c.outcomes[i].err, now)
	}
}

// later lets a request reach the store after some milliseconds.
func (w *world) later(do func()) {
	w.flying = append(w.flying, simDue{w.now.Add(time.Duration(w.random.Int64N(int64(50 * time.Millisecond)))), func(time.Time) { do() }})
}

// follow is the pod's watch: what has changed, in order, or after a break everything anew.
func (p *simPod) follow() {
	s, now := p.w.store, p.local()
	if !p.reaches() {
		if p.connected {
			p.connected = false
			p.claims.LeasesKnown(false, now)
			p.claims.PodsKnown(false, now)
		}
		return
	}
	if !p.connected {
		p.connected = true
		for _, b := range p.w.binds {
			if l, there := s.leases[b]; there {
				p.claims.SeenLease(l, now)
			} else {
				p.claims.GoneLease(b, port.Deleted, 0, now)
			}
		}
		for _, pod := range s.pods {
			p.claims.SeenPod(pod, now)
		}
		p.seen = len(s.log)
		p.claims.LeasesKnown(true, now)
		p.claims.PodsKnown(true, now)
		p.tick = time.Time{}
	}
	for p.seen < len(s.log) {
		e := s.log[p.seen]
		p.seen++
		switch {
		case e.pod.Instance != "" && e.gone:
			p.claims.GonePod(e.pod.Group, e.pod.Instance)
		case e.pod.Instance != "":
			p.claims.SeenPod(e.pod, now)
		case e.gone:
			p.claims.GoneLease(e.lease.Bind, e.how, e.lease.Revision, now)
		default:
			p.claims.SeenLease(e.lease, now)
		}
	}
	if p.claims.Stirred() {
		p.tick = time.Time{}
	}
}
