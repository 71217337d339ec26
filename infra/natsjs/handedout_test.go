package natsjs_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/infra/natsjs"
	proto "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// dying is a user of the server that may delete a consumer and not create one: whoever
// connects as it takes a bind's consumer over as far as the deletion.
const dying = "dying"

func serverWithADyingUser(o *server.Options) {
	deny := &server.Permissions{Publish: &server.SubjectPermission{Deny: []string{"$JS.API.CONSUMER.CREATE.>", "$JS.API.CONSUMER.DURABLE.CREATE.>"}}}
	o.Users = []*server.User{{Username: "all", Password: "x"}, {Username: dying, Password: "x", Permissions: deny}}
}

// refusals is a log that tells when the server has refused to create a consumer of commands.
type refusals chan struct{}

func (refusals) Enabled(context.Context, slog.Level) bool { return true }
func (r refusals) WithAttrs([]slog.Attr) slog.Handler     { return r }
func (r refusals) WithGroup(string) slog.Handler          { return r }
func (r refusals) Handle(_ context.Context, line slog.Record) error {
	line.Attrs(func(a slog.Attr) bool {
		if strings.Contains(a.Value.String(), "CONSUMER.CREATE."+proto.StreamDispatch+".") {
			select {
			case r <- struct{}{}:
			default:
			}
		}
		return true
	})
	return nil
}

// Issue 7, found by the model of the protocol: a former owner's deletion that comes late
// ends the present owner's consumer. What that had handed out is Inherited in the one that
// its owner makes again, and in the next owner's.
func TestUSSC019ADeletionThatComesLate(t *testing.T) {
	conn, server := connected(t)
	source := conn.Source()
	open := func(from *natsjs.Source, epoch uint64) port.Consumer {
		t.Helper()
		c, err := from.Open(within(t), bindSpec(epoch))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := open(source, 11)
	for range 5 {
		if err := send(within(t), conn.JetStream(), proto.BindSubject("awcc", "trx", 1), []byte(`{"messageId":"m","to":"+93700000001","text":"Hello"}`), nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := inheritedOf(t, c, 3); got != "---" {
		t.Errorf("at first: %s", got)
	}
	if err := conn.JetStream().DeleteConsumer(within(t), proto.StreamDispatch, proto.BindDurable("awcc", "trx", 1)); err != nil {
		t.Fatal(err)
	}
	open(source, 11) // and it dies before anything is handed out
	next := open(connect(t, natsjs.Options{URLs: []string{server.URL}}).Source(), 13)
	if got := inheritedOf(t, next, 5); got != "III--" {
		t.Errorf("the next owner's commands: %s, want III--", got)
	}
}

// openAs opens the consumer of bind 1 for the owner of an epoch.
func openAs(ctx context.Context, c *natsjs.Conn, epoch uint64) (port.Consumer, error) {
	return c.Source().Open(ctx, bindSpec(epoch))
}

func bindSpec(epoch uint64) port.ConsumerSpec {
	return port.ConsumerSpec{Durable: proto.BindDurable("awcc", "trx", 1), Subject: proto.BindSubject("awcc", "trx", 1),
		AckWait: 10 * time.Minute, MaxAckPending: 1000, Epoch: epoch, Owner: fmt.Sprint("pod-", epoch)}
}

// inheritedOf pulls n commands and says which are Inherited, a letter each.
func inheritedOf(t *testing.T, c port.Consumer, n int) string {
	t.Helper()
	var said strings.Builder
	for said.Len() < n {
		if _, err := c.Pull(within(t), n-said.Len(), deadline, func(ds []port.Delivery) {
			for _, d := range ds {
				said.WriteString(map[bool]string{true: "I", false: "-"}[d.Inherited])
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	return said.String()
}

// Issue 7, US-SC-019: an owner that dies between the deletion of the last owner's
// consumer and the creation of its own does not take with it what had been handed out:
// the next owner's commands are marked all the same, over two such deaths, and a bucket
// or a stream that was deleted marks nothing.
func TestUSSC019DeathBetweenDeleteAndCreate(t *testing.T) {
	s := stack.NATS(t, stack.WithServerOptions(serverWithADyingUser))
	url := func(user string) string { return strings.Replace(s.URL, "nats://", "nats://"+user+":x@", 1) }
	well := connect(t, natsjs.Options{URLs: []string{url("all")}})
	if err := well.EnsureStreams(within(t)); err != nil {
		t.Fatal(err)
	}
	first, err := openAs(within(t), well, 5)
	if err != nil {
		t.Fatal(err)
	}
	publish := func(n int) {
		t.Helper()
		for range n {
			if err := send(within(t), well.JetStream(), proto.BindSubject("awcc", "trx", 1), []byte(`{"messageId":"m","to":"+93700000001","text":"Hello"}`), nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	die := func(epoch uint64) {
		t.Helper()
		refused := make(refusals, 1)
		doomed := connect(t, natsjs.Options{URLs: []string{url(dying)}, Logger: slog.New(refused)})
		ctx, cancel := context.WithCancel(within(t))
		defer cancel()
		go func() {
			select {
			case <-refused: // it has come to the creation: now it dies
				cancel()
			case <-ctx.Done():
			}
		}()
		if _, err := openAs(ctx, doomed, epoch); !errors.Is(err, context.Canceled) {
			t.Fatalf("%v: it did not die of the creation, and nothing is tested", err)
		}
		if _, err := well.JetStream().Consumer(within(t), proto.StreamDispatch, proto.BindDurable("awcc", "trx", 1)); !errors.Is(err, jetstream.ErrConsumerNotFound) {
			t.Fatalf("the last owner's consumer: %v, want it deleted", err)
		}
	}
	publish(5)
	if got := inheritedOf(t, first, 3); got != "---" {
		t.Errorf("the first owner's commands: %s", got)
	}
	die(7)
	die(9) // there is nothing left to learn from: it must not forget either
	next, err := openAs(within(t), well, 11)
	if err != nil {
		t.Fatal(err)
	}
	if got := inheritedOf(t, next, 5); got != "III--" {
		t.Errorf("after two deaths: %s, want III--", got)
	}
	die(13)
	publish(2)
	if next, err = openAs(within(t), well, 15); err != nil {
		t.Fatal(err)
	}
	if got := inheritedOf(t, next, 7); got != "IIIII--" {
		t.Errorf("after a third: %s, want IIIII--", got)
	}
	// Another stream of that name counts anew.
	if err := well.JetStream().DeleteStream(within(t), proto.StreamDispatch); err != nil {
		t.Fatal(err)
	}
	if err := well.EnsureStreams(within(t)); err != nil {
		t.Fatal(err)
	}
	publish(2)
	if next, err = openAs(within(t), well, 17); err != nil {
		t.Fatal(err)
	}
	if got := inheritedOf(t, next, 2); got != "--" {
		t.Errorf("in a new stream: %s, want --", got)
	}
}

// Issue 7, US-SC-013: a backup's bind, which owns nothing, may be the first to make the
// consumer of a primary's bind that an owner has deleted. What had been handed out is
// marked all the same.
func TestUSSC013WhoCoversInheritsToo(t *testing.T) {
	conn, server := connected(t)
	first, err := openAs(within(t), conn, 11)
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if err := send(within(t), conn.JetStream(), proto.BindSubject("awcc", "trx", 1), []byte(`{"messageId":"m","to":"+93700000001","text":"Hello"}`), nil); err != nil {
			t.Fatal(err)
		}
	}
	if got := inheritedOf(t, first, 3); got != "---" {
		t.Errorf("the first owner's commands: %s", got)
	}
	other := connect(t, natsjs.Options{URLs: []string{server.URL}})
	if _, err := openAs(within(t), other, 13); err != nil {
		t.Fatal(err)
	}
	if err := conn.JetStream().DeleteConsumer(within(t), proto.StreamDispatch, proto.BindDurable("awcc", "trx", 1)); err != nil {
		t.Fatal(err)
	}
	third := connect(t, natsjs.Options{URLs: []string{server.URL}})
	cover, err := openAs(within(t), third, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := inheritedOf(t, cover, 5); got != "III--" {
		t.Errorf("the cover's commands: %s, want III--", got)
	}
}
