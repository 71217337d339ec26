package segment

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// shared opens a file of the workshop's data, which lies beside the repository
// and not in it. The tests that need it say so when it is away; what they prove
// is proved on a smaller scale by the package's own tables and testdata.
func shared(t testing.TB, name string) *os.File {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", name))
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("shared data %s is not beside this checkout", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func eachLine(t testing.TB, f *os.File, do func(line string)) (n int) {
	t.Helper()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		do(lines.Text())
		n++
	}
	if lines.Err() != nil {
		t.Fatal(lines.Err())
	}
	return n
}

// US-SC-036: 1,135 texts whose count five independent calculators were asked for.
func TestUSSC036CountsAgreeWithTheSharedSegments(t *testing.T) {
	n := eachLine(t, shared(t, "segments/segments.jsonl"), func(line string) {
		var row struct {
			Text            string
			Encoding        string
			Units, Segments int
			Kind            string
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		got, err := CountText(row.Text, Auto, Rule{})
		if err != nil || got.Encoding.String() != row.Encoding || got.Units != row.Units || got.Segments != row.Segments {
			t.Errorf("%s, %d octets: counted %v %v, want %s %d %d", row.Kind, len(row.Text), got, err, row.Encoding, row.Units, row.Segments)
		}
		checkPlan(t, row.Text, Auto, Rule{})
		checkPlan(t, row.Text, GSM7Force, Rule{})
		checkPlan(t, row.Text, UCS2, Rule{Wide: true})
	})
	if n != 1135 {
		t.Errorf("read %d rows, want 1135", n)
	}
}

// US-SC-007: Perl's Encode::GSM0338 is the second opinion on 298 strings.
func TestUSSC007SeptetsAgreeWithPerl(t *testing.T) {
	n := eachLine(t, shared(t, "gsm/perl-encode.jsonl"), func(line string) {
		var row struct {
			Text      string
			Encodable bool
			Hex       string
			Septets   int
			LossyHex  string `json:"lossy_hex"`
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		plan, err := Split(row.Text, GSM7, Rule{MaxParts: -1})
		if (err == nil) != row.Encodable {
			t.Errorf("%q: error %v, Perl says encodable %v", row.Text, err, row.Encodable)
		}
		if row.Encodable && (joined(plan) != row.Hex || plan.Units != row.Septets) {
			t.Errorf("%q: %s, %d septets, Perl says %s, %d", row.Text, joined(plan), plan.Units, row.Hex, row.Septets)
		}
		forced, err := Split(row.Text, GSM7Force, Rule{MaxParts: -1})
		if err != nil || joined(forced) != row.LossyHex {
			t.Errorf("%q forced: %s %v, Perl says %s", row.Text, joined(forced), err, row.LossyHex)
		}
		if row.Encodable != (len(forced.Replaced) == 0) {
			t.Errorf("%q forced: %d replaced, Perl says encodable %v", row.Text, len(forced.Replaced), row.Encodable)
		}
	})
	if n < 298 {
		t.Errorf("read %d rows, want 298", n)
	}
}

func joined(p Plan) string {
	var b strings.Builder
	for _, part := range p.Parts {
		b.WriteString(hex.EncodeToString(part))
	}
	return b.String()
}

// 3GPP TS 23.038 §6.2.1 and Annex A: every cell of every table, and no other.
func TestTablesAgreeWithTheSharedTables(t *testing.T) {
	check := func(file, prefix string, extended bool, s Shift) {
		t.Helper()
		want := make(map[byte]rune)
		eachLine(t, shared(t, "gsm/"+file), func(line string) {
			cells := strings.Split(line, "\t")
			c, err1 := strconv.ParseUint(strings.TrimPrefix(cells[0], prefix), 16, 8)
			r, err2 := strconv.ParseUint(strings.TrimPrefix(cells[1], "U+"), 16, 32)
			if err1 != nil || err2 != nil {
				t.Fatalf("%s: %q", file, line)
			}
			if r != Escape {
				want[byte(c)] = rune(r)
			}
		})
		for c := range 0x100 {
			got, ok := s.Char(byte(c), extended)
			if ok != (want[byte(c)] != 0) || got != want[byte(c)] {
				t.Errorf("%s: %02X is %U %v, want %U", file, c, got, ok, want[byte(c)])
			}
		}
	}
	check("default.tsv", "", false, Shift{})
	check("extension.tsv", "1B", true, Shift{})
	for l := Turkish; l <= Urdu; l++ {
		if l.HasLocking() {
			check("national-"+l.String()+"-locking.tsv", "", false, Shift{Locking: l})
		}
		check("national-"+l.String()+"-single.tsv", "", true, Shift{Single: l})
	}
}
