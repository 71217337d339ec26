package actors

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/control"
	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/ownership"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/actors/recorder"
	"github.com/ghasi/smpp-connector/actors/reference"
	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Ports are what the tree needs from outside.
type Ports struct {
	Accounts     Accounts
	Dispatch     port.DispatchSource
	Publisher    port.Publisher
	Correlations port.CorrelationStore
	Park         port.ReceiptPark
	Counters     port.Counters
	Permits      port.Permits // nil: no other pod shares an account
	Concat       port.ConcatStore
	Leases       port.Leases   // nil: every bind is this process's
	Presence     port.Presence // together with Leases
	Roster       port.Roster   // nil: presence alone says which pods there are
}

// Options configure the tree.
type Options struct {
	Ports
	Listener  event.Listener
	Tracer    port.Tracer     // nil: nothing is traced
	Operators []string        // operatorIds that this pod serves
	Lanes     []contract.Lane // that this pod serves; none: all (US-SC-018)
	Orders    []port.Order    // that stand when the tree starts
	Identity  ownership.Identity
	MaxPDU    int           // length guard of the framer, octets
	Drain     time.Duration // most time for a window to empty at a stop, where an account says none
	Refresh   time.Duration // between two fetches of an account; 0: only when it is doubted
	Recorder  int           // octets of each bind's flight recorder; 0: none
	// Orphan is how long a receipt waits for its message before sms.dlr.orphan; 0, or nil:
	// for ever.
	Orphan func() time.Duration
	// Pods is how many live pods share the accounts, for this pod's share of a TPS limit
	// while Permits do not answer; nil: this one alone. It must not block.
	Pods func() int
	// Backoff is how long to wait before an account that could not be had is asked for again,
	// one delay an attempt (decisions.md 002: as a redial), and the share of a delay that is
	// drawn by lot; nil: lifecycle.DefaultBackoff, exactly.
	Backoff func(operatorID string) (schedule []time.Duration, jitter float64)
	// Numbers is how much of a telephone number a fact may show; nil: nothing of it.
	Numbers func() codec.NumberMask
	// PermitTimeout is how long Permits may take before that share takes over; 0: 50 ms.
	PermitTimeout time.Duration
	// Duplicates is how long the event stream knows a Msg-Id again; 0: 10 min.
	Duplicates time.Duration
	// Block is how many sequence numbers are reserved at once.
	Block int
}

// environment is what every actor of one tree shares. It is set up before the
// first actor runs and not changed after, but for the PIDs, which the connector
// sets before it spawns whoever reads them.
type environment struct {
	Options
	tree       *Tree
	near       *nearStore
	parks      *parkIndex
	held       *holds
	late       lateAnswers
	references *reference.Memory
	outbox     outbox
	ctx        context.Context // ends when the tree has stopped
	root       *actor.RootContext
	cancel     context.CancelFunc

	nats, redis, postgres *actor.PID
	ownership             *actor.PID // nil: there are no leases
	owner                 *owner
	tenure                *tenure

	standing atomic.Pointer[control.Standing] // what is ordered now; changed under mu

	ordinals atomic.Uint64 // of flights, over all windows of the process

	began time.Time // for requests to keep step by

	mu       sync.Mutex
	wanted   []string            // operatorIds that are to run; outlives a restart of the root
	accounts map[string]*Account // served by this process, by operatorId
	books    map[string]*book    // by the operatorId whose commands they know
	intakes  map[string]*intake
	paces    map[string]*pace // by the name of the limit
}

// operatorIDs returns the operators that are to run.
func (e *environment) operatorIDs() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.wanted
}

func (e *environment) wantOperators(ids []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.wanted = ids
}

// tenureChanged has ownership look at what the operators want.
func (e *environment) tenureChanged(c actor.Context) {
	if e.ownership != nil {
		c.Send(e.ownership, tenureChangedMessage)
	}
}

// announce publishes events in order, and until they are stored.
func (e *environment) announce(root *actor.RootContext, events ...port.Event) {
	e.outbox.announce(events...)
	root.Send(e.nats, postDueMessage)
}

// violating is violation of a PDU, which the fact quotes without its numbers.
func (e *environment) violating(bind port.BindID, what string, pdu codec.PDU, at time.Time) {
	var numbers codec.NumberMask
	if e.Numbers != nil {
		numbers = e.Numbers()
	}
	e.violation(bind, what, codec.DumpMasked(pdu, numbers), at)
}

func (e *environment) violation(bind port.BindID, what, detail string, at time.Time) {
	e.Listener.On(event.ProtocolViolation{Bind: bind, What: what, Detail: detail, At: at})
}

// seat is what a bind shares with its children. The PIDs are set before the
// session is spawned and stay the same over restarts.
type seat struct {
	id      port.BindID
	own     bool                         // it takes its own operator's commands; not so one that only stands in
	covers  atomic.Pointer[[]port.Cover] // whose commands it takes as well; nil: nobody's
	paused  bool                         // at the start: another account carries the traffic
	gauge   *bindGauge
	flight  *recorder.Ring // the last PDUs; nil: none are kept
	fence   *fence         // nil: open for ever
	mute    atomic.Bool    // the last session ended because nothing was answered, and nothing has been since
	hands   hands
	parts   partsQueue
	account atomic.Pointer[Account]
	paced   atomic.Pointer[pace] // the limit that it is under; another when the limit's scope changes
	window  *actor.PID

	sequence *actor.PID
	concat   *actor.PID
}

// pace is the TPS limit that the bind is under.
func (s *seat) pace() *pace { return s.paced.Load() }

// covering is whose commands the bind takes beside its own.
func (s *seat) covering() []port.Cover {
	if covers := s.covers.Load(); covers != nil {
		return *covers
	}
	return nil
}
