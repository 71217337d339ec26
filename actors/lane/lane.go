// Package lane decides whose turn it is: of the commands that wait in a bind's
// priority lanes (US-SC-018), which go to the line next, and how many each lane
// may be asked for. It counts; it knows no consumer, no window and no clock.
//
//	P0 ─┐
//	P1 ─┤  strict priority, but a lane that waits is owed
//	P2 ─┤  5 % of all that goes out meanwhile            ──► the line
//	P3 ─┘
//
// Within a lane the order of arrival is kept.
package lane

import contract "github.com/ghasi/smpp-connector/proto"

// Count is how many lanes there are.
const Count = int(contract.P3) + 1

// portion is the guarantee as a fraction: of so many PDUs, one belongs to each
// less urgent lane that waits (decisions.md, 018: at least 5 % of the window).
const portion = 20

// due is how many PDUs of others make one of a lane's own due.
const due = portion - 1

// Share returns how many of a window's slots a lane keeps however much the more
// urgent ones have to send: 5 %, and at least one.
func Share(slots int) int { return max((slots+portion-1)/portion, 1) }

// Ask returns how many messages a lane's consumer is asked for. left is the credit
// after all that waits in this lane and in the more urgent ones; alone is the
// credit after what waits in this lane; has is how many of its messages wait or
// were asked for already; slots is the window's size. A lane that the others leave
// nothing is asked for its share all the same, so that what it is owed is at hand.
func Ask(left, alone, has, slots int) int {
	return max(left, min(alone, Share(slots)-has), 0)
}
