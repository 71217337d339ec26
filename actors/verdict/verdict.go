// Package verdict says what an ESME status in an answer to submit_sm means for
// the segment, for the window and for people. It is one table, read by the
// window, the alerts and the runbooks (US-SC-028…031).
package verdict

import (
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// Class is what becomes of the segment.
type Class uint8

// The classes.
const (
	Accept Class = iota // the MNO has it
	Retry               // give the command back to the queue, with a delay
	Reject              // it will never be taken: to the DLQ
)

var classNames = [...]string{"accept", "retry", "reject"}

func (c Class) String() string { return classNames[c] }

// Effect is what the answer does to the bind's window.
type Effect uint8

// The effects.
const (
	None      Effect = iota
	Halve            // US-SC-024
	HalfClose        // after 3 in a row (US-SC-029)
	Drain            // US-SC-030
)

var effectNames = [...]string{"none", "halve", "half-close", "drain"}

func (e Effect) String() string { return effectNames[e] }

// Verdict is one row.
type Verdict struct {
	Class   Class
	Delay   time.Duration // of Retry
	Effect  Effect
	Runbook string // the heading of the section that explains it
}

// The delays of Retry.
const (
	throttleDelay = 500 * time.Millisecond // US-SC-028
	busyDelay     = 5 * time.Second        // the MNO has a problem of its own
)

var table = map[codec.Status]Verdict{
	codec.StatusOK: {Class: Accept},

	codec.StatusThrottled:     {Retry, throttleDelay, Halve, "throttled"},
	codec.StatusMsgQFul:       {Retry, busyDelay, Drain, "queue full"},
	codec.StatusSubmitFail:    {Retry, busyDelay, HalfClose, "submit failed"},
	codec.StatusSysErr:        {Retry, busyDelay, None, "system error"},
	codec.StatusXTAppn:        {Retry, busyDelay, None, "temporary application error"},
	codec.StatusSerTypUnavail: {Retry, busyDelay, None, "service type unavailable"},
	codec.StatusInvBndSts:     {Retry, busyDelay, None, "wrong bind state"},
	codec.StatusUnknownErr:    {Retry, busyDelay, None, "unknown error"},
}

// rejected is every status that is not in the table: the message is wrong, and
// sending it again would make the same answer.
var rejected = Verdict{Class: Reject, Runbook: "rejected by the MNO"}

// Of returns the verdict on a status. Vendor statuses (0x400…0x4FF) are rejects
// unless the profile says otherwise.
func Of(s codec.Status) Verdict {
	if v, ok := table[s]; ok {
		return v
	}
	return rejected
}
