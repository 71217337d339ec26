package main

import (
	"maps"
	"slices"
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

// list returns the reasons, by what they are about.
func (r *reasons) list() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for _, what := range slices.Sorted(maps.Keys(r.all)) {
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
		r.set("operator "+f.OperatorID, f.Err)
	case event.AccountFetched:
		r.clear("operator " + f.OperatorID)
	}
}
