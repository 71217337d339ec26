package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/config"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/operators"
	"github.com/ghasi/smpp-connector/testkit/smsc"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// cluster is the connector with the real servers: NATS that refuses clients
// without the NKey, PostgreSQL, Redis, and the credentials service.
type cluster struct {
	stage
	service *operators.Service
	redis   *stack.Server
	pg      *stack.Server
	server  *stack.NATSServer
	log     *lockedBuffer

	listener event.Listener // hears every fact too; nil: nobody
}

// lockedBuffer is a log that a test can read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// newCluster starts the servers and the simulator, and not yet the connector.
func newCluster(t testing.TB, options ...smsc.Option) *cluster {
	t.Helper()
	c := &cluster{service: operators.Start(t), server: stack.NATS(t, stack.WithNKey()), redis: stack.RedisServer(t), pg: stack.PostgresServer(t), log: &lockedBuffer{}}
	c.mno = smsc.Start(t, options...)
	c.service.Put(operators.Account("awcc", c.mno.Addr()))
	return c
}

// setCluster starts everything and waits for the bind.
func setCluster(t testing.TB, options ...smsc.Option) *cluster {
	t.Helper()
	c := newCluster(t, options...)
	c.launch(t)
	c.connect(t)
	awaitBound(t, c.mno, c.app, 1)
	return c
}

// launch runs a connector for the length of the test: of the operator awcc, unless env
// says otherwise.
func (c *cluster) launch(t testing.TB, env ...string) {
	t.Helper()
	cfg, err := config.Load("", append([]string{"OPERATOR_IDS=awcc", "NATS_URL=" + c.server.URL, "NATS_NKEY_SEED_FILE=" + c.server.SeedFile,
		"REDIS_URL=" + c.redis.URL, "POSTGRES_URL=" + c.pg.URL, "OPERATOR_MANAGEMENT_URL=" + c.service.URL, "HTTP_ADDR=127.0.0.1:0", "DEBUG_ADDR=127.0.0.1:0"}, env...))
	if err != nil {
		t.Fatal(err)
	}
	a, err := newApp(t.Context(), cfg, appOptions{log: c.log, listener: c.listener})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- a.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ran; err != nil {
			t.Errorf("the connector ended with: %v", err)
		}
	})
	c.app = a
}

// connect opens the test's own connection to NATS.
func (c *cluster) connect(t testing.TB) {
	t.Helper()
	key, err := nats.NkeyOptionFromSeed(c.server.SeedFile)
	if err != nil {
		t.Fatal(err)
	}
	c.nc, c.js = dialNATS(t, c.server.URL, key)
}

func (c *cluster) send(t *testing.T, payload string) {
	t.Helper()
	if _, err := c.js.Publish(t.Context(), contract.OperatorSubject("awcc"), []byte(payload)); err != nil {
		t.Fatal(err)
	}
}

// US-SC-001: a server that refuses clients without the NKey; every operatorId is
// logged. US-SC-002: the credentials come from the service. US-SC-010: the row
// has the right fields. US-SC-011: the receipt finds it.
func TestUSSC001WithTheRealServers(t *testing.T) {
	c := setCluster(t, smsc.SendReceipts(smsc.After(0)))
	if _, err := nats.Connect(c.server.URL); err == nil {
		t.Error("the server lets a client without the NKey in")
	}
	if n := c.service.Requests("awcc"); n == 0 {
		t.Error("no credentials were fetched")
	}
	submitted, receipt := c.listen(t, contract.SubjectSubmitted), c.listen(t, contract.SubjectDLRInbound)
	c.send(t, `{"messageId":"m1","to":"+93700000001","text":"Hello"}`)
	ids := submitted("m1").body["operatorMessageIds"].([]any)
	if e := receipt("m1"); e.body["status"] != "DELIVERED" || e.body["operatorMessageId"] != ids[0] {
		t.Errorf("%v", e.body)
	}
	conn, err := pgx.Connect(t.Context(), c.pg.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var messageID, operatorID string
	var submittedAt, expiresAt time.Time
	err = conn.QueryRow(t.Context(), `SELECT message_id, operator_id, submitted_at, expires_at FROM smpp.message_correlations WHERE operator_id = $1 AND operator_message_id = $2`,
		"awcc", ids[0]).Scan(&messageID, &operatorID, &submittedAt, &expiresAt)
	if err != nil {
		t.Fatal(err)
	}
	if messageID != "m1" || expiresAt.Sub(submittedAt) != 72*time.Hour {
		t.Errorf("%s, expires %v after the submit", messageID, expiresAt.Sub(submittedAt))
	}
	log := c.log.String()
	if !strings.Contains(log, `"awcc"`) {
		t.Errorf("the operatorId is not in the log:\n%s", log)
	}
	for _, secret := range []string{"Hello", operators.Account("awcc", c.mno.Addr()).GetPassword(), "93700000001"} {
		if strings.Contains(log, secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
}

// Redis and PostgreSQL stopped under load: nothing is lost, nothing is sent
// twice, and all goes on when they are back (issue 1, bad input; issue 4).
func TestUSSC010ServersThatGoAwayLoseNothing(t *testing.T) {
	c := setCluster(t, smsc.SendReceipts(smsc.After(0)))
	const n = 300
	for i := range n {
		if i == n/3 {
			c.pg.Stop()
			c.redis.Stop()
		}
		c.send(t, fmt.Sprintf(`{"messageId":"m%d","to":"937%08d","text":"Hello"}`, i, i))
	}
	if err := c.mno.WaitSubmits(t.Context(), n/3); err != nil {
		t.Fatal(err)
	}
	c.pg.Start()
	c.redis.Start()
	next := c.listen(t, contract.SubjectDLRInbound)
	final := map[string]int{}
	for len(final) < n {
		e := next("")
		final[e.body["messageId"].(string)]++
	}
	eventually(t, "the stream is empty", func() bool { return c.unsettled(t) == 0 })
	for id, times := range final {
		if times != 1 {
			t.Errorf("%s has %d final events", id, times)
		}
	}
	if counts := c.mno.Counts(); counts.Accepted != n || counts.Duplicates != 0 {
		t.Errorf("%d SMS for %d messages, %d twice", counts.Accepted, n, counts.Duplicates)
	}
}

// US-SC-001: "logs all configured operatorId values", of a process that serves two.
func TestUSSC001BothOperatorIDsAreLogged(t *testing.T) {
	mno, log := smsc.Start(t), &lockedBuffer{}
	host, port := mno.HostPort()
	file := filepath.Join(t.TempDir(), "smpp.yaml")
	yaml := "operators:\n"
	for _, id := range []string{"awcc", "roshan"} {
		yaml += fmt.Sprintf("  - {id: %s, host: %s, port: %d, systemId: s, password: p}\n", id, host, port)
	}
	if err := os.WriteFile(file, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(file, []string{"HTTP_ADDR=127.0.0.1:0", "DEBUG_ADDR=127.0.0.1:0", "NATS_LISTEN=127.0.0.1:0", "DATA_DIR=" + t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	startAppWith(t, cfg, appOptions{log: log})
	if err := mno.WaitBound(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	configured := map[string]int{}
	for line := range strings.Lines(log.String()) {
		var l struct{ Msg, OperatorID string }
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if l.Msg == "operator configured" {
			configured[l.OperatorID]++
		}
	}
	if len(configured) != 2 || configured["awcc"] != 1 || configured["roshan"] != 1 {
		t.Errorf("logged: %v", configured)
	}
}
