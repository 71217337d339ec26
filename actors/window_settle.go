package actors

import (
	"fmt"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/dispatch"
	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/ledger"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/actors/verdict"
	"github.com/ghasi/smpp-connector/codec"
)

// How a window brings commands to their end.

// settling gathers, over one message, what goes to bridge/postgres.
type settling struct {
	w   *windowActor
	c   actor.Context
	out settle
	now time.Time
}

func newSettling(w *windowActor, c actor.Context) *settling {
	return &settling{w: w, c: c, now: time.Now()}
}

func (s *settling) send() {
	if len(s.out.rows)+len(s.out.settlements) > 0 {
		s.c.Send(s.w.env.postgres, &s.out)
	}
}

// settleAnswers takes the answers of one read, or expired flights.
func (w *windowActor) settleAnswers(c actor.Context, m *answered) {
	s := newSettling(w, c)
	responses := make([]event.Response, 0, len(m.flights))
	released, lost := 0, 0
	for _, f := range m.flights {
		if w.flights[f.ordinal] != f {
			continue // of a link that is gone: taken back already
		}
		delete(w.flights, f.ordinal)
		released++
		if f.lost {
			lost++
			f.cmd.outcome.Lose(f.part)
		} else {
			responses = append(responses, event.Response{Status: f.status, Took: f.took})
			s.judge(f)
		}
		if standing, _ := f.cmd.outcome.Standing(); standing != ledger.Open {
			s.finish(f.cmd)
		}
	}
	w.window.Release(released)
	if len(responses) > 0 {
		w.env.Listener.On(event.ResponsesReceived{Bind: w.seat.id, Responses: responses})
	}
	if lost > 0 {
		w.env.Listener.On(event.OutcomeUnknown{Bind: w.seat.id, Segments: lost, Redelivered: true, Reason: "response timeout", At: s.now})
	}
	s.send()
	w.pump(c)
	w.ask(c)
	w.reportEmpty(c)
}

// judge takes one answer to the verdict table.
func (s *settling) judge(f *flight) {
	if f.status == codec.StatusOK {
		f.cmd.outcome.Accept(f.part, f.id)
		if f.cmd.submittedAt.IsZero() {
			f.cmd.submittedAt = f.sentAt
		}
		if f.id != "" {
			s.out.rows = append(s.out.rows, s.row(f))
		}
		return
	}
	v := verdict.Of(f.status)
	f.cmd.status = f.status
	switch v.Class {
	case verdict.Retry:
		f.cmd.outcome.Postpone(f.part, v.Delay)
	default:
		f.cmd.outcome.Reject(f.part)
	}
	if v.Effect == verdict.Halve {
		s.w.window.Halve(s.now)
		s.w.scheduleGrowth(s.c)
	}
	s.w.env.Listener.On(event.SubmitFailed{Bind: s.w.seat.id, MessageID: f.cmd.plan.MessageID, Status: f.status, Sequence: f.seq, Trace: f.cmd.delivery.Trace, At: s.now})
}

// row is the correlation of an accepted part (US-SC-010).
func (s *settling) row(f *flight) port.Correlation {
	account := s.w.seat.account.Load()
	return port.Correlation{
		OperatorID: account.OperatorID, OperatorMessageID: account.Receipts.IDs.FromResponse(f.id),
		MessageID: f.cmd.plan.MessageID, PartIndex: f.part + 1, PartsTotal: f.cmd.plan.PDUs(),
		Bind: s.w.seat.id, Epoch: s.w.env.Epoch, From: f.cmd.plan.From(), To: f.cmd.plan.To(),
		SubmittedAt: f.sentAt, ExpiresAt: f.sentAt.Add(account.Expiry),
		Ambiguous: f.cmd.doubtful, Fingerprint: f.cmd.plan.Fingerprint, Trace: f.cmd.delivery.Trace,
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
		s.end(cmd, settlement{dead: deadLetter(cmd.delivery, s.w.seat.account.Load().OperatorID, &dispatch.Refusal{
			Reason: "rejected_by_mno", Detail: fmt.Sprintf("the MNO answered %v: see the runbook, section %q", cmd.status, verdict.Of(cmd.status).Runbook)}, cmd.status, s.now)})
	case ledger.Doubtful:
		cmd.doubtful = true
		s.giveBack(cmd, max(delay, s.w.seat.account.Load().Times.RetryUnanswered))
	default:
		s.giveBack(cmd, delay)
	}
}

// giveBack returns a command to its consumer after delay.
func (s *settling) giveBack(cmd *command, delay time.Duration) {
	s.end(cmd, settlement{giveAll: true, delay: delay})
}

func (s *settling) end(cmd *command, how settlement) {
	cmd.settled = true
	how.cmd, how.window = cmd, s.c.Self()
	s.w.settling++
	s.out.settlements = append(s.out.settlements, how)
}
