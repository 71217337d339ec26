package natsjs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// unsent keeps which deliveries were given back and surely not submitted, so that whoever
// gets the command next need not take it for one that may have been.
//
// JetStream counts the deliveries of a command, so an entry is about one of them: it speaks
// for the next delivery alone, and for none of a consumer that was deleted and made again,
// which counts anew. It is written before the command is given back. An entry that is not
// there says nothing.
type unsent struct{ bucket *bucket }

const (
	// unsentFor is how long an entry stays: longer than commands that are given back wait.
	unsentFor = 15 * time.Minute
	// mostUnsent bounds the entries of one call; the others are as if nobody had spoken.
	mostUnsent = 10_000
)

func (c *Conn) unsent() *unsent {
	return &unsent{c.bucket(contract.BucketUnsent, "which deliveries were given back unsent (smpp-connector)", unsentFor)}
}

// unsentMark is an entry.
type unsentMark struct {
	Delivery uint64    `json:"delivery"` // its number, from 1
	Consumer time.Time `json:"consumer"` // when the consumer that made it was made
}

// Disclaim implements port.Consumer.
func (c *consumer) Disclaim(ctx context.Context, handles []port.Handle) error {
	ctx, cancel := c.conn.bounded(ctx)
	defer cancel()
	if err := c.same(ctx); err != nil {
		return fmt.Errorf("disclaim %d deliveries of %s: %w", len(handles), c.spec.Durable, err)
	}
	writes := make([]write, 0, min(len(handles), mostUnsent))
	for _, h := range handles[:cap(writes)] {
		key, attempt, err := c.unsentKey(h)
		if err != nil {
			return err
		}
		value, err := json.Marshal(unsentMark{attempt, c.made})
		if err != nil {
			return err
		}
		writes = append(writes, write{key: key, value: value, expect: anything})
	}
	if err := errors.Join(slices.Compact(c.unsent.bucket.put(ctx, writes))...); err != nil {
		return fmt.Errorf("disclaim %d deliveries of %s: %w", len(handles), c.spec.Durable, away(err))
	}
	return nil
}

// Disclaimed implements port.Consumer.
func (c *consumer) Disclaimed(ctx context.Context, handles []port.Handle) ([]bool, error) {
	ctx, cancel := c.conn.bounded(ctx)
	defer cancel()
	said, keys, attempts := make([]bool, len(handles)), make([]string, len(handles)), make([]uint64, len(handles))
	for i, h := range handles {
		var err error
		if keys[i], attempts[i], err = c.unsentKey(h); err != nil {
			return nil, err
		}
	}
	found, err := c.unsent.bucket.get(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("look what of %s was given back unsent: %w", c.spec.Durable, away(err))
	}
	any := false
	for i, e := range found {
		var m unsentMark
		if e.live() && json.Unmarshal(e.value, &m) == nil {
			said[i] = m.Delivery > 0 && m.Delivery+1 == attempts[i] && m.Consumer.Equal(c.made)
		}
		any = any || said[i]
	}
	if !any {
		return said, nil
	}
	if err := c.same(ctx); err != nil {
		return nil, fmt.Errorf("look what of %s was given back unsent: %w", c.spec.Durable, away(err))
	}
	return said, nil
}

// errMadeAnew is why nothing is known of deliveries: they may be another consumer's.
var errMadeAnew = errors.New("the consumer was made anew meanwhile")

// same returns nil where the consumer is the one that was opened: then all that came since
// is its own, for a name is all that a request and an acknowledgement say.
func (c *consumer) same(ctx context.Context) error {
	if !c.conn.Up() {
		return ErrAway
	}
	found, err := c.conn.js.Consumer(ctx, c.stream, c.spec.Durable)
	switch {
	case errors.Is(err, jetstream.ErrConsumerNotFound), errors.Is(err, jetstream.ErrStreamNotFound):
		return errMadeAnew
	case err != nil:
		return err
	case !found.CachedInfo().Created.Equal(c.made):
		return errMadeAnew
	}
	return nil
}

// unsentKey is where the entry of a delivery's command is, and the delivery's number.
func (c *consumer) unsentKey(h port.Handle) (k string, attempt uint64, err error) {
	own, ok := h.(*handle)
	if !ok {
		return "", 0, fmt.Errorf("disclaim a delivery of %s: the handle is a %T of another adapter", c.spec.Durable, h)
	}
	attempt, sequence, _ := deliveryFacts(own.reply)
	return key("", c.stream, c.spec.Durable, strconv.FormatUint(sequence, 10)), attempt, nil
}
