package vitals_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/vitals"
	"github.com/ghasi/smpp-connector/codec"
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

func TestTheRateIsOfTheLastWholeSecond(t *testing.T) {
	var m vitals.Meter
	for i, c := range []struct {
		at   time.Duration
		send int
		want int
	}{
		{0, 30, 0},                         // the first second is not whole yet
		{900 * time.Millisecond, 20, 0},    //
		{1100 * time.Millisecond, 7, 50},   // 30 + 20
		{1900 * time.Millisecond, 0, 50},   //
		{2000 * time.Millisecond, 0, 7},    // nothing was sent in it, and it counts all the same
		{3000 * time.Millisecond, 0, 0},    //
		{60000 * time.Millisecond, 4, 0},   // after a pause
		{61000 * time.Millisecond, 1, 4},   //
		{3600 * time.Second, 1 << 21, 0},   // more than a second can hold is cut, and spoils nothing
		{3601 * time.Second, 2, 1<<20 - 1}, //
	} {
		if c.send > 0 {
			m.Sent(c.send, noon.Add(c.at))
		}
		if got := m.Rate(noon.Add(c.at)); got != c.want {
			t.Errorf("step %d, after %v: %d PDUs a second, want %d", i, c.at, got, c.want)
		}
	}
}

func TestQuantilesAreRightWithinAnEighth(t *testing.T) {
	for _, took := range []time.Duration{70 * time.Microsecond, time.Millisecond, 12 * time.Millisecond, 300 * time.Millisecond, 5 * time.Second, 40 * time.Second} {
		var m vitals.Meter
		var h vitals.History
		for range 99 {
			m.Answered(codec.StatusOK, took)
		}
		m.Answered(codec.StatusOK, 0)
		m.Answered(codec.StatusOK, time.Hour) // beyond the last bucket
		want := float32(took.Microseconds()) / 1000
		got := h.Recent(&m)
		for name, ms := range map[string]float32{"p50": got.P50Ms, "p99": got.P99Ms} {
			if ms < want*0.87 || ms > want*1.13 {
				t.Errorf("%s of answers after %v: %v ms", name, took, ms)
			}
		}
	}
}

func TestRecentForgetsWhatIsTwoMinutesOld(t *testing.T) {
	var m vitals.Meter
	var h vitals.History
	now := noon
	pass := func(d time.Duration) {
		for end := now.Add(d); now.Before(end); {
			now = now.Add(vitals.SampleEvery)
			h.Take(&m, "BOUND", 3, 10, now)
		}
	}
	pass(vitals.SampleEvery)
	for range 10 {
		m.Answered(codec.StatusThrottled, 2*time.Second)
	}
	pass(time.Minute)
	m.Answered(codec.StatusOK, 10*time.Millisecond)
	got := h.Recent(&m)
	if len(got.Statuses) != 2 || got.Statuses[0] != (vitals.StatusShare{Status: "ESME_RTHROTTLED", Recent: 10, Total: 10}) {
		t.Errorf("after a minute: %+v", got.Statuses)
	}
	pass(2 * time.Minute)
	for range 3 {
		m.Answered(codec.StatusOK, 10*time.Millisecond)
	}
	got = h.Recent(&m)
	if got.Statuses[0] != (vitals.StatusShare{Status: "ESME_ROK", Recent: 3, Total: 4}) || got.Statuses[1].Recent != 0 || got.Statuses[1].Total != 10 {
		t.Errorf("after three minutes: %+v", got.Statuses)
	}
	if got.P99Ms > 20 {
		t.Errorf("p99 %v ms still holds what was long ago", got.P99Ms)
	}
}

// Receipts are told of where no answer has come too: a receiver bind has none.
func TestReceiptsOfTheLastMinutes(t *testing.T) {
	var m vitals.Meter
	var h vitals.History
	h.Take(&m, "BOUND", 0, 10, noon)
	if got := h.Recent(&m).Receipts; got != (vitals.Receipts{}) {
		t.Errorf("before the first: %+v", got)
	}
	m.Receipts.Heard(40, noon.Add(2*time.Second))
	m.Receipts.Heard(5, noon.Add(time.Second)) // a batch that took longer
	m.Receipts.Matched(slices.Repeat([]time.Duration{3 * time.Second}, 30))
	m.Receipts.Matched([]time.Duration{2 * time.Hour})
	h.Take(&m, "BOUND", 0, 10, noon.Add(vitals.SampleEvery))
	got := h.Recent(&m).Receipts
	if got.Recent != 45 || got.Total != 45 || !got.LastAt.Equal(noon.Add(2*time.Second)) {
		t.Errorf("%+v", got)
	}
	if got.P50Ms < 2600 || got.P50Ms > 3400 || got.P99Ms < 6.2e6 || got.P99Ms > 8.2e6 {
		t.Errorf("after 3 s, and one after 2 h: p50 %v ms, p99 %v ms", got.P50Ms, got.P99Ms)
	}
	if s := h.Samples(); len(s) != 1 || s[0].Receipts != 4.5 {
		t.Errorf("samples: %+v", s)
	}
	for i := range 20 { // more than three minutes
		h.Take(&m, "BOUND", 0, 10, noon.Add(time.Duration(i+2)*vitals.SampleEvery))
	}
	if got := h.Recent(&m).Receipts; got.Recent != 0 || got.Total != 45 || got.P99Ms != 0 || !got.LastAt.Equal(noon.Add(2*time.Second)) {
		t.Errorf("three minutes later: %+v", got)
	}
}

func TestManyStatusesBecomeOther(t *testing.T) {
	var m vitals.Meter
	for i := range 40 {
		m.Answered(codec.Status(0x400+i), time.Millisecond)
	}
	var h vitals.History
	shares := h.Recent(&m).Statuses
	var all uint64
	other := uint64(0)
	for _, s := range shares {
		all += s.Total
		if s.Status == "other" {
			other = s.Total
		}
	}
	if all != 40 || len(shares) != 12 || other != 29 {
		t.Errorf("%d statuses, %d answers, %d of them other: %+v", len(shares), all, other, shares)
	}
}

func TestTheHistoryIsAQuarterOfAnHour(t *testing.T) {
	var m vitals.Meter
	var h vitals.History
	h.Take(&m, "CONNECTING", 0, 10, noon)
	if n := len(h.Samples()); n != 0 {
		t.Errorf("%d samples before ten seconds have passed", n)
	}
	for i := 1; i <= 100; i++ {
		now := noon.Add(time.Duration(i) * vitals.SampleEvery)
		m.Sent(50, now)
		m.Answered(codec.StatusMsgQFul, 4*time.Millisecond)
		h.Take(&m, fmt.Sprint(i), i, 10, now)
	}
	samples := h.Samples()
	if len(samples) != vitals.Samples || samples[0].State != "11" || samples[89].State != "100" {
		t.Fatalf("%d samples, %+v … %+v", len(samples), samples[0], samples[len(samples)-1])
	}
	last := samples[89]
	if last.Rate != 5 || last.Refused != 0.1 || last.InFlight != 100 || last.Window != 10 || last.P99Ms < 3.5 || last.P99Ms > 4.5 || !last.At.Equal(noon.Add(1000*time.Second)) {
		t.Errorf("%+v", last)
	}
}

func TestCountingAllocatesNothing(t *testing.T) {
	var m vitals.Meter
	if n := testing.AllocsPerRun(100, func() { m.Sent(10, noon); m.Answered(codec.StatusOK, time.Millisecond) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// issue 8: what the hot path pays for the page, an answer.
func BenchmarkAnswered(b *testing.B) {
	var m vitals.Meter
	for b.Loop() {
		m.Answered(codec.StatusOK, 12*time.Millisecond)
	}
}
