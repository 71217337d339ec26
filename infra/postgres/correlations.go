package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ghasi/smpp-connector/actors/port"
)

var _ port.CorrelationStore = (*DB)(nil)

// A row that is there already stays as it is when it speaks of the same part of
// the same message (a redelivery repeats the write), and otherwise makes room:
// the MNO has used the id again. A late repeat of the older row must not undo
// that, so the newer submit wins.
const saveSQL = `
INSERT INTO smpp.message_correlations AS c (
	operator_id, operator_message_id, message_id, part_index, parts_total,
	mno, direction, bind_id, epoch, source, destination,
	submitted_at, expires_at, ambiguous, fingerprint, trace_parent, trace_state, states, final, expires_on)
SELECT r.*, (r.expires_at AT TIME ZONE 'UTC')::date
FROM unnest($1::text[], $2::text[], $3::text[], $4::smallint[], $5::smallint[],
	$6::text[], $7::text[], $8::integer[], $9::bigint[], $10::text[], $11::text[],
	$12::timestamptz[], $13::timestamptz[], $14::boolean[], $15::text[], $16::text[], $17::text[], $18::integer[], $19::smallint[])
	AS r (operator_id, operator_message_id, message_id, part_index, parts_total,
	mno, direction, bind_id, epoch, source, destination,
	submitted_at, expires_at, ambiguous, fingerprint, trace_parent, trace_state, states, final)
ON CONFLICT (operator_id, operator_message_id, expires_on) DO UPDATE SET
	message_id = excluded.message_id, part_index = excluded.part_index, parts_total = excluded.parts_total,
	mno = excluded.mno, direction = excluded.direction, bind_id = excluded.bind_id, epoch = excluded.epoch,
	source = excluded.source, destination = excluded.destination,
	submitted_at = excluded.submitted_at, expires_at = excluded.expires_at, ambiguous = excluded.ambiguous,
	fingerprint = excluded.fingerprint, trace_parent = excluded.trace_parent, trace_state = excluded.trace_state,
	states = excluded.states, final = excluded.final
WHERE (c.message_id, c.part_index) <> (excluded.message_id, excluded.part_index)
	AND c.submitted_at <= excluded.submitted_at`

// Save implements port.CorrelationStore with one statement, and so one commit,
// for the whole batch. A *RowError names a row that can never be stored.
func (db *DB) Save(ctx context.Context, rows []port.Correlation) error {
	if len(rows) == 0 {
		return nil
	}
	batch, err := db.batch(rows)
	if err != nil {
		return fmt.Errorf("postgres: save %d correlations: %w", len(rows), err)
	}
	return db.call(ctx, fmt.Sprintf("save %d correlations", len(rows)), func(ctx context.Context) error {
		if err := db.insert(ctx, batch); !noPartition(err) {
			return err
		}
		// Another pod dropped the day since this one last looked.
		db.days.forget()
		return db.insert(ctx, batch)
	})
}

// batch returns what is to be written: rows with every field, sorted by key, one
// for each key. Sorted, because two pods that write the same keys would
// otherwise each wait for the other; one, because a statement cannot touch a row twice.
func (db *DB) batch(rows []port.Correlation) ([]*port.Correlation, error) {
	batch := make([]*port.Correlation, len(rows))
	for i := range rows {
		if err := check(i, &rows[i]); err != nil {
			return nil, err
		}
		batch[i] = &rows[i]
		if rows[i].ExpiresAt.IsZero() {
			complete := rows[i] // the caller's slice is the caller's
			complete.ExpiresAt = complete.SubmittedAt.Add(db.options.Expiry)
			batch[i] = &complete
		}
	}
	slices.SortStableFunc(batch, func(a, b *port.Correlation) int { return compareKeys(a.Key(), b.Key()) })
	kept := batch[:0]
	for _, r := range batch {
		switch last := len(kept) - 1; {
		case last < 0 || kept[last].Key() != r.Key():
			kept = append(kept, r)
		case !samePart(kept[last], r):
			kept[last] = r // as the second of two Saves would
		}
	}
	return kept, nil
}

func (db *DB) insert(ctx context.Context, batch []*port.Correlation) error {
	var c columns
	for _, r := range batch {
		if d := dayOf(r.ExpiresAt); db.days.missing(d) {
			if _, err := db.makePartition(ctx, d); err != nil {
				return err
			}
		}
		c.append(r)
	}
	_, err := db.pool.Exec(ctx, saveSQL, c.arguments()...)
	return err
}

// noPartition recognises PostgreSQL's complaint that a row belongs to no
// partition: check_violation without a constraint's name.
func noPartition(err error) bool {
	var verdict *pgconn.PgError
	return errors.As(err, &verdict) && verdict.Code == "23514" && verdict.ConstraintName == ""
}

// The keys drive the plan: for each, a look into the primary key of every day.
// OFFSET 0 keeps the planner from turning that round into a scan of the table,
// which it would do for a table that has grown since it was last analysed.
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

// The row that Find returns is the one that is marked: that of the latest day.
// A mark that changes nothing writes nothing, so repeats leave no dead rows.
const markSQL = `
UPDATE smpp.message_correlations c
SET states = c.states | m.states, final = CASE WHEN c.final = 0 THEN m.final ELSE c.final END
FROM unnest($1::text[], $2::text[], $3::integer[], $4::smallint[]) AS m (operator_id, operator_message_id, states, final)
CROSS JOIN LATERAL (
	SELECT n.expires_on FROM smpp.message_correlations n
	WHERE n.operator_id = m.operator_id AND n.operator_message_id = m.operator_message_id
	ORDER BY n.expires_on DESC LIMIT 1) latest
WHERE c.operator_id = m.operator_id AND c.operator_message_id = m.operator_message_id AND c.expires_on = latest.expires_on
	AND (c.states | m.states <> c.states OR c.final = 0 AND m.final <> 0)`

// maxState is the largest message_state that Correlation.States can hold.
const maxState = 15

// Mark implements port.CorrelationStore with one statement for all marks.
func (db *DB) Mark(ctx context.Context, marks []port.Mark) error {
	if len(marks) == 0 {
		return nil
	}
	byKey, err := mergeMarks(marks)
	if err != nil {
		return fmt.Errorf("postgres: mark %d correlations: %w", len(marks), err)
	}
	var operatorIDs, operatorMessageIDs []string
	var states []int32
	var finals []int16
	for _, m := range byKey {
		operatorIDs = append(operatorIDs, stored(m.key.OperatorID))
		operatorMessageIDs = append(operatorMessageIDs, stored(m.key.OperatorMessageID))
		states, finals = append(states, m.states), append(finals, m.final)
	}
	return db.call(ctx, fmt.Sprintf("mark %d correlations", len(marks)), func(ctx context.Context) error {
		_, err := db.pool.Exec(ctx, markSQL, operatorIDs, operatorMessageIDs, states, finals)
		return err
	})
}

// marked is all that a batch says of one row.
type marked struct {
	key    port.CorrelationKey
	states int32
	final  int16 // the first final state, 0 without one
}

// mergeMarks returns one entry for each key, sorted, for the reasons of batch.
func mergeMarks(marks []port.Mark) ([]marked, error) {
	merged := make([]marked, 0, len(marks))
	place := make(map[port.CorrelationKey]int, len(marks))
	for i, m := range marks {
		if m.State > maxState {
			return nil, &RowError{i, "State", "a message_state of 0 to 15"}
		}
		at, seen := place[m.Key]
		if !seen {
			at = len(merged)
			place[m.Key] = at
			merged = append(merged, marked{key: m.Key})
		}
		merged[at].states |= 1 << m.State
		if m.Final && merged[at].final == 0 {
			merged[at].final = int16(m.State)
		}
	}
	slices.SortFunc(merged, func(a, b marked) int { return compareKeys(a.key, b.key) })
	return merged, nil
}

func compareKeys(a, b port.CorrelationKey) int {
	return cmp.Or(cmp.Compare(a.OperatorID, b.OperatorID), cmp.Compare(a.OperatorMessageID, b.OperatorMessageID))
}
