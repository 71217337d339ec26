package natsjs

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ghasi/smpp-connector/actors/port"
)

// Source opens the consumers that commands come from. It implements
// port.DispatchSource.
type Source struct {
	conn   *Conn
	marks  *handedOut
	unsent *unsent
}

// Source returns the port on the stream SMPP_DISPATCH, or on those of the MNOs.
func (c *Conn) Source() *Source { return &Source{conn: c, marks: c.handedOut(), unsent: c.unsent()} }

// Open implements port.DispatchSource. A consumer of that name that reads
// another subject, or would not be acknowledged, is an error: it is somebody
// else's.
//
// MaxDeliver stays unlimited (decisions.md, 006): a message that has run out of
// deliveries would stay in the work queue, delivered to nobody, for ever.
func (s *Source) Open(ctx context.Context, spec port.ConsumerSpec) (port.Consumer, error) {
	ctx, cancel := s.conn.bounded(ctx)
	defer cancel()
	if !s.conn.Up() {
		return nil, fmt.Errorf("open consumer %s: %w", spec.Durable, ErrAway)
	}
	stream, err := s.conn.streamFor(ctx, spec)
	if err != nil {
		return nil, fmt.Errorf("open consumer %s: %w", spec.Durable, away(err))
	}
	inherited, made, err := s.marks.ensureConsumer(ctx, stream, spec)
	if err != nil {
		return nil, fmt.Errorf("open consumer %s on %s: %w", spec.Durable, spec.Subject, away(err))
	}
	return &consumer{
		maxAge: s.conn.sawMaxAge(stream.CachedInfo().Config),
		conn:   s.conn, spec: spec, unsent: s.unsent, stream: stream.CachedInfo().Config.Name, made: made, inherited: inherited, given: s.marks.givenOf(stream, spec),
		next: "$JS.API.CONSUMER.MSG.NEXT." + stream.CachedInfo().Config.Name + "." + spec.Durable,
	}, nil
}

// ensureConsumer makes the durable or brings its limits up to date, and returns up to
// which sequence of the stream an earlier one of that name may have handed commands
// out, and when it was made.
func (h *handedOut) ensureConsumer(ctx context.Context, stream jetstream.Stream, spec port.ConsumerSpec) (inherited uint64, made time.Time, err error) {
	tries, again := 0, false
	for {
		found, err := stream.Consumer(ctx, spec.Durable)
		switch {
		case errors.Is(err, jetstream.ErrConsumerNotFound):
			if inherited, err = h.beforeCreate(ctx, stream, spec, inherited); err != nil {
				return 0, made, err
			}
			info, err := createConsumer(ctx, stream, spec, inherited)
			if errors.Is(err, jetstream.ErrConsumerExists) {
				continue // another pod was faster, with other limits or another epoch
			}
			if again = notAfresh(spec, info, err) && tries < mostTries; again {
				tries++
				continue
			}
			if err != nil {
				return 0, made, err
			}
			return inherited, info.Created, nil
		case err != nil:
			return 0, made, err
		}
		info := found.CachedInfo()
		if err := foreign(info.Config, spec); err != nil {
			return 0, made, err
		}
		term := termOf(info)
		switch {
		case spec.Epoch == 0 || term.epoch == spec.Epoch && !again:
			return term.inherited, info.Created, adjustConsumer(ctx, stream, info.Config, spec)
		case term.epoch > spec.Epoch:
			return 0, made, &port.ConsumerTaken{Durable: spec.Durable, Epoch: term.epoch, Owner: term.owner}
		}
		// A work queue keeps what nobody has acknowledged, whether or not there is a
		// consumer; the next one begins with the oldest of it.
		inherited = max(inherited, term.inherited, info.Delivered.Stream)
		if err := h.raise(ctx, stream, spec.Durable, inherited); err != nil {
			return 0, made, err
		}
		if err := stream.DeleteConsumer(ctx, spec.Durable); err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
			return 0, made, err
		}
	}
}

// The metadata of a consumer that has an owner (US-SC-019).
const (
	metadataEpoch     = "epoch"
	metadataOwner     = "owner"
	metadataInherited = "inherited" // the stream's sequence up to which earlier consumers may have handed out
)

// term is what a consumer's metadata say of its owner.
type term struct {
	epoch, inherited uint64
	owner            string
}

// termOf reads them. One without, which was made before there were leases, has epoch 0.
func termOf(info *jetstream.ConsumerInfo) (t term) {
	number := func(name string) uint64 {
		n, _ := strconv.ParseUint(info.Config.Metadata[name], 10, 64) // 0 for what is no number
		return n
	}
	return term{number(metadataEpoch), number(metadataInherited), info.Config.Metadata[metadataOwner]}
}

// mostTries is how often a consumer that was not made afresh is made again. One that still
// is not so then delivers all the same, after AckWait.
const mostTries = 5

// notAfresh reports whether the making of an owner's consumer met what is left of the one
// that was deleted before it, so that it must be made again.
//
// A server writes a consumer's state to a file some ten times a second, and a deletion does
// not wait for a write that is under way (nats-server 2.15.2, consumerFileStore.delete). So
// that write may land in the directory of the next consumer of the name. This one then either
// cannot be made, because its own write has lost the temporary file to the other; or it begins
// where the other was, with all that was handed out as pending, and gives nothing of it to
// anybody before AckWait is over (seen once as "0 deliveries, want 4", issue 7).
func notAfresh(spec port.ConsumerSpec, info *jetstream.ConsumerInfo, err error) bool {
	const createFailed jetstream.ErrorCode = 10012 // JSConsumerCreateErrF
	var refused *jetstream.APIError
	switch {
	case spec.Epoch == 0: // nobody deletes these before; and another pod may have made it, and read it
		return false
	case errors.As(err, &refused):
		return refused.ErrorCode == createFailed && refused.Code >= 500
	}
	return err == nil && (info.Delivered.Consumer > 0 || info.NumAckPending > 0)
}

func createConsumer(ctx context.Context, stream jetstream.Stream, spec port.ConsumerSpec, inherited uint64) (*jetstream.ConsumerInfo, error) {
	config := jetstream.ConsumerConfig{
		Durable:       spec.Durable,
		FilterSubject: spec.Subject,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       spec.AckWait,
		MaxAckPending: spec.MaxAckPending,
		MaxDeliver:    -1,
	}
	if spec.Epoch != 0 {
		config.Metadata = map[string]string{metadataEpoch: strconv.FormatUint(spec.Epoch, 10), metadataOwner: spec.Owner,
			metadataInherited: strconv.FormatUint(inherited, 10)}
	}
	if spec.Epoch == 0 && inherited > 0 {
		config.Metadata = map[string]string{metadataInherited: strconv.FormatUint(inherited, 10)}
	}
	made, err := stream.CreateConsumer(ctx, config)
	if err != nil {
		return nil, err
	}
	return made.CachedInfo(), nil
}

// foreign says why a consumer of that name is somebody else's.
func foreign(config jetstream.ConsumerConfig, spec port.ConsumerSpec) error {
	switch {
	case config.FilterSubject != spec.Subject:
		return fmt.Errorf("it exists and reads %q: delete it, or give this one another name", config.FilterSubject)
	case config.AckPolicy != jetstream.AckExplicitPolicy:
		return fmt.Errorf("it exists with acknowledgement policy %v, want explicit: delete it", config.AckPolicy)
	case config.DeliverSubject != "":
		return errors.New("it exists and pushes, want a pull consumer: delete it")
	}
	return nil
}

// adjustConsumer brings the limits of a consumer that is there up to date.
func adjustConsumer(ctx context.Context, stream jetstream.Stream, config jetstream.ConsumerConfig, spec port.ConsumerSpec) error {
	if config.AckWait == spec.AckWait && config.MaxAckPending == spec.MaxAckPending && config.MaxDeliver == -1 {
		return nil
	}
	config.AckWait, config.MaxAckPending, config.MaxDeliver = spec.AckWait, spec.MaxAckPending, -1
	_, err := stream.UpdateConsumer(ctx, config)
	return err
}

// Lag implements port.DispatchSource.
func (s *Source) Lag(ctx context.Context, spec port.ConsumerSpec) (port.Lag, error) {
	ctx, cancel := s.conn.bounded(ctx)
	defer cancel()
	if !s.conn.Up() {
		return port.Lag{}, fmt.Errorf("lag of consumer %s: %w", spec.Durable, ErrAway)
	}
	stream := s.conn.streamName(spec.MNO, spec.Subject)
	c, err := s.conn.js.Consumer(ctx, stream, spec.Durable)
	switch {
	case errors.Is(err, jetstream.ErrConsumerNotFound), errors.Is(err, jetstream.ErrStreamNotFound):
		return port.Lag{}, fmt.Errorf("lag of consumer %s: %w", spec.Durable, port.ErrNoConsumer)
	case err != nil:
		return port.Lag{}, fmt.Errorf("lag of consumer %s: %w", spec.Durable, away(err))
	}
	info := c.CachedInfo()
	return port.Lag{Waiting: info.NumPending, Unsettled: uint64(info.NumAckPending)}, nil
}
