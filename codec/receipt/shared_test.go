package receipt

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// vector is one row of receipts.jsonl, shared or our own.
type vector struct {
	Name, Text string
	Expect     struct {
		ID, Sub, Dlvrd, Stat, Err, Text *string
		SubmitDate                      *string `json:"submit_date"`
		DoneDate                        *string `json:"done_date"`
		SubmitISO                       *string `json:"submit_date_iso"`
		DoneISO                         *string `json:"done_date_iso"`
	}
	Notes []string
}

func vectors(t *testing.T, path string) (rows []vector) {
	t.Helper()
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) && strings.Contains(path, "shared") {
		t.Skipf("shared data %s is not beside this checkout", filepath.Base(path))
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var v vector
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, v)
	}
	if lines.Err() != nil {
		t.Fatal(lines.Err())
	}
	return rows
}

// octets undoes the vectors' way of writing octets above 7F as the characters of
// the same number.
func octets(s string) []byte {
	var b []byte
	for _, r := range s {
		b = append(b, byte(r))
	}
	return b
}

// US-SC-011: receipts from the tests and issue threads of 22 other implementations.
func TestUSSC011TheSharedReceipts(t *testing.T) {
	rows := vectors(t, filepath.Join("..", "..", "..", "shared", "data", "vectors", "receipts.jsonl"))
	if len(rows) != 106 {
		t.Errorf("read %d receipts, want 106", len(rows))
	}
	for _, v := range rows {
		checkVector(t, v)
	}
}

// US-SC-011: receipts of our own, so that a bare clone proves the same rules.
func TestUSSC011OurReceipts(t *testing.T) {
	rows := vectors(t, filepath.Join("testdata", "receipts.jsonl"))
	if len(rows) < 20 {
		t.Errorf("read %d receipts", len(rows))
	}
	for _, v := range rows {
		checkVector(t, v)
	}
}

func checkVector(t *testing.T, v vector) {
	t.Helper()
	body := octets(v.Text)
	f := Parse(body)
	e := v.Expect
	for _, field := range []struct {
		name string
		got  Value
		want *string
	}{
		{"id", f.ID, e.ID}, {"sub", f.Sub, e.Sub}, {"dlvrd", f.Dlvrd, e.Dlvrd}, {"submit date", f.SubmitDate, e.SubmitDate},
		{"done date", f.DoneDate, e.DoneDate}, {"stat", f.Stat, e.Stat}, {"err", f.Err, e.Err}, {"text", f.Text, e.Text},
	} {
		switch {
		case field.got.Set != (field.want != nil):
			t.Errorf("%s: %s is there: %v, want %v", v.Name, field.name, field.got.Set, field.want != nil)
		case field.want != nil && field.got.Text != string(octets(*field.want)):
			t.Errorf("%s: %s is %q, want %q", v.Name, field.name, field.got.Text, *field.want)
		}
	}
	checkDate(t, v, f.SubmitDate, e.SubmitISO)
	checkDate(t, v, f.DoneDate, e.DoneISO)
	checkNothingLost(t, body, f)
	for _, note := range v.Notes {
		_, unlabelled, ok := strings.Cut(note, "followed by unlabelled text: '")
		if ok && !hasUnread(f, string(octets(strings.TrimSuffix(unlabelled, "'")))) {
			t.Errorf("%s: %q is not among %q", v.Name, unlabelled, f.Unread)
		}
	}
}

func hasUnread(f Fields, text string) bool {
	for _, u := range f.Unread {
		if u.Text == text {
			return true
		}
	}
	return false
}

func checkDate(t *testing.T, v vector, got Value, iso *string) {
	t.Helper()
	d, ok := ParseDate(got.Text, nil)
	if ok != (iso != nil) {
		t.Errorf("%s: date %q read: %v, want %v", v.Name, got.Text, ok, iso != nil)
	}
	if ok && iso != nil && d.Time.Truncate(time.Second).Format("2006-01-02T15:04:05") != *iso {
		t.Errorf("%s: date %q is %s, want %s", v.Name, got.Text, d.Time, *iso)
	}
	for _, note := range v.Notes {
		if _, other, ambiguous := strings.Cut(note, "ambiguous: also "); ambiguous {
			if !strings.HasPrefix(other, d.Other.Format("2006-01-02T")) && d.Other.IsZero() {
				t.Errorf("%s: date %q has no second reading, want %s", v.Name, got.Text, other)
			}
		}
	}
}

// checkNothingLost: every octet of a receipt is a label, a value, unread, or a
// blank or separator between them.
func checkNothingLost(t testing.TB, body []byte, f Fields) {
	t.Helper()
	kept := make(map[byte]int)
	count := func(s string) {
		for i := range len(s) {
			kept[s[i]]++
		}
	}
	for l := ID; l <= Text; l++ {
		if v := f.at(l); v.Set {
			count(v.Text)
		}
	}
	for _, u := range f.Unread {
		count(u.Text)
	}
	for _, o := range body {
		kept[o]--
	}
	// What is missing may only be what labels are made of, and blanks.
	for o, n := range kept {
		if n > 0 {
			t.Fatalf("octet %02X stands %d times more often in the fields than in the receipt", o, n)
		}
		if n < 0 && !strings.ContainsRune("idsubdlvrdsubmitdatedonedatestaterrtext:_-"+separators, rune(o|0x20)) &&
			!strings.ContainsRune("_-"+separators, rune(o)) {
			t.Fatalf("octet %02X is lost %d times", o, -n)
		}
	}
}
