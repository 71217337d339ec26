package ledger

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

var policyNames = [...]string{"redeliver", "hold", "giveUp"}

// String is the word in configuration, metrics and logs.
func (p Policy) String() string { return policyNames[p] }
