package memory

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// The headers of the W3C trace context, in lower case as NATS carries them.
const (
	headerParent = "traceparent"
	headerState  = "tracestate"
)

// ErrConsumerGone is the error of a consumer whose durable was deleted (US-SC-019).
var ErrConsumerGone = fmt.Errorf("the consumer was deleted: %w", port.ErrNoConsumer)

// Dispatch implements port.DispatchSource: the work-queue stream SMPP_DISPATCH
// and its durable consumers.
type Dispatch struct {
	Trouble

	mu       sync.Mutex
	queues   map[string]*queue   // by subject
	durables map[string]*durable // by name
	known    duplicates
	changed  signal
	unheard  bool // what is disclaimed is not kept
	longest  time.Duration
}

// queue is the stream's commands of one subject, with what became of the others.
type queue struct {
	commands []*command // stored and not acknowledged, in stream order
	settled  Settlements
}

// command is one message of the stream.
type command struct {
	queue    *queue
	subject  string
	payload  []byte
	headers  map[string]string
	storedAt time.Time

	// What the durable knows of it: reset when that is deleted.
	attempt uint64    // deliveries so far
	due     time.Time // when it is delivered again; of no meaning before the first delivery
	acked   bool
	before  bool // a durable that was made anew had handed it out

	disclaimed   uint64   // the number of the delivery that was disclaimed last
	disclaimedBy *durable // which had made it
}

// durable is what a consumer's name stands for, however often it is opened.
type durable struct {
	spec port.ConsumerSpec
	gone bool
}

// Settlements is what became of the commands of one subject.
type Settlements struct {
	Acks    int   // commands that were acknowledged
	Repeats int   // acknowledgements of a command that was acknowledged already
	Naks    []Nak // in the order in which they were given back
}

// Nak is one delivery that was given back.
type Nak struct {
	MessageID string // "" when the payload is no command
	Attempt   uint64
	Delay     time.Duration // as it was asked
	At        time.Time
}

func newDispatch() *Dispatch {
	return &Dispatch{queues: map[string]*queue{}, durables: map[string]*durable{}, known: duplicates{}, longest: 71*time.Hour + 30*time.Minute}
}

// Send stores a command as a client does. The error is ErrNobodyStores for a
// subject that is none of contract.DispatchSubjects. Troubles do not concern it.
func (d *Dispatch) Send(subject string, payload []byte, headers map[string]string) error {
	if !coveredBy(contract.DispatchSubjects(), subject) {
		return fmt.Errorf("send on %q: %w", subject, ErrNobodyStores)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	if d.known.seen(headers[headerMsgID], now) {
		return nil
	}
	q := d.queue(subject)
	q.commands = append(q.commands, &command{
		queue: q, subject: subject, payload: bytes.Clone(payload), headers: maps.Clone(headers), storedAt: now,
	})
	d.changed.raise()
	return nil
}

func (d *Dispatch) queue(subject string) *queue {
	if d.queues[subject] == nil {
		d.queues[subject] = &queue{}
	}
	return d.queues[subject]
}

// Open implements port.DispatchSource. As on a work queue, one subject has one
// durable: a second of another name is refused.
func (d *Dispatch) Open(ctx context.Context, spec port.ConsumerSpec) (port.Consumer, error) {
	answer, err := d.enter(ctx)
	if err != nil {
		return nil, fmt.Errorf("open consumer %s: %w", spec.Durable, err)
	}
	if spec.Durable == "" || !coveredBy(contract.DispatchSubjects(), spec.Subject) || spec.AckWait <= 0 || spec.MaxAckPending <= 0 {
		return nil, fmt.Errorf("open consumer %q on %q: want a name, a subject of %s, an AckWait and a MaxAckPending above 0", spec.Durable, spec.Subject, contract.StreamDispatch)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for name, there := range d.durables {
		if (name == spec.Durable) != (there.spec.Subject == spec.Subject) {
			return nil, fmt.Errorf("open consumer %s on %s: consumer %s reads %s already", spec.Durable, spec.Subject, name, there.spec.Subject)
		}
	}
	if there := d.durables[spec.Durable]; there != nil && spec.Epoch != 0 {
		switch {
		case there.spec.Epoch > spec.Epoch:
			return nil, &port.ConsumerTaken{Durable: spec.Durable, Epoch: there.spec.Epoch, Owner: there.spec.Owner}
		case there.spec.Epoch < spec.Epoch:
			d.delete(spec.Durable)
		}
	} else if there != nil {
		spec.Epoch, spec.Owner = there.spec.Epoch, there.spec.Owner
	}
	if d.durables[spec.Durable] == nil {
		d.durables[spec.Durable] = &durable{}
	}
	d.durables[spec.Durable].spec = spec
	d.changed.raise()
	if answer != nil {
		return nil, fmt.Errorf("open consumer %s: %w", spec.Durable, answer)
	}
	return &Consumer{name: spec.Durable, dispatch: d, durable: d.durables[spec.Durable], queue: d.queue(spec.Subject)}, nil
}

// Lag implements port.DispatchSource.
func (d *Dispatch) Lag(ctx context.Context, spec port.ConsumerSpec) (port.Lag, error) {
	name := spec.Durable
	answer, err := d.enter(ctx)
	if err = errors.Join(err, answer); err != nil {
		return port.Lag{}, fmt.Errorf("lag of consumer %s: %w", name, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	there := d.durables[name]
	if there == nil {
		return port.Lag{}, fmt.Errorf("lag of consumer %s: %w", name, port.ErrNoConsumer)
	}
	var lag port.Lag
	for _, c := range d.queue(there.spec.Subject).commands {
		if c.attempt == 0 {
			lag.Waiting++
		} else {
			lag.Unsettled++
		}
	}
	return lag, nil
}

// Delete deletes a durable, as a new owner of its bind does (US-SC-019): who
// pulls from it is told, and what it had handed out begins anew with whoever
// opens it next.
func (d *Dispatch) Delete(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.delete(name)
}

func (d *Dispatch) delete(name string) {
	gone := d.durables[name]
	if gone == nil {
		return
	}
	gone.gone = true
	delete(d.durables, name)
	for _, c := range d.queue(gone.spec.Subject).commands {
		c.before = c.before || c.attempt > 0
		c.attempt, c.due = 0, time.Time{}
	}
	d.changed.raise()
}

// KeepNoDisclaimers has Disclaim do nothing, as that of an earlier version's pods.
func (d *Dispatch) KeepNoDisclaimers(on bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unheard = on
}

// GiveUpAfter sets from which age on a delivery is Due: 71 h 30 min where nobody has.
func (d *Dispatch) GiveUpAfter(longest time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.longest = longest
}

// Unsettled is how many commands were handed out and are not acknowledged, those
// included that were given back and wait for their delay.
func (d *Dispatch) Unsettled() int { return d.count(func(c *command) bool { return c.attempt > 0 }) }

// Waiting is how many commands nobody has been handed yet.
func (d *Dispatch) Waiting() int { return d.count(func(c *command) bool { return c.attempt == 0 }) }

func (d *Dispatch) count(is func(*command) bool) (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, q := range d.queues {
		for _, c := range q.commands {
			if is(c) {
				n++
			}
		}
	}
	return n
}

// Settlements tells what became of the commands of one subject.
func (d *Dispatch) Settlements(subject string) Settlements {
	d.mu.Lock()
	defer d.mu.Unlock()
	settled := d.queue(subject).settled
	settled.Naks = append([]Nak(nil), settled.Naks...)
	return settled
}
