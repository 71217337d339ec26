package natsjs

import (
	"context"
	"fmt"
	"strconv"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Counters keeps sequence numbers and concatenation references in a key-value
// bucket, where there is no Redis. It implements port.Counters.
//
// A block costs a read and a write (80 µs); the callers take blocks of hundreds.
// The stored number is the last one reserved, in decimal.
type Counters struct{ bucket *bucket }

// Counters returns the counters; their bucket is made when it is used first.
func (c *Conn) Counters() *Counters {
	return &Counters{c.bucket(contract.BucketCounters, "sequence numbers and references of binds (smpp-connector)", 0)}
}

// ReserveSequences implements port.Counters.
func (s *Counters) ReserveSequences(ctx context.Context, bind port.BindID, n int) (uint64, error) {
	return s.reserve(ctx, "seq", bind, n)
}

// ReserveReferences implements port.Counters.
func (s *Counters) ReserveReferences(ctx context.Context, bind port.BindID, n int) (uint64, error) {
	return s.reserve(ctx, "ref", bind, n)
}

// reserve adds n by compare-and-swap. A write of unknown outcome (the connection
// was lost) may have reserved a block that nobody uses: a gap, never a repeat.
func (s *Counters) reserve(ctx context.Context, word string, bind port.BindID, n int) (first uint64, err error) {
	if n < 1 {
		return 0, fmt.Errorf("reserve %d numbers of %s: want at least 1", n, bind)
	}
	name := key(word, bind.MNO, string(bind.Direction), strconv.Itoa(bind.Number))
	var broken error
	err = s.bucket.update(ctx, []string{name}, false, func(_ int, found entry) (write, bool) {
		var last uint64
		if found.live() {
			if last, broken = strconv.ParseUint(string(found.value), 10, 64); broken != nil {
				broken = fmt.Errorf("key %s of bucket %s holds %d octets that are no number: set it to one above all that were used",
					name, contract.BucketCounters, len(found.value))
				return write{}, false
			}
		}
		first = last + 1
		return write{value: strconv.AppendUint(nil, last+uint64(n), 10)}, true
	})
	if err == nil {
		err = broken
	}
	if err != nil {
		return 0, fmt.Errorf("reserve numbers of %s: %w", bind, err)
	}
	return first, nil
}
