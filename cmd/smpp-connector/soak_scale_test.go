package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// Issue 7, scale: one process with 64 binds of one MNO, and many processes with 4 binds
// each against one NATS, idle: what leases and presence cost. The long form has 50
// processes and measures for a minute.
func TestSoakScaleOfOwnership(t *testing.T) {
	besideOthers(t)
	pods, took := 3, 6*time.Second
	if soakMinutes() > 0 {
		pods, took = 50, time.Minute
	}
	for _, size := range []struct{ pods, binds int }{{1, 64}, {pods, 4 * pods}} {
		t.Run(fmt.Sprintf("%d pods, %d binds", size.pods, size.binds), func(t *testing.T) {
			f := newFleet(t, traffic{n: 1}, size.binds, smsc.BindLimit(2*size.binds))
			for range size.pods {
				f.start("POSTGRES_URL=", "ENQUIRE_LINK_INTERVAL=30s") // 50 pools would be more than PostgreSQL lets in
			}
			f.spread("started", 3*time.Minute)
			time.Sleep(took) // they come to rest
			f.cost(took)
		})
	}
}

// cost measures for a while and logs it, and holds the writes to the plan: a renewal
// every 10 s a bind, an announcement every 5 s a pod.
func (f *fleet) cost(took time.Duration) {
	f.t.Helper()
	written := func(bucket string) uint64 {
		stream, err := f.js.Stream(f.t.Context(), "KV_"+bucket)
		if err != nil {
			f.t.Fatal(err)
		}
		return stream.CachedInfo().State.LastSeq
	}
	look := func() (owners, pods uint64, nats, connectors time.Duration) {
		for _, p := range f.pods {
			connectors += processTime(f.t, p.process)
		}
		return written(contract.BucketOwners), written(contract.BucketPods), processTime(f.t, f.nats), connectors
	}
	began := time.Now()
	o1, p1, n1, c1 := look()
	time.Sleep(took) // what is measured
	o2, p2, n2, c2 := look()
	seconds := time.Since(began).Seconds()
	renewals, announcements := float64(o2-o1)/seconds, float64(p2-p1)/seconds
	f.t.Logf("%d pods, %d binds, idle: %.1f renewals/s, %.1f announcements/s; NATS %.1f %% of a core, each connector %.2f %%",
		len(f.pods), f.binds, renewals, announcements, 100*(n2-n1).Seconds()/seconds, 100*(c2-c1).Seconds()/seconds/float64(len(f.pods)))
	// A burst at an end of a short measurement counts whole, and so does one that the machine
	// has held up until it fell into it.
	if most := float64(f.binds) * (seconds/10 + 2) / seconds; renewals > most {
		f.t.Errorf("%.1f renewals/s, want at most %.1f", renewals, most)
	}
	if most := float64(len(f.pods)) * (seconds/5 + 2) / seconds; announcements > most {
		f.t.Errorf("%.1f announcements/s, want at most %.1f", announcements, most)
	}
}

// processTime is the CPU time that a process has used, from /proc.
func processTime(t *testing.T, s *stack.Server) time.Duration {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.PID()))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])) // state is the first of them
	ticks := 0
	for _, f := range fields[11:13] { // utime, stime, in hundredths of a second
		n, err := strconv.Atoi(f)
		if err != nil {
			t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
