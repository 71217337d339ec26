package ownership

import (
	"maps"
	"slices"
	"time"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
)

// check reconciles what leases say with what pods say (US-SC-020): binds that nobody
// owns, and binds that two pods serve. The server takes expired leases out by itself;
// one that it does not is taken out by whoever is to have the bind, or a check later
// by whoever knows it when nobody wants it (Claims.take).
func (c *Claims) check(now time.Time) {
	if !c.leasesKnown || !c.podsKnown {
		return
	}
	unowned, twice := map[port.Group]int{}, map[port.Group]int{}
	suspects := map[port.BindID]bool{}
	for _, bind := range c.binds() {
		cl := c.claims[bind]
		if c.wants[bind] && cl.phase == idle && !cl.freeSince.IsZero() && now.Sub(cl.freeSince) >= unownedAfter {
			unowned[bind.Group()]++
			c.tell(event.BindUnowned{Bind: bind, For: now.Sub(cl.freeSince), At: now})
		}
		if pods := c.runners(bind); len(pods) > 1 {
			suspects[bind] = true
			if c.suspects[bind] { // at the check before too: no hand-over takes so long
				twice[bind.Group()]++
				c.tell(event.BindOwnedTwice{Bind: bind, Pods: pods, At: now})
			}
		}
	}
	c.suspects = suspects
	c.checkNames(now)
	c.checkLanes(now)
	silent := c.compareRoster(now)
	groups := map[port.Group]bool{}
	for _, group := range c.Groups() {
		groups[group] = true
		c.tell(event.OwnershipChecked{MNO: group.MNO, Direction: group.Direction, Unowned: unowned[group], Twice: twice[group], Pods: c.Pods(group), Silent: silent, At: now})
	}
	for group := range c.counted {
		if !groups[group] {
			c.tell(event.OwnershipChecked{MNO: group.MNO, Direction: group.Direction, At: now})
		}
	}
	c.counted = groups
}

// checkNames tells of binds that another pod has for another operator: both call it by
// one name, so one lease, and whoever has it binds with its own account.
func (c *Claims) checkNames(now time.Time) {
	for bind, operator := range c.failover.Accounts {
		peers := c.peers[bind.Group()]
		for _, id := range slices.Sorted(maps.Keys(peers)) {
			p := peers[id].pod
			for other, numbers := range p.Accounts {
				if other != operator && slices.Contains(numbers, bind.Number) {
					c.tell(event.BindNameShared{Bind: bind, OperatorID: operator, Other: other, Pod: p.Name, At: now})
				}
			}
		}
	}
}

// compareRoster holds leases and presence against the pods that should be there, and
// returns how many of these are silent.
func (c *Claims) compareRoster(now time.Time) (count int) {
	silent := map[string]bool{}
	if c.roster == nil {
		c.silent = silent
		return 0
	}
	alive := map[string]bool{c.me.Name: true}
	for _, peers := range c.peers {
		for _, p := range peers {
			alive[p.pod.Name] = true
		}
	}
	for _, name := range c.roster {
		if alive[name] {
			continue
		}
		silent[name] = true
		if c.silent[name] { // at the check before too: it has had the time to start
			count++
			c.tell(event.PodSilent{Pod: name, At: now})
		}
	}
	c.silent = silent
	for _, bind := range c.binds() {
		if l := c.claims[bind].known; l.Instance != "" && !slices.Contains(c.roster, l.Pod) {
			c.tell(event.OwnerUnknown{Bind: bind, Owner: l.Pod, At: now})
		}
	}
	return count
}

// binds are those of the claims, in order. A claim is never dropped.
func (c *Claims) binds() []port.BindID {
	if len(c.sorted) == len(c.claims) {
		return c.sorted
	}
	c.sorted = make([]port.BindID, 0, len(c.claims))
	for bind := range c.claims {
		c.sorted = append(c.sorted, bind)
	}
	slices.SortFunc(c.sorted, port.CompareBinds)
	return c.sorted
}

// runners are the pods that have a session of a bind, or dial for one.
func (c *Claims) runners(bind port.BindID) (pods []string) {
	if c.running[bind] {
		pods = append(pods, c.me.Name)
	}
	for _, p := range c.peers[bind.Group()] {
		if slices.Contains(p.pod.Runs, bind.Number) {
			pods = append(pods, p.pod.Name)
		}
	}
	slices.Sort(pods)
	return pods
}
