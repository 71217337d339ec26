package postgres

import (
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ghasi/smpp-connector/actors/port"
)

// RowError says that a row cannot be stored, whatever the server does: no retry
// will help, and the rest of its batch was not stored either.
type RowError struct {
	Row   int    // its index in the batch
	Field string // as port.Correlation names it
	Want  string
}

func (e *RowError) Error() string {
	return fmt.Sprintf("row %d of the batch: %s: want %s", e.Row, e.Field, e.Want)
}

// maxPart is the largest value of a smallint column.
const maxPart = 1<<15 - 1

// check returns what is wrong with a row that no store could keep.
func check(i int, c *port.Correlation) error {
	switch {
	case c.OperatorID == "":
		return &RowError{i, "OperatorID", "the account's id, not an empty string"}
	case c.OperatorMessageID == "":
		return &RowError{i, "OperatorMessageID", "the id from submit_sm_resp, not an empty string: no receipt can name it"}
	case c.MessageID == "":
		return &RowError{i, "MessageID", "the command's messageId, not an empty string"}
	case c.PartsTotal < 1 || c.PartsTotal > maxPart:
		return &RowError{i, "PartsTotal", "1 to 32767, 1 for a message in one segment"}
	case c.PartIndex < 1 || c.PartIndex > c.PartsTotal:
		return &RowError{i, "PartIndex", "1 to PartsTotal"}
	}
	return nil
}

// keptColumns are the columns that no Mark changes.
const keptColumns = `operator_id, primary_operator_id, operator_message_id, message_id, part_index, parts_total,
	mno, direction, bind_id, epoch, source, destination,
	submitted_at, expires_at, ambiguous, fingerprint, trace_parent, trace_state,
	reference, reference_bits, silent`

// columns holds a batch by column, as unnest takes it: keptColumns, states, final.
type columns struct {
	operatorIDs, primaryOperatorIDs         texts
	operatorMessageIDs, messageIDs          texts
	partIndexes, partsTotals                []int16
	mnos, directions                        texts
	bindIDs                                 []int32
	epochs                                  []int64 // the bits of a uint64
	sources, destinations                   texts
	submittedAts, expiresAts                instants
	ambiguous                               []bool
	fingerprints, traceParents, traceStates texts
	references                              []int32
	referenceBits                           []int16
	silent                                  []bool
	states                                  []int32
	finals                                  []int16
}

// columnsFor has room for so many rows.
func columnsFor(rows int) *columns {
	var c columns
	for _, column := range []*texts{&c.operatorIDs, &c.primaryOperatorIDs, &c.operatorMessageIDs, &c.messageIDs, &c.mnos, &c.directions,
		&c.sources, &c.destinations, &c.fingerprints, &c.traceParents, &c.traceStates} {
		*column = make(texts, 0, rows)
	}
	c.submittedAts, c.expiresAts = make(instants, 0, rows), make(instants, 0, rows)
	c.partIndexes, c.partsTotals, c.referenceBits, c.finals = make([]int16, 0, rows), make([]int16, 0, rows), make([]int16, 0, rows), make([]int16, 0, rows)
	c.bindIDs, c.references, c.states = make([]int32, 0, rows), make([]int32, 0, rows), make([]int32, 0, rows)
	c.epochs = make([]int64, 0, rows)
	c.ambiguous, c.silent = make([]bool, 0, rows), make([]bool, 0, rows)
	return &c
}

func (c *columns) append(r *port.Correlation) {
	c.operatorIDs = append(c.operatorIDs, text(stored(r.OperatorID)))
	c.primaryOperatorIDs = append(c.primaryOperatorIDs, text(stored(r.PrimaryOperatorID)))
	c.operatorMessageIDs = append(c.operatorMessageIDs, text(stored(r.OperatorMessageID)))
	c.messageIDs = append(c.messageIDs, text(stored(r.MessageID)))
	c.partIndexes = append(c.partIndexes, int16(r.PartIndex))
	c.partsTotals = append(c.partsTotals, int16(r.PartsTotal))
	c.mnos = append(c.mnos, text(stored(r.Bind.MNO)))
	c.directions = append(c.directions, text(stored(string(r.Bind.Direction))))
	c.bindIDs = append(c.bindIDs, int32(r.Bind.Number))
	c.epochs = append(c.epochs, int64(r.Epoch))
	c.sources = append(c.sources, text(stored(r.From)))
	c.destinations = append(c.destinations, text(stored(r.To)))
	c.submittedAts = append(c.submittedAts, instant(r.SubmittedAt))
	c.expiresAts = append(c.expiresAts, instant(r.ExpiresAt))
	c.ambiguous = append(c.ambiguous, r.Ambiguous)
	c.fingerprints = append(c.fingerprints, text(stored(r.Fingerprint)))
	c.traceParents = append(c.traceParents, text(stored(r.Trace.Parent)))
	c.traceStates = append(c.traceStates, text(stored(r.Trace.State)))
	c.references = append(c.references, int32(r.Reference.Number))
	c.referenceBits = append(c.referenceBits, int16(r.Reference.Bits))
	c.silent = append(c.silent, r.Silent)
	c.states = append(c.states, int32(r.States))
	c.finals = append(c.finals, int16(r.Final))
}

func (c *columns) arguments() []any {
	return []any{
		c.operatorIDs, c.primaryOperatorIDs, c.operatorMessageIDs, c.messageIDs, c.partIndexes, c.partsTotals,
		c.mnos, c.directions, c.bindIDs, c.epochs, c.sources, c.destinations,
		c.submittedAts, c.expiresAts, c.ambiguous, c.fingerprints, c.traceParents, c.traceStates,
		c.references, c.referenceBits, c.silent,
		c.states, c.finals,
	}
}

// rowColumns are the columns that readRow reads, in its order.
const rowColumns = `c.operator_id, c.primary_operator_id, c.operator_message_id, c.message_id, c.part_index, c.parts_total,
	c.mno, c.direction, c.bind_id, c.epoch, c.source, c.destination,
	c.submitted_at, c.expires_at, c.ambiguous, c.fingerprint, c.trace_parent, c.trace_state,
	c.reference, c.reference_bits, c.silent, c.states, c.final`

// readRow reads rowColumns, after the columns that the query puts before them.
func readRow(rows pgx.Rows, before ...any) (*port.Correlation, error) {
	r := &port.Correlation{}
	var direction string
	var epoch int64
	var states, reference int32
	var bits int16
	var final int16
	err := rows.Scan(append(before,
		&r.OperatorID, &r.PrimaryOperatorID, &r.OperatorMessageID, &r.MessageID, &r.PartIndex, &r.PartsTotal,
		&r.Bind.MNO, &direction, &r.Bind.Number, &epoch, &r.From, &r.To,
		&r.SubmittedAt, &r.ExpiresAt, &r.Ambiguous, &r.Fingerprint, &r.Trace.Parent, &r.Trace.State,
		&reference, &bits, &r.Silent, &states, &final)...)
	if err != nil {
		return nil, fmt.Errorf("read a row: %w", err)
	}
	for _, text := range []*string{&r.OperatorID, &r.PrimaryOperatorID, &r.OperatorMessageID, &r.MessageID, &r.Bind.MNO, &direction,
		&r.From, &r.To, &r.Fingerprint, &r.Trace.Parent, &r.Trace.State} {
		if *text, err = unstored(*text); err != nil {
			return nil, fmt.Errorf("a text that this program did not write: %w", err)
		}
	}
	r.Bind.Direction = port.Direction(direction)
	r.Epoch, r.States, r.Final = uint64(epoch), uint16(states), uint8(final)
	r.Reference = port.Reference{Number: uint16(reference), Bits: uint8(bits)}
	r.SubmittedAt, r.ExpiresAt = r.SubmittedAt.UTC(), r.ExpiresAt.UTC()
	return r, nil
}

// samePart reports whether two rows speak of the same part of the same message.
func samePart(a, b *port.Correlation) bool {
	return a.MessageID == b.MessageID && a.PartIndex == b.PartIndex
}

// join returns the one row that two of the same part, saved on both sides of a
// midnight, stand for: what the first Save wrote, with the states of both.
func join(older, newer *port.Correlation) *port.Correlation {
	older.States |= newer.States
	if older.Final == 0 {
		older.Final = newer.Final
	}
	return older
}
