package actors

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/ownership"
	"github.com/ghasi/smpp-connector/actors/port"
)

// tenure is where operators and ownership meet: which binds the operators would serve,
// of which they have actors, and what ownership has granted. It is a table and not
// messages, so that nothing is forgotten when either fails: each looks at the other's
// side again whenever it is told that something has changed, and once in a while.
type tenure struct {
	free     bool                   // there are no leases: every bind is ours
	pods     atomic.Int64           // that live and take binds, this one among them, in the largest group
	bindless atomic.Pointer[string] // why this pod is to have no bind; nil or empty: it is to have one

	mu      sync.Mutex
	wants   map[string][]port.BindID        // by the operator that serves them as its own
	names   map[string]string               // of these operators: the operatorId
	running map[string]map[port.BindID]bool // by the operator
	told    map[string]*actor.PID           // operators that must know when a grant changes
	asked   map[string]bool                 // operators whose account has come, so that their wants are known
	looked  *tenureLook                     // what look returned last; nil after a change
	grants  map[port.BindID]*tenancy
	duty    ownership.Duty
	moves   ownership.Moves // whether a bind can be moved, and to which pod

	relief // who stands in for whom
}

// tenureLook is what is wanted and what runs. It is not changed any more.
type tenureLook struct{ wants, running map[port.BindID]bool }

// tenancy is one grant, as the bind and its children share it.
type tenancy struct {
	ownership.Grant
	fence *fence
}

func newTenure(free bool) *tenure {
	return &tenure{free: free, wants: map[string][]port.BindID{}, names: map[string]string{}, running: map[string]map[port.BindID]bool{}, told: map[string]*actor.PID{}, asked: map[string]bool{}, grants: map[port.BindID]*tenancy{},
		relief: newRelief()}
}

// want says which binds an operator would serve as its own, and its operatorId; none: it
// has none, or is leaving.
func (t *tenure) want(operator *actor.PID, id string, binds []port.BindID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.asked[operator.Id] = true
	t.looked, t.stood = nil, nil
	if t.wants[operator.Id], t.names[operator.Id] = binds, id; len(binds) == 0 {
		delete(t.wants, operator.Id)
		delete(t.names, operator.Id)
	}
}

// began says that an operator begins, without any bind.
func (t *tenure) began(operator *actor.PID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.looked = nil
	t.running[operator.Id], t.told[operator.Id] = map[port.BindID]bool{}, operator
	delete(t.asked, operator.Id)
	t.relief.forget(operator.Id)
}

// ended says that an operator has gone for good.
func (t *tenure) ended(operator *actor.PID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.looked = nil
	delete(t.running, operator.Id)
	delete(t.told, operator.Id)
	delete(t.asked, operator.Id)
	t.relief.forget(operator.Id)
}

// operators returns whoever must know when a grant changes.
func (t *tenure) operators() []*actor.PID {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Collect(maps.Values(t.told))
}

// seize has an operator run a bind, unless another one of this process does: a bind has
// one actor, whoever it is of.
func (t *tenure) seize(operator string, bind port.BindID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for id, binds := range t.running {
		if id != operator && binds[bind] {
			return false
		}
	}
	t.looked = nil
	t.running[operator][bind] = true
	return true
}

// runs says that an operator has actors of a bind, or no more.
func (t *tenure) runs(operator string, bind port.BindID, is bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.looked = nil
	if binds := t.running[operator]; is {
		binds[bind] = true
	} else {
		delete(binds, bind)
	}
}

// look returns all that is wanted, and all that runs. Whoever gets the maps does not
// change them: they are made once for all who look until something changes.
func (t *tenure) look() (wants, running map[port.BindID]bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.lookNow()
	return l.wants, l.running
}

// lookNow is look under the lock.
func (t *tenure) lookNow() *tenureLook {
	if t.looked != nil {
		return t.looked
	}
	l := &tenureLook{wants: map[port.BindID]bool{}, running: map[port.BindID]bool{}}
	for _, binds := range t.wants {
		for _, b := range binds {
			l.wants[b] = true
		}
	}
	for _, binds := range t.running {
		maps.Copy(l.running, binds)
	}
	t.looked = l
	return l
}

// grant takes in what ownership grants.
func (t *tenure) grant(grants []ownership.Grant) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, g := range grants {
		known := t.grants[g.Bind]
		if known == nil {
			known = &tenancy{fence: &fence{}}
			t.grants[g.Bind] = known
		}
		if known.Grant != g {
			known.Grant = g
			known.fence.set(g)
		}
	}
	if len(t.grants) == len(grants) {
		return
	}
	granted := make(map[port.BindID]bool, len(grants))
	for _, g := range grants {
		granted[g.Bind] = true
	}
	for bind, g := range t.grants {
		if !granted[bind] { // its bind has ended; a link that should still be there is cut off
			g.fence.shut()
			delete(t.grants, bind)
		}
	}
}

// agrees reports whether what runs is what is granted.
func (t *tenure) agrees() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	running, granted := t.lookNow().running, 0
	for bind, g := range t.grants {
		if (g.Order == ownership.Serve) != running[bind] {
			return false
		}
		if running[bind] {
			granted++
		}
	}
	return granted == len(running)
}

// movesBy takes in how binds are spread now.
func (t *tenure) movesBy(m ownership.Moves) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.moves = m
}

// noBind is why this pod is to have no bind, for people; empty: it is to have one.
func (t *tenure) noBind() string {
	if why := t.bindless.Load(); why != nil {
		return *why
	}
	return ""
}

// refuseMove says why a bind cannot be moved to the pod of that name, or nothing.
func (t *tenure) refuseMove(bind port.BindID, to string) error {
	t.mu.Lock()
	moves := t.moves
	t.mu.Unlock()
	return moves.Refuse(bind, to)
}

// of returns what is granted of a bind; ok is false when it is not ours to serve.
func (t *tenure) of(bind port.BindID) (g tenancy, ok bool) {
	if t.free {
		return tenancy{}, true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if known := t.grants[bind]; known != nil {
		return *known, true
	}
	return g, false
}

// podsAtLeast returns how many pods share the accounts: as many as live, and not fewer
// than somebody else says.
func (t *tenure) podsAtLeast(told func() int) func() int {
	return func() int {
		n := max(int(t.pods.Load()), 1)
		if told != nil {
			n = max(n, told())
		}
		return n
	}
}

// epoch returns the fencing token of a bind that is ours, 0 for any other.
func (t *tenure) epoch(bind port.BindID) uint64 {
	g, _ := t.of(bind)
	return g.Epoch
}
