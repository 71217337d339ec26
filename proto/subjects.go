package proto

import (
	"strings"
	"time"
)

// The streams of JetStream. They are created if missing and only checked if present.
const (
	StreamDispatch = "SMPP_DISPATCH" // commands on their way in; work queue. Or one for each MNO: StreamOfMNO
	StreamEvents   = "SMPP_EVENTS"   // what the connector says; limits, 7 days
)

// DispatchSubjects are the subjects of StreamDispatch. Their heads and lengths
// differ, so no two overlap, which a work-queue stream demands of its consumers' filters.
//
// Each lane is named, so that a command for a lane that does not exist is refused
// when it is sent and does not wait where nobody reads.
func DispatchSubjects() []string {
	subjects := []string{"smpp.operator.*", "smpp.*.*.*.dispatch"}
	for _, lane := range Lanes() {
		subjects = append(subjects, LaneSubject(lane, "*", "*"))
	}
	return subjects
}

// StreamOfMNO names the stream of the commands for one MNO's binds, where each MNO has
// one of its own in place of StreamDispatch: SMPP_DISPATCH_awcc. The id stands in it as
// it is (ValidateID), so no two MNOs have one stream: a name may hold what an id may,
// and NATS tells upper case from lower.
func StreamOfMNO(mno string) string { return streamOfMNO + mno }

const streamOfMNO = StreamDispatch + "_"

// IsDispatchStream reports whether a stream is StreamDispatch or one MNO's.
func IsDispatchStream(name string) bool { return name == StreamDispatch || IsStreamOfMNO(name) }

// IsStreamOfMNO reports whether a stream is named as one MNO's.
func IsStreamOfMNO(name string) bool { return strings.HasPrefix(name, streamOfMNO) }

// MNOSubjects are the subjects of StreamOfMNO that follow from the MNO alone: its
// binds' and its lanes'. That of each of its operators (OperatorSubject) comes to them.
func MNOSubjects(mno string) []string {
	subjects := []string{"smpp." + mno + ".*.*.dispatch"}
	for _, lane := range Lanes() {
		subjects = append(subjects, LaneSubject(lane, mno, "*"))
	}
	return subjects
}

// SubjectOf reads a subject of commands: the operator that it is for, or the MNO whose
// binds read it; the other one is empty. ok is false for a subject that is none.
func SubjectOf(subject string) (operatorID, mno string, ok bool) {
	tokens := strings.Split(subject, ".")
	switch {
	case len(tokens) == 3 && tokens[0] == "smpp" && tokens[1] == "operator":
		return tokens[2], "", true
	case len(tokens) == 5 && tokens[0] == "smpp" && tokens[4] == "dispatch":
		return "", tokens[1], true
	case len(tokens) == 5 && tokens[0] == "lane" && tokens[2] == "smpp":
		return "", tokens[3], true
	}
	return "", "", false
}

// EventSubjects are the subjects of StreamEvents.
func EventSubjects() []string {
	return []string{
		"sms.dlr.>", "sms.mo.>",
		SubjectDLQ, SubjectSubmitted, SubjectOperatorHealth, SubjectBindDegraded,
	}
}

// The subjects of StreamEvents, with the message that each carries.
const (
	SubjectDLRInbound     = "sms.dlr.inbound"        // DlrInboundEvent: a message changed state (US-SC-011)
	SubjectDLRPart        = "sms.dlr.part"           // DlrInboundEvent: a part of a long message did
	SubjectDLROrphan      = "sms.dlr.orphan"         // DlrInboundEvent without messageId: no correlation was found in time
	SubjectMOInbound      = "sms.mo.inbound"         // MoInboundEvent (US-SC-025)
	SubjectDLQ            = "sms.dispatch.dlq"       // DispatchRejected (US-SC-006)
	SubjectSubmitted      = "sms.dispatch.submitted" // DispatchSubmitted: what billing bills (US-SC-010)
	SubjectOperatorHealth = "operator.health"        // OperatorHealthEvent (US-SC-002, 004, 013)
	SubjectBindDegraded   = "smpp.bind.degraded"     // BindDegradedEvent (US-SC-028, 030)
)

// The buckets of JetStream's key-value store. Bucket names take no dots.
const (
	BucketOwners       = "smpp_bind_owners"    // {mno}.{direction}.{bindId} → the lease of the bind's owner (US-SC-016)
	BucketPods         = "smpp_pods"           // {mno}.{direction}.{instance} → presence of a live pod (US-SC-020)
	BucketCorrelations = "smpp_correlations"   // correlations, where there is no Postgres
	BucketReceipts     = "smpp_parked_receipt" // receipts that came before their correlation
	BucketCounters     = "smpp_counters"       // sequences and references, where there is no Redis
	BucketConcat       = "smpp_concat"         // parts of inbound messages, where there is no Redis
	BucketOrders       = "smpp_orders"         // bind.{bind} or mno.{mno} → what was ordered of it; its history is the audit
	BucketUnsent       = "smpp_unsent"         // {stream}.{durable}.{sequence} → which delivery of it was given back and surely not submitted
	BucketHandedOut    = "smpp_handed_out"     // {stream}.{durable} of a bind → up to which sequence its commands may have been submitted (US-SC-019)
	BucketReplays      = "smpp_replays"        // {sequence}.{time} of a dead letter → how often it was replayed
)

// ControlService is the NATS micro service that every pod is an instance of, and
// ControlSubject the subject of one of its endpoints: smpp.control.pause. The verbs
// are those of actors/control.
const ControlService = "smpp-connector"

// ControlSubject is the subject of an endpoint of ControlService.
func ControlSubject(verb string) string { return "smpp.control." + verb }

// OrderHistory is how many commands about one bind or MNO BucketOrders keeps.
const OrderHistory = 64

// OwnerTTL is how long a lease in BucketOwners lives after its last renewal. It
// is the bucket's TTL, never a key's: an Update drops a key's own TTL and would
// leave an immortal lease.
const OwnerTTL = 30 * time.Second

// The headers that NATS messages carry beside the trace context.
const (
	HeaderContentType   = "Content-Type"
	ContentTypeJSON     = "application/json"
	ContentTypeProtobuf = "application/protobuf"

	// HeaderReplay, on a command, says that it was dead-lettered before and is sent
	// again on purpose: {sequence}:{n}, the dead letter and which replay of it. The
	// connector then does not take it for a copy of the rejected one.
	HeaderReplay = "Smpp-Replay"
)
