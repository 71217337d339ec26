package natsjs

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/ghasi/smpp-connector/actors/concat"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
)

// The first octet of a slot of inbound parts: one whose messages have TLVs is written as no
// version before them reads it, and only that.
const (
	slotFormat     = 2
	slotFormatTLVs = 3
)

// The widths of a reference, in a key.
const (
	narrowReference = "n"
	wideReference   = "w"
)

// concatKey is {mno}.{originator}.{destination}.{reference}.{width}.{total}.
func concatKey(k port.ConcatKey) string {
	width := narrowReference
	if k.Wide {
		width = wideReference
	}
	return key("", k.MNO, k.Originator, k.Destination, strconv.Itoa(int(k.Reference)), width, strconv.Itoa(int(k.Total)))
}

// readConcatKey is the reverse of concatKey.
func readConcatKey(name string) (port.ConcatKey, error) {
	tokens, err := splitKey(name, 6)
	if err != nil {
		return port.ConcatKey{}, err
	}
	reference, err := strconv.ParseUint(tokens[3], 10, 16)
	total, err2 := strconv.ParseUint(tokens[5], 10, 8)
	if err != nil || err2 != nil || tokens[4] != narrowReference && tokens[4] != wideReference {
		return port.ConcatKey{}, fmt.Errorf("key %q: want a reference, %s or %s, and a number of parts at its end", name, narrowReference, wideReference)
	}
	return port.ConcatKey{
		MNO: tokens[0], Originator: tokens[1], Destination: tokens[2],
		Reference: uint16(reference), Wide: tokens[4] == wideReference, Total: uint8(total),
	}, nil
}

// packNano keeps a time to the nanosecond: it tells messages of one key apart.
func packNano(b []byte, t time.Time) []byte { return binary.AppendVarint(b, t.UnixNano()) }

func (u *unpacker) nano() time.Time {
	v, n := binary.Varint(u.rest)
	if n <= 0 {
		u.fail()
		return time.Time{}
	}
	u.rest = u.rest[n:]
	return time.Unix(0, v).UTC()
}

// packSlot writes what the key does not say.
func packSlot(s *concat.Slot) []byte {
	format := byte(slotFormat)
	if slices.ContainsFunc(s.Open, func(h concat.Held) bool { return len(h.TLVs) > 0 }) {
		format = slotFormatTLVs
	}
	b := append(make([]byte, 0, 256), format)
	b = binary.AppendUvarint(b, uint64(len(s.Open)))
	for i := range s.Open {
		h := &s.Open[i]
		b = packBind(b, h.Bind)
		b = packNano(packNano(packNano(b, h.Since), h.Deadline), h.Due)
		claimed := byte(0)
		if h.Claimed {
			claimed = 1
		}
		b = binary.AppendUvarint(append(b, claimed), uint64(len(h.Parts)))
		for _, p := range h.Parts {
			b = append(b, p.Index, p.DataCoding)
			b = packBytes(packBytes(b, p.Header), p.Body)
		}
		if format == slotFormatTLVs {
			b = packTLVs(b, h.TLVs)
		}
	}
	if s.Last == nil {
		return b
	}
	b = packTime(b, s.Forget)
	for _, index := range slices.Sorted(maps.Keys(s.Last)) {
		b = binary.BigEndian.AppendUint64(append(b, index), s.Last[index])
	}
	return b
}

func packTLVs(b []byte, tlvs codec.TLVs) []byte {
	b = binary.AppendUvarint(b, uint64(len(tlvs)))
	for _, t := range tlvs {
		b = packBytes(binary.BigEndian.AppendUint16(b, uint16(t.Tag)), t.Value)
	}
	return b
}

func (u *unpacker) tlvs() (tlvs codec.TLVs) {
	for range u.number() {
		tag := u.take(2)
		value := u.octets()
		if u.bad {
			return nil
		}
		tlvs.Add(codec.Tag(binary.BigEndian.Uint16(tag)), value)
	}
	return tlvs
}

// unpackSlot reads the slot of a key.
func unpackSlot(k port.ConcatKey, value []byte) (*concat.Slot, error) {
	format := byte(slotFormat)
	if len(value) > 0 && value[0] == slotFormatTLVs {
		format = slotFormatTLVs
	}
	u := unpack(value, format)
	s := &concat.Slot{}
	for range u.number() {
		h := concat.Held{ConcatGroup: port.ConcatGroup{Key: k, Bind: u.bind(), Since: u.nano(), Deadline: u.nano()}, Due: u.nano()}
		if claimed := u.take(1); !u.bad {
			h.Claimed = claimed[0] == 1
		}
		for range u.number() {
			head := u.take(2)
			if u.bad {
				break
			}
			h.Parts = append(h.Parts, port.ConcatPart{Index: head[0], DataCoding: head[1], Header: u.octets(), Body: u.octets()})
		}
		if format == slotFormatTLVs {
			h.TLVs = u.tlvs()
		}
		if u.bad {
			break
		}
		s.Open = append(s.Open, h)
	}
	if len(u.rest) > 0 {
		s.Forget, s.Last = u.time(), map[uint8]uint64{}
		for len(u.rest) > 0 {
			if b := u.take(9); !u.bad {
				s.Last[b[0]] = binary.BigEndian.Uint64(b[1:])
			}
		}
	}
	if err := u.err(); err != nil {
		return nil, fmt.Errorf("parts of an inbound message: %w", err)
	}
	return s, nil
}

// byDeadline orders messages, the earliest first.
func byDeadline(a, b port.ConcatGroup) int {
	return cmp.Or(a.Deadline.Compare(b.Deadline), cmp.Compare(a.Key.Reference, b.Key.Reference))
}
