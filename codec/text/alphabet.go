// Package text turns texts into the octets of short_message and message_payload,
// and octets back into texts, by data_coding and by what data_coding 0 means at
// an MNO.
//
// Sending is strict: Prepare plans a text with package segment, AppendPart writes
// its parts, and what cannot be written as demanded is an error before anything
// is sent. Receiving is lenient: Decode never fails; what it could not read is
// U+FFFD (or what the standard tells a phone to show) and reported as Lossy, so
// that the caller can keep the octets beside the text.
//
// Nothing is normalised: hamza, yeh, ZWNJ and a leading U+FEFF come out as they
// went in. The package does not know user data headers; their length and their
// national languages are arguments.
package text

import "fmt"

// Alphabet is a way to write characters as octets.
type Alphabet uint8

// The alphabets. GSM7 is the zero value, as it is the default of data_coding 0.
const (
	GSM7       Alphabet = iota // 3GPP TS 23.038, one septet an octet
	GSM7Packed                 // the same, eight septets in seven octets
	Latin1                     // ISO 8859-1
	ASCII                      // IA5
	Latin9                     // ISO 8859-15: Latin-1 with the euro sign
	Cyrillic                   // ISO 8859-5
	Hebrew                     // ISO 8859-8
	UCS2                       // UTF-16, big endian, surrogates included
	UCS2LE                     // the same, little endian: no standard has it, some MNOs do
	Binary                     // no text, or a character set that is not decoded
)

// alphabets is the one list of names: as a profile writes them, and as events
// and metrics show them.
var alphabets = [...]struct{ name, label string }{
	GSM7:       {"gsm7", "GSM7"},
	GSM7Packed: {"gsm7-packed", "GSM7"},
	Latin1:     {"latin1", "LATIN1"},
	ASCII:      {"ascii", "ASCII"},
	Latin9:     {"latin9", "LATIN9"},
	Cyrillic:   {"cyrillic", "CYRILLIC"},
	Hebrew:     {"hebrew", "HEBREW"},
	UCS2:       {"ucs2", "UCS2"},
	UCS2LE:     {"ucs2-le", "UCS2"},
	Binary:     {"binary", "BINARY"},
}

// String is the name in a profile.
func (a Alphabet) String() string {
	if int(a) < len(alphabets) {
		return alphabets[a].name
	}
	return fmt.Sprintf("alphabet-%d", uint8(a))
}

// Label is the name in events: GSM7, UCS2, LATIN1, ASCII, BINARY and so on;
// packing and byte order are the link's business, not the reader's.
func (a Alphabet) Label() string {
	if int(a) < len(alphabets) {
		return alphabets[a].label
	}
	return alphabets[Binary].label
}

// IsDefault reports whether a may be what data_coding 0 means.
func (a Alphabet) IsDefault() bool { return a <= Latin9 }

// ParseAlphabet reads a name as a profile writes it; the empty name is GSM7.
func ParseAlphabet(name string) (Alphabet, error) {
	if name == "" {
		return GSM7, nil
	}
	for a, n := range alphabets {
		if n.name == name {
			return Alphabet(a), nil
		}
	}
	return GSM7, fmt.Errorf("alphabet: unknown name of %d octets: want gsm7, gsm7-packed, latin1, ascii or latin9", len(name))
}

// Alphabets lists the names that ParseAlphabet reads.
func Alphabets() []string {
	names := make([]string, len(alphabets))
	for a := range alphabets {
		names[a] = alphabets[a].name
	}
	return names
}
