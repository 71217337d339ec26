package memory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ghasi/smpp-connector/actors/concat"
	"github.com/ghasi/smpp-connector/actors/port"
)

// Concat implements port.ConcatStore (US-SC-025). Time is what its callers say.
type Concat struct {
	Trouble

	mu    sync.Mutex
	slots map[port.ConcatKey]*concat.Slot
}

func newConcat() *Concat { return &Concat{slots: map[port.ConcatKey]*concat.Slot{}} }

// Keep implements port.ConcatStore.
func (c *Concat) Keep(ctx context.Context, arrivals []port.ConcatArrival) []port.ConcatKept {
	kept := make([]port.ConcatKept, len(arrivals))
	answer, err := c.enter(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range arrivals {
		a := arrivals[i]
		if err != nil {
			kept[i].Err = fmt.Errorf("keep part %d of %d: %w", a.Part.Index, a.Key.Total, err)
			continue
		}
		slot := c.slots[a.Key]
		if slot == nil {
			slot = &concat.Slot{}
			c.slots[a.Key] = slot
		}
		a.Part.Header, a.Part.Body = slices.Clone(a.Part.Header), slices.Clone(a.Part.Body)
		a.TLVs = slices.Clone(a.TLVs)
		for t := range a.TLVs {
			a.TLVs[t].Value = slices.Clone(a.TLVs[t].Value)
		}
		kept[i].Outcome, kept[i].Whole, _ = slot.Put(&a)
		if answer != nil {
			kept[i] = port.ConcatKept{Err: answer}
		}
	}
	return kept
}

// Claim implements port.ConcatStore, the earliest deadline first.
func (c *Concat) Claim(ctx context.Context, now time.Time, ours func(string) bool) (due []port.ConcatGroup, open map[port.BindID]int, err error) {
	answer, err := c.enter(ctx)
	if err = cmp.Or(err, answer); err != nil {
		return nil, nil, fmt.Errorf("list the messages that are due: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	open = map[port.BindID]int{}
	for key, slot := range c.slots {
		for i := range slot.Open {
			open[slot.Open[i].Bind]++
		}
		if ours(key.MNO) {
			due = append(due, slot.Claim(now)...)
		}
		if slot.Empty() {
			delete(c.slots, key)
		}
	}
	slices.SortFunc(due, func(a, b port.ConcatGroup) int { return a.Deadline.Compare(b.Deadline) })
	return due, open, nil
}

// Published implements port.ConcatStore.
func (c *Concat) Published(ctx context.Context, now time.Time, groups []port.ConcatGroup) error {
	answer, err := c.enter(ctx)
	if err != nil {
		return fmt.Errorf("let %d messages go: %w", len(groups), err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range groups {
		if slot := c.slots[groups[i].Key]; slot != nil {
			slot.Published(&groups[i], now)
		}
	}
	return answer
}
