package lane_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ghasi/smpp-connector/actors/lane"
	contract "github.com/ghasi/smpp-connector/proto"
)

// US-SC-018, decisions.md 018: P0 before P1 before P2 before P3, each lower lane
// keeping at least 5 %.
func TestUSSC018EachLaneThatWaitsKeepsItsShare(t *testing.T) {
	for _, test := range []struct {
		name    string
		waiting []contract.Lane
		want    [lane.Count]int // of 1000 PDUs
	}{
		{"one lane alone has everything", []contract.Lane{contract.P3}, [4]int{0, 0, 0, 1000}},
		{"P0 and P3", []contract.Lane{contract.P0, contract.P3}, [4]int{950, 0, 0, 50}},
		{"P1 and P2", []contract.Lane{contract.P1, contract.P2}, [4]int{0, 950, 50, 0}},
		{"all", contract.Lanes(), [4]int{850, 50, 50, 50}},
	} {
		var q lane.Queue[int]
		for _, l := range test.waiting {
			q.Push(l, 1)
		}
		var got [lane.Count]int
		for range 1000 {
			l, v, ok := q.Next()
			if !ok {
				t.Fatalf("%s: nothing goes", test.name)
			}
			got[l]++
			q.Push(l, v) // another comes for each that goes
			q.Spend(l, 1)
			q.Pop(l)
		}
		for i, n := range got {
			if i > 0 && n < test.want[i]-1 || i == 0 && n > test.want[i]+lane.Count { // one may be under way
				t.Errorf("%s: %v went, want %v", test.name, got, test.want)
			}
		}
	}
}

// What waits is not overtaken without end, whatever comes: a message of a waiting
// lane goes after 20 PDUs of others, and what the lanes above it are owed meanwhile.
func TestUSSC018NothingStarves(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 18))
		var q lane.Queue[int]
		var overtaken [lane.Count]int
		for range 2000 {
			for range random.IntN(4) {
				q.Push(contract.Lane(random.IntN(lane.Count)), 1)
			}
			l, _, ok := q.Next()
			if !ok {
				continue
			}
			q.Spend(l, 1)
			q.Pop(l)
			for i := range overtaken {
				overtaken[i]++
				if i == int(l) || q.In(contract.Lane(i)) == 0 {
					overtaken[i] = 0
				}
				if i > 0 && overtaken[i] > 25 {
					t.Fatalf("seed %d: P%d was overtaken %d times in a row", seed, i, overtaken[i])
				}
			}
		}
	}
}

// A lane that had nothing to send saves nothing up: when it wakes, its messages
// wait for their turn.
func TestUSSC018AnIdleLaneIsOwedNothing(t *testing.T) {
	var q lane.Queue[int]
	q.Push(contract.P3, 1)
	q.Push(contract.P0, 1)
	for range 19 { // P3 is nearly owed one
		q.Spend(contract.P0, 1)
	}
	q.Pop(contract.P3)
	for range 500 {
		q.Spend(contract.P0, 1)
	}
	q.Push(contract.P3, 2)
	q.Spend(contract.P0, 1)
	if l, _, _ := q.Next(); l != contract.P0 {
		t.Errorf("%v goes next: it was owed for the time in which it had nothing", l)
	}
}

// A long message that goes by its share is paid for in PDUs, not in messages.
func TestUSSC018LongMessagesArePaidForByTheirParts(t *testing.T) {
	var q lane.Queue[int]
	q.Push(contract.P0, 1)
	q.Push(contract.P2, 10) // ten parts each
	went := map[contract.Lane]int{}
	for range 20_000 {
		l, parts, _ := q.Next()
		went[l] += parts
		q.Push(l, parts)
		q.Spend(l, parts)
		q.Pop(l)
	}
	if share := float64(went[contract.P2]) / float64(went[contract.P0]+went[contract.P2]); share < 0.0499 || share > 0.051 {
		t.Errorf("P2 had %.3f of the PDUs, want 0.05", share)
	}
}

// The queue holds what a slice a lane would hold, whatever is done to it.
func TestQueueIsOneListForEachLane(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var q lane.Queue[int]
	var model [lane.Count][]int
	for i := range 20_000 {
		l := contract.Lane(random.IntN(lane.Count))
		switch random.IntN(5) {
		case 0, 1:
			q.Push(l, i)
			model[l] = append(model[l], i)
		case 2, 3:
			if next, v, ok := q.Next(); ok {
				if v != model[next][0] {
					t.Fatalf("step %d: %d of %v, want %d", i, v, next, model[next][0])
				}
				q.Spend(next, 1)
				q.Pop(next)
				model[next] = model[next][1:]
			}
		case 4:
			if random.IntN(100) == 0 {
				odd := func(v int) bool { return v%2 == 1 }
				q.Keep(odd)
				for k := range model {
					model[k] = slices.DeleteFunc(model[k], func(v int) bool { return !odd(v) })
				}
			}
		}
		if all := slices.Concat(model[0], model[1], model[2], model[3]); q.Len() != len(all) || !slices.Equal(slices.Collect(q.All()), all) {
			t.Fatalf("step %d: %v, want %v", i, slices.Collect(q.All()), all)
		}
		if q.UpTo(contract.P1) != len(model[0])+len(model[1]) || q.In(contract.P2) != len(model[2]) {
			t.Fatalf("step %d: counts are wrong", i)
		}
	}
}

// What a lane is asked for: the credit that the lanes above leave, and at least
// its share of the window.
func TestAsk(t *testing.T) {
	for _, test := range []struct {
		name                    string
		left, alone, has, slots int
		want                    int
	}{
		{"nothing waits above", 200, 200, 0, 100, 200},
		{"the lanes above fill the credit", 0, 200, 0, 100, 5},
		{"its share is at hand", 0, 195, 5, 100, 0},
		{"more than its share is at hand", 0, 150, 50, 100, 0},
		{"a window of one", 0, 2, 0, 1, 1},
		{"nothing may be submitted", 0, 0, 0, 100, 0},
		{"half of the share is at hand", 0, 198, 2, 100, 3},
	} {
		if got := lane.Ask(test.left, test.alone, test.has, test.slots); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}
