package ownership

import (
	"cmp"
	"hash/fnv"
	"slices"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Member is one pod as the spread sees it.
type Member struct {
	ID      string          // port.Pod.Instance
	Name    string          // port.Pod.Name: what people call it
	Ordinal int             // POD_ORDINAL; -1: none
	Max     int             // MAX_BINDS, over all groups; 0: no limit
	Wants   []int           // numbers of the binds that it would serve
	Home    []int           // of those that were moved to it by command
	Lanes   []contract.Lane // that it serves; none: its version does not say
}

func (m *Member) wants(number int) bool { return slices.Contains(m.Wants, number) }

// Spread says which member is to own each bind of a group. Every member has as many
// as another, or one less, as far as MAX_BINDS and its wishes allow; and as many as
// possible stay with their holders. A bind that is not in the answer is nobody's:
// every member is full, or none wants it.
//
// A bind that was moved to a member by command is that member's, and counts as one of
// its share.
//
// Where every member has an ordinal, a bind is of a range: of four binds and two
// pods, pod 0 has 1 and 2. The ranges of ordinals that are missing are spread over
// the others.
//
// Every lane that a member serves is read over a bind, as far as there are binds and
// room for it (lanes.go): that goes before all of the above but MAX_BINDS and wishes.
//
// held is the member that holds each bind now. load is how many binds each member has
// in other groups: which of several members gets the one that is left over, and how
// far it is from its MAX_BINDS.
func Spread(group port.Group, binds []int, members []Member, held map[int]string, load map[string]int) map[int]string {
	s := &spread{group: group, members: slices.Clone(members), held: held, load: load, owner: map[int]string{}, count: map[string]int{}}
	slices.SortFunc(s.members, func(a, b Member) int {
		return cmp.Or(cmp.Compare(a.Ordinal, b.Ordinal), cmp.Compare(s.weight(b.ID), s.weight(a.ID)), cmp.Compare(a.ID, b.ID))
	})
	binds = slices.Sorted(slices.Values(binds))
	s.homes(binds)
	if s.ordered() {
		s.ranges(binds)
	}
	left := slices.DeleteFunc(slices.Clone(binds), func(n int) bool { return s.owner[n] != "" })
	s.share(left)
	s.cover(binds)
	return s.owner
}

// spread is one answer while it is made.
type spread struct {
	group   port.Group
	members []Member // in the order in which they are asked
	held    map[int]string
	load    map[string]int
	owner   map[int]string
	count   map[string]int // binds of this group that each member has been given
}

// weight orders members of equal standing differently for each group, so that the
// odd binds of many groups do not all fall to one pod (rendezvous hashing).
func (s *spread) weight(id string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(s.group.String() + "\x00" + id)) // it returns no error
	x := h.Sum64()
	x ^= x >> 33 // FNV alone keeps the order of names that differ in their last octet
	x *= 0xff51afd7ed558ccd
	return x ^ x>>33
}

func (s *spread) full(m *Member) bool {
	return m.Max > 0 && s.load[m.ID]+s.count[m.ID] >= m.Max
}

func (s *spread) give(number int, m *Member) {
	s.owner[number] = m.ID
	s.count[m.ID]++
}

// homes gives out the binds that were moved by command.
func (s *spread) homes(binds []int) {
	for i := range s.members {
		m := &s.members[i]
		for _, number := range m.Home {
			if slices.Contains(binds, number) && m.wants(number) && !s.full(m) && s.owner[number] == "" {
				s.give(number, m)
			}
		}
	}
}

// ordered reports whether binds go by ordinals: every member has one, and no two of
// different lanes have the same, as the pods of two StatefulSets do.
func (s *spread) ordered() bool {
	for i := range s.members {
		m := &s.members[i]
		if m.Ordinal < 0 {
			return false
		}
		if i > 0 && s.members[i-1].Ordinal == m.Ordinal && s.lanesKnown() && setOf(s.members[i-1].Lanes) != setOf(m.Lanes) {
			return false
		}
	}
	return len(s.members) > 0
}

// ranges gives each bind to the member whose range it is in, if that member lives.
func (s *spread) ranges(binds []int) {
	last := 0
	for _, m := range s.members {
		last = max(last, m.Ordinal)
	}
	pods := last + 1
	for i, number := range binds {
		home := i
		if pods < len(binds) {
			home = i * pods / len(binds)
		}
		for j := range s.members {
			if m := &s.members[j]; m.Ordinal == home && m.wants(number) && !s.full(m) && s.owner[number] == "" {
				s.give(number, m)
			}
		}
	}
}

// share gives binds out, one to each member in turn: first each member what it holds,
// up to its share, then what is left to those that have the least.
func (s *spread) share(binds []int) {
	quota := s.quotas(len(binds))
	var homeless []int
	kept := map[string]int{}
	for _, number := range binds {
		if m := s.member(s.held[number]); m != nil && m.wants(number) && kept[m.ID] < quota[m.ID] && !s.full(m) {
			kept[m.ID]++
			s.give(number, m)
			continue
		}
		homeless = append(homeless, number)
	}
	for _, number := range homeless {
		var best *Member
		for i := range s.members {
			m := &s.members[i]
			if !m.wants(number) || s.full(m) {
				continue
			}
			if best == nil || s.before(m, best) {
				best = m
			}
		}
		if best != nil {
			s.give(number, best)
		}
	}
}

// before reports whether a is to have a bind rather than b: it has fewer here, or
// as many and fewer elsewhere.
func (s *spread) before(a, b *Member) bool {
	return cmp.Or(cmp.Compare(s.count[a.ID], s.count[b.ID]), cmp.Compare(s.load[a.ID], s.load[b.ID])) < 0
}

func (s *spread) member(id string) *Member {
	for i := range s.members {
		if s.members[i].ID == id {
			return &s.members[i]
		}
	}
	return nil
}

// quotas is how many of n binds each member is to have at most beside those of its
// range: as even as the limits allow. The odd ones are of those that hold most.
func (s *spread) quotas(n int) map[string]int {
	holds := map[string]int{}
	for _, id := range s.held {
		holds[id]++
	}
	quota := map[string]int{}
	for range n {
		var best *Member
		for i := range s.members {
			m := &s.members[i]
			if m.Max > 0 && s.load[m.ID]+s.count[m.ID]+quota[m.ID] >= m.Max {
				continue
			}
			if best == nil || s.sooner(m, best, quota, holds) {
				best = m
			}
		}
		if best == nil {
			break
		}
		quota[best.ID]++
	}
	return quota
}

func (s *spread) sooner(a, b *Member, quota, holds map[string]int) bool {
	has := func(m *Member) int { return s.count[m.ID] + quota[m.ID] }
	keeps := func(m *Member) int { // 0: one more lets it keep what it holds
		if holds[m.ID] > has(m) {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(has(a), has(b)), cmp.Compare(keeps(a), keeps(b)), cmp.Compare(s.load[a.ID], s.load[b.ID])) < 0
}
