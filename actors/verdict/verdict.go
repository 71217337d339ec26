// Package verdict says what an ESME status in an answer to submit_sm means for
// the segment, for the window and for people. It is one table, read by the
// window, the logs, the alerts and the runbook (US-SC-028…031).
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

// Effect is what the answer does to the bind.
type Effect uint8

// The effects.
const (
	None      Effect = iota
	Halve            // US-SC-024
	HalfClose        // after 3 in a row (US-SC-029)
	Drain            // US-SC-030
	Rebind           // the session is worth nothing: it ends, and the bind is made again
)

var effectNames = [...]string{"none", "halve", "half-close", "drain", "rebind"}

func (e Effect) String() string { return effectNames[e] }

// Verdict is what one status means.
type Verdict struct {
	Class  Class
	Delay  time.Duration // of Retry
	Effect Effect
	Alert  bool     // somebody should know even of the first one
	For    *Section // of the runbook
}

// FirstTries is how often a message that is refused for now is tried again after the
// delay of the table; later each pause is twice as long.
const FirstTries = 3

// The longest pauses between two tries of a message: shorter where the bind as a whole
// waits for the MNO, and tries with whatever message there is.
const (
	longestPause  = 2 * time.Minute
	longestOfBind = time.Minute
)

// Again is how long a message waits that was refused for now for the n-th time, from 1.
// RTHROTTLED says nothing of the message, and its pause does not grow (US-SC-028).
func (v Verdict) Again(n int) time.Duration {
	longest := longestOfBind
	switch v.Effect {
	case Halve:
		return v.Delay
	case None:
		longest = longestPause
	}
	return max(v.Delay, min(v.Delay<<min(max(n-FirstTries, 0), 16), longest))
}

// Of returns the verdict on a status by the table alone. What is not in it is a
// reject: the message is wrong, and sending it again would make the same answer.
func Of(s codec.Status) Verdict {
	section, known := byStatus[s]
	if !known {
		section = &sections[rejected]
	}
	return Verdict{Class: section.Class, Delay: section.Delay, Effect: section.Effect, Alert: section.Alert, For: section}
}

// Rules are an MNO's own meanings, which come before the table: vendors use
// 0x400…0x4FF, and some use the standard's statuses in ways of their own. The
// zero value has none.
type Rules map[codec.Status]Verdict

// Of returns the verdict under the rules.
func (r Rules) Of(s codec.Status) Verdict {
	if len(r) > 0 {
		if v, ok := r[s]; ok {
			return v
		}
	}
	return Of(s)
}

// Own makes the verdict of an MNO's own rule. A Retry without a delay has that of
// a busy MNO.
func Own(class Class, delay time.Duration, effect Effect) Verdict {
	if class == Retry && delay <= 0 {
		delay = busyDelay
	}
	return Verdict{Class: class, Delay: delay, Effect: effect, For: &sections[ofProfile]}
}

// ParseClass reads a class by its name; ok is false for an unknown one.
func ParseClass(name string) (c Class, ok bool) {
	for i, n := range classNames {
		if n == name {
			return Class(i), true
		}
	}
	return 0, false
}

// ParseEffect reads an effect by its name; ok is false for an unknown one.
func ParseEffect(name string) (e Effect, ok bool) {
	for i, n := range effectNames {
		if n == name {
			return Effect(i), true
		}
	}
	return 0, false
}
