package recorder

import (
	"testing"

	"github.com/ghasi/smpp-connector/codec"
)

// What the hot path pays. A message costs a submit_sm in a written batch and its
// response in a read: the sum of the two ns/PDU. 3 % of throughput, the most it may
// cost, are 600 ns at 50 000 messages a second.

func perPDU(b *testing.B, pdus int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(pdus), "ns/PDU")
	b.ReportAllocs()
}

// A write call of 100 submit_sm, as the link's writer makes them under load.
func BenchmarkRecordBatch(b *testing.B) {
	l := New(0).Connect(noon, "")
	batch := batchOf(100)
	b.SetBytes(int64(len(batch)))
	for b.Loop() {
		l.Record(Out, noon, batch)
	}
	perPDU(b, 100)
}

func BenchmarkCopyBatch(b *testing.B) {
	batch := batchOf(100)
	to := make([]byte, len(batch))
	b.SetBytes(int64(len(batch)))
	for b.Loop() {
		copy(to, batch)
	}
	perPDU(b, 100)
}

// A read of 100 submit_sm_resp that begins and ends inside a PDU.
func BenchmarkRecordReads(b *testing.B) {
	l := New(0).Connect(noon, "")
	var batch []byte
	for i := range 100 {
		batch = codec.Append(batch, &codec.SubmitSMResp{Header: codec.Header{Sequence: uint32(i)}, MessageID: "0a1b2c3d-4e5f"})
	}
	l.Record(In, noon, batch[:20])
	batch = append(batch[20:len(batch):len(batch)], batch[:20]...)
	b.SetBytes(int64(len(batch)))
	for b.Loop() {
		l.Record(In, noon, batch)
	}
	perPDU(b, 100)
}

// The worst case: a call for each PDU.
func BenchmarkRecordOne(b *testing.B) {
	l := New(0).Connect(noon, "")
	one := batchOf(1)
	for b.Loop() {
		l.Record(Out, noon, one)
	}
	perPDU(b, 1)
}

// A reader and a writer at once, each with batches.
func BenchmarkRecordContended(b *testing.B) {
	l := New(0).Connect(noon, "")
	batch := batchOf(100)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			l.Record(Out, noon, batch)
		}
	})
	perPDU(b, 100)
}

func BenchmarkRecordOff(b *testing.B) {
	var l *Line
	batch := batchOf(100)
	for b.Loop() {
		l.Record(Out, noon, batch)
	}
	perPDU(b, 100)
}

// What a look costs: the copy under the lock is a small part of it.
func BenchmarkSnapshot(b *testing.B) {
	r := New(0)
	l := r.Connect(noon, "")
	for range 10 {
		l.Record(Out, noon, batchOf(100))
	}
	for b.Loop() {
		r.Snapshot(codec.LastThree)
	}
	perPDU(b, len(r.Snapshot(codec.LastThree).PDUs))
}
