package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/ghasi/smpp-connector/actors/port"
)

// The row that Find returns is the one that is marked: that of the latest day. A
// mark that changes nothing writes nothing, so repeats leave no dead rows.
//
// It is an upsert of rows that are there, because an upsert goes by the primary
// key, row by row in the order of the batch. The planner turned an UPDATE … FROM
// unnest into a hash join over the whole table, which also locked the rows in
// the table's order, so that two pods deadlocked.
const markSQL = `
INSERT INTO smpp.message_correlations AS c (` + keptColumns + `, states, final, expires_on)
SELECT ` + keptColumns + `, bits, first_final, expires_on
FROM unnest($1::text[], $2::text[], $3::integer[], $4::smallint[]) AS m (account, id, bits, first_final)
CROSS JOIN LATERAL (
	SELECT * FROM smpp.message_correlations n
	WHERE n.operator_id = m.account AND n.operator_message_id = m.id
	ORDER BY n.expires_on DESC LIMIT 1) l
ON CONFLICT (operator_id, operator_message_id, expires_on) DO UPDATE SET
	states = c.states | excluded.states,
	final = CASE WHEN c.final = 0 THEN excluded.final ELSE c.final END
WHERE c.states | excluded.states <> c.states OR c.final = 0 AND excluded.final <> 0`

// maxState is the largest message_state that Correlation.States can hold.
const maxState = 15

// Mark implements port.CorrelationStore with one statement for all marks.
func (db *DB) Mark(ctx context.Context, marks []port.Mark) error {
	if len(marks) == 0 {
		return nil
	}
	byKey, err := mergeMarks(marks)
	if err != nil {
		return fmt.Errorf("postgres: mark %d correlations: %w", len(marks), err)
	}
	var operatorIDs, operatorMessageIDs []string
	var states []int32
	var finals []int16
	for _, m := range byKey {
		operatorIDs = append(operatorIDs, stored(m.key.OperatorID))
		operatorMessageIDs = append(operatorMessageIDs, stored(m.key.OperatorMessageID))
		states, finals = append(states, m.states), append(finals, m.final)
	}
	return db.call(ctx, fmt.Sprintf("mark %d correlations", len(marks)), func(ctx context.Context) error {
		_, err := db.pool.Exec(ctx, markSQL, operatorIDs, operatorMessageIDs, states, finals)
		return err
	})
}

// marked is all that a batch says of one row.
type marked struct {
	key    port.CorrelationKey
	states int32
	final  int16 // the first final state, 0 without one
}

// mergeMarks returns one entry for each key, sorted, for the reasons of batch.
func mergeMarks(marks []port.Mark) ([]marked, error) {
	merged := make([]marked, 0, len(marks))
	place := make(map[port.CorrelationKey]int, len(marks))
	for i, m := range marks {
		if m.State > maxState {
			return nil, &RowError{i, "State", "a message_state of 0 to 15"}
		}
		at, seen := place[m.Key]
		if !seen {
			at = len(merged)
			place[m.Key] = at
			merged = append(merged, marked{key: m.Key})
		}
		merged[at].states |= 1 << m.State
		if m.Final && merged[at].final == 0 {
			merged[at].final = int16(m.State)
		}
	}
	slices.SortFunc(merged, func(a, b marked) int { return compareKeys(a.key, b.key) })
	return merged, nil
}
