package natsjs

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"google.golang.org/protobuf/proto"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Publisher stores events in JetStream. It implements port.Publisher.
type Publisher struct{ conn *Conn }

// Publisher returns the port on the stream SMPP_EVENTS.
func (c *Conn) Publisher() *Publisher { return &Publisher{conn: c} }

// Publish implements port.Publisher. An event that could not be encoded or that
// no stream stores has an error of its own and holds up no other. When answers
// are missing, every event without one has the same error; publishing them again
// stores none twice that has an ID.
func (p *Publisher) Publish(ctx context.Context, events []port.Event) []error {
	if len(events) == 0 {
		return nil
	}
	errs := make([]error, len(events))
	o := envelopes.Get().(*envelope)
	defer o.free()
	index := make([]int, 0, len(events)) // of what is sent in events
	for i := range events {
		if err := o.encode(p, &events[i]); err != nil {
			errs[i] = fmt.Errorf("publish on %s: %w", events[i].Subject, err)
			continue
		}
		index = append(index, i)
	}
	_, outcomes := p.conn.storeEach(ctx, len(index), func(j int) *nats.Msg { return o.address(j, &events[index[j]]) })
	failed := len(index) < len(events)
	for j, err := range outcomes {
		if err != nil {
			errs[index[j]] = fmt.Errorf("publish on %s: %w", events[index[j]].Subject, err)
			failed = true
		}
	}
	if !failed {
		return nil
	}
	return errs
}

// headerRoom is what headers may take of a server's max_payload.
const headerRoom = 2048

// fit shortens a dead letter whose payload, in base64, would be larger than the
// server takes, and says so in it: a command that is refused because of its size
// is the very one whose dead letter is too large. Other events are refused.
func (p *Publisher) fit(body contract.Message, payload []byte) ([]byte, error) {
	limit := int(p.conn.nc.MaxPayload()) - headerRoom
	if limit <= 0 || len(payload) <= limit { // 0: never connected yet
		return payload, nil
	}
	rejected, ok := body.(*contract.DispatchRejected)
	if !ok || len(rejected.GetPayload()) == 0 {
		return nil, fmt.Errorf("the event has %d octets and the server takes %d: raise its max_payload", len(payload), limit)
	}
	excess := len(payload) - limit
	shorter := proto.Clone(rejected).(*contract.DispatchRejected)
	// Base64 makes 4 octets of 3, binary keeps them: cutting the excess itself is enough for both.
	shorter.Payload = shorter.Payload[:max(0, len(shorter.Payload)-excess-3)]
	shorter.PayloadTruncated = true
	payload, _, err := contract.Encode(shorter, p.conn.options.Binary)
	if err == nil && len(payload) > limit {
		err = fmt.Errorf("the dead letter has %d octets without its payload and the server takes %d: raise its max_payload", len(payload), limit)
	}
	return payload, err
}

// store publishes messages to JetStream, all under way at once, and returns the
// sequence and the outcome of each: nil when it is stored, or was before under
// the same Msg-Id.
func (c *Conn) store(ctx context.Context, messages []*nats.Msg) (sequences []uint64, outcomes []error) {
	return c.storeEach(ctx, len(messages), func(i int) *nats.Msg { return messages[i] })
}

// storeEach is store of n messages that are made as they are sent: message may
// return the same one every time, because the connection copies what it sends.
func (c *Conn) storeEach(ctx context.Context, n int, message func(i int) *nats.Msg) (sequences []uint64, outcomes []error) {
	sequences, outcomes = make([]uint64, n), make([]error, n)
	answered := make([]bool, n)
	err := c.exchange.do(ctx, n,
		func(i int, reply string) error {
			m := message(i)
			m.Reply = reply
			return c.nc.PublishMsg(m)
		},
		func(i int, answer *nats.Msg) {
			answered[i] = true
			sequences[i], outcomes[i] = readStored(answer)
		})
	if err != nil {
		for i := range outcomes {
			if !answered[i] {
				outcomes[i] = err
			}
		}
	}
	return sequences, outcomes
}

// readStored reads JetStream's answer to a publish: the sequence at which the
// message is stored, or why it is not. Only refusals are worth a JSON parser.
func readStored(answer *nats.Msg) (sequence uint64, err error) {
	if nobodyAnswers(answer) {
		return 0, errNobody
	}
	if !bytes.Contains(answer.Data, []byte(`"error"`)) {
		if sequence, ok := storedSequence(answer.Data); ok {
			return sequence, nil
		}
	}
	var reply struct {
		Error    *jetstream.APIError `json:"error"`
		Sequence uint64              `json:"seq"`
	}
	if err := json.Unmarshal(answer.Data, &reply); err != nil {
		return 0, fmt.Errorf("the answer to a publish is %d octets that are no JSON: %w", len(answer.Data), err)
	}
	if reply.Error != nil {
		return 0, reply.Error
	}
	return reply.Sequence, nil
}

// storedSequence finds "seq":N.
func storedSequence(answer []byte) (sequence uint64, ok bool) {
	_, rest, ok := bytes.Cut(answer, []byte(`"seq":`))
	for _, c := range bytes.TrimLeft(rest, " ") {
		if c < '0' || c > '9' {
			break
		}
		sequence = sequence*10 + uint64(c-'0')
	}
	return sequence, ok && sequence > 0
}
