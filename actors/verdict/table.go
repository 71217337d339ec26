package verdict

import (
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// The delays of Retry.
const (
	throttleDelay = 500 * time.Millisecond // US-SC-028
	busyDelay     = 5 * time.Second        // the MNO has a problem of its own
)

// Section is one class of errors: what the connector does, and a section of the
// runbook for the person who is called.
type Section struct {
	Name     string // heading in the runbook, and in dead letters
	Class    Class
	Delay    time.Duration
	Effect   Effect
	Alert    bool
	Meaning  string // what the MNO says
	Does     string // what the connector does by itself
	Check    string // what a person looks at
	Statuses []codec.Status
}

// The sections' places in the table.
const (
	accepted = iota
	throttled
	queueFull
	submitFailed
	busy
	notBound
	account
	wrongMessage
	refused
	rejected
	ofProfile
)

// sections is the table.
var sections = [...]Section{
	accepted: {Name: "accepted", Class: Accept,
		Meaning:  "The MNO has the message and gives it an id.",
		Does:     "Stores the correlation, publishes sms.dispatch.submitted, acknowledges the command.",
		Check:    "Nothing.",
		Statuses: []codec.Status{codec.StatusOK}},
	throttled: {Name: "throttled", Class: Retry, Delay: throttleDelay, Effect: Halve,
		Meaning:  "More PDUs a second, or more in flight, than the account may send.",
		Does:     "Gives the message back for 500 ms, halves the bind's window (not below 10) and lets it grow by 5 a minute. Three within 60 s publish smpp.bind.degraded, reason throttled (US-SC-024, 028).",
		Check:    "Compare tpsLimit with the contract: the limit counts PDUs, not messages, over all binds and pods (tpsScope bind: of each bind). Ask whether somebody else uses the account. smpp_window_dynamic shows the size that the MNO bears.",
		Statuses: []codec.Status{codec.StatusThrottled}},
	queueFull: {Name: "queue full", Class: Retry, Delay: busyDelay, Effect: Drain, Alert: true,
		Meaning:  "The MNO's queue, for the account or for one recipient, takes no more.",
		Does:     "Gives the message back, sends nothing more, waits until everything in flight is answered and 30 s more, then tries with one message. A drain of more than 5 min publishes smpp.bind.degraded, reason draining (US-SC-030).",
		Check:    "Call the MNO when it lasts: the messages wait in JetStream and are not lost. If one recipient alone is meant, give the status another meaning in the profile (statuses).",
		Statuses: []codec.Status{codec.StatusMsgQFul}},
	submitFailed: {Name: "submit failed", Class: Retry, Delay: busyDelay, Effect: HalfClose, Alert: true,
		Meaning:  "The MNO could not take the message and does not say why.",
		Does:     "Gives the message back. After three in a row the bind is HALF_CLOSED_TX: it goes on receiving, and tries one waiting message a minute until one is accepted (US-SC-029).",
		Check:    "Ask the MNO for its log of the sequence_number in our log line. An MNO that answers so to single wrong messages wants another meaning for the status in its profile.",
		Statuses: []codec.Status{codec.StatusSubmitFail}},
	busy: {Name: "temporary trouble", Class: Retry, Delay: busyDelay,
		Meaning: "The MNO has a problem of its own that passes.",
		Does:    "Gives the message back for 5 s, three times, then for twice as long each time, up to 2 min, until the command expires, or is retryFor old (24 h): then it is a dead letter, retries_exhausted.",
		Check:   "smpp_response_status_total by bind: on one bind it is that SMSC node, on all the MNO. One message alone again and again: an MNO that means the message by it wants `reject` for the status in its profile.",
		Statuses: []codec.Status{codec.StatusSysErr, codec.StatusXTAppn, codec.StatusSerTypUnavail, codec.StatusUnknownErr,
			codec.StatusQueryFail, codec.StatusBcastFail}},
	notBound: {Name: "wrong bind state", Class: Retry, Delay: busyDelay, Effect: Rebind, Alert: true,
		Meaning:  "The MNO takes the session for unbound, or for one that may not submit.",
		Does:     "Gives the message back for 5 s, ends the session and binds again.",
		Check:    "The bind mode that the account allows (bindMode), and whether a proxy between us and the MNO loses sessions.",
		Statuses: []codec.Status{codec.StatusInvBndSts, codec.StatusAlyBnd, codec.StatusBindFail}},
	account: {Name: "account not allowed", Class: Reject, Alert: true,
		Meaning: "The account may not do this: a service, an operation or a coding that it has not booked, or its credentials.",
		Does:    "Publishes the message to sms.dispatch.dlq. It is not tried again.",
		Check:   "The contract, and the profile's serviceType and dataCoding. Afterwards `smpp-connector dlq replay` sends the messages again.",
		Statuses: []codec.Status{codec.StatusInvPaswd, codec.StatusInvSysID, codec.StatusInvSysTyp, codec.StatusSerTypUnauth, codec.StatusProhibited,
			codec.StatusSerTypDenied, codec.StatusInvSerTyp, codec.StatusCntSubDL}},
	wrongMessage: {Name: "wrong message", Class: Reject,
		Meaning: "The MNO does not take this message as it is: an address, a length, a coding, a time or a flag.",
		Does:    "Publishes the message to sms.dispatch.dlq with the status. It is not tried again.",
		Check:   "The field that the status names. If every message is refused so, the profile is wrong (ton and npi, dataCoding, registeredDelivery, validity).",
		Statuses: []codec.Status{codec.StatusInvMsgLen, codec.StatusInvPrtFlg, codec.StatusInvRegDlvFlg, codec.StatusInvSrcAdr, codec.StatusInvDstAdr,
			codec.StatusInvEsmClass, codec.StatusInvSrcTON, codec.StatusInvSrcNPI, codec.StatusInvDstTON, codec.StatusInvDstNPI, codec.StatusInvRepFlag,
			codec.StatusInvSched, codec.StatusInvExpiry, codec.StatusInvDftMsgID, codec.StatusInvSubRep, codec.StatusInvDCS,
			codec.StatusInvSrcAddrSubunit, codec.StatusInvDstAddrSubunit, codec.StatusInvOptParStream, codec.StatusOptParNotAllwd, codec.StatusInvParLen,
			codec.StatusMissingOptParam, codec.StatusInvOptParamVal}},
	refused: {Name: "refused for good", Class: Reject,
		Meaning:  "The MNO will not deliver the message: a barred recipient, a filter, a permanent error behind it.",
		Does:     "Publishes the message to sms.dispatch.dlq with the status. It is not tried again.",
		Check:    "The message's content and recipient against the MNO's rules.",
		Statuses: []codec.Status{codec.StatusXPAppn, codec.StatusXRAppn, codec.StatusDeliveryFailure}},
	rejected: {Name: "unexpected status", Class: Reject, Alert: true,
		Meaning: "A status that does not belong in an answer to submit_sm, or a vendor's own that the profile does not name.",
		Does:    "Publishes the message to sms.dispatch.dlq with the status. It is not tried again.",
		Check:   "The MNO's document. Name the status in the profile: statuses: [\"0x0450=retry:30s\"]. Then `smpp-connector dlq replay`.",
		Statuses: []codec.Status{codec.StatusInvCmdLen, codec.StatusInvCmdID, codec.StatusInvMsgID, codec.StatusCancelFail, codec.StatusReplaceFail,
			codec.StatusInvNumDests, codec.StatusInvDLName, codec.StatusInvDestFlag, codec.StatusInvNumMsgs,
			codec.StatusInvBcastFreqInt, codec.StatusInvBcastAliasName, codec.StatusInvBcastAreaFmt, codec.StatusInvNumBcastAreas, codec.StatusInvBcastCntType,
			codec.StatusInvBcastMsgClass, codec.StatusBcastQueryFail, codec.StatusBcastCancelFail, codec.StatusInvBcastRep, codec.StatusInvBcastSrvGrp,
			codec.StatusInvBcastChanInd}},
	ofProfile: {Name: "by the MNO's profile", Class: Reject,
		Meaning: "A status that the operator's profile gives a meaning of its own (statuses).",
		Does:    "What the profile says.",
		Check:   "`smpp-connector config print` shows the rule."},
}

// Sections are the classes of errors in the order of the runbook.
func Sections() []Section { return sections[:] }

var byStatus = func() map[codec.Status]*Section {
	index := map[codec.Status]*Section{}
	for i := range sections {
		for _, s := range sections[i].Statuses {
			index[s] = &sections[i]
		}
	}
	return index
}()
