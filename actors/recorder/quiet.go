package recorder

import (
	"encoding/binary"
	"strconv"

	"github.com/ghasi/smpp-connector/codec"
)

// keptBeats is how many heartbeats of a quiet line are kept: four minutes of it at
// the usual 30 s.
const keptBeats = 16

// quiet holds the heartbeats since the last other record: the latest ones, and how
// many came before them. They join the records when something else happens.
type quiet struct {
	beats [keptBeats]beat
	next  int // where the next one goes
	n     int // how many are there
	left  uint64
	last  head // of the last one that was left out
}

type beat struct {
	head   head
	octets [codec.HeaderLen]byte
}

// isHeartbeat reports whether a header is enquire_link or its good answer, with
// nothing behind it.
func isHeartbeat(octets []byte) bool {
	id := codec.CommandID(binary.BigEndian.Uint32(octets[4:]))
	return (id == codec.EnquireLinkID || id == codec.EnquireLinkRespID) &&
		binary.BigEndian.Uint32(octets) == codec.HeaderLen && binary.BigEndian.Uint32(octets[8:]) == uint32(codec.StatusOK)
}

func (q *quiet) take(h head, octets []byte) {
	b := &q.beats[q.next]
	if q.n == keptBeats {
		q.left++
		q.last = b.head
	} else {
		q.n++
	}
	h.size, h.begun = codec.HeaderLen, 1
	b.head = h
	copy(b.octets[:], octets)
	q.next = (q.next + 1) % keptBeats
}

// all are the heartbeats that are kept, in order: first a note about those that are
// not.
func (q *quiet) all(yield func(h head, octets []byte) bool) {
	if q.left > 0 {
		text := strconv.AppendUint(nil, q.left, 10)
		text = append(text, " enquire_link and enquire_link_resp are left out"...)
		if !yield(head{at: q.last.at, connection: q.last.connection, size: uint16(len(text)), kind: noted}, text) {
			return
		}
	}
	for i := range q.n {
		b := &q.beats[(q.next+keptBeats-q.n+i)%keptBeats]
		if !yield(b.head, b.octets[:]) {
			return
		}
	}
}

// flush makes records of the heartbeats, before something else is recorded.
func (r *Ring) flush() {
	if r.quiet.n == 0 {
		return
	}
	for h, octets := range r.quiet.all {
		r.begin(&h)
		r.push(octets)
	}
	r.quiet.next, r.quiet.n, r.quiet.left = 0, 0, 0
}
