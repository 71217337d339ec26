package ownership

import (
	"cmp"
	"math/bits"
	"slices"

	contract "github.com/ghasi/smpp-connector/proto"
)

// Pods of one group may serve different lanes (US-SC-018: reserved pods with
// LANES=P0,P1). A bind is read in its owner's lanes alone, so a spread that looks at
// numbers only may leave a lane without a reader while a pod that serves it lives.
//
// A version that does not say its lanes does not look at those of others either. As
// long as such a pod lives, all spread as it does: pods that disagree might each leave
// a bind to the other, and nobody would have it.

// laneSet is a set of lanes, a bit each.
type laneSet uint16

func setOf(lanes []contract.Lane) (set laneSet) {
	for _, l := range lanes {
		set |= 1 << l
	}
	return set
}

func (s laneSet) has(l contract.Lane) bool { return s&(1<<l) != 0 }
func (s laneSet) len() int                 { return bits.OnesCount16(uint16(s)) }

// lanesKnown reports whether every member says which lanes it serves. Binds of rx
// carry no command, so it does not matter there.
func (s *spread) lanesKnown() bool {
	if !s.group.Direction.Submits() {
		return false
	}
	for i := range s.members {
		if len(s.members[i].Lanes) == 0 {
			return false
		}
	}
	return true
}

// cover gives binds to members whose lanes nobody reads, one at a time, as long as
// more lanes are read by it. One is enough where a member serves all lanes that any
// does; and where of two sets of lanes one holds the other or they have none in common,
// no lane stays unread for which there is a bind.
func (s *spread) cover(binds []int) {
	for s.lanesKnown() {
		best, found := relief{}, false
		for _, number := range binds {
			for i := range s.members {
				r, of := s.relief(number, i)
				if of && (!found || r.before(best)) {
					best, found = r, true
				}
			}
		}
		if !found {
			return
		}
		if from := s.owner[best.number]; from != "" {
			s.count[from]--
		}
		s.give(best.number, &s.members[best.to])
	}
}

// relief is one bind that is given to another member, so that more lanes are read.
type relief struct {
	number int
	to     int // of the members
	gain   int // lanes that are read then and were not
	moves  int // 0: it is with its holder then; 1: its holder loses it anyway; 2: because of this
	home   int // 1: it was moved by command to the one that loses it
	load   int // binds of other groups that the member has
}

// before reports whether a is to be done rather than b: for more lanes, then with less
// movement, then by what a command asks for, and by what the members have.
func (a relief) before(b relief) bool {
	return cmp.Or(cmp.Compare(b.gain, a.gain), cmp.Compare(a.moves, b.moves), cmp.Compare(a.home, b.home),
		cmp.Compare(a.load, b.load), cmp.Compare(a.to, b.to), cmp.Compare(a.number, b.number)) < 0
}

// relief is what comes of giving a bind to a member; false: no more lanes are read.
func (s *spread) relief(number, to int) (r relief, of bool) {
	m, from := &s.members[to], s.owner[number]
	if m.ID == from || s.full(m) || !m.wants(number) {
		return r, false
	}
	var now, then laneSet
	for i := range s.members {
		one := &s.members[i]
		n := s.count[one.ID]
		if n > 0 {
			now |= setOf(one.Lanes)
		}
		if n > 1 || n == 1 && one.ID != from || i == to {
			then |= setOf(one.Lanes)
		}
	}
	r = relief{number: number, to: to, gain: then.len() - now.len(), moves: 2, load: s.load[m.ID]}
	switch holder := s.held[number]; {
	case holder == m.ID:
		r.moves = 0
	case holder != from:
		r.moves = 1
	}
	if loses := s.member(from); loses != nil && slices.Contains(loses.Home, number) {
		r.home = 1
	}
	return r, r.gain > 0
}
