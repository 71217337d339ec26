package actors

import (
	"fmt"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
)

// issue 8, Speed: what one look at a thousand binds costs, five thousand actors; the
// page takes one a second, and only while somebody watches.
func BenchmarkLookAt1000Binds(b *testing.B) {
	tree, now := newTree(), time.Now()
	for i := range 1000 {
		bind := port.BindID{MNO: fmt.Sprintf("mno%d", i/100), Direction: port.TRX, Number: i%100 + 1}
		path := "connector/operator/" + bind.MNO + "/bind/" + bind.Path()
		n, g := tree.claim(path, "bind"), newBindGauge(bind, bind.MNO, "pod-1")
		for range 10 {
			g.meter.Sent(1, now)
			g.meter.Answered(codec.StatusOK, 9*time.Millisecond)
			g.meter.Answered(codec.StatusThrottled, 9*time.Millisecond)
		}
		n.bind.Store(g)
		n.show("BOUND", now)
		for _, kind := range []string{"session", "window", "sequence", "concat"} {
			tree.claim(path+"/"+kind, kind).show("running", now)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if len(tree.Snapshot()) != 5000 {
			b.Fatal("not all of them")
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)*100, "%core")
}
