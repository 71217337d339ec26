package window

import (
	"testing"
	"time"
)

// Issue 4, point 6: congestion_state shrinks the window as ESME_RTHROTTLED does,
// and one round of answers shrinks it once.
func TestUSSC024CongestionStateShrinksTheWindow(t *testing.T) {
	w := opened(100)
	w.Listen(ByState)
	for _, step := range []struct {
		at    float64
		sent  float64
		state uint8
		want  int
	}{
		{1, 0, 0, 100},
		{2, 1, 89, 100},
		{3, 2, 100, 50},
		{4, 2.5, 100, 50}, // sent before we slowed down
		{5, 4, 100, 25},
		{6, 5, NoCongestionState, 25},
		{64, 63, 90, 25},  // loaded still: no growth
		{125, 124, 0, 30}, // 60 s after
	} {
		w.Tick(after(step.at))
		w.Feedback(step.state, time.Second, after(step.sent), after(step.at))
		if w.Size() != step.want {
			t.Errorf("at %v s after state %d: size %d, want %d", step.at, step.state, w.Size(), step.want)
		}
	}
	off := opened(100)
	off.Feedback(100, time.Hour, after(0), after(1))
	if off.Size() != 100 {
		t.Error("a window that listens to nothing has shrunk")
	}
}

// Answers that take far longer than at best mean a queue at the MNO; a line that
// was long from the start does not.
func TestUSSC024SlowAnswersShrinkTheWindow(t *testing.T) {
	round := func(w *Window, at float64, took time.Duration) int {
		for range max(fewestAnswer, w.Size()) { // one measurement
			w.Feedback(NoCongestionState, took, after(at), after(at))
		}
		return w.Size()
	}
	for _, c := range []struct {
		name string
		took []time.Duration // a round each
		want []int
	}{
		{"long and steady", []time.Duration{300 * time.Millisecond, 310 * time.Millisecond, 590 * time.Millisecond}, []int{100, 100, 100}},
		{"three times as long", []time.Duration{50 * time.Millisecond, 150 * time.Millisecond}, []int{100, 66}},
		{"at most a half at once", []time.Duration{50 * time.Millisecond, 5 * time.Second}, []int{100, 50}},
		{"a fast line's noise", []time.Duration{50 * time.Microsecond, 500 * time.Microsecond}, []int{100, 100}},
		{"down to the floor", []time.Duration{10 * time.Millisecond, time.Second, time.Second, time.Second, time.Second, time.Second}, []int{100, 50, 25, 12, 10, 10}},
	} {
		w := opened(100)
		w.Listen(ByLatency)
		for i, took := range c.took {
			if got := round(&w, float64(10*i), took); got != c.want[i] {
				t.Errorf("%s: size %d after round %d, want %d", c.name, got, i, c.want[i])
			}
		}
	}
	w := opened(100)
	w.Listen(ByLatency)
	round(&w, 0, 10*time.Millisecond)
	if got := round(&w, 700, 200*time.Millisecond); got != 100 {
		t.Errorf("a line that has been longer for ten minutes shrinks the window to %d", got)
	}
}
