package recorder

import (
	"encoding/binary"
	"math"

	"github.com/ghasi/smpp-connector/codec"
)

// stream is where one direction of a line stands: how much of the PDU at hand has
// come. It tells which octets are kept, MaxKept of each PDU, and where a PDU begins,
// so that the PDUs can be found again after the oldest records have fallen out.
type stream struct {
	length int64 // command_length of the PDU at hand, as far as it has come
	come   int64 // octets of it that have come; 0: between two PDUs
}

// endless is the length of what has no end that can be found: a command_length
// below 16. The connection is lost then, and what still comes is not kept.
const endless = math.MaxInt64

// cut takes the next piece from the front of octets: the first kept of all octets
// make a record, which is described in h, and the rest of all is not kept. It is
// the next whole PDUs that fit into most octets, or a part of one.
func (s *stream) cut(octets []byte, most int, h *head) (kept, all int) {
	h.carry, h.begun = 0, 0
	if s.come == 0 {
		for len(octets)-kept >= 4 {
			n := int(binary.BigEndian.Uint32(octets[kept:]))
			if n < codec.HeaderLen || n > MaxKept || n > min(len(octets), most)-kept {
				break
			}
			kept += n
			h.begun++
		}
		if kept > 0 {
			h.size = uint16(kept)
			return kept, kept
		}
		h.begun = 1
	}
	before := s.come
	all = s.take(octets)
	after := s.come
	if after == 0 { // the PDU has come to its end
		after = before + int64(all)
	}
	kept = int(min(after, MaxKept) - min(before, MaxKept))
	h.size = uint16(kept)
	if before > 0 {
		h.carry = h.size
	}
	return kept, all
}

// take goes through the octets of the PDU at hand and says how many there are.
func (s *stream) take(octets []byte) (n int) {
	for s.come < 4 && n < len(octets) {
		s.length = s.length<<8 | int64(octets[n])
		s.come++
		n++
	}
	if s.come < 4 {
		return n
	}
	if s.length < codec.HeaderLen {
		s.length = endless
	}
	more := min(s.length-s.come, int64(len(octets)-n))
	s.come += more
	n += int(more)
	if s.come == s.length {
		*s = stream{}
	}
	return n
}
