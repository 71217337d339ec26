package window

import (
	"slices"
	"testing"
	"time"
)

var t0 = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

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
		for range c.want {
			w.Halve(t0)
			got = append(got, w.Size())
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("configured %d: %v, want %v", c.configured, got, c.want)
		}
	}
}

// US-SC-024: +5 every 60 s until the configured size.
func TestUSSC024GrowsBackToTheConfiguredSize(t *testing.T) {
	w := New(100)
	w.Halve(t0)
	if w.Grow(t0.Add(59 * time.Second)) {
		t.Error("grew before 60 s")
	}
	var got []int
	for m := 1; m <= 11; m++ {
		w.Grow(t0.Add(time.Duration(m) * time.Minute))
		got = append(got, w.Size())
	}
	if want := []int{55, 60, 65, 70, 75, 80, 85, 90, 95, 100, 100}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	w.Halve(t0)
	if w.Grow(t0.Add(3 * time.Minute)); w.Size() != 65 {
		t.Errorf("three minutes unseen: %d, want 65", w.Size())
	}
}

// US-SC-023: no more than the window is admitted, and only when open.
func TestUSSC023AdmitsNoMoreThanTheWindow(t *testing.T) {
	w := New(10)
	if w.Free() != 0 {
		t.Error("a closed window has room")
	}
	w.OpenUp()
	w.Admit(w.Free())
	if w.Inflight() != 10 || w.Free() != 0 {
		t.Errorf("in flight %d, free %d", w.Inflight(), w.Free())
	}
	w.Release(4)
	if w.Free() != 4 {
		t.Errorf("free %d after 4 answers", w.Free())
	}
	w.Halve(t0)
	w.Resize(4)
	if w.Size() != 4 || w.Free() != 0 {
		t.Errorf("size %d, free %d after the MNO's window shrank to 4", w.Size(), w.Free())
	}
}

func TestCreditFillsTheWindowAndThePrefetch(t *testing.T) {
	w := New(100)
	if got := w.Credit(Load{}, 50, 1000); got != 0 {
		t.Errorf("closed: %d", got)
	}
	w.OpenUp()
	if got := w.Credit(Load{}, 50, 1000); got != 150 {
		t.Errorf("idle: %d, want 150", got)
	}
	w.Admit(100)
	if got := w.Credit(Load{Queued: 20, Asked: 10}, 50, 1000); got != 20 {
		t.Errorf("busy: %d, want 20", got)
	}
	if got := w.Credit(Load{Settling: 995}, 50, 1000); got != 5 {
		t.Errorf("stores slow: %d, want 5", got)
	}
	if got := w.Credit(Load{Settling: 2000}, 50, 1000); got != 0 {
		t.Errorf("stores down: %d, want 0", got)
	}
}

// decisions.md 012: no second of any phase exceeds the limit, also after a pause.
func TestPaceNeverExceedsTheLimitInAnySecond(t *testing.T) {
	for _, limit := range []int{1, 7, 10, 19, 20, 33, 1000} {
		p := NewPace(limit)
		var stamps []time.Time
		now := t0
		for now.Before(t0.Add(6 * time.Second)) {
			if now.Sub(t0) > 2*time.Second && now.Sub(t0) < 3*time.Second { // a pause
				now = now.Add(13 * time.Millisecond)
				continue
			}
			n, _ := p.Take(limit, now)
			for range n {
				stamps = append(stamps, now)
			}
			now = now.Add(13 * time.Millisecond)
		}
		for i := range stamps {
			in := 0
			for j := i; j < len(stamps) && stamps[j].Sub(stamps[i]) < 950*time.Millisecond; j++ {
				in++
			}
			if in > limit {
				t.Fatalf("limit %d: %d within a second", limit, in)
			}
		}
		if spent, offered := len(stamps), 5*limit; spent < offered*9/10-1 {
			t.Errorf("limit %d: only %d spent of about %d", limit, spent, offered)
		}
	}
}

func TestPaceWithoutALimitGrantsAll(t *testing.T) {
	var p Pace
	if n, wait := p.Take(1_000_000, t0); n != 1_000_000 || wait != 0 {
		t.Errorf("%d, %v", n, wait)
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
