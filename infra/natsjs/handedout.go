package natsjs

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// handedOut keeps up to which sequence of its stream a bind's consumers may have handed
// commands out. The consumer itself says so as long as it is there; an owner that dies
// between the deletion of the last owner's consumer and the creation of its own would
// take that knowledge with it, and what may have been submitted would come to the next
// owner as if nobody had ever had it. So it is written down before the deletion.
//
// An entry stays: commands get higher sequences than it for ever, and it only rises.
//
// What this process itself was handed counts too: a deletion that a former owner had sent,
// and that comes late (a stopped process, a network that was away), ends the consumer of
// the present one.
type handedOut struct {
	bucket *bucket
	given  sync.Map // by stream, durable and the stream's making: *atomic.Uint64, the highest sequence that this process was handed
}

func (c *Conn) handedOut() *handedOut {
	return &handedOut{bucket: c.bucket(contract.BucketHandedOut, "up to where binds' commands may have been submitted (smpp-connector)", 0)}
}

// height is an entry of handedOut.
type height struct {
	Inherited uint64    `json:"inherited"` // the stream's sequence
	Stream    time.Time `json:"stream"`    // when the stream was made: another of that name counts anew
}

func heightKey(stream jetstream.Stream, durable string) string {
	return key("", stream.CachedInfo().Config.Name, durable)
}

// read returns what is written down for a consumer, 0 for nothing.
func (h *handedOut) read(ctx context.Context, stream jetstream.Stream, durable string) (uint64, error) {
	found, err := h.bucket.lead(ctx, heightKey(stream, durable))
	if err != nil {
		return 0, fmt.Errorf("read what consumer %s may have handed out: %w", durable, err)
	}
	return readHeight(found, stream), nil
}

// beforeCreate is what a consumer that is to be made inherits: what is known of the one
// before it, or what the last owner has written down of it, who may have died since. So
// does one without an owner: a backup's bind may be the first to make a primary's.
func (h *handedOut) beforeCreate(ctx context.Context, stream jetstream.Stream, spec port.ConsumerSpec, known uint64) (uint64, error) {
	if given := h.givenOf(stream, spec); given != nil {
		known = max(known, given.Load())
	}
	written, err := h.read(ctx, stream, spec.Durable)
	return max(known, written), err
}

// givenOf is the highest sequence that this process was handed by consumers of a name; nil
// where they have no owner.
func (h *handedOut) givenOf(stream jetstream.Stream, spec port.ConsumerSpec) *atomic.Uint64 {
	if spec.Epoch == 0 {
		return nil
	}
	k := fmt.Sprint(heightKey(stream, spec.Durable), " ", stream.CachedInfo().Created.UnixNano())
	given, _ := h.given.LoadOrStore(k, new(atomic.Uint64))
	return given.(*atomic.Uint64)
}

// raiseTo makes a number at least so high.
func raiseTo(n *atomic.Uint64, least uint64) {
	for now := n.Load(); now < least && !n.CompareAndSwap(now, least); now = n.Load() {
	}
}

// readHeight reads an entry. One of another stream, or written by hand, is none.
func readHeight(e entry, stream jetstream.Stream) uint64 {
	var m height
	if !e.live() || json.Unmarshal(e.value, &m) != nil || !m.Stream.Equal(stream.CachedInfo().Created) {
		return 0
	}
	return m.Inherited
}

// raise writes down that commands up to a sequence may have been handed out.
func (h *handedOut) raise(ctx context.Context, stream jetstream.Stream, durable string, inherited uint64) error {
	if inherited == 0 {
		return nil
	}
	value, err := json.Marshal(height{Inherited: inherited, Stream: stream.CachedInfo().Created})
	if err != nil {
		return err
	}
	err = h.bucket.update(ctx, []string{heightKey(stream, durable)}, false, func(_ int, found entry) (write, bool) {
		return write{value: value}, readHeight(found, stream) < inherited
	})
	if err != nil {
		return fmt.Errorf("write down what consumer %s may have handed out: %w", durable, err)
	}
	return nil
}
