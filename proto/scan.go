package proto

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how deep the values of fields that are ignored may be nested: far
// above any real command, far below what would exhaust a goroutine's stack.
const maxDepth = 100

// scanner walks one JSON text (RFC 8259) from front to back without building a
// tree. The first syntax error sticks: after it every method returns a zero
// value and peek returns 0, so a caller looks at fault once. Strings that it
// returns share the memory of in where they hold no escape.
type scanner struct {
	in    string
	pos   int
	utf8  bool // the whole of in is valid UTF-8, so that no string need be looked at again
	fault *FieldError
}

// fail records a syntax error at the present position and ends the walk.
func (s *scanner) fail(what string) {
	if s.fault == nil {
		s.fault = malformed("not JSON: " + what + " at octet " + strconv.Itoa(s.pos+1) + " of " + strconv.Itoa(len(s.in)))
	}
	s.pos = len(s.in)
}

// peek skips white space and returns the next octet, 0 at the end.
func (s *scanner) peek() byte {
	for s.pos < len(s.in) {
		switch c := s.in[s.pos]; c {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return c
		}
	}
	return 0
}

// take consumes the octet c, if it is next.
func (s *scanner) take(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.pos++
	return true
}

// members calls each for every member of the object that is next, with its name.
// each must consume the value.
func (s *scanner) members(each func(name string)) {
	if !s.take('{') {
		s.fail("want an object")
		return
	}
	if s.take('}') {
		return
	}
	for s.fault == nil {
		if s.peek() != '"' {
			s.fail("want the name of a field in double quotes")
			return
		}
		name, flaw := s.str()
		if flaw != "" {
			s.fail("the name of a field " + flaw)
			return
		}
		if !s.take(':') {
			s.fail("want ':' after the name of a field")
			return
		}
		each(name)
		if s.take('}') {
			return
		}
		if !s.take(',') {
			s.fail("want ',' or '}' after a field")
		}
	}
}

// str reads the string that is next. flaw says what is wrong with its
// characters, in words that follow "the string"; the walk goes on behind it.
func (s *scanner) str() (value, flaw string) {
	if !s.take('"') {
		s.fail("want a string")
		return "", ""
	}
	start, escaped := s.pos, false
	for i := start; i < len(s.in); i++ {
		switch c := s.in[i]; {
		case c == '"':
			s.pos = i + 1
			value = s.in[start:i]
			if !s.utf8 && !utf8.ValidString(value) {
				return "", "is not valid UTF-8"
			}
			if escaped {
				return s.unescape(value, start)
			}
			return value, ""
		case c == '\\':
			escaped = true
			i++ // whatever follows, it does not end the string
		case c < ' ':
			s.pos = i
			s.fail("a control character inside a string must be escaped")
			return "", ""
		}
	}
	s.fail("a string does not end")
	return "", ""
}

// unescape resolves the escapes of raw, which starts at offset start of the text.
func (s *scanner) unescape(raw string, start int) (value, flaw string) {
	b := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); {
		c := raw[i]
		if c != '\\' {
			if c < ' ' { // behind a backslash, where str does not look
				s.pos = start + i
				s.fail("a control character inside a string must be escaped")
				return "", ""
			}
			b = append(b, c)
			i++
			continue
		}
		if at := strings.IndexByte(`"\/bfnrt`, raw[i+1]); at >= 0 {
			b = append(b, "\"\\/\b\f\n\r\t"[at])
			i += 2
			continue
		}
		r, ok := codeUnit(raw[i:])
		if !ok {
			s.pos = start + i
			s.fail("an unknown escape")
			return "", ""
		}
		i += 6
		if utf16.IsSurrogate(r) {
			low, ok := codeUnit(raw[i:])
			if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
				flaw = "has half a surrogate pair (an escape \\ud800 to \\udfff without its partner)"
				continue // what follows may still be broken JSON
			}
			i += 6
		}
		b = utf8.AppendRune(b, r)
	}
	if flaw != "" || s.fault != nil {
		return "", flaw
	}
	return string(b), ""
}

// codeUnit reads an escape of the form \uXXXX at the front of raw.
func codeUnit(raw string) (rune, bool) {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return 0, false
	}
	v, err := strconv.ParseUint(raw[2:6], 16, 16) // takes no sign and, with base 16 named, no underscore
	return rune(v), err == nil
}

// word consumes true, false or null and reports whether it was next.
func (s *scanner) word(w string) bool {
	s.peek()
	if !strings.HasPrefix(s.in[s.pos:], w) {
		return false
	}
	if end := s.pos + len(w); end < len(s.in) && isAlphanumeric(s.in[end]) {
		return false
	}
	s.pos += len(w)
	return true
}

// number consumes the number that is next and returns its literal.
func (s *scanner) number() string {
	s.peek()
	start, rest := s.pos, s.in[s.pos:]
	rest = strings.TrimPrefix(rest, "-")
	digits := leadingDigits(rest)
	if digits == 0 || digits > 1 && rest[0] == '0' {
		s.fail("want a value")
		return ""
	}
	rest = rest[digits:]
	if strings.HasPrefix(rest, ".") {
		if digits = leadingDigits(rest[1:]); digits == 0 {
			s.fail("a number without digits behind its point")
			return ""
		}
		rest = rest[1+digits:]
	}
	if rest != "" && (rest[0] == 'e' || rest[0] == 'E') {
		rest = rest[1:]
		if rest != "" && (rest[0] == '+' || rest[0] == '-') {
			rest = rest[1:]
		}
		if digits = leadingDigits(rest); digits == 0 {
			s.fail("a number without digits in its exponent")
			return ""
		}
		rest = rest[digits:]
	}
	s.pos = len(s.in) - len(rest)
	if rest != "" && isAlphanumeric(rest[0]) {
		s.fail("want a value")
		return ""
	}
	return s.in[start:s.pos]
}

func leadingDigits(s string) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}

// skip walks over one value, whatever it is, and says what it was, as a shape
// that an error may name. It checks the syntax and the characters all the same,
// so that what is ignored is still JSON.
func (s *scanner) skip(depth int) (shape string) {
	if depth > maxDepth {
		s.fail("nested deeper than " + strconv.Itoa(maxDepth))
		return ""
	}
	switch s.peek() {
	case '{':
		s.members(func(string) { s.skip(depth + 1) })
		return "an object"
	case '[':
		s.pos++
		if s.take(']') {
			return "an array"
		}
		for s.fault == nil {
			s.skip(depth + 1)
			if s.take(']') {
				break
			}
			if !s.take(',') {
				s.fail("want ',' or ']' after an element")
			}
		}
		return "an array"
	case '"':
		if _, flaw := s.str(); flaw != "" {
			s.fail("a string before this place " + flaw)
		}
		return "a string"
	}
	if s.word("true") || s.word("false") {
		return "a boolean"
	}
	if s.word("null") {
		return "null"
	}
	s.number()
	return "a number"
}

// ReadString reads one JSON string, with its quotes, as commands are read: what
// encoding/json would quietly replace (half of a surrogate pair, octets that are
// no UTF-8) is an error.
func ReadString(quoted string) (string, error) {
	s := scanner{in: quoted}
	value, flaw := s.str()
	switch {
	case s.fault == nil && flaw == "" && s.peek() != 0:
		s.fail("something follows the string")
		fallthrough
	case s.fault != nil:
		return "", s.fault
	case flaw != "":
		return "", errors.New(flaw)
	}
	return value, nil
}
