package natsjs_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
)

// openGroups is issue 6's figure: so many open messages in less than 100 MiB.
const openGroups = 100_000

// BenchmarkOpenGroups fills the bucket with messages that wait for their second part,
// 134 octets of which are there, and reports what they take of the heap, the server
// in the same process, and how long the pods' look for what is due takes.
func BenchmarkOpenGroups(b *testing.B) {
	conn, _ := connected(b)
	store := conn.Concats()
	body := []byte(strings.Repeat("x", 134))
	next := 0
	for b.Loop() {
		before := heap()
		for range openGroups / 500 {
			arrivals := make([]port.ConcatArrival, 500)
			for i := range arrivals {
				next++
				arrivals[i] = port.ConcatArrival{Key: port.ConcatKey{MNO: "awcc", Originator: fmt.Sprintf("937%08d", next), Destination: "1234", Reference: 77, Total: 2},
					Part: port.ConcatPart{Index: 1, Header: []byte{5, 0, 3, 77, 2, 1}, Body: body}, Bind: port.BindID{MNO: "awcc", Direction: port.TRX, Number: 1}, At: time.Now(), Window: time.Hour}
			}
			for _, kept := range store.Keep(within(b), arrivals) {
				if kept.Err != nil {
					b.Fatal(kept.Err)
				}
			}
		}
		b.ReportMetric(float64(heap()-before)/(1<<20), "MiB")
		began := time.Now()
		if due, _, err := store.Claim(within(b), time.Now(), func(string) bool { return true }); err != nil || len(due) != 0 {
			b.Fatalf("%d are due, %v", len(due), err)
		}
		b.ReportMetric(float64(time.Since(began).Milliseconds()), "ms/look")
	}
	b.ReportMetric(float64(b.N*openGroups)/b.Elapsed().Seconds(), "parts/s")
}

// heap is what is live.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
