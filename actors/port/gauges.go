package port

import contract "github.com/ghasi/smpp-connector/proto"

// BindGauge is what is true of one bind at the moment it is read: numbers that
// change with every PDU, so they are read when somebody looks and not published.
type BindGauge struct {
	Bind         BindID
	OperatorID   string
	Inflight     int    // submit_sm PDUs that wait for their answer (US-SC-023)
	Window       int    // most that may wait now: the adaptive size (US-SC-024)
	WindowLimit  int    // most that may ever wait: what is configured
	ConcatGroups int    // inbound messages whose parts are incomplete (US-SC-027)
	Connections  int    // TCP connections to the MNO that are open: 0, 1, or 2 after a fallback
	Hosts        int    // of the MNO
	Elsewhere    bool   // it is bound at another host than the one it dials first
	SourceIP     string // our end of the latest one; empty before the first
	BytesWritten uint64 // octets written to the MNO since the process began
	BytesRead    uint64 // octets read from the MNO since the process began
}

// BindGauges is the live tree as a scrape of /metrics sees it.
type BindGauges interface {
	// EachBind calls f once for every bind of this pod. It must neither block nor
	// send to a mailbox: actors keep a snapshot for it. f does not keep g.
	EachBind(f func(g BindGauge))
	// EachLane calls f once for every consumer that binds of this pod read and whose
	// lag is known. It does not block either.
	EachLane(f func(g LaneGauge))
}

// LaneGauge is how far one consumer of a lane is behind, as JetStream said at most
// a few seconds ago (US-SC-018). Every pod that reads the consumer says the same.
type LaneGauge struct {
	MNO       string
	Direction Direction // empty for the operator's subject, which all directions share
	Lane      contract.Lane
	Consumer  string // the durable's name
	Lag
}
