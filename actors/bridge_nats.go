package actors

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// natsBridge pulls what windows ask for, publishes, and carries out settlements.
// Every call to JetStream runs on a goroutine of its own and ends with its
// context.
//
// A restart cancels the requests under way; what they would have brought is
// NAKed by the consumers. Announcements and settlements wait in the outbox, or are
// on goroutines that outlive it.
type natsBridge struct {
	env    *environment
	node   *node
	ctx    context.Context // of requests for commands: ends with the incarnation
	cancel context.CancelFunc
}

const (
	pullWait       = 2 * time.Minute  // how long one request waits for commands: a thousand idle binds renew theirs at this rate
	pullStep       = 10 * time.Second // requests that wait long end at a multiple of it, and have a heartbeat at each
	openTimeout    = 10 * time.Second
	pullRetry      = time.Second // pause after a request that failed
	publishTimeout = 5 * time.Second
	publishRetry   = 500 * time.Millisecond
)

type (
	// pull asks a consumer for n commands, for a window.
	pull struct {
		source *source
		n      int
		window *actor.PID
		bind   port.BindID
		left   int // of n, not delivered yet; the window's alone

		mu        sync.Mutex
		at        time.Time // when it was asked for, or when it went to JetStream
		inLine    bool      // it waits for its turn
		withdrawn bool      // the window may not submit what it brings
		cancel    context.CancelFunc
	}
	// publish stores events once, and tells done the errors on a goroutine.
	publish struct {
		events []port.Event
		done   func([]error)
	}
	// postDue says that the outbox holds announcements.
	postDue struct{}
	// execute carries settlements out, whose rows are stored.
	execute struct{ settlements []settlement }
)

// Messages without content are sent as one value.
var (
	postDueMessage   = &postDue{}
	settleDueMessage = &settleDue{}
)

// Receive implements actor.Actor.
func (n *natsBridge) Receive(c actor.Context) {
	switch m := c.Message().(type) {
	case *actor.Started:
		n.node.show("running", time.Now())
		n.ctx, n.cancel = context.WithCancel(n.env.ctx)
		n.post(c)
		n.lookAtLag(c)
		go n.env.keepInHand(n.ctx)
	case *actor.Stopping, *actor.Restarting:
		n.cancel()
	case *pull:
		n.request(c, m)
	case *execute:
		root, env := c.ActorSystem().Root, n.env
		go carryOut(env.ctx, root, env, m.settlements)
	case *publish:
		n.publish(m)
	case *postDue:
		n.post(c)
	case *takeOver:
		n.takeOver(c, m)
	case *lagDue:
		n.lookAtLag(c)
	}
}

// run is one request. The window hears of every batch, and of the end, so that
// its credit is right again.
func (p *pull) run(bridge context.Context, root *actor.RootContext) {
	in := p.source.intake
	send := func(more []*pull) {
		for _, next := range more {
			go next.run(bridge, root)
		}
	}
	if !p.source.fence.maySubmit(time.Now()) { // what would come is another's to submit
		pause(bridge, pullRetry)
		root.Send(p.window, &pulled{p})
		send(in.turns.over())
		return
	}
	ctx, cancel := p.begin(bridge)
	defer cancel()
	opening, done := context.WithTimeout(ctx, openTimeout)
	consumer, err := in.open(opening)
	done()
	if err == nil {
		_, err = consumer.Pull(ctx, p.n, waitInStep(time.Since(in.env.began)), func(ds []port.Delivery) {
			send(in.turns.come(len(ds)))
			a := in.admit(bridge, p.bind, ds)
			if !p.source.hands.take(a.commands) { // the window is gone for good
				settleDeliveries(bridge, in.env, giveAll(a.commands, in.account.Load().Times.RetryUnanswered))
				a.commands = nil
			}
			root.Send(p.window, &planned{pull: p, commands: a.commands, taken: len(ds)})
			a.finish(bridge, root, consumer)
		})
	}
	if err != nil {
		if errors.Is(err, port.ErrNoConsumer) {
			in.stale.Store(true) // deleted, or lost with a server's store: it is made again
		}
		pause(ctx, pullRetry)
	}
	root.Send(p.window, &pulled{p})
	send(in.turns.over())
}

// waitInStep is how long a request waits that is sent so long after the process began.
// Requests come into step, so that the heartbeats of a thousand come together and wake
// the process once: one that begins between two steps waits for little more than a step,
// and the next one in its place begins with one.
func waitInStep(sinceBegin time.Duration) time.Duration {
	after := sinceBegin % pullStep
	if after < pullStep/10 {
		return pullWait - after
	}
	return 2*pullStep - after
}

func (n *natsBridge) publish(m *publish) {
	ctx, env := n.env.ctx, n.env
	go func() {
		try, cancel := context.WithTimeout(ctx, publishTimeout)
		defer cancel()
		m.done(env.Publisher.Publish(try, m.events))
	}()
}

// post publishes the front of the outbox, one group at a time, so that the
// events of a bind stay in order.
func (n *natsBridge) post(c actor.Context) {
	group := n.env.outbox.post()
	if len(group) == 0 {
		return
	}
	root, self, env := c.ActorSystem().Root, c.Self(), n.env
	go func() {
		if keepPublishing(env.ctx, env, group) {
			env.outbox.posted(len(group))
			root.Send(self, postDueMessage)
		}
	}()
}

// keepPublishing tries until every event is stored; false means that the process
// is stopping.
func keepPublishing(ctx context.Context, env *environment, events []port.Event) bool {
	for len(events) > 0 {
		try, cancel := context.WithTimeout(ctx, publishTimeout)
		errs := env.Publisher.Publish(try, events)
		cancel()
		var left []port.Event
		for i, err := range errs {
			if err != nil {
				left = append(left, events[i])
			}
		}
		events = left
		if len(events) > 0 && !pause(ctx, publishRetry) {
			return false
		}
	}
	return true
}

// carryOut publishes what was decided and then settles the deliveries: an
// acknowledgement only after the event is stored.
func carryOut(ctx context.Context, root *actor.RootContext, env *environment, settlements []settlement) {
	var events []port.Event
	for i := range settlements {
		switch s := &settlements[i]; {
		case s.submit:
			events = append(events, submittedEvent(env, s.cmd))
		case s.dead != nil:
			events = append(events, *s.dead)
		}
	}
	if keepPublishing(ctx, env, events) {
		tellDead(env, settlements)
		stepAll(settlements, "publish")
		settleDeliveries(ctx, env, settlements)
	}
	counts := map[*windowActor]*settled{}
	for _, s := range settlements {
		if s.by == nil {
			continue
		}
		if counts[s.by] == nil {
			counts[s.by] = &settled{by: s.by}
		}
		counts[s.by].count++
	}
	for by, told := range counts {
		root.Send(by.self, told)
	}
}

// tellDead says of each dead letter that it is stored, whoever has given its command
// up: the intake, a window, or the policy for unknown outcomes (US-SC-006, 014).
func tellDead(env *environment, settlements []settlement) {
	for i := range settlements {
		if s := &settlements[i]; s.dead != nil {
			letter := s.dead.Body.(*contract.DispatchRejected)
			env.Listener.On(event.DeadLettered{OperatorID: letter.GetOperatorId(), MessageID: letter.GetMessageId(), Reason: letter.GetReason(),
				Field: letter.GetField(), Trace: s.cmd.delivery.Trace, At: letter.GetAt().AsTime()})
		}
	}
}

func settleDeliveries(ctx context.Context, env *environment, settlements []settlement) {
	disclaim(ctx, settlements)
	acks := map[*intake][]port.Handle{}
	for _, s := range settlements {
		cmd := s.cmd
		id := cmd.delivery.Command.GetMessageId()
		if s.giveAll {
			for _, h := range append(cmd.intake.release(id, cmd.past()), cmd.delivery.Handle) {
				if consumer := cmd.intake.consumer.Load(); consumer != nil {
					_ = (*consumer).Nak(h, s.delay) // lost, it comes again after AckWait
				}
			}
			cmd.journey.end(time.Now(), "given back")
			continue
		}
		acks[cmd.intake] = append(acks[cmd.intake], cmd.delivery.Handle)
		if id != "" {
			acks[cmd.intake] = append(acks[cmd.intake], cmd.intake.close(id)...)
		}
	}
	acknowledge(ctx, env, acks)
	for _, s := range settlements {
		if j := s.cmd.journey; j != nil && !s.giveAll {
			j.done("ack", time.Now())
			failure := ""
			if s.dead != nil {
				failure = s.dead.Body.(*contract.DispatchRejected).Reason
			}
			j.end(time.Now(), failure)
		}
	}
}

// disclaimTimeout bounds how long commands are not given back for the sake of the word that
// they were not submitted.
const disclaimTimeout = 2 * time.Second

// disclaim writes down which commands were not submitted, before they are given back. Where
// that fails, whoever gets them next does not know, and marks them.
func disclaim(ctx context.Context, settlements []settlement) {
	unsent := map[*intake][]port.Handle{}
	for _, s := range settlements {
		if s.unsent {
			unsent[s.cmd.intake] = append(unsent[s.cmd.intake], s.cmd.delivery.Handle)
		}
	}
	if len(unsent) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), disclaimTimeout) // a bridge that has stopped still gives back
	defer cancel()
	var all sync.WaitGroup
	for in, handles := range unsent {
		if consumer := in.consumer.Load(); consumer != nil {
			all.Go(func() { _ = (*consumer).Disclaim(ctx, handles) })
		}
	}
	all.Wait()
}

// stepAll ends a step of all that are traced.
func stepAll(settlements []settlement, step string) {
	for i := range settlements {
		if s := &settlements[i]; s.cmd.journey != nil && !s.giveAll {
			s.cmd.journey.done(step, time.Now())
		}
	}
}

// acknowledge has the deliveries of each consumer acknowledged, all at once: a pod
// with many operators would else wait for one after the other.
func acknowledge(ctx context.Context, env *environment, acks map[*intake][]port.Handle) {
	one := func(in *intake, handles []port.Handle) {
		consumer := in.consumer.Load()
		if consumer == nil {
			return
		}
		if err := (*consumer).Ack(ctx, handles); err == nil {
			env.Listener.On(event.MessagesSettled{OperatorID: in.account.Load().OperatorID, MNO: in.inlet.bind.MNO, Direction: in.inlet.bind.Direction,
				Lane: in.inlet.lane, Consumer: in.inlet.durable, Count: len(handles)})
		}
	}
	var others sync.WaitGroup
	for in, handles := range acks {
		if len(acks) == 1 {
			one(in, handles)
			return
		}
		others.Go(func() { one(in, handles) })
	}
	others.Wait()
}

// submittedEvent is what billing bills: sms.dispatch.submitted.
func submittedEvent(env *environment, cmd *command) port.Event {
	account := cmd.intake.account.Load()
	at := cmd.submittedAt
	if at.IsZero() {
		at = time.Now()
	}
	return port.Event{
		Subject: contract.SubjectSubmitted,
		ID:      "submitted:" + account.OperatorID + ":" + cmd.plan.MessageID,
		Trace:   cmd.delivery.Trace,
		Body: &contract.DispatchSubmitted{
			MessageId: cmd.plan.MessageID, OperatorId: account.OperatorID, PrimaryOperatorId: cmd.primary, BindId: cmd.bind.String(),
			Segments: uint32(cmd.plan.Segments), OperatorMessageIds: cmd.outcome.IDs(), Encoding: cmd.plan.Encoding.String(),
			SegmentFingerprint: cmd.plan.Fingerprint, Ambiguous: cmd.doubtful, SubmittedAt: timestamppb.New(at), Epoch: env.tenure.epoch(cmd.bind),
		},
	}
}

// healthEvent is operator.health.
func healthEvent(b *bind, state contract.HealthState_Value, reason string, now time.Time) port.Event {
	id := b.seat.id
	return port.Event{Subject: contract.SubjectOperatorHealth, Body: &contract.OperatorHealthEvent{
		OperatorId: b.operator, Mno: id.MNO, Direction: string(id.Direction), BindId: id.String(),
		State: state, Reason: reason, Host: b.main().host(), Epoch: b.seat.fence.token(), At: timestamppb.New(now)}}
}
