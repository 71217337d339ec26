package postgres

import (
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// texts and instants are arrays that pgx writes without an allocation for each
// element, which its own way with []string and []time.Time costs: a row has 13.
type (
	texts    []text
	text     string
	instants []instant
	instant  time.Time
)

var (
	_ pgtype.ArrayGetter       = texts{}
	_ pgtype.TextValuer        = (*text)(nil)
	_ pgtype.ArrayGetter       = instants{}
	_ pgtype.TimestamptzValuer = (*instant)(nil)
)

// Dimensions implements pgtype.ArrayGetter.
func (t texts) Dimensions() []pgtype.ArrayDimension { return oneDimension(len(t)) }

// Index implements pgtype.ArrayGetter.
func (t texts) Index(i int) any { return &t[i] }

// IndexType implements pgtype.ArrayGetter.
func (t texts) IndexType() any { return (*text)(nil) }

// TextValue implements pgtype.TextValuer.
func (t *text) TextValue() (pgtype.Text, error) {
	return pgtype.Text{String: string(*t), Valid: true}, nil
}

// Dimensions implements pgtype.ArrayGetter.
func (t instants) Dimensions() []pgtype.ArrayDimension { return oneDimension(len(t)) }

// Index implements pgtype.ArrayGetter.
func (t instants) Index(i int) any { return &t[i] }

// IndexType implements pgtype.ArrayGetter.
func (t instants) IndexType() any { return (*instant)(nil) }

// TimestamptzValue implements pgtype.TimestamptzValuer.
func (t *instant) TimestamptzValue() (pgtype.Timestamptz, error) {
	return pgtype.Timestamptz{Time: time.Time(*t), Valid: true}, nil
}

func oneDimension(n int) []pgtype.ArrayDimension {
	return []pgtype.ArrayDimension{{Length: int32(n), LowerBound: 1}}
}
