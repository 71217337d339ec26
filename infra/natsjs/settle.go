package natsjs

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/ghasi/smpp-connector/actors/port"
)

// The words of JetStream's acknowledgement protocol.
var (
	ackWord = []byte("+ACK")
	nakNow  = []byte("-NAK")
	keep    = []byte("+WPI") // work in progress
)

// handle settles one delivery.
type handle struct{ reply string }

// confirmEvery is how many acknowledgements share a confirmation.
const confirmEvery = 64

// Ack implements port.Consumer. The server takes the acknowledgements of a consumer
// in the order in which a connection sends them, so the confirmation of one is that
// of all before it: the last of every confirmEvery asks for one, and all are under
// way at once. (A confirmation for each is a tenth of what a message costs, most of
// it the server's.) The error says how many were not confirmed; those may have been
// acknowledged all the same, and acknowledging again is no error.
//
// An acknowledgement can get lost in front of one that is confirmed only with a
// connection or a leader that goes in between: the command is then delivered again,
// and whoever gets it knows from its book or from the stored rows that it is settled.
func (c *consumer) Ack(ctx context.Context, handles []port.Handle) error {
	replies := make([]string, len(handles))
	for i, h := range handles {
		own, ok := h.(*handle)
		if !ok {
			return fmt.Errorf("acknowledge %d deliveries of %s: handle %d is a %T of another adapter", len(handles), c.spec.Durable, i, h)
		}
		replies[i] = own.reply
	}
	of := func(i int) []string { return replies[i*confirmEvery : min((i+1)*confirmEvery, len(replies))] }
	refused := 0
	err := c.conn.exchange.do(ctx, (len(replies)+confirmEvery-1)/confirmEvery,
		func(i int, reply string) error { return c.acknowledge(of(i), reply) },
		func(i int, answer *nats.Msg) {
			if nobodyAnswers(answer) {
				refused += len(of(i))
			}
		})
	if err == nil && refused > 0 {
		err = fmt.Errorf("%d of %d acknowledgements were refused: %w", refused, len(replies), errors.Join(ErrConsumerGone, errNobody))
	}
	if err != nil {
		return fmt.Errorf("acknowledge %d to %s, %d a confirmation: %w", len(replies), c.spec.Durable, confirmEvery, err)
	}
	return nil
}

// acknowledge sends the word for each delivery, and has the last one confirmed.
func (c *consumer) acknowledge(deliveries []string, reply string) error {
	last := len(deliveries) - 1
	for _, delivery := range deliveries[:last] {
		if err := c.conn.nc.Publish(delivery, ackWord); err != nil {
			return err
		}
	}
	return c.conn.nc.PublishRequest(deliveries[last], reply, ackWord)
}

// Nak implements port.Consumer. It returns when the word is written, not when it
// is heard: one that gets lost costs the consumer's AckWait.
func (c *consumer) Nak(h port.Handle, delay time.Duration) error {
	own, ok := h.(*handle)
	if !ok {
		return fmt.Errorf("give back a delivery of %s: the handle is a %T of another adapter", c.spec.Durable, h)
	}
	word := nakNow
	if delay > 0 {
		word = append(strconv.AppendInt([]byte(`-NAK {"delay":`), int64(delay), 10), '}')
	}
	if err := c.conn.nc.Publish(own.reply, word); err != nil {
		return fmt.Errorf("give back a delivery of %s: %w", c.spec.Durable, away(err))
	}
	return nil
}

// Keep implements port.Consumer. The server asks only whether the command is pending, not
// for which delivery of it this is.
func (c *consumer) Keep(h port.Handle) error {
	own, ok := h.(*handle)
	if !ok {
		return fmt.Errorf("keep a delivery of %s: the handle is a %T of another adapter", c.spec.Durable, h)
	}
	if err := c.conn.nc.Publish(own.reply, keep); err != nil {
		return fmt.Errorf("keep a delivery of %s: %w", c.spec.Durable, away(err))
	}
	return nil
}

// deliveryFacts reads a delivery's number, the command's sequence in the stream and
// the time when it was stored out of its reply subject, which is how JetStream tells them:
//
//	$JS.ACK.stream.consumer.delivered.streamSeq.consumerSeq.time.pending
//	$JS.ACK.domain.account.stream.consumer.delivered.streamSeq.consumerSeq.time.pending[.random]
//
// nats.go's Metadata reads the same, with an allocation for each token. Subjects
// of another form give a first delivery without a time.
func deliveryFacts(reply string) (attempt, sequence uint64, storedAt time.Time) {
	attempt = 1
	tokens := strings.Count(reply, ".") + 1
	var at int // the index of "delivered"
	switch {
	case tokens == 9:
		at = 4
	case tokens >= 11:
		at = 6
	default:
		return attempt, sequence, storedAt
	}
	rest := skipTokens(reply, at)
	delivered, rest, _ := strings.Cut(rest, ".")
	if n, err := strconv.ParseUint(delivered, 10, 64); err == nil {
		attempt = n
	}
	stored, rest, _ := strings.Cut(rest, ".")
	if n, err := strconv.ParseUint(stored, 10, 64); err == nil {
		sequence = n
	}
	stamp, _, _ := strings.Cut(skipTokens(rest, 1), ".")
	if ns, err := strconv.ParseInt(stamp, 10, 64); err == nil {
		storedAt = time.Unix(0, ns)
	}
	return attempt, sequence, storedAt
}

// skipTokens returns what follows the first n tokens of a subject.
func skipTokens(subject string, n int) string {
	for ; n > 0; n-- {
		_, subject, _ = strings.Cut(subject, ".")
	}
	return subject
}
