package lifecycle

import "time"

// Order says which of an MNO's hosts a bind dials first.
type Order uint8

// The orders.
const (
	InOrder Order = iota // the first: the others are for when it is away
	Spread               // by the bind's number, so that the binds of an account lie evenly on all of them
)

// First returns the host, counted from 0, that a bind begins a round with. number is
// the bind's, from 1; passed is how many hosts are to be passed over, because they took
// the bind and were of no use.
func (o Order) First(number, passed, hosts int) int {
	first := passed
	if o == Spread {
		first += max(number, 1) - 1
	}
	return first % max(hosts, 1)
}

// Brief is how long a session must live to be more than an accident.
const Brief = time.Minute

// Passed is how many hosts the next round passes over: one for each session in a row
// that took submits and answered none, and one for each but the first that the MNO's
// side ended within Brief. One such end may be anything; a host that does it again is ill.
func Passed(silent, brief int) int { return silent + max(brief-1, 0) }

// Round is one attempt to bind at an MNO that has several hosts: each is dialled once,
// one at once after the other, until one takes the bind. Only a round that none has
// taken is a failed attempt with its Backoff, so each host is dialled as often as
// US-SC-005 has an MNO of one host dialled. The zero Round is over.
type Round struct {
	hosts int
	first int
	turn  int // how many of the others the second dial passes over
	dials int // that have failed
}

// Round begins a round, as First does. Where binds are spread, those that begin at one
// host go on to different ones, so that the binds of a lost host lie evenly on the rest.
func (o Order) Round(number, passed, hosts int) Round {
	r := Round{hosts: hosts, first: o.First(number, passed, hosts)}
	if o == Spread && hosts > 0 {
		r.turn = (max(number, 1) - 1) / hosts
	}
	return r
}

// Host is the host whose turn it is, from 0.
func (r Round) Host() int {
	if r.dials == 0 {
		return r.first
	}
	return (r.first + 1 + (r.dials-1+r.turn)%(r.hosts-1)) % r.hosts
}

// Next goes on to the next host. It reports false, and goes nowhere, when the round is over.
func (r *Round) Next() bool {
	if r.dials >= r.hosts-1 {
		return false
	}
	r.dials++
	return true
}
