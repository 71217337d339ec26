package codec

import (
	"encoding/binary"
	"io"
)

// The sizes of a Framer when nothing else is asked for.
const (
	DefaultMaxLength = 128 << 10 // octets of one PDU: message_payload may hold 64 KiB
	FirstBufferSize  = 1 << 10   // enough for a line with nothing but heartbeats: a process may hold a thousand
	FullBufferSize   = 64 << 10  // what a busy line's buffer grows to
)

// Framer cuts a stream into PDUs: several of one read, one over several reads. It
// judges nothing but command_length. It belongs to one goroutine.
type Framer struct {
	src        io.Reader
	max        int
	buf        []byte
	start, end int   // of what was read and not yet given out
	err        error // sticks: after a bad length nothing can be found again
}

// NewFramer reads from r and accepts PDUs of up to maxLength octets;
// DefaultMaxLength when that is 0 or less.
func NewFramer(r io.Reader, maxLength int) *Framer {
	return NewFramerSize(r, maxLength, FirstBufferSize)
}

// NewFramerSize is NewFramer with a first buffer of size octets. The buffer grows
// only as octets come: up to FullBufferSize while reads fill it, so that a busy line
// needs few of them, and beyond, up to maxLength, for a PDU that does not fit. A
// length that is merely claimed costs nothing.
func NewFramerSize(r io.Reader, maxLength, size int) *Framer {
	if maxLength <= 0 {
		maxLength = DefaultMaxLength
	}
	maxLength = max(maxLength, HeaderLen)
	return &Framer{src: r, max: maxLength, buf: make([]byte, min(max(size, HeaderLen), maxLength))}
}

// Next is the next whole PDU, header and all. It is the framer's memory and holds
// until the next call of Next.
//
// Errors: *DecodeError with LengthTooSmall or LengthTooLarge, which sticks (Rule:
// generic_nack and close); io.EOF between two PDUs; io.ErrUnexpectedEOF within one.
// Any other error is the reader's; after a timeout Next may be called again and
// goes on where it was.
func (f *Framer) Next() ([]byte, error) {
	for {
		length, err := f.length()
		if err != nil {
			f.err = err
			return nil, err
		}
		if have := f.end - f.start; length > 0 && have >= length {
			frame := f.buf[f.start : f.start+length : f.start+length]
			f.start += length
			return frame, nil
		}
		if err := f.fill(); err != nil {
			return nil, err
		}
	}
}

// Ready reports whether the next call of Next returns without reading: a whole PDU
// is there, or an error is certain. A writer that gathers answers flushes when it is false.
func (f *Framer) Ready() bool {
	length, err := f.length()
	return err != nil || length > 0 && f.end-f.start >= length
}

// Buffered is how many octets have been read and not given out.
func (f *Framer) Buffered() int { return f.end - f.start }

// length is the next PDU's, 0 while unknown, or why there cannot be one. A length
// that is too large waits for the rest of the header, so that the answer can have
// the sequence number; one that is too small may have no rest.
func (f *Framer) length() (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	have := f.buf[f.start:f.end]
	if len(have) < 4 {
		return 0, nil
	}
	length := binary.BigEndian.Uint32(have)
	switch {
	case length < HeaderLen:
		return 0, badLength(have, length, LengthTooSmall, HeaderLen)
	case int64(length) <= int64(f.max):
		return int(length), nil
	case len(have) < HeaderLen:
		return 0, nil
	}
	return 0, badLength(have, length, LengthTooLarge, f.max)
}

func badLength(have []byte, length uint32, why Problem, want int) error {
	_, id, status, seq, _ := ParseHeader(have)
	return &DecodeError{Command: id, Status: status, Sequence: seq,
		Field: "command_length", Reason: why, Have: int(length), Want: want}
}

// makeRoom moves what is left to the front: of a larger buffer, where the last read
// filled this one, for then more was waiting, or where the PDU does not fit.
func (f *Framer) makeRoom() {
	left := f.buf[f.start:f.end]
	size := len(f.buf)
	switch full := f.end == size; {
	case full && (size < FullBufferSize || f.start == 0):
		size = min(2*size, f.max)
	case !full && len(left) > 0:
		return // there is room behind it
	}
	to := f.buf
	if size > len(to) {
		to = make([]byte, size)
	}
	f.end = copy(to, left)
	f.buf, f.start = to, 0
}

// fill reads once, after making room.
func (f *Framer) fill() error {
	f.makeRoom()
	n, err := f.src.Read(f.buf[f.end:])
	f.end += n
	if n > 0 || err == nil {
		return nil
	}
	if err == io.EOF && f.start < f.end {
		return io.ErrUnexpectedEOF
	}
	return err
}
