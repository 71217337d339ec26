package contract

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/ghasi/smpp-connector/actors/port"
)

// CorrelationStore asks of a store what port.CorrelationStore promises (US-SC-010, US-SC-011).
func CorrelationStore(t *testing.T, open func(t *testing.T) port.CorrelationStore) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, port.CorrelationStore)
	}{
		{"every field comes back", correlationFields},
		{"nothing asked, nothing found", correlationNothing},
		{"unknown keys are nil, in place", correlationUnknown},
		{"odd ids are kept apart", correlationOddIDs},
		{"an account's ids are its own", correlationAccounts},
		{"an empty id is refused", correlationEmpty},
		{"saving again changes nothing", correlationIdempotent},
		{"saving again keeps the marks", correlationMarksSurvive},
		{"one key twice in a batch", correlationTwiceInBatch},
		{"a reused id belongs to the newest message", correlationReuse},
		{"parts come in order", correlationParts},
		{"parts of odd messages", correlationOddMessages},
		{"states are set, final once", correlationMarks},
		{"messages that expire unfinished are found", correlationUnfinished},
		{"marking what is gone is no error", correlationMarkGone},
		{"marks from many pods are all kept", correlationMarksConcurrent},
		{"a batch of thousands", correlationBig},
		{"saved and found by many at once", correlationConcurrent},
		{"a context that has ended", correlationCancelled},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

// submittedAt is now, to the precision that every store keeps.
func submittedAt() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// correlation is a row as the submit path writes it.
func correlation(operator, id, message string, part, parts int) port.Correlation {
	at := submittedAt()
	return port.Correlation{
		OperatorID: operator, OperatorMessageID: id, MessageID: message,
		PartIndex: part, PartsTotal: parts,
		Bind: port.BindID{MNO: "awcc", Direction: port.TRX, Number: 2},
		From: "Ghasi", To: "93700123456",
		SubmittedAt: at, ExpiresAt: at.Add(72 * time.Hour),
	}
}

func save(t *testing.T, s port.CorrelationStore, rows ...port.Correlation) {
	t.Helper()
	if err := s.Save(within(t), rows); err != nil {
		t.Fatalf("Save %d rows: %v", len(rows), err)
	}
}

// findOne returns the row of one key, or nil.
func findOne(t *testing.T, s port.CorrelationStore, key port.CorrelationKey) *port.Correlation {
	t.Helper()
	return find(t, s, key)[0]
}

func find(t *testing.T, s port.CorrelationStore, keys ...port.CorrelationKey) []*port.Correlation {
	t.Helper()
	found, err := s.Find(within(t), keys)
	if err != nil {
		t.Fatalf("Find %d keys: %v", len(keys), err)
	}
	if len(found) != len(keys) {
		t.Fatalf("Find returned %d results for %d keys", len(found), len(keys))
	}
	return found
}

func mark(t *testing.T, s port.CorrelationStore, marks ...port.Mark) {
	t.Helper()
	if err := s.Mark(within(t), marks); err != nil {
		t.Fatalf("Mark: %v", err)
	}
}

// same compares two rows field by field; times by instant.
func same(t *testing.T, got, want port.Correlation) {
	t.Helper()
	if !got.SubmittedAt.Equal(want.SubmittedAt) || !got.ExpiresAt.Equal(want.ExpiresAt) {
		t.Errorf("times: submitted %v expires %v, want %v and %v", got.SubmittedAt, got.ExpiresAt, want.SubmittedAt, want.ExpiresAt)
	}
	got.SubmittedAt, got.ExpiresAt = want.SubmittedAt, want.ExpiresAt
	if got != want {
		t.Errorf("row differs:\n got %+v\nwant %+v", got, want)
	}
}

func correlationFields(t *testing.T, s port.CorrelationStore) {
	row := correlation(unique(t), "8F3A:77", "7d6c2d3c-6f0f-4b5f-9f57-0d2a4e3b7a11", 2, 3)
	row.Epoch = 1<<40 + 7
	row.From, row.To = "Ünïcode", "+93700123456"
	row.Ambiguous = true
	row.Fingerprint = "1:0123456789abcdef"
	row.Trace = port.Trace{Parent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", State: "vendor=opaque"}
	row.Silent = true
	row.PrimaryOperatorID, row.Reference = "primary", port.Reference{Number: 65535, Bits: 16}
	save(t, s, row)
	got := findOne(t, s, row.Key())
	if got == nil {
		t.Fatal("the row that was saved is not found")
	}
	same(t, *got, row)
	if want := row.SubmittedAt.Add(72 * time.Hour); !got.ExpiresAt.Equal(want) {
		t.Errorf("expires_at is %v, want submitted_at + 72 h = %v", got.ExpiresAt, want) // US-SC-010
	}
	parts, err := s.Parts(within(t), row.OperatorID, row.MessageID)
	if err != nil || len(parts) != 1 {
		t.Fatalf("Parts: %d rows, %v; want 1", len(parts), err)
	}
	same(t, parts[0], row)
}

func correlationNothing(t *testing.T, s port.CorrelationStore) {
	save(t, s)
	mark(t, s)
	if found := find(t, s); len(found) != 0 {
		t.Errorf("Find without keys returned %d results", len(found))
	}
}

func correlationUnknown(t *testing.T, s port.CorrelationStore) {
	operator := unique(t)
	row := correlation(operator, "known", "m-1", 1, 1)
	save(t, s, row)
	found := find(t, s,
		port.CorrelationKey{OperatorID: operator, OperatorMessageID: "unknown-1"},
		row.Key(),
		port.CorrelationKey{OperatorID: operator, OperatorMessageID: "unknown-2"},
		row.Key(), // the same key twice
	)
	if found[0] != nil || found[2] != nil {
		t.Errorf("unknown keys were found: %+v, %+v", found[0], found[2])
	}
	if found[1] == nil || found[3] == nil {
		t.Fatal("the known key was not found in both of its places")
	}
	same(t, *found[3], row)
	parts, err := s.Parts(within(t), operator, "m-unknown")
	if err != nil || parts == nil || len(parts) != 0 {
		t.Errorf("Parts of an unknown message: %v, %v; want an empty slice", parts, err)
	}
}

func correlationOddIDs(t *testing.T, s port.CorrelationStore) {
	operator := unique(t)
	var rows []port.Correlation
	var keys []port.CorrelationKey
	for i, id := range oddIDs() {
		row := correlation(operator, id, fmt.Sprintf("m-%d", i), 1, 1)
		rows, keys = append(rows, row), append(keys, row.Key())
	}
	save(t, s, rows...)
	for i, got := range find(t, s, keys...) {
		if got == nil {
			t.Errorf("id %q is not found", keys[i].OperatorMessageID)
			continue
		}
		same(t, *got, rows[i])
	}
}

func correlationAccounts(t *testing.T, s port.CorrelationStore) {
	a, b := correlation(unique(t), "77", "m-a", 1, 1), correlation(unique(t), "77", "m-b", 1, 1)
	save(t, s, a, b)
	found := find(t, s, b.Key(), a.Key())
	if found[0] == nil || found[1] == nil {
		t.Fatal("one account's row hides the other's")
	}
	same(t, *found[0], b)
	same(t, *found[1], a)
}

func correlationEmpty(t *testing.T, s port.CorrelationStore) {
	operator := unique(t)
	good := correlation(operator, "good", "m-good", 1, 1)
	for what, spoil := range map[string]func(*port.Correlation){
		"operator id":         func(c *port.Correlation) { c.OperatorID = "" },
		"operator message id": func(c *port.Correlation) { c.OperatorMessageID = "" },
		"message id":          func(c *port.Correlation) { c.MessageID = "" },
	} {
		bad := correlation(operator, "bad", "m-bad", 1, 1)
		spoil(&bad)
		if err := s.Save(within(t), []port.Correlation{good, bad}); err == nil {
			t.Errorf("a row without %s was saved", what)
		}
	}
	if got := findOne(t, s, port.CorrelationKey{OperatorID: operator}); got != nil {
		t.Errorf("an empty id was found: %+v", got)
	}
}

func correlationIdempotent(t *testing.T, s port.CorrelationStore) {
	row := correlation(unique(t), "again", "m-1", 1, 1)
	save(t, s, row)
	again := row
	again.SubmittedAt = again.SubmittedAt.Add(time.Minute) // a redelivery repeats the write with what it knows
	save(t, s, again)
	save(t, s, row)
	got := findOne(t, s, row.Key())
	if got == nil {
		t.Fatal("the row is gone after it was saved again")
	}
	same(t, *got, row)
	parts, err := s.Parts(within(t), row.OperatorID, row.MessageID)
	if err != nil || len(parts) != 1 {
		t.Errorf("Parts after three saves of one row: %d rows, %v; want 1", len(parts), err)
	}
}

func correlationMarksSurvive(t *testing.T, s port.CorrelationStore) {
	row := correlation(unique(t), "marked", "m-1", 1, 1)
	save(t, s, row)
	mark(t, s, port.Mark{Key: row.Key(), State: 2, Final: true})
	save(t, s, row)
	got := findOne(t, s, row.Key())
	if got == nil || got.States != 1<<2 || got.Final != 2 {
		t.Fatalf("after a second Save: %+v; want state 2 still set and final", got)
	}
}

func correlationTwiceInBatch(t *testing.T, s port.CorrelationStore) {
	operator := unique(t)
	row := correlation(operator, "twice", "m-1", 1, 1)
	newer := correlation(operator, "twice", "m-2", 1, 1)
	save(t, s, row, row)
	save(t, s, row, newer) // an id that the MNO gave out twice within a moment: the later row wins
	got := findOne(t, s, row.Key())
	if got == nil || got.MessageID != "m-2" {
		t.Fatalf("found %+v, want the later of two rows in a batch", got)
	}
}

func correlationReuse(t *testing.T, s port.CorrelationStore) {
	old := correlation(unique(t), "reused", "m-old", 1, 1)
	old.SubmittedAt = old.SubmittedAt.Add(-48 * time.Hour)
	save(t, s, old)
	mark(t, s, port.Mark{Key: old.Key(), State: 2, Final: true})

	fresh := correlation(old.OperatorID, "reused", "m-fresh", 1, 1)
	save(t, s, fresh)
	got := findOne(t, s, fresh.Key())
	if got == nil {
		t.Fatal("a reused id is not found")
	}
	same(t, *got, fresh) // with no state of the message before it
	parts, err := s.Parts(within(t), fresh.OperatorID, "m-fresh")
	if err != nil || len(parts) != 1 {
		t.Errorf("Parts of the newer message: %d rows, %v; want 1", len(parts), err)
	}
}

func correlationParts(t *testing.T, s port.CorrelationStore) {
	const parts = 12 // two digits: 10 comes after 9
	operator := unique(t)
	var rows []port.Correlation
	for part := parts; part >= 1; part-- {
		rows = append(rows, correlation(operator, fmt.Sprintf("id-%d", (part*7)%13), "m-long", part, parts))
	}
	other := correlation(operator, "other", "m-long-2", 1, 1) // a message whose id begins alike
	save(t, s, append(rows[:5:5], other)...)
	save(t, s, rows[5:]...)
	mark(t, s, port.Mark{Key: rows[0].Key(), State: 2, Final: true})

	got, err := s.Parts(within(t), operator, "m-long")
	if err != nil || len(got) != parts {
		t.Fatalf("Parts: %d rows, %v; want %d", len(got), err, parts)
	}
	for i, row := range got {
		if row.PartIndex != i+1 {
			t.Errorf("row %d is part %d, want part %d", i, row.PartIndex, i+1)
		}
	}
	if last := got[parts-1]; last.States != 1<<2 || last.Final != 2 {
		t.Errorf("part %d: states %b, final %d; want state 2, final", parts, last.States, last.Final)
	}
}

func correlationOddMessages(t *testing.T, s port.CorrelationStore) {
	operator := unique(t)
	var rows []port.Correlation
	for i, message := range oddIDs() {
		if !utf8.ValidString(message) {
			continue // a messageId comes out of a JSON document: it may be odd, it is always UTF-8
		}
		rows = append(rows, correlation(operator, fmt.Sprintf("id-%d", i), message, 1, 1))
	}
	save(t, s, rows...)
	for _, row := range rows {
		parts, err := s.Parts(within(t), operator, row.MessageID)
		if err != nil || len(parts) != 1 {
			t.Errorf("Parts of message %q: %d rows, %v; want 1", row.MessageID, len(parts), err)
			continue
		}
		same(t, parts[0], row)
	}
}

func correlationMarks(t *testing.T, s port.CorrelationStore) {
	row := correlation(unique(t), "states", "m-1", 1, 1)
	save(t, s, row)
	mark(t, s, port.Mark{Key: row.Key(), State: 1})
	mark(t, s, port.Mark{Key: row.Key(), State: 6}, port.Mark{Key: row.Key(), State: 2, Final: true})
	mark(t, s, port.Mark{Key: row.Key(), State: 5, Final: true}, port.Mark{Key: row.Key(), State: 1})
	got := findOne(t, s, row.Key())
	if want := uint16(1<<1 | 1<<6 | 1<<2 | 1<<5); got == nil || got.States != want || got.Final != 2 {
		t.Fatalf("found %+v; want states %b and 2 as the first final one", got, want)
	}
}

func correlationMarkGone(t *testing.T, s port.CorrelationStore) {
	operator := unique(t)
	row := correlation(operator, "here", "m-1", 1, 1)
	save(t, s, row)
	gone := port.CorrelationKey{OperatorID: operator, OperatorMessageID: "gone"}
	mark(t, s, port.Mark{Key: gone, State: 2, Final: true}, port.Mark{Key: row.Key(), State: 2, Final: true})
	found := find(t, s, gone, row.Key())
	if found[0] != nil {
		t.Errorf("marking a row that is gone made one: %+v", found[0])
	}
	if found[1] == nil || found[1].Final != 2 {
		t.Errorf("the row beside it: %+v, want final 2", found[1])
	}
}

func correlationMarksConcurrent(t *testing.T, s port.CorrelationStore) {
	row := correlation(unique(t), "race", "m-1", 1, 1)
	save(t, s, row)
	var pods sync.WaitGroup
	for state := range uint8(10) {
		pods.Go(func() {
			if err := s.Mark(within(t), []port.Mark{{Key: row.Key(), State: state, Final: state == 2}}); err != nil {
				t.Errorf("Mark state %d: %v", state, err)
			}
		})
	}
	pods.Wait()
	got := findOne(t, s, row.Key())
	if got == nil || got.States != 1<<10-1 || got.Final != 2 {
		t.Fatalf("after ten marks at once: %+v; want all ten states and final 2", got)
	}
}

func correlationBig(t *testing.T, s port.CorrelationStore) {
	const n = 3000
	operator := unique(t)
	rows := make([]port.Correlation, n)
	keys := make([]port.CorrelationKey, n)
	marks := make([]port.Mark, n)
	for i := range rows {
		rows[i] = correlation(operator, fmt.Sprintf("big-%d", i), fmt.Sprintf("m-%d", i), 1, 1)
		keys[n-1-i] = rows[i].Key()
		marks[i] = port.Mark{Key: rows[i].Key(), State: 2, Final: true}
	}
	save(t, s, rows...)
	mark(t, s, marks...)
	for i, got := range find(t, s, keys...) {
		if want := rows[n-1-i].MessageID; got == nil || got.MessageID != want || got.Final != 2 {
			t.Fatalf("key %d: %+v; want message %s, final 2", i, got, want)
		}
	}
}

func correlationConcurrent(t *testing.T, s port.CorrelationStore) {
	const writers, each = 8, 100
	operator := unique(t)
	var pods sync.WaitGroup
	for w := range writers {
		pods.Go(func() {
			rows := make([]port.Correlation, each)
			keys := make([]port.CorrelationKey, each)
			for i := range rows {
				rows[i] = correlation(operator, fmt.Sprintf("%d-%d", w, i), fmt.Sprintf("m-%d-%d", w, i), 1, 1)
				keys[i] = rows[i].Key()
			}
			if err := s.Save(within(t), rows); err != nil {
				t.Errorf("writer %d: Save: %v", w, err)
				return
			}
			// What Save has returned for must be found at once: "both sides look after they have stored".
			found, err := s.Find(within(t), keys)
			if err != nil || len(found) != each {
				t.Errorf("writer %d: Find: %d results, %v", w, len(found), err)
				return
			}
			for i, got := range found {
				if got == nil || got.MessageID != rows[i].MessageID {
					t.Errorf("writer %d: key %d: %+v, want %s", w, i, got, rows[i].MessageID)
					return
				}
			}
		})
	}
	pods.Wait()
}

func correlationCancelled(t *testing.T, s port.CorrelationStore) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	row := correlation(unique(t), "late", "m-1", 1, 1)
	if err := s.Save(ctx, []port.Correlation{row}); err == nil {
		t.Error("Save with a context that has ended reports success")
	}
	if _, err := s.Find(ctx, []port.CorrelationKey{row.Key()}); err == nil {
		t.Error("Find with a context that has ended reports success")
	}
}

// decisions.md 011: a message in parts that expires before all of them are final has
// its final event then.
func correlationUnfinished(t *testing.T, s port.CorrelationStore) {
	operator, another := unique(t), unique(t)
	due := submittedAt().Add(-10 * time.Minute) // rows are kept for a while after they expire
	row := func(operator, id, message string, parts int, expires time.Time) port.Correlation {
		r := correlation(operator, id, message, 1, parts)
		r.SubmittedAt, r.ExpiresAt = expires.Add(-72*time.Hour), expires
		return r
	}
	save(t, s, row(operator, "1", "unfinished", 2, due), row(operator, "2", "silent", 2, due), row(operator, "3", "single", 1, due),
		row(operator, "4", "concluded", 2, due), row(operator, "5", "early", 2, due.Add(-time.Minute)), row(operator, "6", "late", 2, due.Add(time.Second)),
		row(another, "1", "another's", 2, due))
	var marks []port.Mark
	for _, id := range []string{"1", "3", "4", "5", "6"} {
		marks = append(marks, port.Mark{Key: port.CorrelationKey{OperatorID: operator, OperatorMessageID: id}, State: 2, Final: true})
	}
	marks = append(marks, port.Mark{Key: port.CorrelationKey{OperatorID: operator, OperatorMessageID: "4"}, State: port.Concluded},
		port.Mark{Key: port.CorrelationKey{OperatorID: another, OperatorMessageID: "1"}, State: 2, Final: true})
	if err := s.Mark(within(t), marks); err != nil {
		t.Fatal(err)
	}
	found, err := s.Unfinished(within(t), []string{operator, "nobody"}, due.Add(-time.Minute), due)
	if err != nil || len(found) != 1 || found[0].MessageID != "unfinished" || found[0].Final != 2 {
		t.Errorf("%+v, %v: want the one that is due", found, err)
	}
	if found, err := s.Unfinished(within(t), nil, due.Add(-time.Minute), due); err != nil || len(found) != 0 {
		t.Errorf("%+v, %v: want nothing of no account", found, err)
	}
}
