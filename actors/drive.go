package actors

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/control"
	"github.com/ghasi/smpp-connector/actors/dispatch"
	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/ownership"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/actors/reference"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Driving says what Drive sends, and where.
type Driving struct {
	Account  *Account // its first bind is driven
	Commands []*contract.SmsDispatchCommand
	Messages int // so many are sent: Commands in turn, again and again
	Counters port.Counters
	Concat   port.ConcatStore
	Listener event.Listener // hears every answer, with its status and the time it took
	MaxPDU   int            // as in Options, and so are the next two
	Recorder int
	Block    int
	// Bound is called, on an actor's goroutine, when the bind is BOUND and before
	// the first message is handed to it; nil: nobody wants to know.
	Bound func()
	// Settled is called likewise when the last message is settled.
	Settled func()
}

// Driven is what became of the messages. Each is in one of the first two.
type Driven struct {
	Accepted int // the MNO has every part
	Refused  int // for good, or of unknown outcome where the profile gives those up
	Returned int // how often one was given back and came again: throttled, or its line was lost
	Took     time.Duration
}

// ErrNotBound is why nothing could be driven: the MNO was not reached, or refused the bind.
var ErrNotBound = errors.New("the bind was not made")

// Drive runs one bind by itself against an SMSC, and returns when the MNO has
// answered every message: the bind, session, window, ledger and sequence numbers
// of the connector, without NATS and stores. It measures a line.
//
// An error is ErrNotBound, a command that the account's rules refuse
// (*dispatch.Refusal), or ctx's; a line that is lost later is dialled again as ever.
func Drive(ctx context.Context, o Driving, logger *slog.Logger) (Driven, error) {
	plans := make([]*dispatch.Plan, len(o.Commands))
	for i, c := range o.Commands {
		var refusal *dispatch.Refusal
		if plans[i], refusal = dispatch.Make(c, o.Account.Rules, time.Now()); refusal != nil {
			return Driven{}, refusal
		}
	}
	env := newEnvironment(Options{Ports: Ports{Counters: o.Counters, Concat: o.Concat}, Listener: o.Listener, MaxPDU: o.MaxPDU, Recorder: o.Recorder, Block: o.Block})
	defer env.cancel()
	defer env.tree.turns.close()
	d := &driver{env: env, driving: o, plans: plans, ended: make(chan error, 1), stopped: make(chan struct{})}
	system := actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return logger }))
	env.root = system.Root
	const name = "bench"
	failed := make(chan struct{})
	d.node = env.tree.claim(name, name)
	pid, err := system.Root.SpawnNamed(env.tree.props(name, name, func() actor.Actor { return d },
		actor.WithGuardian(&guardian{env: env, root: child{node: d.node}, failed: failed})), name)
	if err != nil {
		return Driven{}, fmt.Errorf("start the actors: %w", err)
	}
	select {
	case err = <-d.ended:
	case <-failed:
		err = errors.New("an actor has failed again and again")
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	system.Root.Stop(pid)
	<-d.stopped
	system.Shutdown()
	return d.driven, err
}

// newEnvironment is what every tree begins with. Ports that no actor of the tree
// asks may be nil.
func newEnvironment(o Options) *environment {
	if o.MaxPDU == 0 {
		o.MaxPDU = 128 << 10
	}
	if o.Block == 0 {
		o.Block = 1000
	}
	if o.PermitTimeout == 0 {
		o.PermitTimeout = 50 * time.Millisecond
	}
	if o.Duplicates == 0 {
		o.Duplicates = 10 * time.Minute
	}
	if o.Drain == 0 {
		o.Drain = 30 * time.Second
	}
	if len(o.Lanes) == 0 {
		o.Lanes = contract.Lanes()
	}
	o.Lanes = slices.Compact(slices.Sorted(slices.Values(o.Lanes)))
	o.Identity.Lanes = o.Lanes
	o.Publisher = telling{o.Publisher, o.Listener}
	env := &environment{Options: o, tree: newTree(), near: newNearStore(o.Correlations, nearCapacity, o.Duplicates/2), parks: newParkIndex(), held: newHolds(), late: lateAnswers{byID: map[lateKey][]lateAnswer{}}, references: reference.NewMemory(),
		began: time.Now(), wanted: o.Operators, accounts: map[string]*Account{}, books: map[string]*book{}, intakes: map[string]*intake{}, paces: map[string]*pace{}}
	env.tenure = newTenure(o.Leases == nil)
	if !env.tenure.free {
		env.owner = &owner{env: env, claims: ownership.New(o.Identity, time.Now())}
		env.Pods = env.tenure.podsAtLeast(o.Pods)
	}
	env.ctx, env.cancel = context.WithCancel(context.Background())
	env.tree.wrap = wrapActors
	env.standing.Store(control.NewStanding(o.Orders))
	return env
}
