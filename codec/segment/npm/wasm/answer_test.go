package main

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unsafe"

	"github.com/ghasi/smpp-connector/codec/segment"
)

// call is what the host does for one text.
func call(t *testing.T, s string, encoding segment.Encoding, wide bool, maxParts int32) (head map[string]any, octets []byte) {
	t.Helper()
	copy(unsafe.Slice((*byte)(Text(uint32(len(s)))), len(s)), s)
	size := Split(uint32(len(s)), uint32(encoding), wide, maxParts)
	line, octets, found := bytes.Cut(unsafe.Slice((*byte)(Answer()), size), []byte("\n"))
	if !found {
		t.Fatal("the answer has no line")
	}
	if err := json.Unmarshal(line, &head); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return head, octets
}

// US-SC-036: every error has its code, also those to which no JavaScript leads.
func TestUSSC036ErrorsByTheirCode(t *testing.T) {
	for _, c := range []struct {
		name     string
		text     string
		encoding segment.Encoding
		want     map[string]any
	}{
		{"no UTF-8", "a\xed\xa0\x80", segment.Auto, map[string]any{"code": "INVALID_UTF8", "field": "text", "offset": 1.0}},
		{"not GSM7", "salam سلام", segment.GSM7, map[string]any{"code": "NOT_GSM7", "field": "text", "offset": 6.0}},
		{"too long", strings.Repeat("a", 161), segment.Auto, map[string]any{"code": "TOO_LONG", "field": "text", "segments": 2.0, "limit": 1.0}},
		{"no encoding", "a", 9, map[string]any{"code": "INVALID_OPTION", "field": "encoding"}},
	} {
		head, octets := call(t, c.text, c.encoding, false, 1)
		_, err := segment.Split(c.text, c.encoding, segment.Rule{MaxParts: 1})
		c.want["message"] = err.Error()
		if !reflect.DeepEqual(head, c.want) || len(octets) > 0 {
			t.Errorf("%s: %v and %d octets, want %v", c.name, head, len(octets), c.want)
		}
	}
	octets := appendError(nil, &segment.RuleError{Field: "locking shift language", Value: 99, Want: "0, 1 or 3 to 13 (3GPP TS 23.038 §6.2.1.2.4)"})
	if !json.Valid(octets) {
		t.Errorf("%s", octets)
	}
}

// US-SC-036: the answer is the plan, and no octet of an earlier one.
func TestUSSC036AnswersAreOfTheirOwnText(t *testing.T) {
	for _, s := range []string{strings.Repeat("سلام 😀", 100), "", "€", strings.Repeat("a", 200), "سلام"} {
		plan, err := segment.Split(s, segment.GSM7Force, segment.Rule{Wide: true})
		if err != nil {
			t.Fatal(err)
		}
		head, octets := call(t, s, segment.GSM7Force, true, 0)
		if head["fingerprint"] != plan.Fingerprint() || head["segments"] != float64(plan.Segments) {
			t.Errorf("%d octets: %v, want %v %s", len(s), head, plan.Count, plan.Fingerprint())
		}
		if !bytes.Equal(octets, bytes.Join(plan.Parts, nil)) || len(head["replaced"].([]any)) != len(plan.Replaced) {
			t.Errorf("%d octets: other parts", len(s))
		}
	}
	if size := Version(); string(unsafe.Slice((*byte)(Answer()), size)) != segment.Version {
		t.Error("another version")
	}
}
