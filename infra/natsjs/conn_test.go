package natsjs_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/infra/natsjs"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

var healthSubject = contract.SubjectOperatorHealth

func health(reason string) port.Event {
	return port.Event{Subject: healthSubject, Body: &contract.OperatorHealthEvent{OperatorId: "awcc", State: contract.HealthState_BOUND, Reason: reason}}
}

// US-SC-001: a server that asks for an NKey lets its owner in and nobody else;
// the connection of another goes on trying, and says why.
func TestUSSC001NKey(t *testing.T) {
	server := stack.NATS(t, stack.WithNKey())
	owner := connect(t, natsjs.Options{URLs: []string{server.URL}, NKeySeedFile: server.SeedFile})
	if err := owner.EnsureStreams(within(t)); err != nil {
		t.Errorf("with the seed: %v", err)
	}

	stranger, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	seed, err := stranger.Seed()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "stranger.nk")
	if err := os.WriteFile(file, seed, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, options := range map[string]natsjs.Options{"without a seed": {}, "with another's seed": {NKeySeedFile: file}} {
		heard := newChanges()
		options.URLs, options.Listener = []string{server.URL}, heard
		conn := connectAway(t, options)
		if err := conn.EnsureStreams(within(t)); !errors.Is(err, natsjs.ErrAway) || conn.Up() {
			t.Errorf("%s: %v, up %v", name, err, conn.Up())
		}
		if down := heard.until(t, 1); down.Up || down.Err == "" || strings.Contains(down.Err, string(seed)) {
			t.Errorf("%s: %+v", name, down)
		}
	}
}

// A seed file that is none is a mistake that no waiting mends; the error shows
// nothing of what is in it.
func TestConnectRefusesWhatCannotWork(t *testing.T) {
	file := filepath.Join(t.TempDir(), "seed")
	if err := os.WriteFile(file, []byte("hunter2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		options natsjs.Options
		want    string
	}{
		"no URL":       {natsjs.Options{}, "NATS_URL"},
		"no seed":      {natsjs.Options{URLs: []string{"nats://127.0.0.1:1"}, NKeySeedFile: file}, "NATS_NKEY_SEED_FILE"},
		"no such file": {natsjs.Options{URLs: []string{"nats://127.0.0.1:1"}, NKeySeedFile: file + "x"}, "NATS_NKEY_SEED_FILE"},
		"replicas":     {natsjs.Options{URLs: []string{"nats://127.0.0.1:1"}, Replicas: 9}, "replicas is 9"},
	} {
		conn, err := natsjs.Connect(within(t), c.options)
		if conn != nil || err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A server that is away at the start is waited for; one that goes away is said
// once, ends every call at once, and is found again without a new connection.
func TestAServerThatGoesAwayAndComesBack(t *testing.T) {
	server := stack.NATSDown(t)
	heard := newChanges()
	conn := connectAway(t, natsjs.Options{URLs: []string{server.URL}, Listener: heard})
	if heard.until(t, 1).Up || conn.Up() {
		t.Error("up before there is a server")
	}
	if errs := conn.Publisher().Publish(within(t), []port.Event{health("lost")}); len(errs) != 1 || !errors.Is(errs[0], natsjs.ErrAway) {
		t.Errorf("a publish to nobody: %v", errs)
	}

	server.Start()
	upAgain(t, conn)
	if !heard.until(t, 2).Up {
		t.Error("the second change is not up")
	}
	if err := conn.EnsureStreams(within(t)); err != nil {
		t.Fatal(err)
	}
	consumer, err := conn.Source().Open(within(t), port.ConsumerSpec{Durable: "d", Subject: contract.OperatorSubject("awcc"), AckWait: time.Minute, MaxAckPending: 10})
	if err != nil {
		t.Fatal(err)
	}
	pulled := make(chan error, 1)
	go func() {
		_, err := consumer.Pull(within(t), 1, deadline, func([]port.Delivery) {})
		pulled <- err
	}()
	waitsForCommands(t, conn)

	server.Stop()
	if err := <-pulled; err == nil { // the server's last word, or ErrAway
		t.Error("the pull that was under way ended without an error")
	}
	if heard.until(t, 3).Up {
		t.Error("the third change is not down")
	}
	server.Start()
	upAgain(t, conn)
	if errs := conn.Publisher().Publish(within(t), []port.Event{health("back")}); errs != nil {
		t.Errorf("after the return: %v", errs)
	}
	stored, err := storedOn(within(t), conn.JetStream(), healthSubject)
	if err != nil || len(stored) != 1 || !strings.Contains(string(stored[0].Data()), "back") {
		t.Errorf("%d events stored, %v: what could not be stored must not come later", len(stored), err)
	}
}

// waitsForCommands returns when a pull request has reached the server.
func waitsForCommands(t *testing.T, conn *natsjs.Conn) {
	t.Helper()
	ctx := within(t)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		consumer, err := conn.JetStream().Consumer(ctx, contract.StreamDispatch, "d")
		if err != nil {
			t.Fatal(err)
		}
		if consumer.CachedInfo().NumWaiting == 1 {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("no pull request reaches the server")
		}
	}
}

// A watch of parked receipts survives a server's restart, and tells what was
// parked or taken out by another pod.
func TestUSSC011TheWatchOfParkedReceiptsSurvivesARestart(t *testing.T) {
	conn, server := connected(t)
	heard := newChanges()
	other := connect(t, natsjs.Options{URLs: []string{server.URL}, Listener: heard})
	receipt := func(id string) port.ParkedReceipt {
		return port.ParkedReceipt{Key: port.CorrelationKey{OperatorID: "awcc", OperatorMessageID: id}, State: 2,
			Bind: port.BindID{MNO: "awcc", Direction: port.TRX, Number: 1}, HeardAt: time.Now(), Octets: []byte("id:" + id)}
	}
	park := func(c *natsjs.Conn, id string) {
		t.Helper()
		if err := c.Receipts().Park(within(t), []port.ParkedReceipt{receipt(id)}); err != nil {
			t.Fatal(err)
		}
	}
	park(other, "before")

	ctx, cancel := context.WithCancel(t.Context())
	news := make(chan string, 100)
	ended := make(chan error, 1)
	go func() {
		ended <- conn.Receipts().Watch(ctx, func(r port.ParkedReceipt) { news <- "+" + r.Key.OperatorMessageID },
			func(r port.ParkedReceipt) { news <- "-" + r.Key.OperatorMessageID })
	}()
	until := func(want string) {
		t.Helper()
		timeout := time.After(deadline)
		for {
			select {
			case got := <-news:
				if got == want {
					return
				}
				if !strings.HasSuffix(got, "before") { // it may be told of again after the restart
					t.Fatalf("heard %s, want %s", got, want)
				}
			case <-timeout:
				t.Fatalf("%s was not heard", want)
			}
		}
	}
	until("+before")
	before := heard.count()
	server.Restart()
	heard.until(t, before+2) // down, up
	park(other, "after")
	until("+after")
	if err := other.Receipts().Unpark(within(t), []port.ParkedReceipt{receipt("after")}); err != nil {
		t.Fatal(err)
	}
	until("-after")
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the watch ended with %v", err)
	}
}

// Correlations are kept for longer, not for less, when an operator comes whose MNO's
// receipts come late; what differs otherwise stays as it is.
func TestCorrelationsAreKeptForLonger(t *testing.T) {
	server := stack.NATS(t)
	row := port.Correlation{OperatorID: "a", OperatorMessageID: "1", MessageID: "m1", PartIndex: 1, PartsTotal: 1, SubmittedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour)}
	keeps := func() time.Duration {
		found, err := connect(t, natsjs.Options{URLs: []string{server.URL}}).JetStream().Stream(within(t), "KV_"+contract.BucketCorrelations)
		if err != nil {
			t.Fatal(err)
		}
		return found.CachedInfo().Config.MaxAge
	}
	for _, c := range []struct{ want, then time.Duration }{{73 * time.Hour, 73 * time.Hour}, {80 * time.Hour, 80 * time.Hour}, {73 * time.Hour, 80 * time.Hour}} {
		conn := connect(t, natsjs.Options{URLs: []string{server.URL}, CorrelationMaxAge: c.want})
		if err := conn.Correlations().Save(within(t), []port.Correlation{row}); err != nil {
			t.Fatal(err)
		}
		if got := keeps(); got != c.then {
			t.Errorf("want %v: keeps %v, want %v", c.want, got, c.then)
		}
	}
	conn := connect(t, natsjs.Options{URLs: []string{server.URL}})
	found, err := conn.JetStream().Stream(within(t), "KV_"+contract.BucketCorrelations)
	if err != nil {
		t.Fatal(err)
	}
	other := found.CachedInfo().Config
	other.MaxMsgsPerSubject = 2
	if _, err := conn.JetStream().UpdateStream(within(t), other); err != nil {
		t.Fatal(err)
	}
	var differs *natsjs.StreamDiffers
	err = connect(t, natsjs.Options{URLs: []string{server.URL}, CorrelationMaxAge: 90 * time.Hour}).Correlations().Save(within(t), []port.Correlation{row})
	if !errors.As(err, &differs) || keeps() != 80*time.Hour {
		t.Errorf("%v, keeps %v", err, keeps())
	}
}

// A stream of our name that is somebody else's is a clear error and stays as it
// is; so does one whose subjects overlap with ours (decisions.md, Names on the wire).
func TestForeignStreamsAreNamedAndNotAltered(t *testing.T) {
	server := stack.NATS(t)
	conn := connect(t, natsjs.Options{URLs: []string{server.URL}})
	theirs := jetstream.StreamConfig{Name: contract.StreamDispatch, Subjects: []string{"theirs.>"}, Retention: jetstream.LimitsPolicy, Storage: jetstream.MemoryStorage}
	if _, err := conn.JetStream().CreateStream(within(t), theirs); err != nil {
		t.Fatal(err)
	}
	err := conn.EnsureStreams(within(t))
	var differs *natsjs.StreamDiffers
	if !errors.As(err, &differs) || differs.Stream != contract.StreamDispatch {
		t.Fatalf("%v", err)
	}
	for _, want := range []string{"subjects is [theirs.>]", "retention is Limits, want WorkQueue", "storage is Memory, want File"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in %v", want, err)
		}
	}
	after, err := conn.JetStream().Stream(within(t), contract.StreamDispatch)
	if err != nil {
		t.Fatal(err)
	}
	if c := after.CachedInfo().Config; len(c.Subjects) != 1 || c.Subjects[0] != "theirs.>" || c.Retention != jetstream.LimitsPolicy {
		t.Errorf("altered to %+v", c)
	}

	if err := conn.JetStream().DeleteStream(within(t), contract.StreamDispatch); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.JetStream().CreateStream(within(t), jetstream.StreamConfig{Name: "THEIRS", Subjects: []string{"smpp.operator.*"}}); err != nil {
		t.Fatal(err)
	}
	if err := conn.EnsureStreams(within(t)); err == nil || !strings.Contains(err.Error(), "belongs to stream THEIRS") {
		t.Errorf("an overlap: %v", err)
	}
}

// US-SC-019: the pull of an owner whose consumer was deleted ends with
// ErrConsumerGone, and so do its acknowledgements.
func TestUSSC019APullOfADeletedConsumerEnds(t *testing.T) {
	conn, _ := connected(t)
	subject := contract.OperatorSubject("awcc")
	consumer, err := conn.Source().Open(within(t), port.ConsumerSpec{Durable: "d", Subject: subject, AckWait: time.Minute, MaxAckPending: 10})
	if err != nil {
		t.Fatal(err)
	}
	if err := send(within(t), conn.JetStream(), subject, []byte(`{"messageId":"m","to":"93700000001","text":"x"}`), nil); err != nil {
		t.Fatal(err)
	}
	handles := make(chan port.Handle, 1)
	pulled := make(chan error, 1)
	go func() {
		_, err := consumer.Pull(within(t), 2, deadline, func(ds []port.Delivery) { handles <- ds[0].Handle })
		pulled <- err
	}()
	h := <-handles
	if err := conn.JetStream().DeleteConsumer(within(t), contract.StreamDispatch, "d"); err != nil {
		t.Fatal(err)
	}
	if err := <-pulled; !errors.Is(err, natsjs.ErrConsumerGone) {
		t.Errorf("the pull: %v", err)
	}
	if err := consumer.Ack(within(t), []port.Handle{h}); !errors.Is(err, natsjs.ErrConsumerGone) {
		t.Errorf("the acknowledgement: %v", err)
	}
}

// Issue 8: a process may have a thousand binds, each with a consumer of its own: more
// than a NATS server allows a stream that says nothing.
func TestTheStreamTakesMoreConsumersThanTheServersDefault(t *testing.T) {
	conn, _ := connected(t)
	stream, err := conn.JetStream().Stream(within(t), contract.StreamDispatch)
	if err != nil {
		t.Fatal(err)
	}
	if most := stream.CachedInfo().Config.MaxConsumers; most < 10_000 {
		t.Errorf("%d consumers at most", most)
	}
}
