//go:build unix

package natsjs_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// BenchmarkConsumersOfAStream is what a command costs, server in the same process, by how
// many consumers its stream has beside the one that reads it: they are idle, and the
// server asks each of them at each acknowledgement (issue 5, "Growth").
func BenchmarkConsumersOfAStream(b *testing.B) {
	for _, consumers := range []int{1, 100, 1000, 2000} {
		b.Run(fmt.Sprint(consumers), func(b *testing.B) {
			conn, _ := connected(b)
			for i := 1; i < consumers; i++ {
				if _, err := conn.Source().Open(within(b), operatorSpec("idle", fmt.Sprint("idle-", i))); err != nil {
					b.Fatal(err)
				}
			}
			c, err := conn.Source().Open(within(b), operatorSpec("awcc", "awcc"))
			if err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			before := cpuTime(b)
			for left := b.N; left > 0; left -= 100 {
				passThrough(b, conn.JetStream(), c, min(left, 100))
			}
			b.ReportMetric(float64((cpuTime(b)-before).Nanoseconds())/1e3/float64(b.N), "cpu-µs/msg")
		})
	}
}

// passThrough publishes n commands, pulls them and has them acknowledged.
func passThrough(b *testing.B, js jetstream.JetStream, c port.Consumer, n int) {
	b.Helper()
	for range n {
		if _, err := js.PublishAsync(contract.OperatorSubject("awcc"), []byte(salaamJSON)); err != nil {
			b.Fatal(err)
		}
	}
	handles := make([]port.Handle, 0, n)
	for len(handles) < n {
		_, err := c.Pull(within(b), n-len(handles), 5*time.Second, func(ds []port.Delivery) {
			for _, d := range ds {
				handles = append(handles, d.Handle)
			}
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := c.Ack(within(b), handles); err != nil {
		b.Fatal(err)
	}
}

// cpuTime is what the process has used, user and system.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
