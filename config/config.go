package config

import (
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// Config is everything that the environment, the file and the command line say.
// It is read once, at start; nothing else in the program reads the environment.
type Config struct {
	MNO         string   // MNO_ID: with Direction, the binds that this pod serves (US-SC-016); empty: every operator's, mno = operatorId
	Direction   string   // BIND_DIRECTION: tx, rx or trx; set together with MNO
	OperatorIDs []string // OPERATOR_IDS as given; empty: all operators of the file. Operators is the result
	Lanes       []string // LANES: P0 … P3 that this pod serves (US-SC-018)
	Pod         string   // POD_NAME, else the host's name: who owns a lease
	PodOrdinal  int      // POD_ORDINAL; -1 without one (US-SC-017)
	MaxBinds    int      // most binds that this pod claims; 0: its even share
	EgressPool  string   // EGRESS_IP_POOL: label of the pod's egress (US-SC-032)
	EgressIPs   []string // EGRESS_IPS: the addresses that MNOs see, to be shown (US-SC-034)

	DebugTokenFile string

	EgressBudget int // EGRESS_BUDGET_BYTES: octets a second that the pool may carry; 0: unknown

	DataDir     string // where the embedded server keeps its streams
	HTTPAddr    string // health, ready, metrics
	DebugAddr   string // everything else over HTTP; loopback unless told otherwise
	DebugToken  Secret // what whoever looks at /debug must show; empty: loopback alone. Given, or the content of DebugTokenFile
	NATS        NATS
	Kubernetes  Kubernetes
	Redis       Redis
	Postgres    Postgres
	Management  Management
	Dispatch    Dispatch
	Correlation Correlation
	Receipts    ReceiptStore
	Concat      Concat
	MaxPDU      int // length guard of the framer, octets
	Sequence    Sequence
	Recorder    Recorder
	Timers      Timers // of every operator whose profile or entry says nothing else
	Telemetry   Telemetry

	// Operators are the accounts that this pod serves, in the order of
	// OPERATOR_IDS or of the file, defaults and profiles merged in.
	Operators []Operator

	rest *rest
}

// rest is what Load knows beside the settings. It hangs on a pointer because fmt
// and slog, which ask no unexported field how it wants to be shown, do not follow
// one: a password below would be printed as it is.
type rest struct {
	given    given      // where Reload reads again
	known    []Operator // those that are configured but not served: backups
	profiles profileSet
	raws     map[string]any    // path → what its value was made of
	origins  map[string]string // path → where that came from
}

// unserved is nil for a Config that was made by hand.
func (c *Config) unserved() []Operator {
	if c.rest == nil {
		return nil
	}
	return c.rest.known
}

// The values of NATS.DispatchStreams.
const (
	DispatchShared = "shared"
	DispatchPerMNO = "mno"
)

// NATS says which server is used, and how streams are made.
type NATS struct {
	URL             URL           // empty: the embedded server
	NKeySeedFile    string        // US-SC-001; empty: no NKey
	Listen          string        // of the embedded server; the next free port if taken
	Replicas        int           // of streams and buckets: 1, 3 or 5
	DispatchStreams string        // DispatchShared or DispatchPerMNO: what one stream of commands is for
	DispatchMaxAge  time.Duration // a command not fetched for so long is dropped by the server
	EventsMaxAge    time.Duration // how long events can be read again
	DuplicateWindow time.Duration // how long Nats-Msg-Id is remembered
}

// Kubernetes says which pods should be there; empty: nobody is asked.
type Kubernetes struct {
	PodSelector string // label selector of all pods that serve the same binds
}

// Redis holds what pods share. An empty URL keeps counters in KV and memory.
type Redis struct {
	URL     URL
	Timeout time.Duration // no permit for so long: the pod's own share of the TPS limit carries on. Short keeps the window full, long keeps to Redis through a hiccup
	Pods    int           // that share the accounts at least, for that share; live ones count by themselves
}

// Postgres holds correlations and bind settings. An empty URL keeps correlations in KV.
type Postgres struct{ URL URL }

// Management is the operator-management-service (US-SC-002). With an empty URL
// the operators' credentials come from this configuration.
type Management struct {
	URL     URL
	Timeout time.Duration // of one request
	Refresh time.Duration // between readings of accounts and bind settings: how late a change there may arrive, against requests for nothing
}

// Dispatch says how commands are taken and what happens to odd ones.
type Dispatch struct {
	AckWait             time.Duration // a command unsettled for so long is delivered again; above every response timeout
	Prefetch            int           // commands pulled above the window's credit, to be NAKed when no credit comes; -1: a window of them waits
	FingerprintMismatch string        // send or refuse (US-SC-036)
	EventsFormat        string        // json or protobuf
}

// Correlation says how long ids are kept (US-SC-010).
type Correlation struct{ Expiry time.Duration }

// ReceiptStore says what happens to receipts that match nothing.
type ReceiptStore struct {
	OrphanAfter time.Duration // parked for so long without a correlation: sms.dlr.orphan
}

// Concat says how long parts of an inbound message wait for each other (US-SC-025).
type Concat struct{ Window time.Duration }

// Sequence says how sequence numbers are reserved (US-SC-022).
type Sequence struct {
	Block int // numbers a reservation; a restart skips the rest of one and 1000
}

// Recorder keeps the last PDUs of each bind, texts and numbers left out.
type Recorder struct {
	Octets     int    // memory a bind; the oldest PDUs make room. 0: no recorder
	DumpDir    string // folder where it is written when a bind leaves BOUND, HALF_CLOSED_TX or DRAINING; empty: none
	DumpFiles  int    // most files there: the oldest are removed
	DumpOctets int    // most octets of all of them together
}

// Telemetry says what leaves the process about itself.
type Telemetry struct {
	LogLevel     string           // debug, info, warn, error
	Numbers      codec.NumberMask // how much of a telephone number is shown: more helps to find a subscriber's message, less keeps them private
	OTLPEndpoint URL              // base URL of a collector (OTLP over HTTP); empty: no push
	SampleRatio  float64
}

// Standalone reports whether the embedded NATS server is used.
func (c *Config) Standalone() bool { return c.NATS.URL == "" }
