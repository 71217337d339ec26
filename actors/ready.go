package actors

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ghasi/smpp-connector/actors/control"
	"github.com/ghasi/smpp-connector/actors/ownership"
	"github.com/ghasi/smpp-connector/actors/port"
)

// Why a process is not ready. Each begins alike: what US-SC-015 asks for is missing.
var (
	errNothingBound  = errors.New("no bind is BOUND")
	errSpreadUnknown = fmt.Errorf("%w: it is not known yet which binds are this pod's", errNothingBound)
)

// Ready says why this process is not ready to serve, or nothing (US-SC-015).
//
// It is ready when a bind is BOUND. One that has none to bind is ready too, or a rolling
// update would wait for it for ever: it knows its operators' accounts and who lives, and
// every bind is another pod's, or rests for a maintenance, or is switched off. As soon as
// one becomes its own, it is not ready until that is BOUND.
func (s *System) Ready() error {
	if s.env.tree.Bound() > 0 {
		return nil
	}
	for _, id := range s.env.operatorIDs() {
		if !s.env.tenure.hasAsked(s.root.Id + "/operator/" + id) {
			return fmt.Errorf("%w: the account of operator %s has not come yet", errNothingBound, id)
		}
	}
	return s.env.tenure.unbound(s.env.standing.Load())
}

// oblige takes in which binds are ours to serve.
func (t *tenure) oblige(d ownership.Duty) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.duty = d
}

// hasAsked reports whether an operator knows which binds it wants, by its actor.
func (t *tenure) hasAsked(operator string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.asked[operator]
}

// unbound says why it is not right that no bind is BOUND, or nothing.
func (t *tenure) unbound(standing *control.Standing) error {
	wants, _ := t.look()
	t.mu.Lock()
	duty := t.duty
	t.mu.Unlock()
	ours := duty.Binds
	switch {
	case t.free:
		ours = slices.Collect(maps.Keys(wants))
	case !duty.Known || !maps.Equal(duty.Wants, wants):
		return errSpreadUnknown
	}
	if slices.ContainsFunc(ours, func(b port.BindID) bool { return standing.Of(b) != control.Maintenance }) {
		return errNothingBound
	}
	return nil
}
