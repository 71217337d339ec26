package npm_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/ghasi/smpp-connector/codec/segment"
)

// A demand is one call: a text, or what is given instead of one, and options.
type demand struct {
	Text    *string  `json:"text,omitempty"`
	Units   []uint16 `json:"units,omitempty"`
	Value   any      `json:"value,omitempty"`
	Options any      `json:"options,omitempty"`
}

type options struct {
	Encoding      string `json:"encoding,omitempty"`
	ReferenceBits int    `json:"referenceBits,omitempty"`
	MaxParts      int    `json:"maxParts,omitempty"`
}

// rule is what the options mean to Go.
func (o options) rule() (segment.Encoding, segment.Rule) {
	want, err := segment.ParseEncoding(o.Encoding)
	if err != nil {
		panic(err)
	}
	return want, segment.Rule{Wide: o.ReferenceBits == 16, MaxParts: o.MaxParts}
}

// An answer is what Node says to a demand; and what Go says, in Node's words.
type answer struct {
	Count counted
	Split planned
}

type counted struct {
	Encoding    string
	Units       int
	Segments    int
	Fingerprint string
	Refused     *refusal
}

type planned struct {
	counted
	DataCoding int
	Parts      []string // hex
	Replaced   []replacement
}

type replacement struct {
	Offset    int
	Character string
}

type refusal struct {
	Code, Field, Message    string
	Offset, Segments, Limit *int
	Typed                   bool // it is an Error and the package's own SegmentError
}

// entries are the ways into the package.
var entries = []struct {
	name string
	node []string
}{
	{"require", []string{"require.cjs"}},
	{"import", []string{"import.mjs"}},
	{"browser", []string{"-C", "browser", "browser.mjs"}},
}

// ask lets Node answer demands through one entry.
func ask(t *testing.T, node []string, demands []demand) []answer {
	t.Helper()
	folder := consumer(t)
	cases, err := os.CreateTemp(scratch, "cases-*.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	lines := json.NewEncoder(cases)
	for _, d := range demands {
		if err := lines.Encode(d); err != nil {
			t.Fatal(err)
		}
	}
	if err := cases.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := run(folder, "node", append(node[:len(node):len(node)], cases.Name())...)
	if err != nil {
		t.Fatal(err)
	}
	read := json.NewDecoder(strings.NewReader(string(out)))
	read.DisallowUnknownFields() // an answer has these fields and no other
	var surface struct {
		Version string
		Names   []string
	}
	if err := read.Decode(&surface); err != nil {
		t.Fatal(err)
	}
	names := []string{"SegmentError", "countSegments", "load", "splitSegments", "version"}
	if surface.Version != segment.Version || !reflect.DeepEqual(surface.Names, names) {
		t.Errorf("the package exports %+v, want %v and version %s", surface, names, segment.Version)
	}
	answers := make([]answer, len(demands))
	for i := range answers {
		if err := read.Decode(&answers[i]); err != nil {
			t.Fatalf("answer %d: %v", i+1, err)
		}
	}
	return answers
}

// inGo is the answer that Node has to give.
func inGo(text string, o options) answer {
	want, rule := o.rule()
	plan, err := segment.Split(text, want, rule)
	if err != nil {
		c := counted{Refused: refused(err)}
		return answer{c, planned{counted: c}}
	}
	p := planned{DataCoding: 0, Parts: []string{}, Replaced: []replacement{}}
	p.counted = counted{plan.Encoding.String(), plan.Units, plan.Segments, plan.Fingerprint(), nil}
	if plan.Encoding == segment.UCS2 {
		p.DataCoding = 8
	}
	for _, part := range plan.Parts {
		p.Parts = append(p.Parts, hex.EncodeToString(part))
	}
	for _, r := range plan.Replaced {
		p.Replaced = append(p.Replaced, replacement{r.Offset, string(r.Rune)})
	}
	return answer{p.counted, p}
}

func refused(err error) *refusal {
	r := &refusal{Field: "text", Message: err.Error(), Typed: true}
	var text *segment.TextError
	var tooLong *segment.TooLongError
	switch {
	case errors.As(err, &text) && text.Fault == segment.NotGSM7:
		r.Code, r.Offset = "NOT_GSM7", &text.Offset
	case errors.As(err, &tooLong):
		r.Code, r.Segments, r.Limit = "TOO_LONG", &tooLong.Segments, &tooLong.Limit
	default:
		panic("no JavaScript string should make this error: " + err.Error())
	}
	return r
}

func inJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}
