package actors

import (
	"context"
	"sync"

	"github.com/ghasi/smpp-connector/actors/port"
)

// nearStore is a port.CorrelationStore that remembers the rows of this process:
// those that are on their way to the store, so that a receipt which beats the
// commit is matched, and the latest that are there, so that most receipts cost
// no look-up.
type nearStore struct {
	store port.CorrelationStore

	mu       sync.Mutex
	rows     map[port.CorrelationKey]*nearRow
	order    []port.CorrelationKey // a ring of keys, to forget the oldest
	next     int
	capacity int
}

type nearRow struct {
	row    port.Correlation
	stored *commit
}

// commit is closed when the rows that share it are stored.
type commit struct{ done chan struct{} }

func newNearStore(store port.CorrelationStore, capacity int) *nearStore {
	return &nearStore{store: store, rows: map[port.CorrelationKey]*nearRow{}, capacity: capacity}
}

// expect takes in rows that will be stored, and returns what to call when they are.
func (n *nearStore) expect(rows []port.Correlation) *commit {
	c := &commit{done: make(chan struct{})}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, row := range rows {
		n.remember(row, c)
	}
	return c
}

func (n *nearStore) remember(row port.Correlation, c *commit) {
	key := row.Key()
	if known := n.rows[key]; known != nil {
		known.row, known.stored = row, c
		return
	}
	if len(n.order) < n.capacity {
		n.rows[key] = &nearRow{row: row, stored: c}
		n.order = append(n.order, key)
		return
	}
	delete(n.rows, n.order[n.next])
	n.order[n.next] = key
	n.rows[key] = &nearRow{row: row, stored: c}
	n.next = (n.next + 1) % n.capacity
}

// Find waits for rows that are on their way, and asks the store for what is not known here.
func (n *nearStore) Find(ctx context.Context, keys []port.CorrelationKey) ([]*port.Correlation, error) {
	found := make([]*port.Correlation, len(keys))
	var waits []*commit
	var missing []port.CorrelationKey
	var at []int
	n.mu.Lock()
	for i, key := range keys {
		if r := n.rows[key]; r != nil {
			row := r.row
			found[i] = &row
			if len(waits) == 0 || waits[len(waits)-1] != r.stored {
				waits = append(waits, r.stored)
			}
			continue
		}
		missing, at = append(missing, key), append(at, i)
	}
	n.mu.Unlock()
	for _, c := range waits {
		select {
		case <-c.done:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	if len(missing) == 0 {
		return found, nil
	}
	rows, err := n.store.Find(ctx, missing)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for i, row := range rows {
		if row == nil { // it may have come while the store was asked
			if r := n.rows[missing[i]]; r != nil {
				known := r.row
				row = &known
			}
		}
		found[at[i]] = row
	}
	return found, nil
}

// Mark remembers and stores the states whose events are published.
func (n *nearStore) Mark(ctx context.Context, marks []port.Mark) error {
	if err := n.store.Mark(ctx, marks); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, m := range marks {
		if r := n.rows[m.Key]; r != nil {
			r.row.States |= 1 << (m.State & 15)
			if m.Final && r.row.Final == 0 {
				r.row.Final = m.State
			}
		}
	}
	return nil
}

// Parts asks the store: other pods may have changed the other parts.
func (n *nearStore) Parts(ctx context.Context, operatorID, messageID string) ([]port.Correlation, error) {
	return n.store.Parts(ctx, operatorID, messageID)
}
