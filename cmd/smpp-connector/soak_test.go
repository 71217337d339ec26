package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// The soak tests are the proofs of issue 5: the connector as a process that can be
// killed; NATS, PostgreSQL and Redis as processes that can be stopped and frozen;
// the MNO in the test's own process, so that what it has seen outlives them all.
// `make test` runs a short form of each. `make soak` runs the long one, in units
// of SOAK_MINUTES: ten are the figures.

// soakMinutes is the length of the long form; 0: the short one.
func soakMinutes() int {
	minutes, err := strconv.Atoi(os.Getenv("SOAK_MINUTES"))
	if err != nil {
		return 0
	}
	return max(minutes, 0)
}

// soakRandom draws from SEED, or from a seed that it prints.
func soakRandom(t *testing.T) *rand.Rand {
	t.Helper()
	seed, err := strconv.ParseUint(os.Getenv("SEED"), 10, 64)
	if err != nil || seed == 0 {
		seed = rand.Uint64N(1_000_000) + 1
	}
	t.Logf("SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// soak is everything that a soak test needs: the servers, the connector, the
// MNO, and what the MNO and the listeners to events have learnt.
type soak struct {
	traffic
	t                          *testing.T
	nats, redis, pg, connector *stack.Server
	http                       string // the connector's address of /metrics
	mno                        *smsc.Server
	arrived                    *arrivals
	heard                      *hearing
	program                    string // of the connectors that are started next; empty: the present source's
	js                         jetstream.JetStream
	began                      time.Time
}

// soakWindow is the window of the bind, the stories' default.
const soakWindow = 100

// newSoak starts everything. env is the connector's, beside the addresses.
func newSoak(t *testing.T, tr traffic, env []string, options ...smsc.Option) *soak {
	t.Helper()
	s := newServers(t, tr, options...)
	s.connector = s.process(s.http, env)
	s.connector.Start()
	if err := s.mno.WaitBound(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	s.connect()
	s.heard = hear(t, s.js, tr.n)
	t.Cleanup(s.tellLog)
	return s
}

// newServers starts everything but connectors.
func newServers(t *testing.T, tr traffic, options ...smsc.Option) *soak {
	t.Helper()
	s := &soak{traffic: tr, t: t, arrived: newArrivals(tr), http: stack.FreeAddr(t), began: time.Now()}
	s.nats, s.redis, s.pg = stack.NATSProcess(t), stack.RedisServer(t), stack.PostgresServer(t)
	s.mno = smsc.Start(t, append(options, smsc.Compact(), smsc.SameWhen(s.arrived.take))...)
	return s
}

// connectorPackage is what the connectors are built from.
const connectorPackage = "github.com/ghasi/smpp-connector/cmd/smpp-connector"

// process is a connector that serves its metrics on an address; it is not started yet.
func (s *soak) process(http string, env []string) *stack.Server {
	s.t.Helper()
	host, port := s.mno.HostPort()
	program := s.program
	if program == "" {
		program = stack.Build(s.t, connectorPackage)
	}
	return stack.Process(s.t, stack.Spec{
		Name:    "smpp-connector",
		Command: []string{program, "serve"},
		Env: append([]string{"OPERATOR_IDS=awcc", "SMPP_HOST=" + host, "SMPP_PORT=" + strconv.Itoa(port), "SMPP_SYSTEM_ID=esme", "SMPP_PASSWORD=secret",
			"SMPP_SOURCE_ADDRESS=Ghasi", "SMPP_WINDOW=" + strconv.Itoa(soakWindow), "NATS_URL=" + s.nats.URL, "REDIS_URL=" + s.redis.URL, "POSTGRES_URL=" + s.pg.URL,
			"HTTP_ADDR=" + http, "DEBUG_ADDR=127.0.0.1:0", "BACKOFF=100ms"}, env...),
		Ready: func(ctx context.Context) error {
			body, err := askAt(ctx, http, "/health")
			if err == nil {
				_ = body.Close()
			}
			return err
		},
	})
}

func (s *soak) connect() {
	s.t.Helper()
	_, s.js = dialNATS(s.t, s.nats.URL, nats.MaxReconnects(-1), nats.ReconnectWait(100*time.Millisecond), nats.ReconnectBufSize(-1))
}

func askAt(ctx context.Context, address, path string) (io.ReadCloser, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		_ = answer.Body.Close()
		return nil, fmt.Errorf("%s answers %s", path, answer.Status)
	}
	return answer.Body, nil
}

// metric is the sum of a metric's series, of those that carry every label, written
// as name="value".
func (s *soak) metric(name string, labels ...string) (sum float64) {
	s.t.Helper()
	return s.metricAt(s.http, name, labels...)
}

// metricAt is metric of the connector that serves it there.
func (s *soak) metricAt(address, name string, labels ...string) (sum float64) {
	s.t.Helper()
	body, err := askAt(s.t.Context(), address, "/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer body.Close()
	for lines := bufio.NewScanner(body); lines.Scan(); {
		series, value, _ := strings.Cut(lines.Text(), " ")
		family, carried, _ := strings.Cut(series, "{")
		if family != name || slices.ContainsFunc(labels, func(l string) bool { return !strings.Contains(carried, l) }) {
			continue
		}
		v, err := strconv.ParseFloat(value, 64)
		if err != nil {
			s.t.Fatalf("/metrics: %s", lines.Text())
		}
		sum += v
	}
	return sum
}

// memory is what the connector's process has resident, in MB.
func (s *soak) memory() float64 { return s.metric("process_resident_memory_bytes") / 1e6 }

// await looks until a condition holds; the test fails, and says what is missing,
// when progress has stood still for stall.
func (s *soak) await(what string, stall time.Duration, holds func() bool, progress func() int64) {
	s.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	last, moved := progress(), time.Now()
	for ; !holds(); <-tick.C {
		if now := progress(); now != last {
			last, moved = now, time.Now()
		}
		if time.Since(moved) > stall {
			s.checkEvents()
			s.t.Fatalf("no progress for %v, waiting until %s: %s", stall, what, s.standing())
		}
	}
}

// standing says how far everything has come.
func (s *soak) standing() string {
	left := "unknown"
	if info, err := s.dispatch(); err == nil {
		left = strconv.FormatUint(info.State.Msgs, 10)
	}
	c := s.mno.Counts()
	return fmt.Sprintf("%d SMS accepted of %d segments, %d of %d messages submitted, %d final receipts, %s commands in the stream, %d sessions bound, %d of %d receipts answered",
		s.arrived.total.Load(), s.segments(), s.heard.submitted.Load(), s.n, s.heard.finals.Load(), left, c.Bound, c.ReceiptsAnswered, c.Receipts)
}

func (s *soak) dispatch() (*jetstream.StreamInfo, error) {
	stream, err := s.js.Stream(s.t.Context(), contract.StreamDispatch)
	if err != nil {
		return nil, err
	}
	return stream.Info(s.t.Context())
}

// finish returns when every message has its events and every command is settled.
func (s *soak) finish(stall time.Duration) {
	s.t.Helper()
	receipts := int64(s.count(s.asks))
	progress := func() int64 { return s.heard.submitted.Load() + s.heard.finals.Load() }
	s.await("every message has its events", stall, func() bool {
		return s.heard.submitted.Load() == int64(s.n) && s.heard.finals.Load() == receipts
	}, progress)
	var left int64
	s.await("every command is settled", stall, func() bool {
		info, err := s.dispatch()
		if err == nil {
			left = int64(info.State.Msgs)
		}
		return err == nil && left == 0
	}, func() int64 { return left })
	idle, cancel := context.WithTimeout(s.t.Context(), stall)
	defer cancel()
	if err := s.mno.WaitIdle(idle); err != nil {
		s.t.Error(err)
	}
	s.await("nothing is in flight", stall, func() bool { return s.metric("smpp_window_inflight") == 0 }, func() int64 { return 0 })
}

// logged is how often the connector's log has a message.
func (s *soak) logged(message string) int {
	s.t.Helper()
	log, err := os.ReadFile(s.connector.LogFile())
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.Count(string(log), strconv.Quote(message))
}

// tellLog prints the end of the connector's log when the test has failed.
func (s *soak) tellLog() {
	if !s.t.Failed() {
		return
	}
	log, err := os.ReadFile(s.connector.LogFile())
	if err != nil {
		s.t.Log(err)
	}
	s.t.Logf("the connector's log ends with\n%s", log[max(0, len(log)-8000):])
}
