package main

import (
	"os"
	"runtime/debug"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ghasi/smpp-connector/actors/event"
)

// Issue 4, Speed and memory: memory is given back while nothing happens, and only then;
// the first traffic has the collector spare the CPU again at once.
func TestMemoryIsGivenBackAtRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		freed, percents := 0, []int{}
		r := &resting{wake: make(chan struct{}, 1), free: func() { freed++ }, tune: func(p int) { percents = append(percents, p) }}
		go r.run(t.Context())
		for i, step := range []struct {
			facts    []event.Fact
			wait     time.Duration
			freed    int
			percents []int
		}{
			{nil, restAfter, 1, []int{restPercent}},
			{[]event.Fact{event.RedialScheduled{}}, restAfter, 1, nil}, // the life of a bind is no traffic
			{nil, freeEvery * restAfter, 2, nil},
			{[]event.Fact{event.ResponsesReceived{}}, 0, 2, []int{gcPercent}},
			{[]event.Fact{event.ReceiptsHeard{}, event.MessageHeard{}}, restAfter, 2, nil},
			{[]event.Fact{event.MessagesBegun{}}, restAfter, 2, nil},
			{nil, restAfter, 3, []int{restPercent}},
		} {
			percents = nil
			for _, f := range step.facts {
				r.On(f)
			}
			time.Sleep(step.wait)
			synctest.Wait()
			if freed != step.freed || !slices.Equal(percents, step.percents) {
				t.Errorf("step %d: freed %d times, percents %v; want %d, %v", i, freed, percents, step.freed, step.percents)
			}
		}
	})
}

// A process begins at rest, but a GOGC that somebody has set is theirs.
func TestAProcessBeginsAtRest(t *testing.T) {
	set := func() int {
		now := debug.SetGCPercent(gcPercent)
		debug.SetGCPercent(now)
		return now
	}
	before := set()
	t.Cleanup(func() { debug.SetGCPercent(before) })
	for _, test := range []struct {
		gogc string
		want int
	}{{"", restPercent}, {"77", before}} {
		debug.SetGCPercent(before)
		t.Setenv("GOGC", test.gogc)
		if test.gogc == "" {
			os.Unsetenv("GOGC")
		}
		startResting(t.Context())
		if now := set(); now != test.want {
			t.Errorf("GOGC=%q: the percent is %d, want %d", test.gogc, now, test.want)
		}
	}
}
