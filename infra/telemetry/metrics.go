package telemetry

// Kind is how a metric's value moves.
type Kind uint8

// The kinds of metric.
const (
	Counter   Kind = iota // only grows; starts at 0 with the process
	Gauge                 // goes up and down
	Histogram             // counts durations by bucket, in seconds
)

// String is the kind's name in Prometheus.
func (k Kind) String() string { return [...]string{"counter", "gauge", "histogram"}[k] }

// Metric is one row of Table.
type Metric struct {
	Name     string // exactly as exported
	Kind     Kind
	Unit     string // UCUM: 1, s, By
	Labels   []string
	Headline bool // one of the twelve of decisions.md "Metrics of 014"
	Meaning  string
}

// metricID is a row's place in Table.
type metricID int

// One name a row, for record.go.
const (
	sessions metricID = iota
	reconnectAttempts
	enquireLinkTimeouts
	enquireLinkIgnored
	answersLost
	tpsThrottled
	longSegments
	submits
	submitDuration
	dispatchWait
	dlrs
	dlrOrphans
	deadLetters
	redisFailOpen
	egressBytes

	responseStatus
	encodings
	fingerprints
	windowInflight
	windowDynamic
	sequenceSkips
	concatComplete
	concatPartial
	concatBuffer
	halfClosed
	laneAcks
	laneLag
	laneUnsettled
	maintained
	bindPaused
	commands

	bindRefused
	hostFailed
	boundElsewhere
	certificateEnds
	bindDegraded
	failoverSteps
	connections
	egressInfo
	egressBudget
	windowLimit
	ingressBytes
	receiptsAsked
	dlrParked
	dlrRepeated
	dlrIncomplete
	dlrLatency
	moMessages
	moParts
	settled
	doubts
	lateAnswers
	inboundRefused
	notStored
	unserved
	oldestCommand
	dispatchMaxAge
	dispatchConsumers
	violations
	actorFailures
	dependencyUp
	ownerChanges
	leasesLost
	bindOrphans
	bindsUnowned
	bindsTwice
	livePods
	laneBinds
	silentPods
	clockSkew
	buildInfo
	metricCount
)

var (
	byGroup      = []string{"mno", "direction"}
	byBind       = []string{"mno", "direction", "bindId"}
	byPool       = []string{"mno", "pool"}
	byLaneAlone  = []string{"mno", "direction", "lane"}
	byLane       = []string{"mno", "direction", "lane", "consumer"}
	bindAndState = []string{"mno", "direction", "bindId", "state", "session"}
)

// Table is every metric that this package exports. It is where names, units,
// labels and meanings are written; deploy/METRICS.md is made from it.
var Table = [metricCount]Metric{
	// The twelve of decisions.md, "Metrics of 014".
	sessions: {"smpp_connector_sessions_total", Gauge, "1", bindAndState, true,
		"1 in the state that a bind is in, 0 in the others, 0 in all once it was stopped by order. state is the one shown everywhere (DISCONNECTED, CONNECTING, BOUND, UNBINDING, HALF_CLOSED_TX, DRAINING, CLOSED); session is the stories' word for it (UNBOUND, CONNECTING, BOUND). Sum it to count binds."},
	reconnectAttempts: {"smpp_connector_reconnect_attempts_total", Counter, "1", byBind, true,
		"Attempts to bind that failed or lines that were lost, each followed by another attempt (US-SC-005)."},
	enquireLinkIgnored: {"smpp_connector_enquire_link_ignored_total", Counter, "1", byBind, false,
		"enquire_link PDUs that the peer had not answered when the next one was due, while it sent other PDUs: the line lives all the same (US-SC-004)."},
	enquireLinkTimeouts: {"smpp_connector_enquire_link_timeout_total", Counter, "1", byBind, true,
		"Lines that were given up because the peer left an enquire_link unanswered and sent nothing else for 10 s (US-SC-004)."},
	answersLost: {"smpp_connector_answers_lost_total", Counter, "1", byBind, false,
		"Sessions that were ended because the MNO took submits and answered none any more (unanswered.timeouts of the profile)."},
	tpsThrottled: {"smpp_connector_tps_throttle_total", Counter, "1", byBind, true,
		"Messages that the operator's TPS limit kept waiting (US-SC-012)."},
	longSegments: {"smpp_connector_long_message_segments_total", Counter, "1", []string{"mno", "direction", "bindId", "strategy"}, true,
		"Segments of messages longer than one, by the strategy that carries them: csms, tlv or sar; each message once, when its first part goes out (US-SC-008, 009)."},
	submits: {"smpp_connector_submits_total", Counter, "1", []string{"mno", "direction", "bindId", "outcome"}, true,
		"submit_sm PDUs whose fate is known, by outcome: accepted (ESME_ROK), refused (any other status), unknown (written and never answered)."},
	submitDuration: {"smpp_connector_submit_duration_seconds", Histogram, "s", byBind, true,
		"Time from writing a submit_sm to its answer."},
	dispatchWait: {"smpp_connector_dispatch_wait_seconds", Histogram, "s", byLaneAlone, false,
		"Time that a command waited from its storing in JetStream until its first part was handed to the line, by the direction of the bind that sends it and the lane that it ranked as (US-SC-018); each message once. JetStream's clock against ours: see smpp_connector_clock_skew_seconds."},
	dlrs: {"smpp_connector_dlr_total", Counter, "1", []string{"mno", "direction", "bindId", "status"}, true,
		"Receipts heard, by status (US-SC-011)."},
	dlrOrphans: {"smpp_connector_dlr_orphan_total", Counter, "1", byBind, true,
		"Receipts that stayed without a known message and went to sms.dlr.orphan."},
	deadLetters: {"smpp_connector_dlq_total", Counter, "1", []string{"operatorId", "reason"}, true,
		"Commands published to sms.dispatch.dlq, by reason (US-SC-006)."},
	redisFailOpen: {"smpp_connector_redis_failopen_total", Counter, "1", byBind, true,
		"PDUs that the pod's local limiter admitted because Redis was slow or away (US-SC-012)."},
	egressBytes: {"smpp_connector_egress_bytes_total", Counter, "By", byPool, true,
		"Octets written to the MNO, by the pool of addresses that they go out from: EGRESS_IP_POOL, or default (US-SC-034)."},

	// The stories' smpp_* names.
	responseStatus: {"smpp_response_status_total", Counter, "1", []string{"mno", "direction", "bindId", "esme_status"}, false,
		"Answers to submit_sm in time, by status (US-SC-031). Late ones are in smpp_connector_late_answers_total, by status too: their submits count as unknown."},
	encodings: {"smpp_encoding_total", Counter, "1", []string{"encoding", "detection"}, false,
		"Messages by encoding (GSM7, UCS2) and by how it was chosen: auto or forced; each once, when its first part goes out (US-SC-037)."},
	fingerprints: {"smpp_connector_fingerprint_mismatch_total", Counter, "1", []string{"operatorId"}, false,
		"Messages whose segmentFingerprint is not their text's and that are sent all the same; the refused ones (FINGERPRINT_MISMATCH=refuse) are in smpp_connector_dlq_total, reason fingerprint_mismatch (US-SC-036)."},
	windowInflight: {"smpp_window_inflight", Gauge, "1", byBind, false,
		"submit_sm PDUs that wait for their answer (US-SC-023)."},
	windowDynamic: {"smpp_window_dynamic", Gauge, "1", byBind, false,
		"Most PDUs that may wait at once now, after throttling and growth (US-SC-024)."},
	sequenceSkips: {"smpp_seq_skip_total", Counter, "1", byBind, false,
		"Sequence numbers lost in unplanned gaps; should stay 0. A gap of unknown width, as when the counter was away at the start, counts 1 (US-SC-022)."},
	concatComplete: {"smpp_concat_complete_total", Counter, "1", byBind, false,
		"Inbound messages in parts that became whole (US-SC-025)."},
	concatPartial: {"smpp_concat_partial_total", Counter, "1", byBind, false,
		"Inbound messages published incomplete at their deadline (US-SC-025)."},
	concatBuffer: {"smpp_concat_buffer_size", Gauge, "1", []string{"mno", "bindId"}, false,
		"Inbound messages that wait for parts (US-SC-027)."},
	halfClosed: {"smpp_bind_half_closed_total", Counter, "1", byBind, false,
		"Times a bind stopped submitting after repeated ESME_RSUBMITFAIL; a half-closed bind whose line is lost and comes back is the same time (US-SC-029)."},

	laneAcks: {"smpp_lane_acks_total", Counter, "1", byLane, false,
		"Commands acknowledged, by the lane and the JetStream consumer that they came from (US-SC-018). The operator's and a bind's own subject rank as P1; the operator's has no direction."},
	laneLag: {"smpp_lane_lag", Gauge, "1", byLane, false,
		"Commands that wait in JetStream and were handed to nobody, by lane and consumer (US-SC-018). Every pod that reads a consumer says the same: take the max by consumer, then sum."},
	laneUnsettled: {"smpp_lane_unsettled", Gauge, "1", byLane, false,
		"Commands handed out and not acknowledged, by lane and consumer, over all pods; those that were given back and wait for their delay among them (US-SC-018)."},

	maintained: {"smpp_maintenance", Gauge, "1", []string{"mno"}, false,
		"1 while an MNO is in maintenance by order (smpp-connector maintenance on): its binds are unbound on purpose, and alerts about them are to be silent: unless on (mno) smpp_maintenance == 1."},
	bindPaused: {"smpp_bind_paused", Gauge, "1", byBind, false,
		"1 while a bind pulls nothing by order (smpp-connector binds pause)."},
	commands: {"smpp_connector_commands_total", Counter, "1", []string{"verb", "outcome"}, false,
		"Commands of people that this pod carried out (outcome done) or could not (failed), by verb. The log and the bucket smpp_orders say who and what."},

	// What an operator of the connector needs beside them.
	inboundRefused: {"smpp_connector_inbound_refused_total", Counter, "1", byBind, false,
		"Receipts and MOs that were answered with the temporary error, because too many of the session waited to be stored. The MNO repeats them. Not those whose event was not stored: smpp_connector_events_not_stored_total."},
	unserved: {"smpp_connector_unserved_messages", Gauge, "1", []string{"stream"}, false,
		"Commands on subjects that nobody reads, of an operator or a bind that no pod that lives serves, as looked at about every 5 minutes; the log names the subjects."},
	oldestCommand: {"smpp_connector_dispatch_oldest_seconds", Gauge, "s", []string{"stream"}, false,
		"Age of the oldest command that waits in a stream; 0: there is none."},
	dispatchMaxAge: {"smpp_connector_dispatch_max_age_seconds", Gauge, "s", []string{"stream"}, false,
		"Age at which the NATS server drops a command (NATS_DISPATCH_MAX_AGE; half an hour before, a pod makes a dead letter of it, max_age); 0: never."},
	dispatchConsumers: {"smpp_connector_dispatch_consumers", Gauge, "1", []string{"stream"}, false,
		"Consumers of a stream of commands, all of which the NATS server asks at each acknowledgement; from 100 on nats.dispatchStreams: mno is cheaper."},
	notStored: {"smpp_connector_events_not_stored_total", Counter, "1", []string{"subject"}, false,
		"Tries to store an event that failed, by subject: a full stream, a disk, NATS away. Alert on it: while it rises, nothing is answered or acknowledged."},
	lateAnswers: {"smpp_connector_late_answers_total", Counter, "1", []string{"mno", "direction", "bindId", "esme_status"}, false,
		"Answers to submit_sm that came after the response timeout, by status (US-SC-031). Many: raise timers.response."},
	doubts: {"smpp_connector_unknown_outcome_total", Counter, "1", []string{"mno", "direction", "bindId", "decision"}, false,
		"Messages of which a submit was written and never answered, by what becomes of them: redeliver, hold, giveUp (the profile's unknownOutcome); receipt, lateAnswer: it was found out after all."},
	bindRefused: {"smpp_connector_bind_refused_total", Counter, "1", []string{"mno", "direction", "bindId", "esme_status"}, false,
		"Binds that the MNO refused, by status; no_answer: it did not answer in time."},
	hostFailed: {"smpp_connector_host_failed_total", Counter, "1", []string{"mno", "direction", "bindId", "host"}, false,
		"Dials to one of an MNO's hosts (host:port) that brought no bind and were followed by one to the next host; where no host took the bind, the last of them counts in smpp_connector_reconnect_attempts_total."},
	boundElsewhere: {"smpp_connector_bind_elsewhere", Gauge, "1", byBind, false,
		"1 while a bind is bound at another host of its MNO than the one it dials first. It stays there until its line ends, or `smpp-connector binds rebind`. No series where the MNO has one host."},
	certificateEnds: {"smpp_connector_tls_certificate_ends_timestamp_seconds", Gauge, "s", []string{"mno", "host", "certificate"}, false,
		"When a certificate ends, in seconds since 1970. certificate=\"mno\": of the host's chain, whichever ends first, as of the last connection to it; \"ours\": the client certificate that we show. No series without TLS."},
	bindDegraded: {"smpp_connector_bind_degraded_total", Counter, "1", []string{"mno", "direction", "bindId", "reason"}, false,
		"smpp.bind.degraded events, by reason: throttled, draining (US-SC-028, 030)."},
	failoverSteps: {"smpp_connector_failover_total", Counter, "1", []string{"operatorId", "step"}, false,
		"Steps of failovers by the primary's operatorId: StartBackup, MoveToBackup, MoveToPrimary, AnnounceFailback, StopBackup, TryPrimary (US-SC-013)."},
	connections: {"smpp_connector_connections", Gauge, "1", byPool, false,
		"TCP connections to the MNO that are open (US-SC-034)."},
	egressInfo: {"smpp_connector_egress_info", Gauge, "1", []string{"mno", "pool", "ip"}, false,
		"Always 1; ip is an address that the MNO sees: each of EGRESS_IPS, or without them our end of its lines (US-SC-034)."},
	egressBudget: {"smpp_connector_egress_budget_bytes", Gauge, "By/s", []string{"pool"}, false,
		"Octets a second that the pool may carry, all its pods together: EGRESS_BUDGET_BYTES. No series without a budget (US-SC-034)."},
	windowLimit: {"smpp_connector_window_limit", Gauge, "1", byBind, false,
		"Most PDUs that may ever wait at once: the configured window."},
	ingressBytes: {"smpp_connector_ingress_bytes_total", Counter, "By", byBind, false,
		"Octets read from the MNO."},
	receiptsAsked: {"smpp_connector_receipts_asked_total", Counter, "1", byBind, false,
		"Accepted submit_sm PDUs that asked for a receipt: what smpp_connector_dlr_total is to be held against."},
	dlrParked: {"smpp_connector_dlr_parked_total", Counter, "1", byBind, false,
		"Receipts that came before their message was known and were parked."},
	dlrRepeated: {"smpp_connector_dlr_repeated_total", Counter, "1", byBind, false,
		"Receipts whose state had been published already."},
	dlrIncomplete: {"smpp_connector_dlr_incomplete_total", Counter, "1", byBind, false,
		"Long messages whose final event is incomplete: they expired before all their parts were final."},
	dlrLatency: {"smpp_connector_dlr_latency_seconds", Histogram, "s", byBind, false,
		"Time from submit_sm to the final receipt, by the bind that heard it."},
	moMessages: {"smpp_connector_mo_total", Counter, "1", byBind, false,
		"Messages from subscribers that were published, whole or partial (US-SC-025)."},
	moParts: {"smpp_connector_mo_parts_total", Counter, "1", []string{"mno", "direction", "bindId", "outcome"}, false,
		"Parts of messages from subscribers, by outcome: added; repeated: their message has them; reused: their reference is in use for an older message, which is published as it is; late: their message was published without them; refused: they could not be kept, the MNO repeats them (US-SC-025)."},
	settled: {"smpp_connector_settled_total", Counter, "1", []string{"operatorId"}, false,
		"Commands acknowledged after all that follows from them was stored."},
	violations: {"smpp_connector_protocol_violations_total", Counter, "1", []string{"mno", "direction", "bindId", "what"}, false,
		"PDUs of the peer that SMPP 3.4 does not allow there."},
	actorFailures: {"smpp_connector_actor_failures_total", Counter, "1", []string{"path", "bug"}, false,
		"Failures of actors by path; bug is true for a panic."},
	dependencyUp: {"smpp_connector_dependency_up", Gauge, "1", []string{"dependency"}, false,
		"1 while a server that the connector uses answers, 0 while it does not."},
	ownerChanges: {"smpp_bind_owner_changes_total", Counter, "1", byGroup, false,
		"Binds that this pod has come to own (US-SC-017). The sum over the pods is how often ownership changed."},
	leasesLost: {"smpp_connector_lease_lost_total", Counter, "1", byGroup, false,
		"Binds that this pod had to stop because it could not keep their lease: NATS away, the process stopped, the lease overwritten."},
	bindOrphans: {"smpp_bind_orphan_total", Counter, "1", byGroup, false,
		"Leases that had expired, were still there, and were taken out (US-SC-020)."},
	bindsUnowned: {"smpp_connector_binds_unowned", Gauge, "1", byGroup, false,
		"Binds that have had no owner for more than 35 s at the last check, every 30 s (US-SC-020). Each of their pods says the same: take the maximum."},
	bindsTwice: {"smpp_connector_binds_owned_twice", Gauge, "1", byGroup, false,
		"Binds that two pods said they serve at two checks in a row (US-SC-020). Should stay 0."},
	livePods: {"smpp_connector_live_pods", Gauge, "1", byGroup, false,
		"Pods that live and serve binds of this MNO and direction, as this one sees it."},
	laneBinds: {"smpp_lane_binds", Gauge, "1", byLaneAlone, false,
		"Binds that are read in this lane, over all pods: those that a live pod owns which serves it (US-SC-018). 0: commands of the lane wait, and nobody takes them. Each pod says the same, of the lanes that live pods serve: take the maximum."},
	silentPods: {"smpp_connector_silent_pods", Gauge, "1", byGroup, false,
		"Pods that Kubernetes runs (kubernetes.podSelector) and that did not say in NATS that they live, at two checks in a row (US-SC-020)."},
	clockSkew: {"smpp_connector_clock_skew_seconds", Gauge, "s", []string{"dependency"}, false,
		"How far this machine's clock is ahead of a server's (behind: negative), in whole seconds; 0: less than 2 s."},
	buildInfo: {"smpp_connector_build_info", Gauge, "1", []string{"version", "pod"}, false,
		"Always 1; the labels say what runs."},
}
