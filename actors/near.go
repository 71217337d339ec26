package actors

import (
	"context"
	"sync"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
)

// nearStore is a port.CorrelationStore that remembers the rows of this process:
// those that are on their way to the store, so that a receipt which beats the
// commit is matched, and the latest that are there, so that most receipts cost
// no look-up.
//
// What other pods do with a row, which hear its receipts too, is not known here. So a
// row is believed while the event stream still knows the Msg-Ids of all events that
// can have been made of it; then the store is asked, which has everybody's marks, and
// what an operator has had forgotten is not told.
type nearStore struct {
	store port.CorrelationStore
	fresh time.Duration // how long after its submit a row is believed

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

func newNearStore(store port.CorrelationStore, capacity int, fresh time.Duration) *nearStore {
	return &nearStore{store: store, rows: map[port.CorrelationKey]*nearRow{}, capacity: capacity, fresh: fresh}
}

// expect takes in rows that will be stored; c says when they are.
func (n *nearStore) expect(rows []port.Correlation, c *commit) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := range rows {
		if !rows[i].Silent { // no receipt of it is due; should one come all the same, the store knows
			n.remember(rows[i], c)
		}
	}
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

// Find waits for rows that are on their way, and asks the store for what is not
// known here. Every row that it returns is stored: a mark on one that is not
// would be lost.
func (n *nearStore) Find(ctx context.Context, keys []port.CorrelationKey) ([]*port.Correlation, error) {
	found := make([]*port.Correlation, len(keys))
	missing := make([]int, len(keys))
	for i := range keys {
		missing[i] = i
	}
	missing, err := n.recall(ctx, keys, missing, found)
	if err != nil || len(missing) == 0 {
		return found, err
	}
	asked := make([]port.CorrelationKey, len(missing))
	for j, i := range missing {
		asked[j] = keys[i]
	}
	rows, err := n.store.Find(ctx, asked)
	if err != nil {
		return nil, err
	}
	unknown := missing[:0]
	for j, i := range missing {
		if found[i] = rows[j]; rows[j] == nil {
			unknown = append(unknown, i)
		}
	}
	_, err = n.recall(ctx, keys, unknown, found) // they may have come while the store was asked
	return found, err
}

// recall fills in found[i] for every i of which that is remembered and fresh, waits
// until those rows are stored, and returns the rest of which.
func (n *nearStore) recall(ctx context.Context, keys []port.CorrelationKey, which []int, found []*port.Correlation) (missing []int, err error) {
	var waits []*commit
	n.mu.Lock()
	for _, i := range which {
		r := n.rows[keys[i]]
		if r == nil || time.Since(r.row.SubmittedAt) > n.fresh {
			missing = append(missing, i)
			continue
		}
		row := r.row
		found[i] = &row
		if len(waits) == 0 || waits[len(waits)-1] != r.stored {
			waits = append(waits, r.stored)
		}
	}
	n.mu.Unlock()
	for _, c := range waits {
		select {
		case <-c.done:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	return missing, nil
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

// Unfinished asks the store.
func (n *nearStore) Unfinished(ctx context.Context, operatorIDs []string, from, to time.Time) ([]port.Correlation, error) {
	return n.store.Unfinished(ctx, operatorIDs, from, to)
}

// Parts asks the store: other pods may have changed the other parts.
func (n *nearStore) Parts(ctx context.Context, operatorID, messageID string) ([]port.Correlation, error) {
	return n.store.Parts(ctx, operatorID, messageID)
}
