package codec

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/iotest"
)

// chunks reads the octets in pieces of the given sizes, over and over.
type chunks struct {
	octets []byte
	sizes  []int
	reads  int
}

func (c *chunks) Read(p []byte) (int, error) {
	if len(c.octets) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), c.sizes[c.reads%len(c.sizes)])], c.octets)
	c.octets, c.reads = c.octets[n:], c.reads+1
	return n, nil
}

// TCP cuts where it likes: however the stream is cut, the PDUs come out whole, in
// order and complete.
func TestFramerFindsEveryPDUHoweverTheStreamIsCut(t *testing.T) {
	var stream []byte
	var want [][]byte
	for range 20 {
		for _, p := range samples() {
			frame := wire(p)
			want = append(want, frame)
			stream = append(stream, frame...)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	cuts := [][]int{{1}, {3}, {15}, {16}, {17}, {1 << 20}, {1, 4096}}
	for range 20 {
		cuts = append(cuts, []int{1 + random.IntN(40), 1 + random.IntN(400), 1 + random.IntN(4)})
	}
	for _, sizes := range cuts {
		for _, buffer := range []int{16, 100, 64 << 10} {
			f := NewFramerSize(&chunks{octets: stream, sizes: sizes}, 0, buffer)
			for i, frame := range want {
				got, err := f.Next()
				if err != nil || !bytes.Equal(got, frame) {
					t.Fatalf("cut %v, buffer %d: PDU %d is %x, %v, want %x", sizes, buffer, i, got, err, frame)
				}
			}
			if got, err := f.Next(); err != io.EOF {
				t.Fatalf("after the last PDU: %x, %v", got, err)
			}
		}
	}
}

// The length guard (issue: default 128 KiB, configurable): generic_nack with the
// PDU's sequence number, and close; and it stays so.
func TestFramerRefusesLengthsOutOfBounds(t *testing.T) {
	for _, c := range []struct {
		length uint32
		limit  int
		reason Problem
	}{
		{0, 0, LengthTooSmall}, {15, 0, LengthTooSmall},
		{128<<10 + 1, 0, LengthTooLarge}, {1 << 31, 0, LengthTooLarge}, {1<<32 - 1, 0, LengthTooLarge},
		{1001, 1000, LengthTooLarge},
	} {
		frame := wire(&EnquireLink{Header: Header{Sequence: 42}})
		copy(frame, []byte{byte(c.length >> 24), byte(c.length >> 16), byte(c.length >> 8), byte(c.length)})
		f := NewFramer(bytes.NewReader(append(wire(&Unbind{}), frame...)), c.limit)
		if _, err := f.Next(); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			_, err := f.Next()
			var e *DecodeError
			if !errors.As(err, &e) || e.Reason != c.reason || e.Sequence != 42 || e.Command != EnquireLinkID {
				t.Fatalf("length %d: %v", c.length, err)
			}
			if got := Rule(err); got != (Outcome{Nack, StatusInvCmdLen, true}) {
				t.Errorf("length %d: %v", c.length, got)
			}
		}
		if !f.Ready() {
			t.Error("an error that is certain needs no reading")
		}
	}
}

// A PDU as long as the limit passes; the buffer grows no faster than octets come.
func TestFramerGrowsOnlyWithWhatComes(t *testing.T) {
	long := wire(&DataSM{TLVs: TLVs{{TagMessagePayload, make([]byte, 60000)}}})
	f := NewFramerSize(bytes.NewReader(long), len(long), 1024)
	if got, err := f.Next(); err != nil || !bytes.Equal(got, long) {
		t.Fatalf("%d octets, %v", len(got), err)
	}
	claimed := append([]byte{0, 1, 0xFF, 0xFF}, make([]byte, 500)...)
	f = NewFramerSize(bytes.NewReader(claimed), 0, 1024)
	if _, err := f.Next(); err != io.ErrUnexpectedEOF {
		t.Fatal(err)
	}
	if cap(f.buf) > 1024 {
		t.Errorf("%d octets of buffer for %d that came", cap(f.buf), len(claimed))
	}
}

// A line that is quiet keeps the small buffer; one whose reads fill it gets a large one.
func TestFramerGrowsWithTheTraffic(t *testing.T) {
	one := wire(hotSubmit())
	quiet := NewFramer(iotest.OneByteReader(bytes.NewReader(bytes.Repeat(one, 100))), 0)
	busy := NewFramer(bytes.NewReader(bytes.Repeat(one, 10_000)), 0)
	for range 100 {
		if _, err := quiet.Next(); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 10_000 {
		if got, err := busy.Next(); err != nil || !bytes.Equal(got, one) {
			t.Fatalf("PDU %d: %x, %v", i, got, err)
		}
	}
	if cap(quiet.buf) > 4*FirstBufferSize || cap(busy.buf) != FullBufferSize {
		t.Errorf("%d octets for a quiet line, %d for a busy one", cap(quiet.buf), cap(busy.buf))
	}
}

// A timeout within a PDU loses nothing: US-SC-004's read deadlines may strike anywhere.
func TestFramerGoesOnAfterATimeout(t *testing.T) {
	frame := wire(hotSubmit())
	f := NewFramer(iotest.TimeoutReader(iotest.OneByteReader(bytes.NewReader(frame))), 0)
	if _, err := f.Next(); err != iotest.ErrTimeout {
		t.Fatalf("want a timeout, got %v", err)
	}
	if got, err := f.Next(); err != nil || !bytes.Equal(got, frame) {
		t.Fatalf("%x, %v", got, err)
	}
}

// Ready is true exactly when a whole PDU is there.
func TestFramerReady(t *testing.T) {
	a, b := wire(hotSubmit()), wire(hotResp())
	stream := slices.Concat(a, b, a[:20])
	f := NewFramer(bytes.NewReader(stream), 0)
	if f.Ready() {
		t.Error("ready before anything was read")
	}
	for i, want := range []bool{true, false} {
		if _, err := f.Next(); err != nil {
			t.Fatal(err)
		}
		if f.Ready() != want {
			t.Errorf("after PDU %d: ready %v with %d octets", i+1, !want, f.Buffered())
		}
	}
	if f.Buffered() != 20 {
		t.Errorf("%d octets are left, want 20", f.Buffered())
	}
}
