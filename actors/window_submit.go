package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/dispatch"
	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/actors/reference"
	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
)

// How a window hands segments to the session: as many as slots and permits allow, in
// the order of the queue, the parts of a message under one reference.

// pump hands the session as many segments as window, pace and references allow.
func (w *windowActor) pump(c actor.Context) {
	if w.up == nil || w.queue.Len() == 0 && w.short == 0 && len(w.permits) == 0 {
		return
	}
	now := time.Now()
	allowed, with := w.permit(c, w.free(now), now)
	flights := w.collect(c, allowed, now)
	if with != nil {
		for i, f := range flights {
			f.lapses = with[i].Lapses
		}
		w.sent(with[:len(flights)], now)
		w.forgo(c, with[len(flights):], len(flights) < allowed)
	}
	w.throttled()
	if len(flights) == 0 {
		return
	}
	w.window.Admit(len(flights), now)
	w.seat.gauge.meter.Sent(len(flights), now)
	c.Send(w.up.session, &submit{link: w.up.link, flights: flights})
	w.tellBegun()
}

// begin remembers that a message's first part is on its way, from the lane l.
func (w *windowActor) begin(cmd *command, l contract.Lane, now time.Time) {
	cmd.begun = true
	plan, strategy := cmd.plan, ""
	if plan.Segments > 1 {
		strategy = strategyNames[plan.Strategy]
	}
	told := event.Planned{MessageID: plan.MessageID, Encoding: plan.Encoding.String(), Forced: plan.Forced, Replaced: plan.Characters, Strategy: strategy, Segments: plan.Segments,
		Lane: l, Waited: waited(cmd.delivery.StoredAt, now)}
	if plan.Mismatch {
		told.Mismatch = &event.FingerprintMismatch{Given: cmd.delivery.Command.GetSegmentFingerprint(), Ours: plan.Fingerprint, Trace: cmd.delivery.Trace}
	}
	w.begun = append(w.begun, told)
}

// waited is how long a command that was stored at a time has waited until now. The
// two clocks are two machines': one that is behind makes no wait negative.
func waited(storedAt, now time.Time) time.Duration {
	if storedAt.IsZero() {
		return -1
	}
	return max(now.Sub(storedAt), 0)
}

// tellBegun publishes what begin has gathered.
func (w *windowActor) tellBegun() {
	if len(w.begun) > 0 {
		w.env.Listener.On(event.MessagesBegun{Bind: w.seat.id, OperatorID: w.seat.account.Load().OperatorID, Messages: w.begun})
		w.begun = w.begun[:0]
	}
}

var strategyNames = map[contract.LongMessageStrategy_Value]string{
	contract.LongMessageStrategy_CSMS: "csms", contract.LongMessageStrategy_TLV: "tlv", contract.LongMessageStrategy_SAR: "sar",
}

// collect takes up to n segments, lane by lane as the turn goes (US-SC-018), the
// parts of one command adjacent. A command that has waited until it expired, and of
// which nothing has gone out, is a dead letter instead.
func (w *windowActor) collect(c actor.Context, n int, now time.Time) []*flight {
	if n == 0 {
		return nil
	}
	flights := w.spare[:0]
	w.spare = nil // the session's from now on
	for len(flights) < n {
		l, cmd, ok := w.queue.Next()
		if ok && (w.recall(c, cmd) || w.expire(c, cmd, now)) {
			w.queue.Pop(l)
			continue
		}
		if !ok || !w.refer(c, cmd) {
			break
		}
		before := len(flights)
		for len(flights) < n {
			part, ok := cmd.outcome.Next()
			if !ok {
				break
			}
			cmd.outcome.Hand(part)
			if cmd.journey != nil {
				cmd.journey.hand(part, time.Now())
			}
			flights = append(flights, w.flights.add(cmd, part, w.env.ordinals.Add(1)))
		}
		if !cmd.begun && len(flights) > before {
			w.begin(cmd, l, now)
		}
		w.queue.Spend(l, len(flights)-before)
		if _, more := cmd.outcome.Next(); more {
			break
		}
		w.queue.Pop(l)
	}
	if len(flights) == 0 {
		w.spare = flights
	}
	return flights
}

// expire ends a command whose expiresAt has passed while it waited here, and reports
// whether it has. One that has begun goes on: half a message is worth nothing.
func (w *windowActor) expire(c actor.Context, cmd *command, now time.Time) bool {
	if cmd.delivery.Command.GetExpiresAt() == nil || cmd.outcome.Begun() {
		return false
	}
	refusal := dispatch.Expired(cmd.delivery.Command, now)
	if refusal == nil {
		return false
	}
	s := newSettling(w, c)
	s.end(cmd, settlement{dead: letterOf(cmd, s.account.OperatorID, refusal, codec.StatusOK, now)})
	s.send()
	return true
}

// refer gives a command that needs one its concatenation reference, and reports
// whether it may be submitted.
func (w *windowActor) refer(c actor.Context, cmd *command) bool {
	if cmd.reference.Bits != 0 || !cmd.plan.NeedsReference() {
		return true
	}
	now, rules := time.Now(), &cmd.intake.account.Load().Rules
	pair := reference.PairOf(cmd.plan.From(), cmd.plan.To())
	for {
		absolute, ok := w.nextReference(c, now)
		if !ok {
			return false
		}
		cmd.tried++
		if cmd.tried == widenAfter {
			if wide, ok := cmd.plan.Widen(cmd.delivery.Command, *rules); ok {
				cmd.plan = wide
			}
		}
		ref := port.Reference{Number: reference.Of(absolute, w.seat.id.Number, len(w.seat.account.Load().Binds)), Bits: cmd.plan.ReferenceBits()}
		if w.env.references.Take(pair, ref, now) || cmd.tried >= repeatAfter {
			cmd.reference = ref
			return true
		}
	}
}

// After so many references that are in use for its sender and recipient, a message
// gets one of 16 bits, where it may, and after so many it gets one all the same: it
// is then the 256th within a minute.
const (
	widenAfter  = 16
	repeatAfter = 256
)

// nextReference spends a number, and asks for the next block in time.
func (w *windowActor) nextReference(c actor.Context, now time.Time) (absolute uint64, ok bool) {
	if w.refs.Left() == 0 && now.Sub(w.asked) > askAgain {
		w.refs.Forgo() // the request or its answer was lost with an actor that failed
	}
	if w.refs.Low() {
		w.asked = now
		c.Send(w.seat.sequence, &needReferences{to: c.Self()})
	}
	return w.refs.Next()
}

// askAgain is how long an actor waits for numbers before it asks again.
const askAgain = 5 * time.Second
