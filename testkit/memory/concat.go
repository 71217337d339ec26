package memory

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
)

// Concat implements port.ConcatStore (US-SC-025). Time is what its callers say.
type Concat struct {
	Trouble

	mu     sync.Mutex
	groups map[port.ConcatKey]*port.ConcatGroup
}

func newConcat() *Concat { return &Concat{groups: map[port.ConcatKey]*port.ConcatGroup{}} }

// Keep implements port.ConcatStore.
func (c *Concat) Keep(ctx context.Context, key port.ConcatKey, part port.ConcatPart, now time.Time, ttl time.Duration) (port.ConcatGroup, error) {
	answer, err := c.enter(ctx)
	if err != nil {
		return port.ConcatGroup{}, fmt.Errorf("keep part %d of %d: %w", part.Index, key.Total, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	group := c.groups[key]
	if group == nil {
		group = &port.ConcatGroup{Key: key, Deadline: now.Add(ttl)}
		c.groups[key] = group
	}
	at, there := slices.BinarySearchFunc(group.Parts, part.Index, func(p port.ConcatPart, index uint8) int {
		return cmp.Compare(p.Index, index)
	})
	if !there {
		part.Body = bytes.Clone(part.Body)
		group.Parts = slices.Insert(group.Parts, at, part)
	}
	if answer != nil {
		return port.ConcatGroup{}, answer
	}
	return copyGroup(group), nil
}

// Take implements port.ConcatStore.
func (c *Concat) Take(ctx context.Context, key port.ConcatKey) (bool, error) {
	answer, err := c.enter(ctx)
	if err != nil {
		return false, fmt.Errorf("take a group of %d parts: %w", key.Total, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	_, there := c.groups[key]
	delete(c.groups, key)
	return there && answer == nil, answer
}

// Due implements port.ConcatStore, the earliest deadline first.
func (c *Concat) Due(ctx context.Context, now time.Time) ([]port.ConcatGroup, error) {
	answer, err := c.enter(ctx)
	if err = cmp.Or(err, answer); err != nil {
		return nil, fmt.Errorf("list the groups that are due: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var due []port.ConcatGroup
	for _, group := range c.groups {
		if !group.Deadline.After(now) {
			due = append(due, copyGroup(group))
		}
	}
	slices.SortFunc(due, func(a, b port.ConcatGroup) int { return a.Deadline.Compare(b.Deadline) })
	return due, nil
}

// Groups is how many messages wait for parts.
func (c *Concat) Groups() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.groups)
}

// copyGroup shares nothing with the store, so that a caller may keep it.
func copyGroup(g *port.ConcatGroup) port.ConcatGroup {
	group := *g
	group.Parts = slices.Clone(g.Parts)
	for i := range group.Parts {
		group.Parts[i].Body = bytes.Clone(group.Parts[i].Body)
	}
	return group
}
