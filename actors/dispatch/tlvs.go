package dispatch

import (
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"

	"github.com/ghasi/smpp-connector/codec"
)

// TLVRule declares a TLV that commands may carry under a name: the meaning of
// vendor tags differs between MNOs (0x1400 is the principal entity's id in India
// and something else at others), so names belong to the profile.
type TLVRule struct {
	Name     string
	Tag      codec.Tag
	Kind     TLVKind
	Required bool // a command without it is refused
}

// TLVKind is how a TLV's value is written.
type TLVKind uint8

// The kinds.
const (
	TLVText    TLVKind = iota // the octets of the text
	TLVCString                // and a NUL
	TLVUint8                  // a number, decimal or 0x…
	TLVUint16
	TLVUint32
	TLVHex // octets in hex
)

var tlvKindNames = [...]string{"text", "cstring", "uint8", "uint16", "uint32", "hex"}

// String is the kind's name in a profile.
func (k TLVKind) String() string { return tlvKindNames[k] }

// ParseTLVKind is the reverse of String; ok is false for an unknown name.
func ParseTLVKind(name string) (k TLVKind, ok bool) {
	i := slices.Index(tlvKindNames[:], name)
	return TLVKind(max(i, 0)), i >= 0
}

// fillTLVs writes a command's tlvs in the order of the profile.
func (r Rules) fillTLVs(t *codec.SubmitSM, given map[string]string) *Refusal {
	used := 0
	for _, rule := range r.TLVs {
		text, ok := given[rule.Name]
		if !ok {
			if rule.Required {
				return invalid("tlvs."+rule.Name, "is missing: this MNO demands it in every message")
			}
			continue
		}
		used++
		value, ok := rule.Kind.write(text)
		if !ok {
			return invalid("tlvs."+rule.Name, "%d characters that are no %v: see the operator's profile", len(text), rule.Kind)
		}
		t.TLVs = append(t.TLVs, codec.TLV{Tag: rule.Tag, Value: value})
	}
	if used < len(given) {
		for name := range given {
			if !slices.ContainsFunc(r.TLVs, func(rule TLVRule) bool { return rule.Name == name }) {
				return invalid("tlvs", "a name of %d characters that the operator's profile does not declare: add it there", len(name))
			}
		}
	}
	return nil
}

func (k TLVKind) write(text string) (value []byte, ok bool) {
	switch k {
	case TLVText:
		return []byte(text), len(text) <= 0xFFFF
	case TLVCString:
		return append([]byte(text), 0), len(text) < 0xFFFF
	case TLVHex:
		value, err := hex.DecodeString(text)
		return value, err == nil && len(value) <= 0xFFFF
	}
	octets := map[TLVKind]int{TLVUint8: 1, TLVUint16: 2, TLVUint32: 4}[k]
	n, err := strconv.ParseUint(text, 0, 8*octets)
	return binary.BigEndian.AppendUint32(nil, uint32(n))[4-octets:], err == nil
}
