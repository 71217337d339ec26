package main

import (
	"io"
	"testing"

	"github.com/ghasi/smpp-connector/testkit/otlp"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// BenchmarkTelemetry is issue 8's figure: what metrics, traces at 1 % and logs cost
// together, on and off in one run. The two take turns, so that what else the machine
// does falls on both; cost-% is of the CPU of the whole path, peer and NATS included.
func BenchmarkTelemetry(b *testing.B) {
	const rounds = 6
	options := []smsc.Option{smsc.Compact(), smsc.SendReceipts(smsc.After(0))}
	stages := []*stage{
		setStageWith(b, nil, appOptions{log: io.Discard, mute: true}, options...),
		setStageWith(b, []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + otlp.Start(b).URL, "TRACE_SAMPLE_RATIO=0.01"}, appOptions{log: io.Discard}, options...),
	}
	var receipts []*receiptCount
	for _, s := range stages {
		receipts = append(receipts, s.countReceipts(b, nil))
	}
	n := max(b.N/rounds/2, 1)
	var cpu, rate [2]float64
	b.ResetTimer()
	for round := range rounds {
		for i, s := range stages {
			f := measured(n, func() {
				s.publish(b, round*n, (round+1)*n)
				receipts[i].wait(b, (round+1)*n)
			})
			cpu[i] += f.cpu / rounds
			rate[i] += f.rate / rounds
		}
	}
	b.ReportMetric(cpu[0], "off-cpu-µs/msg")
	b.ReportMetric(cpu[1], "on-cpu-µs/msg")
	b.ReportMetric(rate[0], "off-msgs/s")
	b.ReportMetric(rate[1], "on-msgs/s")
	b.ReportMetric(100*(cpu[1]-cpu[0])/cpu[0], "cost-%")
}
