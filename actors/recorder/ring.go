package recorder

import (
	"encoding/binary"
	"sync"
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// The sizes of a Ring.
const (
	DefaultCapacity = 64 << 10 // octets of a bind's Ring when nothing else is asked for
	MaxKept         = 1 << 10  // octets kept of one PDU; what is longer is truncated

	leastCapacity = 4 << 10
	leastBuffer   = 512 // the first allocation
)

// Direction says which way a PDU went, seen from the connector.
type Direction uint8

// The directions.
const (
	Out Direction = iota // to the MNO
	In                   // from the MNO
)

// String is "out" or "in".
func (d Direction) String() string {
	if d == Out {
		return "out"
	}
	return "in"
}

// kind is what a record holds: PDUs that went in a Direction, or a note.
type kind uint8

const noted kind = 2

// head stands before each record in the ring.
type head struct {
	at         int64  // Unix ns
	connection uint32 // 0: the bind's, no line's
	size       uint16 // octets of the record behind the head
	carry      uint16 // of these, how many at the start belong to a PDU that began in an earlier record
	begun      uint16 // PDUs that begin here
	kind       kind
}

const headLen = 8 + 4 + 2 + 2 + 2 + 1

func (h *head) put(b *[headLen]byte) {
	binary.BigEndian.PutUint64(b[0:], uint64(h.at))
	binary.BigEndian.PutUint32(b[8:], h.connection)
	binary.BigEndian.PutUint16(b[12:], h.size)
	binary.BigEndian.PutUint16(b[14:], h.carry)
	binary.BigEndian.PutUint16(b[16:], h.begun)
	b[18] = byte(h.kind)
}

func headOf(b []byte) head {
	return head{
		at:         int64(binary.BigEndian.Uint64(b[0:])),
		connection: binary.BigEndian.Uint32(b[8:]),
		size:       binary.BigEndian.Uint16(b[12:]),
		carry:      binary.BigEndian.Uint16(b[14:]),
		begun:      binary.BigEndian.Uint16(b[16:]),
		kind:       kind(b[18]),
	}
}

// Ring holds the last records of one bind, over all its lines. Any goroutine may
// call it. A nil *Ring records nothing and hands out lines that record nothing.
type Ring struct {
	capacity int
	piece    int // octets of one record at most: what falls out at a time

	mu          sync.Mutex
	buf         []byte // grows up to capacity
	start, used int
	fallen      uint64 // PDUs that were kept and have fallen out
	connections uint32 // lines so far
	quiet       quiet
}

// New is an empty Ring that will take up to capacity octets, DefaultCapacity when
// that is 0 or less. It must have room for a few PDUs: 4 KiB are the least.
func New(capacity int) *Ring {
	if capacity <= 0 {
		capacity = DefaultCapacity
	}
	capacity = max(capacity, leastCapacity)
	return &Ring{capacity: capacity, piece: max(MaxKept, min(capacity/32, 32<<10))}
}

// Connect begins a line: the bind's next connection, from 1. The note says to where
// and as what; like all notes it must hold no secret.
func (r *Ring) Connect(at time.Time, note string) *Line {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.connections++
	l := &Line{ring: r, number: r.connections}
	r.note(l.number, at, note)
	return l
}

// Note records an event in the bind's life that belongs to no line: a dial that
// failed. What is longer than 256 octets is cut.
func (r *Ring) Note(at time.Time, text string) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.note(0, at, text)
}

// maxNote bounds a note: the reasons that peers give may be long.
const maxNote = 256

func (r *Ring) note(connection uint32, at time.Time, text string) {
	r.flush()
	text = text[:min(len(text), maxNote)]
	h := head{at: at.UnixNano(), connection: connection, size: uint16(len(text)), kind: noted}
	r.begin(&h)
	r.push([]byte(text))
}

// begin makes room for a record and writes its head. The caller writes the octets.
func (r *Ring) begin(h *head) {
	for need := headLen + int(h.size); r.used+need > len(r.buf); {
		if len(r.buf) < r.capacity {
			r.grow(need)
		} else {
			r.drop()
		}
	}
	var b [headLen]byte
	h.put(&b)
	r.push(b[:])
}

// push writes octets behind the last ones. There must be room.
func (r *Ring) push(octets []byte) {
	end := r.start + r.used
	if end >= len(r.buf) {
		end -= len(r.buf)
	}
	if n := copy(r.buf[end:], octets); n < len(octets) {
		copy(r.buf, octets[n:])
	}
	r.used += len(octets)
}

// drop lets the oldest record fall out.
func (r *Ring) drop() {
	var b [headLen]byte
	if n := copy(b[:], r.buf[r.start:]); n < headLen {
		copy(b[n:], r.buf)
	}
	h := headOf(b[:])
	r.fallen += uint64(h.begun)
	size := headLen + int(h.size)
	if r.start += size; r.start >= len(r.buf) {
		r.start -= len(r.buf)
	}
	r.used -= size
}

// grow doubles the buffer, or more, so that need octets fit if they ever can.
func (r *Ring) grow(need int) {
	grown := make([]byte, min(r.capacity, max(leastBuffer, 2*len(r.buf), r.used+need)))
	r.copyTo(grown)
	r.buf, r.start = grown, 0
}

// copyTo copies all records, the oldest first, and returns their octets.
func (r *Ring) copyTo(b []byte) int {
	n := copy(b, r.buf[r.start:min(len(r.buf), r.start+r.used)])
	return n + copy(b[n:], r.buf[:r.used-n])
}

// Line is one connection of a bind. The goroutine that reads it and the one that
// writes it may both call it, and so may any other. A nil *Line records nothing.
type Line struct {
	ring    *Ring
	number  uint32
	streams [2]stream // by Direction; the ring's lock guards them
}

// Record keeps what one read brought or one write call is about to send: octets of
// PDUs one after the other, which may begin and end within a PDU. They are copied.
//
// Record what is written before the write call, so that no answer can stand before
// its request; of a call that failed, a Note tells.
func (l *Line) Record(dir Direction, at time.Time, octets []byte) {
	if l == nil || len(octets) == 0 {
		return
	}
	r, s := l.ring, &l.streams[dir&1]
	h := head{at: at.UnixNano(), connection: l.number, kind: kind(dir & 1)}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(octets) == codec.HeaderLen && s.come == 0 && isHeartbeat(octets) {
		r.quiet.take(h, octets)
		return
	}
	r.flush()
	for len(octets) > 0 {
		kept, all := s.cut(octets, r.piece, &h)
		if kept > 0 {
			r.begin(&h)
			r.push(octets[:kept])
		}
		octets = octets[all:]
	}
}

// Note records an event in the line's life, such as why it was closed. What is
// longer than 256 octets is cut.
func (l *Line) Note(at time.Time, text string) {
	if l == nil {
		return
	}
	l.ring.mu.Lock()
	defer l.ring.mu.Unlock()
	l.ring.note(l.number, at, text)
}
