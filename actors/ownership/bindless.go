package ownership

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Bindless says why this pod is to have no bind at all, for people; empty: it is to have one.
func (c *Claims) Bindless() string { return c.bindless }

// seeBindless looks whether this pod is to have a bind.
func (c *Claims) seeBindless(plan *plan, now time.Time) {
	if !plan.decided || now.Before(c.knownAt.Add(c.settle)) {
		return
	}
	why := c.whyBindless(plan)
	if (why == "") != (c.bindless == "") {
		c.tell(event.PodBindless{Why: why, At: now})
	}
	c.bindless = why
}

// whyBindless is why this pod is to have none of the binds that it wants, of the group
// with most pods; empty where it is to have one, or wants none.
func (c *Claims) whyBindless(plan *plan) string {
	binds := map[port.Group]int{}
	for bind := range c.wants {
		if c.leaving || plan.owner[bind] == c.me.Instance || c.claims[bind].phase != idle {
			return ""
		}
		binds[bind.Group()]++
	}
	if len(binds) == 0 {
		return ""
	}
	group := slices.MaxFunc(sortedGroups(binds), func(a, b port.Group) int { return cmp.Compare(c.Pods(a), c.Pods(b)) })
	why := fmt.Sprintf("no bind: %s has %d, for %d pods", group, binds[group], c.Pods(group))
	if group.Direction.Submits() && len(c.me.Lanes) > 0 && c.lanesServed(group) != setOf(c.me.Lanes) {
		why += fmt.Sprintf("; this one serves %s alone, and lanes that nobody would read go first", laneNames(c.me.Lanes))
	}
	return why
}

func laneNames(lanes []contract.Lane) string {
	names := make([]string, len(lanes))
	for i, l := range lanes {
		names[i] = l.String()
	}
	return strings.Join(names, ",")
}

// lanesServed are the lanes that pods of a group serve which live and take binds.
func (c *Claims) lanesServed(group port.Group) (set laneSet) {
	for _, m := range c.members(group, c.self()) {
		set |= said(m.Lanes)
	}
	return set
}

// said are the lanes of a pod: all, where its version does not say.
func said(lanes []contract.Lane) laneSet {
	if len(lanes) == 0 {
		return setOf(contract.Lanes())
	}
	return setOf(lanes)
}

// checkLanes counts over how many binds each lane is read.
func (c *Claims) checkLanes(now time.Time) {
	read := map[port.Group]map[contract.Lane]int{}
	for bind, cl := range c.claims {
		group := bind.Group()
		if read[group] == nil {
			read[group] = map[contract.Lane]int{}
		}
		for _, l := range contract.Lanes() {
			if c.lanesOfOwner(cl, group).has(l) {
				read[group][l]++
			}
		}
	}
	for _, group := range c.Groups() {
		if !group.Direction.Submits() {
			continue
		}
		c.lanesSeen[group] |= c.lanesServed(group)
		for _, l := range contract.Lanes() {
			if c.lanesSeen[group].has(l) {
				c.tell(event.LaneChecked{MNO: group.MNO, Direction: group.Direction, Lane: l, Binds: read[group][l], At: now})
			}
		}
	}
}

// lanesOfOwner are the lanes that a bind is read in: its owner's; none while nobody that
// lives has it.
func (c *Claims) lanesOfOwner(cl *claim, group port.Group) laneSet {
	if cl.ours() {
		return said(c.me.Lanes)
	}
	if p := c.peers[group][cl.known.Instance]; cl.known.Revision != 0 && p != nil {
		return said(p.pod.Lanes)
	}
	return 0
}
