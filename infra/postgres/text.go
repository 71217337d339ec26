package postgres

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// An MNO's message id is opaque: any octets. A PostgreSQL text takes neither a
// NUL nor what is not UTF-8, and a bytea would be unreadable for the people who look
// for an id in psql. So strings from outside are stored as they are, except
// that such an octet becomes \xHH and a backslash becomes two: one stored text
// for each string, and one string for each stored text.

const hexDigits = "0123456789abcdef"

// stored returns the form of s that goes into a text column.
func stored(s string) string {
	if storable(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 12)
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == '\\':
			b.WriteString(`\\`)
		case r == 0 || r == utf8.RuneError && size == 1:
			b.WriteString(`\x`)
			b.WriteByte(hexDigits[s[0]>>4])
			b.WriteByte(hexDigits[s[0]&15])
		default:
			b.WriteString(s[:size])
		}
		s = s[size:]
	}
	return b.String()
}

// storable reports whether s is its own stored form, which nearly all are.
func storable(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == 0 || c == '\\':
			return false
		case c >= utf8.RuneSelf:
			return utf8.ValidString(s) && !strings.ContainsAny(s, "\\\x00")
		}
	}
	return true
}

// unstored is the inverse. A text that stored did not write is an error.
func unstored(s string) (string, error) {
	i := strings.IndexByte(s, '\\')
	if i < 0 {
		return s, nil
	}
	b := append(make([]byte, 0, len(s)), s[:i]...)
	for ; i < len(s); i++ {
		if s[i] != '\\' {
			b = append(b, s[i])
			continue
		}
		switch rest := s[i+1:]; {
		case strings.HasPrefix(rest, `\`):
			b = append(b, '\\')
			i++
		case strings.HasPrefix(rest, "x") && len(rest) >= 3:
			octet, err := strconv.ParseUint(rest[1:3], 16, 8)
			if err != nil {
				return "", fmt.Errorf(`octet %d: want two hex digits after \x`, i)
			}
			b = append(b, byte(octet))
			i += 3
		default:
			return "", fmt.Errorf(`octet %d: want \\ or \xHH`, i)
		}
	}
	return string(b), nil
}
