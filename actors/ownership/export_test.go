package ownership

import (
	"maps"

	"github.com/ghasi/smpp-connector/actors/port"
)

// PlanIsFresh reports whether the plan that is kept is what would be made now.
func (c *Claims) PlanIsFresh() bool {
	for _, binds := range []map[port.BindID]bool{c.wants, c.failover.Spare} {
		for bind := range binds {
			c.claim(bind) // as Tick begins
		}
	}
	c.plan = c.planNow()
	fresh := c.newPlan()
	return c.plan.decided == fresh.decided && maps.Equal(c.plan.owner, fresh.owner)
}
