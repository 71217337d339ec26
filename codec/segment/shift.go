package segment

import "unicode/utf8"

// chooseShift tries the national tables that the rule allows, the cheaper header
// first, for a text that the default alphabet does not hold. It takes the
// fewest segments, and UCS2 (ok is false) only where that is fewer still or
// nothing else does. Under GSM7Force a text that the tables hold whole is
// better than one with question marks, however long.
func chooseShift(text string, want Encoding, rule Rule) (best layout, ok bool) {
	for _, s := range [...]Shift{{Single: rule.Single}, {Locking: rule.Locking}, {rule.Locking, rule.Single}} {
		if s == (Shift{}) {
			continue
		}
		l := layout{shift: s, codes: s.codes(), room: rule.septets(s)}
		l.Encoding = GSM7
		if !l.walk(text) {
			continue
		}
		if !ok || l.Segments < best.Segments {
			best, ok = l, true
		}
	}
	if ok && want == Auto {
		if _, segments, failed := walkUCS2(text, rule.units()); failed < 0 && segments < best.Segments {
			return layout{}, false
		}
	}
	return best, ok
}

// walk counts a text in the tables of l.codes and reports whether it fits them.
func (l *layout) walk(text string) bool {
	l.Units = 0
	for i, r := range text {
		width := l.codes[r].width()
		if width == 0 || r == utf8.RuneError && !validAt(text, i) {
			return false
		}
		l.Units += width
	}
	l.Segments = 1
	if l.Units > l.room.alone {
		l.Segments = fill(text, l.room.part, func(s string) (width, size int) {
			r, size := utf8.DecodeRuneInString(s)
			return l.codes[r].width(), size
		})
	}
	return true
}
