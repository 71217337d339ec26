package text

import (
	"unicode/utf16"
	"unicode/utf8"
)

// readUCS2 reads UTF-16 units; a surrogate pair may lie over two parts. A lone
// surrogate and an odd last octet become U+FFFD. U+FEFF is a character like
// every other: SMS has no byte order mark.
func readUCS2(w *builder, parts [][]byte, littleEndian bool) {
	var high rune // of an open pair
	for _, part := range parts {
		for i := 0; i+1 < len(part); i += 2 {
			u := rune(part[i])<<8 | rune(part[i+1])
			if littleEndian {
				u = rune(part[i+1])<<8 | rune(part[i])
			}
			if high != 0 {
				pair := utf16.DecodeRune(high, u)
				high = 0
				if pair != utf8.RuneError {
					w.rune(pair)
					continue
				}
				w.unreadable(utf8.RuneError)
			}
			switch {
			case !utf16.IsSurrogate(u):
				w.rune(u)
			case u < 0xDC00:
				high = u
			default:
				w.unreadable(utf8.RuneError)
			}
		}
		if len(part)%2 != 0 {
			if high != 0 {
				w.unreadable(utf8.RuneError)
				high = 0
			}
			w.unreadable(utf8.RuneError)
		}
	}
	if high != 0 {
		w.unreadable(utf8.RuneError)
	}
}
