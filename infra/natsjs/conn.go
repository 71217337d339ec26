package natsjs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ghasi/smpp-connector/actors/event"
)

// How fast a dead connection is noticed and a new one tried. A half-open TCP
// connection is found after pingInterval × maxPings.
const (
	dialTimeout   = 3 * time.Second
	reconnectWait = 250 * time.Millisecond
	pingInterval  = 10 * time.Second
	maxPings      = 2
)

// What the listener was told last.
const (
	toldNothing = iota
	toldDown
	toldUp
)

// ErrAway is the error of every call while there is no connection to NATS, and
// of the calls that were under way when it was lost. What such a call wrote may
// or may not have been stored.
var ErrAway = errors.New("nats is away")

// Conn is one connection to NATS that comes back by itself, for ever. All that
// this package offers is made from it. It is safe for concurrent use.
type Conn struct {
	options  Options
	nc       *nats.Conn
	js       jetstream.JetStream
	exchange *exchanger
	told     atomic.Int32 // the state that the listener knows
	closing  atomic.Bool  // Close was called: what is lost now is no news
	closed   chan struct{}

	elsewhere sync.Map // subject → the stream of another MNO that it lies in
	maxAges   sync.Map // stream of commands → *atomic.Int64: its MaxAge when it was looked at last

	givesBackFor, disclaimsFor time.Duration // burst and unseenTimeout; tests may take longer

	mu   sync.Mutex
	life context.Context // ends when the connection that is there now, or comes next, is lost
	lose context.CancelCauseFunc
}

// Connect opens the connection. NATS being away is no error: the connection is
// tried again until Close, and calls answer ErrAway meanwhile. An error is a
// mistake in the options: no URL, or a seed file that cannot be read; with Once,
// NATS being away too. ctx bounds how long Connect waits for a first connection that is slow to come.
func Connect(ctx context.Context, options Options) (*Conn, error) {
	options = options.withDefaults()
	if err := options.validate(); err != nil {
		return nil, err
	}
	c := &Conn{options: options, closed: make(chan struct{}), givesBackFor: burst, disclaimsFor: unseenTimeout}
	c.life, c.lose = context.WithCancelCause(context.Background())
	c.exchange = newExchanger(options.Timeout, c.outage)
	settings, err := c.settings()
	if err != nil {
		return nil, err
	}
	if c.nc, err = nats.Connect(strings.Join(options.URLs, ","), settings...); err != nil {
		return nil, fmt.Errorf("connect to nats: %w", withoutSecrets(err))
	}
	if c.js, err = jetstream.New(c.nc); err != nil {
		c.nc.Close()
		return nil, fmt.Errorf("connect to nats: %w", err)
	}
	if err = c.exchange.listen(c.nc); err != nil {
		c.nc.Close()
		return nil, fmt.Errorf("subscribe to the answers of nats: %w", err)
	}
	if c.nc.IsConnected() {
		c.tell(true, nil)
	} else {
		c.tell(false, errors.New("not reached yet; trying on"))
	}
	return c, ctx.Err()
}

// settings turns the options into those of nats.go.
func (c *Conn) settings() ([]nats.Option, error) {
	settings := []nats.Option{
		nats.Name(c.options.Name),
		nats.Timeout(dialTimeout),
		nats.RetryOnFailedConnect(!c.options.Once),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(reconnectWait),
		nats.IgnoreAuthErrorAbort(), // a key that is refused today may be let in tomorrow: say so, try on
		nats.ReconnectBufSize(-1),   // rule 1: nothing is written into a buffer that nobody reads
		nats.PingInterval(pingInterval),
		nats.MaxPingsOutstanding(maxPings),
		nats.ConnectHandler(func(*nats.Conn) { c.tell(true, nil) }),
		nats.ReconnectHandler(func(*nats.Conn) { c.tell(true, nil) }),
		nats.ReconnectErrHandler(func(_ *nats.Conn, err error) { c.tell(false, err) }),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) { c.lost(err) }),
		nats.ClosedHandler(func(*nats.Conn) { c.lost(nats.ErrConnectionClosed); close(c.closed) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			c.options.Logger.Warn("nats reported an error", "error", withoutSecrets(err).Error())
		}),
	}
	if c.options.InProcess != nil {
		settings = append(settings, nats.InProcessServer(c.options.InProcess))
	}
	if file := c.options.NKeySeedFile; file != "" {
		nkey, err := nats.NkeyOptionFromSeed(file)
		if err != nil {
			return nil, fmt.Errorf("NATS_NKEY_SEED_FILE: %s holds no NKey seed that can be read (a line that begins with SU): %w", file, err)
		}
		settings = append(settings, nkey)
	}
	return settings, nil
}

// lost ends every call that waits for an answer that cannot come any more.
func (c *Conn) lost(err error) {
	c.mu.Lock()
	c.lose(ErrAway)
	c.life, c.lose = context.WithCancelCause(context.Background())
	c.mu.Unlock()
	c.tell(false, err)
}

// outage returns a channel that is closed at the next loss of the connection.
func (c *Conn) outage() <-chan struct{} { return c.present().Done() }

// present ends with the connection that is there now.
func (c *Conn) present() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.life
}

// tell publishes a change, once.
func (c *Conn) tell(up bool, err error) {
	if c.closing.Load() {
		return
	}
	news := int32(toldDown)
	if up {
		news = toldUp
	}
	if c.told.Swap(news) == news {
		return
	}
	fact := event.DependencyChanged{Name: "nats", Up: up, At: time.Now()}
	if err != nil {
		fact.Err = withoutSecrets(err).Error()
	}
	c.options.Listener.On(fact)
}

// Up reports whether there is a connection now.
func (c *Conn) Up() bool { return c.nc.IsConnected() }

// JetStream gives the management API to callers that need more than the ports,
// such as the leases of bind ownership.
func (c *Conn) JetStream() jetstream.JetStream { return c.js }

// NATS gives the connection itself, for plain subscriptions.
func (c *Conn) NATS() *nats.Conn { return c.nc }

// Close hands everything written to the server and closes the connection. It
// returns when that is done or ctx has ended; the connection is closed either way.
func (c *Conn) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	var err error
	if c.nc.IsConnected() {
		err = c.nc.FlushWithContext(ctx)
	}
	c.closing.Store(true)
	c.nc.Close()
	select {
	case <-c.closed:
	case <-ctx.Done():
		err = errors.Join(err, ctx.Err())
	}
	if err != nil {
		return fmt.Errorf("close the connection to nats: %w", err)
	}
	return nil
}

// bounded gives a context without a deadline the options' timeout, and ends it
// when the connection is lost: nats.go would wait on for an answer that cannot come.
func (c *Conn) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	giveBack := func() {}
	if _, ok := ctx.Deadline(); !ok {
		ctx, giveBack = context.WithTimeout(ctx, c.options.Timeout)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(c.present(), func() { cancel(ErrAway) })
	return ctx, func() { stop(); cancel(nil); giveBack() }
}

// away replaces the several errors of nats.go for "there is no connection" by ErrAway.
func away(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, nats.ErrReconnectBufExceeded), errors.Is(err, nats.ErrConnectionClosed),
		errors.Is(err, nats.ErrConnectionReconnecting), errors.Is(err, nats.ErrDisconnected), errors.Is(err, nats.ErrStaleConnection),
		errors.Is(err, nats.ErrHeadersNotSupported): // what it says before it has ever been connected
		return fmt.Errorf("%w: %w", ErrAway, err)
	}
	return err
}

// withoutSecrets drops the credentials of a URL that an error of the network may
// quote: nats://user:password@host.
func withoutSecrets(err error) error {
	text := err.Error()
	at := strings.LastIndexByte(text, '@')
	scheme := strings.Index(text, "://")
	if scheme < 0 || at < scheme {
		return err
	}
	return errors.New(text[:scheme+3] + "…" + text[at:])
}
