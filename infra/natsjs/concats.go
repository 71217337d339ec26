package natsjs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/ghasi/smpp-connector/actors/concat"
	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Concats keeps the parts of inbound messages in a key-value bucket, where there
// is no Redis. It implements port.ConcatStore: one slot a key, changed by
// compare-and-swap.
type Concats struct{ bucket *bucket }

// Concats returns the store; its bucket is made when it is used first.
func (c *Conn) Concats() *Concats {
	return &Concats{c.bucket(contract.BucketConcat, "parts of inbound messages (smpp-connector)", 0)}
}

// Keep implements port.ConcatStore.
func (s *Concats) Keep(ctx context.Context, arrivals []port.ConcatArrival) []port.ConcatKept {
	kept := make([]port.ConcatKept, len(arrivals))
	// One write a key holds all parts that have come for it, in their order.
	var names []string
	of := map[string][]int{}
	for i := range arrivals {
		name := concatKey(arrivals[i].Key)
		if of[name] == nil {
			names = append(names, name)
		}
		of[name] = append(of[name], i)
	}
	broken := s.change(ctx, names, func(k int, slot *concat.Slot) (changed bool) {
		for _, i := range of[names[k]] {
			outcome, whole, news := slot.Put(&arrivals[i])
			kept[i], changed = port.ConcatKept{Outcome: outcome, Whole: whole}, changed || news
		}
		return changed
	})
	for k, err := range broken {
		for _, i := range of[names[k]] {
			if err != nil {
				a := &arrivals[i]
				kept[i] = port.ConcatKept{Err: fmt.Errorf("keep part %d of %d of an inbound message of %s: %w", a.Part.Index, a.Key.Total, a.Key.MNO, err)}
			}
		}
	}
	return kept
}

// change brings the slots of keys to what do wants, and returns the error of each.
func (s *Concats) change(ctx context.Context, names []string, do func(i int, slot *concat.Slot) (changed bool)) []error {
	errs := make([]error, len(names))
	err := s.bucket.update(ctx, names, false, func(i int, found entry) (write, bool) {
		slot := &concat.Slot{}
		errs[i] = nil
		if found.live() {
			k, err := readConcatKey(names[i])
			if err == nil {
				slot, err = unpackSlot(k, found.value)
			}
			if err != nil {
				errs[i] = err
				return write{}, false
			}
		}
		if !do(i, slot) {
			return write{}, false
		}
		return slotWrite(slot), true
	})
	for i := range errs {
		errs[i] = errors.Join(errs[i], err)
	}
	return errs
}

// slotWrite is the write of a slot. One that only remembers goes by itself.
func slotWrite(slot *concat.Slot) write {
	switch {
	case slot.Empty():
		return purgeMark()
	case len(slot.Open) == 0:
		return write{value: packSlot(slot), header: nats.Header{headerTTL: {port.ConcatRemembered.String()}}}
	}
	return write{value: packSlot(slot)}
}

// mostDue bounds one answer of Claim.
const mostDue = 1000

// Claim implements port.ConcatStore. It reads the whole bucket: some thousands of
// messages at most in standalone.
func (s *Concats) Claim(ctx context.Context, now time.Time, ours func(string) bool) (due []port.ConcatGroup, open map[port.BindID]int, err error) {
	var names []string
	open = map[port.BindID]int{}
	err = s.each(ctx, func(name string, slot *concat.Slot, k port.ConcatKey) {
		for i := range slot.Open {
			open[slot.Open[i].Bind]++
		}
		if len(names) < mostDue && ours(k.MNO) && slices.ContainsFunc(slot.Open, func(h concat.Held) bool { return !h.Due.After(now) }) {
			names = append(names, name)
		}
	})
	if err != nil {
		return nil, nil, fmt.Errorf("look for inbound messages that are due: %w", err)
	}
	claimed := make([][]port.ConcatGroup, len(names))
	errs := s.change(ctx, names, func(i int, slot *concat.Slot) bool {
		claimed[i] = slot.Claim(now)
		return len(claimed[i]) > 0
	})
	for i, err := range errs {
		if err == nil {
			due = append(due, claimed[i]...)
		}
	}
	slices.SortFunc(due, byDeadline)
	if len(due) == 0 {
		return nil, open, errors.Join(errs...)
	}
	return due, open, nil
}

// Published implements port.ConcatStore.
func (s *Concats) Published(ctx context.Context, now time.Time, groups []port.ConcatGroup) error {
	var names []string
	of := map[string][]*port.ConcatGroup{}
	for i := range groups {
		name := concatKey(groups[i].Key)
		if of[name] == nil {
			names = append(names, name)
		}
		of[name] = append(of[name], &groups[i])
	}
	errs := s.change(ctx, names, func(i int, slot *concat.Slot) (gone bool) {
		for _, g := range of[names[i]] {
			gone = slot.Published(g, now) || gone
		}
		return gone
	})
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("let %d inbound messages go: %w", len(groups), err)
	}
	return nil
}

// each reads every slot of the bucket.
func (s *Concats) each(ctx context.Context, do func(name string, slot *concat.Slot, k port.ConcatKey)) error {
	return s.bucket.scan(ctx, func(e entry) {
		if !e.live() {
			return
		}
		k, err := readConcatKey(e.key)
		var slot *concat.Slot
		if err == nil {
			slot, err = unpackSlot(k, e.value)
		}
		if err != nil {
			s.bucket.conn.options.Logger.Error("an entry of the bucket of inbound parts cannot be read and stays where it is", "error", err.Error())
			return
		}
		do(e.key, slot, k)
	})
}
