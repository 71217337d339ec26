package text

import (
	"unicode/utf8"

	"github.com/ghasi/smpp-connector/codec/segment"
)

func readGSM7(w *builder, parts [][]byte, packed bool, opt Options) {
	r := gsm7Reader{w: w, shift: opt.Shift}
	for _, part := range parts {
		if !packed {
			r.unpacked(part)
			continue
		}
		septets, clean := unpack(make([]byte, 0, len(part)*8/7), part, fillBits(opt.HeaderOctets))
		w.lossy = w.lossy || !clean
		r.unpacked(septets)
	}
	r.close()
}

// gsm7Reader turns septets into characters; an open escape lives over the end of
// a part.
type gsm7Reader struct {
	w       *builder
	shift   segment.Shift
	escaped bool
}

func (g *gsm7Reader) unpacked(septets []byte) {
	for _, s := range septets {
		switch {
		case s > 0x7F: // no septet: the MNO does not send what the profile says
			g.close()
			g.w.unreadable(utf8.RuneError)
		case g.escaped:
			g.escaped = false
			g.afterEscape(s)
		case s == segment.Escape:
			g.escaped = true
		default:
			g.plain(s, false)
		}
	}
}

// afterEscape: an unknown sequence shows the character of the main table, an
// escape after an escape a space (3GPP TS 23.038 §6.2.1.1).
func (g *gsm7Reader) afterEscape(s byte) {
	if r, ok := g.shift.Char(s, true); ok {
		g.w.rune(r)
		return
	}
	g.plain(s, true)
}

func (g *gsm7Reader) plain(s byte, lossy bool) {
	r, ok := g.shift.Char(s, false)
	switch {
	case s == segment.Escape:
		g.w.unreadable(' ')
	case !ok: // an empty cell of a national table
		g.w.unreadable(utf8.RuneError)
	case lossy:
		g.w.unreadable(r)
	default:
		g.w.rune(r)
	}
}

// close ends the text: an escape with nothing behind it shows a space.
func (g *gsm7Reader) close() {
	if g.escaped {
		g.escaped = false
		g.w.unreadable(' ')
	}
}
