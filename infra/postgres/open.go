package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ghasi/smpp-connector/actors/event"
)

// Options say which database, and how long to wait for it.
type Options struct {
	// URL is a PostgreSQL URL or a keyword string, with the password. It may
	// carry pgx's own settings: behind pgbouncer, default_query_exec_mode=exec,
	// and there ignore_startup_parameters must name statement_timeout,
	// lock_timeout, enable_seqscan and jit, which the role then sets.
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

// planner are settings of our connections. Every statement of this package finds
// its rows by an index. The planner prefers to read a small table from end to
// end, and keeps that plan while the table grows from nothing to a million rows,
// as each day's partition does, until it is next analysed; compiling a plan
// costs more than any of them saves.
var planner = map[string]string{"enable_seqscan": "off", "jit": "off"}

// DB is a pool of connections to one database. Its methods are safe for
// concurrent use.
type DB struct {
	options    Options
	pool       *pgxpool.Pool
	dependency event.Dependency
	days       days
	careful    atomic.Int64 // batches that are still to go by upsertSQL at once

	stop    context.CancelFunc
	stopped chan struct{}
	failed  chan struct{} // wakes the watch

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
	for name, value := range planner {
		config.ConnConfig.RuntimeParams[name] = value
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
		stopped:    make(chan struct{}), failed: make(chan struct{}, 1), tried: make(chan struct{}),
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
