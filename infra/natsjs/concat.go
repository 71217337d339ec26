package natsjs

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"

	"github.com/ghasi/smpp-connector/actors/port"
)

// concatFormat is the first octet of a group of parts.
const concatFormat = 1

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

// packGroup writes what the key does not say.
func packGroup(g *port.ConcatGroup) []byte {
	size := 24
	for _, p := range g.Parts {
		size += 4 + len(p.Body)
	}
	b := append(make([]byte, 0, size), concatFormat)
	b = packTime(b, g.Deadline)
	b = binary.AppendUvarint(b, uint64(len(g.Parts)))
	for _, p := range g.Parts {
		b = append(b, p.Index, p.DataCoding)
		b = packBytes(b, p.Body)
	}
	return b
}

// unpackGroup reads a group that was found under a key.
func unpackGroup(k port.ConcatKey, value []byte) (port.ConcatGroup, error) {
	u := unpack(value, concatFormat)
	g := port.ConcatGroup{Key: k, Deadline: u.time()}
	for range min(u.number(), 255) {
		head := u.take(2)
		if u.bad {
			break
		}
		g.Parts = append(g.Parts, port.ConcatPart{Index: head[0], DataCoding: head[1], Body: u.octets()})
	}
	if err := u.err(); err != nil {
		return port.ConcatGroup{}, fmt.Errorf("parts of an inbound message: %w", err)
	}
	return g, nil
}

// withPart puts a part into its place and reports whether it was not there yet.
func withPart(g *port.ConcatGroup, part port.ConcatPart) bool {
	at, there := slices.BinarySearchFunc(g.Parts, part.Index, func(p port.ConcatPart, index uint8) int {
		return int(p.Index) - int(index)
	})
	if !there {
		g.Parts = slices.Insert(g.Parts, at, part)
	}
	return !there
}
