package redis

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"github.com/ghasi/smpp-connector/actors/event"
)

// ErrAway is what every call returns, at once, while Redis does not answer.
// Callers go on with what they have (US-SC-012, US-SC-022).
var ErrAway = errors.New("redis is away")

// Options say which server, and how long to wait for it.
type Options struct {
	// URL is redis://USER:PASSWORD@HOST:PORT/DB, or rediss:// for TLS. A cluster
	// is recognised by more than one address (?addr=HOST:PORT).
	URL string

	Listener event.Listener // hears DependencyChanged{Name: "redis"}; nil: nobody

	// CounterTimeout bounds a call of port.Counters; 50 ms when 0 (decisions.md, 012).
	CounterTimeout time.Duration

	// PartTimeout bounds a call of port.ConcatStore; 500 ms when 0. It may be
	// longer: a late deliver_sm_resp slows one peer, a refused part costs a repeat.
	PartTimeout time.Duration

	// RetryAfter is how long calls fail at once before the server is asked again; 250 ms when 0.
	RetryAfter time.Duration
}

// dialTimeout bounds one attempt to connect; watchUp is how often a server that
// answers is asked when nobody else does.
const (
	dialTimeout = 500 * time.Millisecond
	watchUp     = 5 * time.Second
)

// Client is a connection to one Redis. Its methods are safe for concurrent use.
type Client struct {
	options    Options
	dial       rueidis.ClientOption
	dependency event.Dependency
	handed     marks        // what ReserveSequences and ReserveReferences gave out
	ahead      atomic.Int64 // how far Redis's clock was ahead of ours when it was seen last, ns

	conn   atomic.Pointer[rueidis.Client] // nil until the first connection
	away   atomic.Bool                    // calls fail at once
	failed chan struct{}                  // wakes the watch
	tried  chan struct{}                  // closed after the first attempt to connect

	stop    context.CancelFunc
	stopped chan struct{}
	closing sync.Once
}

// Open checks the options and connects in the background. A server that is away
// is no error; a URL that cannot be read is. Close ends it.
func Open(o Options) (*Client, error) {
	o.CounterTimeout = cmp.Or(o.CounterTimeout, 50*time.Millisecond)
	o.PartTimeout = cmp.Or(o.PartTimeout, 500*time.Millisecond)
	o.RetryAfter = cmp.Or(o.RetryAfter, 250*time.Millisecond)
	dial, err := rueidis.ParseURL(o.URL)
	if err != nil {
		// Not wrapped: the parser repeats the URL, and with it the password.
		return nil, errors.New("redis: REDIS_URL: not a Redis URL; want redis://USER:PASSWORD@HOST:PORT/DB, or rediss:// for TLS")
	}
	dial.ClientName = "smpp-connector"
	dial.ForceSingleClient = len(dial.InitAddress) == 1
	dial.DisableRetry = true // a late answer is worth less than none
	dial.DisableCache = true
	dial.Dialer = net.Dialer{Timeout: cmp.Or(dial.Dialer.Timeout, dialTimeout), KeepAlive: time.Second}
	dial.ConnWriteTimeout = cmp.Or(dial.ConnWriteTimeout, time.Second)
	// Two connections with small buffers, not four with half a mebibyte each way:
	// the calls are few, because numbers are taken in blocks.
	dial.PipelineMultiplex = 1
	dial.ReadBufferEachConn, dial.WriteBufferEachConn = 64<<10, 64<<10

	ctx, stop := context.WithCancel(context.Background())
	c := &Client{
		options: o, dial: dial, stop: stop,
		dependency: event.Dependency{Name: "redis", Listener: o.Listener},
		failed:     make(chan struct{}, 1), tried: make(chan struct{}), stopped: make(chan struct{}),
	}
	go c.watch(ctx)
	return c, nil
}

// Close ends the connection; calls under way get an error.
func (c *Client) Close() {
	c.closing.Do(func() {
		c.stop()
		<-c.stopped
		if conn := c.conn.Load(); conn != nil {
			(*conn).Close()
		}
	})
}

// watch connects, and asks a server that did not answer until it does.
func (c *Client) watch(ctx context.Context) {
	defer close(c.stopped)
	for first := true; ; first = false {
		err := c.look(ctx)
		c.judge(ctx, err)
		if first {
			close(c.tried)
		}
		wait := watchUp
		if c.away.Load() {
			wait = c.options.RetryAfter
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		case <-c.failed:
			// A call failed just now: leave the server alone for a moment.
			select {
			case <-ctx.Done():
				return
			case <-time.After(c.options.RetryAfter):
			}
		}
	}
}

func (c *Client) look(ctx context.Context) error {
	conn := c.conn.Load()
	if conn == nil {
		made, err := rueidis.NewClient(c.dial) // bounded by dialTimeout and ConnWriteTimeout
		if err != nil {
			return err
		}
		if ctx.Err() != nil {
			made.Close()
			return ctx.Err()
		}
		conn = &made
		c.conn.Store(conn)
	}
	ctx, cancel := context.WithTimeout(ctx, max(c.options.CounterTimeout, c.options.PartTimeout))
	defer cancel()
	return (*conn).Do(ctx, (*conn).B().Ping().Build()).Error()
}

// call runs one unit of work within its timeout, unless the server is known to
// be away. The error says what was being done.
func (c *Client) call(caller context.Context, timeout time.Duration, doing string, work func(context.Context, rueidis.Client) error) error {
	ctx, cancel := context.WithTimeout(caller, timeout)
	defer cancel()
	select {
	case <-c.tried:
	case <-ctx.Done():
		return fmt.Errorf("redis: %s: still connecting: %w", doing, ctx.Err())
	}
	conn := c.conn.Load()
	if conn == nil || c.away.Load() {
		return fmt.Errorf("redis: %s: %w", doing, ErrAway)
	}
	err := work(ctx, *conn)
	if err == nil {
		return nil
	}
	if c.judge(caller, err) {
		return fmt.Errorf("redis: %s: %w: %w", doing, ErrAway, err)
	}
	return fmt.Errorf("redis: %s: %w", doing, err)
}

// judge learns from an outcome whether the server is there and reports whether
// it is away. What a caller gave up on says nothing about the server.
func (c *Client) judge(caller context.Context, err error) (away bool) {
	switch {
	case err == nil || answered(err):
		c.away.Store(false)
		c.dependency.Up(time.Now())
		return false
	case caller.Err() != nil:
		return false
	}
	c.away.Store(true)
	c.dependency.Down(err.Error(), time.Now())
	select {
	case c.failed <- struct{}{}:
	default:
	}
	return true
}

// answered reports whether an error is the verdict of a server that works. One
// that loads its data, follows another, or may not be used says so, and is as
// good as away.
func answered(err error) bool {
	verdict, ok := rueidis.IsRedisErr(err)
	if !ok {
		return errors.As(err, new(*BadGroup))
	}
	for _, unusable := range []string{"LOADING", "MASTERDOWN", "READONLY", "CLUSTERDOWN", "MISCONF", "OOM", "NOAUTH", "WRONGPASS", "NOPERM"} {
		if strings.HasPrefix(verdict.Error(), unusable) {
			return false
		}
	}
	return true
}
