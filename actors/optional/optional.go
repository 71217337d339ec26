// Package optional gives optional parameters (TLVs, SMPP 3.4 §3.2.4) names and values
// that people and other services read. What a vendor's tag means differs between MNOs
// (0x1400 is the principal entity's id in India and something else at others), so their
// names belong to the profile; those of the standard have the standard's.
//
//	command's tlvs ──Kind.Write──► octets          octets ──Rules.Told──► event's tlvs
//
// It tells no texts of messages, also where a value repeats one, and bounds what it tells: a peer may send 64 KiB in one.
package optional

import (
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Kind is how a value is written.
type Kind uint8

// The kinds.
const (
	Text    Kind = iota // the octets of the text
	CString             // and a NUL
	Uint8               // a number, decimal or 0x…; told in decimal
	Uint16
	Uint32
	Hex // octets in hex
)

var kindNames = [...]string{"text", "cstring", "uint8", "uint16", "uint32", "hex"}

// String is the kind's name in a profile.
func (k Kind) String() string { return kindNames[k] }

func (k Kind) isNumber() bool { return Uint8 <= k && k <= Uint32 }

// ParseKind is the reverse of String; ok is false for an unknown name.
func ParseKind(name string) (k Kind, ok bool) {
	i := slices.Index(kindNames[:], name)
	return Kind(max(i, 0)), i >= 0
}

// Write makes the octets of a value that a command gives.
func (k Kind) Write(text string) (value []byte, ok bool) {
	switch k {
	case Text:
		return []byte(text), len(text) <= 0xFFFF
	case CString:
		return append([]byte(text), 0), len(text) < 0xFFFF
	case Hex:
		value, err := hex.DecodeString(text)
		return value, err == nil && len(value) <= 0xFFFF
	}
	octets := map[Kind]int{Uint8: 1, Uint16: 2, Uint32: 4}[k]
	n, err := strconv.ParseUint(text, 0, 8*octets)
	return binary.BigEndian.AppendUint32(nil, uint32(n))[4-octets:], err == nil
}

// cut stands at the end of a value that was longer than is told.
const cut = "…"

// read tells a value as a profile declares it, at most the first octets of it. MNOs send
// numbers in more and in fewer octets than they say. What is not of its kind is in hex.
func (k Kind) read(value []byte, most int) string {
	end := ""
	if len(value) > most {
		value, end = value[:most], cut
	}
	switch k {
	case Text, CString:
		text := string(value)
		if k == CString {
			text, _, _ = strings.Cut(text, "\x00")
		}
		if end != "" { // it may have been cut within a character
			text = strings.ToValidUTF8(text, "")
		}
		if utf8.ValidString(text) {
			return text + end
		}
	case Uint8, Uint16, Uint32:
		if 0 < len(value) && len(value) <= 4 {
			var n uint32
			for _, octet := range value {
				n = n<<8 | uint32(octet)
			}
			return strconv.FormatUint(uint64(n), 10)
		}
	}
	return hex.EncodeToString(value) + end
}
