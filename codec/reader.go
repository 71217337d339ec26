package codec

import (
	"bytes"
	"encoding/binary"
	"unsafe"
)

// reader takes a body apart, field by field. It never reads beyond the frame, and
// the first thing that makes the rest unreadable stops it: from then on every
// field is zero, so a parse method reads straight through and nobody can forget to
// look at an error. What a peer does wrong goes to refuse or tolerate, which ask
// the table of rules.
type reader struct {
	b       []byte // the whole frame, so that offsets are those of the PDU
	off     int    // the next octet
	stopped bool   // the rest is not to be read; off is at the end then
	texted  bool   // a short_message that is not empty was read
	strict  bool   // tolerate nothing

	id   CommandID
	head Header

	err       *DecodeError  // why the PDU is refused
	tolerated []DecodeError // what was wrong with it all the same
}

// start points the reader at a frame whose header has been read.
func (r *reader) start(frame []byte, id CommandID, head Header) {
	r.b, r.off, r.stopped, r.texted = frame, HeaderLen, false, false
	r.id, r.head = id, head
	r.err, r.tolerated = nil, r.tolerated[:0]
}

// text reads a C-octet string. limit is the most octets the spec allows, NUL
// counted. The string shares the frame's memory.
func (r *reader) text(field string, limit int) string {
	rest := r.b[r.off:]
	if len(rest) > 0 && rest[0] == 0 {
		r.off++
		return ""
	}
	if n := bytes.IndexByte(rest, 0); n > 0 && n < limit {
		r.off += n + 1
		return aliased(rest[:n])
	}
	return r.oddText(field, limit)
}

// aliased is the one place where a string shares memory with octets: the frame
// that was parsed. What that means for callers is said at Parse.
func aliased(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// oddText is the part of text that a well-formed PDU does not see.
func (r *reader) oddText(field string, limit int) string {
	if r.stopped {
		return ""
	}
	at, rest := r.off, r.b[r.off:]
	n := bytes.IndexByte(rest, 0)
	switch {
	case len(r.b) == HeaderLen && r.id.IsResponse():
		// An error response needs no body; a good one without is met in the field.
		if r.head.Status == StatusOK {
			r.tolerate(EmptyBody, field, at, 0, 1)
		}
		r.stop()
		return ""
	case n < 0 && r.id.IsResponse() && len(rest) > 0 && len(rest) <= lenientText:
		r.off = len(r.b)
		r.tolerate(NoNUL, field, at, len(rest), limit)
		return r.kept(rest)
	case n < 0:
		r.refuse(NoNUL, field, at, len(rest), limit)
		return ""
	case n > lenientText:
		r.refuse(OverlongField, field, at, n+1, limit)
		return ""
	}
	r.off += n + 1
	r.tolerate(OverlongField, field, at, n+1, limit)
	return r.kept(rest[:n])
}

// kept is text that was read in spite of the spec, unless strictness refused it.
func (r *reader) kept(text []byte) string {
	if r.err != nil {
		return ""
	}
	return aliased(text)
}

// time reads a C-octet string of 0 or 16 characters (SMPP 3.4 §7.1.1).
func (r *reader) time(field string) string {
	at := r.off
	s := r.text(field, timeLen+1)
	if s != "" && len(s) < timeLen {
		r.tolerate(BadTime, field, at, len(s), timeLen)
	}
	return s
}

// number reads one octet. Its form is the one that the compiler inlines: there are
// eleven in a submit_sm.
func (r *reader) number(field string) (v uint8) {
	if r.off < len(r.b) {
		v = r.b[r.off]
		r.off++
	} else {
		r.noNumber(field)
	}
	return v
}

//go:noinline
func (r *reader) noNumber(field string) { r.refuse(TruncatedBody, field, r.off, 0, 1) }

// quad reads four octets, big endian.
func (r *reader) quad(field string) uint32 {
	if rest := r.b[r.off:]; len(rest) >= 4 {
		r.off += 4
		return binary.BigEndian.Uint32(rest)
	}
	r.refuse(TruncatedBody, field, r.off, len(r.b)-r.off, 4)
	return 0
}

// message reads sm_length and short_message. The octets are the frame's.
func (r *reader) message() []byte {
	at := r.off
	n := int(r.number("sm_length"))
	if n == 0 {
		return nil
	}
	if left := len(r.b) - r.off; n > left {
		r.refuse(MessageOverrun, "short_message", at, left, n)
		return nil
	}
	octets := r.b[r.off : r.off+n : r.off+n]
	r.off += n
	r.texted = true
	return octets
}

// rest reads all that is left.
func (r *reader) rest() []byte {
	octets := r.b[r.off:]
	r.off = len(r.b)
	return octets
}

// tlvs reads the optional parameters, in order, repeats and all, into the room
// that to has. Values are the frame's.
func (r *reader) tlvs(to TLVs) TLVs {
	to = to[:0]
	if r.off >= len(r.b) {
		return to
	}
	if cap(to) == 0 {
		to = make(TLVs, 0, countTLVs(r.b[r.off:]))
	}
	for r.off < len(r.b) {
		at, rest := r.off, r.b[r.off:]
		if len(rest) < tlvHeaderLen {
			r.trailing(at, rest)
			return to
		}
		tag := Tag(binary.BigEndian.Uint16(rest))
		n := int(binary.BigEndian.Uint16(rest[2:]))
		if n > len(rest)-tlvHeaderLen {
			r.broken(TLVTruncated, tag.String(), at, len(rest)-tlvHeaderLen, n)
			return to
		}
		end := tlvHeaderLen + n
		to = append(to, TLV{tag, rest[tlvHeaderLen:end:end]})
		r.off += end
	}
	return to
}

const tlvHeaderLen = 4

// countTLVs is how many TLVs tlvs will find at most, to make room once.
func countTLVs(b []byte) (n int) {
	for len(b) >= tlvHeaderLen {
		size := tlvHeaderLen + int(binary.BigEndian.Uint16(b[2:]))
		if n++; size > len(b) {
			break
		}
		b = b[size:]
	}
	return n
}

// trailing judges the one to three octets after the last TLV. NULs are padding.
func (r *reader) trailing(at int, rest []byte) {
	if allNUL(rest) {
		r.off = len(r.b)
		r.tolerate(TrailingNULs, "tlvs", at, len(rest), 0)
		return
	}
	r.broken(TrailingOctets, "tlvs", at, len(rest), tlvHeaderLen)
}

// broken ends the optional part. A response keeps what was read before, as its
// sequence number and status matter more than the rest of its TLVs, and so do a
// deliver_sm that has its text, and a request that has nothing but TLVs to read.
func (r *reader) broken(why Problem, field string, at, have, want int) {
	if r.id.IsResponse() || r.id == EnquireLinkID || r.id == UnbindID || r.id == DeliverSMID && r.texted {
		r.tolerate(why, field, at, have, want)
		r.stop()
		return
	}
	r.refuse(why, field, at, have, want)
}

// tolerate notes something that is wrong and does not matter; a strict reader refuses it.
func (r *reader) tolerate(why Problem, field string, at, have, want int) {
	if r.strict {
		r.refuse(why, field, at, have, want)
		return
	}
	r.tolerated = append(r.tolerated, r.fault(why, field, at, have, want))
}

// stop makes every further field zero: nothing is left, and refuse says no more.
func (r *reader) stop() { r.stopped, r.off = true, len(r.b) }

// refuse stops the reader. Of an error response only the header counts, so there
// a body that cannot be read is merely noted.
func (r *reader) refuse(why Problem, field string, at, have, want int) {
	if r.stopped {
		return
	}
	r.stop()
	e := r.fault(why, field, at, have, want)
	if r.head.Status != StatusOK && r.id.IsResponse() && !r.strict {
		r.tolerated = append(r.tolerated, e)
		return
	}
	r.err = &e
}

func (r *reader) fault(why Problem, field string, at, have, want int) DecodeError {
	return DecodeError{
		Command: r.id, Status: r.head.Status, Sequence: r.head.Sequence,
		Field: field, Offset: at, Reason: why, Have: have, Want: want,
	}
}
