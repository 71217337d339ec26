package main

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/ghasi/smpp-connector/actors/event"
)

// reasons is why the process is not ready, by what it waits for: a step of its
// start, a server that is away, an operator without an account. It listens to
// the facts, so that /ready says no more and no less than the log.
type reasons struct {
	mu  sync.Mutex
	all map[string]string
}

// stopping is what a process waits for that will never be ready again.
const stopping = "stopping"

func (r *reasons) has(what string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.all[what] != ""
}

func (r *reasons) set(what, why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil {
		r.all = map[string]string{}
	}
	r.all[what] = what + ": " + why
}

func (r *reasons) clear(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.all, what)
}

// ofOperator begins what a reason is about where that is an operator.
const ofOperator = "operator "

// list returns the reasons, by what they are about. Of operators they are those of the ones
// that are served: one that a reload has taken out, and a backup that is not needed any more,
// are fetched no more, so nothing would ever clear theirs.
func (r *reasons) list(served []string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for _, what := range slices.Sorted(maps.Keys(r.all)) {
		if id, is := strings.CutPrefix(what, ofOperator); is && !slices.Contains(served, id) {
			continue
		}
		out = append(out, r.all[what])
	}
	return out
}

// On implements event.Listener.
func (r *reasons) On(f event.Fact) {
	switch f := f.(type) {
	case event.DependencyChanged:
		if f.Up {
			r.clear(f.Name)
		} else {
			r.set(f.Name, "away: "+f.Err)
		}
	case event.AccountUnavailable:
		r.set(ofOperator+f.OperatorID, f.Err)
	case event.AccountFetched:
		r.clear("operator " + f.OperatorID)
	}
}
