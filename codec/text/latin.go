package text

import "unicode/utf8"

// readOctets reads the alphabets of one octet a character.
func readOctets(w *builder, parts [][]byte, a Alphabet) {
	for _, part := range parts {
		for _, o := range part {
			if r := octetChar(o, a); r != utf8.RuneError {
				w.rune(r)
			} else {
				w.unreadable(r)
			}
		}
	}
}

// latin9 are the eight characters in which ISO 8859-15 differs from 8859-1.
var latin9 = [...]struct {
	octet byte
	r     rune
}{
	{0xA4, '€'}, {0xA6, 'Š'}, {0xA8, 'š'}, {0xB4, 'Ž'}, {0xB8, 'ž'}, {0xBC, 'Œ'}, {0xBD, 'œ'}, {0xBE, 'Ÿ'},
}

// octetChar is the character of an octet, or U+FFFD.
func octetChar(o byte, a Alphabet) rune {
	if o < 0x80 {
		return rune(o)
	}
	switch a {
	case Latin1:
		return rune(o)
	case Latin9:
		for _, x := range latin9 {
			if x.octet == o {
				return x.r
			}
		}
		return rune(o)
	case Cyrillic:
		return cyrillicChar(o)
	case Hebrew:
		return hebrewChar(o)
	}
	return utf8.RuneError
}

// cyrillicChar is ISO 8859-5: but for five octets the upper half is a window on
// U+0400.
func cyrillicChar(o byte) rune {
	switch {
	case o <= 0xA0, o == 0xAD:
		return rune(o)
	case o == 0xF0:
		return '№'
	case o == 0xFD:
		return '§'
	}
	return 0x0400 + rune(o-0xA0)
}

// hebrewChar is ISO 8859-8.
func hebrewChar(o byte) rune {
	switch {
	case o == 0xAA:
		return '×'
	case o == 0xBA:
		return '÷'
	case o <= 0xBE && o != 0xA1:
		return rune(o)
	case o == 0xDF:
		return '‗'
	case o >= 0xE0 && o <= 0xFA:
		return 'א' + rune(o-0xE0)
	case o == 0xFD, o == 0xFE: // left-to-right and right-to-left mark
		return 0x200E + rune(o-0xFD)
	}
	return utf8.RuneError
}

// charOctet is the octet of a character in an alphabet that may be a default.
func charOctet(r rune, a Alphabet) (o byte, ok bool) {
	switch {
	case r < 0x80:
		return byte(r), true
	case a == Latin1:
		return byte(r), r <= 0xFF
	case a == Latin9:
		for _, x := range latin9 {
			if x.r == r {
				return x.octet, true
			}
			if rune(x.octet) == r {
				return 0, false
			}
		}
		return byte(r), r <= 0xFF
	}
	return 0, false
}
