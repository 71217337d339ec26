package postgres

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"
)

// Locks are per database; the numbers only have to differ from other programs'.
const (
	migrationLock = 0x534D5050_4D494752 // "SMPPMIGR"
	partitionLock = 0x534D5050_50415254 // "SMPPPART"
)

// migration is one file: NNNN_what_it_does.sql.
type migration struct {
	version int
	name    string
	sql     string
	sum     string // SHA-256 of the file, hex: tells an edited file from the applied one
}

// Migrate brings the schema up to the newest of files, all of it or nothing.
// Of several pods that start at once, one applies and the others wait. A schema
// that is newer than files is left alone: a rolling update runs both versions.
func (db *DB) Migrate(ctx context.Context, files fs.FS) error {
	history, err := readMigrations(files)
	if err != nil {
		return err
	}
	err = pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error { return migrate(ctx, tx, history) })
	if err != nil {
		return fmt.Errorf("migrate: %w", db.observe(ctx, err))
	}
	return nil
}

// Pending returns the names of the files that Migrate would apply, and changes nothing.
func (db *DB) Pending(ctx context.Context, files fs.FS) (names []string, err error) {
	history, err := readMigrations(files)
	if err != nil {
		return nil, err
	}
	undo := errors.New("only looked")
	err = pgx.BeginFunc(ctx, db.pool, func(tx pgx.Tx) error {
		applied, err := appliedMigrations(ctx, tx)
		if err != nil {
			return err
		}
		for _, m := range history {
			if _, done := applied[m.version]; !done {
				names = append(names, m.name)
			}
		}
		return undo
	})
	if !errors.Is(err, undo) {
		return nil, fmt.Errorf("look for migrations: %w", db.observe(ctx, err))
	}
	return names, nil
}

func migrate(ctx context.Context, tx pgx.Tx, history []migration) error {
	// The statement and lock timeouts of the pool are for calls; an index over a
	// large table, or another pod that builds it, may take longer.
	if _, err := tx.Exec(ctx, `SET LOCAL statement_timeout = '5min'; SET LOCAL lock_timeout = '5min'`); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(migrationLock)); err != nil {
		return fmt.Errorf("wait for another pod's migration: %w", err)
	}
	applied, err := appliedMigrations(ctx, tx)
	if err != nil {
		return err
	}
	for _, m := range history {
		sum, done := applied[m.version]
		switch {
		case done && sum == m.sum:
		case done:
			return fmt.Errorf("%s was edited after it had been applied here; restore the file and put the change into a new one", m.name)
		default:
			if _, err := tx.Exec(ctx, m.sql); err != nil {
				return fmt.Errorf("%s: %w", m.name, err)
			}
			if _, err := tx.Exec(ctx, `INSERT INTO smpp.schema_versions (version, name, sha256) VALUES ($1, $2, $3)`,
				m.version, m.name, m.sum); err != nil {
				return fmt.Errorf("%s: note it: %w", m.name, err)
			}
		}
	}
	return nil
}

// appliedMigrations returns the checksums of what has been applied, by version.
// It asks before it creates: a role without the right to create can then run on
// a schema that somebody else has migrated.
func appliedMigrations(ctx context.Context, tx pgx.Tx) (map[int]string, error) {
	var there bool
	if err := tx.QueryRow(ctx, `SELECT to_regclass('smpp.schema_versions') IS NOT NULL`).Scan(&there); err != nil {
		return nil, fmt.Errorf("look for smpp.schema_versions: %w", err)
	}
	if !there {
		if _, err := tx.Exec(ctx, `
			CREATE SCHEMA IF NOT EXISTS smpp;
			CREATE TABLE smpp.schema_versions (
				version    integer     PRIMARY KEY,
				name       text        NOT NULL,
				sha256     text        NOT NULL,
				applied_at timestamptz NOT NULL DEFAULT now()
			)`); err != nil {
			return nil, fmt.Errorf("make smpp.schema_versions: %w", err)
		}
		return nil, nil
	}
	rows, err := tx.Query(ctx, `SELECT version, sha256 FROM smpp.schema_versions`)
	if err != nil {
		return nil, fmt.Errorf("read smpp.schema_versions: %w", err)
	}
	applied := map[int]string{}
	var version int
	var sum string
	_, err = pgx.ForEachRow(rows, []any{&version, &sum}, func() error {
		applied[version] = sum
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read smpp.schema_versions: %w", err)
	}
	return applied, nil
}

var migrationName = regexp.MustCompile(`^(\d{4})_[a-z0-9_]+\.sql$`)

// readMigrations returns the SQL files in the root of files by version, which
// count from 1 without a gap: a gap is a file that was forgotten in a build.
func readMigrations(files fs.FS) ([]migration, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	var history []migration
	for _, name := range names {
		match := migrationName.FindStringSubmatch(path.Base(name))
		if match == nil {
			return nil, fmt.Errorf("migration %s: want a name like 0001_what_it_does.sql", name)
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read migration: %w", err)
		}
		version, err := strconv.Atoi(match[1])
		if err != nil {
			return nil, fmt.Errorf("migration %s: %w", name, err)
		}
		sum := sha256.Sum256(text)
		history = append(history, migration{version, name, string(text), hex.EncodeToString(sum[:])})
	}
	slices.SortFunc(history, func(a, b migration) int { return cmp.Compare(a.version, b.version) })
	for i, m := range history {
		if m.version != i+1 {
			return nil, fmt.Errorf("migration %s: number %04d is missing or there twice", m.name, i+1)
		}
	}
	return history, nil
}
