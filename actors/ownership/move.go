package ownership

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ghasi/smpp-connector/actors/port"
)

// Moves answers whether a bind can be moved, by the spread of the last Tick. It is a
// value that any goroutine may ask.
type Moves struct{ plan *plan }

// Moves returns it.
func (c *Claims) Moves() Moves { return Moves{c.plan} }

// Refuse says why a bind cannot be moved to the pod of that name, or nothing. It makes
// the spread again with the bind at home there: what would have no effect, would undo
// an earlier move, or leave a bind to nobody, is refused. That a pod has other binds instead is no reason, nor
// is its range by POD_ORDINAL. Groups that this process does not serve are not known here.
func (m Moves) Refuse(bind port.BindID, to string) error {
	group := bind.Group()
	i := -1
	if m.plan != nil {
		i = slices.IndexFunc(m.plan.groups, func(g groupPlan) bool { return g.group == group })
	}
	if i < 0 {
		return fmt.Errorf("it is not known yet which pods take binds of %s: try again in some seconds", group)
	}
	moved := m.plan.groups[i].withHome(bind.Number, to)
	at := slices.IndexFunc(moved.members, func(p Member) bool { return p.Name == to })
	if at < 0 {
		return fmt.Errorf("no pod %s takes binds of %s: there are %s", to, group, names(moved.members))
	}
	target := &moved.members[at]
	if !target.wants(bind.Number) {
		able := slices.DeleteFunc(slices.Clone(moved.members), func(p Member) bool { return !p.wants(bind.Number) })
		return fmt.Errorf("pod %s does not serve bind %s, by its configuration: those that do are %s", to, bind, names(able))
	}
	groups := slices.Clone(m.plan.groups)
	groups[i] = moved
	owner := spreadAll(groups)
	if owner[bind] != target.ID || !keepsHome(m.plan.owner, owner, group, target) {
		groups[i] = moved.withoutLanes()
		if free := spreadAll(groups); free[bind] == target.ID && keepsHome(m.plan.owner, free, group, target) {
			return fmt.Errorf("pod %s serves %s alone, and with bind %s there a lane that another pod serves would be read by nobody (US-SC-018): move it to a pod that serves more lanes, or one of its others away", to, laneNames(target.Lanes), bind)
		}
		has := bindsOf(m.plan.owner, target.ID)
		return fmt.Errorf("pod %s is full: MAX_BINDS is %d, and it has %s: move one of those away first, or raise MAX_BINDS", to, target.Max, strings.Join(has, ", "))
	}
	for left := range m.plan.owner {
		if owner[left] == "" {
			return fmt.Errorf("pod %s would have no room for %s any more (MAX_BINDS is %d), and no other pod has any: raise MAX_BINDS, or start one more", to, left, target.Max)
		}
	}
	return nil
}

// keepsHome reports whether what was moved to a member before stays there.
func keepsHome(before, after map[port.BindID]string, group port.Group, m *Member) bool {
	return !slices.ContainsFunc(m.Home, func(n int) bool {
		return before[group.Bind(n)] == m.ID && after[group.Bind(n)] != m.ID
	})
}

// withHome is the group with a bind at home with the members of a name, and with no other.
func (g groupPlan) withHome(number int, name string) groupPlan {
	g.members = slices.Clone(g.members)
	for i := range g.members {
		m := &g.members[i]
		m.Home = slices.DeleteFunc(slices.Clone(m.Home), func(n int) bool { return n == number })
		if m.Name == name {
			m.Home = append(m.Home, number)
			slices.Sort(m.Home)
		}
	}
	return g
}

// withoutLanes is the group as if no pod said its lanes.
func (g groupPlan) withoutLanes() groupPlan {
	g.members = slices.Clone(g.members)
	for i := range g.members {
		g.members[i].Lanes = nil
	}
	return g
}

func bindsOf(owner map[port.BindID]string, id string) (names []string) {
	for bind, of := range owner {
		if of == id {
			names = append(names, bind.String())
		}
	}
	slices.Sort(names)
	return names
}

func names(members []Member) string {
	var all []string
	for _, m := range members {
		all = append(all, m.Name)
	}
	if slices.Sort(all); len(all) == 0 {
		return "none"
	}
	return strings.Join(all, ", ")
}
