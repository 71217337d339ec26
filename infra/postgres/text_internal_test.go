package postgres

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// An id is opaque: whatever octets come, the same come back, and what PostgreSQL
// gets is always a text that it takes.
func FuzzStoredTextIsTakenAndComesBack(f *testing.F) {
	for _, s := range []string{"", "8F3A77", "a\x00b", `a\b`, `\x00`, `\\x00`, "\xff\xfe", "پیام", "پ\xff", strings.Repeat("\x80", 65)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := stored(s)
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			t.Errorf("%q is stored as %q, which PostgreSQL refuses", s, text)
		}
		back, err := unstored(text)
		if err != nil || back != s {
			t.Errorf("%q came back as %q, %v", s, back, err)
		}
		if plain := !strings.ContainsAny(s, "\\\x00") && utf8.ValidString(s); plain && text != s {
			t.Errorf("%q is stored as %q, want it as it is", s, text)
		}
	})
}

func TestForeignTextIsAnError(t *testing.T) {
	for _, text := range []string{`\`, `a\`, `\q`, `\x`, `\x1`, `\xzz`} {
		if back, err := unstored(text); err == nil {
			t.Errorf("%q was read as %q, want an error", text, back)
		}
	}
}
