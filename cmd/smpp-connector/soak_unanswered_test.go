package main

import (
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// Issue 5: a peer that leaves 1 % of the submits unanswered. In-flight comes back
// to 0, memory stays flat, nothing is lost, and each submit of unknown outcome is
// made again once and marked.
func TestSoakUnanswered(t *testing.T) {
	besideOthers(t) // it waits most of the time, before what was unanswered twice is submitted a third time
	messages := 20_000
	if minutes := soakMinutes(); minutes > 0 {
		messages = 100_000 * minutes
	}
	s := newSoak(t, traffic{n: messages}, []string{"RESPONSE_TIMEOUT=200ms", "DISPATCH_ACK_WAIT=5s"}, smsc.LoseAnswers(1, soakRandom(t).Uint64()))
	out := sendOut(s.js, s.traffic, 0)
	defer out.close()
	began := time.Now()
	read := s.watchMemory()
	s.finish(time.Minute)
	took, resident := time.Since(began), read()

	ambiguous := s.checkEvents()
	s.checkRows()
	unanswered, repeats := s.mno.Counts().AnswersLost, s.arrived.repeats()
	unknown := int(s.metric("smpp_connector_submits_total", `outcome="unknown"`))
	// An answer that a busy machine has brought after 200 ms may have come before the submit
	// was made again: then it is not.
	late := int(s.metric("smpp_connector_late_answers_total"))
	if unanswered == 0 || unknown < unanswered || repeats > unknown || repeats < unknown-late {
		t.Errorf("%d answers left out, %d outcomes unknown to the connector, %d answers late, %d SMS submitted again", unanswered, unknown, late, repeats)
	}
	middle, end := median(resident, 40, 60), median(resident, 80, 100)
	if limit := 1.15*middle + 10; soakMinutes() > 0 && end > limit {
		t.Errorf("memory is not flat: %.0f MB in the middle, %.0f MB at the end", middle, end)
	}
	t.Logf("%d messages in %.1f s: %.0f messages/s; %d answers left out, %d unknown, %d late, %d SMS twice, %d messages marked ambiguous",
		s.n, took.Seconds(), float64(s.n)/took.Seconds(), unanswered, unknown, late, repeats, ambiguous)
	t.Logf("memory: %.0f MB in the middle, %.0f MB at the end, at most %.0f MB", middle, end, slices.Max(resident))
}

// watchMemory reads what the connector has resident, in MB, until it is asked what
// it has read. There is one reading at least.
func (s *soak) watchMemory() (read func() []float64) {
	var list []float64
	stop, done := make(chan struct{}), make(chan struct{})
	pid := s.connector.PID()
	go func() {
		defer close(done)
		for tick := time.NewTicker(100 * time.Millisecond); ; <-tick.C {
			list = append(list, residentMB(pid))
			select {
			case <-stop:
				tick.Stop()
				return
			default:
			}
		}
	}()
	return func() []float64 { close(stop); <-done; return list }
}

// residentMB is the resident memory of a process; 0 where there is no /proc.
func residentMB(pid int) float64 {
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	var size, resident float64
	if err == nil {
		_, err = fmt.Sscan(string(statm), &size, &resident)
	}
	if err != nil {
		return 0
	}
	return resident * float64(os.Getpagesize()) / 1e6
}

// median of the part of a list between two percentages.
func median(list []float64, from, to int) float64 {
	part := slices.Sorted(slices.Values(list[len(list)*from/100 : max(len(list)*to/100, len(list)*from/100+1)]))
	return part[len(part)/2]
}
