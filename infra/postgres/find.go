package postgres

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
)

// The keys drive the plan: for each, a look into the primary key of every day.
// OFFSET 0 keeps the planner from turning that round; see planner in open.go.
const findSQL = `
SELECT k.place, ` + rowColumns + `
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS k (operator_id, operator_message_id, place)
CROSS JOIN LATERAL (
	SELECT * FROM smpp.message_correlations m
	WHERE m.operator_id = k.operator_id AND m.operator_message_id = k.operator_message_id
	ORDER BY m.expires_on OFFSET 0) c`

// Find implements port.CorrelationStore with one statement for all keys.
func (db *DB) Find(ctx context.Context, keys []port.CorrelationKey) ([]*port.Correlation, error) {
	found := make([]*port.Correlation, len(keys))
	if len(keys) == 0 {
		return found, nil
	}
	operatorIDs, operatorMessageIDs := make([]string, len(keys)), make([]string, len(keys))
	for i, k := range keys {
		operatorIDs[i], operatorMessageIDs[i] = stored(k.OperatorID), stored(k.OperatorMessageID)
	}
	err := db.call(ctx, fmt.Sprintf("find %d correlations", len(keys)), func(ctx context.Context) error {
		rows, err := db.pool.Query(ctx, findSQL, operatorIDs, operatorMessageIDs)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var place int64 // from 1; the rows of one place come by day, the oldest first
			row, err := readRow(rows, &place)
			if err != nil {
				return err
			}
			if older := found[place-1]; older != nil && samePart(older, row) {
				row = join(older, row)
			}
			found[place-1] = row
		}
		return rows.Err()
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// The days and the block ranges of expires_at bound what is read; operator ids only
// filter it.
const unfinishedSQL = `
SELECT ` + rowColumns + ` FROM smpp.message_correlations c
WHERE c.expires_on BETWEEN ($2::timestamptz AT TIME ZONE 'UTC')::date AND ($3::timestamptz AT TIME ZONE 'UTC')::date
	AND c.expires_at > $2 AND c.expires_at <= $3
	AND c.parts_total > 1 AND c.final <> 0 AND c.states & 32768 = 0 AND c.operator_id = ANY ($1::text[])`

// Unfinished implements port.CorrelationStore.
func (db *DB) Unfinished(ctx context.Context, operatorIDs []string, from, to time.Time) (unfinished []port.Correlation, err error) {
	accounts := make([]string, len(operatorIDs))
	for i, id := range operatorIDs {
		accounts[i] = stored(id)
	}
	err = db.call(ctx, "look for messages that have expired", func(ctx context.Context) error {
		rows, err := db.pool.Query(ctx, unfinishedSQL, accounts, from, to)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			row, err := readRow(rows)
			if err != nil {
				return err
			}
			unfinished = append(unfinished, *row)
		}
		return rows.Err()
	})
	return unfinished, err
}

const partsSQL = `
SELECT ` + rowColumns + ` FROM smpp.message_correlations c
WHERE c.operator_id = $1 AND c.message_id = $2
ORDER BY c.part_index, c.expires_on, c.submitted_at`

// Parts implements port.CorrelationStore. A part that was accepted twice, because
// its first answer was lost, is returned with both of its ids, in the order of the submits.
func (db *DB) Parts(ctx context.Context, operatorID, messageID string) ([]port.Correlation, error) {
	parts := []port.Correlation{}
	err := db.call(ctx, "find the parts of a message", func(ctx context.Context) error {
		rows, err := db.pool.Query(ctx, partsSQL, stored(operatorID), stored(messageID))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			row, err := readRow(rows)
			if err != nil {
				return err
			}
			repeated := slices.IndexFunc(parts, func(p port.Correlation) bool { return p.Key() == row.Key() && samePart(&p, row) })
			if repeated < 0 {
				parts = append(parts, *row)
				continue
			}
			parts[repeated] = *join(&parts[repeated], row)
		}
		return rows.Err()
	})
	return parts, err
}
