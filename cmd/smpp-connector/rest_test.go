package main

import (
	"testing"

	"github.com/ghasi/smpp-connector/actors/event"
)

// Issue 4, Speed and memory: memory is given back while nothing happens, and only then.
func TestMemoryIsGivenBackAtRest(t *testing.T) {
	freed := 0
	r := &resting{free: func() { freed++ }}
	for i, step := range []struct {
		facts []event.Fact
		want  int
	}{
		{nil, 1},
		{[]event.Fact{event.ResponsesReceived{}}, 1},
		{[]event.Fact{event.RedialScheduled{}}, 2}, // the life of a bind is no traffic
		{[]event.Fact{event.ReceiptsHeard{}, event.MessageHeard{}}, 2},
		{nil, 3},
	} {
		for _, f := range step.facts {
			r.On(f)
		}
		if r.look(); freed != step.want {
			t.Errorf("step %d: freed %d times, want %d", i, freed, step.want)
		}
	}
}
