package lifecycle

import (
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// Floor names a least time before the next dial, which the profile sets.
type Floor uint8

// The floors.
const (
	NoFloor      Floor = iota
	AuthFloor          // somebody must correct the account: hammering locks it
	AlreadyFloor       // an old session of ours lives at the MNO: it must time out first
)

// Refusal is what an MNO's refusal to bind means for the next dial and for people.
type Refusal struct {
	Floor   Floor
	Refetch bool // the credentials may have been rotated: fetch them before the next dial
	Alert   bool // somebody must do something
	Account bool // it is about the account, or how fast that is: no other host of the MNO is asked
}

// refusals is the policy for bind_resp statuses (SMPP 3.4 §5.1.3). Every other
// status is tried again after the backoff, and no status is ever taken for bound:
// ESME_RALYBND on a fresh connection means that another session has the account, or
// that the host has as many of its sessions as it takes.
var refusals = map[codec.Status]Refusal{
	codec.StatusInvPaswd:  {Floor: AuthFloor, Refetch: true, Alert: true, Account: true},
	codec.StatusInvSysID:  {Floor: AuthFloor, Refetch: true, Alert: true, Account: true},
	codec.StatusInvSysTyp: {Floor: AuthFloor, Refetch: true, Alert: true, Account: true},
	codec.StatusAlyBnd:    {Floor: AlreadyFloor, Alert: true},
	codec.StatusBindFail:  {Refetch: true, Alert: true},
	codec.StatusThrottled: {Account: true},
}

// RefusalOf looks a status up.
func RefusalOf(s codec.Status) Refusal { return refusals[s] }

// Wait is the time before the next dial: the backoff, and no less than any of the
// floors.
func Wait(backoff time.Duration, floors ...time.Duration) time.Duration {
	for _, floor := range floors {
		backoff = max(backoff, floor)
	}
	return backoff
}
