package natsjs_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/infra/natsjs"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// deadline bounds every call of these tests.
const deadline = time.Minute

func within(tb testing.TB) context.Context {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), deadline)
	tb.Cleanup(cancel)
	return ctx
}

// connect opens a connection to a server that is there, which closes with the test.
func connect(tb testing.TB, options natsjs.Options) *natsjs.Conn {
	tb.Helper()
	conn := connectAway(tb, options)
	upAgain(tb, conn) // the first try has three seconds, and need not be the last
	return conn
}

// connectAway is connect to a server that may be away.
func connectAway(tb testing.TB, options natsjs.Options) *natsjs.Conn {
	tb.Helper()
	conn, err := natsjs.Connect(within(tb), options)
	if err != nil {
		tb.Fatalf("Connect: %v", err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), deadline) // tb's own context has ended
		defer cancel()
		_ = conn.Close(ctx) // the server may be gone by design of the test
	})
	return conn
}

// connected starts a server and returns a connection to it, with its streams made.
func connected(tb testing.TB) (*natsjs.Conn, *stack.NATSServer) {
	tb.Helper()
	server := stack.NATS(tb)
	conn := connect(tb, natsjs.Options{URLs: []string{server.URL}})
	if err := conn.EnsureStreams(within(tb)); err != nil {
		tb.Fatalf("EnsureStreams: %v", err)
	}
	return conn, server
}

// send stores one message as a client of the connector would.
func send(ctx context.Context, js jetstream.JetStream, subject string, payload []byte, headers map[string]string) error {
	m := &nats.Msg{Subject: subject, Data: payload, Header: make(nats.Header)}
	for name, value := range headers {
		m.Header[name] = []string{value}
	}
	_, err := js.PublishMsg(ctx, m)
	return err
}

// storedOn reads every message of SMPP_EVENTS on a subject, oldest first.
func storedOn(ctx context.Context, js jetstream.JetStream, subject string) ([]jetstream.Msg, error) {
	consumer, err := js.OrderedConsumer(ctx, contract.StreamEvents, jetstream.OrderedConsumerConfig{FilterSubjects: []string{subject}})
	if err != nil {
		return nil, err
	}
	var all []jetstream.Msg
	for ctx.Err() == nil {
		batch, err := consumer.FetchNoWait(1000)
		if err != nil {
			return nil, err
		}
		before := len(all)
		for m := range batch.Messages() {
			all = append(all, m)
		}
		if len(all) == before {
			return all, batch.Error()
		}
	}
	return nil, ctx.Err()
}

// changes hears whether NATS is there.
type changes struct {
	mu   sync.Mutex
	all  []event.DependencyChanged
	wake chan struct{}
}

// count is how many changes there have been.
func (c *changes) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.all)
}

func newChanges() *changes { return &changes{wake: make(chan struct{}, 1)} }

func (c *changes) On(f event.Fact) {
	change, ok := f.(event.DependencyChanged)
	if !ok {
		return
	}
	c.mu.Lock()
	c.all = append(c.all, change)
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// until waits for the n-th change and returns it; n counts from 1.
func (c *changes) until(tb testing.TB, n int) event.DependencyChanged {
	tb.Helper()
	timeout := time.After(deadline)
	for {
		c.mu.Lock()
		if len(c.all) >= n {
			defer c.mu.Unlock()
			return c.all[n-1]
		}
		have := len(c.all)
		c.mu.Unlock()
		select {
		case <-c.wake:
		case <-timeout:
			tb.Fatalf("%d changes of the connection after %v, want %d", have, deadline, n)
		}
	}
}

// upAgain waits until the connection is there. One that has gone is to be known as such
// before, see away.
func upAgain(tb testing.TB, c *natsjs.Conn) {
	tb.Helper()
	is(tb, c, true)
}

// away waits until the connection to a server that has ended is known to be gone: until
// then what is written to it is lost without a word.
func away(tb testing.TB, c *natsjs.Conn) {
	tb.Helper()
	is(tb, c, false)
}

func is(tb testing.TB, c *natsjs.Conn, up bool) {
	tb.Helper()
	ctx := within(tb)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for c.Up() != up {
		select {
		case <-tick.C:
		case <-ctx.Done():
			tb.Fatalf("the connection is not up %v after %v", up, deadline)
		}
	}
}
