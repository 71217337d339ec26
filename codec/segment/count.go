package segment

import "unicode/utf8"

// Count is how much a text costs.
type Count struct {
	Encoding Encoding // GSM7 or UCS2: what was asked for, resolved
	Units    int      // septets (2 for an extension character) or UTF-16 units
	Segments int      // at least 1: an empty text is one empty SMS
}

// CountText chooses the encoding and counts units and segments, without
// allocating under the default rule. The error is a *TextError, a *TooLongError
// (with the count beside it) or a *RuleError.
func CountText(text string, want Encoding, rule Rule) (Count, error) {
	layout, err := measure(text, want, rule)
	return layout.Count, err
}

// layout is all that the walk over a text finds out; Split writes by it.
type layout struct {
	Count
	shift Shift         // of a GSM7 text
	codes map[rune]code // of the shift, nil for the default alphabet
	room  room
}

// measure is the one place where encodings are chosen and segments are counted.
func measure(text string, want Encoding, rule Rule) (layout, error) {
	if err := rule.check(want); err != nil {
		return layout{}, err
	}
	l, err := choose(text, want, rule)
	if limit := rule.limit(); err == nil && limit >= 0 && l.Segments > limit {
		err = &TooLongError{l.Segments, limit}
	}
	return l, err
}

// choose tries the alphabets in the order of preference. Each walk ends at the
// first character that it cannot carry.
func choose(text string, want Encoding, rule Rule) (layout, error) {
	if want == UCS2 {
		return inUCS2(text, rule)
	}
	l, failed := inGSM7(text, rule, false)
	if failed < 0 {
		return l, nil
	}
	if !validAt(text, failed) {
		return layout{}, textError(InvalidUTF8, text, failed)
	}
	if rule.Locking != 0 || rule.Single != 0 {
		if l, ok := chooseShift(text, want, rule); ok {
			return l, nil
		}
	}
	switch want {
	case GSM7:
		return layout{}, textError(NotGSM7, text, failed)
	case GSM7Force:
		if l, failed = inGSM7(text, rule, true); failed >= 0 {
			return layout{}, textError(InvalidUTF8, text, failed)
		}
		return l, nil
	}
	return inUCS2(text, rule)
}

func inGSM7(text string, rule Rule, force bool) (l layout, failed int) {
	l.room = rule.septets(Shift{})
	l.Encoding = GSM7
	l.Units, l.Segments, failed = walkGSM7(text, l.room, force)
	return l, failed
}

func inUCS2(text string, rule Rule) (l layout, err error) {
	failed := 0
	l.room = rule.units()
	l.Encoding = UCS2
	if l.Units, l.Segments, failed = walkUCS2(text, l.room); failed >= 0 {
		return layout{}, textError(InvalidUTF8, text, failed)
	}
	return l, nil
}

func textError(fault Fault, text string, octet int) error {
	return &TextError{fault, utf8.RuneCountInString(text[:octet])}
}

// walkGSM7 counts septets and segments in the default alphabet. failed is the
// octet offset of the first character that does not fit (or is no UTF-8), or -1.
// With force only the latter fails.
func walkGSM7(text string, room room, force bool) (units, segments, failed int) {
	segments = 1
	used := 0
	for i := 0; i < len(text); {
		size, width := 1, int(gsm.width[text[i]])
		if width == 0 {
			var r rune
			r, size = utf8.DecodeRuneInString(text[i:])
			if r == utf8.RuneError && size == 1 {
				return 0, 0, i
			}
			if width = gsm.find(r).width(); width == 0 {
				if !force {
					return 0, 0, i
				}
				width = 1
			}
		}
		units += width
		if used += width; used > room.part {
			segments, used = segments+1, width
		}
		i += size
	}
	if units <= room.alone {
		segments = 1
	}
	return units, segments, -1
}

// walkUCS2 counts UTF-16 units and segments; failed as in walkGSM7.
func walkUCS2(text string, room room) (units, segments, failed int) {
	segments = 1
	used := 0
	for i := 0; i < len(text); {
		r, size := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			if r, size = utf8.DecodeRuneInString(text[i:]); r == utf8.RuneError && size == 1 {
				return 0, 0, i
			}
		}
		width := 1
		if r > 0xFFFF {
			width = 2
		}
		units += width
		if used += width; used > room.part {
			segments, used = segments+1, width
		}
		i += size
	}
	if units <= room.alone {
		segments = 1
	}
	return units, segments, -1
}

func validAt(text string, i int) bool {
	r, size := utf8.DecodeRuneInString(text[i:])
	return r != utf8.RuneError || size != 1
}
