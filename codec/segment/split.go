package segment

import "unicode/utf8"

// Replacement is a character that GSM7Force sent as '?'.
type Replacement struct {
	Offset int // in characters (runes) from the start of the text, from 0
	Rune   rune
}

// Plan is a text ready to be sent.
type Plan struct {
	Count
	Shift    Shift         // the national tables of a GSM7 text; each part's header must name them
	Parts    [][]byte      // octets without user data header: unpacked septets, one an octet, or UTF-16BE
	Replaced []Replacement // GSM7Force only, by offset
}

// Split encodes a text and cuts it into as many parts as CountText says. The
// parts share one allocation; each has its own capacity, so appending to one
// leaves the next alone. Errors are CountText's, and the plan is then empty.
func Split(text string, want Encoding, rule Rule) (Plan, error) {
	l, err := measure(text, want, rule)
	if err != nil {
		return Plan{}, err
	}
	plan := Plan{Count: l.Count, Shift: l.shift}
	w := writer{parts: make([][]byte, 0, l.Segments), room: l.room.part}
	if l.Segments == 1 {
		w.room = l.room.alone
	}
	if l.Encoding == UCS2 {
		w.octets = make([]byte, 0, 2*l.Units)
		w.room *= 2
		for _, r := range text {
			w.ucs2(r)
		}
	} else {
		w.octets = make([]byte, 0, l.Units)
		n := 0
		for _, r := range text {
			c := l.find(r)
			if c == 0 {
				plan.Replaced = append(plan.Replaced, Replacement{n, r})
				c = inBase | '?'
			}
			w.gsm7(c)
			n++
		}
	}
	w.close()
	plan.Parts = w.parts
	return plan, nil
}

func (l *layout) find(r rune) code {
	switch {
	case l.codes != nil:
		return l.codes[r]
	case r < utf8.RuneSelf: // the common case, without a call
		return gsm.low[r]
	}
	return gsm.find(r)
}

// writer appends characters and starts a new part when one does not fit whole.
type writer struct {
	octets []byte // of all parts; never grows, measure has counted them
	parts  [][]byte
	start  int // of the open part in octets
	room   int // octets a part
}

func (w *writer) ucs2(r rune) {
	if r <= 0xFFFF {
		w.fit(2)
		w.octets = append(w.octets, byte(r>>8), byte(r))
		return
	}
	w.fit(4)
	r -= 0x10000
	high, low := 0xD800+r>>10, 0xDC00+r&0x3FF
	w.octets = append(w.octets, byte(high>>8), byte(high), byte(low>>8), byte(low))
}

func (w *writer) gsm7(c code) {
	w.fit(c.width())
	if c&inExtended != 0 {
		w.octets = append(w.octets, Escape)
	}
	w.octets = append(w.octets, byte(c))
}

func (w *writer) fit(n int) {
	if len(w.octets)-w.start+n > w.room {
		w.close()
	}
}

func (w *writer) close() {
	end := len(w.octets)
	w.parts = append(w.parts, w.octets[w.start:end:end])
	w.start = end
}
