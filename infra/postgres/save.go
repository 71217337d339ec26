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

// upsertSQL is for a batch of which some id is there. The row stays as it is when it
// speaks of the same part of the same message (a redelivery repeats the write), and
// otherwise makes room: the MNO has used the id again. A late repeat of the older row
// must not undo that, so the newer submit wins.
const upsertSQL = `
INSERT INTO smpp.message_correlations AS c (` + keptColumns + `, states, final, expires_on)
SELECT r.*, (r.expires_at AT TIME ZONE 'UTC')::date
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::smallint[], $6::smallint[],
	$7::text[], $8::text[], $9::integer[], $10::bigint[], $11::text[], $12::text[],
	$13::timestamptz[], $14::timestamptz[], $15::boolean[], $16::text[], $17::text[], $18::text[],
	$19::integer[], $20::smallint[], $21::boolean[], $22::integer[], $23::smallint[])
	AS r (` + keptColumns + `, states, final)
ON CONFLICT (operator_id, operator_message_id, expires_on) DO UPDATE SET
	primary_operator_id = excluded.primary_operator_id, message_id = excluded.message_id, part_index = excluded.part_index, parts_total = excluded.parts_total,
	mno = excluded.mno, direction = excluded.direction, bind_id = excluded.bind_id, epoch = excluded.epoch,
	source = excluded.source, destination = excluded.destination,
	submitted_at = excluded.submitted_at, expires_at = excluded.expires_at, ambiguous = excluded.ambiguous,
	fingerprint = excluded.fingerprint, trace_parent = excluded.trace_parent, trace_state = excluded.trace_state,
	reference = excluded.reference, reference_bits = excluded.reference_bits, silent = excluded.silent,
	states = excluded.states, final = excluded.final
WHERE (c.message_id, c.part_index) <> (excluded.message_id, excluded.part_index)
	AND c.submitted_at <= excluded.submitted_at`

// carefulFor is how many batches go by upsertSQL at once after one that met an id
// which was there: an MNO that uses its ids again does so in a row.
const carefulFor = 100

// Save implements port.CorrelationStore with one statement, and so one commit,
// for the whole batch: COPY, and an upsert where that met an id which was there.
// A *RowError names a row that can never be stored.
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

// insert stores a batch whole or not at all: by COPY, or by upsertSQL where ids are
// used again.
func (db *DB) insert(ctx context.Context, batch []*port.Correlation) error {
	for _, r := range batch {
		if d := dayOf(r.ExpiresAt); db.days.missing(d) {
			if _, err := db.makePartition(ctx, d); err != nil {
				return err
			}
		}
	}
	if db.careful.Load() > 0 {
		db.careful.Add(-1)
		return db.upsert(ctx, batch)
	}
	err := db.copyRows(ctx, batch)
	if !isThere(err) {
		return err
	}
	db.careful.Store(carefulFor)
	return db.upsert(ctx, batch)
}

func (db *DB) upsert(ctx context.Context, batch []*port.Correlation) error {
	c := columnsFor(len(batch))
	for _, r := range batch {
		c.append(r)
	}
	_, err := db.pool.Exec(ctx, upsertSQL, c.arguments()...)
	return err
}

// isThere recognises PostgreSQL's complaint that a key is taken: unique_violation.
func isThere(err error) bool {
	var verdict *pgconn.PgError
	return errors.As(err, &verdict) && verdict.Code == "23505"
}

// noPartition recognises PostgreSQL's complaint that a row belongs to no
// partition: check_violation without a constraint's name.
func noPartition(err error) bool {
	var verdict *pgconn.PgError
	return errors.As(err, &verdict) && verdict.Code == "23514" && verdict.ConstraintName == ""
}

func compareKeys(a, b port.CorrelationKey) int {
	return cmp.Or(cmp.Compare(a.OperatorID, b.OperatorID), cmp.Compare(a.OperatorMessageID, b.OperatorMessageID))
}
