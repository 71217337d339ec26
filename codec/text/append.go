package text

import (
	"unicode/utf8"

	"github.com/ghasi/smpp-connector/codec/segment"
)

// AppendPart appends one part of a plan that Prepare made with the same def, as
// it stands in short_message behind a header of headerOctets octets (0: none).
// The header itself is the caller's (package udh).
func AppendPart(dst []byte, plan segment.Plan, part int, def Alphabet, headerOctets int) ([]byte, error) {
	octets := plan.Parts[part]
	switch {
	case plan.Encoding == segment.UCS2, def == GSM7:
		return append(dst, octets...), nil
	case def == GSM7Packed:
		return pack(dst, octets, fillBits(headerOctets)), nil
	}
	return appendTranscoded(dst, octets, def)
}

// appendTranscoded writes septets of the default alphabet as octets of def.
func appendTranscoded(dst, septets []byte, def Alphabet) ([]byte, error) {
	start, n := len(dst), 0
	extended := false
	for _, s := range septets {
		if s == segment.Escape && !extended {
			extended = true
			continue
		}
		r, ok := segment.Char(s, extended)
		extended = false
		o, fits := charOctet(r, def)
		if !ok || !fits {
			return dst[:start], &AlphabetError{def, n}
		}
		dst = append(dst, o)
		n++
	}
	return dst, nil
}

func size(text string, i int) int {
	_, n := utf8.DecodeRuneInString(text[i:])
	return n
}
