package quote

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"unicode/utf8"
)

// markEncoded notes what repeats the text in hex or base64, each stretch whole.
func (t Text) markEncoded(words []byte, repeats []bool) {
	for _, s := range stretches(words, inHex, 2*least) {
		digits := bytes.Map(func(r rune) rune {
			if isHex(byte(r)) {
				return r
			}
			return -1
		}, words[s.From:s.To])
		t.markStretch(s, repeats, fromHex(digits), fromHex(digits[min(1, len(digits)):]))
	}
	for _, s := range stretches(words, inBase64, least+1) {
		letters := bytes.Map(standard, words[s.From:s.To])
		for at := range min(4, len(letters)) { // something else may stand before it
			t.markStretch(s, repeats, fromBase64(letters[at:]))
		}
	}
}

func (t Text) markStretch(s Span, repeats []bool, decodings ...[]byte) {
	for _, octets := range decodings {
		if t.isIn(octets) {
			for i := s.From; i < s.To; i++ {
				repeats[i] = true
			}
		}
	}
}

// isIn reports whether decoded octets repeat the text. Octets that nobody has written for
// reading have codes and words only by chance: of those runs alone count.
func (t Text) isIn(octets []byte) (is bool) {
	found := func(int, int) { is = true }
	for _, view := range viewsOf(octets) {
		for i := range t.readings {
			t.readings[i].runsIn(view, found)
			if printable(octets) {
				t.readings[i].wordsIn(view, found)
			}
		}
	}
	return is
}

// stretches are the longest parts of words whose octets all belong to a coding.
func stretches(words []byte, belongs func([]byte, int) bool, shortest int) (found []Span) {
	for at := 0; at < len(words); at++ {
		from := at
		for at < len(words) && belongs(words, at) {
			at++
		}
		if at-from >= shortest {
			found = append(found, Span{from, at})
		}
	}
	return found
}

func isHex(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b|0x20 && b|0x20 <= 'f'
}

// inHex takes also what stands between two digits: a blank, a colon, a dash.
func inHex(words []byte, at int) bool {
	if isHex(words[at]) {
		return true
	}
	return at > 0 && at+1 < len(words) && isHex(words[at-1]) && isHex(words[at+1]) && bytes.IndexByte([]byte(" :-"), words[at]) >= 0
}

func fromHex(digits []byte) []byte {
	octets, _ := hex.DecodeString(string(digits[:len(digits)&^1]))
	return octets
}

func inBase64(words []byte, at int) bool { return standard(rune(words[at])) >= 0 }

// standard is a letter of base64 in the standard's alphabet; -1: it is none.
func standard(r rune) rune {
	switch {
	case 'a' <= r|0x20 && r|0x20 <= 'z', '0' <= r && r <= '9', r == '+', r == '/':
		return r
	case r == '-':
		return '+'
	case r == '_':
		return '/'
	}
	return -1
}

func fromBase64(letters []byte) []byte {
	if len(letters)%4 == 1 {
		letters = letters[:len(letters)-1]
	}
	octets, _ := base64.RawStdEncoding.DecodeString(string(letters))
	return octets
}

// unescaped are words with the escapes read that programs write: %41, =41, \x41, \u0041,
// &#65;, &#x41;.
func unescaped(words []byte) (units []unit) {
	for at := 0; at < len(words); {
		r, octet, size := escapeAt(words[at:])
		switch {
		case size == 0:
			units = append(units, unit{words[at], at, at + 1})
			size = 1
		case octet:
			units = append(units, unit{byte(r), at, at + size})
		default:
			for _, b := range utf8.AppendRune(nil, r) {
				units = append(units, unit{b, at, at + size})
			}
		}
		at += size
	}
	return units
}

// escapeAt reads an escape at the beginning of words: of one octet or of a character, and
// how long it is; size is 0 where none is.
func escapeAt(words []byte) (r rune, octet bool, size int) {
	number := func(from, to, base int) bool {
		if to > len(words) || from >= to {
			return false
		}
		n, err := strconv.ParseUint(string(words[from:to]), base, 21)
		r, size = rune(n), to
		return err == nil
	}
	switch {
	case words[0] == '%' || words[0] == '=':
		octet = number(1, 3, 16)
	case bytes.HasPrefix(words, []byte(`\x`)):
		octet = number(2, 4, 16)
	case bytes.HasPrefix(words, []byte(`\u`)):
		if number(2, 6, 16) {
			return r, false, size
		}
	case bytes.HasPrefix(words, []byte(`&#`)):
		end := bytes.IndexByte(words[:min(len(words), 12)], ';')
		if number(2, end, 10) || len(words) > 2 && words[2]|0x20 == 'x' && number(3, end, 16) {
			return r, false, end + 1
		}
	}
	if !octet {
		return 0, false, 0
	}
	return r, true, size
}
