package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ghasi/smpp-connector/config"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// growthRate is what BenchmarkGrowth offers, commands a second in all.
const growthRate = 4000

// BenchmarkGrowth is issue 5's: what a message costs with one bind, with 16 binds of
// one operator, and with 100 operators, whose commands wait in one stream or in one for
// each (an operator is an MNO of its own here), everything in one process on the embedded
// default, publisher and simulator included, at the same rate in all. (As fast as it
// goes would compare how long the queues are: the longer, the larger the batches.)
func BenchmarkGrowth(b *testing.B) {
	for _, size := range []struct {
		operators, binds int
		streams          string
	}{{1, 1, config.DispatchShared}, {1, 16, config.DispatchShared}, {100, 1, config.DispatchShared}, {1, 1, config.DispatchPerMNO}, {100, 1, config.DispatchPerMNO}} {
		b.Run(fmt.Sprintf("%d_operators_%d_binds_%s", size.operators, size.binds, size.streams), func(b *testing.B) {
			if os.Getenv("GOGC") == "" {
				old := debug.SetGCPercent(gcPercent)
				b.Cleanup(func() { debug.SetGCPercent(old) })
			}
			settled := &settledCount{more: make(chan struct{}, 1)}
			s := &stage{mno: smsc.Start(b, smsc.Compact(), smsc.SendReceipts(smsc.Never()))}
			s.app = startGrown(b, s.mno.Addr(), size.operators, size.binds, size.streams, settled)
			if err := s.mno.WaitBound(b.Context(), size.operators*size.binds); err != nil {
				b.Fatal(err)
			}
			s.connect(b)
			s.publishSpread(b, 0, 10*size.operators, size.operators) // the consumers are made at the first pull
			settled.wait(b, 10*size.operators)
			b.ResetTimer()
			done := measure(b.N)
			s.publishSpread(b, 10*size.operators, 10*size.operators+b.N, size.operators)
			settled.wait(b, 10*size.operators+b.N)
			f := done()
			b.ReportMetric(f.rate, "msgs/s")
			b.ReportMetric(f.cpu, "cpu-µs/msg")
			b.ReportMetric(f.allocs, "allocs/msg")
		})
	}
}

// publishSpread publishes commands to so many operators in turn, at growthRate.
func (s *stage) publishSpread(tb testing.TB, from, to, operators int) {
	tb.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	start := time.Now()
	for i := from; i < to; i++ {
		for int(time.Since(start).Seconds()*growthRate) < i-from {
			<-tick.C
		}
		payload := fmt.Appendf(nil, `{"messageId":"m%d","to":"+937%08d","text":"%s","registeredDelivery":0}`, i, i, hundred)
		if _, err := s.js.PublishAsync(contract.OperatorSubject(operatorName(i%operators)), payload, jetstream.WithMsgID("m"+strconv.Itoa(i)), jetstream.WithStallWait(time.Minute)); err != nil {
			tb.Fatal(err)
		}
	}
}

func operatorName(i int) string { return fmt.Sprintf("op%d", i) }

// startGrown runs a standalone connector with so many operators and binds of each.
func startGrown(tb testing.TB, addr string, operators, binds int, streams string, settled *settledCount) *app {
	tb.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		tb.Fatal(err)
	}
	var file strings.Builder
	file.WriteString("operators:\n")
	for i := range operators {
		fmt.Fprintf(&file, "  - {id: %s, host: %s, port: %s, systemId: esme, password: secret, sourceAddress: Ghasi, binds: %d, window: 100}\n", operatorName(i), host, port, binds)
	}
	path := filepath.Join(tb.TempDir(), "smpp.yaml")
	if err := os.WriteFile(path, []byte(file.String()), 0o600); err != nil {
		tb.Fatal(err)
	}
	cfg, err := config.Load(path, []string{"HTTP_ADDR=127.0.0.1:0", "DEBUG_ADDR=127.0.0.1:0", "NATS_LISTEN=127.0.0.1:0", "DATA_DIR=" + tb.TempDir(), "NATS_DISPATCH_STREAMS=" + streams})
	if err != nil {
		tb.Fatal(err)
	}
	return startAppWith(tb, cfg, appOptions{log: io.Discard, listener: settled})
}
