package port

import (
	"context"
	"errors"
	"fmt"
	"time"

	contract "github.com/ghasi/smpp-connector/proto"
)

// Trace is the W3C trace context that travels in NATS headers and through the
// actors' messages. Empty strings mean that there is none.
type Trace struct {
	Parent string // traceparent
	State  string // tracestate
}

// Delivery is one command as a consumer handed it out. Exactly one of Ack and
// Nak of its Consumer must be called for it, or JetStream delivers it again
// after the consumer's AckWait.
type Delivery struct {
	Command *contract.SmsDispatchCommand // nil when Fault is set
	Fault   error                        // why Payload could not be decoded: a *contract.FieldError
	Payload []byte                       // as received; what a dead letter carries; not to be changed
	Subject string
	Attempt uint64 // 1 for the first delivery
	// Inherited says that Attempt does not count them all: the consumer was made anew,
	// and the one before it may have handed the command to another process.
	Inherited bool
	StoredAt  time.Time // when JetStream stored the command
	// Due is when the stream is so close to dropping the command that it is made a dead
	// letter in place of being tried again; zero: the stream drops none.
	Due    time.Time
	Trace  Trace
	Replay string // contract.HeaderReplay: which replay of which dead letter it is; empty: it is none
	Handle Handle // settles it
}

// Handle is what the consumer's adapter needs to settle a delivery. Only the
// adapter that made it looks inside.
type Handle any

// ConsumerSpec names a durable pull consumer on the stream SMPP_DISPATCH, or on its
// MNO's own (contract.StreamOfMNO).
type ConsumerSpec struct {
	MNO           string        // whose binds read it; of an operator's subject, the MNO of its binds
	Durable       string        // as decisions.md names them: smpp-connector-{operatorId}, qg-…, smpp-lane-…
	Subject       string        // the one subject that it reads
	AckWait       time.Duration // above the SMPP response timeout plus the time to store
	MaxAckPending int           // most unsettled deliveries; delayed NAKs count too

	// Of a bind's own subject (US-SC-019); Epoch 0: the consumer is shared by pods.
	Epoch uint64 // the fencing token of the bind's owner
	Owner string // its pod, for people
}

// ConsumerTaken is the error of opening a bind's consumer that a later owner has.
type ConsumerTaken struct {
	Durable string
	Epoch   uint64 // the later owner's
	Owner   string
}

func (e *ConsumerTaken) Error() string {
	return fmt.Sprintf("consumer %s belongs to %s, with epoch %d", e.Durable, e.Owner, e.Epoch)
}

// DispatchSource opens the consumers that commands come from (US-SC-006).
type DispatchSource interface {
	// Open makes the durable consumer if it is missing, brings AckWait and
	// MaxAckPending up to date if it is there, and returns it.
	//
	// With an Epoch, a consumer of a lower one is deleted and made anew: its readers are
	// told, and what it had handed out and was not acknowledged is handed out again in
	// stream order, as Inherited. *ConsumerTaken when it has a higher epoch.
	Open(ctx context.Context, spec ConsumerSpec) (Consumer, error)

	// Lag says how far a durable consumer is behind, whoever reads it (US-SC-018). Of
	// spec it looks at MNO, Durable and Subject. The error is ErrNoConsumer when there
	// is none of that name yet: nobody has pulled from it.
	Lag(ctx context.Context, spec ConsumerSpec) (Lag, error)
}

// Lag is how far a consumer is behind.
type Lag struct {
	Waiting   uint64 // commands that nobody was handed yet
	Unsettled uint64 // handed out and not acknowledged, those included that were given back and wait for their delay
}

// ErrNoConsumer is the error of Lag for a consumer that does not exist.
var ErrNoConsumer = errors.New("no such consumer")

// Consumer is one durable pull consumer.
type Consumer interface {
	// Pull asks for at most n deliveries and hands them over in stream order, in
	// batches, on the calling goroutine, until n were handed over, wait has
	// passed, or ctx has ended. hand owns the slice that it is given. What is on
	// its way when ctx ends is NAKed, so that another pod can have it at once.
	// Several Pulls may be under way on one Consumer.
	Pull(ctx context.Context, n int, wait time.Duration, hand func([]Delivery)) (handed int, err error)

	// Ack acknowledges the deliveries and returns when the server has confirmed
	// every one (double ack), or with an error that says how many it did not.
	Ack(ctx context.Context, handles []Handle) error

	// Nak gives a delivery back; the server delivers it again after delay.
	Nak(handle Handle, delay time.Duration) error

	// Keep says of a delivery that it is still in hand: AckWait begins anew. As Nak it is a
	// word without an answer.
	Keep(handle Handle) error

	// Disclaim writes down of deliveries that are about to be given back: nothing
	// of them was submitted whose outcome is not known, by this delivery or an earlier one, and
	// what was accepted of them is stored. Whoever calls
	// it never submits them afterwards. An error says that of some it is not written down.
	Disclaim(ctx context.Context, handles []Handle) error

	// Disclaimed says of each delivery whether the one before it, of the same command by the
	// same consumer, was disclaimed. It is a matter of exactness: false where anything about
	// that is not known, such as for the first delivery by a consumer that was made anew.
	Disclaimed(ctx context.Context, handles []Handle) ([]bool, error)
}

// Event is one message that the connector publishes.
type Event struct {
	Subject string           // one of contract.Subject…
	ID      string           // Nats-Msg-Id: a second one within the stream's duplicate window is dropped by the server; empty: none
	Body    contract.Message // encoded as JSON, or binary when the adapter is so configured
	Trace   Trace
}

// Publisher stores events in JetStream.
type Publisher interface {
	// Publish returns when every event is stored (or recognised as a duplicate
	// of a stored one). Otherwise it returns a slice as long as events, with the
	// error of each that was not stored at its index, nil elsewhere.
	Publish(ctx context.Context, events []Event) []error
}
