package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ghasi/smpp-connector/config"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// stage is the whole path standalone in one process: connector, embedded NATS
// with its files on disk, and the simulator over a real socket.
type stage struct {
	app *app
	mno *smsc.Server
	nc  *nats.Conn
	js  jetstream.JetStream
}

// setStage starts everything and waits for the bind, at both its ends. Options are the
// simulator's.
func setStage(tb testing.TB, env []string, options ...smsc.Option) *stage {
	tb.Helper()
	return setStageWith(tb, env, appOptions{log: io.Discard}, options...)
}

func setStageWith(tb testing.TB, env []string, o appOptions, options ...smsc.Option) *stage {
	tb.Helper()
	s := &stage{mno: smsc.Start(tb, options...)}
	host, port := s.mno.HostPort()
	s.app = startAppWith(tb, testConfig(tb, append([]string{"SMPP_HOST=" + host, "SMPP_PORT=" + strconv.Itoa(port)}, env...)...), o)
	awaitBound(tb, s.mno, s.app, 1)
	s.connect(tb)
	return s
}

// awaitBound returns when an app has n binds, as the MNO and as the app itself says. The
// MNO is the first to know: its answer has yet to be read, and whoever breaks the line
// before that breaks one that was never BOUND.
func awaitBound(tb testing.TB, mno *smsc.Server, a *app, n int) {
	tb.Helper()
	if err := mno.WaitBound(tb.Context(), n); err != nil {
		tb.Fatal(err)
	}
	eventually(tb, "the app's binds are BOUND", func() bool { return boundBinds(a) >= n })
}

// boundBinds is how many binds an app shows as BOUND; 0 before its tree runs.
func boundBinds(a *app) (n int) {
	system := a.system.Load()
	if system == nil {
		return 0
	}
	for _, b := range system.Tree().Binds() {
		if b.Bound && b.State == "BOUND" {
			n++
		}
	}
	return n
}

// testConfig is a standalone configuration with one operator, demo.
func testConfig(tb testing.TB, env ...string) *config.Config {
	tb.Helper()
	cfg, err := config.Load("", append([]string{"OPERATOR_IDS=demo", "SMPP_SYSTEM_ID=demo", "SMPP_PASSWORD=secret", "SMPP_SOURCE_ADDRESS=Ghasi",
		"HTTP_ADDR=127.0.0.1:0", "DEBUG_ADDR=127.0.0.1:0", "NATS_LISTEN=127.0.0.1:0", "DATA_DIR=" + tb.TempDir()}, env...))
	if err != nil {
		tb.Fatal(err)
	}
	return cfg
}

// connect opens the test's own connection to the embedded NATS.
func (s *stage) connect(tb testing.TB) {
	tb.Helper()
	s.nc, s.js = dialNATS(tb, s.app.embedded.URL())
}

// dialNATS is a test's own connection to a NATS server, until the test ends: as patient as
// the test, where nats.go gives up after 2 s and JetStream after 5.
func dialNATS(tb testing.TB, url string, options ...nats.Option) (*nats.Conn, jetstream.JetStream) {
	tb.Helper()
	nc, err := nats.Connect(url, append(options, nats.Timeout(patience))...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(nc.Close)
	js, err := jetstream.New(nc, jetstream.WithPublishAsyncMaxPending(2000), jetstream.WithDefaultTimeout(patience))
	if err != nil {
		tb.Fatal(err)
	}
	return nc, js
}

// startApp runs an app for the length of a test.
func startApp(tb testing.TB, cfg *config.Config) *app {
	tb.Helper()
	return startAppWith(tb, cfg, appOptions{log: io.Discard})
}

func startAppWith(tb testing.TB, cfg *config.Config, o appOptions) *app {
	tb.Helper()
	a, err := newApp(tb.Context(), cfg, o)
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- a.Run(ctx) }()
	tb.Cleanup(func() {
		cancel()
		if err := <-ran; err != nil {
			tb.Errorf("the connector ended with: %v", err)
		}
	})
	return a
}

// hundred is a text of 100 septets.
var hundred = strings.Repeat("0123456789", 10)

// BenchmarkWholePath is issue 1's figure: command → submit_sm → response →
// correlation → sms.dispatch.submitted → ack, and receipt → sms.dlr.inbound, as
// fast as it goes, in one process with publisher, subscriber and simulator.
func BenchmarkWholePath(b *testing.B) {
	s := setStage(b, nil, smsc.Compact(), smsc.SendReceipts(smsc.After(0)))
	receipts := s.countReceipts(b, nil)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu := cpuTime()
	b.ResetTimer()
	s.publish(b, 0, b.N)
	receipts.wait(b, b.N)
	b.StopTimer()
	runtime.ReadMemStats(&after)
	n := float64(b.N)
	b.ReportMetric(n/b.Elapsed().Seconds(), "msgs/s")
	b.ReportMetric(float64((cpuTime()-cpu).Microseconds())/n, "cpu-µs/msg")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/n, "allocs/msg")
}

// BenchmarkLatency offers a steady rate and reports publish → receipt.
func BenchmarkLatency(b *testing.B) {
	for _, rate := range []int{1000, 7500} {
		b.Run(fmt.Sprintf("%d_a_second", rate), func(b *testing.B) {
			s := setStage(b, nil, smsc.Compact(), smsc.SendReceipts(smsc.After(0)))
			sent := make([]atomic.Int64, b.N)
			var mu sync.Mutex
			took := make([]time.Duration, 0, b.N)
			receipts := s.countReceipts(b, func(i int) {
				d := time.Duration(time.Now().UnixNano() - sent[i].Load())
				mu.Lock()
				took = append(took, d)
				mu.Unlock()
			})
			b.ResetTimer()
			s.publishAt(b, b.N, rate, sent)
			receipts.wait(b, b.N)
			b.StopTimer()
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
		})
	}
}

func (s *stage) command(i int) []byte {
	return fmt.Appendf(nil, `{"messageId":"m%d","to":"+937%08d","text":"%s"}`, i, i, hundred)
}

// publish sends commands from..to as fast as JetStream takes them.
func (s *stage) publish(tb testing.TB, from, to int) {
	subject := contract.OperatorSubject("demo")
	for i := from; i < to; i++ {
		if _, err := s.js.PublishAsync(subject, s.command(i), jetstream.WithMsgID("m"+strconv.Itoa(i)), jetstream.WithStallWait(time.Minute)); err != nil {
			tb.Fatal(err)
		}
	}
}

// publishAt keeps to a rate, a group every 2 ms.
func (s *stage) publishAt(tb testing.TB, n, rate int, sent []atomic.Int64) {
	s.publishFrom(tb, 0, n, rate, sent)
}

// publishFrom is publishAt for n messages from a first one on.
func (s *stage) publishFrom(tb testing.TB, first, n, rate int, sent []atomic.Int64) {
	subject, start := contract.OperatorSubject("demo"), time.Now()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for i := first; i < first+n; {
		due := min(first+int(time.Since(start).Seconds()*float64(rate))+1, first+n)
		for ; i < due; i++ {
			sent[i].Store(time.Now().UnixNano())
			if _, err := s.js.PublishAsync(subject, s.command(i), jetstream.WithMsgID("m"+strconv.Itoa(i)), jetstream.WithStallWait(time.Minute)); err != nil {
				tb.Fatal(err)
			}
		}
		<-tick.C
	}
}

// receiptCount counts final events.
type receiptCount struct {
	n    atomic.Int64
	more chan struct{}
}

func (s *stage) countReceipts(tb testing.TB, each func(i int)) *receiptCount {
	tb.Helper()
	c := &receiptCount{more: make(chan struct{}, 1)}
	consumer, err := s.js.OrderedConsumer(tb.Context(), contract.StreamEvents, jetstream.OrderedConsumerConfig{FilterSubjects: []string{contract.SubjectDLRInbound}})
	if err != nil {
		tb.Fatal(err)
	}
	running, err := consumer.Consume(func(m jetstream.Msg) {
		if each != nil {
			_, rest, _ := strings.Cut(string(m.Data()), `"messageId":"m`)
			digits, _, _ := strings.Cut(rest, `"`)
			if i, err := strconv.Atoi(digits); err == nil {
				each(i)
			}
		}
		c.n.Add(1)
		select {
		case c.more <- struct{}{}:
		default:
		}
	}, jetstream.PullMaxMessages(5000))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(running.Stop)
	return c
}

func (c *receiptCount) wait(tb testing.TB, n int) {
	tb.Helper()
	for c.n.Load() < int64(n) {
		select {
		case <-c.more:
		case <-time.After(patience):
			tb.Fatalf("%d of %d receipts, and none for %v", c.n.Load(), n, patience)
		}
	}
}
