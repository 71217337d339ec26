package ownership

import (
	"maps"
	"slices"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
)

// plan is who is to own what, and what that was decided by. It is not decided while it
// is not known who lives. A plan is not changed once it is made.
type plan struct {
	decided bool
	groups  []groupPlan
	owner   map[port.BindID]string // the member's ID
}

// groupPlan is what the spread of one group is made from.
type groupPlan struct {
	group   port.Group
	numbers []int
	members []Member
	held    map[int]string
}

// holding is a bind that this process would serve, and the instance that holds it now;
// empty: none.
type holding struct {
	bind          port.BindID
	wanted, spare bool // as its own, or as a stand-in
	holder        string
}

// planNow is the plan of the last Tick while what it was made from is the same: a
// thousand binds of which nothing changes are not spread anew for each renewal.
func (c *Claims) planNow() *plan {
	from := c.planSpare[:0]
	for _, bind := range c.binds() {
		if c.would(bind) {
			from = append(from, holding{bind, c.wants[bind], c.failover.Spare[bind], c.holder(c.claims[bind])})
		}
	}
	same := c.plan != nil && c.planChanges == c.changes && slices.Equal(from, c.planFrom)
	c.planFrom, c.planSpare, c.planChanges = from, c.planFrom, c.changes
	if same {
		return c.plan
	}
	return c.newPlan()
}

func (c *Claims) holder(cl *claim) string {
	if cl.ours() || cl.phase == asking {
		return c.me.Instance
	}
	return cl.known.Instance
}

// newPlan spreads the binds that this process wants, or stands in with, over the pods that live.
func (c *Claims) newPlan() *plan {
	p := &plan{decided: c.leasesKnown && c.podsKnown}
	numbers := map[port.Group][]int{}
	for _, binds := range []map[port.BindID]bool{c.wants, c.failover.Spare} {
		for bind := range binds {
			numbers[bind.Group()] = append(numbers[bind.Group()], bind.Number)
		}
	}
	self := c.self()
	for _, group := range sortedGroups(numbers) {
		held := map[int]string{}
		for _, n := range numbers[group] {
			if holder := c.holder(c.claims[group.Bind(n)]); holder != "" {
				held[n] = holder
			}
		}
		p.groups = append(p.groups, groupPlan{group, numbers[group], c.members(group, self), held})
	}
	slices.SortStableFunc(p.groups, func(a, b groupPlan) int { return c.rank(a) - c.rank(b) })
	p.owner = spreadAll(p.groups)
	return p
}

// rank puts the groups that this process stands in for behind its own, which MAX_BINDS is for.
func (c *Claims) rank(g groupPlan) int {
	if slices.ContainsFunc(g.numbers, func(n int) bool { return c.wants[g.group.Bind(n)] }) {
		return 0
	}
	return 1
}

// leftTo reports whether a bind that another pod is to have has been nobody's for so long
// that the other must see it otherwise: what a pod has in groups that this one does not
// serve is not known here. It is asked for only where the spread would leave it with us. One
// that the plan gives to nobody, because all are full, is not looked at again and again.
func (c *Claims) leftTo(bind port.BindID, cl *claim, p *plan, now time.Time) bool {
	if p.owner[bind] == "" || cl.freeSince.IsZero() || now.Sub(cl.freeSince) < leftAfter {
		return false
	}
	groups := slices.Clone(p.groups)
	for i, g := range groups {
		if g.group == bind.Group() {
			groups[i].held = maps.Clone(g.held)
			groups[i].held[bind.Number] = c.me.Instance
		}
	}
	return spreadAll(groups)[bind] == c.me.Instance
}

// spreadAll spreads group after group: what a pod has of one counts in the next.
func spreadAll(groups []groupPlan) map[port.BindID]string {
	owner, load := map[port.BindID]string{}, map[string]int{}
	for _, g := range groups {
		for n, id := range Spread(g.group, g.numbers, g.members, g.held, load) {
			owner[g.group.Bind(n)] = id
			load[id]++
		}
	}
	return owner
}

// members are the pods that the binds of a group are spread over: all that live, but
// for those that are there only to stand in and are not needed.
func (c *Claims) members(group port.Group, self *self) []Member {
	pods := c.pods(group, self)
	wanted := wantedBy(pods)
	var members []Member
	for _, p := range pods {
		wants := serves(p, wanted)
		if len(p.Wants) == 0 && len(wants) == 0 && (len(p.Spare) > 0 || len(p.Covers) > 0) {
			continue
		}
		most := p.Max
		if len(p.Wants) == 0 {
			most = 0 // it stands in: in place of lines that have failed, not beside them
		}
		members = append(members, Member{ID: p.Instance, Name: p.Name, Ordinal: p.Ordinal, Max: most, Lanes: p.Lanes, Wants: wants, Home: c.home(group, p.Name)})
	}
	return members
}

// home is which binds of a group were moved to the pod of that name.
func (c *Claims) home(group port.Group, pod string) (numbers []int) {
	for bind, name := range c.homes {
		if name == pod && bind.Group() == group {
			numbers = append(numbers, bind.Number)
		}
	}
	slices.Sort(numbers)
	return numbers
}
