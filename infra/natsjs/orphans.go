package natsjs

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"

	contract "github.com/ghasi/smpp-connector/proto"
)

// Orphans reads and removes the events of sms.dlr.orphan: what the command `dlr` does.
type Orphans struct{ conn *Conn }

// Orphans returns the orphans of the stream SMPP_EVENTS.
func (c *Conn) Orphans() *Orphans { return &Orphans{c} }

// Orphan is a receipt that stayed without a message.
type Orphan struct {
	Sequence uint64    // in SMPP_EVENTS
	StoredAt time.Time // by the server's clock
	Receipt  *contract.DlrInboundEvent
	Err      error // it cannot be read
}

// OrphanFilter selects orphans; the zero value selects all. Every field that is
// set must be met.
type OrphanFilter struct {
	Sequences []uint64 // or
	IDs       []string // the MNO's, as the receipt has them
	Operators []string
	Since     time.Time // inclusive
	Until     time.Time // exclusive
	Limit     int       // the newest of what is left; 0: all
}

func (f *OrphanFilter) selects(o *Orphan) bool {
	named := len(f.Sequences)+len(f.IDs) == 0 || slices.Contains(f.Sequences, o.Sequence) || slices.Contains(f.IDs, o.Receipt.GetOperatorMessageId())
	return named && (len(f.Operators) == 0 || slices.Contains(f.Operators, o.Receipt.GetOperatorId())) &&
		!o.StoredAt.Before(f.Since) && (f.Until.IsZero() || o.StoredAt.Before(f.Until))
}

// Find returns the orphans that a filter selects, the newest last.
func (o *Orphans) Find(ctx context.Context, f OrphanFilter) (found []Orphan, err error) {
	if _, err := o.conn.openEvents(ctx); err != nil {
		return nil, err
	}
	start := directGet{Sequence: 1, NextFor: contract.SubjectDLROrphan, Batch: scanPage, MaxBytes: scanBytes}
	if !f.Since.IsZero() {
		start.Sequence, start.StartTime = 0, &f.Since
	}
	err = o.conn.scanEvents(ctx, start, func(m *nats.Msg) {
		orphan := Orphan{Sequence: sequenceOf(m), StoredAt: storedAt(m), Receipt: new(contract.DlrInboundEvent)}
		orphan.Err = contract.Decode(m.Header.Get(contract.HeaderContentType), m.Data, orphan.Receipt)
		if f.selects(&orphan) {
			found = append(found, orphan)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("read the orphans: %w", err)
	}
	if f.Limit > 0 && len(found) > f.Limit {
		found = found[len(found)-f.Limit:]
	}
	return found, nil
}

// Drop removes orphans, and returns an error or nil for each.
func (o *Orphans) Drop(ctx context.Context, orphans []Orphan) []error {
	errs := make([]error, 0, len(orphans))
	for group := range slices.Chunk(orphans, dropGroup) {
		sequences := make([]uint64, len(group))
		for i := range group {
			sequences[i] = group[i].Sequence
		}
		errs = append(errs, o.conn.dropEvents(ctx, sequences, unlink)...)
	}
	return errs
}
