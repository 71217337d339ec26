package npm_test

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"
)

// US-SC-036: what is no text, and what is no rule, is refused by its place, in
// words that hold nothing of the text.
func TestUSSC036NodeRefuses(t *testing.T) {
	at := func(offset int) *int { return &offset }
	text := func(s string) *string { return &s }
	units := func(s string, more ...uint16) []uint16 { return append(utf16.Encode([]rune(s)), more...) }
	const high, low = 0xD83D, 0xDE00

	const lone = ": cut and join strings between characters, not inside one"
	const wantOptions = "want encoding, referenceBits, maxParts"
	const wantEncoding = "want AUTO, GSM7, UCS2 or GSM7_FORCE"
	const wantMaxParts = "want a whole number; 0 for 255, a negative one for no limit"
	cases := []struct {
		name    string
		given   demand
		code    string
		offset  *int
		message string
	}{
		{"half a pair alone", demand{Units: units("", high)}, "LONE_SURROGATE", at(0), "text: half of a surrogate pair at character 0" + lone},
		{"at the end", demand{Units: units("SECRET", high)}, "LONE_SURROGATE", at(6), "text: half of a surrogate pair at character 6" + lone},
		{"the second half", demand{Units: units("😀😀", low)}, "LONE_SURROGATE", at(2), "text: half of a surrogate pair at character 2" + lone},
		{"in the wrong order", demand{Units: units("سلام", low, high)}, "LONE_SURROGATE", at(4), "text: half of a surrogate pair at character 4" + lone},
		{"two first halves", demand{Units: units("a", high, high, low)}, "LONE_SURROGATE", at(1), "text: half of a surrogate pair at character 1" + lone},
		{"and GSM7_FORCE", demand{Units: units("a", high), Options: options{Encoding: "GSM7_FORCE"}}, "LONE_SURROGATE", at(1), "text: half of a surrogate pair at character 1" + lone},

		{"nothing", demand{}, "NOT_A_STRING", nil, "text: undefined: give a string"},
		{"number", demand{Value: 93700123456}, "NOT_A_STRING", nil, "text: a number: give a string"},
		{"boolean", demand{Value: true}, "NOT_A_STRING", nil, "text: a boolean: give a string"},
		{"object", demand{Value: map[string]any{"SECRET": 1}}, "NOT_A_STRING", nil, "text: an object: give a string"},
		{"array", demand{Value: []string{"SECRET"}}, "NOT_A_STRING", nil, "text: an array: give a string"},

		{"options: text", demand{Text: text("a"), Options: "SECRET"}, "INVALID_OPTION", nil, "options: a string: want an object of encoding, referenceBits, maxParts"},
		{"options: array", demand{Text: text("a"), Options: []string{"SECRET"}}, "INVALID_OPTION", nil, "options: an array: want an object of encoding, referenceBits, maxParts"},
		{"options: misspelt", demand{Text: text("a"), Options: map[string]any{"SECRET": 16}}, "INVALID_OPTION", nil, "options: unknown name of 6 characters: " + wantOptions},
		{"encoding: unknown", demand{Text: text("a"), Options: map[string]any{"encoding": "SECRET"}}, "INVALID_OPTION", nil, "encoding: unknown name of 6 characters: " + wantEncoding},
		{"encoding: null", demand{Text: text("a"), Options: map[string]any{"encoding": nil}}, "INVALID_OPTION", nil, "encoding: null: " + wantEncoding},
		{"encoding: by number", demand{Text: text("a"), Options: map[string]any{"encoding": 1}}, "INVALID_OPTION", nil, "encoding: a number: " + wantEncoding},
		{"referenceBits", demand{Text: text("a"), Options: map[string]any{"referenceBits": 7}}, "INVALID_OPTION", nil, "referenceBits: 7: want 8 or 16"},
		{"referenceBits: text", demand{Text: text("a"), Options: map[string]any{"referenceBits": "16"}}, "INVALID_OPTION", nil, "referenceBits: a string: want 8 or 16"},
		{"maxParts: half", demand{Text: text("a"), Options: map[string]any{"maxParts": 1.5}}, "INVALID_OPTION", nil, "maxParts: 1.5: " + wantMaxParts},
		{"maxParts: too large", demand{Text: text("a"), Options: map[string]any{"maxParts": 1 << 31}}, "INVALID_OPTION", nil, "maxParts: 2147483648: " + wantMaxParts},
		{"maxParts: boolean", demand{Text: text("a"), Options: map[string]any{"maxParts": true}}, "INVALID_OPTION", nil, "maxParts: a boolean: " + wantMaxParts},
	}
	demands := make([]demand, len(cases))
	for i, c := range cases {
		demands[i] = c.given
	}
	for _, entry := range entries {
		for i, got := range ask(t, entry.node, demands) {
			c := cases[i]
			field, _, _ := strings.Cut(c.message, ":")
			want := counted{Refused: &refusal{Code: c.code, Field: field, Message: c.message, Offset: c.offset, Typed: true}}
			if !reflect.DeepEqual(got, answer{want, planned{counted: want}}) {
				t.Errorf("%s, %s: %s, want %s", entry.name, c.name, inJSON(got), inJSON(want))
			}
			if got.Count.Refused != nil && strings.Contains(got.Count.Refused.Message, "SECRET") {
				t.Errorf("%s, %s: the message shows what was given", entry.name, c.name)
			}
		}
	}
}
