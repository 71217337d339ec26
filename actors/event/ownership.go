package event

import (
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// LeaseWon: this process owns a bind from now on (US-SC-017).
type LeaseWon struct {
	Bind   port.BindID
	Epoch  uint64
	Before string // the pod that owned it last; empty: none is known
	At     time.Time
}

// LeaseLost: this process owns a bind no more, and did not give it up: it has
// stopped submitting and unbinds.
type LeaseLost struct {
	Bind   port.BindID
	Epoch  uint64
	Reason string
	At     time.Time
}

// BindOrphaned: a lease that had expired and was still there was taken out (US-SC-020).
type BindOrphaned struct {
	Bind  port.BindID
	Owner string // the pod that it named
	At    time.Time
}

// BindUnowned: a bind that this process would serve has had no owner for so long.
type BindUnowned struct {
	Bind port.BindID
	For  time.Duration
	At   time.Time
}

// BindOwnedTwice: two pods say that they serve one bind, at two checks in a row.
type BindOwnedTwice struct {
	Bind port.BindID
	Pods []string
	At   time.Time
}

// BindNameShared: another pod calls a bind of another operator by the name of one of this
// process's: they share its lease, and only one of the two accounts is bound at a time.
type BindNameShared struct {
	Bind       port.BindID
	OperatorID string // whose bind it is here
	Other      string // and there: an operatorId
	Pod        string // there
	At         time.Time
}

// OwnershipChecked: the binds of a group were held against its leases and pods (US-SC-020).
type OwnershipChecked struct {
	MNO       string
	Direction port.Direction
	Unowned   int // binds without an owner
	Twice     int // binds that two pods serve
	Pods      int // that live, this one among them
	Silent    int // pods that the orchestrator runs and that do not say that they live
	At        time.Time
}

// LaneChecked: over how many binds of a group a lane is read, by all pods together
// (US-SC-018). It is told of lanes that live pods serve, or have served since this process started.
type LaneChecked struct {
	MNO       string
	Direction port.Direction
	Lane      contract.Lane
	Binds     int
	At        time.Time
}

// PodBindless: this pod has no bind, and is to have none as things are; or has one again.
type PodBindless struct {
	Why string // for people; empty: it is to have one again
	At  time.Time
}

// PodSilent: the orchestrator runs a pod of these binds that has not said for two checks
// that it lives: it may not reach NATS.
type PodSilent struct {
	Pod string
	At  time.Time
}

// OwnerUnknown: a bind is owned by a pod that the orchestrator does not run.
type OwnerUnknown struct {
	Bind  port.BindID
	Owner string
	At    time.Time
}

// PodNameShared: another live process has this one's pod name.
type PodNameShared struct {
	Pod string
	At  time.Time
}

// ClockSkewed: this machine's clock differs from the NATS server's, or does so no more.
type ClockSkewed struct {
	Skew time.Duration // above 0: ours is ahead; 0: no more
	At   time.Time
}

// DispatchLooked: how a stream of commands stands.
type DispatchLooked struct {
	Stream   string
	Oldest   time.Duration     // age of the oldest command in it; 0: there is none
	MaxAge   time.Duration     // after which the server drops a command without a word; 0: never
	Unserved []UnservedSubject // that no consumer reads, most commands first
	// Consumers it has: each is asked at every acknowledgement (ARCHITECTURE, "One owner a bind").
	Consumers int
	At        time.Time
}

// UnservedSubject is a subject with commands and without a consumer.
type UnservedSubject struct {
	Subject  string
	Messages uint64
}

func (LeaseWon) fact()         {}
func (DispatchLooked) fact()   {}
func (LeaseLost) fact()        {}
func (BindOrphaned) fact()     {}
func (BindUnowned) fact()      {}
func (BindOwnedTwice) fact()   {}
func (BindNameShared) fact()   {}
func (OwnershipChecked) fact() {}
func (LaneChecked) fact()      {}
func (PodBindless) fact()      {}
func (PodSilent) fact()        {}
func (OwnerUnknown) fact()     {}
func (PodNameShared) fact()    {}
func (ClockSkewed) fact()      {}
