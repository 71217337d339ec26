package text

import (
	"strings"
	"unicode/utf8"

	"github.com/ghasi/smpp-connector/codec/segment"
)

// Options is what else than data_coding decides what octets mean. The zero value
// is the default alphabet of SMPP: GSM7, unpacked.
type Options struct {
	Default      Alphabet           // data_coding 0 at this MNO
	Override     map[uint8]Alphabet // by data_coding, before everything else
	HeaderOctets int                // of the user data header before the text, with its length octet: fill bits of packed septets
	Shift        segment.Shift      // national tables, from that header
}

// Decoded is a text as far as it could be read.
type Decoded struct {
	Text     string // valid UTF-8; empty if Binary
	Encoding string // GSM7, UCS2, LATIN1, ASCII, LATIN9, CYRILLIC, HEBREW or BINARY
	Binary   bool   // the octets are no text, or none that is decoded
	Lossy    bool   // some octets could not be read; keep them
	HasClass bool
	Class    uint8 // message class 0…3
}

// Decode reads octets without their user data header. It never fails, and keeps
// nothing of octets.
func Decode(dataCoding uint8, octets []byte, opt Options) Decoded {
	return DecodeParts(dataCoding, [][]byte{octets}, opt)
}

// DecodeParts reads a message of several parts, in order. Escape pairs and
// surrogate pairs that an MNO has cut over two parts come together again; packed
// septets start anew in each part, after a header of the same length.
func DecodeParts(dataCoding uint8, parts [][]byte, opt Options) Decoded {
	coding := Describe(dataCoding, opt.Default)
	if a, ok := opt.Override[dataCoding]; ok {
		coding.Alphabet = a
	}
	d := Decoded{
		Encoding: coding.Alphabet.Label(),
		Binary:   coding.Alphabet >= Binary,
		HasClass: coding.HasClass,
		Class:    coding.Class,
	}
	if d.Binary {
		return d
	}
	w := newBuilder(parts, coding.Alphabet)
	switch coding.Alphabet {
	case GSM7, GSM7Packed:
		readGSM7(w, parts, coding.Alphabet == GSM7Packed, opt)
	case UCS2, UCS2LE:
		readUCS2(w, parts, coding.Alphabet == UCS2LE)
	default:
		readOctets(w, parts, coding.Alphabet)
	}
	d.Text, d.Lossy = w.String(), w.lossy
	return d
}

// builder collects characters and remembers whether one of them stands for
// something that could not be read.
type builder struct {
	strings.Builder
	lossy bool
}

func (b *builder) rune(r rune) {
	if r < utf8.RuneSelf {
		b.WriteByte(byte(r))
	} else {
		b.WriteRune(r)
	}
}

func (b *builder) unreadable(shown rune) {
	b.lossy = true
	b.rune(shown)
}

// newBuilder starts with the room of a text in Latin letters, and of one in
// Arabic letters if the alphabet is UCS2.
func newBuilder(parts [][]byte, a Alphabet) *builder {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	if a == GSM7Packed {
		n = n * 8 / 7
	}
	b := new(builder)
	b.Grow(n)
	return b
}
