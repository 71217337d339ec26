// Package event holds the facts that actors publish, once each, as values in the
// past tense. Logs, metrics, probes and the health publisher listen; an actor
// does not know who does. Facts of the hot path come in batches. No fact holds a
// password or a message's text.
package event

import (
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Fact is one of the types of this package.
type Fact interface{ fact() }

// Listener hears facts. On is called on the publishing actor's goroutine, so it
// must not block; it may be called from several goroutines at once.
type Listener interface{ On(Fact) }

// Listeners hands every fact to each of them in turn.
type Listeners []Listener

// On implements Listener.
func (ls Listeners) On(f Fact) {
	for _, l := range ls {
		l.On(f)
	}
}

// BindStateChanged: the state that is shown of a bind (decisions.md: the
// window's when the life cycle is BOUND and the window not OPEN, else the life
// cycle's) is another now.
type BindStateChanged struct {
	Bind       port.BindID
	OperatorID string
	Host       string // host:port at which it is bound or that is dialled, or was last; empty: none yet, or the MNO calls us
	From, To   string // DISCONNECTED, CONNECTING, BOUND, UNBINDING, HALF_CLOSED_TX, DRAINING, CLOSED
	Reason     string
	Epoch      uint64
	At         time.Time
}

// SubmitsHalted: the MNO has refused submits again and again with ESME_RSUBMITFAIL, and
// the bind half-closes; said once, however often its line comes back meanwhile
// (US-SC-029).
type SubmitsHalted struct {
	Bind port.BindID
	At   time.Time
}

// RedialScheduled: a bind could not be made or was lost, and is tried again after Delay (US-SC-005).
type RedialScheduled struct {
	Bind    port.BindID
	Role    port.Direction // the line: the bind's direction, or one half after a fallback
	Attempt int            // 1 for the first attempt after a failure
	Delay   time.Duration
	Reason  string
	At      time.Time
}

// BindRefused: the MNO answered a bind with a status. Alert says that somebody must
// do something: wrong credentials, or another session that has the account.
type BindRefused struct {
	Bind   port.BindID
	Role   port.Direction
	Host   string       // host:port
	Status codec.Status // ESME_ROK: there was no answer in time
	Alert  bool
	At     time.Time
}

// HostFailed: one of an MNO's hosts was not reached or did not take a bind, and the next
// one is dialled, with no backoff between.
type HostFailed struct {
	Bind       port.BindID
	Role       port.Direction // as in RedialScheduled
	Host, Next string         // host:port
	Reason     string
	At         time.Time
}

// BindFellBack: the MNO knows no transceiver; a transmitter and a receiver are
// bound in its place (US-SC-003).
type BindFellBack struct {
	Bind   port.BindID
	Status codec.Status
	At     time.Time
}

// BindDegraded: smpp.bind.degraded was published (US-SC-028, 030).
type BindDegraded struct {
	Bind   port.BindID
	Reason string // throttled, draining
	At     time.Time
}

// EnquireLinkIgnored: the peer had not answered an enquire_link when the next one was due,
// and has sent other PDUs meanwhile, which are as good a sign of life (issue 4, point 4).
type EnquireLinkIgnored struct {
	Bind port.BindID
	At   time.Time
}

// EnquireLinkTimedOut: the peer left an enquire_link unanswered (US-SC-004).
type EnquireLinkTimedOut struct {
	Bind port.BindID
	At   time.Time
}

// AnswersLost: a session was ended because the MNO answered no submit any more.
type AnswersLost struct {
	Bind     port.BindID
	Timeouts int // submits in a row that were not answered in time
	At       time.Time
}

// Response is one answer to a submit_sm.
type Response struct {
	Status codec.Status
	Took   time.Duration // from the write to the answer
	Trace  string        // traceparent of the message, where it is recorded
	Asked  bool          // the submit_sm asked for a receipt
}

// ResponsesReceived: the MNO answered submits, in the order of the slice (US-SC-031).
type ResponsesReceived struct {
	Bind      port.BindID
	Responses []Response
}

// SubmitFailed: the MNO refused one segment. One structured log line (US-SC-031).
type SubmitFailed struct {
	Bind      port.BindID
	MessageID string
	Status    codec.Status
	Sequence  uint32
	Class     string // section of the runbook
	Alert     bool   // somebody should know even of the first one
	Trace     port.Trace
	At        time.Time
}

// MessagesBegun: the first segment of messages goes to the MNO. Each is told of once,
// however often it is delivered, given back or throttled (US-SC-008, 037); again only
// by a process that comes after a kill and cannot know.
type MessagesBegun struct {
	Bind       port.BindID
	OperatorID string    // whose account sends them
	Messages   []Planned // the window's memory: a listener that keeps them copies them
}

// Planned says how one message is encoded.
type Planned struct {
	MessageID string
	Encoding  string        // GSM7, UCS2
	Forced    bool          // by the command's encoding field
	Lane      contract.Lane // that it ranked as (US-SC-018)
	Replaced  []rune        // characters that GSM7_FORCE replaced, in order; an audit line when there are any
	Strategy  string        // csms, tlv, sar; empty for a message in one segment
	Segments  int
	Waited    time.Duration        // from its storing in JetStream, by the server's clock, until its first part goes to the line; negative: when it was stored is not known
	Mismatch  *FingerprintMismatch // nil: there is none
}

// FingerprintMismatch: a command's segmentFingerprint is not its text's, and it is
// sent all the same (US-SC-036). Whoever made it counts otherwise than we do.
type FingerprintMismatch struct {
	Given string // in the command
	Ours  string // of its text, by the default rule
	Trace port.Trace
}

// ReceiptsHeard: receipts came; Matched of them belong to a known message.
type ReceiptsHeard struct {
	Bind                                port.BindID
	ByStatus                            map[string]int // DELIVERED … → how many
	Matched, Parked, Repeated, Orphaned int
	Incomplete                          int             // long messages that expired before all their parts were final
	Latencies                           []time.Duration // submit to receipt, of the final ones
}

// MessageHeard: a whole MO was published, or a partial one at its deadline (US-SC-025).
type MessageHeard struct {
	Bind       port.BindID
	Parts      int
	Incomplete bool
}

// PartsHeard: parts of inbound messages came. Each is kept but the refused, which
// the MNO repeats (US-SC-025).
type PartsHeard struct {
	Bind     port.BindID
	Added    int
	Repeated int    // their message has them
	Reused   int    // their reference is in use for an older message, which is published as it is
	Late     int    // their message was published without them
	Refused  int    // they could not be kept
	Err      string // why not
}

// DeadLettered: a command went to the DLQ, where its dead letter is stored (US-SC-006).
type DeadLettered struct {
	OperatorID, MessageID, Reason, Field string
	Trace                                port.Trace
	At                                   time.Time
}

// FailoverStep: an operator's traffic moves, or prepares to (US-SC-013).
type FailoverStep struct {
	OperatorID, BackupOperatorID string
	Step                         string // StartBackup, MoveToBackup, MoveToPrimary, AnnounceFailback, StopBackup, TryPrimary
	At                           time.Time
}

// MessagesSettled: commands were acknowledged after their correlations and events were stored.
type MessagesSettled struct {
	OperatorID string         // whose account sent them
	MNO        string         // whose subject they came on
	Direction  port.Direction // of that subject; empty for an operator's
	Lane       contract.Lane  // that they ranked as (US-SC-018)
	Consumer   string         // the durable consumer that they were acknowledged to
	Count      int
}

// DoubtDecided: what becomes of a command of which a submit was never answered:
// redeliver, hold or giveUp, as the profile says; receipt or lateAnswer when one
// has told after all.
type DoubtDecided struct {
	Bind      port.BindID
	MessageID string
	Decision  string
	Trace     port.Trace
	At        time.Time
}

// AnsweredLate: a submit was answered after its response timeout. It is counted as of
// unknown outcome already, so it is in no ResponsesReceived; one structured log line,
// whatever the status (US-SC-031).
type AnsweredLate struct {
	Bind      port.BindID
	MessageID string
	Status    codec.Status
	Sequence  uint32
	Trace     port.Trace
	At        time.Time
}

// OutcomeUnknown: PDUs were written and will not be answered (a lost line, a
// response timeout). Redelivered says whether they are submitted again.
type OutcomeUnknown struct {
	Bind        port.BindID
	Segments    int
	Redelivered bool
	Reason      string
	At          time.Time
}

// BindOrdered: what is ordered of a bind is another now (issue 7): paused,
// maintenance, or empty: to work.
type BindOrdered struct {
	Bind port.BindID
	Rest string
	At   time.Time
}

// MaintenanceChanged: the maintenance of an MNO has begun or ended; alerts about its
// binds are to be silent meanwhile.
type MaintenanceChanged struct {
	MNO string
	On  bool
	At  time.Time
}

// CommandGiven: somebody has commanded something, and this pod has carried it out or
// has not: the audit.
type CommandGiven struct {
	ID, Verb, Target, To, By string
	Binds                    []string // that it was about, on this pod
	Err                      string   // why it was not carried out
	At                       time.Time
}

// DependencyChanged: a server that the connector uses went away or came back.
type DependencyChanged struct {
	Name string // nats, redis, postgres, credentials
	Up   bool
	Err  string // without secrets
	At   time.Time
}

// CertificateSeen: a certificate that a line to one of an MNO's hosts depends on, and
// when it ends: of the MNO's verified chain at the last TLS handshake whichever ends
// first, or the client certificate that we show.
type CertificateSeen struct {
	MNO, Host string // host:port
	Ours      bool
	Ends      time.Time
	At        time.Time
}

// AccountUnavailable: an operator's credentials or bind settings could not be
// fetched, or are of no use; they are fetched again after Delay (US-SC-002).
type AccountUnavailable struct {
	OperatorID string
	Attempt    int // 1 for the first failure in a row
	Delay      time.Duration
	Err        string // without secrets
	At         time.Time
}

// AccountFetched: an operator's account is there, for the first time or anew.
type AccountFetched struct {
	OperatorID string
	Binds      int
	TPS        int // PDUs a second; 0: no limit
	At         time.Time
}

// SequenceSkipped: an unplanned gap in a bind's sequence numbers (US-SC-022).
type SequenceSkipped struct {
	Bind   port.BindID
	By     uint64 // numbers; 0: nobody knows how many
	Reason string
	At     time.Time
}

// ActorFailed: an actor panicked, or escalated a failure.
type ActorFailed struct {
	Path   string
	Reason string
	Bug    bool // a panic, not an expected end
	At     time.Time
}

// ProtocolViolation: the peer sent what SMPP 3.4 does not allow here; it was
// answered as the codec's table of rules says.
type ProtocolViolation struct {
	Bind   port.BindID
	What   string // a stable word: unknown_command, malformed, unsolicited_response, wrong_state, …
	Detail string // one PDU line or a decode error; never a text
	At     time.Time
}

// OperatorConfigured: logged once for every operatorId at start (US-SC-001).
type OperatorConfigured struct{ OperatorID string }

func (BindStateChanged) fact()    {}
func (SubmitsHalted) fact()       {}
func (RedialScheduled) fact()     {}
func (BindRefused) fact()         {}
func (HostFailed) fact()          {}
func (BindFellBack) fact()        {}
func (BindDegraded) fact()        {}
func (EnquireLinkTimedOut) fact() {}
func (EnquireLinkIgnored) fact()  {}
func (AnswersLost) fact()         {}
func (ResponsesReceived) fact()   {}
func (SubmitFailed) fact()        {}
func (MessagesBegun) fact()       {}
func (ReceiptsHeard) fact()       {}
func (MessageHeard) fact()        {}
func (PartsHeard) fact()          {}
func (DeadLettered) fact()        {}
func (FailoverStep) fact()        {}
func (MessagesSettled) fact()     {}
func (OutcomeUnknown) fact()      {}
func (DoubtDecided) fact()        {}
func (AnsweredLate) fact()        {}
func (BindOrdered) fact()         {}
func (MaintenanceChanged) fact()  {}
func (CommandGiven) fact()        {}
func (DependencyChanged) fact()   {}
func (CertificateSeen) fact()     {}
func (AccountUnavailable) fact()  {}
func (AccountFetched) fact()      {}
func (SequenceSkipped) fact()     {}
func (ActorFailed) fact()         {}
func (ProtocolViolation) fact()   {}
func (OperatorConfigured) fact()  {}
