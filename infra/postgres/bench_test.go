package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/infra/postgres"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// benched is a store on a server with fsync on: what production pays.
func benched(b *testing.B) *postgres.DB {
	return benchedOn(b, stack.PostgresServer(b, stack.Durable()))
}

func benchedOn(b *testing.B, server *stack.Server) *postgres.DB {
	db := open(b, server.URL)
	eventually(b, func() error { return db.Save(b.Context(), one("first")) })
	return db
}

// batch makes n rows with ids that nobody had before.
func batch(n int, from *int) []port.Correlation {
	at := time.Now()
	rows := make([]port.Correlation, n)
	for i := range rows {
		*from++
		rows[i] = row(fmt.Sprintf("%016X", *from*2654435761), fmt.Sprintf("7d6c2d3c-6f0f-4b5f-9f57-%012d", *from))
		rows[i].SubmittedAt, rows[i].ExpiresAt = at, at.Add(72*time.Hour)
		rows[i].Fingerprint = "1:0123456789abcdef"
		rows[i].Trace.Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	}
	return rows
}

func perRow(b *testing.B, n int) {
	b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/row")
}

func BenchmarkSave(b *testing.B) {
	for _, n := range []int{1, 50, 500} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			server := stack.PostgresServer(b, stack.Durable())
			db, next := benchedOn(b, server), 0
			b.ReportAllocs()
			before := server.CPUTime()
			for b.Loop() {
				b.StopTimer()
				rows := batch(n, &next)
				b.StartTimer()
				save(b, db, rows...)
			}
			perRow(b, n)
			b.ReportMetric(float64((server.CPUTime()-before).Microseconds())/float64(b.N*n), "server-cpu-µs/row")
		})
	}
}

// Four batches at a time, as the group commit of four connections has them.
func BenchmarkSaveFourAtOnce(b *testing.B) {
	const n = 500
	db, next := benched(b), 0
	var batches [][]port.Correlation
	for range 4 * max(1, b.N) {
		batches = append(batches, batch(n, &next))
	}
	b.ResetTimer()
	done := make(chan error)
	for w := range 4 {
		go func() {
			var err error
			for i := w; i < len(batches) && err == nil; i += 4 {
				err = db.Save(b.Context(), batches[i])
			}
			done <- err
		}()
	}
	for range 4 {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	perRow(b, 4*n)
}

func BenchmarkFind(b *testing.B) {
	for _, n := range []int{1, 100, 500} {
		b.Run(fmt.Sprint(n), func(b *testing.B) { read(b, n, findAll) })
	}
}

func BenchmarkMark(b *testing.B) {
	for _, n := range []int{1, 100, 500} {
		b.Run(fmt.Sprint(n), func(b *testing.B) { read(b, n, markAll) })
	}
}

func findAll(b *testing.B, db *postgres.DB, keys []port.CorrelationKey) {
	found, err := db.Find(b.Context(), keys)
	if err != nil || found[0] == nil {
		b.Fatalf("find: %v", err)
	}
}

func markAll(b *testing.B, db *postgres.DB, keys []port.CorrelationKey) {
	marks := make([]port.Mark, len(keys))
	for i, k := range keys {
		marks[i] = port.Mark{Key: k, State: 2, Final: true}
	}
	if err := db.Mark(b.Context(), marks); err != nil {
		b.Fatal(err)
	}
}

// read fills the table with 200 000 rows and asks for n of them at a time.
func read(b *testing.B, n int, ask func(*testing.B, *postgres.DB, []port.CorrelationKey)) {
	db, next := benched(b), 0
	var keys []port.CorrelationKey
	for range 100 {
		rows := batch(2000, &next)
		save(b, db, rows...)
		for _, r := range rows {
			keys = append(keys, r.Key())
		}
	}
	at := 0
	b.ReportAllocs()
	for b.Loop() {
		if at+n > len(keys) {
			at = 0
		}
		ask(b, db, keys[at:at+n])
		at += n
	}
	perRow(b, n)
}

func BenchmarkParts(b *testing.B) {
	db, next := benched(b), 0
	rows := batch(2000, &next)
	save(b, db, rows...)
	for b.Loop() {
		if parts, err := db.Parts(b.Context(), "awcc", rows[1000].MessageID); err != nil || len(parts) != 1 {
			b.Fatalf("parts: %d, %v", len(parts), err)
		}
	}
}
