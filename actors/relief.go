package actors

import (
	"cmp"
	"maps"
	"reflect"
	"slices"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/ownership"
	"github.com/ghasi/smpp-connector/actors/port"
)

// relief is the part of the tenure that failover is about (US-SC-013): how lines stand,
// here and on other pods, and whose traffic the binds of which account are to carry.
//
// A backup's account may be served by this process as an operator of its own, by other
// pods, or by nobody. In the first two cases their binds take the primary's commands
// along; only in the last does the primary's operator start binds of the backup itself.
// So an account never has two sessions for one bind, and no more binds than it has names.
type relief struct {
	spare     map[string][]port.BindID             // by the primary's operator: its backup's binds
	lines     map[string]map[port.BindID]lineState // by the operator that runs them
	covers    map[string]port.Cover                // by the primary's operator
	elsewhere ownership.Elsewhere                  // what other pods say
	needed    bool                                 // needsRelief, when it was asked last
	stood     *ownership.Failover                  // what failover returned last; nil after a change
}

// lineState is how the line of a bind stands.
type lineState uint8

const (
	lineNone   lineState = iota // not dialled yet, or given up on purpose
	lineFailed                  // lost, or it could not be made
	lineMute                    // BOUND, and the MNO has answered no submit since a session ended for that
	lineBound                   // BOUND: says more than any other
)

func newRelief() relief {
	return relief{spare: map[string][]port.BindID{}, lines: map[string]map[port.BindID]lineState{}, covers: map[string]port.Cover{}}
}

func (r *relief) forget(operator string) {
	r.stood = nil
	delete(r.spare, operator)
	delete(r.lines, operator)
	delete(r.covers, operator)
}

// wantSpare says which binds of its backup an operator would serve if nobody else does;
// none: the backup is not needed.
func (t *tenure) wantSpare(operator string, binds []port.BindID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stood = nil
	if t.spare[operator] = binds; len(binds) == 0 {
		delete(t.spare, operator)
	}
}

// stands says how a line stands. It reports whether that is new.
func (t *tenure) stands(operator string, bind port.BindID, is lineState) (changed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lines[operator] == nil {
		t.lines[operator] = map[port.BindID]lineState{}
	}
	if changed = t.lines[operator][bind] != is; changed {
		t.stood = nil
	}
	if t.lines[operator][bind] = is; is == lineNone {
		delete(t.lines[operator], bind)
	}
	return changed
}

// cover says whose binds are to carry an operator's traffic; nil: its own.
func (t *tenure) cover(operator string, cover *port.Cover) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stood = nil
	if cover == nil {
		delete(t.covers, operator)
		return
	}
	t.covers[operator] = *cover
}

// failover is what other pods are to know. Whoever gets it does not change it: it is made
// once for all who look until something changes.
func (t *tenure) failover() ownership.Failover {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stood != nil {
		return *t.stood
	}
	f := ownership.Failover{Accounts: map[port.BindID]string{}, Spare: map[port.BindID]bool{}, Bound: map[port.BindID]bool{}, Failed: map[port.BindID]bool{}, Mute: map[port.BindID]bool{}, Covers: map[port.Group][]port.Cover{}}
	for operator, binds := range t.wants {
		for _, b := range binds {
			f.Accounts[b] = t.names[operator]
		}
	}
	for _, operator := range slices.Sorted(maps.Keys(t.spare)) {
		cover, covered := t.covers[operator]
		groups := map[port.Group]bool{}
		for _, b := range t.spare[operator] {
			if !t.wantedHere(b) {
				f.Spare[b] = true
			}
			if group := b.Group(); covered && !groups[group] {
				groups[group] = true
				f.Covers[group] = append(f.Covers[group], cover)
			}
		}
	}
	for _, lines := range t.lines {
		for b, is := range lines {
			f.Bound[b] = f.Bound[b] || is == lineBound
			f.Failed[b] = f.Failed[b] || is == lineFailed || is == lineMute // a version that knows no other word takes it for lost
			f.Mute[b] = f.Mute[b] || is == lineMute
		}
	}
	t.stood = &f
	return f
}

// hear takes in what other pods say, and reports whether it is new.
func (t *tenure) hear(e ownership.Elsewhere) (changed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	changed = !reflect.DeepEqual(t.elsewhere, e)
	t.elsewhere = e
	return changed
}

// standing is how the binds of an account that submit stand over all pods, by the best of
// them; lineNone: nobody has tried yet. One that rests and is not BOUND has not failed,
// whatever it was before.
func (t *tenure) standing(account *Account, rests func(port.BindID) bool) (is lineState) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, b := range submitting(account) {
		if line := t.overall(b); line == lineBound || !rests(b) {
			is = max(is, line)
		}
	}
	return is
}

// mute are the binds of an account that are BOUND and whose submits are not answered, over
// all pods, in the order of its settings.
func (t *tenure) mute(account *Account) (binds []port.BindID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, b := range submitting(account) {
		if t.overall(b) == lineMute {
			binds = append(binds, b)
		}
	}
	return binds
}

// overall is how a bind's line stands, here or elsewhere.
func (t *tenure) overall(bind port.BindID) lineState {
	is := t.lineOf(bind)
	switch {
	case t.elsewhere.Bound[bind]:
		return lineBound
	case t.elsewhere.Mute[bind]:
		return max(is, lineMute)
	case t.elsewhere.Failed[bind]:
		return max(is, lineFailed)
	}
	return is
}

func (t *tenure) lineOf(bind port.BindID) (is lineState) {
	for _, lines := range t.lines {
		is = max(is, lines[bind])
	}
	return is
}

// boundHere reports whether a bind of this process is BOUND, and not mute.
func (t *tenure) boundHere(bind port.BindID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lineOf(bind) == lineBound
}

// linedHere reports whether a bind of this process is BOUND, mute or not.
func (t *tenure) linedHere(bind port.BindID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lineOf(bind) >= lineMute
}

// coversOf are the operators whose traffic the binds of an account carry beside their
// own, in the order of their names.
func (t *tenure) coversOf(account *Account) (covers []port.Cover) {
	t.mu.Lock()
	defer t.mu.Unlock()
	put := func(c port.Cover) {
		if c.Backup == account.OperatorID && c.Operator != account.OperatorID {
			covers = port.JoinCovers(covers, c)
		}
	}
	for _, c := range t.covers {
		put(c)
	}
	for _, s := range account.Binds {
		for _, c := range t.elsewhere.Covers[s.Bind.Group()] {
			put(c)
		}
	}
	slices.SortFunc(covers, func(a, b port.Cover) int { return cmp.Compare(a.Operator, b.Operator) })
	return covers
}

// needsRelief reports whether an operator of this process needs its backup, or did so
// until now: only then do the others care how lines stand.
func (t *tenure) needsRelief() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	needs := len(t.spare) > 0 || len(t.covers) > 0
	was := t.needed
	t.needed = needs
	return needs || was
}

// servedHere reports whether an operator of this process serves a bind as its own.
func (t *tenure) servedHere(bind port.BindID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.wantedHere(bind)
}

func (t *tenure) wantedHere(bind port.BindID) bool {
	for _, binds := range t.wants {
		if slices.Contains(binds, bind) {
			return true
		}
	}
	return false
}

// reliefChanged has everybody look again at how lines stand and who carries what: the
// other operators of this process, and through ownership those of the other pods.
func (e *environment) reliefChanged(c actor.Context) {
	if e.tenure.needsRelief() {
		for _, pid := range e.tenure.operators() {
			if !pid.Equal(c.Self()) {
				c.Send(pid, tenureChangedMessage)
			}
		}
	}
	e.tenureChanged(c)
}
