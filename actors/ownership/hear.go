package ownership

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// What is heard of leases and pods.

// SeenLease takes in a lease that the watch tells of.
func (c *Claims) SeenLease(l port.Lease, now time.Time) {
	c.compareClocks(l, now)
	cl := c.claim(l.Bind)
	if l.Revision <= cl.known.Revision {
		return // older than what we know, from an answer of our own
	}
	c.learn(cl, l, now)
	if !cl.ours() {
		return
	}
	if c.mine(l) && l.Epoch == cl.term.Epoch {
		cl.term.Revision, cl.lost = l.Revision, false // of a renewal whose answer may have been lost: it gives no time
		return
	}
	c.fence(l.Bind, cl, taken(l), now) // and tells of it, which stirs
}

func (c *Claims) learn(cl *claim, l port.Lease, now time.Time) {
	c.stirred = c.stirred || cl.known.Instance != l.Instance || cl.known.Revision == 0
	if l.Instance != c.me.Instance {
		cl.before = l.Pod
	}
	cl.known, cl.heardAt, cl.freeSince = l, now, time.Time{}
}

func taken(l port.Lease) string {
	if l.Instance == "" {
		return "its lease was overwritten with a value that is none of ours"
	}
	return fmt.Sprintf("it is owned by %s now, with epoch %d", l.Pod, l.Epoch)
}

// GoneLease takes in that a lease has vanished.
func (c *Claims) GoneLease(bind port.BindID, how port.Vanished, revision uint64, now time.Time) {
	cl := c.claim(bind)
	if revision != 0 && revision < cl.known.Revision {
		return
	}
	was := cl.known
	c.free(cl, now)
	switch {
	case cl.ours() && how == port.Deleted:
		cl.lost = true // nobody else takes it before it would have expired (rule 3)
	case cl.ours():
		c.fence(bind, cl, "its lease was "+how.String(), now)
	case how == port.Deleted && was.Revision != 0 && !c.mine(was) && !c.dead(was):
		cl.notBefore = cl.heardAt.Add(contract.OwnerTTL)
	}
}

// free takes in that nobody has the lease.
func (c *Claims) free(cl *claim, now time.Time) {
	c.stirred = true
	cl.known = port.Lease{}
	if cl.freeSince.IsZero() {
		cl.freeSince = now
	}
}

// LeasesKnown takes in whether all leases that are there have been told.
func (c *Claims) LeasesKnown(known bool, now time.Time) {
	c.leasesKnown = known
	c.knowing(now)
}

// PodsKnown is the same for pods.
func (c *Claims) PodsKnown(known bool, now time.Time) {
	c.podsKnown = known
	c.knowing(now)
}

func (c *Claims) knowing(now time.Time) {
	c.stirred = true
	c.changes++
	if !c.leasesKnown || !c.podsKnown {
		c.knownAt = time.Time{}
	} else if c.knownAt.IsZero() {
		c.knownAt = now
	}
}

// SeenPod takes in an announcement.
func (c *Claims) SeenPod(p port.Pod, now time.Time) {
	if p.Instance == c.me.Instance || p.Instance == c.predecessor {
		return
	}
	if c.peers[p.Group] == nil {
		c.peers[p.Group] = map[string]*peer{}
	}
	if c.peers[p.Group][p.Instance] == nil && p.Name == c.me.Name {
		c.tell(event.PodNameShared{Pod: p.Name, At: now})
	}
	old := c.peers[p.Group][p.Instance]
	if old == nil || !reflect.DeepEqual(old.pod, p) {
		c.stirred = true
		c.changes++
	}
	c.peers[p.Group][p.Instance] = &peer{pod: p, heardAt: now}
}

// Stirred reports whether anything was heard since it was asked last that Tick must
// look at before its time: more than that others are as they were.
func (c *Claims) Stirred() bool {
	stirred := c.stirred
	c.stirred = false
	return stirred
}

// GonePod takes in that a pod is gone.
func (c *Claims) GonePod(group port.Group, instance string) {
	c.stirred = true
	c.changes++
	delete(c.peers[group], instance)
}

// forget drops pods that have not been heard of.
func (c *Claims) forget(now time.Time) {
	for _, peers := range c.peers {
		for id, p := range peers {
			if now.Sub(p.heardAt) >= peerLost {
				c.changes++
				delete(peers, id)
			}
		}
	}
}

// compareClocks notices that our clock is far from the server's, by a renewal that the
// server must have stored after we sent it and before we heard of it. Nothing here
// depends on it; receipts and correlations carry its time.
func (c *Claims) compareClocks(l port.Lease, now time.Time) {
	cl := c.claims[l.Bind]
	if cl == nil || !cl.ours() || !c.mine(l) || l.Revision < cl.term.Revision || l.StoredAt.IsZero() {
		return
	}
	var skew time.Duration
	if early := cl.base.Round(0).Sub(l.StoredAt); early >= mostSkew { // Round: by the wall clock
		skew = early
	} else if late := l.StoredAt.Sub(now.Round(0)); late >= mostSkew {
		skew = -late
	}
	if skew == 0 && !c.skewed || skew != 0 && c.skewed && now.Sub(c.skewSaid) < skewSaidEvery {
		return
	}
	c.skewed, c.skewSaid = skew != 0, now
	c.tell(event.ClockSkewed{Skew: skew, At: now})
}

// Answered takes in what became of a call: the revision that it has written, or why not.
func (c *Claims) Answered(s Step, revision uint64, err error, now time.Time) {
	if s.Do == Announce || s.Do == Depart {
		c.announced(s, err, now)
		return
	}
	cl := c.claim(s.Lease.Bind)
	if cl.call != s.call {
		return // given up for lost; the watch tells what it has done
	}
	cl.call = 0
	var held *port.LeaseHeld
	var gone *port.LeaseGone
	errors.As(err, &gone)
	if errors.As(err, &held) && held.Lease.Revision > cl.known.Revision {
		c.learn(cl, held.Lease, now)
	}
	switch s.Do {
	case Acquire:
		c.acquired(s, cl, revision, err, held, now)
	case Renew:
		c.renewed(s, cl, revision, err, held, gone, now)
	case Release:
		c.released(s, cl, err, held, gone, now)
	}
}

func (c *Claims) acquired(s Step, cl *claim, revision uint64, err error, held *port.LeaseHeld, now time.Time) {
	bind := s.Lease.Bind
	switch {
	case err == nil:
		l := s.Lease
		l.Revision, l.Epoch = revision, revision
		cl.known, cl.heardAt, cl.freeSince = l, now, time.Time{}
		if cl.phase != asking && !cl.ours() || now.Sub(s.At) >= submitWithin {
			if cl.phase == asking {
				cl.phase = idle
			}
			return // too late to be of use: it is given back
		}
		if cl.phase == asking {
			cl.phase = owned
		}
		cl.term, cl.base, cl.lost = l, s.At, false
		c.tell(event.LeaseWon{Bind: bind, Epoch: l.Epoch, Before: cl.before, At: now})
		cl.before = c.me.Name
	case cl.ours() && held != nil && c.mine(held.Lease) && held.Lease.Epoch == cl.term.Epoch:
		cl.term.Revision, cl.lost = held.Lease.Revision, false // it was there all the time
	case cl.ours() && held != nil:
		c.fence(bind, cl, taken(held.Lease), now)
	default:
		if cl.phase == asking {
			cl.phase = idle
		}
		cl.notBefore = now.Add(retryAfter)
	}
}

func (c *Claims) renewed(s Step, cl *claim, revision uint64, err error, held *port.LeaseHeld, gone *port.LeaseGone, now time.Time) {
	if !cl.ours() {
		return
	}
	switch {
	case err == nil:
		cl.term.Revision, cl.base, cl.lost = revision, s.At, false
		if revision > cl.known.Revision {
			cl.known, cl.heardAt = cl.term, now
		}
	case held != nil && c.mine(held.Lease) && held.Lease.Epoch == cl.term.Epoch:
		cl.term.Revision = held.Lease.Revision // an earlier renewal took effect, and its answer was lost
	case held != nil:
		c.fence(s.Lease.Bind, cl, taken(held.Lease), now)
	case gone != nil:
		cl.lost = true
		c.free(cl, now)
	default:
		cl.notBefore = now.Add(retryAfter)
	}
}

func (c *Claims) released(s Step, cl *claim, err error, held *port.LeaseHeld, gone *port.LeaseGone, now time.Time) {
	if cl.phase == releasing {
		cl.phase = idle
	}
	switch {
	case err == nil:
		if cl.known.Revision <= s.Lease.Revision {
			c.free(cl, now)
		}
		if s.Orphan {
			c.tell(event.BindOrphaned{Bind: s.Lease.Bind, Owner: s.Lease.Pod, At: now})
		}
	case gone != nil:
		if cl.known.Revision <= s.Lease.Revision {
			c.free(cl, now)
		}
	case held != nil:
	default:
		cl.notBefore = now.Add(retryAfter)
	}
}
