package vitals

import (
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
)

// Actor is one actor as the tree shows it.
type Actor struct {
	Path        string    `json:"path"` // of its PID: connector/operator/awcc/bind/awcc/trx/1/window
	Kind        string    `json:"kind"`
	State       string    `json:"state"`
	Since       time.Time `json:"since,omitzero"`
	Mailbox     int       `json:"mailbox"`  // messages that wait for it
	Restarts    int64     `json:"restarts"` // since the process began
	LastFailure *Failure  `json:"lastFailure,omitempty"`
	Bind        *Bind     `json:"bind,omitempty"`
}

// Failure is why an actor failed last.
type Failure struct {
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
	Bug    bool      `json:"bug"` // a panic, not an expected end
}

// Bind is one bind as the tree, the page and the metrics show it.
type Bind struct {
	Bind       string    `json:"bind"` // awcc.trx.1
	MNO        string    `json:"mno"`
	Direction  string    `json:"direction"`
	Number     int       `json:"bindId"`
	OperatorID string    `json:"operatorId"`
	State      string    `json:"state"` // the window's when BOUND and not OPEN, else the life cycle's
	Life       string    `json:"life"`  // the life cycle's
	Since      time.Time `json:"since,omitzero"`
	Bound      bool      `json:"bound"`
	Order      string    `json:"order,omitempty"` // paused or maintenance, where somebody has ordered that
	Owner      string    `json:"owner,omitempty"` // the pod that has the lease
	Epoch      uint64    `json:"epoch"`           // its fencing token

	InFlight   int64  `json:"inFlight"`
	Window     int64  `json:"window"`     // the size now
	Configured int64  `json:"configured"` // the size it may grow to
	TPS        int    `json:"tps"`        // PDUs in the last whole second
	TPSLimit   int    `json:"tpsLimit"`   // of the whole account, or of the bind where the MNO counts by binds; 0: none
	LimitedBy  string `json:"limitedBy"`  // tps, window, stores, peer, queue (commands come slower than they could go), nothing (at rest), paused, standby, closed
	Queued     int64  `json:"queued"`     // commands planned and waiting for a slot
	Settling   int64  `json:"settling"`   // commands answered and not yet stored and acknowledged
	Lanes      []Lane `json:"lanes,omitempty"`
	Sequence   uint32 `json:"sequence"` // the last sequence number used

	P50Ms    float32       `json:"p50Ms"` // submit_sm to its answer, of the last one to two minutes; 0: none came
	P99Ms    float32       `json:"p99Ms"`
	Statuses []StatusShare `json:"statuses,omitempty"` // the most frequent first

	Receipts      uint64    `json:"receipts"`             // heard in the last one to two minutes, of every kind
	ReceiptsTotal uint64    `json:"receiptsTotal"`        // since the process began
	LastReceipt   time.Time `json:"lastReceipt,omitzero"` // when the last one came
	ReceiptP50Ms  float32   `json:"receiptP50Ms"`         // submit_sm to its final receipt, of the last one to two minutes; 0: none came, or none that matches
	ReceiptP99Ms  float32   `json:"receiptP99Ms"`

	Attempts    int64     `json:"attempts"`          // failed binds since the last good one
	NextDial    time.Time `json:"nextDial,omitzero"` // of the line that dials first
	Restarts    int64     `json:"restarts"`          // of the bind and all below it
	LastFailure *Failure  `json:"lastFailure,omitempty"`
	Lines       []Line    `json:"lines"` // one, or after a fallback a transmitter and a receiver
}

// Host is host:port at which the bind is bound or that it dials, or was last; empty where
// it has dialled nobody.
func (b *Bind) Host() string {
	if len(b.Lines) == 0 {
		return ""
	}
	return b.Lines[0].Host
}

// Lane is what waits for a bind in one priority lane that its pod serves (US-SC-018).
type Lane struct {
	Lane      string `json:"lane"`      // P0 … P3
	Queued    int    `json:"queued"`    // commands that wait in the bind
	Lag       int64  `json:"lag"`       // commands in JetStream that nobody has taken, on all subjects of the lane that the bind reads; -1: not known
	Unsettled int64  `json:"unsettled"` // handed out to anybody and not acknowledged; -1: not known
}

// StatusShare is how often the MNO gave one answer.
type StatusShare struct {
	Status string `json:"status"` // ESME_ROK, or 0x00000450 where it has no name; "other" beyond the first few
	Recent uint64 `json:"recent"` // in the last one to two minutes
	Total  uint64 `json:"total"`  // since the process began
}

// Line is one connection of a bind.
type Line struct {
	Role     port.Direction `json:"role"`
	Host     string         `json:"host,omitempty"` // host:port at which it is bound or that is dialled, or was last; empty: none yet, or the MNO calls us
	State    string         `json:"state"`
	Since    time.Time      `json:"since"`
	Reason   string         `json:"reason,omitempty"` // of the last change
	Attempts int            `json:"attempts"`         // failed since the last bind
	RedialAt time.Time      `json:"redialAt,omitzero"`
	Peer     string         `json:"peer,omitempty"` // SMPP version that the MNO says it speaks; empty: not bound, or it does not say
}

// Severity is how badly a state wants to be looked at.
type Severity int

// The severities, the worst first.
const (
	Ill     Severity = iota // nothing goes out, and that was not asked for
	Trouble                 // less than it should, or not yet
	Well
)

// String is the word that the page's colours go by.
func (s Severity) String() string { return [...]string{"ill", "trouble", "well"}[s] }

// Severity is how badly a bind wants to be looked at. An order is no illness, but
// nobody should forget it.
func (b *Bind) Severity() Severity {
	switch {
	case b.State == "BOUND" && b.Order == "":
		return Well
	case b.Order != "":
		return Trouble
	}
	switch b.State {
	case "CONNECTING", "UNBINDING", "HALF_CLOSED_TX", "DRAINING":
		return Trouble
	}
	return Ill
}
