package actors

import (
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ghasi/smpp-connector/actors/dispatch"
	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/ledger"
	"github.com/ghasi/smpp-connector/actors/optional"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/actors/verdict"
	"github.com/ghasi/smpp-connector/actors/window"
	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
)

// How a window brings commands to their end.

// settling gathers, over one message, what goes to bridge/postgres. There is one of
// a window, so that its memory is used again; should the window fail before it has
// sent what is gathered, the next one does.
type settling struct {
	w       *windowActor
	c       actor.Context
	account *Account
	out     settle
	now     time.Time
	leaving bool // what is given back is for another bind or pod
}

func newSettling(w *windowActor, c actor.Context) *settling {
	s := &w.work
	s.w, s.c, s.account, s.now, s.leaving = w, c, w.seat.account.Load(), time.Now(), false
	return s
}

// newLeaving begins a settling that gives back what another bind or pod is to have: it is
// told of what was not submitted.
func newLeaving(w *windowActor, c actor.Context) *settling {
	s := newSettling(w, c)
	s.leaving = true
	return s
}

func (s *settling) send() {
	if len(s.out.accepted)+len(s.out.settlements) > 0 {
		s.w.seat.hands.releaseAll(s.out.settlements)
		s.w.env.outbox.settle(&s.out)
		clear(s.out.accepted)
		clear(s.out.settlements)
		s.out = settle{s.out.accepted[:0], s.out.settlements[:0]}
		s.c.Send(s.w.env.postgres, settleDueMessage)
	}
}

// settleAnswers takes the answers of one read, or expired flights.
func (w *windowActor) settleAnswers(c actor.Context, m *answered) {
	s := newSettling(w, c)
	responses := make([]event.Response, 0, len(m.flights))
	released, lost := 0, 0
	degraded := window.NotDegraded
	for _, f := range m.flights {
		if !w.flights.take(f) {
			continue // of a link that is gone: taken back already
		}
		released++
		if f.lost {
			lost++
			f.cmd.outcome.Lose(f.part)
			f.cmd.journey.outcome(f, w.seat.id, s.now, "response timeout")
		} else {
			if f.cmd.journey != nil {
				f.cmd.journey.outcome(f, w.seat.id, f.sentAt.Add(f.took), failureOf(f.status))
			}
			responses = append(responses, event.Response{Status: f.status, Took: f.took, Trace: f.cmd.journey.traceparent(), Asked: f.cmd.plan.AsksReceipt(f.part)})
			w.seat.gauge.meter.Answered(f.status, f.took)
			degraded = max(degraded, s.judge(f))
		}
		if standing, _ := f.cmd.outcome.Standing(); standing != ledger.Open {
			s.finish(f.cmd)
		}
		if !f.lost { // the session remembers those that are
			w.flights.recycle(f)
		}
	}
	w.spare = m.flights[:0]
	w.window.Release(released, s.now)
	if len(responses) > 0 {
		w.env.Listener.On(event.ResponsesReceived{Bind: w.seat.id, Responses: responses})
	}
	s.unknown(lost, "response timeout")
	s.send()
	w.degraded(c, degraded)
	w.tell(c)
	w.schedule(c)
	w.pump(c)
	w.ask(c)
	w.reportEmpty(c)
}

// failureOf is a status as a span's failure.
func failureOf(status codec.Status) string {
	if status == codec.StatusOK {
		return ""
	}
	return status.String()
}

// unknown publishes that PDUs were written and will not be answered.
func (s *settling) unknown(segments int, reason string) {
	if segments > 0 {
		s.w.env.Listener.On(event.OutcomeUnknown{Bind: s.w.seat.id, Segments: segments, Redelivered: s.account.Unknown == ledger.Redeliver, Reason: reason, At: s.now})
	}
}

// judge takes one answer to the verdict table.
func (s *settling) judge(f *flight) window.Degraded {
	if f.status == codec.StatusOK {
		f.cmd.outcome.Accept(f.part, f.id)
		if f.cmd.submittedAt.IsZero() {
			f.cmd.submittedAt = f.sentAt
		}
		s.w.window.Feedback(f.load, f.took, f.sentAt, s.now)
		s.accept(f.cmd, f.part, f.id, f.sentAt, f.cmd.doubtful)
		return s.w.window.Answered(verdict.Verdict{}, f.sentAt, s.now)
	}
	v := s.account.Verdicts.Of(f.status)
	f.cmd.status, f.cmd.why = f.status, f.why
	if v.Effect == verdict.Rebind && s.w.up != nil {
		s.c.Send(s.w.up.session, &disowned{link: s.w.up.link, status: f.status})
	}
	switch v.Class {
	case verdict.Accept: // by the profile: the MNO has it, under no id
		f.cmd.outcome.Accept(f.part, f.id)
		s.accept(f.cmd, f.part, f.id, f.sentAt, f.cmd.doubtful)
	case verdict.Retry:
		f.cmd.outcome.Postpone(f.part, v.Again(f.cmd.refused(v.Effect)))
	default:
		f.cmd.outcome.Reject(f.part)
	}
	s.w.env.Listener.On(event.SubmitFailed{Bind: s.w.seat.id, MessageID: f.cmd.plan.MessageID, Status: f.status, Sequence: f.seq, Class: v.For.Name,
		Alert: v.Alert, Trace: f.cmd.delivery.Trace, At: s.now})
	before := s.w.window.State()
	degraded := s.w.window.Answered(v, f.sentAt, s.now)
	if before != window.HalfClosedTX && s.w.window.State() == window.HalfClosedTX {
		s.w.env.Listener.On(event.SubmitsHalted{Bind: s.w.seat.id, At: s.now})
	}
	return degraded
}

// accept has the correlation of a part stored (US-SC-010).
func (s *settling) accept(cmd *command, part int, id string, sentAt time.Time, ambiguous bool) {
	s.out.accepted = append(s.out.accepted, acceptance{cmd: cmd, account: s.account, seat: s.w.seat, part: part, id: id, sentAt: sentAt, ambiguous: ambiguous,
		repeats: cmd.outcome.Repeats(part)})
}

// acceptLate has the correlation of a part stored that was given up. Where its command goes
// on without it, the part may be submitted again. repeats: another part has the id.
func (s *settling) acceptLate(cmd *command, part int, id string, sentAt time.Time, repeats bool) {
	s.accept(cmd, part, id, sentAt, cmd.doubtful || cmd.settled)
	a := &s.out.accepted[len(s.out.accepted)-1]
	a.late, a.repeats = true, a.repeats || repeats
}

// saveAgain stores the rows of a command's accepted parts once more: a failure
// may have come between the answer and the store. A row that is there is left alone.
func (s *settling) saveAgain(cmd *command) {
	for part, id := range cmd.outcome.IDs() {
		if cmd.outcome.Outcome(part) == ledger.Accepted {
			at := cmd.submittedAt
			if at.IsZero() {
				at = s.now
			}
			s.accept(cmd, part, id, at, cmd.doubtful)
		}
	}
}

// finish ends a command as its outcome says.
func (s *settling) finish(cmd *command) {
	if cmd.settled {
		return
	}
	standing, delay := cmd.outcome.Standing()
	switch standing {
	case ledger.Complete:
		s.end(cmd, settlement{submit: true})
	case ledger.Refused:
		s.end(cmd, settlement{dead: letterOf(cmd, s.account.OperatorID, &dispatch.Refusal{
			Reason: "rejected_by_mno", Detail: fmt.Sprintf("the MNO answered %s: see the runbook, section %q", cmd.refusal(), s.account.Verdicts.Of(cmd.status).For.Name)}, cmd.status, s.now)})
	case ledger.Doubtful:
		s.doubt(cmd, delay)
	default:
		if s.tiredOf(cmd) {
			s.end(cmd, settlement{dead: letterOf(cmd, s.account.OperatorID, &dispatch.Refusal{Reason: reasonRetries,
				Detail: fmt.Sprintf("the MNO has refused it for now again and again, at last with %s, and it is older than retryFor of the profile (%v): see the runbook, section %q; replay it when the MNO is well",
					cmd.refusal(), s.account.RetryFor, s.account.Verdicts.Of(cmd.status).For.Name)}, cmd.status, s.now)})
			return
		}
		if old := dispatch.TooOld(cmd.delivery.StoredAt, cmd.delivery.Due, s.now); old != nil {
			old.Detail = fmt.Sprintf("at last the MNO refused it for now with %s; %s", cmd.refusal(), old.Detail)
			s.end(cmd, settlement{dead: letterOf(cmd, s.account.OperatorID, old, cmd.status, s.now)})
			return
		}
		s.giveBack(cmd, delay)
	}
}

// refusal is what the MNO answered at last, with what it said of why.
func (cmd *command) refusal() string {
	if cmd.why != nil {
		if why := optional.Reasons(*cmd.why, cmd.delivery.Command.GetText()); why != "" {
			return cmd.status.String() + " (" + why + ")"
		}
	}
	return cmd.status.String()
}

// reasonRetries is the dead letter's reason of a message that an MNO has refused for
// now for as long as the profile bears.
const reasonRetries = "retries_exhausted"

// refused counts that the MNO refused a command for now, and returns how many of its
// deliveries it has.
func (cmd *command) refused(effect verdict.Effect) int {
	if !cmd.postponed && effect != verdict.Halve {
		cmd.postponed = true
		cmd.refusals++
	}
	return cmd.refusals
}

// tiredOf reports whether a command that was refused for now is not tried again. Its
// age counts from when it was published, which every process knows alike.
func (s *settling) tiredOf(cmd *command) bool {
	return s.account.RetryFor > 0 && cmd.postponed && cmd.refusals > verdict.FirstTries &&
		s.now.Sub(cmd.delivery.StoredAt) >= s.account.RetryFor
}

// giveBack returns a command to its consumer after delay. Another pod may have it next:
// where that is likely, or would not submit what may have been submitted, it is told that
// nothing of it is doubtful. What was accepted of it is stored by then.
func (s *settling) giveBack(cmd *command, delay time.Duration) {
	tell := s.leaving || s.account.Unknown != ledger.Redeliver
	s.end(cmd, settlement{giveAll: true, unsent: tell && !cmd.past().Doubtful, delay: delay})
}

func (s *settling) end(cmd *command, how settlement) {
	cmd.settled = true
	how.cmd, how.by = cmd, s.w
	cmd.journey.decided(s.now)
	s.w.settling++
	s.out.settlements = append(s.out.settlements, how)
}

// degraded publishes smpp.bind.degraded (US-SC-028, 030).
func (w *windowActor) degraded(c actor.Context, d window.Degraded) {
	reason, detail := contract.DegradedReason_throttled, "3 ESME_RTHROTTLED within 60 s: the window is halved each time"
	switch d {
	case window.NotDegraded:
		return
	case window.ByDraining:
		reason, detail = contract.DegradedReason_draining, "the MNO's queue has been full for more than 5 minutes: messages wait"
	}
	now, id := time.Now(), w.seat.id
	w.env.Listener.On(event.BindDegraded{Bind: id, Reason: reason.String(), At: now})
	w.env.announce(c.ActorSystem().Root, port.Event{Subject: contract.SubjectBindDegraded, Body: &contract.BindDegradedEvent{
		OperatorId: w.seat.account.Load().OperatorID, Mno: id.MNO, Direction: string(id.Direction), BindId: id.String(),
		Reason: reason, Detail: detail, Epoch: w.seat.fence.token(), At: timestamppb.New(now)}})
}
