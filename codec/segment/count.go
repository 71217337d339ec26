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
	pairs := false
	ascii := &gsm.width
	for i := 0; i < len(text); {
		if ascii[text[i]] == 1 { // nearly always
			units++
			i++
			continue
		}
		if gsm.accent(text, i).width() == 1 {
			units++
			i += 2
			continue
		}
		width, size := gsmWidth(text[i:], force)
		if width == 0 {
			return 0, 0, i
		}
		pairs = pairs || width == 2
		units += width
		i += size
	}
	if !pairs || units <= room.alone {
		return units, room.segments(units), -1
	}
	return units, fill(text, room.part, func(s string) (width, size int) { return gsmWidth(s, force) }), -1
}

// gsmWidth is the first character's width in septets, 0 if it has none, and its
// size in octets.
func gsmWidth(text string, force bool) (width, size int) {
	r, size := utf8.DecodeRuneInString(text)
	if width = gsm.find(r).width(); width == 0 && force && (r != utf8.RuneError || size > 1) {
		width = 1
	}
	return width, size
}

// walkUCS2 counts UTF-16 units and segments; failed as in walkGSM7.
func walkUCS2(text string, room room) (units, segments, failed int) {
	pairs := false
	for i, r := range text {
		units++
		if r >= utf8.RuneError && r <= 0xFFFF && !validAt(text, i) {
			return 0, 0, i
		}
		if r > 0xFFFF {
			units++
			pairs = true
		}
	}
	if !pairs || units <= room.alone {
		return units, room.segments(units), -1
	}
	return units, fill(text, room.part, utf16Width), -1
}

func utf16Width(text string) (width, size int) {
	r, size := utf8.DecodeRuneInString(text)
	if r > 0xFFFF {
		return 2, size
	}
	return 1, size
}

// segments is the count where no character is wider than a unit (or all fits one
// SMS): then, and only then, it is a division.
func (r room) segments(units int) int {
	if units <= r.alone {
		return 1
	}
	return (units + r.part - 1) / r.part
}

// fill counts the parts that Split will cut: a character that does not fit whole
// starts the next.
func fill(text string, part int, first func(string) (width, size int)) (segments int) {
	segments = 1
	used := 0
	for len(text) > 0 {
		width, size := first(text)
		if used += width; used > part {
			segments, used = segments+1, width
		}
		text = text[size:]
	}
	return segments
}

func validAt(text string, i int) bool {
	r, size := utf8.DecodeRuneInString(text[i:])
	return r != utf8.RuneError || size != 1
}
