package segment

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Row is one line of testdata/contract.jsonl.
type contractRow struct {
	Text            string
	Want            Encoding
	Encoding        Encoding
	Units, Segments int
	Fingerprint     string
}

func contractRows(t *testing.T) (rows []contractRow) {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "contract.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	eachLine(t, f, func(line string) {
		var r contractRow
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, r)
	})
	return rows
}

// US-SC-036: 1,000 texts; both services compute identical (encoding, segments),
// and the fingerprint.
func TestUSSC036Contract(t *testing.T) {
	rows := contractRows(t)
	if len(rows) != 1000 {
		t.Errorf("%d rows, want 1,000", len(rows))
	}
	for i, r := range rows {
		plan := checkPlan(t, r.Text, r.Want, Rule{})
		if plan.Count != (Count{r.Encoding, r.Units, r.Segments}) || plan.Fingerprint() != r.Fingerprint {
			t.Errorf("row %d: %v %s, want %v %d %d %s", i+1, plan.Count, plan.Fingerprint(), r.Encoding, r.Units, r.Segments, r.Fingerprint)
		}
		again, err := Fingerprint(r.Text, r.Want, Rule{})
		if err != nil || again != r.Fingerprint {
			t.Errorf("row %d: Fingerprint says %s %v", i+1, again, err)
		}
	}
}

// US-SC-036: the fingerprint tells texts, encodings and cuts apart, and nothing
// else.
func TestUSSC036FingerprintTellsContentsApart(t *testing.T) {
	seen := make(map[string]string)
	for _, row := range []struct {
		text string
		want Encoding
		rule Rule
	}{
		{"hello", Auto, Rule{}}, {"hello", UCS2, Rule{}}, {"hello ", Auto, Rule{}}, {"", Auto, Rule{}}, {"", UCS2, Rule{}},
		{"سلام", Auto, Rule{}}, {strings.Repeat("a", 153*2), Auto, Rule{}}, {strings.Repeat("a", 153*2), Auto, Rule{Wide: true}},
		{"Ş", Auto, Rule{Single: Turkish}}, {"Ş", Auto, Rule{}},
	} {
		f, err := Fingerprint(row.text, row.want, row.rule)
		if err != nil || !strings.HasPrefix(f, "1:") || len(f) != 18 {
			t.Errorf("%q %v", f, err)
		}
		if other, ok := seen[f]; ok {
			t.Errorf("%.20q has the fingerprint of %.20q", row.text, other)
		}
		seen[f] = row.text
	}
	forced, _ := Fingerprint("héllo ✓", GSM7Force, Rule{})
	if plain, _ := Fingerprint("héllo ?", GSM7, Rule{}); forced != plain {
		t.Error("what is sent alike has two fingerprints")
	}
	if wide, _ := Fingerprint("hello", Auto, Rule{Wide: true}); seen[wide] != "hello" {
		t.Error("the width of a reference that is not sent changes the fingerprint")
	}
}

func TestEncodingNames(t *testing.T) {
	for _, e := range []Encoding{Auto, GSM7, UCS2, GSM7Force} {
		name, err := e.MarshalText()
		back, err2 := ParseEncoding(string(name))
		if err != nil || err2 != nil || back != e {
			t.Errorf("%v: %s %v %v", e, name, back, err2)
		}
	}
	if e, err := ParseEncoding(""); e != Auto || err != nil {
		t.Errorf("the empty name: %v %v", e, err)
	}
	for _, name := range []string{"gsm7", "UCS-2", "GSM8"} {
		if e, err := ParseEncoding(name); err == nil {
			t.Errorf("%s is %v", name, e)
		}
	}
	if _, err := Encoding(9).MarshalText(); err == nil {
		t.Error("encoding 9 has a name")
	}
}
