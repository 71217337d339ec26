package quote

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/ghasi/smpp-connector/codec/segment"
	"github.com/ghasi/smpp-connector/codec/udh"
)

const salaam = "Your code is 4711, do not share it with anybody"

func TestWhatRepeatsATextIsHidden(t *testing.T) {
	for _, c := range []struct{ text, words, want string }{
		// whole and in part, in other case, with other spacing and punctuation
		{salaam, "Spam: Your code is 4711, do not", "Spam: ***"},
		{salaam, "Spam (YOUR  CODE IS-4711)", "Spam (***)"},
		{salaam, "do\nnot\tshare is forbidden", "***s forbidden"},
		{salaam, "xyourcodeis4711x", "x***x"},
		{"Your code is 4711.", "first your code, then is 4711", "first ***, then is ***"},
		// codes alone
		{salaam, "4711 is no code", "*** is no code"},
		{salaam, "rule 47112", "rule 47112"},
		{"PIN G7X", "blocked: g7x", "blocked: ***"},
		// what is announced
		{salaam, `blocked word "share" in it`, `blocked word "***" in it`},
		{salaam, "content: Your co...", "content: ***..."},
		{salaam, "reason: do it", "reason: do it"}, // "do" alone is too short, and "do it" it does not say
		// what is the MNO's own
		{salaam, "Throttled by policy 17", "Throttled by policy 17"},
		{"The policy is in force", "Throttled by policy 17", "Throttled by policy 17"},
		{salaam, "no route", "no route"},
		{salaam, "anybody", "anybody"}, // seven letters, and nobody announced it
		{salaam, "", ""},
		// short texts
		{"4711", "code 4711", "code ***"},
		{"hello", "say hellofriend", "say ***friend"},
		{"no", "no, no", "no, no"},
		{"", "anything", "anything"},
		{"?!", "?!", "?!"},
		// other scripts
		{"ستاسو کوډ څلور دی", "رد: کوډ څلور دی", "رد: ***"},
		{"您的验证码是四七一一", "拒绝 验证码", "拒绝 ***"},
		{"🎁🎁🎁 win", "spam 🎁🎁🎁", "spam ***"},
		{"Größe ÄÖÜ wählen", "größeäöü", "***"},
	} {
		if got := New(c.text).Hide(c.words); got != c.want {
			t.Errorf("%q of %q: %q, want %q", c.words, c.text, got, c.want)
		}
	}
}

func bigEndian(text string) []byte {
	var octets []byte
	for _, u := range utf16.Encode([]rune(text)) {
		octets = append(octets, byte(u>>8), byte(u))
	}
	return octets
}

func littleEndian(text string) []byte {
	octets := bigEndian(text)
	for i := 0; i < len(octets); i += 2 {
		octets[i], octets[i+1] = octets[i+1], octets[i]
	}
	return octets
}

// A text that somebody has encoded before it was quoted.
func TestWhatRepeatsATextInAnotherFormIsHidden(t *testing.T) {
	for _, text := range []string{salaam, "ستاسو کوډ څلور اووه یو یو دی", "4711"} {
		var escapes strings.Builder
		for _, u := range utf16.Encode([]rune(text)) {
			escapes.WriteString(`\u` + hex.EncodeToString([]byte{byte(u >> 8), byte(u)}))
		}
		var entities strings.Builder
		for _, r := range text {
			entities.WriteString("&#x" + strings.TrimLeft(hex.EncodeToString([]byte{byte(r >> 8), byte(r)}), "0") + ";")
		}
		octets, wide := []byte(text), bigEndian(text)
		for name, form := range map[string]string{
			"hex":             hex.EncodeToString(octets),
			"upper hex":       strings.ToUpper(hex.EncodeToString(octets)),
			"spaced hex":      fmt.Sprintf("% x", octets),
			"hex of UTF-16":   hex.EncodeToString(wide),
			"base64":          base64.StdEncoding.EncodeToString(octets),
			"URL base64":      base64.RawURLEncoding.EncodeToString(wide),
			"percent":         strings.ReplaceAll(url.QueryEscape(text), "+", "%20"),
			"escapes":         escapes.String(),
			"entities":        entities.String(),
			"UTF-16":          string(wide),
			"UTF-16, swapped": string(littleEndian(text)),
		} {
			for _, before := range []string{"", "odd: ", "even: "} {
				got := New(text).Hide(before + form + "; policy 17")
				if !strings.HasPrefix(got, before[:min(len(before), 4)]) || !strings.HasSuffix(got, "; policy 17") || len(got) > len(before)+len("***==; policy 17")+2 {
					t.Errorf("%s %q behind %q: %q", name, form, before, got)
				}
			}
		}
	}
}

// What went out on the line is read in every alphabet that it could be in.
func TestOctetsOfAnyAlphabet(t *testing.T) {
	for name, c := range map[string]struct {
		octets []byte
		words  string
	}{
		"GSM7":   {[]byte("Caf\x05 \x1b\x65 4711 gratuit"), "refused: café € 4711 gratuit"},
		"Latin1": {[]byte("Caf\xe9 4711 gratuit"), "refused: café 4711 gratuit"},
		"UTF-8":  {[]byte("Café 4711 gratuit"), "refused: café 4711 gratuit"},
		"UCS2":   {bigEndian("ستاسو کوډ څلور دی"), "refused: ستاسو کوډ څلور دی"},
	} {
		got := Octets(c.octets, udh.Header{}).Hide(c.words)
		if got != "refused: ***" {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := Octets([]byte("Tr3ffpunkt"), udh.Header{Locking: segment.Turkish}).Hide("tr3ffpunkt"); got != "***" {
		t.Errorf("%q", got)
	}
	if got := Octets(nil, udh.Header{}).Hide("anything"); got != "anything" {
		t.Errorf("%q", got)
	}
}

// FuzzIn: whatever comes, spans are in order and in bounds, and of a text that is quoted as
// it is no run is left.
func FuzzIn(f *testing.F) {
	f.Add(salaam, "Spam: ", "…")
	f.Add("\x00\x01", "%%=\\u12", "&#;&#x")
	f.Add("您的验证码", "a", "b")
	f.Fuzz(func(t *testing.T, text, before, behind string) {
		words := before + " " + text + " " + behind
		end := 0
		for _, s := range New(text).In([]byte(words)) {
			if s.From < end || s.To <= s.From || s.To > len(words) {
				t.Fatalf("%v of %q", s, words)
			}
			end = s.To
		}
		kept := New(text).Hide(words)
		if r := readingOf(text); r.need == enough && strings.Contains(readingOf(kept).run, r.run) && !strings.Contains(readingOf(before+"***"+behind).run, r.run) {
			t.Fatalf("%q of %q", kept, text)
		}
	})
}
