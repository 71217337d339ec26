package main

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"
)

// BenchmarkLine is issue 5's "one bind, session and window only": ours, with
// window, ledger, sequence numbers, timeouts, metrics and flight recorder on,
// beside a raw socket that writes one ready PDU a write, and one that batches, in
// one run against the same peer. x-raw is our rate over the raw client's. CPU is
// that of the process, peer included.
func BenchmarkLine(b *testing.B) {
	for _, window := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("window_%d", window), func(b *testing.B) {
			addr := fastPeer(b)
			raw := measured(b.N, func() { rawClient(b, addr, window, b.N, false) })
			batched := measured(b.N, func() { rawClient(b, addr, window, b.N, true) })
			b.ResetTimer()
			ours := driveLine(b, addr, window, b.N)
			b.ReportMetric(ours.rate, "msgs/s")
			b.ReportMetric(ours.cpu, "cpu-µs/msg")
			b.ReportMetric(ours.allocs, "allocs/msg")
			b.ReportMetric(raw.rate, "raw-msgs/s")
			b.ReportMetric(raw.cpu, "raw-cpu-µs/msg")
			b.ReportMetric(batched.rate, "batched-msgs/s")
			b.ReportMetric(batched.cpu, "batched-cpu-µs/msg")
			b.ReportMetric(ours.rate/raw.rate, "x-raw")
		})
	}
}

// figures are what one run took, by message.
type figures struct{ rate, cpu, allocs float64 }

func measured(n int, run func()) figures {
	done := measure(n)
	run()
	return done()
}

// measure begins a measurement of n messages, and returns what ends it.
func measure(n int) (done func() figures) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu, began := cpuTime(), time.Now()
	return func() figures {
		took, used := time.Since(began), cpuTime()-cpu
		runtime.ReadMemStats(&after)
		return figures{float64(n) / took.Seconds(), float64(used.Nanoseconds()) / 1000 / float64(n), float64(after.Mallocs-before.Mallocs) / float64(n)}
	}
}

// driveLine is `smpp-connector bench` against addr, in this process.
func driveLine(tb testing.TB, addr string, window, messages int) (f figures) {
	tb.Helper()
	in := benching{addr: addr, window: window, messages: messages, to: "93700000001", text: hundred, bind: "trx", timeout: 10 * time.Minute}
	ran, err := in.drive(context.Background(), func() (stop func()) {
		done := measure(messages)
		return func() { f = done() }
	})
	if err != nil {
		tb.Fatal(err)
	}
	if ran.Accepted != messages {
		tb.Fatalf("%d of %d accepted: %+v", ran.Accepted, messages, ran)
	}
	return f
}

// BenchmarkRecorder is what the flight recorder takes of a line's throughput, by CPU
// a message: the least of five runs with and five without, in turn, because what
// else the machine does only ever adds.
func BenchmarkRecorder(b *testing.B) {
	addr := fastPeer(b)
	least := map[string]float64{}
	for range 5 {
		for _, octets := range []string{"0", "65536"} {
			b.Setenv("RECORDER_OCTETS", octets)
			cpu := driveLine(b, addr, 100, b.N).cpu
			if least[octets] == 0 || cpu < least[octets] {
				least[octets] = cpu
			}
		}
	}
	b.ReportMetric(least["0"], "off-cpu-µs/msg")
	b.ReportMetric(least["65536"], "on-cpu-µs/msg")
	b.ReportMetric(1000*(least["65536"]-least["0"]), "recorder-ns/msg")
}
