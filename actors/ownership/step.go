package ownership

import (
	"reflect"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
)

// Do is a call that is to be made.
type Do uint8

// The calls: those of port.Leases, then those of port.Presence.
const (
	Acquire Do = iota
	Renew
	Release
	Announce
	Depart
)

// Step is one call. Whoever makes it hands it back to Answered.
type Step struct {
	Do     Do
	Lease  port.Lease // of Acquire, Renew, Release
	Pod    port.Pod   // of Announce, Depart
	Orphan bool       // of Release: the lease is not ours
	At     time.Time  // when it was decided: before it is sent

	call uint64
}

// Tick returns the calls that are due.
func (c *Claims) Tick(now time.Time) (steps []Step) {
	c.wake(now)
	c.forget(now)
	for bind := range c.wants {
		if cl := c.claim(bind); cl.known.Revision == 0 && cl.phase == idle && cl.freeSince.IsZero() {
			cl.freeSince = now
		}
	}
	for bind := range c.failover.Spare {
		if cl := c.claim(bind); cl.known.Revision == 0 && cl.phase == idle && cl.freeSince.IsZero() {
			cl.freeSince = now
		}
	}
	plan, binds := c.planNow(), c.binds()
	c.plan = plan
	c.seeBindless(plan, now)
	renewing := false
	for _, bind := range binds {
		cl := c.claims[bind]
		if s, due := c.step(bind, cl, plan, now); due {
			steps = append(steps, c.made(s, cl, now))
			renewing = renewing || s.Do == Renew && !cl.failed()
		}
	}
	if renewing {
		steps = append(steps, c.renewWith(binds, now)...)
	}
	steps = append(steps, c.presence(now)...)
	if !now.Before(c.checkAt) {
		c.checkAt = now.Add(checkEvery)
		c.check(now)
	}
	return steps
}

// made takes in that a call on a claim is made.
func (c *Claims) made(s Step, cl *claim, now time.Time) Step {
	c.calls++
	s.At, s.call = now, c.calls
	cl.call, cl.callAt = s.call, now
	return s
}

// renewWith renews, with a lease that is due, those that would be soon: so all leases of
// a process come into step, and a thousand cost one look and one call in renewAfter.
func (c *Claims) renewWith(binds []port.BindID, now time.Time) (steps []Step) {
	for _, bind := range binds {
		cl := c.claims[bind]
		if cl.ours() && cl.call == 0 && !cl.lost && !cl.failed() && now.Sub(cl.base) >= renewWith {
			steps = append(steps, c.made(Step{Do: Renew, Lease: cl.term}, cl, now))
		}
	}
	return steps
}

// wake notices that this process was stopped for a while. Whoever was alive before is
// taken to be so still, until news come or do not; else it would think itself alone, and
// take binds that it has to give back a moment later.
func (c *Claims) wake(now time.Time) {
	gap := now.Sub(c.tickedAt)
	if !c.tickedAt.IsZero() && gap > 2*presentEvery {
		for _, peers := range c.peers {
			for _, p := range peers {
				p.heardAt = p.heardAt.Add(gap)
			}
		}
		if !c.knownAt.IsZero() {
			c.knownAt = now
		}
	}
	c.tickedAt = now
}

// step moves one claim on, and returns the call that it needs.
func (c *Claims) step(bind port.BindID, cl *claim, plan *plan, now time.Time) (s Step, due bool) {
	if cl.call != 0 && now.Sub(cl.callAt) >= callLost {
		cl.call = 0
		if cl.phase == asking || cl.phase == releasing {
			cl.phase = idle
		}
	}
	if cl.ours() && now.Sub(cl.base) >= submitWithin {
		c.fence(bind, cl, "it could not be renewed in time: NATS is away, or this process was stopped", now)
	}
	if cl.phase == owned && (c.leaving || !c.would(bind) || plan.decided && plan.owner[bind] != c.me.Instance) {
		cl.phase = leaving
	}
	if cl.phase == leaving && !c.running[bind] {
		cl.phase = releasing
	}
	if cl.phase == fenced && !c.running[bind] {
		cl.phase = idle
		cl.notBefore = now
	}
	if cl.call != 0 {
		return s, false
	}
	switch cl.phase {
	case owned, leaving:
		return c.keep(bind, cl, now)
	case releasing:
		return Step{Do: Release, Lease: cl.term}, !now.Before(cl.notBefore)
	case idle:
		return c.take(bind, cl, plan, now)
	}
	return s, false
}

// keep renews a lease that is ours, or wins it again where somebody has deleted it.
func (c *Claims) keep(bind port.BindID, cl *claim, now time.Time) (Step, bool) {
	if now.Before(cl.notBefore) {
		return Step{}, false
	}
	if cl.lost {
		return Step{Do: Acquire, Lease: c.newLease(bind, now)}, true
	}
	return Step{Do: Renew, Lease: cl.term}, now.Sub(cl.base) >= renewAfter
}

func (c *Claims) newLease(bind port.BindID, now time.Time) port.Lease {
	return port.Lease{Bind: bind, Pod: c.me.Name, Instance: c.me.Instance, Since: now}
}

// take asks for a lease that should be ours and is nobody's.
func (c *Claims) take(bind port.BindID, cl *claim, plan *plan, now time.Time) (Step, bool) {
	switch {
	case now.Before(cl.notBefore):
		return Step{}, false
	case c.mine(cl.known), c.dead(cl.known): // of a term that is over
		return Step{Do: Release, Lease: cl.known}, true
	case cl.known.Revision != 0 && now.Sub(cl.heardAt) < leaseStale:
		return Step{}, false
	case c.orphan(bind, cl, plan, now):
		return Step{Do: Release, Lease: cl.known, Orphan: true}, true
	case !c.would(bind) || c.leaving || !plan.decided || now.Before(c.knownAt.Add(c.settle)):
		return Step{}, false
	case plan.owner[bind] != c.me.Instance && !c.leftTo(bind, cl, plan, now):
		return Step{}, false
	case cl.known.Revision != 0 && now.Sub(cl.heardAt) >= leaseStale+retryAfter: // it should have expired, and is still there
		return Step{Do: Release, Lease: cl.known, Orphan: true}, true
	}
	cl.phase = asking
	return Step{Do: Acquire, Lease: c.newLease(bind, now)}, true
}

// orphan reports whether a lease that this process knows and does not want should have
// gone long ago, so long that nobody else wants its bind either (US-SC-020). It is taken
// out at the revision that is known: a renewal that was not heard of keeps it.
func (c *Claims) orphan(bind port.BindID, cl *claim, plan *plan, now time.Time) bool {
	return !c.would(bind) && !c.leaving && cl.known.Revision != 0 && now.Sub(cl.heardAt) >= leaseStale+checkEvery &&
		plan.decided && !now.Before(c.knownAt.Add(checkEvery))
}

// presence announces this pod in every group that it serves, and takes it back in
// those that it has left.
func (c *Claims) presence(now time.Time) (steps []Step) {
	groups := map[port.Group]bool{}
	for _, group := range c.Groups() {
		groups[group] = true
		if c.present[group] == nil {
			c.present[group] = &present{}
		}
	}
	self := c.self()
	for _, group := range sortedGroups(c.present) {
		p := c.present[group]
		if p.call != 0 && now.Sub(p.callAt) >= callLost {
			p.call = 0
		}
		if p.call != 0 || c.departed[group] {
			continue
		}
		said := self.pod(group)
		s := Step{Do: Announce, Pod: said, At: now}
		switch over := c.leaving && c.idle(group); {
		case over || !groups[group]:
			s.Do = Depart
		case now.Before(p.at), reflect.DeepEqual(said, p.said) && now.Sub(p.at) < presentEvery:
			continue
		}
		c.calls++
		s.call = c.calls
		p.call, p.callAt = s.call, now
		steps = append(steps, s)
	}
	return steps
}

// idle reports whether nothing of a group is held any more.
func (c *Claims) idle(group port.Group) bool {
	for bind, cl := range c.claims {
		if bind.Group() == group && (cl.phase != idle || c.mine(cl.known)) {
			return false
		}
	}
	return true
}

func (c *Claims) announced(s Step, err error, now time.Time) {
	p := c.present[s.Pod.Group]
	if p == nil || p.call != s.call {
		return
	}
	p.call = 0
	switch {
	case s.Do == Depart && c.leaving:
		c.departed[s.Pod.Group] = true // an announcement that stays ends by itself
	case s.Do == Depart:
		delete(c.present, s.Pod.Group)
	case err != nil:
		p.at, p.said = now.Add(retryAfter), port.Pod{}
	default:
		p.at, p.said = s.At, s.Pod
	}
}

// Next is when Tick must be called again if nothing is heard before.
func (c *Claims) Next(now time.Time) time.Time {
	next := c.checkAt
	settled := c.knownAt.Add(c.settle)
	sooner := func(at time.Time) {
		if at.Before(next) {
			next = at
		}
	}
	for bind, cl := range c.claims {
		if cl.call != 0 {
			sooner(cl.callAt.Add(callLost))
		}
		if cl.ours() {
			sooner(cl.base.Add(submitWithin))
		}
		switch {
		case cl.call != 0 || cl.phase == fenced:
		case cl.ours() && cl.notBefore.After(now):
			sooner(cl.notBefore)
		case cl.ours() && cl.lost:
			sooner(now)
		case cl.ours():
			sooner(cl.base.Add(renewAfter))
		case cl.notBefore.After(now):
			sooner(cl.notBefore)
		case c.would(bind) && cl.known.Revision != 0:
			if stale := cl.heardAt.Add(leaseStale); stale.After(now) {
				sooner(stale)
			} else {
				sooner(now.Add(retryAfter))
			}
		}
	}
	if !c.knownAt.IsZero() && settled.After(now) {
		sooner(settled)
	}
	for _, p := range c.present {
		switch {
		case p.call != 0:
			sooner(p.callAt.Add(callLost))
		case p.at.After(now):
			sooner(p.at)
		default:
			sooner(p.at.Add(presentEvery))
		}
	}
	for _, peers := range c.peers {
		for _, p := range peers {
			sooner(p.heardAt.Add(peerLost))
		}
	}
	if least := now.Add(10 * time.Millisecond); next.Before(least) {
		return least
	}
	return next
}
