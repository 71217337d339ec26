package memory

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// maxBatch is how many deliveries are handed over at once: a window's worth comes
// in several batches, as it does from a server.
const maxBatch = 64

// Consumer is one opened durable. It implements port.Consumer.
type Consumer struct {
	name     string // of the durable
	dispatch *Dispatch
	durable  *durable
	queue    *queue
}

// handle settles one delivery. A late one still settles its command, as with
// JetStream, which asks only whether the command is pending.
type handle struct {
	durable *durable
	command *command
	attempt uint64
}

// Pull implements port.Consumer. While the source hangs nothing comes; when it
// begins to fail, a Pull that waits ends with the error.
func (c *Consumer) Pull(ctx context.Context, n int, wait time.Duration, hand func([]port.Delivery)) (handed int, err error) {
	if n <= 0 || ctx.Err() != nil {
		return 0, nil
	}
	over := time.Now().Add(wait)
	limited, cancel := context.WithDeadline(ctx, over)
	defer cancel()
	if _, err := c.dispatch.enter(limited); err != nil {
		if limited.Err() != nil { // the server was silent until the wait was over
			return 0, nil
		}
		return 0, fmt.Errorf("pull from %s: %w", c.name, err)
	}
	for handed < n {
		hung, healed, failed := c.dispatch.silent()
		if failed != nil {
			return handed, fmt.Errorf("pull from %s: %w", c.name, failed)
		}
		if hung {
			if pause(limited, healed, forever) != nil {
				return handed, nil
			}
			continue
		}
		deliveries, next, changed, err := c.take(min(n-handed, maxBatch))
		if err != nil {
			return handed, err
		}
		if len(deliveries) > 0 {
			handed += len(deliveries)
			hand(deliveries)
			if ctx.Err() != nil {
				break
			}
			continue
		}
		if waitFor(limited, next, changed, healed) != nil {
			break
		}
		if rand.IntN(2) == 0 { // a server favours no request that waits; the scheduler wakes the latest first
			runtime.Gosched()
		}
	}
	return handed, nil
}

// waitFor waits until next (the zero time: never), or until one of two changes
// (nil), or until ctx ends (its error).
func waitFor(ctx context.Context, next time.Time, changed, healed <-chan struct{}) error {
	var due <-chan time.Time
	if !next.IsZero() {
		timer := time.NewTimer(time.Until(next))
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-changed:
	case <-healed:
	case <-due:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// take hands out at most n commands: first those that are due again, by the time
// at which they became so, then new ones, as long as MaxAckPending allows. With
// none it says when the next becomes due (the zero time: none will) and what
// tells of a change.
func (c *Consumer) take(n int) (taken []port.Delivery, next time.Time, changed <-chan struct{}, err error) {
	d := c.dispatch
	d.mu.Lock()
	defer d.mu.Unlock()
	if c.durable.gone {
		return nil, next, nil, fmt.Errorf("pull from %s: %w", c.name, ErrConsumerGone)
	}
	now := time.Now()
	var again, fresh []*command
	pending := 0
	for _, m := range c.queue.commands {
		switch {
		case m.attempt == 0:
			fresh = append(fresh, m)
			continue
		case !m.due.After(now):
			again = append(again, m)
		case next.IsZero() || m.due.Before(next):
			next = m.due
		}
		pending++
	}
	slices.SortStableFunc(again, func(a, b *command) int { return a.due.Compare(b.due) })
	fresh = fresh[:min(len(fresh), max(0, c.durable.spec.MaxAckPending-pending))]
	ready := slices.Concat(again, fresh)
	for _, m := range ready[:min(n, len(ready))] {
		m.attempt++
		m.due = now.Add(c.durable.spec.AckWait)
		taken = append(taken, m.delivery(c.durable, d.longest))
	}
	return taken, next, d.changed.wait(), nil
}

// delivery is the command as it is handed out now.
func (m *command) delivery(of *durable, longest time.Duration) port.Delivery {
	d := port.Delivery{
		Payload: m.payload, Subject: m.subject, Attempt: m.attempt, Inherited: m.before, StoredAt: m.storedAt, Due: m.storedAt.Add(longest),
		Trace:  port.Trace{Parent: m.headers[headerParent], State: m.headers[headerState]},
		Replay: m.headers[contract.HeaderReplay],
		Handle: &handle{of, m, m.attempt},
	}
	if command, err := contract.DecodeCommand(m.headers[contract.HeaderContentType], m.payload); err != nil {
		d.Fault = err
	} else {
		d.Command = command
	}
	return d
}

// Ack implements port.Consumer.
func (c *Consumer) Ack(ctx context.Context, handles []port.Handle) error {
	own := make([]*handle, len(handles))
	for i, h := range handles {
		var ok bool
		if own[i], ok = h.(*handle); !ok {
			return fmt.Errorf("acknowledge %d deliveries of %s: handle %d is a %T of another adapter", len(handles), c.name, i, h)
		}
	}
	answer, err := c.dispatch.enter(ctx)
	if err != nil {
		return fmt.Errorf("acknowledge to %s: none of %d confirmed: %w", c.name, len(handles), err)
	}
	d := c.dispatch
	d.mu.Lock()
	defer d.mu.Unlock()
	refused := 0
	for _, h := range own {
		if h.durable.gone {
			refused++
			continue
		}
		h.command.ack()
	}
	d.changed.raise()
	if refused > 0 {
		return fmt.Errorf("acknowledge to %s: %d of %d were refused: %w", c.name, refused, len(handles), ErrConsumerGone)
	}
	if answer != nil {
		return fmt.Errorf("acknowledge to %s: none of %d confirmed: %w", c.name, len(handles), answer)
	}
	return nil
}

// ack takes the command out of the work queue.
func (m *command) ack() {
	if m.acked {
		m.queue.settled.Repeats++
		return
	}
	m.acked = true
	m.queue.settled.Acks++
	if at := slices.Index(m.queue.commands, m); at >= 0 {
		m.queue.commands = slices.Delete(m.queue.commands, at, at+1)
	}
}

// Nak implements port.Consumer. As with JetStream it is a word without an answer:
// while the source hangs it is lost, and costs the consumer's AckWait.
func (c *Consumer) Nak(h port.Handle, delay time.Duration) error {
	own, ok := h.(*handle)
	if !ok {
		return fmt.Errorf("give back a delivery of %s: the handle is a %T of another adapter", c.name, h)
	}
	d := c.dispatch
	hung, _, failed := d.silent()
	if failed != nil {
		return fmt.Errorf("give back a delivery of %s: %w", c.name, failed)
	}
	if hung {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	now, m := time.Now(), own.command
	if own.durable.gone || m.acked || !m.due.After(now) { // gone, settled, or due again already
		return nil
	}
	m.due = now.Add(max(0, delay))
	m.queue.settled.Naks = append(m.queue.settled.Naks, Nak{MessageID: m.messageID(), Attempt: m.attempt, Delay: delay, At: now})
	d.changed.raise()
	return nil
}

// Keep implements port.Consumer. While the source hangs it is lost, as a NAK is.
func (c *Consumer) Keep(h port.Handle) error {
	own, ok := h.(*handle)
	if !ok {
		return fmt.Errorf("keep a delivery of %s: the handle is a %T of another adapter", c.name, h)
	}
	d := c.dispatch
	hung, _, failed := d.silent()
	if failed != nil {
		return fmt.Errorf("keep a delivery of %s: %w", c.name, failed)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if now, m := time.Now(), own.command; !hung && !own.durable.gone && !m.acked && m.due.After(now) {
		m.due = now.Add(own.durable.spec.AckWait)
	}
	return nil
}

// Disclaim implements port.Consumer.
func (c *Consumer) Disclaim(ctx context.Context, handles []port.Handle) error {
	answer, err := c.dispatch.enter(ctx)
	if err != nil {
		return fmt.Errorf("disclaim deliveries of %s: %w", c.name, err)
	}
	d := c.dispatch
	d.mu.Lock()
	defer d.mu.Unlock()
	if c.durable.gone {
		return fmt.Errorf("disclaim deliveries of %s: %w", c.name, ErrConsumerGone)
	}
	for _, h := range handles {
		own, ok := h.(*handle)
		if d.unheard {
			break
		}
		if !ok {
			return fmt.Errorf("disclaim a delivery of %s: the handle is a %T of another adapter", c.name, h)
		}
		own.command.disclaimed, own.command.disclaimedBy = own.attempt, own.durable
	}
	return answer
}

// Disclaimed implements port.Consumer.
func (c *Consumer) Disclaimed(ctx context.Context, handles []port.Handle) ([]bool, error) {
	answer, err := c.dispatch.enter(ctx)
	if err = errors.Join(err, answer); err != nil {
		return nil, fmt.Errorf("look what of %s was disclaimed: %w", c.name, err)
	}
	d := c.dispatch
	d.mu.Lock()
	defer d.mu.Unlock()
	said := make([]bool, len(handles))
	for i, h := range handles {
		own, ok := h.(*handle)
		said[i] = ok && own.durable == c.durable && own.command.disclaimedBy == own.durable && own.command.disclaimed+1 == own.attempt
	}
	return said, nil
}

// messageID is read from the payload, for who counts NAKs.
func (m *command) messageID() string {
	command, err := contract.DecodeCommand(m.headers[contract.HeaderContentType], m.payload)
	if err != nil {
		return ""
	}
	return command.GetMessageId()
}
