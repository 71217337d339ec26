package ledger

import "time"

// Policy is what becomes of a command of which a submit was written and never
// answered: a line was lost, a response timed out, a process was killed. It is
// the MNO profile's choice, because none is right for everybody.
type Policy uint8

// The policies.
const (
	Redeliver Policy = iota // submit it again and mark it: at least once
	Hold                    // wait for a receipt or a late answer that names it, then give up: at most once
	GiveUp                  // to the dead letters: at most once
)

// ResubmitAfter is how long a command waits that was not answered for the n-th time,
// from 1: base the first time, since lines are lost every day; then 30 s, 1, 2, 4 and
// 5 min, since each time may be one more SMS for the same subscriber.
func ResubmitAfter(n int, base time.Duration) time.Duration {
	if n <= 1 {
		return base
	}
	return max(base, min(30*time.Second<<min(n-2, 10), 5*time.Minute))
}

var policyNames = [...]string{"redeliver", "hold", "giveUp"}

// String is the word in configuration, metrics and logs.
func (p Policy) String() string { return policyNames[p] }
