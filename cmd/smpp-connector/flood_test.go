package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/testkit/smsc"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// Issue 8: "HTTP floods … message traffic never notices". The connector is a process
// of its own here, so that its CPU is told from the flood's and from the publisher's.

const floodToken = "a-token-of-a-good-length"

// floodStage is the whole path standalone, as a process, with both listeners known.
type floodStage struct {
	stage
	connector   *stack.Server
	http, debug string
}

func setFloodStage(tb testing.TB, env ...string) *floodStage {
	tb.Helper()
	s := &floodStage{stage: stage{mno: smsc.Start(tb, smsc.Compact(), smsc.SendReceipts(smsc.After(0)))}, http: stack.FreeAddr(tb), debug: stack.FreeAddr(tb)}
	host, port := s.mno.HostPort()
	broker := stack.FreeAddr(tb)
	s.connector = stack.Process(tb, stack.Spec{
		Name:    "smpp-connector",
		Command: []string{stack.Build(tb, connectorPackage), "serve"},
		Env: append([]string{"OPERATOR_IDS=demo", "SMPP_HOST=" + host, "SMPP_PORT=" + strconv.Itoa(port), "SMPP_SYSTEM_ID=demo", "SMPP_PASSWORD=secret", "SMPP_SOURCE_ADDRESS=Ghasi",
			"NATS_LISTEN=" + broker, "HTTP_ADDR=" + s.http, "DEBUG_ADDR=" + s.debug, "DEBUG_TOKEN=" + floodToken, "DATA_DIR=" + tb.TempDir()}, env...),
		Ready: answersHealth(s.http),
	})
	s.connector.Start()
	if err := s.mno.WaitBound(tb.Context(), 1); err != nil {
		tb.Fatal(err)
	}
	s.nc, s.js = dialNATS(tb, "nats://"+broker)
	return s
}

// flood is many clients that mean no good, until it is stopped.
type flood struct {
	stop     context.CancelFunc
	clients  sync.WaitGroup
	answered atomic.Int64 // requests that had an answer
	closed   atomic.Int64 // connections or requests that had none
}

// floodPause is between two requests of one client: together they may ask some
// thousands of times a second, and leave a machine of two cores something to be
// flooded with.
const floodPause = 20 * time.Millisecond

// flood lets them loose on both listeners. They come from 127.0.0.1, as one client would.
func (s *floodStage) flood() *flood {
	ctx, cancel := context.WithCancel(context.Background())
	f := &flood{stop: cancel}
	public, debug := "http://"+s.http, "http://"+s.debug
	f.many(ctx, 16, func(c *http.Client) error { return f.get(ctx, c, public+"/metrics", "") })
	f.many(ctx, 16, func(c *http.Client) error { return f.get(ctx, c, public+"/ready", "") })
	f.many(ctx, 16, func(c *http.Client) error { return f.get(ctx, c, debug+"/debug/actors", "no-such-token-here") })
	f.many(ctx, 8, func(c *http.Client) error { return f.get(ctx, c, debug+"/debug/actors", floodToken) })
	f.many(ctx, 4, func(c *http.Client) error { return f.get(ctx, c, debug+"/debug/binds/demo.trx.1/pdus", floodToken) })
	giant := "GET / HTTP/1.1\r\nHost: x\r\nX-Giant: " + strings.Repeat("g", 1<<20)
	for _, at := range []string{s.http, s.debug} {
		f.many(ctx, 8, func(*http.Client) error { return raw(ctx, at, giant) })
		f.many(ctx, 16, func(*http.Client) error { return raw(ctx, at, "") })
		f.many(ctx, 60, func(*http.Client) error { return drip(ctx, at) })
	}
	return f
}

func (f *flood) many(ctx context.Context, clients int, ask func(*http.Client) error) {
	for range clients {
		f.clients.Go(func() {
			client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for ctx.Err() == nil {
				if ask(client) == nil {
					f.answered.Add(1)
				} else {
					f.closed.Add(1)
				}
				select {
				case <-time.After(floodPause):
				case <-ctx.Done():
				}
			}
		})
	}
}

func (f *flood) get(ctx context.Context, c *http.Client, url, token string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := c.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}

// raw opens a connection, says something and leaves.
func raw(ctx context.Context, at, say string) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", at)
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	if _, err := io.WriteString(conn, say); err != nil || say == "" {
		return errors.New("no answer was waited for")
	}
	_, err = conn.Read(make([]byte, 1))
	return err
}

// drip holds a connection as long as it is let, an octet of a header at a time.
func drip(ctx context.Context, at string) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", at)
	if err != nil {
		return err
	}
	defer conn.Close()
	for ctx.Err() == nil {
		if _, err := io.WriteString(conn, "G"); err != nil {
			return err
		}
		select {
		case <-time.After(300 * time.Millisecond):
		case <-ctx.Done():
		}
	}
	return nil
}

// asked is how many requests there were, answered and not.
func (f *flood) asked() int64 { return f.answered.Load() + f.closed.Load() }

// begun returns when a flood, of a round of which the messages are through already, has
// been one: its clients may have been the last to get the CPU.
func (f *flood) begun(tb testing.TB, kind int) {
	tb.Helper()
	if kind != calm {
		eventually(tb, "the flood has begun", func() bool { return f.asked() >= leastAsked })
	}
}

// leastAsked is how many requests of a round make a flood.
const leastAsked = 250

// end stops the flood.
func (f *flood) end() {
	if f.stop != nil {
		f.stop()
	}
	f.clients.Wait()
}

// floodFigures are what messages met in rounds of one kind.
type floodFigures struct {
	name        string
	took        []time.Duration // publish → receipt
	cpu, lasted time.Duration   // the connector's CPU, and the rounds' length
	probes      []time.Duration // /health, asked beside
	asked       int64           // requests of the flood, answered and not
}

func (f *floodFigures) quantile(q float64) time.Duration {
	slices.Sort(f.took)
	return f.took[min(int(float64(len(f.took))*q), len(f.took)-1)]
}

// cores is how much of a core the connector used.
func (f *floodFigures) cores() float64 { return f.cpu.Seconds() / f.lasted.Seconds() }

func (f *floodFigures) String() string {
	return fmt.Sprintf("%-9s p50 %v, p99 %v, connector %.2f cores, slowest /health %v, flood %.0f requests/s", f.name, f.quantile(0.5).Round(100*time.Microsecond),
		f.quantile(0.99).Round(100*time.Microsecond), f.cores(), slices.Max(f.probes).Round(100*time.Microsecond), float64(f.asked)/f.lasted.Seconds())
}

// The kinds of rounds. The flood takes CPU of the machine that messages would have had
// (its clients, and whoever answers them), so the same flood on a connector that has
// nothing else to do is what the flood on ours is compared with.
const (
	calm    = iota
	beside  // the bystander is flooded
	flooded // ours is
	kinds
)

// rounds offers perRound messages at a rate in rounds of each kind in turn, and waits
// for the receipt of each.
func (s *floodStage) rounds(tb testing.TB, rounds, perRound, rate int, bystander *floodStage) (figures [kinds]floodFigures) {
	tb.Helper()
	for kind, name := range []string{"calm", "beside", "flooded"} {
		figures[kind].name = name
	}
	sent := make([]atomic.Int64, kinds*rounds*perRound)
	var mu sync.Mutex
	receipts := s.countReceipts(tb, func(i int) {
		took := time.Duration(time.Now().UnixNano() - sent[i].Load())
		mu.Lock()
		defer mu.Unlock()
		f := &figures[i/perRound%kinds]
		f.took = append(f.took, took)
	})
	for round := range kinds * rounds {
		f, under := &figures[round%kinds], new(flood)
		switch round % kinds {
		case beside:
			under = bystander.flood()
		case flooded:
			under = s.flood()
		}
		cpu, began := s.connector.CPUTime(), time.Now()
		stopProbes := s.probe(tb, f)
		s.publishFrom(tb, round*perRound, perRound, rate, sent)
		receipts.wait(tb, (round+1)*perRound)
		stopProbes()
		under.begun(tb, round%kinds)
		f.cpu, f.lasted = f.cpu+s.connector.CPUTime()-cpu, f.lasted+time.Since(began)
		under.end()
		f.asked += under.asked()
	}
	return figures
}

// probe asks for /health as a kubelet does: on a new connection each time, and from an
// address of its own; once at least.
func (s *floodStage) probe(tb testing.TB, f *floodFigures) (stop func()) {
	ctx, cancel := context.WithCancel(tb.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			began := time.Now()
			if err := s.askHealth(); err != nil {
				tb.Errorf("a probe failed after %v: %v", time.Since(began), err)
			}
			f.probes = append(f.probes, time.Since(began))
			select {
			case <-time.After(100 * time.Millisecond):
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() { cancel(); <-done }
}

// kubeletWaits is how long a probe may take. One that takes longer is slow; it has failed
// when the test's patience is over, for the machine may have held up whoever asks.
const kubeletWaits = 3 * time.Second

func (s *floodStage) askHealth() error {
	dialer := net.Dialer{Timeout: patience, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}
	conn, err := dialer.Dial("tcp", s.http)
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	fmt.Fprint(conn, "GET /health HTTP/1.0\r\n\r\n")
	body, err := io.ReadAll(conn)
	if err == nil && !strings.Contains(string(body), " 200 OK") {
		err = errors.New("no 200")
	}
	return err
}

// Messages go on at their pace while everything that is not a message goes wrong: both
// listeners are flooded, the collector takes what is pushed and never answers, and
// the disk for dumps is full. The figures of a quiet machine are in ARCHITECTURE.md;
// what is asserted holds on a busy one.
func TestMessagesDoNotNoticeAFlood(t *testing.T) {
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	defer hanging.Close()
	full := filepath.Join(t.TempDir(), "no-folder") // a file: whatever is written fails, as on a full disk
	if err := os.WriteFile(full, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := setFloodStage(t, "OTEL_EXPORTER_OTLP_ENDPOINT="+hanging.URL, "TRACE_SAMPLE_RATIO=1", "RECORDER_DUMP_DIR="+full)
	// Short rounds: a machine that stands still for some seconds spoils one of four.
	figures := s.rounds(t, 4, 250, 250, setFloodStage(t))
	for kind := range figures {
		f := &figures[kind]
		t.Log(f)
		if len(f.took) != 1000 {
			t.Errorf("%s: %d receipts, want 1000", f.name, len(f.took))
		}
	}
	if extra := figures[flooded].cores() - figures[calm].cores(); extra > 0.5 {
		t.Errorf("the flood costs the connector %.2f cores", extra)
	}
	// Where the machine is so slow that a flood of somebody else takes a second from us, ours
	// may take as much again.
	if p, most := figures[flooded].quantile(0.5), max(time.Second, 2*figures[beside].quantile(0.5)); p > most {
		t.Errorf("half of the receipts took %v and more, want at most %v", p, most)
	}
	probes := slices.Sorted(slices.Values(figures[flooded].probes))
	if slow := probes[len(probes)*9/10]; slow > kubeletWaits {
		t.Errorf("a tenth of the probes took %v and more, want at most %v", slow, kubeletWaits)
	}
	if c := s.mno.Counts(); c.Binds != 1 || c.Lost != 0 {
		t.Errorf("the line was lost: %+v", c)
	}
}

// BenchmarkHTTPFlood is the same for figures: 1000 messages a second.
func BenchmarkHTTPFlood(b *testing.B) {
	figures := setFloodStage(b).rounds(b, 3, max(b.N/3/kinds, 1), 1000, setFloodStage(b))
	for kind := range figures {
		f := &figures[kind]
		b.Log(f)
		b.ReportMetric(float64(f.quantile(0.5).Microseconds()), f.name+"-p50-µs")
		b.ReportMetric(float64(f.quantile(0.99).Microseconds()), f.name+"-p99-µs")
		b.ReportMetric(f.cores(), f.name+"-cores")
	}
	b.ReportMetric(float64(figures[flooded].asked)/figures[flooded].lasted.Seconds(), "flood-requests/s")
}
