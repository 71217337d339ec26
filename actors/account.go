package actors

import (
	"context"
	"net"
	"slices"
	"time"

	"github.com/ghasi/smpp-connector/actors/dispatch"
	"github.com/ghasi/smpp-connector/actors/dlr"
	"github.com/ghasi/smpp-connector/actors/failover"
	"github.com/ghasi/smpp-connector/actors/ledger"
	"github.com/ghasi/smpp-connector/actors/lifecycle"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/actors/verdict"
	"github.com/ghasi/smpp-connector/actors/window"
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/text"
)

// Account is an operator as the tree uses it: its credentials, merged with its
// profile and the defaults. It is not changed after it was made; a rotation of
// credentials makes another.
type Account struct {
	OperatorID string
	MNO        string
	Hosts      []Host          // of the MNO, one at least; each takes every bind of the account
	HostOrder  lifecycle.Order // which of them a bind dials first

	// Called waits for the MNO's outbind in place of a dial, for lines that receive;
	// nil where we call the MNO (SMPP 3.4 §2.2.1).
	Called func(ctx context.Context) (net.Conn, error)
	Bind   codec.Bind         // what the bind PDU says
	Binds  []port.BindSetting // none: all are switched off

	FallbackTriggers []codec.Status // refusals of a transceiver that mean: bind a transmitter and a receiver (US-SC-003)

	Window     int           // default of a bind whose setting has none
	Prefetch   int           // commands asked for above the credit, to be given back when no slot is free; -1: none, a window of them waits
	Congestion window.Signal // what shrinks a window beside refusals
	TPS        int           // PDUs a second of the whole account; 0: no limit
	TPSPerBind bool          // of each bind instead

	Times Times

	Rules          dispatch.Rules // how a command becomes segments
	Receipts       dlr.Rules      // how a receipt is read
	Text           text.Options   // how inbound text is decoded
	Unknown        ledger.Policy  // what becomes of a submit that was never answered
	Resubmits      int            // how often Redeliver sends a message again whose submit was not answered; 0: without end
	Verdicts       verdict.Rules  // what this MNO means by its statuses
	RetryFor       time.Duration  // age of a command from which one that is refused for now is given up; 0: never
	TemporaryError codec.Status   // answer to a deliver_sm that could not be stored
	Expiry         time.Duration  // of a correlation: 72 h (US-SC-010)
	ConcatWindow   time.Duration  // of an inbound message in parts (US-SC-025)
	AckWait        time.Duration  // of the JetStream consumers

	BackupOperatorID string
	Failback         failover.Damping // how long a backup stays, and a flapping primary must wait
}

// Host is where an MNO takes the binds of an account.
type Host struct {
	Address string                                      // host:port as configured, for people and to see a change
	Dial    func(ctx context.Context) (net.Conn, error) // TCP or TLS, within ctx
}

// sameAccess reports whether two accounts dial the same hosts in the same order and say
// the same when they bind.
func (a *Account) sameAccess(other *Account) bool {
	said := func(a *Account) string { return string(codec.Append(nil, &codec.BindTransceiver{Bind: a.Bind})) }
	sameHost := func(a, b Host) bool { return a.Address == b.Address }
	return slices.EqualFunc(a.Hosts, other.Hosts, sameHost) && a.HostOrder == other.HostOrder && said(a) == said(other)
}

// Times are the deadlines of one bind. Every wait has one.
type Times struct {
	Connect         time.Duration   // TCP and TLS
	BindAnswer      time.Duration   // bind_resp
	Enquire         time.Duration   // between enquire_links (US-SC-004: 30 s)
	EnquireAnswer   time.Duration   // 10 s
	Response        time.Duration   // submit_sm_resp (US-SC-023: 30 s)
	Unanswered      int             // response timeouts in a row, with nothing answered between, that end the session; 0: none do
	Write           time.Duration   // one write call
	Unbind          time.Duration   // unbind_resp
	Drain           time.Duration   // most time for a window to empty at a stop; 0: Options.Drain
	Inactivity      time.Duration   // no PDU but heartbeats for so long: unbind; 0: never
	Rebind          time.Duration   // least time from the end of a session to the next dial
	AuthFailed      time.Duration   // the same after a refused password or system_id
	AlreadyBound    time.Duration   // the same after ESME_RALYBND
	Backoff         []time.Duration // US-SC-005
	Jitter          float64         // share of a backoff delay that is drawn by lot; 0: exact
	EnquireWhenIdle bool            // an enquire_link only after Enquire without a PDU; else every Enquire
	Hold            time.Duration   // how long ledger.Hold waits for a receipt
	RetryUnanswered time.Duration   // delay before a command of unknown outcome, or not sent, is delivered again
}

// Accounts finds accounts: credentials from the service or the configuration,
// merged. It may block; Fetch is called on a goroutine and retried with backoff.
type Accounts interface {
	Fetch(ctx context.Context, operatorID string) (*Account, error)
}
