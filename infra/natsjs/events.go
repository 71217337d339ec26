package natsjs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	contract "github.com/ghasi/smpp-connector/proto"
)

// How the commands look into SMPP_EVENTS, which only the connector makes: by
// batched direct gets, without a consumer.

// scanBytes is how much one request of a scan may bring: dead letters with
// their payloads have up to a megabyte each.
const scanBytes = 8 << 20

// scanEvents calls each with every event from a request's start to the end.
func (c *Conn) scanEvents(ctx context.Context, request directGet, each func(*nats.Msg)) error {
	for {
		messages, pending, err := c.getMany(ctx, contract.StreamEvents, request)
		if err != nil {
			return err
		}
		for _, m := range messages {
			each(m)
		}
		if len(messages) == 0 || pending == 0 {
			return nil
		}
		request.Sequence, request.StartTime = sequenceOf(messages[len(messages)-1])+1, nil
	}
}

// openEvents finds SMPP_EVENTS.
func (c *Conn) openEvents(ctx context.Context) (jetstream.Stream, error) {
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	s, err := c.js.Stream(ctx, contract.StreamEvents)
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return nil, fmt.Errorf("there is no stream %s: the connector makes it at its first start; is this its NATS (and its account)?", contract.StreamEvents)
	case err != nil:
		return nil, fmt.Errorf("stream %s: %w", contract.StreamEvents, away(err))
	case !s.CachedInfo().Config.AllowDirect:
		return nil, fmt.Errorf("stream %s does not allow direct access: nats stream edit %s --allow-direct", contract.StreamEvents, contract.StreamEvents)
	}
	return s, nil
}

// How events are removed: overwritten on disk, or only out of the index.
const (
	overwrite = `{"seq":`
	unlink    = `{"no_erase":true,"seq":`
)

// dropEvents removes events by their sequences, and returns an error or nil for each.
func (c *Conn) dropEvents(ctx context.Context, sequences []uint64, how string) []error {
	return c.dropFrom(ctx, contract.StreamEvents, sequences, how)
}

// dropFrom is dropEvents of any stream.
func (c *Conn) dropFrom(ctx context.Context, stream string, sequences []uint64, how string) []error {
	errs := make([]error, len(sequences))
	for i := range errs {
		errs[i] = errNotAnswered
	}
	err := c.exchange.do(ctx, len(sequences),
		func(i int, reply string) error {
			body := how + strconv.FormatUint(sequences[i], 10) + `}`
			return c.nc.PublishRequest("$JS.API.STREAM.MSG.DELETE."+stream, reply, []byte(body))
		},
		func(i int, answer *nats.Msg) { errs[i] = readDropped(answer) })
	for i := range errs {
		if errors.Is(errs[i], errNotAnswered) && err != nil {
			errs[i] = fmt.Errorf("%w: %w", errNotAnswered, err)
		}
	}
	return errs
}

func readDropped(answer *nats.Msg) error {
	if nobodyAnswers(answer) {
		return errNobody
	}
	var reply struct {
		Error   *jetstream.APIError `json:"error"`
		Success bool                `json:"success"`
	}
	switch err := json.Unmarshal(answer.Data, &reply); {
	case err != nil:
		return fmt.Errorf("the answer is %d octets that are no JSON: %w", len(answer.Data), err)
	case reply.Error != nil:
		return reply.Error
	case !reply.Success:
		return errors.New("the server did not")
	}
	return nil
}

func sequenceOf(m *nats.Msg) uint64 {
	sequence, _ := strconv.ParseUint(m.Header.Get(headerSequence), 10, 64)
	return sequence
}

func storedAt(m *nats.Msg) time.Time {
	at, _ := time.Parse(time.RFC3339Nano, m.Header.Get(headerTimestamp))
	return at
}
