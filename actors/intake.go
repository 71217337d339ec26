package actors

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ghasi/smpp-connector/actors/dispatch"
	"github.com/ghasi/smpp-connector/actors/ledger"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
)

// intake is one durable consumer with what must be known to take commands from
// it: which commands are in hand or settled, and the account whose rules they
// are planned under. All binds that read the consumer share it.
//
// Its calls run on bridge/nats's goroutines, so that decoding and planning use
// every core; what is shared is under a lock for a few map operations a command.
type intake struct {
	env     *environment
	carries string // the operatorId whose commands they are
	inlet   inlet
	spec    port.ConsumerSpec
	account atomic.Pointer[Account]
	book    *book
	turns   turns

	opening  sync.Mutex
	consumer atomic.Pointer[port.Consumer]
	stale    atomic.Bool // the consumer is not there any more
}

// book is a ledger.Book that goroutines share. The consumers of an operator
// share one, so that a copy of a command on another subject is seen too.
type book struct {
	mu sync.Mutex
	b  *ledger.Book[port.Handle]
}

// remembered is how many settled commands an operator's book keeps at least.
const remembered = 100_000

// open returns the consumer, made on first use.
func (in *intake) open(ctx context.Context) (port.Consumer, error) {
	if c := in.consumer.Load(); c != nil && !in.stale.Load() {
		return *c, nil
	}
	in.opening.Lock()
	defer in.opening.Unlock()
	if c := in.consumer.Load(); c != nil && !in.stale.Load() {
		return *c, nil
	}
	spec := in.spec
	if in.inlet.bind.Number > 0 { // a bind's own subject: its owner's, whoever that is
		spec.Epoch, spec.Owner = in.env.tenure.epoch(in.inlet.bind), in.env.Identity.Pod
	}
	c, err := in.env.Dispatch.Open(ctx, spec)
	if err != nil {
		return nil, err
	}
	in.consumer.Store(&c)
	in.stale.Store(false)
	return c, nil
}

// admission sorts one batch of deliveries.
type admission struct {
	in       *intake
	bind     port.BindID
	now      time.Time
	commands []*command
	dead     []settlement
	copies   []port.Handle        // of settled commands: to be acknowledged
	held     []port.Handle        // of commands that wait for a receipt: to be looked at again
	back     []port.Handle        // too early, or the ledger could not be asked: to be given back
	clean    []port.Handle        // of these: nothing is doubtful, and whoever has it next is to know
	unsent   map[port.Handle]bool // whoever had it before gave it back unsent
}

// admit decodes, checks and plans a batch (US-SC-006).
func (in *intake) admit(ctx context.Context, bind port.BindID, ds []port.Delivery) *admission {
	a := &admission{in: in, bind: bind, now: time.Now(), commands: make([]*command, 0, len(ds))}
	account := in.account.Load()
	a.vouch(ctx, ds)
	for _, d := range ds {
		a.take(ctx, account, d)
	}
	return a
}

// vouchTimeout bounds how long commands wait for the word that they were not submitted.
const vouchTimeout = 2 * time.Second

// vouch asks which of the commands that another process had last were given back unsent.
func (a *admission) vouch(ctx context.Context, ds []port.Delivery) {
	var doubted []port.Handle
	for _, d := range ds {
		if d.Attempt > 1 && d.Fault == nil && !d.Inherited && a.in.hadElsewhere(d) {
			doubted = append(doubted, d.Handle)
		}
	}
	consumer := a.in.consumer.Load()
	if len(doubted) == 0 || consumer == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, vouchTimeout)
	defer cancel()
	said, err := (*consumer).Disclaimed(ctx, doubted)
	if err != nil {
		return // whoever did not see, does not guess
	}
	a.unsent = map[port.Handle]bool{}
	for i, h := range doubted {
		a.unsent[h] = said[i]
	}
}

func (in *intake) hadElsewhere(d port.Delivery) bool {
	in.book.mu.Lock()
	defer in.book.mu.Unlock()
	return in.book.b.HadElsewhere(d.Command.GetMessageId(), d.Replay, deliveredOf(d))
}

// deliveredOf is how a book knows a delivery.
func deliveredOf(d port.Delivery) ledger.Delivered {
	return ledger.Delivered{Message: d.StoredAt.UnixNano(), Attempt: d.Attempt}
}

func (a *admission) take(ctx context.Context, account *Account, d port.Delivery) {
	if d.Fault != nil {
		trip := a.in.env.trace(&d, account.OperatorID, a.now)
		a.refuse(d, account, faultRefusal(d.Fault), trip)
		return
	}
	id := d.Command.GetMessageId()
	a.in.book.mu.Lock()
	arrival, past := a.in.book.b.Arrive(id, d.Replay, deliveredOf(d), d.Handle)
	a.in.book.mu.Unlock()
	if a.unsent[d.Handle] {
		past = past.Vouched()
	}
	if arrival == ledger.Fresh && d.Inherited {
		past.Doubtful, past.Empty = true, false // whoever had it before us may have submitted it
	}
	switch arrival {
	case ledger.InHand:
		return // settled together with the first
	case ledger.Settled:
		a.copies = append(a.copies, d.Handle)
		return
	case ledger.Early:
		a.back = append(a.back, d.Handle)
		return
	}
	trip := a.in.env.trace(&d, account.OperatorID, a.now)
	plan, refusal := dispatch.Make(d.Command, account.Rules, a.now)
	if old := dispatch.TooOld(d.StoredAt, d.Due, a.now); old != nil && refusal == nil {
		plan, refusal = nil, old
	}
	if refusal.Later() && (!past.Empty || past.Doubtful) {
		plan = dispatch.Begun(d.Command, account.Rules) // it may have been accepted in time, or be with the recipient
	}
	if plan == nil {
		if err := a.refuseLater(ctx, account, d, refusal, past, trip); err != nil {
			a.giveBack(account, d, past, trip)
		}
		return
	}
	solved := a.in.env.held.solved(id) // before the rows are asked
	was, err := a.earlier(ctx, account, d, plan, past)
	if err != nil {
		a.giveBack(account, d, past, trip)
		return
	}
	a.place(account, d, plan, was, refusal, solved, trip)
}

// giveBack returns a command of which it cannot be known now what was submitted before.
func (a *admission) giveBack(account *Account, d port.Delivery, past ledger.Past, trip *journey) {
	trip.end(time.Now(), "what was submitted before cannot be looked up")
	a.in.release(d.Command.GetMessageId(), past)
	a.back = append(a.back, d.Handle)
	if account.Unknown != ledger.Redeliver && !past.Doubtful {
		a.clean = append(a.clean, d.Handle)
	}
}

// place puts a command where it belongs by what its earlier deliveries have come
// to; refusal says why it may not be submitted, if anything of it is left.
func (a *admission) place(account *Account, d port.Delivery, plan *dispatch.Plan, was earlier, refusal *dispatch.Refusal, solved bool, trip *journey) {
	plan = was.resume(plan, d.Command, account.Rules)
	cmd := &command{delivery: d, intake: a.in, bind: a.bind, plan: plan, taken: a.now, reference: was.reference, submittedAt: was.at, doubtful: was.ambiguous, begun: was.begun, unanswered: was.past.Unanswered, refusals: was.past.Refusals, journey: trip,
		outcome: ledger.New(max(len(was.ids), plan.PDUs()), was.ids)}
	switch _, left := cmd.outcome.Next(); {
	case left && refusal != nil:
		cmd.doubtful = cmd.doubtful || was.doubtful
		a.bury(cmd, account, refusal)
		return
	case left && was.doubtful:
		if !a.decide(account, cmd, solved) {
			trip.end(time.Now(), "")
			return
		}
	case !left && d.Replay != "" && d.Attempt <= 1:
		// The MNO had all of it before the replay came: nothing is left to send, and
		// nothing to bill again.
		trip.end(time.Now(), "")
		a.copies = append(append(a.copies, d.Handle), a.in.close(plan.MessageID)...)
		return
	}
	a.commands = append(a.commands, cmd)
}

// refuse makes a dead letter of a command that could not be planned.
func (a *admission) refuse(d port.Delivery, account *Account, r *dispatch.Refusal, trip *journey) {
	a.bury(&command{delivery: d, intake: a.in, journey: trip}, account, r)
}

func (a *admission) bury(cmd *command, account *Account, r *dispatch.Refusal) {
	a.dead = append(a.dead, settlement{cmd: cmd, dead: letterOf(cmd, account.OperatorID, r, codec.StatusOK, a.now)})
}

// finish settles what does not go to the window.
func (a *admission) finish(ctx context.Context, root *actor.RootContext, consumer port.Consumer) {
	if len(a.copies) > 0 {
		_ = consumer.Ack(ctx, a.copies) // one that fails comes again, and is known again
	}
	if len(a.clean) > 0 {
		said, cancel := context.WithTimeout(ctx, disclaimTimeout)
		_ = consumer.Disclaim(said, a.clean) // else whoever gets them next does not know
		cancel()
	}
	for _, h := range a.back {
		_ = consumer.Nak(h, time.Second)
	}
	for _, h := range a.held {
		_ = consumer.Nak(h, holdAgain)
	}
	if len(a.dead) > 0 {
		root.Send(a.in.env.nats, &execute{a.dead})
	}
}

// release lets go of a command that goes back to its consumer.
func (in *intake) release(id string, past ledger.Past) []port.Handle {
	in.book.mu.Lock()
	defer in.book.mu.Unlock()
	return in.book.b.Return(id, past)
}

// close remembers that a command is settled.
func (in *intake) close(id string) []port.Handle {
	in.env.held.forget(id)
	in.env.late.forget(in.account.Load().OperatorID, id)
	in.book.mu.Lock()
	defer in.book.mu.Unlock()
	return in.book.b.Settle(id)
}

func faultRefusal(err error) *dispatch.Refusal {
	if f, ok := err.(*contract.FieldError); ok {
		return &dispatch.Refusal{Reason: f.Reason, Field: f.Field, Detail: f.Detail}
	}
	return &dispatch.Refusal{Reason: contract.ReasonMalformed, Detail: err.Error()}
}

// maxDeadPayload bounds the payload that a dead letter carries, as smpp_connector.proto
// says. The publisher cuts what the server's max_payload does not take: with its default
// of 1 MiB that is a command beyond about 780 000 octets.
const maxDeadPayload = 1 << 20

// refuseLater refuses a command that cannot be planned by this account's rules. What another
// account has taken of it before stands in its dead letter (US-SC-013).
func (a *admission) refuseLater(ctx context.Context, account *Account, d port.Delivery, r *dispatch.Refusal, past ledger.Past, trip *journey) error {
	if past.Empty && !past.Doubtful && d.Replay == "" {
		a.refuse(d, account, r, trip)
		return nil
	}
	rows, err := a.in.env.rowsOf(ctx, account.OperatorID, a.in.carries, d.Command.GetMessageId())
	if err != nil {
		return err
	}
	a.refuse(d, account, r, trip)
	tellRows(a.dead[len(a.dead)-1].dead.Body.(*contract.DispatchRejected), rows, past.Doubtful)
	return nil
}

// tellRows writes the parts that have rows into a dead letter: those of the split of which
// most were accepted.
func tellRows(body *contract.DispatchRejected, rows []port.Correlation, doubtful bool) {
	body.Ambiguous = doubtful
	bySplit, best := map[int][]port.Correlation{}, 0
	for _, row := range rows {
		body.Ambiguous = body.Ambiguous || row.Ambiguous
		bySplit[row.PartsTotal] = append(bySplit[row.PartsTotal], row)
		if n, most := len(bySplit[row.PartsTotal]), len(bySplit[best]); n > most || n == most && row.PartsTotal < best {
			best = row.PartsTotal
		}
	}
	parts := bySplit[best]
	slices.SortFunc(parts, func(a, b port.Correlation) int { return a.PartIndex - b.PartIndex })
	for _, row := range parts {
		body.PartsTotal = uint32(best)
		body.AcceptedParts = append(body.AcceptedParts, uint32(row.PartIndex))
		body.OperatorMessageIds = append(body.OperatorMessageIds, row.OperatorMessageID)
	}
}

// letterOf is the dead letter of a command, with what has gone out of it all the same:
// no other event tells billing of the parts that the MNO took before it refused one.
func letterOf(cmd *command, operatorID string, r *dispatch.Refusal, status codec.Status, now time.Time) *port.Event {
	e := deadLetter(cmd.delivery, operatorID, r, status, now)
	body := e.Body.(*contract.DispatchRejected)
	body.Ambiguous = cmd.doubtful || cmd.outcome.Doubt()
	if cmd.outcome.Accepted() == 0 {
		return e
	}
	body.PartsTotal = uint32(cmd.outcome.Parts())
	for part, id := range cmd.outcome.IDs() {
		if cmd.outcome.Outcome(part) == ledger.Accepted {
			body.AcceptedParts = append(body.AcceptedParts, uint32(part+1))
			body.OperatorMessageIds = append(body.OperatorMessageIds, id)
		}
	}
	return e
}

// deadLetter is the event of a command that will not be sent.
func deadLetter(d port.Delivery, operatorID string, r *dispatch.Refusal, status codec.Status, now time.Time) *port.Event {
	body := &contract.DispatchRejected{
		MessageId: d.Command.GetMessageId(), OperatorId: operatorID, Reason: r.Reason, Field: r.Field, Detail: r.Detail,
		DeliveryCount: uint32(d.Attempt), Subject: d.Subject, Payload: d.Payload, At: timestamppb.New(now),
	}
	if f, ok := d.Fault.(*contract.FieldError); ok && body.MessageId == "" {
		body.MessageId = f.MessageID
	}
	if status != codec.StatusOK {
		body.EsmeStatus = status.String()
	}
	if len(body.Payload) > maxDeadPayload {
		body.Payload, body.PayloadTruncated = body.Payload[:maxDeadPayload], true
	}
	e := &port.Event{Subject: contract.SubjectDLQ, Body: body, Trace: d.Trace}
	if body.MessageId != "" {
		e.ID = "dlq:" + operatorID + ":" + body.MessageId + ":" + r.Reason
		if d.Replay != "" {
			e.ID += ":" + d.Replay // a second rejection is a second dead letter
		}
	}
	return e
}
