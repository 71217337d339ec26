package ownership

import (
	"time"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
)

// Order is what becomes of a bind whose lease this process has or had.
type Order uint8

// The orders.
const (
	Serve Order = iota // bind, and carry traffic
	Drain              // finish what is in hand, unbind: another is to have it
	Stop               // unbind now: it may be another's already
)

var orderNames = [...]string{"serve", "drain", "stop"}

func (o Order) String() string { return orderNames[o] }

// Grant is what this process may do with a bind.
type Grant struct {
	Bind   port.BindID
	Epoch  uint64
	Order  Order
	Submit time.Time // no submit is written from then on, unless a later grant says so
	Write  time.Time // nor anything else
}

// Grants returns the present grants, by bind, until it is asked again. A bind that is not
// among them must not be served.
func (c *Claims) Grants() []Grant {
	c.grants = c.grants[:0]
	for _, bind := range c.binds() {
		cl := c.claims[bind]
		g := Grant{Bind: bind, Epoch: cl.term.Epoch, Submit: cl.base.Add(submitWithin), Write: cl.base.Add(writeWithin)}
		switch cl.phase {
		case owned:
			g.Order = Serve
		case leaving:
			g.Order = Drain
		case fenced:
			g.Order = Stop
		default:
			continue
		}
		c.grants = append(c.grants, g)
	}
	return c.grants
}

// Duty is which binds are this process's to serve, as the last Tick left it: those that
// it has, takes or gives back, and those that the spread gives it. Others have the rest,
// or are to take them, or all are full.
type Duty struct {
	Known bool                 // it is known who lives and who has what, and the wait for others is over
	Wants map[port.BindID]bool // the binds that were looked at
	Binds []port.BindID        // of those, and of what it still has: ours
}

// Duty returns it.
func (c *Claims) Duty(now time.Time) Duty {
	if c.plan == nil {
		return Duty{}
	}
	d := Duty{Known: c.plan.decided && !now.Before(c.knownAt.Add(c.settle)), Wants: c.wants}
	for _, bind := range c.binds() {
		cl := c.claims[bind]
		if cl.phase != idle || c.mine(cl.known) || c.wants[bind] && c.plan.owner[bind] == c.me.Instance {
			d.Binds = append(d.Binds, bind)
		}
	}
	return d
}

// fence ends our term before its time.
func (c *Claims) fence(bind port.BindID, cl *claim, reason string, now time.Time) {
	cl.phase, cl.lost = fenced, false
	if cl.base.Add(submitWithin).After(now) { // nothing is submitted any more; the unbind may still go out
		cl.base = now.Add(-submitWithin)
	}
	c.tell(event.LeaseLost{Bind: bind, Epoch: cl.term.Epoch, Reason: reason, At: now})
}
