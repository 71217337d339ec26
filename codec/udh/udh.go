// Package udh reads and writes the user data header that stands before a text
// when esm_class has the UDHI bit (3GPP TS 23.040 §9.2.3.24, SMPP 3.4 §5.2.12).
//
//	05 00 03 2A 02 01 …     length · element 00 · its length · reference, total, index · text
//
// The elements that the connector acts on are fields: concatenation (00, 08),
// application ports (04, 05), national language tables (24, 25). All others, and
// those whose content breaks the rules of their kind, are kept as they came in
// Others. Only a header whose lengths contradict each other is an error, because
// then nobody can say where the text begins.
//
// The package does not reassemble and draws no reference numbers.
package udh

import "github.com/ghasi/smpp-connector/codec/segment"

// ID is an information element identifier (3GPP TS 23.040 §9.2.3.24).
type ID uint8

// The elements that Header has fields for.
const (
	ConcatNarrow    ID = 0x00 // 8-bit reference, total, index
	ConcatWide      ID = 0x08 // 16-bit reference, total, index
	PortsNarrow     ID = 0x04 // 8-bit destination and source port
	PortsWide       ID = 0x05 // 16-bit destination and source port
	LanguageSingle  ID = 0x24 // national language single shift table
	LanguageLocking ID = 0x25 // national language locking shift table
)

// Concat is a part's place in a message of several parts. The zero value is the
// message that has none.
type Concat struct {
	Reference uint16 // the same in all parts; below 256 unless Wide
	Wide      bool   // element 08 instead of 00
	Total     uint8  // 1…255
	Index     uint8  // 1…Total
}

// Valid reports whether the numbers make sense; a receiver ignores others
// (§9.2.3.24.1).
func (c Concat) Valid() bool {
	return c.Index >= 1 && c.Index <= c.Total && (c.Wide || c.Reference <= 0xFF)
}

// Ports are application ports (§9.2.3.24.3, §9.2.3.24.4).
type Ports struct {
	Present             bool
	Wide                bool // element 05 instead of 04; ports below 256 otherwise
	Destination, Source uint16
}

// Element is an information element as it came.
type Element struct {
	ID   ID
	Data []byte // aliases what Parse was given
}

// Header is a user data header. The zero value is an empty one.
type Header struct {
	Octets  int // with the length octet; what Parse found, Append does not read it
	Concat  Concat
	Ports   Ports
	Locking segment.Language // 0: the default alphabet
	Single  segment.Language // 0: the default extension table
	Others  []Element        // in order
}

// Shift is the pair of national tables that the text behind the header is
// written with.
func (h Header) Shift() segment.Shift { return segment.Shift{Locking: h.Locking, Single: h.Single} }

// FillBits is how many bits lie between a header of n octets and the first
// septet of a packed text (§9.2.3.24): 0…6.
func FillBits(n int) int { return (7 - n*8%7) % 7 }
