package natsjs

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Correlations keeps correlations in a key-value bucket, where there is no
// Postgres. It implements port.CorrelationStore, for any number of pods.
//
// The server keeps every key in memory (two a row): up to about a million rows
// live well in it; 72 h of more than 4 messages a second want Postgres.
type Correlations struct{ bucket *bucket }

// Correlations returns the store; its bucket is made when it is used first.
func (c *Conn) Correlations() *Correlations {
	b := c.bucket(contract.BucketCorrelations, "which message an MNO's id belongs to (smpp-connector)", c.options.CorrelationMaxAge)
	b.memory = newMemory(rememberedRows)
	return &Correlations{b}
}

// rememberedRows is how many rows are remembered, at most twice as many: a receipt
// that comes while its row is remembered is marked by one write, without a look.
const rememberedRows = 20_000

// Save implements port.CorrelationStore. An error may leave some of the rows
// stored: saving them all again is safe.
func (s *Correlations) Save(ctx context.Context, rows []port.Correlation) error {
	rows, err := lastOfEach(rows)
	if err != nil {
		return fmt.Errorf("save correlations: %w", err)
	}
	// The pointers go first, in the same stream of requests: a row that can be
	// found then always has its pointer, whatever breaks off in between.
	keys := make([]string, 2*len(rows))
	for i := range rows {
		keys[i], keys[len(rows)+i] = messageKey(&rows[i]), idKey(rows[i].Key())
	}
	err = s.bucket.update(ctx, keys, true, func(i int, found entry) (write, bool) {
		if i < len(rows) {
			return write{}, !found.live()
		}
		return replaceCorrelation(&rows[i-len(rows)], found)
	})
	if err != nil {
		return fmt.Errorf("save %d correlations: %w", len(rows), err)
	}
	return nil
}

// replaceCorrelation decides what to write over what is there: nothing over the
// same row, whose marks stay; the new row over another message's, whose id the
// MNO has given out again.
func replaceCorrelation(row *port.Correlation, found entry) (write, bool) {
	if found.live() {
		if there, err := unpackCorrelation(row.Key(), found.value); err == nil &&
			there.MessageID == row.MessageID && there.PartIndex == row.PartIndex {
			return write{}, false
		}
	}
	return write{value: packCorrelation(row)}, true
}

// lastOfEach refuses rows without an id, and keeps the last of several rows
// under one key.
func lastOfEach(rows []port.Correlation) ([]port.Correlation, error) {
	last := make(map[port.CorrelationKey]int, len(rows))
	for i := range rows {
		row := &rows[i]
		switch {
		case row.OperatorID == "":
			return nil, fmt.Errorf("row %d has no operatorId: nothing could find it", i)
		case row.OperatorMessageID == "":
			return nil, fmt.Errorf("row %d of operator %s has no operatorMessageId: the MNO answered without one", i, row.OperatorID)
		case row.MessageID == "":
			return nil, fmt.Errorf("row %d of operator %s has no messageId", i, row.OperatorID)
		}
		last[row.Key()] = i
	}
	if len(last) == len(rows) {
		return rows, nil
	}
	kept := make([]port.Correlation, 0, len(last))
	for i := range rows {
		if last[rows[i].Key()] == i {
			kept = append(kept, rows[i])
		}
	}
	return kept, nil
}

// Find implements port.CorrelationStore.
func (s *Correlations) Find(ctx context.Context, keys []port.CorrelationKey) ([]*port.Correlation, error) {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = idKey(k)
	}
	entries, err := s.bucket.get(ctx, names)
	if err != nil {
		return nil, fmt.Errorf("find %d correlations: %w", len(keys), err)
	}
	found := make([]*port.Correlation, len(keys))
	for i, e := range entries {
		if !e.live() {
			continue
		}
		if found[i], err = unpackCorrelation(keys[i], e.value); err != nil {
			return nil, fmt.Errorf("find: %w", err)
		}
	}
	return found, nil
}

// Parts implements port.CorrelationStore. A row whose id the MNO has given to
// another message since is not among them.
func (s *Correlations) Parts(ctx context.Context, operatorID, messageID string) ([]port.Correlation, error) {
	pointers, err := s.bucket.list(ctx, key(wordMessage, operatorID, messageID)+".>")
	if err != nil {
		return nil, fmt.Errorf("list the parts of a message of %s: %w", operatorID, err)
	}
	keys := make([]port.CorrelationKey, 0, len(pointers))
	for _, p := range pointers {
		id, err := idOfMessageKey(p.key)
		if err != nil {
			return nil, fmt.Errorf("list the parts of a message of %s: %w", operatorID, err)
		}
		keys = append(keys, port.CorrelationKey{OperatorID: operatorID, OperatorMessageID: id})
	}
	rows, err := s.Find(ctx, keys)
	if err != nil {
		return nil, err
	}
	parts := make([]port.Correlation, 0, len(rows))
	for _, row := range rows {
		if row != nil && row.MessageID == messageID {
			parts = append(parts, *row)
		}
	}
	slices.SortFunc(parts, func(a, b port.Correlation) int {
		return cmp.Or(cmp.Compare(a.PartIndex, b.PartIndex), a.SubmittedAt.Compare(b.SubmittedAt))
	})
	return parts, nil
}

// Unfinished implements port.CorrelationStore. It reads every row of the bucket:
// the server orders them by their last write, not by their expiry.
func (s *Correlations) Unfinished(ctx context.Context, operatorIDs []string, from, to time.Time) (unfinished []port.Correlation, err error) {
	for _, operatorID := range operatorIDs {
		err := s.bucket.scanOf(ctx, key(wordID, operatorID)+".>", func(e entry) {
			id, err := readToken(e.key[strings.LastIndexByte(e.key, '.')+1:])
			if err != nil || !e.live() {
				return
			}
			row, err := unpackCorrelation(port.CorrelationKey{OperatorID: operatorID, OperatorMessageID: id}, e.value)
			if err == nil && row.PartsTotal > 1 && row.Final != 0 && row.States&(1<<port.Concluded) == 0 && row.ExpiresAt.After(from) && !row.ExpiresAt.After(to) {
				unfinished = append(unfinished, *row)
			}
		})
		if err != nil {
			return nil, fmt.Errorf("look for messages of %s that have expired: %w", operatorID, err)
		}
	}
	return unfinished, nil
}

// Mark implements port.CorrelationStore.
func (s *Correlations) Mark(ctx context.Context, marks []port.Mark) error {
	byKey := make(map[port.CorrelationKey][]port.Mark, len(marks))
	var order []port.CorrelationKey
	for _, m := range marks {
		if _, known := byKey[m.Key]; !known {
			order = append(order, m.Key)
		}
		byKey[m.Key] = append(byKey[m.Key], m)
	}
	names := make([]string, len(order))
	for i, k := range order {
		names[i] = idKey(k)
	}
	var broken error
	err := s.bucket.update(ctx, names, false, func(i int, found entry) (write, bool) {
		if !found.live() {
			return write{}, false
		}
		row, err := unpackCorrelation(order[i], found.value)
		if err != nil {
			broken = err
			return write{}, false
		}
		if !setMarks(row, byKey[order[i]]) {
			return write{}, false
		}
		return write{value: packCorrelation(row)}, true
	})
	if err == nil {
		err = broken
	}
	if err != nil {
		return fmt.Errorf("mark %d correlations: %w", len(order), err)
	}
	return nil
}

// setMarks reports whether the marks change the row. The first final state stays.
func setMarks(row *port.Correlation, marks []port.Mark) (changed bool) {
	for _, m := range marks {
		if bit := uint16(1) << (m.State & 15); row.States&bit == 0 {
			row.States |= bit
			changed = true
		}
		if m.Final && row.Final == 0 && m.State != 0 {
			row.Final = m.State
			changed = true
		}
	}
	return changed
}
