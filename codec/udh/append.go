package udh

import (
	"encoding/binary"
	"fmt"
)

// AppendConcat appends a whole header that holds c alone: six octets, or seven
// when c is wide. c must be Valid; the upper half of a narrow reference is cut
// off, as its counter wraps at 256 (US-SC-026).
func AppendConcat(dst []byte, c Concat) []byte {
	if c.Wide {
		return append(dst, 6, byte(ConcatWide), 4, byte(c.Reference>>8), byte(c.Reference), c.Total, c.Index)
	}
	return append(dst, 5, byte(ConcatNarrow), 3, byte(c.Reference), c.Total, c.Index)
}

// LengthError says that a header's elements, or the content of one, are longer
// than the single length octet can say.
type LengthError struct{ Octets int }

func (e *LengthError) Error() string {
	return fmt.Sprintf("user data header: %d octets, at most 255 can be announced: drop elements", e.Octets)
}

// Append appends the header with its length octet: concatenation, ports,
// national languages, then Others. A header without elements appends nothing,
// because a text without one carries no length octet either. On an error dst
// comes back as it was.
func (h Header) Append(dst []byte) ([]byte, error) {
	start := len(dst)
	b := append(dst, 0)
	if h.Concat != (Concat{}) {
		b = AppendConcat(b, h.Concat)
		b = append(b[:start+1], b[start+2:]...) // without the length octet of its own
	}
	switch {
	case h.Ports.Present && h.Ports.Wide:
		b = append(b, byte(PortsWide), 4)
		b = binary.BigEndian.AppendUint16(b, h.Ports.Destination)
		b = binary.BigEndian.AppendUint16(b, h.Ports.Source)
	case h.Ports.Present:
		b = append(b, byte(PortsNarrow), 2, byte(h.Ports.Destination), byte(h.Ports.Source))
	}
	if h.Single != 0 {
		b = append(b, byte(LanguageSingle), 1, byte(h.Single))
	}
	if h.Locking != 0 {
		b = append(b, byte(LanguageLocking), 1, byte(h.Locking))
	}
	for _, e := range h.Others {
		if len(e.Data) > 0xFF {
			return dst, &LengthError{len(e.Data)}
		}
		b = append(append(b, byte(e.ID), byte(len(e.Data))), e.Data...)
	}
	switch n := len(b) - start - 1; {
	case n == 0:
		return dst, nil
	case n > 0xFF:
		return dst, &LengthError{n}
	default:
		b[start] = byte(n)
	}
	return b, nil
}
