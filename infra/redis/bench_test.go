package redis_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/infra/redis"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// openGroups is issue 6's figure: so many open messages in less than 100 MiB.
const openGroups = 100_000

// BenchmarkOpenGroups fills Redis with messages that wait for their second part, 134
// octets of which are there, and reports what they take of its memory, and how fast
// they come.
func BenchmarkOpenGroups(b *testing.B) {
	for name, tlvs := range map[string]codec.TLVs{"without TLVs": nil, "with one": {{Tag: 0x1403, Value: []byte("41201")}}} {
		b.Run(name, func(b *testing.B) { openedGroups(b, tlvs) })
	}
}

func openedGroups(b *testing.B, tlvs codec.TLVs) {
	url := stack.RedisServer(b).URL
	store := open(b, redis.Options{URL: url, PartTimeout: 10 * time.Second})
	conn, err := rueidis.NewClient(rueidis.MustParseURL(url))
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	body := []byte(strings.Repeat("x", 134))
	next := 0
	for b.Loop() {
		before := usedMemory(b, conn)
		for range openGroups / 500 {
			arrivals := make([]port.ConcatArrival, 500)
			for i := range arrivals {
				next++
				arrivals[i] = port.ConcatArrival{Key: port.ConcatKey{MNO: "awcc", Originator: fmt.Sprintf("937%08d", next), Destination: "1234", Reference: 77, Total: 2}, TLVs: tlvs,
					Part: port.ConcatPart{Index: 1, Header: []byte{5, 0, 3, 77, 2, 1}, Body: body}, Bind: port.BindID{MNO: "awcc", Direction: port.TRX, Number: 1}, At: time.Now(), Window: time.Hour}
			}
			for _, kept := range store.Keep(b.Context(), arrivals) {
				if kept.Err != nil {
					b.Fatal(kept.Err)
				}
			}
		}
		b.ReportMetric(float64(usedMemory(b, conn)-before)/(1<<20), "MiB")
	}
	b.ReportMetric(float64(b.N*openGroups)/b.Elapsed().Seconds(), "parts/s")
}

func usedMemory(b *testing.B, conn rueidis.Client) (n int) {
	b.Helper()
	info, err := conn.Do(b.Context(), conn.B().Info().Section("memory").Build()).ToString()
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(info, "used_memory:")
	if _, err := fmt.Sscan(rest, &n); err != nil {
		b.Fatal(err)
	}
	return n
}
