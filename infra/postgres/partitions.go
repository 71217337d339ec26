package postgres

import (
	"context"
	"fmt"
	"regexp"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// day is a UTC day on which rows expire: one partition of the table.
type day struct {
	year  int
	month time.Month
	date  int
}

func dayOf(t time.Time) day {
	y, m, d := t.UTC().Date()
	return day{y, m, d}
}

func (d day) start() time.Time  { return time.Date(d.year, d.month, d.date, 0, 0, 0, 0, time.UTC) }
func (d day) next() day         { return dayOf(d.start().AddDate(0, 0, 1)) }
func (d day) literal() string   { return d.start().Format("'2006-01-02'") }
func (d day) partition() string { return d.start().Format("message_correlations_20060102") }

// days remembers which partitions are there, so that Save asks the server only
// about a day that it has not seen.
type days struct {
	mu    sync.Mutex
	known map[day]bool
}

func (k *days) missing(d day) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return !k.known[d]
}

func (k *days) add(d day) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil {
		k.known = map[day]bool{}
	}
	k.known[d] = true
}

func (k *days) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.known = nil
}

// Maintenance is what one run of Maintain changed.
type Maintenance struct{ Made, Dropped []string }

// Maintain makes the partitions for rows that are submitted today and tomorrow,
// and drops those whose day ended more than the grace before now. It runs every
// hour by itself and may run on several pods at once.
func (db *DB) Maintain(ctx context.Context, now time.Time) (Maintenance, error) {
	var done Maintenance
	last := dayOf(now.Add(db.options.Expiry)).next()
	for d := dayOf(now); !d.start().After(last.start()); d = d.next() {
		made, err := db.makePartition(ctx, d)
		if err != nil {
			return done, db.observe(ctx, err)
		}
		if made {
			done.Made = append(done.Made, d.partition())
		}
	}
	expired, err := db.expiredPartitions(ctx, now.Add(-db.options.Grace))
	if err != nil {
		return done, db.observe(ctx, err)
	}
	for _, d := range expired {
		if err := db.dropPartition(ctx, d); err != nil {
			return done, db.observe(ctx, err)
		}
		done.Dropped = append(done.Dropped, d.partition())
	}
	return done, nil
}

// makePartition makes one day and reports whether it was missing.
func (db *DB) makePartition(ctx context.Context, d day) (made bool, err error) {
	if !db.days.missing(d) {
		return false, nil
	}
	err = pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(partitionLock)); err != nil {
			return err
		}
		var there bool
		if err := tx.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, "smpp."+d.partition()).Scan(&there); err != nil || there {
			return err
		}
		made = true
		// Made apart and then attached: CREATE … PARTITION OF would lock the
		// whole table against readers, ATTACH does not. A tenth of each page is
		// left free for the new version of a row that Mark writes, which then
		// needs no new index entries.
		_, err := tx.Exec(ctx, fmt.Sprintf(`
			CREATE TABLE smpp.%[1]s (LIKE smpp.message_correlations INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)
				WITH (fillfactor = 90);
			ALTER TABLE smpp.message_correlations ATTACH PARTITION smpp.%[1]s FOR VALUES IN (%[2]s)`,
			d.partition(), d.literal()))
		return err
	})
	if err != nil {
		return false, fmt.Errorf("make partition %s (the role must own smpp.message_correlations): %w", d.partition(), err)
	}
	db.days.add(d)
	return made, nil
}

var partitionName = regexp.MustCompile(`^message_correlations_(\d{8})$`)

// expiredPartitions lists the days that ended at or before the limit.
func (db *DB) expiredPartitions(ctx context.Context, limit time.Time) ([]day, error) {
	rows, err := db.pool.Query(ctx, `
		SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
		WHERE i.inhparent = 'smpp.message_correlations'::regclass ORDER BY c.relname`)
	if err != nil {
		return nil, fmt.Errorf("list partitions: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("list partitions: %w", err)
	}
	var expired []day
	for _, name := range names {
		match := partitionName.FindStringSubmatch(name)
		if match == nil {
			continue // somebody else's, not ours to drop
		}
		start, err := time.Parse("20060102", match[1])
		if err != nil {
			continue
		}
		if d := dayOf(start); !d.next().start().After(limit) {
			expired = append(expired, d)
		}
	}
	return expired, nil
}

// dropPartition takes milliseconds but needs the whole table for them. Rather
// than make every call queue behind a long reader, it gives up after a second
// and the next run tries again.
func (db *DB) dropPartition(ctx context.Context, d day) error {
	err := pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `SET LOCAL lock_timeout = '1s'; DROP TABLE IF EXISTS smpp.`+d.partition())
		return err
	})
	if err != nil {
		return fmt.Errorf("drop partition %s: %w", d.partition(), err)
	}
	db.days.forget() // a late row of that day makes it anew
	return nil
}
