package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// holding is what a process holds at a moment.
type holding struct {
	goroutines, files, megabytes float64
}

func (h holding) String() string {
	return fmt.Sprintf("%.0f goroutines, %.0f files, %.1f MB resident", h.goroutines, h.files, h.megabytes)
}

// leaks reports whether it is more than what comes and goes with requests: a leak of one
// of anything a cycle is far above this.
func (h holding) leaks(first holding) bool {
	return h.goroutines > first.goroutines+60 || h.files > first.files+10
}

// Issue 4, Speed and memory: 10 000 times the line is cut, with messages on it, and
// the bind made again: goroutines, files and memory stay what they were after the
// first tenth. The short form has 200.
func TestSoakReconnects(t *testing.T) {
	cycles, mostGrowth := 200, 100.0 // MB: a process that has just begun still grows to its working size
	if soakMinutes() > 0 {
		cycles, mostGrowth = 10_000, 30
	}
	mno, server := smsc.Start(t, smsc.Compact()), stack.NATSProcess(t)
	host, port := mno.HostPort()
	s := &soak{t: t, mno: mno, nats: server, http: stack.FreeAddr(t)}
	s.connector = stack.Process(t, stack.Spec{
		Name:    "smpp-connector",
		Command: []string{stack.Build(t, connectorPackage), "serve"},
		Env: []string{"OPERATOR_IDS=awcc", "SMPP_HOST=" + host, "SMPP_PORT=" + strconv.Itoa(port), "SMPP_SYSTEM_ID=esme", "SMPP_PASSWORD=secret", "SMPP_SOURCE_ADDRESS=Ghasi",
			"NATS_URL=" + server.URL, "HTTP_ADDR=" + s.http, "DEBUG_ADDR=" + stack.FreeAddr(t), "BACKOFF=1ms"},
		Ready: answersHealth(s.http),
	})
	s.connector.Start()
	s.connect()
	// Messages of which the line is cut, but few: what is remembered of messages (for
	// copies and for receipts) has bounds of its own, far above these.
	const every, each = 20, 10
	sent := 0
	var first holding
	for cycle := 1; cycle <= cycles; cycle++ {
		s.bindsReach(cycle)
		if cycle%every == 0 {
			s.sendSome(cycle, each)
			sent += each
		}
		if cycle == max(cycles/10, 100) {
			first = s.holds()
		}
		mno.Do(smsc.DropLine())
	}
	s.bindsReach(cycles + 1)
	<-s.js.PublishAsyncComplete()
	left := uint64(1)
	s.await("every command is settled", time.Minute, func() bool {
		info, err := s.dispatch()
		if err == nil {
			left = info.State.Msgs
		}
		return err == nil && left == 0
	}, func() int64 { return int64(left) })
	last := s.holds()
	// A request that was withdrawn with its line has a goroutine for half a second more,
	// which gives back what comes late; a leak stays.
	for began := time.Now(); last.leaks(first) && time.Since(began) < patience; last = s.holds() {
		time.Sleep(100 * time.Millisecond) // until then
	}
	t.Logf("after %d cycles: %v; after %d: %v; %d SMS of %d messages", max(cycles/10, 100), first, cycles, last, mno.Counts().Accepted, sent)
	if last.leaks(first) || last.megabytes > first.megabytes+mostGrowth {
		t.Errorf("it grows: %v, then %v", first, last)
	}
	if got := mno.Counts().Accepted; got < sent {
		t.Errorf("%d SMS of %d messages", got, sent)
	}
	s.connector.Stop()
}

func (s *soak) sendSome(cycle, n int) {
	s.t.Helper()
	for i := range n {
		command := fmt.Sprintf(`{"messageId":"c%d-%d","to":"93700%06d","text":"cut %d"}`, cycle, i, cycle, cycle)
		if _, err := s.js.PublishAsync(contract.OperatorSubject("awcc"), []byte(command)); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *soak) bindsReach(n int) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	if err := s.mno.WaitFor(ctx, func(c *smsc.Counts) bool { return c.Binds >= n }); err != nil {
		s.t.Fatalf("bind %d: %v", n, err)
	}
}

// holds looks at the connector's process.
func (s *soak) holds() holding {
	s.t.Helper()
	files, err := os.ReadDir("/proc/" + strconv.Itoa(s.connector.PID()) + "/fd")
	if err != nil {
		s.t.Fatal(err)
	}
	return holding{goroutines: s.metric("go_goroutines"), files: float64(len(files)), megabytes: resident(s.t, s.connector.PID()) / 1e6}
}
