package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// A row is the same in the table whether it came by COPY or, because an id of its
// batch was there, by the upsert: every column at its edges, and texts that
// PostgreSQL does not take as they are.
func TestCOPYAndUpsertWriteTheSameRow(t *testing.T) {
	url := stack.Postgres(t)
	db := open(t, url)
	edges := []port.Correlation{row("plain", "same"), fullRow()}
	long := fullRow()
	long.ExpiresAt = time.Date(2026, 11, 27, 23, 59, 59, 999_999_999, time.FixedZone("", -5*3600)) // the 28th in UTC
	long.SubmittedAt = time.Date(1999, 12, 31, 23, 59, 59, 999_999_999, time.UTC)                  // before PostgreSQL's epoch
	edges = append(edges, long)
	for i, r := range edges {
		id := func(way string) string { return fmt.Sprintf("%s-%d", way, i) }
		r.OperatorMessageID = id("copied")
		save(t, db, r)
		save(t, db, row("used", id("m"))) // from the second on an id that is there
		r.OperatorMessageID = id("upserted")
		save(t, db, r, row("used", id("n")))
		same := query[bool](t, url, `SELECT count(DISTINCT to_jsonb(c) - 'operator_message_id') = 1 AND count(*) = 2
			FROM smpp.message_correlations c WHERE operator_message_id = ANY($1)`, []string{id("copied"), id("upserted")})
		if !same {
			t.Errorf("row %d by COPY: %s\nby upsert: %s", i, stored(t, url, id("copied")), stored(t, url, id("upserted")))
		}
	}
}

func stored(t *testing.T, url, id string) string {
	return query[string](t, url, `SELECT to_jsonb(c)::text FROM smpp.message_correlations c WHERE operator_message_id = $1`, id)
}

// fullRow has every field set, to the largest value where there is one.
func fullRow() port.Correlation {
	r := row("", "m\x00\\\xff€")
	r.PrimaryOperatorID, r.PartIndex, r.PartsTotal = "primary\\x00", 32767, 32767
	r.Bind.Number, r.Epoch, r.Ambiguous, r.Silent = 1<<31-1, 1<<64-1, true, true
	r.Fingerprint, r.Trace = "1:ff", port.Trace{Parent: "00-1-2-01", State: "a=b"}
	r.Reference, r.States, r.Final = port.Reference{Number: 65535, Bits: 16}, 65535, 255
	return r
}
