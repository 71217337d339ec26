package actors

import (
	"slices"

	"github.com/ghasi/smpp-connector/actors/ledger"
	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Where a bind's commands come from: the names of decisions.md, in one place.

// inlet is one consumer that a bind reads.
type inlet struct {
	durable, subject string
	lane             contract.Lane // that its commands rank as
	bind             port.BindID   // whose subject it is; of a shared one the MNO and the direction, Number 0
}

// spec names the consumer, without its limits.
func (in inlet) spec() port.ConsumerSpec {
	return port.ConsumerSpec{MNO: in.bind.MNO, Durable: in.durable, Subject: in.subject}
}

// inlets returns the consumers that a bind reads of the lanes that the pod serves
// (US-SC-006, 018, 019): its operator's and its lanes', which it shares with its
// siblings, and its own. The operator's and its own rank as P1. operatorID is the
// one whose subjects are carried and binds are those whose subjects they are: the
// bind itself, or where it covers for a primary those that it stands in for; every
// bind that does reads all of the primary's lanes.
func inlets(operatorID string, own, shared []port.BindID, lanes []contract.Lane) (list []inlet) {
	put := func(in inlet) {
		if !slices.ContainsFunc(list, func(known inlet) bool { return known.durable == in.durable }) {
			list = append(list, in)
		}
	}
	for _, l := range lanes {
		for _, b := range shared {
			d := string(b.Direction)
			put(inlet{contract.LaneDurable(l, b.MNO, d), contract.LaneSubject(l, b.MNO, d), l, port.BindID{MNO: b.MNO, Direction: b.Direction}})
			if l == contract.P1 {
				put(inlet{contract.OperatorDurable(operatorID), contract.OperatorSubject(operatorID), l, port.BindID{MNO: b.MNO}})
			}
		}
		if l != contract.P1 {
			continue
		}
		for _, b := range own {
			d := string(b.Direction)
			put(inlet{contract.BindDurable(b.MNO, d, b.Number), contract.BindSubject(b.MNO, d, b.Number), l, b})
		}
	}
	return list
}

// intakesOf returns a bind's consumers with what is known of their commands.
func (e *environment) intakesOf(s *seat, account *Account) []*intake {
	var intakes []*intake
	if s.own {
		mine := []port.BindID{s.id}
		intakes = e.intakesFor(account, account.OperatorID, inlets(account.OperatorID, mine, mine, e.Lanes))
	}
	mine := submitting(account)
	for _, c := range s.covering() {
		if i := slices.Index(mine, s.id); i >= 0 {
			intakes = append(intakes, e.intakesFor(account, c.Operator, inlets(c.Operator, standIn(c.Binds, i, len(mine)), c.Binds, e.Lanes))...)
		}
	}
	return intakes
}

// intakesFor are the intakes under an account's rules of consumers of an operator, which
// has one book, whoever carries its commands.
func (e *environment) intakesFor(account *Account, carries string, list []inlet) (intakes []*intake) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.books[carries] == nil {
		e.books[carries] = &book{b: ledger.NewBook[port.Handle](remembered)}
	}
	for _, in := range list {
		key := account.OperatorID + "|" + in.durable
		if e.intakes[key] == nil {
			spec := in.spec()
			spec.AckWait, spec.MaxAckPending = account.AckWait, maxAckPending(account)
			e.intakes[key] = &intake{env: e, carries: carries, inlet: in, spec: spec, book: e.books[carries]}
			e.intakes[key].account.Store(account)
		}
		intakes = append(intakes, e.intakes[key])
	}
	return intakes
}

// maxAckPending leaves room for all that the binds of a pod may have in hand, and
// for what is NAKed with a delay meanwhile: those count against MaxAckPending too.
func maxAckPending(a *Account) int {
	return max(10_000, 4*maxSettling*a.Window*max(len(a.Binds), 1))
}

// standIn divides a primary's binds among those of its backup: the i-th of n
// backup binds carries every n-th bind subject, so that each is read by one bind
// and keeps its order (US-SC-013, 019).
func standIn(primary []port.BindID, i, n int) (own []port.BindID) {
	for j, b := range primary {
		if j%n == i {
			own = append(own, b)
		}
	}
	return own
}

// submitting returns the binds of an account that may submit, in its order.
func submitting(account *Account) (binds []port.BindID) {
	for _, s := range account.Binds {
		if s.Bind.Direction.Submits() {
			binds = append(binds, s.Bind)
		}
	}
	return binds
}
