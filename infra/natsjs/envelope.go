package natsjs

import (
	"errors"
	"sync"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// envelope is the memory of one Publish, used again for the next: the payloads of its
// events one behind the other, and one message that each of them is sent as. A
// payload, a message and a map of headers for every event were a tenth of all that a
// command allocates.
type envelope struct {
	payloads    []byte
	ends        []int // where in payloads each event's payload ends
	contentType string
	m           nats.Msg
	kind, id    [1]string // the values of headers that every event has
}

var envelopes = sync.Pool{New: func() any { return &envelope{m: nats.Msg{Header: make(nats.Header, 4)}} }}

// largestEnvelope bounds the memory that is kept, in octets: some thousand events.
const largestEnvelope = 1 << 20

// free gives the memory to the next Publish. Nothing of the events is held in it.
func (o *envelope) free() {
	if cap(o.payloads) > largestEnvelope {
		return
	}
	o.payloads, o.ends = o.payloads[:0], o.ends[:0]
	clear(o.m.Header)
	o.m = nats.Msg{Header: o.m.Header}
	o.kind, o.id = [1]string{}, [1]string{}
	envelopes.Put(o)
}

// encode puts an event's payload behind those that are there.
func (o *envelope) encode(p *Publisher, e *port.Event) error {
	if e.Body == nil {
		return errors.New("the event has no body")
	}
	start := len(o.payloads)
	with, contentType, err := contract.Append(o.payloads, e.Body, p.conn.options.Binary)
	if err != nil {
		return err
	}
	o.contentType = contentType
	fitting, err := p.fit(e.Body, with[start:])
	if err != nil {
		return err
	}
	o.payloads = append(with[:start], fitting...) // in place, but for a dead letter that was shortened
	o.ends = append(o.ends, len(o.payloads))
	return nil
}

// address makes the message of the j-th event that was encoded. It is good until the
// next call.
func (o *envelope) address(j int, e *port.Event) *nats.Msg {
	start := 0
	if j > 0 {
		start = o.ends[j-1]
	}
	o.m.Subject, o.m.Data = e.Subject, o.payloads[start:o.ends[j]]
	clear(o.m.Header)
	o.kind[0] = o.contentType
	o.m.Header[contract.HeaderContentType] = o.kind[:]
	if e.ID != "" {
		o.id[0] = e.ID
		o.m.Header[jetstream.MsgIDHeader] = o.id[:]
	}
	writeTrace(o.m.Header, e.Trace)
	return &o.m
}
