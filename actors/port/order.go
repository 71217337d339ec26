package port

import (
	"context"
	"time"
)

// Order is what somebody has commanded about a bind or an MNO, and what holds of it
// until something else is ordered: also after a restart, on whichever pod (issue 7).
type Order struct {
	Target string // "bind.awcc.trx.1" or "mno.awcc": the key in contract.BucketOrders
	Halt   bool   // the bind is paused, or the MNO in maintenance
	Home   string // of a bind: the pod that it was moved to, and is to be on while that lives; empty: whichever

	// The command that was given last. Those before it are in the key's history:
	// they are the audit.
	ID   string
	Verb string
	By   string
	At   time.Time

	Revision uint64 // of the value: a higher one is later. 0: there is no order
}

// Orders keeps what was ordered where every pod sees it.
type Orders interface {
	// All returns every order.
	All(ctx context.Context) ([]Order, error)

	// Give stores what change makes of the order about a target, as it is now, and
	// returns it with its revision. change may be called several times: another pod
	// may give an order at the same moment. An order with the ID of the one that is
	// there, or of one that was given within the last minute, is not stored a second
	// time, and what is there is returned: a pod that comes to a command late must not
	// undo what was commanded after it.
	Give(ctx context.Context, target string, change func(Order) Order) (Order, error)

	// Watch tells of every order that is there and of every change until ctx ends, and
	// comes back by itself from everything else. An order that was deleted has Halt
	// false and Revision 0 where it is not known when.
	Watch(ctx context.Context, changed func(Order)) error
}
