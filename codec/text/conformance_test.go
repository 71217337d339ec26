package text

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ghasi/smpp-connector/codec/segment"
)

var (
	ownCorpus    = filepath.Join("..", "segment", "testdata", "corpus")
	sharedCorpus = filepath.Join("..", "..", "..", "shared", "data", "corpus")
)

// lines reads a file; what is not in the repository may be away, and is then told.
func lines(t testing.TB, path string) (out []string) {
	t.Helper()
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) && strings.HasPrefix(path, sharedCorpus) {
		t.Skipf("the shared corpus is not beside this checkout: %s", filepath.Base(path))
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		out = append(out, s.Text())
	}
	if s.Err() != nil {
		t.Fatal(s.Err())
	}
	return out
}

// roundTrip plans a text as the connector does, writes its parts, and reads them
// as a phone does.
func roundTrip(t testing.TB, text string, want segment.Encoding, rule segment.Rule, def Alphabet) segment.Plan {
	t.Helper()
	plan, err := Prepare(text, want, rule, def)
	if err != nil {
		t.Fatalf("%+.40q: %v", text, err)
	}
	header := 0
	if len(plan.Parts) > 1 {
		header = 6
		if rule.Wide {
			header = 7
		}
	}
	parts := make([][]byte, len(plan.Parts))
	for i := range parts {
		if parts[i], err = AppendPart(nil, plan, i, def, header); err != nil {
			t.Fatalf("%+.40q part %d: %v", text, i, err)
		}
		if def == GSM7Packed || plan.Encoding == segment.UCS2 {
			if n := header + len(parts[i]); n > segment.MaxOctets {
				t.Fatalf("%+.40q: part %d has %d octets", text, i, n)
			}
		}
	}
	coding := uint8(0x00)
	if plan.Encoding == segment.UCS2 {
		coding = 0x08
	}
	got := DecodeParts(coding, parts, Options{Default: def, HeaderOctets: header, Shift: plan.Shift})
	sent := []rune(text)
	for _, r := range plan.Replaced {
		sent[r.Offset] = '?'
	}
	if got.Text != string(sent) || got.Lossy || got.Binary {
		t.Fatalf("%+.40q: read %+.40q (%+v)", text, got.Text, got.Encoding)
	}
	return plan
}

// US-SC-035: our own corpus, 100 strings each of five kinds: GSM7 detection, UCS2
// encoding, decoding back, byte for byte.
func TestUSSC035OwnCorpusComesBackByteForByte(t *testing.T) {
	for _, kind := range []string{"ps", "prs", "ar", "fa_digits", "mixed"} {
		texts := lines(t, filepath.Join(ownCorpus, kind+".txt"))
		if len(texts) != 100 {
			t.Errorf("%s: %d strings, want 100", kind, len(texts))
		}
		for _, text := range texts {
			if plan := roundTrip(t, text, segment.Auto, segment.Rule{}, GSM7); plan.Encoding != segment.UCS2 {
				t.Errorf("%s: %s is sent as %v", kind, text, plan.Encoding)
			}
			roundTrip(t, text, segment.Auto, segment.Rule{Wide: true}, Latin1)
		}
	}
}

// US-SC-035: the corpus has what the story names.
func TestUSSC035OwnCorpusHoldsTheEdgeCases(t *testing.T) {
	all := ""
	for _, kind := range []string{"ps", "prs", "ar", "fa_digits", "mixed"} {
		all += strings.Join(lines(t, filepath.Join(ownCorpus, kind+".txt")), "\n")
	}
	for name, c := range map[string]string{
		"ZWJ": "\u200d", "ZWNJ": "\u200c", "Tatweel": "\u0640", "Arabic-Indic digit": "٤", "Persian digit": "۴", "emoji": "🌙",
		"emoji joined": "👨\u200d👩", "tashkeel": "\u0651", "hamza above": "\u0654", "superscript alef": "\u0670", "right-to-left mark": "\u200f",
		"Pashto yeh": "ۍ", "Farsi yeh": "ی", "Arabic yeh": "ي", "keheh": "ک", "kaf": "ك",
	} {
		if !strings.Contains(all, c) {
			t.Errorf("no %s in the corpus", name)
		}
	}
}

// US-SC-035: the shared corpus of real strings.
func TestUSSC035SharedCorpusComesBackByteForByte(t *testing.T) {
	n := 0
	for _, kind := range []string{"ps", "prs", "ar", "fa", "fa_digits", "mixed"} {
		for _, text := range lines(t, filepath.Join(sharedCorpus, kind+".txt")) {
			roundTrip(t, text, segment.Auto, segment.Rule{}, GSM7)
			roundTrip(t, text, segment.UCS2, segment.Rule{Wide: true}, GSM7Packed)
			n++
		}
	}
	if n != 1479 {
		t.Errorf("%d strings, want 1,479", n)
	}
}

// US-SC-035: the edge cases, and UCS2 as two other programs write it.
func TestUSSC035SharedEdgeCases(t *testing.T) {
	for i, line := range lines(t, filepath.Join(sharedCorpus, "edge.jsonl")) {
		var row struct {
			Category, Text string
			UCS2           string `json:"ucs2_hex"`
			UTF16          int
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		plan := roundTrip(t, row.Text, segment.UCS2, segment.Rule{MaxParts: -1}, GSM7)
		octets := ""
		for _, p := range plan.Parts {
			octets += hex.EncodeToString(p)
		}
		if !strings.EqualFold(octets, row.UCS2) || plan.Units != row.UTF16 {
			t.Errorf("line %d, %s: %d units %s, want %d %s", i+1, row.Category, plan.Units, octets, row.UTF16, row.UCS2)
		}
	}
}

// US-SC-007: every character of the GSM tables, in every alphabet that data_coding
// 0 may mean.
func TestUSSC007EveryCharacterInEveryDefaultAlphabet(t *testing.T) {
	var all []rune
	for c := range byte(0x80) {
		for _, extended := range []bool{false, true} {
			if r, ok := segment.Char(c, extended); ok {
				all = append(all, r)
			}
		}
	}
	if len(all) != 137 {
		t.Fatalf("%d characters, want 137", len(all))
	}
	for _, def := range []Alphabet{GSM7, GSM7Packed, Latin1, ASCII, Latin9} {
		for _, r := range all {
			roundTrip(t, "a"+string(r)+"b", segment.Auto, segment.Rule{}, def)
			roundTrip(t, string(r)+strings.Repeat("x", 200), segment.GSM7Force, segment.Rule{}, def)
		}
	}
}

// 3GPP TS 23.038 Annex A: a text in each national table comes back.
func TestNationalTablesComeBack(t *testing.T) {
	for l := segment.Turkish; l <= segment.Urdu; l++ {
		shift := segment.Shift{Single: l}
		if l.HasLocking() {
			shift.Locking = l
		}
		var septets []byte
		want := ""
		for c := range byte(0x80) {
			if r, ok := shift.Char(c, false); ok {
				septets = append(septets, c)
				want += string(r)
			}
			if r, ok := shift.Char(c, true); ok {
				septets = append(septets, segment.Escape, c)
				want += string(r)
			}
		}
		got := Decode(0, septets, Options{Shift: shift})
		if got.Text != want || got.Lossy {
			t.Errorf("%v: read %q, want %q", l, got.Text, want)
		}
		rule := segment.Rule{Locking: shift.Locking, Single: shift.Single}
		for _, r := range want {
			if r != '?' {
				roundTrip(t, "x"+string(r), segment.Auto, rule, GSM7)
			}
		}
	}
}
