package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ghasi/smpp-connector/infra/natsjs"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/operators"
	"github.com/ghasi/smpp-connector/testkit/smsc"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// Issue 5, "Growth": with nats.dispatchStreams mno, each MNO's commands wait in a stream
// of their own.

// perMNO is what a pod is told to have it so.
const perMNO = "NATS_DISPATCH_STREAMS=mno"

// Two operators of one MNO in one process share its stream; a second process with a
// third operator adds its subject, and messages go through on every kind of subject.
func TestPodsShareTheStreamOfTheirMNO(t *testing.T) {
	c := newCluster(t)
	c.connect(t)
	c.numberBinds(t, "awcc", "awcc-otp", "awcc-bulk")
	send := func(subject, id string) error {
		_, err := c.js.Publish(t.Context(), subject, fmt.Appendf(nil, `{"messageId":"%s","to":"+93700000001","text":"Hello"}`, id))
		return err
	}
	submitted := func(n int, pod *stack.Server) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		if err := c.mno.WaitSubmits(ctx, n); err != nil {
			t.Fatalf("%d of %d submitted: %v\n%s", c.mno.Counts().Accepted, n, err, logOf(t, pod))
		}
	}

	first := c.pod(t, "pod-1", "awcc,awcc-otp")
	c.bound(t, 2, first)
	for i, subject := range []string{contract.OperatorSubject("awcc"), contract.OperatorSubject("awcc-otp"),
		contract.LaneSubject(contract.P0, "awcc", "trx"), contract.BindSubject("awcc", "trx", 2)} {
		if err := send(subject, fmt.Sprint("first-", i)); err != nil {
			t.Errorf("%s: %v", subject, err)
		}
	}
	submitted(4, first)
	bulk := contract.OperatorSubject("awcc-bulk")
	if err := send(bulk, "too-early"); err == nil {
		t.Error("a command was stored for an operator that no pod has served yet")
	}

	second := c.pod(t, "pod-2", "awcc-bulk")
	c.bound(t, 3, second)
	if err := send(bulk, "second"); err != nil {
		t.Error(err)
	}
	submitted(5, second)

	stream, err := c.js.Stream(t.Context(), contract.StreamOfMNO("awcc"))
	if err != nil {
		t.Fatal(err)
	}
	for _, operator := range []string{"awcc", "awcc-otp", "awcc-bulk"} {
		if subjects := stream.CachedInfo().Config.Subjects; !slices.Contains(subjects, contract.OperatorSubject(operator)) {
			t.Errorf("%s is not in %q", operator, subjects)
		}
	}
	eventually(t, "every command is acknowledged", func() bool {
		info, err := stream.Info(t.Context())
		return err == nil && info.State.Msgs == 0
	})
	if _, err := c.js.Stream(t.Context(), contract.StreamDispatch); err != jetstream.ErrStreamNotFound {
		t.Errorf("the stream for all MNOs: %v", err)
	}
}

// A pod that is told to change over while the stream for all MNOs is there says so, does
// not bind, and goes on by itself when that stream is gone.
func TestAPodWaitsWhileTheSharedStreamIsThere(t *testing.T) {
	c := newCluster(t)
	c.connect(t)
	conn, err := natsjs.Connect(t.Context(), natsjs.Options{URLs: []string{c.server.URL}, NKeySeedFile: c.server.SeedFile})
	if err != nil {
		t.Fatal(err)
	}
	defer leave(t.Context(), conn)
	if err := conn.EnsureStreams(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.launch(t, perMNO)
	eventually(t, "/ready says what is in the way", func() bool {
		_, why := c.app.ready()
		return strings.Contains(strings.Join(why, "\n"), "belongs to stream SMPP_DISPATCH already, in which 0 messages wait")
	})
	if n := c.mno.Counts().Bound; n != 0 {
		t.Errorf("%d bound", n)
	}
	if err := c.js.DeleteStream(t.Context(), contract.StreamDispatch); err != nil {
		t.Fatal(err)
	}
	if err := c.mno.WaitBound(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	c.send(t, `{"messageId":"m","to":"+93700000001","text":"Hello"}`)
	if err := c.mno.WaitSubmits(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
}

// numberBinds has ops.smpp_binds give each operator one trx bind of the MNO awcc, and the
// credentials service their accounts.
func (c *cluster) numberBinds(t *testing.T, operatorIDs ...string) {
	t.Helper()
	var out bytes.Buffer
	if status := run(t.Context(), []string{"migrate", "--postgres", c.pg.URL}, streams{strings.NewReader(""), &out, &out}); status != 0 {
		t.Fatal(out.String())
	}
	db, err := pgx.Connect(t.Context(), c.pg.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(context.Background())
	for i, id := range operatorIDs {
		c.service.Put(operators.Account(id, c.mno.Addr()))
		if _, err := db.Exec(t.Context(), `INSERT INTO ops.smpp_binds (mno, direction, bind_id, operator_id, "window") VALUES ('awcc', 'trx', $1, $2, 10)`, i+1, id); err != nil {
			t.Fatal(err)
		}
	}
}

// pod starts a connector as a process, for operators of the MNO awcc.
func (c *cluster) pod(t *testing.T, name, operatorIDs string) *stack.Server {
	t.Helper()
	health := stack.FreeAddr(t)
	pod := stack.Process(t, stack.Spec{
		Name:    name,
		Command: []string{stack.Build(t, connectorPackage), "serve"},
		Env: []string{perMNO, "POD_NAME=" + name, "MNO_ID=awcc", "BIND_DIRECTION=trx", "OPERATOR_IDS=" + operatorIDs, "HTTP_ADDR=" + health, "DEBUG_ADDR=127.0.0.1:0",
			"NATS_URL=" + c.server.URL, "NATS_NKEY_SEED_FILE=" + c.server.SeedFile, "REDIS_URL=" + c.redis.URL, "POSTGRES_URL=" + c.pg.URL, "OPERATOR_MANAGEMENT_URL=" + c.service.URL},
		Ready: answersHealth(health),
	})
	pod.Start()
	return pod
}

func logOf(t *testing.T, pod *stack.Server) []byte {
	t.Helper()
	log, err := os.ReadFile(pod.LogFile())
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// bound waits until the MNO has so many sessions.
func (c *cluster) bound(t *testing.T, n int, pod *stack.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := c.mno.WaitFor(ctx, func(counts *smsc.Counts) bool { return counts.Bound == n }); err != nil {
		t.Fatalf("%d bound, want %d: %v\n%s", c.mno.Counts().Bound, n, err, logOf(t, pod))
	}
}
