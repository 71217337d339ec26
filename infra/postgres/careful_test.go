package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// A batch is stored whole whether an id of it is there or not: at the first that
// is, in the batches after it, and when ids are new again.
func TestABatchIsStoredWholeWhereAnIDIsThere(t *testing.T) {
	db := open(t, stack.Postgres(t))
	save(t, db, row("used", "m0"))
	for i := range 120 {
		newer := row("used", fmt.Sprintf("n%d", i))
		newer.SubmittedAt = submitted.Add(time.Duration(i) * time.Minute / 10)
		rows := append(batchOf("a", i), newer)
		if i%3 == 2 {
			rows = rows[:2] // none of the ids is there
		}
		save(t, db, append(rows, batchOf("b", i)...)...)
		for _, r := range rows {
			if found := find(t, db, r.OperatorMessageID); found == nil || found.MessageID != r.MessageID {
				t.Fatalf("batch %d: %s belongs to %+v, want %s", i, r.OperatorMessageID, found, r.MessageID)
			}
		}
	}
	repeat := batchOf("a", 7) // a write whose answer was lost
	save(t, db, repeat...)
	if found := find(t, db, repeat[0].OperatorMessageID); found.MessageID != repeat[0].MessageID {
		t.Errorf("%+v", found)
	}
}

func batchOf(name string, i int) (rows []port.Correlation) {
	for part := range 2 {
		id := fmt.Sprintf("%s-%d-%d", name, i, part)
		rows = append(rows, row(id, "m-"+id))
	}
	return rows
}
