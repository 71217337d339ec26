package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ghasi/smpp-connector/actors/event"
)

// Options say which database, and how long to wait for it.
type Options struct {
	// URL is a PostgreSQL URL or a keyword string, with the password. It may
	// carry pgx's own settings: behind pgbouncer, default_query_exec_mode=exec.
	URL string

	// Migrations are applied before the first call (deploy/migrations.Files).
	// nil: somebody else applies them, and the role needs no right to.
	Migrations fs.FS

	Listener event.Listener // hears DependencyChanged{Name: "postgres"}; nil: nobody

	// MaxConns bounds the connections of this process; 4 when 0. Each runs one
	// batch at a time, so more of them buy little on a server with few cores.
	MaxConns int32

	// CallTimeout bounds one call, and, on the server, one statement; 5 s when 0.
	CallTimeout time.Duration

	// Expiry is what ExpiresAt becomes where a row leaves it out, and how far
	// ahead partitions are made; 72 h when 0 (US-SC-010).
	Expiry time.Duration

	// Grace is how long a day of expired rows is kept after its end, for whoever
	// still has to report on them; 24 h when 0.
	Grace time.Duration
}

// How often the watch looks after a server that answers, and one that does not.
// The second is what an outage costs after it has ended.
const (
	watchUp       = 5 * time.Second
	watchDown     = 500 * time.Millisecond
	maintainEvery = time.Hour
)

// prepareTimeout bounds a migration or a maintenance run as a whole.
const prepareTimeout = 5 * time.Minute

// DB is a pool of connections to one database. Its methods are safe for
// concurrent use.
type DB struct {
	options    Options
	pool       *pgxpool.Pool
	dependency event.Dependency
	days       days

	stop    context.CancelFunc
	stopped chan struct{}

	mu       sync.Mutex
	prepared bool          // migrations and partitions are in place
	failure  error         // why not, after an attempt that failed
	tried    chan struct{} // closed after the first attempt
}

// Open checks the options and starts to connect in the background. A server that
// is away is no error; a URL that cannot be read is. Close ends it.
func Open(o Options) (*DB, error) {
	o.MaxConns = cmp.Or(o.MaxConns, 4)
	o.CallTimeout = cmp.Or(o.CallTimeout, 5*time.Second)
	o.Expiry = cmp.Or(o.Expiry, 72*time.Hour)
	o.Grace = cmp.Or(o.Grace, 24*time.Hour)
	config, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		// Not wrapped: pgx repeats what it could not parse, and that may be a password.
		return nil, errors.New("postgres: POSTGRES_URL: not a PostgreSQL URL; want postgres://USER:PASSWORD@HOST:PORT/DATABASE")
	}
	config.MaxConns = o.MaxConns
	config.PingTimeout = time.Second
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = 2 * time.Second
	}
	limit := strconv.FormatInt(o.CallTimeout.Milliseconds(), 10)
	for name, value := range map[string]string{
		"application_name":  "smpp-connector",
		"statement_timeout": limit, // the server gives up when the caller has
		"lock_timeout":      limit,
	} {
		if _, set := config.ConnConfig.RuntimeParams[name]; !set {
			config.ConnConfig.RuntimeParams[name] = value
		}
	}
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		return nil, fmt.Errorf("postgres: make a pool: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	db := &DB{
		options: o, pool: pool, stop: stop,
		dependency: event.Dependency{Name: "postgres", Listener: o.Listener},
		stopped:    make(chan struct{}), tried: make(chan struct{}),
	}
	go db.watch(ctx)
	return db, nil
}

// Close ends the pool. Calls under way end first, each within its own timeout.
func (db *DB) Close() {
	db.stop()
	<-db.stopped
	db.pool.Close()
}

// watch prepares the database, makes and drops partitions every hour, and
// notices the server's return when no call does.
func (db *DB) watch(ctx context.Context) {
	defer close(db.stopped)
	var maintained time.Time
	for first := true; ctx.Err() == nil; first = false {
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
		case <-time.After(wait):
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
