package postgres_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

const partitionsSQL = `SELECT coalesce(string_agg(c.relname, ' ' ORDER BY c.relname), '') FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
	WHERE i.inhparent = 'smpp.message_correlations'::regclass AND c.relname < 'message_correlations_2020'`

// Expiry: days are made ahead, and dropped whole a day after they ended.
// The days of this test lie in 2001, apart from those that the watch makes.
func TestUSSC010ExpiredDaysAreDroppedAndDaysAheadAreMade(t *testing.T) {
	url := stack.Postgres(t)
	db := open(t, url)
	noon := time.Date(2001, 2, 3, 12, 0, 0, 0, time.UTC)
	if _, err := db.Find(t.Context(), []port.CorrelationKey{{OperatorID: "a", OperatorMessageID: "b"}}); err != nil {
		t.Fatal(err) // the watch has done its own run when the first call returns
	}
	old := row("old", "m")
	old.SubmittedAt, old.ExpiresAt = noon, noon.Add(72*time.Hour) // expires on the 6th
	save(t, db, old)

	done, err := db.Maintain(t.Context(), noon)
	if err != nil {
		t.Fatal(err)
	}
	// What is submitted today expires on the 6th, tomorrow on the 7th; the 6th was made by Save.
	if want := "message_correlations_20010203 message_correlations_20010204 message_correlations_20010205 message_correlations_20010207"; strings.Join(done.Made, " ") != want {
		t.Errorf("made %v, want %s", done.Made, want)
	}
	for _, c := range []struct {
		now     time.Time
		dropped string
	}{
		{time.Date(2001, 2, 7, 23, 59, 59, 0, time.UTC), "message_correlations_20010203 message_correlations_20010204 message_correlations_20010205"},
		{time.Date(2001, 2, 8, 0, 0, 0, 0, time.UTC), "message_correlations_20010206"}, // the 6th ended a day ago
	} {
		if c.dropped == "message_correlations_20010206" && find(t, db, "old") == nil {
			t.Error("a row is gone before its day and the grace have passed")
		}
		done, err := db.Maintain(t.Context(), c.now)
		if err != nil || strings.Join(done.Dropped, " ") != c.dropped {
			t.Errorf("at %v: dropped %v, %v; want %s", c.now, done.Dropped, err, c.dropped)
		}
	}
	if got := find(t, db, "old"); got != nil {
		t.Errorf("found %+v after its day was dropped", got)
	}

	// A row that comes late makes its day anew, also on a pod that does not know that it was dropped.
	other := open(t, url)
	save(t, other, old)
	if _, err := db.Maintain(t.Context(), noon.Add(30*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	save(t, other, old)
	if find(t, db, "old") == nil {
		t.Error("a late row was not stored")
	}
	if _, err := db.Maintain(t.Context(), time.Date(2002, 1, 1, 0, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	left := query[string](t, url, partitionsSQL)
	if strings.Contains(left, "_2001") && !strings.HasSuffix(left, "_20011231") {
		t.Errorf("left: %s", left)
	}
}

// Somebody else's partition is left alone.
func TestPartitionsThatAreNotOursStay(t *testing.T) {
	url := stack.Postgres(t)
	db := open(t, url)
	if _, err := db.Parts(t.Context(), "a", "b"); err != nil {
		t.Fatal(err)
	}
	exec(t, url, `CREATE TABLE smpp.archive PARTITION OF smpp.message_correlations FOR VALUES IN ('1999-01-01')`)
	done, err := db.Maintain(t.Context(), time.Now())
	if err != nil || slices.Contains(done.Dropped, "archive") {
		t.Errorf("dropped %v, %v", done.Dropped, err)
	}
	if !query[bool](t, url, `SELECT to_regclass('smpp.archive') IS NOT NULL`) {
		t.Error("a partition that is not ours was dropped")
	}
}

// Neither Find nor Parts nor Mark may scan a table, also when it has grown since
// it was last analysed: at 26 million rows a scan would be an outage.
func TestLookupsUseTheIndexesOfATableThatWasNeverAnalysed(t *testing.T) {
	url := stack.Postgres(t)
	db := open(t, url)
	save(t, db, row("one", "m")) // makes the day
	exec(t, url, `ALTER TABLE smpp.message_correlations_20261127 SET (autovacuum_enabled = off)`)
	// Plans are cached by connection after five calls: let them be made while the table is empty.
	key := []port.CorrelationKey{{OperatorID: "awcc", OperatorMessageID: "id-5"}}
	for range 8 {
		if _, err := db.Find(t.Context(), key); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Parts(t.Context(), "awcc", "m-5"); err != nil {
			t.Fatal(err)
		}
		if err := db.Mark(t.Context(), []port.Mark{{Key: key[0], State: 1}}); err != nil {
			t.Fatal(err)
		}
	}
	const n = 50_000
	exec(t, url, fmt.Sprintf(`
		INSERT INTO smpp.message_correlations
		SELECT 'awcc', '', 'id-' || n, 'm-' || n, 1, 1, 'awcc', 'trx', 1, 0, '', '', '2026-11-24 12:00Z', '2026-11-27 12:00Z', '2026-11-27', false, '', '', '', false, 0, 0, 0, 0
		FROM generate_series(1, %d) n`, n))
	var keys []port.CorrelationKey
	var marks []port.Mark
	for i := range 500 {
		k := port.CorrelationKey{OperatorID: "awcc", OperatorMessageID: fmt.Sprintf("id-%d", i*97+1)}
		keys, marks = append(keys, k), append(marks, port.Mark{Key: k, State: 2, Final: true})
	}
	for range 8 {
		found, err := db.Find(t.Context(), keys)
		if err != nil || slices.Contains(found, nil) {
			t.Fatalf("Find: %v, or not all found", err)
		}
		if parts, err := db.Parts(t.Context(), "awcc", "m-777"); err != nil || len(parts) != 1 {
			t.Fatalf("Parts: %d, %v", len(parts), err)
		}
		if err := db.Mark(t.Context(), marks); err != nil {
			t.Fatal(err)
		}
	}
	db.Close() // a connection that ends tells what it counted
	eventually(t, func() error {
		if query[int](t, url, `SELECT idx_scan FROM pg_stat_user_tables WHERE relname = 'message_correlations_20261127'`) < 8*1000 {
			return errors.New("the connections' counts are not in yet")
		}
		return nil
	})
	if read := query[int](t, url, `SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'message_correlations_20261127'`); read >= n {
		t.Errorf("%d rows were read by scans of the whole day", read)
	}
}
