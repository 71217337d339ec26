package natsjs

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
)

// The values of our buckets are packed: a format number, then numbers as varints
// and octets with their length before them. JSON would double the size of a
// correlation, of which there are thirty thousand a second.

// errPacked is the error of a value that was not written by this package, or by
// a version that wrote it differently.
var errPacked = errors.New("the value is not in a format that this version knows")

func packString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func packBytes(b, s []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// packTime keeps milliseconds.
func packTime(b []byte, t time.Time) []byte { return binary.AppendVarint(b, t.UnixMilli()) }

func packBind(b []byte, id port.BindID) []byte {
	b = packString(packString(b, id.MNO), string(id.Direction))
	return binary.AppendUvarint(b, uint64(id.Number))
}

// unpacker reads what was packed. The first error sticks; after it everything is zero.
type unpacker struct {
	rest []byte
	bad  bool
}

// unpack checks the format number and returns a reader of what follows it.
func unpack(value []byte, format byte) *unpacker {
	if len(value) == 0 || value[0] != format {
		return &unpacker{bad: true}
	}
	return &unpacker{rest: value[1:]}
}

func (u *unpacker) fail() {
	u.rest, u.bad = nil, true
}

func (u *unpacker) number() uint64 {
	v, n := binary.Uvarint(u.rest)
	if n <= 0 {
		u.fail()
		return 0
	}
	u.rest = u.rest[n:]
	return v
}

func (u *unpacker) time() time.Time {
	v, n := binary.Varint(u.rest)
	if n <= 0 {
		u.fail()
		return time.Time{}
	}
	u.rest = u.rest[n:]
	return time.UnixMilli(v).UTC()
}

// take returns the next n octets, not a copy; nil when there are fewer.
func (u *unpacker) take(n uint64) []byte {
	if u.bad || n > uint64(len(u.rest)) {
		u.fail()
		return nil
	}
	b := u.rest[:n:n]
	u.rest = u.rest[n:]
	return b
}

// octets returns a part of the value itself, not a copy.
func (u *unpacker) octets() []byte { return u.take(u.number()) }

func (u *unpacker) string() string { return string(u.octets()) }

func (u *unpacker) bind() port.BindID {
	return port.BindID{MNO: u.string(), Direction: port.Direction(u.string()), Number: int(u.number())}
}

// err returns errPacked when something was missing or is left over.
func (u *unpacker) err() error {
	if u.bad || len(u.rest) > 0 {
		return errPacked
	}
	return nil
}
