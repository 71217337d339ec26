package telemetry

import (
	"sync"

	"go.opentelemetry.io/otel/attribute"

	"github.com/ghasi/smpp-connector/actors/port"
)

// Egress says where the process goes out to MNOs from (US-SC-032, 034). It is what
// the deployment knows: from behind a NAT nobody sees the address that the MNO sees.
type Egress struct {
	Pool           string   // "default" when empty
	IPs            []string // of the pool, as MNOs see them; none: our end of each line is shown
	BytesPerSecond int      // that the pool may carry, all its pods together; 0: no budget
}

// egress adds up by MNO and pool what the tree tells by bind. The octets are
// counted here and not summed at each look: a bind that moves to another pod would
// take its octets out of the sum, and a counter that falls reads as a new process.
type egress struct {
	Egress

	mu      sync.Mutex // several readers look at once
	counted map[port.BindID]uint64
}

func (e *egress) begin(r *recorder, o Egress) {
	e.Egress, e.counted = o, make(map[port.BindID]uint64)
	if e.Pool == "" {
		e.Pool = "default"
	}
	if e.BytesPerSecond > 0 {
		r.of(egressBudget).cell(e.Pool).set(e.BytesPerSecond)
	}
}

// read counts what each bind has written since the last look, and puts what is
// true now into live.
func (e *egress) read(r *recorder, tree port.BindGauges, live map[metricID][]liveValue) {
	e.mu.Lock()
	defer e.mu.Unlock()
	seen := make(map[port.BindID]uint64, len(e.counted))
	shown := map[[2]string]bool{} // mno, ip
	tree.EachBind(func(g port.BindGauge) {
		mno := r.bind(g.Bind).values[0]
		more := g.BytesWritten
		if before := e.counted[g.Bind]; before <= more { // else the bind left and came back
			more -= before
		}
		seen[g.Bind] = g.BytesWritten
		r.of(egressBytes).cell(mno, e.Pool).add(int(more))
		live[connections] = append(live[connections], liveValue{attribute.NewSet(attribute.String("mno", mno), attribute.String("pool", e.Pool)), "", int64(g.Connections)})
		for _, ip := range e.addresses(g) {
			if !shown[[2]string{mno, ip}] {
				shown[[2]string{mno, ip}] = true
				live[egressInfo] = append(live[egressInfo], liveValue{attribute.NewSet(attribute.String("mno", mno), attribute.String("pool", e.Pool), attribute.String("ip", ip)), "", 1})
			}
		}
	})
	e.counted = seen
}

func (e *egress) addresses(g port.BindGauge) []string {
	if len(e.IPs) > 0 || g.SourceIP == "" {
		return e.IPs
	}
	return []string{g.SourceIP}
}
