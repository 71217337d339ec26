package quote

import (
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// unit is an octet of words after their escapes are read, and which octets it stands for.
type unit struct {
	octet    byte
	from, to int
}

// glyph is a letter or a digit.
type glyph struct {
	fold         rune // in lower case
	from, to     int  // the octets that it stands in
	begins, ends bool // a word
	announced    bool // the word: a colon or a quotation mark stands before it
}

// plain are octets that stand for themselves.
func plain(octets []byte) []unit {
	units := make([]unit, len(octets))
	for i, b := range octets {
		units[i] = unit{b, i, i + 1}
	}
	return units
}

// viewsOf are the ways in which words may be read: as UTF-8 or Latin-1, as UTF-16 of both
// orders from either octet on, and with their escapes read.
func viewsOf(words []byte) (views [][]glyph) {
	units := plain(words)
	views = append(views, glyphsOf(units))
	if !printable(words) {
		views = append(views, latin(units))
		for at := range min(2, len(units)) {
			views = append(views, wide(units[at:], 0), wide(units[at:], 1))
		}
	}
	if escaped := unescaped(words); len(escaped) < len(units) {
		views = append(views, glyphsOf(escaped))
	}
	return views
}

// printable reports whether words are ASCII that is printed; NULs at their end are a C
// string's.
func printable(words []byte) bool {
	for _, b := range []byte(strings.TrimRight(string(words), "\x00")) {
		if b < ' ' || b > '~' {
			return false
		}
	}
	return true
}

// glyphsOf reads UTF-8, and what is none as Latin-1.
func glyphsOf(units []unit) []glyph {
	octets := make([]byte, len(units))
	for i, u := range units {
		octets[i] = u.octet
	}
	var w writer
	for at := 0; at < len(octets); {
		r, size := utf8.DecodeRune(octets[at:])
		if r == utf8.RuneError && size == 1 {
			r = rune(octets[at])
		}
		w.take(r, units[at].from, units[at+size-1].to)
		at += size
	}
	return w.done()
}

// latin reads Latin-1.
func latin(units []unit) []glyph {
	var w writer
	for _, u := range units {
		w.take(rune(u.octet), u.from, u.to)
	}
	return w.done()
}

// wide reads UTF-16; high is which octet of two is the higher one: 0 in big-endian order,
// 1 in the other.
func wide(units []unit, high int) []glyph {
	var w writer
	for at := 0; at+1 < len(units); at += 2 {
		r, end := codeUnit(units[at:], high), at+2
		if utf16.IsSurrogate(r) && end+1 < len(units) {
			if pair := utf16.DecodeRune(r, codeUnit(units[end:], high)); pair != utf8.RuneError {
				r, end = pair, end+2
			}
		}
		w.take(r, units[at].from, units[end-1].to)
		at = end - 2
	}
	return w.done()
}

func codeUnit(units []unit, high int) rune {
	return rune(units[high].octet)<<8 | rune(units[1-high].octet)
}

// writer gathers glyphs from characters.
type writer struct {
	glyphs    []glyph
	inWord    bool
	announced bool
}

// announcing are the characters behind which somebody quotes.
const announcing = `:"'` + "`<«»“”„‘’‚‹›"

func (w *writer) take(r rune, from, to int) {
	if !counts(r) {
		if w.inWord {
			w.glyphs[len(w.glyphs)-1].ends = true
			w.inWord, w.announced = false, false
		}
		if r > ' ' && !unicode.IsSpace(r) {
			w.announced = strings.ContainsRune(announcing, r)
		}
		return
	}
	w.glyphs = append(w.glyphs, glyph{fold: unicode.ToLower(r), from: from, to: to, begins: !w.inWord, announced: w.announced && !w.inWord})
	w.inWord = true
}

func (w *writer) done() []glyph {
	if len(w.glyphs) > 0 {
		w.glyphs[len(w.glyphs)-1].ends = true
	}
	return w.glyphs
}

// counts reports whether a character says something.
func counts(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.So, r) && r != utf8.RuneError
}

// weight is for how many letters a character counts.
func weight(r rune) int {
	if r >= 0x1100 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.So) {
		return 3
	}
	return 1
}
