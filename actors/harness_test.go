package actors_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ghasi/smpp-connector/actors"
	"github.com/ghasi/smpp-connector/actors/dispatch"
	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/ownership"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/actors/verdict"
	"github.com/ghasi/smpp-connector/actors/vitals"
	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/memory"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// rig is the whole tree in a synctest bubble: in-memory ports, the simulator over
// net.Pipe, fake time.
type rig struct {
	t       *testing.T
	system  *actors.System
	mem     *memory.Memory
	mno     *smsc.Server
	backup  *smsc.Server
	account map[string]*actors.Account

	mu     sync.Mutex
	facts  []event.Fact
	refuse error  // of the dial; nil: it succeeds
	nobody error  // what Fetch answers; nil: the account
	spared string // the MNO whose dials are not refused
	asked  int    // requests for an account
	// accountNow is what Fetch answers to the asked-th of them, from 0; nil: account.
	accountNow func(asked int) *actors.Account
	lives      int // processes that there have been
	refresh    time.Duration
	backoff    []time.Duration // between two requests for an account; nil: the default
	orphan     time.Duration
	operators  []string              // that the pod serves; none: awcc
	orders     []port.Order          // that stand when the pod starts
	lanes      []contract.Lane       // of the pod; none: all
	alone      bool                  // without leases
	rows       port.CorrelationStore // nil: mem.Correlations
	also       event.Listener        // hears every fact too; nil: nobody
	pods       int                   // that share the accounts through mem.Permits; 0: this process is alone
}

// inBubble runs a test of the tree.
func inBubble(t *testing.T, run func(r *rig), options ...smsc.Option) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{t: t, mem: memory.New(), mno: smsc.New(append([]smsc.Option{smsc.FirstID(1)}, options...)...)}
		r.account = map[string]*actors.Account{"awcc": r.newAccount("awcc", r.mno)}
		run(r)
		r.stop()
		r.mno.Close()
		if r.backup != nil {
			r.backup.Close()
		}
	})
}

func (r *rig) newAccount(id string, mno *smsc.Server) *actors.Account {
	return &actors.Account{
		OperatorID: id, MNO: id,
		Hosts: dialled(func(context.Context) (net.Conn, error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			if r.refuse != nil && r.spared != id {
				return nil, r.refuse
			}
			return mno.Dial(), nil
		}),
		Bind:   codec.Bind{SystemID: "esme", Password: "secret", InterfaceVersion: 0x34},
		Binds:  []port.BindSetting{{Bind: port.BindID{MNO: id, Direction: port.TRX, Number: 1}, OperatorID: id, Enabled: true}},
		Window: 10, Prefetch: -1,
		Times: actors.Times{Connect: 10 * time.Second, BindAnswer: 10 * time.Second, Enquire: 30 * time.Second, EnquireAnswer: 10 * time.Second,
			Response: 30 * time.Second, Write: 10 * time.Second, Unbind: 5 * time.Second, RetryUnanswered: time.Second},
		Rules: dispatch.Rules{SourceAddress: "Ghasi", Source: dispatch.DefaultNumbering, Destination: dispatch.DefaultNumbering,
			UCS2DataCoding: 8, RegisteredDelivery: codec.ReceiptAlways},
		TemporaryError: codec.StatusXTAppn, Expiry: 72 * time.Hour, ConcatWindow: time.Minute, AckWait: 90 * time.Second,
	}
}

// dialled is an MNO of one host.
func dialled(dial func(context.Context) (net.Conn, error)) []actors.Host {
	return []actors.Host{{Address: "smsc.example:2775", Dial: dial}}
}

// Fetch implements actors.Accounts.
func (r *rig) Fetch(_ context.Context, id string) (*actors.Account, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.nobody != nil {
		return nil, r.nobody
	}
	if r.accountNow != nil {
		r.asked++
		return r.accountNow(r.asked - 1), nil
	}
	if a := r.account[id]; a != nil {
		return a, nil
	}
	return nil, port.ErrUnknownOperator
}

// On implements event.Listener.
func (r *rig) On(f event.Fact) {
	if r.also != nil {
		r.also.On(f)
	}
	if begun, ok := f.(event.MessagesBegun); ok { // of which the window uses the memory again
		begun.Messages = slices.Clone(begun.Messages)
		f = begun
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.facts = append(r.facts, f)
}

func (r *rig) start() {
	r.t.Helper()
	r.lives++
	id := ownership.Identity{Pod: "pod-1", Instance: fmt.Sprint("life-", r.lives), Ordinal: -1}
	if r.lives > 1 { // the one before is known to be dead
		id.Predecessor = fmt.Sprint("life-", r.lives-1)
	}
	r.system = r.launch(id)
}

// orphanNow is what the settings say at this moment.
func (r *rig) orphanNow() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.orphan
}

// another starts one more pod on the same ports. end ends it.
func (r *rig) another() *actors.System {
	r.t.Helper()
	return r.launch(ownership.Identity{Pod: "pod-2", Instance: "another", Ordinal: -1})
}

func (r *rig) launch(id ownership.Identity) *actors.System {
	r.t.Helper()
	if r.operators == nil {
		r.operators = []string{"awcc"}
	}
	o := actors.Options{
		Ports: actors.Ports{Accounts: r, Dispatch: r.mem.Dispatch, Publisher: r.mem.Publisher, Correlations: r.mem.Correlations,
			Park: r.mem.Park, Counters: r.mem.Counters, Concat: r.mem.Concat, Leases: r.mem.Leases, Presence: r.mem.Presence},
		Identity: id,
		Listener: r, Operators: r.operators, Orders: r.orders, Drain: 30 * time.Second, Block: 100, Refresh: r.refresh, Backoff: func(string) ([]time.Duration, float64) { return r.backoff, 0 }, Orphan: r.orphanNow, Lanes: r.lanes,
	}
	if r.rows != nil {
		o.Correlations = r.rows
	}
	if r.alone {
		o.Leases, o.Presence = nil, nil
	}
	if r.pods > 0 {
		o.Permits, o.Pods = r.mem.Permits, func() int { return r.pods }
	}
	system, err := actors.Start(o, slog.New(slog.DiscardHandler))
	if err != nil {
		r.t.Error(err)
	}
	synctest.Wait()
	return system
}

// restart ends the tree without a drain, as a crash would, and starts another on
// the same ports. Where the one before had a bind, the next one has it when restart
// returns: its lease may be given back a moment after the first look for it.
func (r *rig) restart() {
	bound := r.system != nil && r.system.Tree().Bound() > 0
	r.stop()
	r.start()
	for tries := 0; bound && r.system.Tree().Bound() == 0 && tries < 30; tries++ {
		r.after(100 * time.Millisecond)
	}
}

func (r *rig) stop() {
	if r.system != nil {
		r.end(r.system)
		r.system = nil
	}
}

func (r *rig) end(system *actors.System) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := system.Stop(ctx); err != nil {
		r.t.Error(err)
	}
	r.after(2 * time.Second) // protoactor counts dead letters for a second
}

// setAccount is what Fetch answers from now on.
func (r *rig) setAccount(a *actors.Account) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.account[a.OperatorID] = a
}

func (r *rig) drain() {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := r.system.Drain(ctx); err != nil {
		r.t.Fatal(err)
	}
}

// degraded is what smpp.bind.degraded said, in order.
func (r *rig) degraded() (reasons []string) {
	for _, e := range r.mem.Events(contract.SubjectBindDegraded) {
		reasons = append(reasons, e.Body.(*contract.BindDegradedEvent).GetReason().String())
	}
	return reasons
}

// allowDialsTo spares one MNO from refuseDials.
func (r *rig) allowDialsTo(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spared = id
}

// failAccounts has the service of credentials answer with an error; nil ends it.
func (r *rig) failAccounts(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.nobody = err
}

func (r *rig) refuseDials(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuse = err
}

// send publishes n commands with texts of their own.
func (r *rig) send(n int) {
	for i := range n {
		r.mem.Publish(contract.OperatorSubject("awcc"), fmt.Appendf(nil, `{"messageId":"m%d","to":"937%08d","text":"Hello %d"}`, i, i, i))
	}
}

// sendMany publishes n short commands whose ids begin with word.
func (r *rig) sendMany(word string, n int) {
	for i := range n {
		r.sendText(fmt.Sprint(word, i), "x")
	}
}

func (r *rig) sendText(id, text string) {
	r.mem.Publish(contract.OperatorSubject("awcc"), fmt.Appendf(nil, `{"messageId":%q,"to":"93700000001","text":%q}`, id, text))
}

// after lets fake time pass and everything come to rest.
func (r *rig) after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// heard returns the facts of one type, in order.
func heard[F event.Fact](r *rig) []F {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []F
	for _, f := range r.facts {
		if f, ok := f.(F); ok {
			out = append(out, f)
		}
	}
	return out
}

func (r *rig) bind() vitals.Bind {
	r.t.Helper()
	for _, b := range r.system.Tree().Binds() {
		if b.MNO == "awcc" {
			return b
		}
	}
	r.t.Fatal("no bind in the tree")
	return vitals.Bind{}
}

func (r *rig) actor(suffix string) vitals.Actor {
	r.t.Helper()
	for _, a := range r.system.Tree().Snapshot() {
		if a.Path == "connector/operator/awcc/bind/awcc/trx/1"+suffix {
			return a
		}
	}
	r.t.Fatalf("no actor …%s in the tree", suffix)
	return vitals.Actor{}
}

// healthStates is what operator.health said, in order.
func (r *rig) healthStates() []string {
	var out []string
	for _, e := range r.mem.Events(contract.SubjectOperatorHealth) {
		h := e.Body.(*contract.OperatorHealthEvent)
		out = append(out, h.GetOperatorId()+" "+h.GetState().String())
	}
	return out
}

// ownVerdicts are the statuses of an MNO that means something else by them.
var ownVerdicts = verdict.Rules{0x0450: verdict.Own(verdict.Retry, 20*time.Second, verdict.None)}

var errDown = errors.New("connection refused")
