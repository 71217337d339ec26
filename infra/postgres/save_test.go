package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/infra/postgres"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// submitted is a fixed instant, far from a midnight.
var submitted = time.Date(2026, 11, 24, 12, 30, 15, 123456000, time.UTC)

func row(id, message string) port.Correlation {
	return port.Correlation{
		OperatorID: "awcc", OperatorMessageID: id, MessageID: message, PartIndex: 1, PartsTotal: 1,
		Bind: port.BindID{MNO: "awcc", Direction: port.TRX, Number: 2}, From: "Ghasi", To: "93700123456",
		SubmittedAt: submitted, ExpiresAt: submitted.Add(72 * time.Hour),
	}
}

func save(t testing.TB, db *postgres.DB, rows ...port.Correlation) {
	t.Helper()
	if err := db.Save(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
}

func find(t testing.TB, db *postgres.DB, id string) *port.Correlation {
	t.Helper()
	found, err := db.Find(t.Context(), []port.CorrelationKey{{OperatorID: "awcc", OperatorMessageID: id}})
	if err != nil {
		t.Fatal(err)
	}
	return found[0]
}

// query asks the database itself, past the adapter.
func query[T any](t testing.TB, url, sql string, args ...any) T {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	var value T
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

// US-SC-010: INSERT INTO smpp.message_correlations with correct fields;
// operator_message_id as the MNO gave it; expires_at = submitted_at + 72 hours.
func TestUSSC010RowIsInTheTableWithCorrectFields(t *testing.T) {
	url := stack.Postgres(t)
	db := open(t, url)
	r := row("8F3A77", "7d6c2d3c-6f0f-4b5f-9f57-0d2a4e3b7a11")
	r.PartIndex, r.PartsTotal, r.Epoch, r.Ambiguous, r.Fingerprint = 2, 3, 1<<63+5, true, "1:0123456789abcdef"
	r.Trace = port.Trace{Parent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", State: "vendor=opaque"}
	r.Silent = true
	r.Reference = port.Reference{Number: 513, Bits: 16}
	r.ExpiresAt = time.Time{} // left out: the default
	save(t, db, r)

	got := query[string](t, url, `
		SELECT concat_ws('|', operator_id, operator_message_id, message_id, part_index, parts_total, mno, direction, bind_id,
			epoch, source, destination, ambiguous, fingerprint, trace_parent, trace_state, reference, reference_bits, silent, states, final,
			to_char(submitted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), expires_at - submitted_at = interval '72 hours', expires_on)
		FROM smpp.message_correlations WHERE operator_id = 'awcc' AND operator_message_id = '8F3A77'`)
	want := "awcc|8F3A77|7d6c2d3c-6f0f-4b5f-9f57-0d2a4e3b7a11|2|3|awcc|trx|2|" +
		"-9223372036854775803|Ghasi|93700123456|t|1:0123456789abcdef|00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01|vendor=opaque|513|16|t|0|0|" +
		"2026-11-24 12:30:15.123456|t|2026-11-27"
	if got != want {
		t.Errorf("the row is\n%s, want\n%s", got, want)
	}
	r.ExpiresAt = submitted.Add(72 * time.Hour)
	if found := find(t, db, "8F3A77"); found == nil || *found != r {
		t.Errorf("found %+v, want %+v", found, r)
	}
}

// A repeat that comes on another day of expiry, and one that comes with a late
// clock, are still the same part: one row to the reader, with all its states.
func TestUSSC010RepeatOnBothSidesOfMidnightIsOneRow(t *testing.T) {
	db := open(t, stack.Postgres(t))
	before := row("id", "m")
	save(t, db, before)
	if err := db.Mark(t.Context(), []port.Mark{{Key: before.Key(), State: 1}}); err != nil {
		t.Fatal(err)
	}
	after := before
	after.SubmittedAt, after.ExpiresAt = before.SubmittedAt.Add(24*time.Hour), before.ExpiresAt.Add(24*time.Hour)
	save(t, db, after)
	if err := db.Mark(t.Context(), []port.Mark{{Key: before.Key(), State: 2, Final: true}}); err != nil {
		t.Fatal(err)
	}
	want := before
	want.States, want.Final = 1<<1|1<<2, 2
	if got := find(t, db, "id"); got == nil || *got != want {
		t.Errorf("found %+v, want the first row with the states of both: %+v", got, want)
	}
	parts, err := db.Parts(t.Context(), "awcc", "m")
	if err != nil || len(parts) != 1 || parts[0] != want {
		t.Errorf("parts %+v, %v; want that row alone", parts, err)
	}
}

// MNOs reuse ids within days: the newer message wins, whatever day it is on,
// and a late repeat of the older one does not take the id back.
func TestUSSC011ReusedIDBelongsToTheNewerMessage(t *testing.T) {
	for name, later := range map[string]time.Duration{"same day": time.Hour, "next day": 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			db := open(t, stack.Postgres(t))
			older, newer := row("reused", "older"), row("reused", "newer")
			newer.SubmittedAt, newer.ExpiresAt = newer.SubmittedAt.Add(later), newer.ExpiresAt.Add(later)
			save(t, db, older)
			if err := db.Mark(t.Context(), []port.Mark{{Key: older.Key(), State: 2, Final: true}}); err != nil {
				t.Fatal(err)
			}
			save(t, db, newer)
			save(t, db, older)
			if got := find(t, db, "reused"); got == nil || *got != newer {
				t.Errorf("found %+v, want the newer message without a state", got)
			}
			if err := db.Mark(t.Context(), []port.Mark{{Key: newer.Key(), State: 5, Final: true}}); err != nil {
				t.Fatal(err)
			}
			if got := find(t, db, "reused"); got == nil || got.States != 1<<5 || got.Final != 5 {
				t.Errorf("found %+v, want the mark on the newer message", got)
			}
			parts, err := db.Parts(t.Context(), "awcc", "older")
			if err != nil || len(parts) == 1 && parts[0].Final != 2 {
				t.Errorf("the older message's row has the newer one's states: %+v, %v", parts, err)
			}
		})
	}
}

// A part that was accepted twice, its first answer having been lost, has two ids;
// receipts for either must find it, and the ledger must show both.
func TestUSSC011PartThatWasAcceptedTwiceHasBothIDs(t *testing.T) {
	db := open(t, stack.Postgres(t))
	first, second := row("first", "m"), row("second", "m")
	second.SubmittedAt, second.Ambiguous = second.SubmittedAt.Add(time.Minute), true
	save(t, db, second, first)
	parts, err := db.Parts(t.Context(), "awcc", "m")
	if err != nil || len(parts) != 2 || parts[0].OperatorMessageID != "first" || parts[1].OperatorMessageID != "second" {
		t.Errorf("parts %+v, %v; want both ids, in the order of the submits", parts, err)
	}
	if find(t, db, "first") == nil || find(t, db, "second") == nil {
		t.Error("one of the two ids finds nothing")
	}
}

// One row that no database could keep fails the batch as a whole, says why, and
// holds nothing of what a row is about.
func TestRowThatCannotBeStoredIsNamed(t *testing.T) {
	db := open(t, stack.Postgres(t))
	for field, spoil := range map[string]func(*port.Correlation){
		"OperatorID":        func(c *port.Correlation) { c.OperatorID = "" },
		"OperatorMessageID": func(c *port.Correlation) { c.OperatorMessageID = "" },
		"MessageID":         func(c *port.Correlation) { c.MessageID = "" },
		"PartsTotal":        func(c *port.Correlation) { c.PartsTotal = 1 << 15 },
		"PartIndex":         func(c *port.Correlation) { c.PartIndex = 2 },
	} {
		bad := row("bad", "secret-message")
		spoil(&bad)
		err := db.Save(t.Context(), []port.Correlation{row("good", "m"), bad})
		var wrong *postgres.RowError
		if !errors.As(err, &wrong) || wrong.Row != 1 || wrong.Field != field || strings.Contains(err.Error(), "secret-message") {
			t.Errorf("without a valid %s: got %v, want a RowError for row 1 that names the field only", field, err)
		}
	}
	if find(t, db, "good") != nil {
		t.Error("half of a batch was stored")
	}
	if err := db.Mark(t.Context(), []port.Mark{{Key: row("good", "m").Key(), State: 16}}); !errors.As(err, new(*postgres.RowError)) {
		t.Errorf("a state that has no bit: got %v, want a RowError", err)
	}
}

// Two pods that write and mark the same keys in any order must not deadlock.
func TestConcurrentBatchesOfTheSameKeysAllSucceed(t *testing.T) {
	url := stack.Postgres(t)
	pods := []*postgres.DB{open(t, url), open(t, url)}
	const n, rounds = 200, 10
	done := make(chan error)
	for i, db := range pods {
		go func() {
			var err error
			for round := 0; round < rounds && err == nil; round++ {
				rows, marks := make([]port.Correlation, n), make([]port.Mark, n)
				for j := range rows {
					k := j
					if i == 1 {
						k = n - 1 - j
					}
					rows[j] = row("k"+string(rune('a'+k)), "m"+string(rune('0'+round)))
					marks[j] = port.Mark{Key: rows[j].Key(), State: uint8(i + 1)}
				}
				if err = db.Save(t.Context(), rows); err == nil {
					err = db.Mark(t.Context(), marks)
				}
			}
			done <- err
		}()
	}
	for range pods {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func one(id string) []port.Correlation { return []port.Correlation{row(id, "m-"+id)} }
