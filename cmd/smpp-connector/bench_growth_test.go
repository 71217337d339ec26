package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ghasi/smpp-connector/config"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// BenchmarkGrowth is issue 5's: what a message costs with one bind, with 16 binds of one
// operator, and with 100 operators, whose commands wait in one stream or in one for each
// (an operator is an MNO of its own here). Everything is in one process on the embedded
// default, publisher and simulator included.
//
// Only the traffic is the same, so it has to come alike to one operator and to a hundred:
// one command at a time, at random moments and for a random operator ("paced"), or as fast
// as it goes behind a backlog ("filled"). A publisher that wakes every 2 ms gives one
// operator groups of eight, which share every write, and a hundred operators one each:
// that would measure its groups.
func BenchmarkGrowth(b *testing.B) {
	sizes := []grown{{1, 1, config.DispatchShared}, {1, 16, config.DispatchShared}, {100, 1, config.DispatchShared}, {1, 1, config.DispatchPerMNO}, {100, 1, config.DispatchPerMNO}}
	for _, load := range []growthLoad{{"paced", 4000, 0}, {"filled", 0, 50_000}} {
		for _, size := range sizes {
			b.Run(fmt.Sprintf("%s_%d_operators_%d_binds_%s", load.name, size.operators, size.binds, size.streams), func(b *testing.B) {
				s, settled := startGrown(b, size)
				traffic := &spread{stage: s, size: size, drawn: rand.New(rand.NewPCG(1, 2)), next: size.operators}
				for range load.backlog {
					traffic.publish(b)
				}
				settled.wait(b, size.operators+load.backlog/10) // all of them are at work
				b.ResetTimer()
				done, before := measure(b.N), settled.count()
				traffic.offer(b, b.N, load, func(i int) { settled.wait(b, before+i) })
				settled.wait(b, before+b.N)
				f := done()
				b.ReportMetric(f.rate, "msgs/s")
				b.ReportMetric(f.cpu, "cpu-µs/msg")
				b.ReportMetric(f.allocs, "allocs/msg")
			})
		}
	}
}

// growthLoad is how commands come: at a rate, or each for one that is settled, behind a
// backlog.
type growthLoad struct {
	name    string
	rate    float64 // a second, with the gaps of a Poisson process; 0: with the backlog
	backlog int     // commands
}

// grown is how large a connector is.
type grown struct {
	operators, binds int // binds of each operator
	streams          string
}

// startGrown runs a standalone connector of a size, all bound, with a consumer for each.
func startGrown(b *testing.B, size grown) (*stage, *settledCount) {
	b.Helper()
	if os.Getenv("GOGC") == "" {
		old := debug.SetGCPercent(gcPercent) // as serve has it
		b.Cleanup(func() { debug.SetGCPercent(old) })
	}
	settled := &settledCount{more: make(chan struct{}, 1)}
	s := &stage{mno: smsc.Start(b, smsc.Compact(), smsc.SendReceipts(smsc.Never()))}
	s.app = startAppWith(b, grownConfig(b, s.mno.Addr(), size), appOptions{log: io.Discard, listener: settled})
	if err := s.mno.WaitBound(b.Context(), size.operators*size.binds); err != nil {
		b.Fatal(err)
	}
	s.connect(b)
	var err error
	if s.js, err = jetstream.New(s.nc, jetstream.WithPublishAsyncMaxPending(2000), jetstream.WithPublishAsyncErrHandler(func(_ jetstream.JetStream, m *nats.Msg, err error) {
		fmt.Fprintf(os.Stderr, "a command for %s was not stored: %v\n", m.Subject, err) // the wait for it is in vain
	})); err != nil {
		b.Fatal(err)
	}
	for i := range size.operators { // the consumers are made at the first pull
		s.publishTo(b, i, i)
	}
	settled.wait(b, size.operators)
	return s, settled
}

// spread is traffic to operators that are drawn by lot, the same in each run.
type spread struct {
	*stage
	size  grown
	drawn *rand.Rand
	next  int // the number of the next command
}

// offer publishes n commands: at the load's rate, or the i-th when turn has returned for i.
func (s *spread) offer(b *testing.B, n int, load growthLoad, turn func(i int)) {
	b.Helper()
	runtime.LockOSThread() // nanosleep keeps to some 60 µs, a Go timer to a millisecond
	defer runtime.UnlockOSThread()
	due := time.Now()
	for i := range n {
		if load.rate == 0 {
			turn(i)
		} else {
			due = due.Add(time.Duration(s.drawn.ExpFloat64() / load.rate * float64(time.Second)))
			pause := syscall.NsecToTimespec(max(0, time.Until(due).Nanoseconds()))
			_ = syscall.Nanosleep(&pause, nil) // interrupted, it is early by little
		}
		s.publish(b)
	}
}

// publish publishes the next command.
func (s *spread) publish(b *testing.B) {
	b.Helper()
	s.publishTo(b, s.drawn.IntN(s.size.operators), s.next)
	s.next++
}

// publishTo publishes the i-th command, to an operator.
func (s *stage) publishTo(b *testing.B, operator, i int) {
	b.Helper()
	payload := fmt.Appendf(nil, `{"messageId":"m%d","to":"+937%08d","text":"%s","registeredDelivery":0}`, i, i, hundred)
	if _, err := s.js.PublishAsync(contract.OperatorSubject(operatorName(operator)), payload, jetstream.WithMsgID("m"+strconv.Itoa(i)), jetstream.WithStallWait(time.Minute)); err != nil {
		b.Fatal(err)
	}
}

func operatorName(i int) string { return fmt.Sprintf("op%d", i) }

// grownConfig is the configuration of a connector of a size.
func grownConfig(b *testing.B, addr string, size grown) *config.Config {
	b.Helper()
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		b.Fatal(err)
	}
	var file strings.Builder
	file.WriteString("operators:\n")
	for i := range size.operators {
		fmt.Fprintf(&file, "  - {id: %s, host: %s, port: %s, systemId: esme, password: secret, sourceAddress: Ghasi, binds: %d, window: 100}\n", operatorName(i), host, port, size.binds)
	}
	path := filepath.Join(b.TempDir(), "smpp.yaml")
	if err := os.WriteFile(path, []byte(file.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	cfg, err := config.Load(path, []string{"HTTP_ADDR=127.0.0.1:0", "DEBUG_ADDR=127.0.0.1:0", "NATS_LISTEN=127.0.0.1:0", "DATA_DIR=" + b.TempDir(), "NATS_DISPATCH_STREAMS=" + size.streams})
	if err != nil {
		b.Fatal(err)
	}
	return cfg
}
