package natsjs

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Source opens the consumers that commands come from. It implements
// port.DispatchSource.
type Source struct{ conn *Conn }

// Source returns the port on the stream SMPP_DISPATCH.
func (c *Conn) Source() *Source { return &Source{conn: c} }

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
	stream, err := s.conn.js.Stream(ctx, contract.StreamDispatch)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		err = s.conn.EnsureStreams(ctx) // the server lost its store, or we are the first to come
		if err == nil {
			stream, err = s.conn.js.Stream(ctx, contract.StreamDispatch)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open consumer %s: %w", spec.Durable, away(err))
	}
	if err := ensureConsumer(ctx, stream, spec); err != nil {
		return nil, fmt.Errorf("open consumer %s on %s: %w", spec.Durable, spec.Subject, away(err))
	}
	return &consumer{
		conn: s.conn, spec: spec,
		next: "$JS.API.CONSUMER.MSG.NEXT." + contract.StreamDispatch + "." + spec.Durable,
	}, nil
}

// ensureConsumer makes the durable or brings its limits up to date.
func ensureConsumer(ctx context.Context, stream jetstream.Stream, spec port.ConsumerSpec) error {
	found, err := stream.Consumer(ctx, spec.Durable)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		_, err = stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
			Durable:       spec.Durable,
			FilterSubject: spec.Subject,
			AckPolicy:     jetstream.AckExplicitPolicy,
			AckWait:       spec.AckWait,
			MaxAckPending: spec.MaxAckPending,
			MaxDeliver:    -1,
		})
		if !errors.Is(err, jetstream.ErrConsumerExists) {
			return err
		}
		found, err = stream.Consumer(ctx, spec.Durable) // another pod was faster, with other limits
	}
	if err != nil {
		return err
	}
	config := found.CachedInfo().Config
	switch {
	case config.FilterSubject != spec.Subject:
		return fmt.Errorf("it exists and reads %q: delete it, or give this one another name", config.FilterSubject)
	case config.AckPolicy != jetstream.AckExplicitPolicy:
		return fmt.Errorf("it exists with acknowledgement policy %v, want explicit: delete it", config.AckPolicy)
	case config.DeliverSubject != "":
		return errors.New("it exists and pushes, want a pull consumer: delete it")
	case config.AckWait == spec.AckWait && config.MaxAckPending == spec.MaxAckPending && config.MaxDeliver == -1:
		return nil
	}
	config.AckWait, config.MaxAckPending, config.MaxDeliver = spec.AckWait, spec.MaxAckPending, -1
	_, err = stream.UpdateConsumer(ctx, config)
	return err
}

// Lag implements port.DispatchSource.
func (s *Source) Lag(ctx context.Context, durable string) (port.Lag, error) {
	ctx, cancel := s.conn.bounded(ctx)
	defer cancel()
	if !s.conn.Up() {
		return port.Lag{}, fmt.Errorf("lag of consumer %s: %w", durable, ErrAway)
	}
	c, err := s.conn.js.Consumer(ctx, contract.StreamDispatch, durable)
	switch {
	case errors.Is(err, jetstream.ErrConsumerNotFound), errors.Is(err, jetstream.ErrStreamNotFound):
		return port.Lag{}, fmt.Errorf("lag of consumer %s: %w", durable, port.ErrNoConsumer)
	case err != nil:
		return port.Lag{}, fmt.Errorf("lag of consumer %s: %w", durable, away(err))
	}
	info := c.CachedInfo()
	return port.Lag{Waiting: info.NumPending, Unsettled: uint64(info.NumAckPending)}, nil
}
