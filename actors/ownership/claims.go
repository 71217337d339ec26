package ownership

import (
	"maps"
	"slices"
	"time"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// The life of a lease, counted from before its last good renewal was sent.
const (
	renewAfter   = contract.OwnerTTL / 3
	renewWith    = renewAfter / 2                    // then it is renewed with another that is due: they come into step
	submitWithin = contract.OwnerTTL - 8*time.Second // then no submit is written, and the bind unbinds
	writeWithin  = contract.OwnerTTL - 2*time.Second // then nothing is, and the connection is closed
)

const (
	retryAfter    = time.Second                       // after a call that failed
	callLost      = 5 * time.Second                   // a call without an answer for so long was lost; its context ends well before
	presentEvery  = 5 * time.Second                   // between two announcements
	peerLost      = port.PresenceTTL + 3*time.Second  // a pod not heard of for so long is gone, whatever the watch says
	leaseStale    = contract.OwnerTTL + time.Second   // a lease not seen renewed for so long should be gone: try it
	checkEvery    = 30 * time.Second                  // US-SC-020
	leftAfter     = 10 * time.Second                  // a bind nobody's for so long may be asked for by any pod that would keep it
	unownedAfter  = contract.OwnerTTL + 5*time.Second // a bind without an owner for so long is reported
	mostSkew      = 2 * time.Second                   // between our clock and the server's before somebody should know
	skewSaidEvery = time.Minute
)

// phase is where a claim stands.
type phase uint8

const (
	idle      phase = iota // it is not ours
	asking                 // we have asked for it
	owned                  // it is ours, and the bind may be served
	leaving                // it is ours, and the bind drains and unbinds for another to have it
	fenced                 // it may be another's by now: the bind ends at once
	releasing              // the bind has ended, and we give the lease back
)

// claim is one bind's lease as this process sees it.
type claim struct {
	phase     phase
	known     port.Lease // as heard last; Revision 0: there is none
	heardAt   time.Time  // when known was heard
	notBefore time.Time  // not to be asked for before
	freeSince time.Time  // since when nobody is known to have it; zero: somebody has
	before    string     // the pod that had it before us

	term port.Lease // ours
	base time.Time  // when the last renewal that succeeded was sent
	lost bool       // somebody deleted it: to be won again without a pause

	call   uint64 // the call under way; 0: none
	callAt time.Time
}

// ours reports whether the term is ours.
func (c *claim) ours() bool { return c.phase == owned || c.phase == leaving }

// failed reports whether a call has failed since the last renewal that succeeded: it is
// repeated alone, and draws no other lease along.
func (c *claim) failed() bool { return c.notBefore.After(c.base) }

// peer is another pod of a group.
type peer struct {
	pod     port.Pod
	heardAt time.Time
}

// present is what this pod has announced of itself in a group.
type present struct {
	said   port.Pod
	at     time.Time // of the last good announcement, or of a failed one's next try
	call   uint64
	callAt time.Time
}

// Claims is what one process knows of the binds that it serves or would serve. Its
// methods take `now` and change it; none blocks.
type Claims struct {
	me          port.Pod
	predecessor string // the instance before us, which is surely dead; empty: none is known
	settle      time.Duration

	wants   map[port.BindID]bool
	homes   map[port.BindID]string // the names of the pods that binds were moved to
	running map[port.BindID]bool

	failover Failover

	claims  map[port.BindID]*claim
	sorted  []port.BindID // of claims, in order; see binds
	peers   map[port.Group]map[string]*peer
	present map[port.Group]*present

	leasesKnown, podsKnown bool
	knownAt                time.Time // since when both are
	tickedAt               time.Time
	stirred                bool
	leaving                bool
	plan                   *plan // of the last Tick; nil before
	departed               map[port.Group]bool
	checkAt                time.Time
	suspects               map[port.BindID]bool   // run by two pods at the last check
	roster                 []string               // pods that the orchestrator runs; nil: nobody says
	silent                 map[string]bool        // of those, who did not say that they live at the last check
	counted                map[port.Group]bool    // groups that the last check told of
	lanesSeen              map[port.Group]laneSet // that live pods have served at any check
	bindless               string                 // why this pod is to have no bind at all; empty: it is to have one
	skewed                 bool
	skewSaid               time.Time
	calls                  uint64
	changes                uint64    // of who lives, what is known, what was ordered: see planNow
	planFrom, planSpare    []holding // what plan was made from; memory for the next
	planChanges            uint64    // changes, when plan was made
	grants                 []Grant   // of Grants
	facts                  []event.Fact
}

// Identity says who a process is.
type Identity struct {
	Pod         string          // POD_NAME, or the host's name
	Instance    string          // drawn anew by each process
	Predecessor string          // the Instance of the process before this one, when it is known to be dead; else empty
	Ordinal     int             // POD_ORDINAL; -1: none
	MaxBinds    int             // MAX_BINDS; 0: no limit
	Lanes       []contract.Lane // LANES; none: it says nothing, and spreads as if all served all
	Version     string
	// Settle is how long a process that has just learnt who lives waits for others
	// that start with it, so that they share without a hand-over. 0: it is alone.
	Settle time.Duration
}

// New returns the claims of a process that serves nothing yet.
func New(id Identity, now time.Time) *Claims {
	return &Claims{
		me:          port.Pod{Name: id.Pod, Instance: id.Instance, Ordinal: id.Ordinal, Max: id.MaxBinds, Lanes: id.Lanes, Version: id.Version, Started: now},
		predecessor: id.Predecessor, settle: id.Settle,
		wants: map[port.BindID]bool{}, running: map[port.BindID]bool{}, claims: map[port.BindID]*claim{},
		peers: map[port.Group]map[string]*peer{}, present: map[port.Group]*present{}, departed: map[port.Group]bool{},
		suspects: map[port.BindID]bool{}, counted: map[port.Group]bool{}, lanesSeen: map[port.Group]laneSet{}, checkAt: now.Add(checkEvery),
	}
}

// Wants says which binds this process would serve, and of which it has actors.
func (c *Claims) Wants(wants, running map[port.BindID]bool) { c.wants, c.running = wants, running }

// Roster says which pods the orchestrator runs; nil: it does not answer.
func (c *Claims) Roster(names []string) { c.roster = names }

// Homes says which binds were moved by command, and to which pods, by their names. A
// pod that does not live has no say.
func (c *Claims) Homes(homes map[port.BindID]string) {
	if !maps.Equal(c.homes, homes) {
		c.changes++
	}
	c.homes = homes
}

// Leave says that the process is stopping: it gives up every bind.
func (c *Claims) Leave() {
	c.changes++
	c.leaving = true
}

// Left reports whether a process that is stopping holds nothing any more, and has
// said so.
func (c *Claims) Left() bool {
	for _, cl := range c.claims {
		if cl.phase != idle || c.mine(cl.known) {
			return false
		}
	}
	for group := range c.present {
		if !c.departed[group] {
			return false
		}
	}
	return c.leaving
}

// Groups are what the process must watch.
func (c *Claims) Groups() []port.Group {
	groups := map[port.Group]bool{}
	for bind := range c.wants {
		groups[bind.Group()] = true
	}
	for bind := range c.failover.Spare {
		groups[bind.Group()] = true
	}
	for group := range c.failover.Covers {
		groups[group] = true
	}
	for bind, cl := range c.claims {
		if cl.phase != idle {
			groups[bind.Group()] = true
		}
	}
	return sortedGroups(groups)
}

func sortedGroups[V any](of map[port.Group]V) []port.Group {
	return slices.SortedFunc(maps.Keys(of), func(a, b port.Group) int {
		return port.CompareBinds(a.Bind(0), b.Bind(0))
	})
}

// Facts returns what has happened since it was asked last.
func (c *Claims) Facts() []event.Fact {
	facts := c.facts
	c.facts = nil
	return facts
}

func (c *Claims) tell(f event.Fact) {
	c.stirred = true
	c.facts = append(c.facts, f)
}

func (c *Claims) claim(bind port.BindID) *claim {
	if c.claims[bind] == nil {
		c.claims[bind] = &claim{}
	}
	return c.claims[bind]
}

// mine reports whether a lease is of this process.
func (c *Claims) mine(l port.Lease) bool { return l.Revision != 0 && l.Instance == c.me.Instance }

// dead reports whether a lease is of the process that was before this one.
func (c *Claims) dead(l port.Lease) bool {
	return l.Revision != 0 && c.predecessor != "" && l.Instance == c.predecessor
}

// Pods returns how many pods of a group live and take binds, this one among them:
// what a limit of the account is shared by.
func (c *Claims) Pods(group port.Group) int {
	n := 1
	for _, p := range c.peers[group] {
		if !p.pod.Leaving && !asideIn(p.pod) {
			n++
		}
	}
	return n
}
