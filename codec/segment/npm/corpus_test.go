package npm_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// A row is a line of a corpus.
type row struct {
	Text            string
	Want            string
	Encoding        string
	Units, Segments int
	Fingerprint     string
}

// rows reads a corpus. The workshop's shared data lies beside the repository and
// not in it; a test that needs it says so when it is away.
func rows(t *testing.T, path string) (all []row) {
	t.Helper()
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) && strings.Contains(path, "shared") {
		t.Skipf("%s is not beside this checkout", filepath.Base(path))
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var r row
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	if lines.Err() != nil {
		t.Fatal(lines.Err())
	}
	return all
}

// US-SC-036: the 1,000 strings of the contract, and the 1,135 that five other
// calculators counted. Node and Go say the same of every one, under every option,
// to the last octet of each part.
func TestUSSC036NodeSaysWhatGoSays(t *testing.T) {
	every := []options{{MaxParts: 1}, {ReferenceBits: 16, MaxParts: -1}}
	for _, encoding := range []string{"GSM7", "UCS2", "GSM7_FORCE"} {
		every = append(every, options{Encoding: encoding, ReferenceBits: 8}, options{Encoding: encoding, ReferenceBits: 16})
	}
	for _, corpus := range []struct {
		name, path string
		rows       int
	}{
		{"contract", "../testdata/contract.jsonl", 1000},
		{"shared", "../../../../shared/data/segments/segments.jsonl", 1135},
	} {
		t.Run(corpus.name, func(t *testing.T) {
			texts := rows(t, corpus.path)
			if len(texts) != corpus.rows {
				t.Errorf("%d rows, want %d", len(texts), corpus.rows)
			}
			var e exam
			for i, r := range texts {
				// The corpus itself, as it asks to be counted, and every other way.
				holds(t, i, r, e.add(r.Text, options{Encoding: r.Want}))
				for _, o := range every {
					e.add(r.Text, o)
				}
			}
			e.take(t)
		})
	}
}

// US-SC-036: what the corpora do not have.
func TestUSSC036BordersThroughNode(t *testing.T) {
	texts := []string{"", "\x00", "\ufeffa", "\ufffd", "\n\"\\\f", "😀", strings.Repeat("😀", 68), strings.Repeat("a", 152) + "€€",
		strings.Repeat("a", 160), strings.Repeat("a", 161), strings.Repeat("€", 81), strings.Repeat("a", 153*255), strings.Repeat("a", 153*255+1),
		strings.Repeat("س", 67*255), strings.Repeat("س", 67*255+1), strings.Repeat("\U0010FFFF", 70000), "\ue000\uffff\u2028"}
	for i := range 100 { // growing, so that every buffer has to
		texts = append(texts, strings.Repeat("سلام€😀"+strconv.Itoa(i), i))
	}
	var e exam
	for _, text := range texts {
		for _, o := range []options{{}, {Encoding: "GSM7_FORCE"}, {Encoding: "UCS2", ReferenceBits: 16, MaxParts: -1}} {
			e.add(text, o)
		}
	}
	e.take(t)
}

// An exam is what Node is asked through every entry, and what it has to say.
type exam struct {
	demands []demand
	want    []answer
}

func (e *exam) add(text string, o options) answer {
	a := inGo(text, o)
	e.demands = append(e.demands, demand{Text: &text, Options: o})
	e.want = append(e.want, a)
	return a
}

func (e *exam) take(t *testing.T) {
	consumer(t)
	for _, entry := range entries {
		t.Run(entry.name, func(t *testing.T) {
			t.Parallel()
			for i, got := range ask(t, entry.node, e.demands) {
				if !reflect.DeepEqual(got, e.want[i]) {
					t.Errorf("demand %d, a text of %d octets, %+v:\nNode %.500s\nGo   %.500s", i+1, len(*e.demands[i].Text), e.demands[i].Options, inJSON(got), inJSON(e.want[i]))
				}
			}
		})
	}
}

// holds compares Go's answer to what the corpus says, so that the two do not agree
// on something wrong.
func holds(t *testing.T, i int, r row, a answer) {
	t.Helper()
	if r.Fingerprint == "" { // the shared corpus has none
		r.Fingerprint = a.Count.Fingerprint
	}
	if a.Count != (counted{r.Encoding, r.Units, r.Segments, r.Fingerprint, nil}) {
		t.Errorf("row %d: Go says %+v, the corpus %s %d %d %s", i+1, a.Count, r.Encoding, r.Units, r.Segments, r.Fingerprint)
	}
}
