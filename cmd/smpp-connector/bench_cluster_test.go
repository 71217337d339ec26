package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ghasi/smpp-connector/actors/event"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/operators"
	"github.com/ghasi/smpp-connector/testkit/smsc"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// BenchmarkCluster is issue 5's whole path with the real servers: publisher, NATS
// and simulator in this process, PostgreSQL and Redis beside it; ledger and
// correlations on, no receipts asked for. CPU is by process.
func BenchmarkCluster(b *testing.B) {
	c := startBench(b, smsc.Compact())
	postgres, redis := c.pg.CPUTime(), c.redis.CPUTime()
	b.ResetTimer()
	done, others := measure(b.N), c.others()
	c.publishPlain(b, 0, b.N, func(int) {})
	c.settled.wait(b, b.N)
	f, cores := done(), others()
	b.StopTimer()
	b.ReportMetric(cores, "others-cores")
	n := float64(b.N)
	b.ReportMetric(f.rate, "msgs/s")
	b.ReportMetric(f.cpu, "cpu-µs/msg")
	b.ReportMetric(f.allocs, "allocs/msg")
	b.ReportMetric(float64((c.pg.CPUTime()-postgres).Microseconds())/n, "postgres-cpu-µs/msg")
	b.ReportMetric(float64((c.redis.CPUTime()-redis).Microseconds())/n, "redis-cpu-µs/msg")
	if accepted := c.mno.Counts().Accepted; accepted != b.N {
		b.Errorf("%d of %d accepted", accepted, b.N)
	}
}

// BenchmarkClusterLatency offers a steady rate, half of the goal, and
// reports the time from the publish to the submit_sm at the simulator. It says
// something of the connector only where others-cores is near 0: at 15 000/s all of it
// needs most of a core, and where the rest is taken the commands wait in the stream.
func BenchmarkClusterLatency(b *testing.B) {
	for _, rate := range []int{1000, 15_000} {
		b.Run(fmt.Sprintf("%d_a_second", rate), func(b *testing.B) {
			// Nothing is kept of an SMS but when it came. A simulator that keeps them all copies
			// its book whenever it has outgrown it, up to 120 MB at a time, and answers nobody
			// meanwhile: 10 to 50 ms of CPU each, 0.3 s in 450 000, and a live heap to mark.
			sent, came := make([]time.Duration, b.N), make([]time.Duration, b.N)
			zero := time.Now()
			c := startBench(b, smsc.Compact(), smsc.OnSMS(func(sms *smsc.SMS) {
				if i, err := strconv.Atoi(strings.TrimPrefix(sms.Destination.Addr, "937")); err == nil && i < b.N {
					came[i] = sms.At.Sub(zero)
				}
			}))
			b.ResetTimer()
			others := c.others()
			start, tick := time.Now(), time.NewTicker(2*time.Millisecond)
			c.publishPlain(b, 0, b.N, func(i int) {
				for int(time.Since(start).Seconds()*float64(rate)) < i {
					<-tick.C
				}
				sent[i] = time.Since(zero)
			})
			took := time.Since(start)
			tick.Stop()
			c.settled.wait(b, b.N)
			b.ReportMetric(others(), "others-cores")
			b.StopTimer()
			if accepted := c.mno.Counts().Accepted; accepted != b.N {
				b.Errorf("%d of %d accepted", accepted, b.N)
			}
			waits := make([]time.Duration, b.N)
			for i := range waits {
				if came[i] == 0 {
					b.Fatalf("command %d was never submitted", i)
				}
				waits[i] = came[i] - sent[i]
			}
			slices.Sort(waits)
			b.ReportMetric(float64(waits[len(waits)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(waits[len(waits)*99/100].Microseconds()), "p99-µs")
			b.ReportMetric(float64(b.N)/took.Seconds(), "offered/s")
		})
	}
}

// benchCluster is a cluster that counts.
type benchCluster struct {
	*cluster
	settled *settledCount
}

// startBench starts everything, with a window of 100, and waits for the bind.
func startBench(b *testing.B, options ...smsc.Option) *benchCluster {
	b.Helper()
	if os.Getenv("GOGC") == "" {
		old := debug.SetGCPercent(gcPercent) // as serve has it
		b.Cleanup(func() { debug.SetGCPercent(old) })
	}
	c := &cluster{log: &lockedBuffer{}, service: operators.Start(b), redis: stack.RedisServer(b), pg: stack.PostgresServer(b)}
	settled := &settledCount{more: make(chan struct{}, 1)}
	c.listener = settled
	of(b, "nats-server", func() { c.server = stack.NATS(b, stack.WithNKey()) })
	of(b, "simulator", func() { c.mno = smsc.Start(b, append(options, smsc.SendReceipts(smsc.Never()))...) })
	c.service.Put(operators.Account("awcc", c.mno.Addr()))
	of(b, "connector", func() { c.launch(b, "SMPP_WINDOW=100") })
	of(b, "publisher", func() { c.connect(b) })
	if err := c.mno.WaitBound(b.Context(), 1); err != nil {
		b.Fatal(err)
	}
	return &benchCluster{c, settled}
}

// publishPlain publishes commands that ask for no receipt, as fast as JetStream
// takes them and each lets it.
func (c *benchCluster) publishPlain(tb testing.TB, from, to int, each func(i int)) {
	subject := contract.OperatorSubject("awcc")
	of(tb, "publisher", func() {
		for i := from; i < to; i++ {
			each(i)
			payload := fmt.Appendf(nil, `{"messageId":"m%d","to":"+937%08d","text":"%s","from":"Ghasi","registeredDelivery":0}`, i, i, hundred)
			if _, err := c.js.PublishAsync(subject, payload, jetstream.WithMsgID("m"+strconv.Itoa(i)), jetstream.WithStallWait(time.Minute)); err != nil {
				tb.Fatal(err)
			}
		}
	})
}

// others begins to count what the machine does beside the benchmark, and returns what
// says it: in cores, on average.
func (c *benchCluster) others() func() float64 {
	now := func() time.Duration { return stack.MachineTime() - cpuTime() - c.pg.CPUTime() - c.redis.CPUTime() }
	before, began := now(), time.Now()
	return func() float64 { return max(0, (now()-before).Seconds()/time.Since(began).Seconds()) }
}

// settledCount counts the commands that are settled: stored, published, and their
// acknowledgement confirmed.
type settledCount struct {
	n    atomic.Int64
	more chan struct{}
}

// On implements event.Listener.
func (s *settledCount) On(f event.Fact) {
	if f, ok := f.(event.MessagesSettled); ok {
		s.n.Add(int64(f.Count))
		select {
		case s.more <- struct{}{}:
		default:
		}
	}
}

func (s *settledCount) count() int { return int(s.n.Load()) }

func (s *settledCount) wait(tb testing.TB, n int) {
	tb.Helper()
	for s.n.Load() < int64(n) {
		select {
		case <-s.more:
		case <-time.After(time.Minute):
			tb.Fatalf("%d of %d settled, and none for a minute", s.n.Load(), n)
		}
	}
}

// of labels the CPU profile of what do does, and of all goroutines that it starts,
// so that `go tool pprof -tags` splits the CPU by stage.
func of(tb testing.TB, stage string, do func()) {
	pprof.Do(tb.Context(), pprof.Labels("stage", stage), func(context.Context) { do() })
}
