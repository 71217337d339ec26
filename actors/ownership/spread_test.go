package ownership_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ghasi/smpp-connector/actors/ownership"
	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

var awcc = port.Group{MNO: "awcc", Direction: port.TRX}

func numbers(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i + 1
	}
	return list
}

func pods(n, binds, most int) []ownership.Member {
	list := make([]ownership.Member, n)
	for i := range list {
		list[i] = ownership.Member{ID: fmt.Sprintf("pod-%d", i), Ordinal: -1, Max: most, Wants: numbers(binds)}
	}
	return list
}

func counts(owner map[int]string) map[string]int {
	n := map[string]int{}
	for _, id := range owner {
		n[id]++
	}
	return n
}

// Issue 7, point 5: a bind that was moved by command is where it was moved to; the
// spread stays even, MAX_BINDS holds, and nothing else moves than that asks for.
func TestSpreadPutsMovedBindsWhereTheyWereMovedTo(t *testing.T) {
	held := map[int]string{1: "pod-0", 2: "pod-0", 3: "pod-1", 4: "pod-1"}
	members := pods(2, 4, 0)
	members[1].Home = []int{1}
	owner := ownership.Spread(awcc, numbers(4), members, held, nil)
	if owner[1] != "pod-1" || owner[2] != "pod-0" || counts(owner)["pod-0"] != 2 || counts(owner)["pod-1"] != 2 {
		t.Errorf("%v", owner)
	}
	if again := ownership.Spread(awcc, numbers(4), members, owner, nil); !maps.Equal(owner, again) {
		t.Errorf("it does not stay: %v, then %v", owner, again)
	}
	members[1].Max = 1
	members[1].Home = []int{1, 2}
	if owner := ownership.Spread(awcc, numbers(4), members, held, nil); owner[1] != "pod-1" || counts(owner)["pod-1"] != 1 {
		t.Errorf("MAX_BINDS does not hold: %v", owner)
	}
	members = pods(2, 4, 0)
	for i := range members {
		members[i].Ordinal = i
	}
	members[1].Home = []int{1}
	if owner := ownership.Spread(awcc, numbers(4), members, held, nil); owner[1] != "pod-1" || owner[2] != "pod-0" {
		t.Errorf("with ordinals: %v", owner)
	}
	for seed := range uint64(500) {
		random := rand.New(rand.NewPCG(seed, 7))
		n, binds := 1+random.IntN(6), 1+random.IntN(12)
		members, held := pods(n, binds, 0), map[int]string{}
		for number := 1; number <= binds; number++ {
			held[number] = fmt.Sprintf("pod-%d", random.IntN(n+1))
		}
		home := 1 + random.IntN(binds)
		to := random.IntN(n)
		members[to].Home = []int{home}
		owner := ownership.Spread(awcc, numbers(binds), members, held, nil)
		if owner[home] != members[to].ID || len(owner) != binds {
			t.Fatalf("seed %d: %v", seed, owner)
		}
		for id, c := range counts(owner) {
			if c > (binds+n-1)/n {
				t.Fatalf("seed %d: %s has %d of %d binds over %d pods", seed, id, c, binds, n)
			}
		}
	}
}

// moved is how many binds are another's that somebody had.
func moved(before, after map[int]string) (n int) {
	for bind, id := range before {
		if after[bind] != id {
			n++
		}
	}
	return n
}

// US-SC-017: evenly over the pods, each with one where there are as many pods as
// binds, and no more binds move than must.
func TestUSSC017SpreadIsEvenAndMovesLittle(t *testing.T) {
	held := map[int]string{}
	for _, step := range []struct{ pods, moved int }{{2, 0}, {4, 8}, {3, 4}, {1, 11}, {16, 15}, {20, 0}} {
		members := pods(step.pods, 16, 0)
		owner := ownership.Spread(awcc, numbers(16), members, held, nil)
		if len(owner) != 16 {
			t.Fatalf("%d pods: %d binds have an owner", step.pods, len(owner))
		}
		for _, m := range members {
			if n := counts(owner)[m.ID]; n < 16/step.pods || n > (16+step.pods-1)/step.pods {
				t.Errorf("%d pods: %s has %d", step.pods, m.ID, n)
			}
		}
		if n := moved(held, owner); n > step.moved {
			t.Errorf("%d pods: %d binds move, want %d", step.pods, n, step.moved)
		}
		held = owner
	}
}

// US-SC-017: with POD_ORDINAL each pod has a range, and has it back when it is back.
func TestUSSC017OrdinalsHaveRanges(t *testing.T) {
	members := pods(2, 4, 0)
	members[0].Ordinal, members[1].Ordinal = 0, 1
	both := map[int]string{1: "pod-0", 2: "pod-0", 3: "pod-1", 4: "pod-1"}
	if got := ownership.Spread(awcc, numbers(4), members, nil, nil); !maps.Equal(got, both) {
		t.Errorf("%v", got)
	}
	alone := ownership.Spread(awcc, numbers(4), members[1:], both, nil)
	if counts(alone)["pod-1"] != 4 {
		t.Errorf("pod 0 is away, and its binds are nobody's: %v", alone)
	}
	if got := ownership.Spread(awcc, numbers(4), members, alone, nil); !maps.Equal(got, both) {
		t.Errorf("pod 0 is back: %v", got)
	}
}

// MAX_BINDS is never passed, what is above it is nobody's, and a bind goes to none
// that does not want it.
func TestSpreadKeepsToLimitsAndWishes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		n := 1 + random.IntN(12)
		members := pods(1+random.IntN(5), n, random.IntN(5))
		load, held := map[string]int{}, map[int]string{}
		for i := range members {
			load[members[i].ID] = random.IntN(3)
			members[i].Wants = slices.DeleteFunc(numbers(n), func(int) bool { return random.IntN(6) == 0 })
			if random.IntN(4) == 0 {
				members[i].Ordinal = i
			}
		}
		for _, b := range numbers(n) {
			held[b] = fmt.Sprintf("pod-%d", random.IntN(6))
		}
		owner := ownership.Spread(awcc, numbers(n), members, held, load)
		for _, m := range members {
			if m.Max > 0 && counts(owner)[m.ID] > max(m.Max-load[m.ID], 0) {
				t.Fatalf("%s has %d, and may have %d with %d elsewhere", m.ID, counts(owner)[m.ID], m.Max, load[m.ID])
			}
			for b, id := range owner {
				if id == m.ID && !slices.Contains(m.Wants, b) {
					t.Fatalf("%s has %d and does not want it", id, b)
				}
			}
		}
		for round := 0; ; round++ { // with wishes that differ it may take a second look, and comes to rest
			again := ownership.Spread(awcc, numbers(n), members, owner, load)
			if moved(owner, again) == 0 {
				break
			}
			if round == 3 {
				t.Fatalf("the same pods, and binds move on:\n%v\n%v\n%+v %v", owner, again, members, load)
			}
			owner = again
		}
	}
}

// Sixty-four pools of one bind over four pods: the odd binds do not all fall to one.
func TestSpreadOfManyPoolsIsEvenToo(t *testing.T) {
	load := map[string]int{}
	for i := range 64 {
		owner := ownership.Spread(port.Group{MNO: fmt.Sprintf("mno%d", i), Direction: port.TX}, numbers(1), pods(4, 1, 0), nil, load)
		load[owner[1]]++
	}
	for id, n := range load {
		if n != 16 {
			t.Errorf("%s has %d of 64", id, n)
		}
	}
}

var (
	allLanes = contract.Lanes()
	urgent   = []contract.Lane{contract.P0, contract.P1}
	slow     = []contract.Lane{contract.P2, contract.P3}
)

// serving gives each member its lanes.
func serving(members []ownership.Member, lanes ...[]contract.Lane) []ownership.Member {
	for i := range members {
		members[i].Lanes = lanes[i]
	}
	return members
}

// unread are the lanes that a member serves and no owner of a bind does.
func unread(owner map[int]string, members []ownership.Member) (lanes []contract.Lane) {
	served, read := map[contract.Lane]bool{}, map[contract.Lane]bool{}
	for _, m := range members {
		for _, l := range m.Lanes {
			served[l] = true
			read[l] = read[l] || counts(owner)[m.ID] > 0
		}
	}
	for _, l := range contract.Lanes() {
		if served[l] && !read[l] {
			lanes = append(lanes, l)
		}
	}
	return lanes
}

// US-SC-018: a reserved pod has a bind only where every lane is read over another.
func TestUSSC018ReservedPodsLeaveNoLaneUnread(t *testing.T) {
	for name, c := range map[string]struct {
		binds int
		held  map[int]string
		lanes [][]contract.Lane
		want  map[int]string
	}{
		"one bind, held by the reserved pod":        {1, map[int]string{1: "pod-0"}, [][]contract.Lane{urgent, allLanes}, map[int]string{1: "pod-1"}},
		"one bind, nobody's":                        {1, nil, [][]contract.Lane{urgent, allLanes}, map[int]string{1: "pod-1"}},
		"one bind, held by the pod of all":          {1, map[int]string{1: "pod-1"}, [][]contract.Lane{urgent, allLanes}, map[int]string{1: "pod-1"}},
		"two binds, two reserved pods hold them":    {2, map[int]string{1: "pod-0", 2: "pod-1"}, [][]contract.Lane{urgent, urgent, allLanes}, map[int]string{1: "pod-2", 2: "pod-1"}},
		"two binds, one of each":                    {2, map[int]string{1: "pod-0", 2: "pod-1"}, [][]contract.Lane{urgent, allLanes}, map[int]string{1: "pod-0", 2: "pod-1"}},
		"two binds, two of all, the reserved has 1": {2, map[int]string{1: "pod-0", 2: "pod-1"}, [][]contract.Lane{urgent, allLanes, allLanes}, map[int]string{1: "pod-0", 2: "pod-1"}},
		"two halves":                            {2, map[int]string{1: "pod-0", 2: "pod-1"}, [][]contract.Lane{urgent, urgent, slow}, map[int]string{1: "pod-2", 2: "pod-1"}},
		"two halves and a whole, one bind":      {1, map[int]string{1: "pod-0"}, [][]contract.Lane{urgent, slow, allLanes}, map[int]string{1: "pod-2"}},
		"nobody else lives":                     {2, map[int]string{1: "pod-0", 2: "pod-1"}, [][]contract.Lane{urgent}, map[int]string{1: "pod-0", 2: "pod-0"}},
		"one does not say: as the last version": {1, map[int]string{1: "pod-0"}, [][]contract.Lane{urgent, nil}, map[int]string{1: "pod-0"}},
	} {
		members := serving(pods(len(c.lanes), c.binds, 0), c.lanes...)
		owner := ownership.Spread(awcc, numbers(c.binds), members, c.held, nil)
		if !maps.Equal(owner, c.want) {
			t.Errorf("%s: %v, want %v", name, owner, c.want)
		}
	}
	rx := port.Group{MNO: "awcc", Direction: port.RX}
	if owner := ownership.Spread(rx, numbers(1), serving(pods(2, 1, 0), urgent, allLanes), map[int]string{1: "pod-0"}, nil); owner[1] != "pod-0" {
		t.Errorf("an rx bind carries no lane, and moves: %v", owner)
	}
}

// US-SC-018: what is ordered or in a range gives way to a lane that nobody would read,
// MAX_BINDS does not, and the pods of two StatefulSets share the binds.
func TestUSSC018LanesGoBeforeOrdersAndRanges(t *testing.T) {
	members := serving(pods(2, 2, 0), urgent, allLanes)
	members[0].Home = []int{1, 2}
	if owner := ownership.Spread(awcc, numbers(2), members, map[int]string{1: "pod-1", 2: "pod-0"}, nil); owner[1] != "pod-1" || owner[2] != "pod-0" {
		t.Errorf("both were moved to the reserved pod: %v", owner)
	}
	members = serving(pods(2, 1, 1), urgent, allLanes)
	if owner := ownership.Spread(awcc, numbers(1), members, nil, map[string]int{"pod-1": 1}); owner[1] != "pod-0" {
		t.Errorf("the pod of all lanes is full: %v", owner)
	}
	members = serving(pods(2, 2, 0), urgent, allLanes)
	members[0].Ordinal, members[1].Ordinal = 0, 1
	if owner := ownership.Spread(awcc, numbers(1), members, nil, nil); owner[1] != "pod-1" {
		t.Errorf("the range is the reserved pod's: %v", owner)
	}
	members[1].Ordinal = 0
	if owner := ownership.Spread(awcc, numbers(2), members, nil, nil); counts(owner)["pod-0"] != 1 || counts(owner)["pod-1"] != 1 {
		t.Errorf("each is the first of its StatefulSet: %v", owner)
	}
}

// US-SC-018, 017: whatever pods of whatever lanes: a lane that a pod serves is read where
// there is a bind for it, the answer is the same for who sees the pods in another order,
// it stays once it is reached, and it is even.
func TestUSSC018AnyMixOfLanesIsRead(t *testing.T) {
	sets := [][]contract.Lane{allLanes, urgent, slow, {contract.P0}}
	for seed := range uint64(1000) {
		random := rand.New(rand.NewPCG(seed, 18))
		n, binds := 1+random.IntN(6), 1+random.IntN(8)
		members, held := pods(n, binds, 0), map[int]string{}
		kinds := map[int]bool{}
		for i := range members {
			kind := random.IntN(len(sets))
			kinds[kind] = true
			members[i].Lanes = sets[kind]
		}
		for number := 1; number <= binds; number++ {
			held[number] = fmt.Sprintf("pod-%d", random.IntN(n+1))
		}
		owner := ownership.Spread(awcc, numbers(binds), members, held, nil)
		if left := unread(owner, members); len(left) > 0 && (kinds[0] || binds >= 2) {
			t.Fatalf("seed %d: nobody reads %v: %v %v", seed, left, owner, kinds)
		}
		for id, c := range counts(owner) {
			if c > (binds+n-1)/n {
				t.Fatalf("seed %d: %s has %d of %d binds over %d pods", seed, id, c, binds, n)
			}
		}
		turned := slices.Clone(members)
		random.Shuffle(n, func(i, j int) { turned[i], turned[j] = turned[j], turned[i] })
		if other := ownership.Spread(awcc, numbers(binds), turned, held, nil); !maps.Equal(owner, other) {
			t.Fatalf("seed %d: pods that see each other in another order disagree: %v, %v", seed, owner, other)
		}
		if again := ownership.Spread(awcc, numbers(binds), members, owner, nil); !maps.Equal(owner, again) {
			t.Fatalf("seed %d: it does not stay: %v, then %v", seed, owner, again)
		}
	}
}
