package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// How often the watch looks after a server that answers, and one that does not.
// The second is what an outage costs after it has ended.
const (
	watchUp       = 5 * time.Second
	watchDown     = 500 * time.Millisecond
	maintainEvery = time.Hour
)

// prepareTimeout bounds a migration or a maintenance run as a whole.
const prepareTimeout = 5 * time.Minute

// watch prepares the database, makes and drops partitions every hour, and
// notices the server's return when no call does.
func (db *DB) watch(ctx context.Context) {
	defer close(db.stopped)
	var maintained time.Time
	for first := true; ; first = false {
		err := db.look(ctx, &maintained)
		if ctx.Err() != nil {
			err = errClosed
		}
		db.mu.Lock()
		db.prepared, db.failure = db.prepared || err == nil, err
		db.mu.Unlock()
		if first {
			close(db.tried)
		}
		wait := watchUp
		if err != nil {
			wait = watchDown
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		case <-db.failed: // a call's word: look soon, but not at once
			select {
			case <-ctx.Done():
				return
			case <-time.After(watchDown):
			}
		}
	}
}

var errClosed = errors.New("closed")

func (db *DB) look(ctx context.Context, maintained *time.Time) error {
	pinged, cancel := context.WithTimeout(ctx, db.options.CallTimeout)
	defer cancel()
	if err := db.observe(ctx, db.pool.Ping(pinged)); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	ctx, cancel = context.WithTimeout(ctx, prepareTimeout)
	defer cancel()
	now := time.Now()
	if now.Sub(*maintained) < maintainEvery {
		return nil
	}
	if db.options.Migrations != nil {
		if err := db.Migrate(ctx, db.options.Migrations); err != nil {
			return err
		}
	}
	if _, err := db.Maintain(ctx, now); err != nil {
		return err
	}
	*maintained = now
	return nil
}

// ready returns when the database is prepared, or says why it is not.
func (db *DB) ready(ctx context.Context) error {
	select {
	case <-db.tried:
	case <-ctx.Done():
		return fmt.Errorf("still connecting: %w", ctx.Err())
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.prepared {
		return nil
	}
	return db.failure
}

// call runs one unit of work within its timeout and learns from the outcome
// whether the server is there. The error says what was being done.
func (db *DB) call(parent context.Context, doing string, work func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(parent, db.options.CallTimeout)
	defer cancel()
	err := db.ready(ctx)
	if err == nil {
		err = db.observe(parent, work(ctx))
	}
	if err != nil {
		return fmt.Errorf("postgres: %s: %w", doing, err)
	}
	return nil
}

// observe judges an outcome and hands it on. What a caller gave up on says
// nothing about the server.
func (db *DB) observe(caller context.Context, err error) error {
	switch {
	case err == nil || answered(err):
		db.dependency.Up(time.Now())
	case caller.Err() == nil:
		db.dependency.Down(err.Error(), time.Now())
		select {
		case db.failed <- struct{}{}:
		default: // it is awake already
		}
	}
	return err
}

// answered reports whether an error is the verdict of a server that works, and
// not the lack of one: connection exceptions (08), too many connections (53300)
// and a server that starts or stops (57P) are the latter.
func answered(err error) bool {
	var refused *pgconn.ConnectError
	var verdict *pgconn.PgError
	if errors.As(err, &refused) {
		return false
	}
	if !errors.As(err, &verdict) {
		return errors.As(err, new(*SettingError))
	}
	return !strings.HasPrefix(verdict.Code, "08") && !strings.HasPrefix(verdict.Code, "57P") && verdict.Code != "53300"
}
