package ownership

import (
	"slices"
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

// Grants returns the present grants, by bind. A bind that is not among them must not
// be served.
func (c *Claims) Grants() []Grant {
	var grants []Grant
	for bind, cl := range c.claims {
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
		grants = append(grants, g)
	}
	slices.SortFunc(grants, func(a, b Grant) int { return port.CompareBinds(a.Bind, b.Bind) })
	return grants
}

// fence ends our term before its time.
func (c *Claims) fence(bind port.BindID, cl *claim, reason string, now time.Time) {
	cl.phase, cl.lost = fenced, false
	if cl.base.Add(submitWithin).After(now) { // nothing is submitted any more; the unbind may still go out
		cl.base = now.Add(-submitWithin)
	}
	c.tell(event.LeaseLost{Bind: bind, Epoch: cl.term.Epoch, Reason: reason, At: now})
}
