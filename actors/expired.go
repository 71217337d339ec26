package actors

import (
	"context"
	"time"

	"github.com/ghasi/smpp-connector/actors/dlr"
	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
)

// expiryEvery is how often messages are looked for that have expired unfinished;
// expiryBack how far a process that starts looks back: stores keep rows for an hour
// after they expire, if not longer.
const (
	expiryEvery = 10 * time.Minute
	expiryBack  = 2 * time.Hour
)

// expirySweep publishes the final event of messages in parts that expire before all
// of them are final (decisions.md, 011). Every pod that serves the account looks;
// the event's Msg-Id and its mark let one through.
type expirySweep struct {
	desk receiptDesk
	upTo time.Time // what expired before has been dealt with
	next time.Time
}

// tick looks when it is time to. What could not be dealt with is looked for again.
func (s *expirySweep) tick(ctx context.Context, now time.Time) {
	if s.next.IsZero() {
		s.upTo, s.next = now.Add(-expiryBack), now.Add(expiryEvery/10) // when the accounts are there
	}
	if now.Before(s.next) {
		return
	}
	s.next = now.Add(expiryEvery)
	if s.desk.expire(ctx, s.upTo, now) {
		s.upTo = now
	}
}

// expire deals with the messages that expired after from and not after to; false:
// not with all of them.
func (d receiptDesk) expire(ctx context.Context, from, to time.Time) (done bool) {
	served := d.env.served()
	if len(served) == 0 {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, expiryEvery/2)
	defer cancel()
	rows, err := d.env.near.Unfinished(ctx, served, from, to)
	if err != nil {
		return false
	}
	done = true
	seen := map[[2]string]bool{}
	for _, row := range rows {
		if id := [2]string{row.Whose(), row.MessageID}; !seen[id] {
			seen[id] = true
			done = d.expireOne(ctx, row, to) && done
		}
	}
	return done
}

func (d receiptDesk) expireOne(ctx context.Context, row port.Correlation, now time.Time) bool {
	parts, err := d.env.rowsOf(ctx, row.OperatorID, row.Whose(), row.MessageID)
	if err != nil {
		return false
	}
	for _, p := range parts {
		if p.ExpiresAt.After(now) { // a part that was sent later has time left
			return true
		}
	}
	e, ok := dlr.OfExpired(parts, now)
	if !ok {
		return true
	}
	if d.env.Publisher.Publish(ctx, []port.Event{e}) != nil ||
		d.env.near.Mark(ctx, []port.Mark{{Key: row.Key(), State: port.Concluded}}) != nil {
		return false
	}
	d.env.Listener.On(event.ReceiptsHeard{Bind: row.Bind, Incomplete: 1})
	return true
}

// served returns the operatorIds of the accounts that this process knows.
func (e *environment) served() (ids []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for id := range e.accounts {
		ids = append(ids, id)
	}
	return ids
}
