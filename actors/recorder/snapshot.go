package recorder

import (
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/quote"
)

// Snapshot is what a Ring held at one moment, masked. It shares no memory with the
// Ring.
type Snapshot struct {
	PDUs    []PDU
	Notes   []Note
	Earlier uint64 // PDUs that had been recorded and have fallen out
}

// PDU is one PDU of a line.
type PDU struct {
	At         time.Time // of the read that brought its last octet, or of the write call; UTC
	Direction  Direction
	Connection uint32 // as Ring.Connect counts them
	Octets     []byte // masked; the first ones only, when the PDU was truncated
	Length     uint32 // its command_length; 0 when not even that has come

	readable int           // octets from the start that were understood; 0: not even a PDU's mandatory part
	problem  codec.Problem // of the octets as they came
}

// Truncated reports whether octets are missing: the PDU was too long to be kept
// whole, or has not come whole.
func (p *PDU) Truncated() bool { return len(p.Octets) < 4 || int64(p.Length) > int64(len(p.Octets)) }

// Note is an event in the life of a line, or of the bind where Connection is 0.
type Note struct {
	At         time.Time
	Connection uint32
	Text       string
	Before     int // how many of Snapshot.PDUs stand before it
}

// Snapshot copies the records and finds and masks the PDUs in them, addresses as
// numbers says; the hot path waits for the copy alone. A PDU stands where its last
// octet came.
func (r *Ring) Snapshot(numbers codec.NumberMask) Snapshot {
	if r == nil {
		return Snapshot{}
	}
	raw := make([]byte, r.capacity) // before the lock: the hot path does not wait for it
	r.mu.Lock()
	raw = raw[:r.copyTo(raw)]
	quiet, earlier := r.quiet, r.fallen
	r.mu.Unlock()

	a := assembly{numbers: numbers, open: map[lane]*part{}, submits: submits{}, parts: map[partKey]*message{}}
	for len(raw) > 0 {
		h := headOf(raw)
		a.add(h, raw[headLen:headLen+int(h.size)])
		raw = raw[headLen+int(h.size):]
	}
	for h, octets := range quiet.all {
		a.add(h, octets)
	}
	s := a.finish()
	s.Earlier = earlier
	return s
}

// lane is one direction of one line.
type lane struct {
	connection uint32
	kind       kind
}

// part is a PDU that has begun on a lane and not ended.
type part struct {
	octets []byte
	at     int64
	record int // in which its latest octets are
}

// found is a PDU or a note with the record that it stands in.
type found struct {
	PDU
	text   string
	isNote bool
	record int
}

// assembly puts PDUs together from records.
type assembly struct {
	numbers codec.NumberMask
	open    map[lane]*part
	submits submits
	parts   map[partKey]*message
	found   []found
	record  int
}

func (a *assembly) add(h head, octets []byte) {
	a.record++
	if h.kind == noted {
		a.found = append(a.found, found{
			PDU:    PDU{At: clock(h.at), Connection: h.connection},
			isNote: true, text: strings.ToValidUTF8(string(octets), "�"), record: a.record})
		return
	}
	l := lane{h.connection, h.kind}
	p := a.open[l]
	if p == nil {
		octets = octets[h.carry:] // their beginning has fallen out
		p = &part{}
	}
	delete(a.open, l)
	octets = append(p.octets, octets...)
	for len(octets) > 0 {
		n := extent(octets)
		if n > len(octets) {
			a.open[l] = &part{slices.Clone(octets), h.at, a.record}
			return
		}
		a.emit(l, h.at, octets[:n], a.record)
		octets = octets[n:]
	}
}

// extent is how many octets are kept of the PDU that begins here: more than there
// are when that cannot be said yet, or ever.
func extent(octets []byte) int {
	if len(octets) < 4 {
		return codec.HeaderLen
	}
	n := binary.BigEndian.Uint32(octets)
	if n < codec.HeaderLen {
		return len(octets) + 1
	}
	return int(min(n, MaxKept))
}

func (a *assembly) emit(l lane, at int64, octets []byte, record int) {
	p := PDU{At: clock(at), Direction: Direction(l.kind), Connection: l.connection}
	if len(octets) >= 4 {
		p.Length = binary.BigEndian.Uint32(octets)
	}
	_, command, _, sequence, _ := codec.ParseHeader(octets)
	if command == codec.SubmitSMID && p.Direction == Out {
		a.remember(l.connection, octets)
	}
	p.Octets, p.readable, p.problem = mask(octets, a.numbers, func() *quote.Text {
		if command != codec.SubmitSMRespID || p.Direction != In {
			return nil
		}
		return a.answered(l.connection, sequence)
	})
	a.found = append(a.found, found{PDU: p, record: record})
}

// finish adds the PDUs that have no end and brings all into order.
func (a *assembly) finish() (s Snapshot) {
	for l, p := range a.open {
		a.emit(l, p.at, p.octets, p.record)
	}
	slices.SortStableFunc(a.found, func(x, y found) int { return x.record - y.record })
	for _, f := range a.found {
		if f.isNote {
			s.Notes = append(s.Notes, Note{f.At, f.Connection, f.text, len(s.PDUs)})
		} else {
			s.PDUs = append(s.PDUs, f.PDU)
		}
	}
	return s
}

func clock(at int64) time.Time { return time.Unix(0, at).UTC() }
