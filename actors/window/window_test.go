package window

import (
	"slices"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/verdict"
	"github.com/ghasi/smpp-connector/codec"
)

var t0 = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

var (
	accepted  = verdict.Of(codec.StatusOK)
	throttled = verdict.Of(codec.StatusThrottled)
	failed    = verdict.Of(codec.StatusSubmitFail)
	full      = verdict.Of(codec.StatusMsgQFul)
	rejected  = verdict.Of(codec.StatusInvDstAdr)
)

// opened is a window of a bind that is BOUND.
func opened(configured int) Window {
	w := New(configured)
	w.OpenUp()
	return w
}

// after is so many seconds after the start.
func after(seconds float64) time.Time { return t0.Add(time.Duration(seconds * float64(time.Second))) }

// US-SC-024: a throttle halves, never below the smaller of 10 and the configured size.
func TestUSSC024HalvesDownToTheFloor(t *testing.T) {
	for _, c := range []struct {
		configured int
		want       []int
	}{
		{100, []int{50, 25, 12, 10, 10}},
		{15, []int{10, 10}},
		{10, []int{10}},
		{1, []int{1}}, // some MNOs allow one PDU in flight
	} {
		w := New(c.configured)
		var got []int
		for i := range c.want {
			w.Answered(throttled, after(float64(i)), after(float64(i)+0.1))
			got = append(got, w.Size())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("configured %d: %v, want %v", c.configured, got, c.want)
		}
	}
}

// US-SC-024: a whole window that was on its way when the MNO first throttled is
// one event, not a hundred: only what was sent after the halving halves again.
func TestUSSC024OneFlightHalvesOnce(t *testing.T) {
	w := opened(100)
	for range 100 {
		w.Answered(throttled, t0, after(0.1))
	}
	if w.Size() != 50 {
		t.Errorf("size %d, want 50", w.Size())
	}
}

// US-SC-024: +5 every 60 s until the configured size.
func TestUSSC024GrowsBackToTheConfiguredSize(t *testing.T) {
	w := New(100)
	w.Answered(throttled, t0, t0)
	w.Tick(after(59))
	if w.Size() != 50 {
		t.Error("grew before 60 s")
	}
	var got []int
	for m := 1; m <= 11; m++ {
		if at, ok := w.Next(); w.Size() < 100 && (!ok || !at.Equal(after(float64(60*m)))) {
			t.Errorf("minute %d: next at %v, %v", m, at, ok)
		}
		w.Tick(after(float64(60 * m)))
		got = append(got, w.Size())
	}
	if want := []int{55, 60, 65, 70, 75, 80, 85, 90, 95, 100, 100}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if _, ok := w.Next(); ok {
		t.Error("a window at its full size has nothing to wait for")
	}
	w.Answered(throttled, after(1000), after(1000))
	if w.Tick(after(1180)); w.Size() != 65 {
		t.Errorf("three minutes unseen: %d, want 65", w.Size())
	}
}

// US-SC-023: no more than the window is admitted, and only when open.
func TestUSSC023AdmitsNoMoreThanTheWindow(t *testing.T) {
	w := New(10)
	if w.Free(t0) != 0 {
		t.Error("a closed window has room")
	}
	w.OpenUp()
	w.Admit(w.Free(t0), t0)
	if w.Inflight() != 10 || w.Free(t0) != 0 {
		t.Errorf("in flight %d, free %d", w.Inflight(), w.Free(t0))
	}
	w.Release(4, t0)
	if w.Free(t0) != 4 {
		t.Errorf("free %d after 4 answers", w.Free(t0))
	}
	w.Resize(4)
	if w.Size() != 4 || w.Free(t0) != 0 {
		t.Errorf("size %d, free %d after the MNO's window shrank to 4", w.Size(), w.Free(t0))
	}
}

func TestCreditFillsTheWindowAndThePrefetch(t *testing.T) {
	w := New(100)
	if got := w.Credit(Load{}, 50, 1000, t0); got != 0 {
		t.Errorf("closed: %d", got)
	}
	w.OpenUp()
	if got := w.Credit(Load{}, 50, 1000, t0); got != 150 {
		t.Errorf("idle: %d, want 150", got)
	}
	w.Admit(100, t0)
	if got := w.Credit(Load{Queued: 20, Asked: 10}, 50, 1000, t0); got != 20 {
		t.Errorf("busy: %d, want 20", got)
	}
	if got := w.Credit(Load{Settling: 995}, 50, 1000, t0); got != 5 {
		t.Errorf("stores slow: %d, want 5", got)
	}
	if got := w.Credit(Load{Settling: 2000}, 50, 1000, t0); got != 0 {
		t.Errorf("stores down: %d, want 0", got)
	}
}

// US-SC-028: three RTHROTTLED within 60 s degrade the bind, once a minute.
func TestUSSC028RepeatedThrottlesDegrade(t *testing.T) {
	w := opened(100)
	var at []float64
	for _, s := range []float64{0, 30, 61, 80, 85, 90, 139, 146, 400, 401} {
		if w.Answered(throttled, after(s), after(s)) == ByThrottling {
			at = append(at, s)
		}
	}
	if want := []float64{80, 146}; !slices.Equal(at, want) {
		t.Errorf("degraded at %v, want %v", at, want)
	}
}

// US-SC-029: three RSUBMITFAIL in a row half-close; one test submit a minute until
// one is accepted; what was sent before does not open it again.
func TestUSSC029HalfClosesAndTests(t *testing.T) {
	w := opened(100)
	w.Admit(50, t0)
	for _, v := range []verdict.Verdict{failed, failed, accepted, failed, failed} {
		w.Answered(v, t0, t0)
		w.Release(1, t0)
	}
	if w.State() != Open {
		t.Fatalf("%v after two in a row", w.State())
	}
	w.Answered(failed, t0, after(1))
	w.Release(1, after(1))
	w.Answered(accepted, t0, after(1.5)) // on its way before
	w.Release(44, after(2))
	if w.State() != HalfClosedTX || w.Inflight() != 0 || w.Free(after(60)) != 0 || w.Credit(Load{}, 100, 1000, after(60)) != 0 {
		t.Fatalf("%v, %d in flight, %d free", w.State(), w.Inflight(), w.Free(after(60)))
	}
	w.Close() // a reconnect changes nothing
	if w.State() != Closed {
		t.Errorf("%v without a link", w.State())
	}
	w.OpenUp()
	for minute := 1; minute <= 3; minute++ {
		at := after(float64(60*minute + 1))
		if next, ok := w.Next(); !ok || !next.Equal(at) {
			t.Errorf("test %d: next at %v", minute, next)
		}
		if w.Free(at) != 1 || w.Credit(Load{}, 100, 1000, at) != 1 || w.Credit(Load{Asked: 1}, 100, 1000, at) != 0 {
			t.Errorf("test %d: %d free", minute, w.Free(at))
		}
		w.Admit(1, at)
		if w.Free(at.Add(59*time.Second)) != 0 {
			t.Errorf("test %d: a second one beside it", minute)
		}
		v := failed
		if minute == 3 {
			v = accepted
		}
		w.Answered(v, at, at.Add(time.Second))
		w.Release(1, at.Add(time.Second))
	}
	if w.State() != Open || w.Free(after(300)) != 100 {
		t.Errorf("%v, %d free after a good test", w.State(), w.Free(after(300)))
	}
}

// US-SC-030: RMSGQFUL drains: in-flight finishes, 30 s of rest, then one message
// goes ahead; the whole window is there again when that was looked at.
func TestUSSC030DrainsAndComesBack(t *testing.T) {
	w := opened(10)
	w.Admit(10, t0)
	w.Answered(full, t0, after(1))
	w.Release(1, after(1))
	if w.State() != Draining || w.Free(after(1)) != 0 {
		t.Fatalf("%v, %d free", w.State(), w.Free(after(1)))
	}
	w.Answered(accepted, t0, after(2))
	w.Release(9, after(10))
	w.Tick(after(39))
	if next, ok := w.Next(); w.State() != Draining || !ok || !next.Equal(after(40)) {
		t.Errorf("%v, next at %v", w.State(), next)
	}
	w.Tick(after(40))
	if w.State() != Open || w.Free(after(40)) != 1 || w.Credit(Load{}, 10, 100, after(40)) != 1 {
		t.Errorf("%v, %d free after the rest", w.State(), w.Free(after(40)))
	}
	w.Admit(1, after(40))
	w.Answered(full, after(40), after(41))
	w.Release(1, after(41))
	if w.State() != Draining {
		t.Errorf("%v after another RMSGQFUL", w.State())
	}
	w.Tick(after(71))
	w.Admit(1, after(71))
	w.Answered(rejected, after(71), after(72)) // it was looked at
	w.Release(1, after(72))
	if w.State() != Open || w.Free(after(72)) != 10 {
		t.Errorf("%v, %d free", w.State(), w.Free(after(72)))
	}
}

// US-SC-030: an episode of drains of more than 5 minutes is told once.
func TestUSSC030ALongDrainDegrades(t *testing.T) {
	w := opened(10)
	told := 0
	for s := 0.0; s < 1200; s++ {
		if w.Tick(after(s)) == ByDraining {
			if told++; s < 300 || s > 302 {
				t.Errorf("told at %v s", s)
			}
		}
		if w.Free(after(s)) > 0 {
			w.Admit(1, after(s))
			w.Answered(full, after(s), after(s))
			w.Release(1, after(s))
		}
	}
	if told != 1 {
		t.Errorf("told %d times", told)
	}
}

func TestPendingFindsAnswersInAnyOrder(t *testing.T) {
	p := NewPending[int](4)
	for seq := uint32(1); seq <= 1000; seq++ {
		p.Put(seq, t0, int(seq))
	}
	for seq := uint32(1000); seq >= 1; seq-- {
		if v, ok := p.Take(seq); !ok || v != int(seq) {
			t.Fatalf("%d: %d, %v", seq, v, ok)
		}
		if _, ok := p.Take(seq); ok {
			t.Fatalf("%d answered twice", seq)
		}
	}
	if _, ok := p.Take(0); ok || p.Len() != 0 {
		t.Error("sequence number 0 is never used")
	}
}

// One PDU that is never answered must not make the table grow without end.
func TestPendingStaysSmallBesideOneSilence(t *testing.T) {
	p := NewPending[int](100)
	p.Put(1, t0, 1)
	for seq := uint32(2); seq < 1_000_000; seq++ {
		p.Put(seq, t0.Add(time.Second), int(seq))
		p.Take(seq)
	}
	if p.Len() != 1 || len(p.order) > 4*len(p.ring) {
		t.Errorf("%d wait, order holds %d", p.Len(), len(p.order))
	}
	var expired []uint32
	p.Expire(t0, func(seq uint32, _ int) { expired = append(expired, seq) })
	if !slices.Equal(expired, []uint32{1}) || p.Len() != 0 {
		t.Errorf("expired %v, %d left", expired, p.Len())
	}
}

func TestPendingExpiresInTheOrderOfSending(t *testing.T) {
	p := NewPending[string](2)
	p.Put(7, t0, "a")
	p.Put(8, t0.Add(time.Second), "b")
	p.Put(9, t0.Add(2*time.Second), "c")
	p.Take(8)
	if at, ok := p.Oldest(); !ok || !at.Equal(t0) {
		t.Errorf("oldest %v, %v", at, ok)
	}
	var got []string
	p.Expire(t0.Add(2*time.Second), func(_ uint32, v string) { got = append(got, v) })
	if !slices.Equal(got, []string{"a", "c"}) {
		t.Errorf("%v", got)
	}
	if _, ok := p.Oldest(); ok {
		t.Error("something is left")
	}
}
