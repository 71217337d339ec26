package codec

import "fmt"

// Tag names an optional parameter (SMPP 3.4 §5.3).
type Tag uint16

// TLV is one optional parameter. Value aliases the parsed frame until Clone.
type TLV struct {
	Tag   Tag
	Value []byte
}

// TLVs are the optional parameters of a PDU as they stood on the wire: in order,
// repeats kept, vendor and unknown tags among them.
type TLVs []TLV

// TagKind says how the value of a TLV is to be read.
type TagKind uint8

// The kinds of value.
const (
	Octets  TagKind = iota // bytes without a meaning of their own here, and every unknown tag
	Integer                // unsigned, big endian
	Bitmask                // an integer whose bits mean something each
	Text                   // C-octet string: the value ends with a NUL
	Empty                  // no value, its presence says it all
)

// tagRow is one line of the table of TLVs.
type tagRow struct {
	tag     Tag
	name    string
	version string // 3.4, 5.0 or vendor
	kind    TagKind
	min     int // least octets of the value
	max     int // most octets of the value
}

var rowByTag = func() map[Tag]*tagRow {
	m := make(map[Tag]*tagRow, len(tags))
	for i := range tags {
		m[tags[i].tag] = &tags[i]
	}
	return m
}()

// String is the spec's name, "message_payload", or "0x1234".
func (t Tag) String() string {
	if row := rowByTag[t]; row != nil {
		return row.name
	}
	return fmt.Sprintf("0x%04X", uint16(t))
}

// Known reports whether the table of TLVs names the tag.
func (t Tag) Known() bool { return rowByTag[t] != nil }

// Kind says how the value is read; Octets for unknown tags.
func (t Tag) Kind() TagKind {
	if row := rowByTag[t]; row != nil {
		return row.kind
	}
	return Octets
}

// Limits are the least and most octets that the spec gives the value; 0 and 65535
// for unknown tags. Peers break them, so they bind what we send, not what we read.
func (t Tag) Limits() (least, most int) {
	if row := rowByTag[t]; row != nil {
		return row.min, row.max
	}
	return 0, 0xFFFF
}

// Vendor reports whether the tag lies in 0x1400-0x3FFF, which 3.4 leaves to SMSC vendors.
func (t Tag) Vendor() bool { return t >= 0x1400 && t <= 0x3FFF }

// KnownTags lists every tag that has a name, in the order of the numbers.
func KnownTags() []Tag {
	list := make([]Tag, len(tags))
	for i := range tags {
		list[i] = tags[i].tag
	}
	return list
}

// Get is the value of the first TLV with this tag. ok tells an empty value from an absent one.
func (ts TLVs) Get(tag Tag) (value []byte, ok bool) {
	for i := range ts {
		if ts[i].Tag == tag {
			return ts[i].Value, true
		}
	}
	return nil, false
}

// Uint8 reads an integer TLV, lenient on its width: peers send an octet as two or
// four and back. ok is false when the TLV is absent, empty, or its number is too
// large for the type.
func (ts TLVs) Uint8(tag Tag) (v uint8, ok bool) {
	n, ok := ts.Uint32(tag)
	if !ok || n > 0xFF {
		return 0, false
	}
	return uint8(n), true
}

// Uint16 is Uint8 for two octets.
func (ts TLVs) Uint16(tag Tag) (v uint16, ok bool) {
	n, ok := ts.Uint32(tag)
	if !ok || n > 0xFFFF {
		return 0, false
	}
	return uint16(n), true
}

// Uint32 is Uint8 for four octets.
func (ts TLVs) Uint32(tag Tag) (v uint32, ok bool) {
	value, _ := ts.Get(tag)
	if len(value) == 0 {
		return 0, false
	}
	for _, b := range value {
		if v>>24 != 0 {
			return 0, false
		}
		v = v<<8 | uint32(b)
	}
	return v, true
}

// String reads a C-octet string TLV up to its NUL, or whole when the peer left
// the NUL out. The string is a copy. It is "" when the TLV is absent; Get tells.
func (ts TLVs) String(tag Tag) string {
	value, _ := ts.Get(tag)
	for i, b := range value {
		if b == 0 {
			return string(value[:i])
		}
	}
	return string(value)
}

// Add appends a TLV that keeps value, not a copy of it.
func (ts *TLVs) Add(tag Tag, value []byte) { *ts = append(*ts, TLV{tag, value}) }

// AddUint8 appends an integer TLV of one octet.
func (ts *TLVs) AddUint8(tag Tag, v uint8) { ts.Add(tag, []byte{v}) }

// AddUint16 appends an integer TLV of two octets.
func (ts *TLVs) AddUint16(tag Tag, v uint16) { ts.Add(tag, []byte{byte(v >> 8), byte(v)}) }

// AddUint32 appends an integer TLV of four octets.
func (ts *TLVs) AddUint32(tag Tag, v uint32) {
	ts.Add(tag, []byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})
}

// AddString appends a C-octet string TLV, with its NUL.
func (ts *TLVs) AddString(tag Tag, s string) { ts.Add(tag, append([]byte(s), 0)) }
