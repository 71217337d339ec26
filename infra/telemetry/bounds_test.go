package telemetry_test

import (
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/infra/telemetry"
	contract "github.com/ghasi/smpp-connector/proto"
)

// A peer chooses statuses, receipt states, violations; it must not choose how
// much memory we use. Nothing is lost: the rest is counted as "other".
func TestLabelValuesFromOutsideAreBounded(t *testing.T) {
	tel, _ := fresh(t, telemetry.Options{LogLevel: "error"})
	const n = 5_000 // more than the largest vocabulary takes
	for i := range n {
		word := fmt.Sprintf("word-%d", i)
		tel.On(event.ResponsesReceived{Bind: awcc, Responses: []event.Response{{Status: codec.Status(0x10000 + i)}}})
		tel.On(event.ReceiptsHeard{Bind: awcc, ByStatus: map[string]int{word: 1}})
		tel.On(event.ProtocolViolation{Bind: awcc, What: word})
		tel.On(event.DeadLettered{OperatorID: word, Reason: word})
		tel.On(event.ActorFailed{Path: word})
		tel.On(event.MessagesBegun{Bind: awcc, Messages: []event.Planned{{Encoding: word, Strategy: word, Segments: 1}}})
	}
	samples := scrape(t, tel)
	for name, most := range map[string]int{
		"smpp_response_status_total":                 130,
		"smpp_connector_dlr_total":                   17,
		"smpp_connector_protocol_violations_total":   33,
		"smpp_connector_actor_failures_total":        4097,
		"smpp_encoding_total":                        65,
		"smpp_connector_long_message_segments_total": 12,
	} {
		series, sum := 0, 0
		for s, value := range samples {
			if strings.HasPrefix(s, name+"{") {
				var v float64
				_, _ = fmt.Sscan(value, &v)
				series, sum = series+1, sum+int(v)
			}
		}
		if series > most || sum != n {
			t.Errorf("%s: %d series, want at most %d; they add up to %d, want %d", name, series, most, sum, n)
		}
	}
}

func TestBindsBeyondTheLimitShareASeries(t *testing.T) {
	tel, _ := fresh(t, telemetry.Options{})
	var live tree
	for i := range 4096 + 3 {
		live = append(live, port.BindGauge{Bind: port.BindID{MNO: "m", Direction: port.TX, Number: i + 1}, Inflight: 2})
	}
	tel.ReadBinds(live)
	expect(t, tel, map[string]string{
		`smpp_window_inflight{bindId="4096",direction="tx",mno="m"}`: "2",
		`smpp_window_inflight{bindId="0",direction="",mno="other"}`:  "6",
	})
}

// US-SC-027 gives smpp_concat_buffer_size no direction, so the rx and the trx bind
// 1 of an MNO share a series. Twice exported it would fail the scrape.
func TestUSSC027BufferSizeAddsUpTheDirections(t *testing.T) {
	tel, _ := fresh(t, telemetry.Options{})
	tel.ReadBinds(tree{{Bind: awcc, ConcatGroups: 2}, {Bind: port.BindID{MNO: "awcc", Direction: port.RX, Number: 1}, ConcatGroups: 3}})
	expect(t, tel, map[string]string{`smpp_concat_buffer_size{bindId="1",mno="awcc"}`: "5"})
}

func TestFactsFromManyGoroutinesAddUp(t *testing.T) {
	tel, _ := fresh(t, telemetry.Options{LogLevel: "error"})
	tel.ReadBinds(tree{{Bind: awcc, Inflight: 1}})
	const goroutines, each = 8, 200
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			for range each {
				for _, f := range everyFact() {
					tel.On(f)
				}
			}
		})
	}
	for range 5 {
		scrape(t, tel)
	}
	wg.Wait()
	const b = `bindId="1",direction="trx",mno="awcc"`
	expect(t, tel, map[string]string{
		`smpp_response_status_total{bindId="1",direction="trx",esme_status="ESME_ROK",mno="awcc"}`: fmt.Sprint(goroutines * each * 2),
		`smpp_connector_submit_duration_seconds_count{` + b + `}`:                                  fmt.Sprint(goroutines * each * 3),
	})
	bound := 0
	for series, value := range scrape(t, tel) {
		if strings.HasPrefix(series, "smpp_connector_sessions_total{") && value == "1" {
			bound++
		}
	}
	if bound != 1 {
		t.Errorf("the bind is in %d states", bound)
	}
}

// answers is a batch as a session publishes it.
func answers(n int) event.ResponsesReceived {
	f := event.ResponsesReceived{Bind: awcc, Responses: make([]event.Response, n)}
	for i := range f.Responses {
		f.Responses[i] = event.Response{Status: codec.StatusOK, Took: 12 * time.Millisecond}
	}
	f.Responses[0].Status = codec.StatusThrottled
	f.Responses[n-1].Status = 0x0450 // a vendor's own
	return f
}

func TestRecordingAnswersAllocatesNothing(t *testing.T) {
	tel, _ := fresh(t, telemetry.Options{})
	var f event.Fact = answers(16)
	if allocs := testing.AllocsPerRun(100, func() { tel.On(f) }); allocs != 0 {
		t.Errorf("%v allocations a batch, want 0", allocs)
	}
}

func BenchmarkResponsesReceived(b *testing.B) {
	for _, n := range []int{1, 16, 100} {
		b.Run(fmt.Sprintf("batch=%d", n), func(b *testing.B) {
			tel, _ := fresh(b, telemetry.Options{})
			var f event.Fact = answers(n)
			b.ReportAllocs()
			for b.Loop() {
				tel.On(f)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/answer")
		})
	}
}

// begun is n messages that begin together, as they do behind one another.
func begun(n int) event.MessagesBegun {
	f := event.MessagesBegun{Bind: awcc}
	for i := range n {
		f.Messages = append(f.Messages, event.Planned{Encoding: "GSM7", Segments: 1, Lane: contract.P1, Waited: time.Duration(6000+i) * time.Microsecond})
	}
	return f
}

func TestRecordingMessagesAllocatesNothing(t *testing.T) {
	tel, _ := fresh(t, telemetry.Options{})
	var f event.Fact = begun(16)
	if allocs := testing.AllocsPerRun(100, func() { tel.On(f) }); allocs != 0 {
		t.Errorf("%v allocations a batch, want 0", allocs)
	}
}

// Binds whose places in the short way fall together keep their own series.
func TestBindsOfOnePlaceAreToldApart(t *testing.T) {
	tel, _ := fresh(t, telemetry.Options{})
	receiver := port.BindID{MNO: awcc.MNO, Direction: port.RX, Number: awcc.Number}
	for range 3 {
		tel.On(event.OutcomeUnknown{Bind: awcc, Segments: 1})
		tel.On(event.OutcomeUnknown{Bind: receiver, Segments: 10})
	}
	expect(t, tel, map[string]string{
		`smpp_connector_submits_total{bindId="1",direction="trx",mno="awcc",outcome="unknown"}`: "3",
		`smpp_connector_submits_total{bindId="1",direction="rx",mno="awcc",outcome="unknown"}`:  "30",
	})
}

// Whatever mixture of lanes and waits a batch is, each message is counted once, in its
// own bucket; one of which nobody knows when it was stored in none.
func TestEveryWaitIsCountedOnce(t *testing.T) {
	tel, _ := fresh(t, telemetry.Options{})
	var f event.MessagesBegun
	f.Bind = awcc
	for _, m := range []struct {
		lane   contract.Lane
		waited time.Duration
	}{
		{contract.P1, 0}, {contract.P1, time.Millisecond}, {contract.P1, time.Millisecond + 1}, {contract.P0, time.Millisecond}, {contract.P1, -1},
		{contract.P1, time.Millisecond}, {contract.P1, 25 * time.Hour}, {contract.P1, 72 * time.Hour}, {contract.P3, -1},
	} {
		f.Messages = append(f.Messages, event.Planned{Encoding: "GSM7", Segments: 1, Lane: m.lane, Waited: m.waited})
	}
	tel.On(f)
	const of = `smpp_connector_dispatch_wait_seconds_`
	expect(t, tel, map[string]string{
		of + `bucket{direction="trx",lane="P1",mno="awcc",le="0.001"}`:  "3",
		of + `bucket{direction="trx",lane="P1",mno="awcc",le="0.0025"}`: "4",
		of + `bucket{direction="trx",lane="P1",mno="awcc",le="86400"}`:  "4",
		of + `count{direction="trx",lane="P1",mno="awcc"}`:              "6",
		of + `count{direction="trx",lane="P0",mno="awcc"}`:              "1",
	})
	for series := range scrape(t, tel) {
		if strings.Contains(series, `lane="P3"`) {
			t.Errorf("%s: there is no wait that is known", series)
		}
	}
}

func BenchmarkMessagesBegun(b *testing.B) {
	for _, n := range []int{1, 16, 100} {
		b.Run(fmt.Sprintf("batch=%d", n), func(b *testing.B) {
			tel, _ := fresh(b, telemetry.Options{})
			var f event.Fact = begun(n)
			b.ReportAllocs()
			for b.Loop() {
				tel.On(f)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/message")
		})
	}
}

// issue 7: /metrics with 1 000 binds under 50 ms.
func BenchmarkScrapeOf1000Binds(b *testing.B) {
	tel, _ := fresh(b, telemetry.Options{LogLevel: "error"})
	var live tree
	for i := range 1000 {
		bind := port.BindID{MNO: fmt.Sprintf("mno%d", i/100), Direction: port.TRX, Number: i%100 + 1}
		live = append(live, port.BindGauge{Bind: bind, Inflight: i})
		tel.On(event.BindStateChanged{Bind: bind, To: "BOUND"})
		tel.On(event.ResponsesReceived{Bind: bind, Responses: []event.Response{{}, {Status: codec.StatusThrottled}}})
	}
	tel.ReadBinds(live)
	b.ReportAllocs()
	var began, ended syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &began)
	for b.Loop() {
		scrapeRaw(b, tel)
	}
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &ended) // the time on the wall is other processes' too
	b.ReportMetric(float64(ended.Utime.Nano()+ended.Stime.Nano()-began.Utime.Nano()-began.Stime.Nano())/float64(b.N)/1e6, "cpu-ms/scrape")
}
