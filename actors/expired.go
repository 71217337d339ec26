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
// after they expire, if not longer. So long a message can wait for a part of it that was
// sent later, expiryPatience, before the rows of the others go.
const (
	expiryEvery    = 10 * time.Minute
	expiryBack     = 2 * time.Hour
	expiryPatience = 45 * time.Minute
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
	upTo, failed := s.desk.expire(ctx, s.upTo, now)
	if failed { // before the stream forgets the Msg-Id of what is told and not marked
		s.next = now.Add(expiryEvery / 10)
	}
	s.upTo = upTo
}

// expire deals with the messages that expired after from and not after to, and returns
// up to when all are dealt with: not so those that could not be, and those of which a
// part was sent later and has time left. failed: something could not be reached.
func (d receiptDesk) expire(ctx context.Context, from, to time.Time) (upTo time.Time, failed bool) {
	served := d.env.served()
	if len(served) == 0 {
		return from, false
	}
	ctx, cancel := context.WithTimeout(ctx, expiryEvery/2)
	defer cancel()
	rows, err := d.env.near.Unfinished(ctx, served, from, to)
	if err != nil {
		return from, true
	}
	upTo = to
	done := map[[2]string]bool{}
	for _, row := range rows {
		id := [2]string{row.Whose(), row.MessageID}
		if _, seen := done[id]; !seen {
			var err error
			done[id], err = d.expireOne(ctx, row, to)
			failed = failed || err != nil
		}
		if before := row.ExpiresAt.Add(-time.Millisecond); !done[id] && before.Before(upTo) {
			upTo = before // stores keep milliseconds
		}
	}
	return upTo, failed
}

// expireOne is false where the message is to be looked at again.
func (d receiptDesk) expireOne(ctx context.Context, row port.Correlation, now time.Time) (done bool, err error) {
	parts, err := d.env.allRowsOf(ctx, &row)
	if err != nil {
		return false, err
	}
	for _, p := range parts {
		if p.ExpiresAt.After(now) && now.Sub(row.ExpiresAt) < expiryPatience { // it has time left
			return false, nil
		}
	}
	e, ok := dlr.OfExpired(parts, now)
	if !ok {
		return true, nil
	}
	if errs := d.env.Publisher.Publish(ctx, []port.Event{e}); errs != nil {
		return false, errs[0]
	}
	if err := d.env.near.Mark(ctx, []port.Mark{{Key: row.Key(), State: port.Concluded}}); err != nil {
		return false, err
	}
	d.env.Listener.On(event.ReceiptsHeard{Bind: row.Bind, Incomplete: 1})
	return true, nil
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
