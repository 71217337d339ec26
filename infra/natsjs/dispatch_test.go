package natsjs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/infra/natsjs"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// Issue 5, "Growth": a stream of commands for each MNO.

// perMNO starts a server and returns a connection that makes a stream for each MNO.
func perMNO(tb testing.TB) (*natsjs.Conn, *stack.NATSServer) {
	tb.Helper()
	server := stack.NATS(tb)
	return connectPerMNO(tb, server), server
}

func connectPerMNO(tb testing.TB, server *stack.NATSServer) *natsjs.Conn {
	tb.Helper()
	conn := connect(tb, natsjs.Options{URLs: []string{server.URL}, StreamPerMNO: true})
	if err := conn.EnsureStreams(within(tb)); err != nil {
		tb.Fatalf("EnsureStreams: %v", err)
	}
	return conn
}

// subjectsOf returns the subjects of a stream, sorted.
func subjectsOf(tb testing.TB, conn *natsjs.Conn, name string) []string {
	tb.Helper()
	stream, err := conn.JetStream().Stream(within(tb), name)
	if err != nil {
		tb.Fatalf("stream %s: %v", name, err)
	}
	return slices.Sorted(slices.Values(stream.CachedInfo().Config.Subjects))
}

func operatorSpec(mno, operator string) port.ConsumerSpec {
	return port.ConsumerSpec{MNO: mno, Durable: contract.OperatorDurable(operator), Subject: contract.OperatorSubject(operator), AckWait: time.Minute, MaxAckPending: 100}
}

const salaamJSON = `{"messageId":"m","to":"93700000001","text":"salaam"}`

// Commands can be sent for what a pod serves, and for nothing else; doing it again, as
// each refresh does, changes nothing.
func TestAnMNOHasAStreamOfItsOwn(t *testing.T) {
	conn, _ := perMNO(t)
	for range 2 {
		for _, operator := range []string{"awcc", "awcc-2"} {
			if err := conn.EnsureDispatch(within(t), operator, []string{"awcc"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	want := []string{"lane.p0.smpp.awcc.*", "lane.p1.smpp.awcc.*", "lane.p2.smpp.awcc.*", "lane.p3.smpp.awcc.*",
		"smpp.awcc.*.*.dispatch", "smpp.operator.awcc", "smpp.operator.awcc-2"}
	if got := subjectsOf(t, conn, "SMPP_DISPATCH_awcc"); !slices.Equal(got, want) {
		t.Errorf("subjects %q, want %q", got, want)
	}
	stream, err := conn.JetStream().Stream(within(t), "SMPP_DISPATCH_awcc")
	if err != nil {
		t.Fatal(err)
	}
	if c := stream.CachedInfo().Config; c.Retention != jetstream.WorkQueuePolicy || c.Storage != jetstream.FileStorage || c.MaxAge != 72*time.Hour || c.MaxConsumers < 10_000 {
		t.Errorf("%+v", c)
	}
	for subject, taken := range map[string]bool{
		contract.OperatorSubject("awcc"): true, contract.OperatorSubject("awcc-2"): true, contract.OperatorSubject("roshan"): false,
		contract.LaneSubject(contract.P2, "awcc", "tx"): true, contract.LaneSubject(contract.P2, "AWCC", "tx"): false,
		contract.BindSubject("awcc", "trx", 3): true, contract.BindSubject("roshan", "trx", 3): false,
	} {
		if err := send(within(t), conn.JetStream(), subject, []byte(salaamJSON), nil); (err == nil) != taken {
			t.Errorf("%s: %v", subject, err)
		}
	}
	if _, err := conn.JetStream().Stream(within(t), contract.StreamDispatch); !errors.Is(err, jetstream.ErrStreamNotFound) {
		t.Errorf("the stream for all MNOs: %v", err)
	}
	if err := conn.EnsureDispatch(within(t), "x", []string{"a.b"}); err == nil || !strings.Contains(err.Error(), `mno "a.b"`) {
		t.Errorf("an MNO that no stream can be named after: %v", err)
	}
}

// Pods that add their operators to one stream at the same moment take out each other's;
// each puts its own in again.
func TestPodsAddTheirOperatorsAtOnce(t *testing.T) {
	conn, server := perMNO(t)
	const pods = 8
	want := contract.MNOSubjects("awcc")
	var all sync.WaitGroup
	for i := range pods {
		operator := fmt.Sprintf("operator-%d", i)
		want = append(want, contract.OperatorSubject(operator))
		pod := connectPerMNO(t, server)
		all.Go(func() {
			if err := pod.EnsureDispatch(within(t), operator, []string{"awcc"}); err != nil {
				t.Errorf("%s: %v", operator, err)
			}
		})
	}
	all.Wait()
	slices.Sort(want)
	if got := subjectsOf(t, conn, contract.StreamOfMNO("awcc")); !slices.Equal(got, want) {
		t.Errorf("subjects %q, want %q", got, want)
	}
}

// A subject that a slower pod has taken out comes back with the next refresh, or when
// its consumer is opened; what waits on it is not lost, and what others put in stays.
func TestASubjectThatWasTakenOutComesBack(t *testing.T) {
	conn, _ := perMNO(t)
	ensure := func() error { return conn.EnsureDispatch(within(t), "awcc", []string{"awcc"}) }
	open := func() error {
		_, err := conn.Source().Open(within(t), operatorSpec("awcc", "awcc"))
		return err
	}
	for name, mend := range map[string]func() error{"at a refresh": ensure, "at an Open": open} {
		if err := ensure(); err != nil {
			t.Fatal(err)
		}
		if err := send(within(t), conn.JetStream(), contract.OperatorSubject("awcc"), []byte(salaamJSON), nil); err != nil {
			t.Fatal(err)
		}
		stream, err := conn.JetStream().Stream(within(t), contract.StreamOfMNO("awcc"))
		if err != nil {
			t.Fatal(err)
		}
		stale := stream.CachedInfo().Config
		stale.Subjects = append(contract.MNOSubjects("awcc"), contract.OperatorSubject("theirs"))
		if _, err := conn.JetStream().UpdateStream(within(t), stale); err != nil {
			t.Fatal(err)
		}
		if err := send(within(t), conn.JetStream(), contract.OperatorSubject("awcc"), []byte(salaamJSON), nil); err == nil {
			t.Error("a command was stored on a subject that nobody has")
		}
		if err := mend(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got := subjectsOf(t, conn, contract.StreamOfMNO("awcc"))
		if !slices.Contains(got, contract.OperatorSubject("awcc")) || !slices.Contains(got, contract.OperatorSubject("theirs")) {
			t.Errorf("%s: subjects %q", name, got)
		}
		consumer, err := conn.Source().Open(within(t), operatorSpec("awcc", "awcc"))
		if err != nil {
			t.Fatal(err)
		}
		var handles []port.Handle
		if n, err := consumer.Pull(within(t), 1, deadline, func(ds []port.Delivery) { handles = append(handles, ds[0].Handle) }); n != 1 || err != nil {
			t.Errorf("%s: %d commands, %v", name, n, err)
		}
		if err := consumer.Ack(within(t), handles); err != nil {
			t.Error(err)
		}
	}
}

// Who changes over while the other kind of stream has the subjects is told which, how
// much waits there, and what to do; afterwards it works.
func TestChangingOverIsRefusedWhileTheOtherStreamIsThere(t *testing.T) {
	server := stack.NATS(t)
	shared := connect(t, natsjs.Options{URLs: []string{server.URL}})
	own := connect(t, natsjs.Options{URLs: []string{server.URL}, StreamPerMNO: true})
	if err := shared.EnsureStreams(within(t)); err != nil {
		t.Fatal(err)
	}
	if err := own.EnsureStreams(within(t)); err != nil {
		t.Errorf("the events' stream is both's: %v", err)
	}
	subject := contract.OperatorSubject("awcc")
	if err := send(within(t), shared.JetStream(), subject, []byte(salaamJSON), nil); err != nil {
		t.Fatal(err)
	}
	refused := func(err error, stream string, words ...string) {
		t.Helper()
		var taken *natsjs.SubjectTaken
		if !errors.As(err, &taken) || taken.Stream != stream {
			t.Errorf("%v", err)
			return
		}
		for _, want := range append(words, stream) {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q is not in %v", want, err)
			}
		}
	}
	refused(own.EnsureDispatch(within(t), "awcc", []string{"awcc"}), contract.StreamDispatch, "1 messages wait", "nats stream rm SMPP_DISPATCH)", "back to shared")
	_, err := own.Source().Open(within(t), operatorSpec("awcc", "awcc"))
	refused(err, contract.StreamDispatch, subject)
	_, err = own.Source().Lag(within(t), operatorSpec("awcc", "awcc"))
	if !errors.Is(err, port.ErrNoConsumer) {
		t.Errorf("the lag of a consumer that cannot be made: %v", err)
	}

	if err := shared.JetStream().DeleteStream(within(t), contract.StreamDispatch); err != nil {
		t.Fatal(err)
	}
	if err := own.EnsureDispatch(within(t), "awcc", []string{"awcc"}); err != nil {
		t.Fatal(err)
	}
	refused(shared.EnsureStreams(within(t)), "SMPP_DISPATCH_awcc", "0 messages wait", "to mno")
	if err := shared.EnsureDispatch(within(t), "awcc", []string{"awcc"}); err != nil {
		t.Errorf("with one stream for all there is nothing to do: %v", err)
	}
}

// A stream of an MNO's name that would not keep commands is somebody else's.
func TestAForeignStreamOfAnMNOsNameIsNotAltered(t *testing.T) {
	conn, _ := perMNO(t)
	theirs := jetstream.StreamConfig{Name: contract.StreamOfMNO("awcc"), Subjects: []string{"theirs.>"}, Retention: jetstream.LimitsPolicy}
	if _, err := conn.JetStream().CreateStream(within(t), theirs); err != nil {
		t.Fatal(err)
	}
	var differs *natsjs.StreamDiffers
	if err := conn.EnsureDispatch(within(t), "awcc", []string{"awcc"}); !errors.As(err, &differs) || differs.Stream != theirs.Name {
		t.Errorf("%v", err)
	}
	if got := subjectsOf(t, conn, theirs.Name); !slices.Equal(got, theirs.Subjects) {
		t.Errorf("altered to %q", got)
	}
}

// An operator with binds to two MNOs has one subject: it stays with the MNO that had it
// first, and the binds of both read it there.
func TestAnOperatorOfTwoMNOsHasOneStream(t *testing.T) {
	conn, server := perMNO(t)
	other := connectPerMNO(t, server)
	if err := conn.EnsureDispatch(within(t), "reseller", []string{"awcc", "roshan"}); err != nil {
		t.Fatal(err)
	}
	if err := other.EnsureDispatch(within(t), "reseller", []string{"roshan"}); err != nil {
		t.Fatal(err)
	}
	subject := contract.OperatorSubject("reseller")
	if !slices.Contains(subjectsOf(t, conn, "SMPP_DISPATCH_awcc"), subject) || slices.Contains(subjectsOf(t, conn, "SMPP_DISPATCH_roshan"), subject) {
		t.Errorf("%s lies elsewhere than in SMPP_DISPATCH_awcc", subject)
	}
	if err := send(within(t), conn.JetStream(), subject, []byte(salaamJSON), nil); err != nil {
		t.Fatal(err)
	}
	spec := operatorSpec("roshan", "reseller")
	consumer, err := other.Source().Open(within(t), spec)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := consumer.Pull(within(t), 1, deadline, func([]port.Delivery) {}); n != 1 || err != nil {
		t.Errorf("%d commands, %v", n, err)
	}
	if lag, err := other.Source().Lag(within(t), spec); err != nil || lag.Unsettled != 1 {
		t.Errorf("lag %+v, %v", lag, err)
	}
}

// A dead letter goes back to the stream that has its subject, whichever that is; the
// command `dlq` does not know the setting.
func TestAReplayFindsTheMNOsStream(t *testing.T) {
	conn, server := perMNO(t)
	bury(t, conn, "awcc", "m1", "expired")
	d := connect(t, natsjs.Options{URLs: []string{server.URL}}).DeadLetters()
	letters := find(t, d, natsjs.DeadLetterFilter{})
	if errs := d.Replay(within(t), letters, false); errs == nil || !strings.Contains(errs[0].Error(), "no stream stores subject smpp.operator.awcc: start") {
		t.Errorf("without a stream: %v", errs)
	}
	if err := conn.EnsureDispatch(within(t), "awcc", []string{"awcc"}); err != nil {
		t.Fatal(err)
	}
	if errs := d.Replay(within(t), letters, false); errs != nil {
		t.Fatal(errs)
	}
	if stream, err := conn.JetStream().Stream(within(t), "SMPP_DISPATCH_awcc"); err != nil || stream.CachedInfo().State.Msgs != 1 {
		t.Errorf("%v", err)
	}
}

// NATS being away is said as such, and does not count as a stream that is not there.
func TestStreamsOfMNOsWhileNATSIsAway(t *testing.T) {
	server := stack.NATSDown(t)
	conn := connectAway(t, natsjs.Options{URLs: []string{server.URL}, StreamPerMNO: true})
	if err := conn.EnsureDispatch(context.Background(), "awcc", []string{"awcc"}); !errors.Is(err, natsjs.ErrAway) {
		t.Errorf("%v", err)
	}
}
