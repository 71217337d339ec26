package udh

import (
	"encoding/binary"
	"fmt"

	"github.com/ghasi/smpp-connector/codec/segment"
)

// Error says that a header's lengths contradict each other or the octets given.
type Error struct {
	Offset int    // of the length octet at fault
	Length int    // what it says
	Have   int    // octets that are there for it
	What   string // "header" or "element"
}

func (e *Error) Error() string {
	if e.Have < 0 {
		return "user data header: no octets, although esm_class announces one: clear the UDHI bit or send a header"
	}
	return fmt.Sprintf("user data header: %s at octet %d is %d octets long, %d are there: correct its length or clear the UDHI bit",
		e.What, e.Offset, e.Length, e.Have)
}

// Parse reads the header at the start of octets and returns what is behind it.
// Elements and rest alias octets. On an error rest is all of octets, so that a
// lenient caller can still show them.
func Parse(octets []byte) (h Header, rest []byte, err error) {
	if len(octets) == 0 {
		return Header{}, octets, &Error{Have: -1, What: "header"}
	}
	end := 1 + int(octets[0])
	if end > len(octets) {
		return Header{}, octets, &Error{0, int(octets[0]), len(octets) - 1, "header"}
	}
	h.Octets = end
	for at := 1; at < end; {
		if at+2 > end { // an identifier without a length
			return Header{}, octets, &Error{at, 1, 0, "element"}
		}
		id, n := ID(octets[at]), int(octets[at+1])
		if at+2+n > end {
			return Header{}, octets, &Error{at + 1, n, end - at - 2, "element"}
		}
		data := octets[at+2 : at+2+n : at+2+n]
		if !h.take(id, data) {
			h.Others = append(h.Others, Element{id, data})
		}
		at += 2 + n
	}
	return h, octets[end:], nil
}

// take puts an element into its field and reports whether it has one and obeys
// its kind's rules. The last of several counts (§9.2.3.24).
func (h *Header) take(id ID, data []byte) bool {
	switch {
	case id == ConcatNarrow && len(data) == 3:
		return h.takeConcat(Concat{uint16(data[0]), false, data[1], data[2]})
	case id == ConcatWide && len(data) == 4:
		return h.takeConcat(Concat{binary.BigEndian.Uint16(data), true, data[2], data[3]})
	case id == PortsNarrow && len(data) == 2:
		h.Ports = Ports{true, false, uint16(data[0]), uint16(data[1])}
		return true
	case id == PortsWide && len(data) == 4:
		h.Ports = Ports{true, true, binary.BigEndian.Uint16(data), binary.BigEndian.Uint16(data[2:])}
		return true
	case id == LanguageLocking && len(data) == 1 && segment.Language(data[0]).HasLocking():
		h.Locking = segment.Language(data[0])
		return true
	case id == LanguageSingle && len(data) == 1 && segment.Language(data[0]).HasSingle():
		h.Single = segment.Language(data[0])
		return true
	}
	return false
}

func (h *Header) takeConcat(c Concat) bool {
	if !c.Valid() {
		return false
	}
	h.Concat = c
	return true
}
