package memory

import (
	"context"
	"fmt"
	"sync"

	"github.com/ghasi/smpp-connector/actors/port"
)

// Counters implements port.Counters (US-SC-022, US-SC-026).
type Counters struct {
	Trouble

	mu   sync.Mutex
	last map[counter]uint64
}

// counter names one number: of what, and of which bind.
type counter struct {
	of   string
	bind port.BindID
}

const (
	ofSequences  = "sequence numbers"
	ofReferences = "concatenation references"
)

func newCounters() *Counters { return &Counters{last: map[counter]uint64{}} }

// ReserveSequences implements port.Counters.
func (c *Counters) ReserveSequences(ctx context.Context, bind port.BindID, n int) (uint64, error) {
	return c.reserve(ctx, counter{ofSequences, bind}, n)
}

// ReserveReferences implements port.Counters.
func (c *Counters) ReserveReferences(ctx context.Context, bind port.BindID, n int) (uint64, error) {
	return c.reserve(ctx, counter{ofReferences, bind}, n)
}

func (c *Counters) reserve(ctx context.Context, name counter, n int) (uint64, error) {
	if n < 1 {
		return 0, fmt.Errorf("reserve %d %s of %v: want 1 or more", n, name.of, name.bind)
	}
	answer, err := c.enter(ctx)
	if err != nil {
		return 0, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	first := c.last[name] + 1
	c.last[name] += uint64(n)
	if answer != nil { // the numbers are spent all the same: a gap, never a repeat
		return 0, answer
	}
	return first, nil
}

// SetSequences makes last the last sequence number that was reserved of a bind:
// what a process finds that comes after another, or shortly before the numbers
// come round (US-SC-022).
func (c *Counters) SetSequences(bind port.BindID, last uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last[counter{ofSequences, bind}] = last
}

// Sequences is the last sequence number that was reserved of a bind, 0 if none.
func (c *Counters) Sequences(bind port.BindID) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.last[counter{ofSequences, bind}]
}
