package codec

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"unsafe"
)

// If we panic, we lose: a peer that sends rubbish must not take the link's process
// with it. Seeds are our samples and other implementations' octets.

func seeds(f *testing.F, add func(frame []byte)) {
	for _, p := range samples() {
		add(wire(p))
	}
	valid, err := os.ReadFile("testdata/valid.jsonl")
	if err != nil {
		f.Fatal(err)
	}
	for line := range strings.Lines(string(valid)) {
		var v struct{ Hex string }
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			f.Fatal(err)
		}
		addHex(f, v.Hex, add)
	}
	malformed, err := os.ReadFile("testdata/malformed.tsv")
	if err != nil {
		f.Fatal(err)
	}
	for line := range strings.Lines(string(malformed)) {
		columns := strings.Split(strings.TrimSpace(line), "\t")
		if text := columns[len(columns)-1]; text != "-" && text != "hex" {
			addHex(f, text, add)
		}
	}
}

func addHex(f *testing.F, text string, add func([]byte)) {
	octets, err := hex.DecodeString(text)
	if err != nil {
		f.Fatal(err)
	}
	add(octets)
}

// framed gives octets a header whose length is right, so that fuzzing spends its
// time behind it.
func framed(octets []byte) []byte {
	frame := append(make([]byte, 0, HeaderLen+len(octets)), octets...)
	for len(frame) < HeaderLen {
		frame = append(frame, 0)
	}
	n := len(frame)
	copy(frame, []byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
	return frame
}

// FuzzParse: any octets are a PDU or a *DecodeError inside the frame with a rule. What
// is a PDU is written and read again without change, alike by both ways of reading,
// and holds no more memory than its octets explain.
func FuzzParse(f *testing.F) {
	seeds(f, func(frame []byte) { f.Add(frame) })
	var lent Decoder
	f.Fuzz(func(t *testing.T, octets []byte) {
		_, _ = Parse(octets) // whatever the length says
		frame := framed(octets)
		before := bytes.Clone(frame)
		p, err := Parse(frame)
		l, lentErr := lent.Parse(frame)
		if !bytes.Equal(frame, before) {
			t.Fatal("parsing wrote to the frame")
		}
		if (err == nil) != (lentErr == nil) {
			t.Fatalf("Parse says %v, Decoder %v", err, lentErr)
		}
		if err != nil {
			checkError(t, err, len(frame))
			return
		}
		written := wire(p)
		if !bytes.Equal(written, wire(l)) || !bytes.Equal(written, wire(Clone(p))) {
			t.Fatalf("three ways, two PDUs: %s, %s", Dump(p), Dump(l))
		}
		if len(lent.Tolerated()) == 0 && !bytes.Equal(written, frame) && !allNUL(frame[HeaderLen:]) {
			t.Fatalf("%s\nread %x\nwrote %x", Dump(p), frame, written)
		}
		again, err := Parse(written)
		if err != nil || !bytes.Equal(wire(again), written) {
			t.Fatalf("%s: does not read again: %v", Dump(p), err)
		}
		if held := holds(p); held > 12*len(frame) {
			t.Fatalf("%d octets hold %d", len(frame), held)
		}
		_ = Validate(p)
		if line := Dump(p); strings.ContainsAny(line, "\r\n") {
			t.Fatalf("%q is not one line", line)
		}
	})
}

// checkError holds an error to its promises.
func checkError(t *testing.T, err error, size int) {
	t.Helper()
	var e *DecodeError
	if !errors.As(err, &e) || e.Offset < 0 || e.Offset > size || e.Reason == NoProblem {
		t.Fatalf("%#v", err)
	}
	answer := Reply(err)
	if out := Rule(err); out.Reaction == Accept || (answer != nil) != (out.Reaction == Nack || out.Reaction == Respond) {
		t.Fatalf("%v: %v, %v", err, out, answer)
	}
	if answer != nil {
		if _, err := Parse(wire(answer)); err != nil {
			t.Fatalf("our answer %s: %v", Dump(answer), err)
		}
	}
}

// holds is how many octets of memory the slices of p take.
func holds(p PDU) int {
	var w weigher
	p.walk(&w)
	return w.octets
}

type weigher struct {
	detacher
	octets int
}

func (w *weigher) Text(string, int, *string) {}
func (w *weigher) Time(string, *string)      {}
func (w *weigher) Message(*[]byte)           {}
func (w *weigher) Rest(string, *[]byte)      {}
func (w *weigher) TLVs(v *TLVs)              { w.octets += cap(*v) * int(unsafe.Sizeof(TLV{})) }
func (w *weigher) Destinations(v *[]Destination) {
	w.octets += cap(*v) * int(unsafe.Sizeof(Destination{}))
}
func (w *weigher) Unsuccessful(v *[]UnsuccessSME) {
	w.octets += cap(*v) * int(unsafe.Sizeof(UnsuccessSME{}))
}

// FuzzTLVs: the optional part behind an enquire_link, which tolerates all, and
// behind a data_sm, which does not.
func FuzzTLVs(f *testing.F) {
	f.Add([]byte("\x04\x24\x00\x02hi\x00\x1e\x00\x03id\x00"))
	f.Add([]byte("\x04\x24\xff\xff"))
	f.Add([]byte{0, 0, 0})
	f.Fuzz(func(t *testing.T, octets []byte) {
		var d Decoder
		p, err := d.Parse(framed(append(make([]byte, 4, 16+len(octets)), append([]byte{0, 0, 0, 0x15, 0, 0, 0, 0, 0, 0, 0, 1}, octets...)...)))
		if err != nil {
			t.Fatalf("enquire_link with %x: %v", octets, err)
		}
		ts := p.(*EnquireLink).TLVs
		if got := appendTLVs(nil, ts); !bytes.HasPrefix(octets, got) || len(d.Tolerated()) == 0 && len(got) != len(octets) {
			t.Fatalf("read %x of %x, tolerated %v", got, octets, d.Tolerated())
		}
		for _, tlv := range ts[:min(len(ts), 16)] { // each look-up walks the list
			ts.Uint8(tlv.Tag)
			ts.Uint16(tlv.Tag)
			ts.Uint32(tlv.Tag)
			_ = ts.String(tlv.Tag)
		}
		strict := append([]byte{0, 0, 0, 0, 0, 0, 1, 3, 0, 0, 0, 0, 0, 0, 0, 1}, make([]byte, 10)...)
		if _, err := Parse(framed(append(strict, octets...))); err != nil {
			checkError(t, err, HeaderLen+10+len(octets))
		}
	})
}

// FuzzFramer: however a stream is cut, the same PDUs and the same end come out, and
// nothing is lost before it.
func FuzzFramer(f *testing.F) {
	var stream []byte
	seeds(f, func(frame []byte) {
		f.Add(frame, uint8(7))
		stream = append(stream, frame...)
	})
	f.Add(stream, uint8(200))
	f.Fuzz(func(t *testing.T, stream []byte, cut uint8) {
		const limit = 2048
		whole := NewFramer(bytes.NewReader(stream), limit)
		pieces := NewFramerSize(iotest.DataErrReader(&chunks{octets: stream, sizes: []int{1 + int(cut), 3}}), limit, HeaderLen)
		for seen := 0; ; {
			a, aErr := whole.Next()
			b, bErr := pieces.Next()
			if !bytes.Equal(a, b) || (aErr == nil) != (bErr == nil) {
				t.Fatalf("%x %v, in pieces %x %v", a, aErr, b, bErr)
			}
			if aErr != nil {
				var e *DecodeError
				if errors.As(aErr, &e) != errors.As(bErr, &e) {
					t.Fatalf("%v, in pieces %v", aErr, bErr)
				}
				break
			}
			if !bytes.Equal(a, stream[seen:seen+len(a)]) || len(a) < HeaderLen || len(a) > limit {
				t.Fatalf("octet %d: %x", seen, a)
			}
			seen += len(a)
		}
		if len(pieces.buf) > max(HeaderLen, min(2*len(stream), limit)) {
			t.Fatalf("a buffer of %d for %d octets", len(pieces.buf), len(stream))
		}
	})
}

// FuzzTime: what reads as a time is written alike, and nothing panics.
func FuzzTime(f *testing.F) {
	for _, s := range []string{"261124101530000+", "000002000000000R", "260231101530000+", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseTime(s)
		if err != nil || got.IsRelative() {
			return
		}
		if year := got.At.UTC().Year(); year < 2000 || year > 2099 {
			return // an offset reached over the edge of the years that two digits name
		}
		if back, err := ParseTime(FormatAbsolute(got.At)); err == nil && !back.At.Equal(got.At) {
			t.Fatalf("%s: %v, then %v", s, got.At, back.At)
		}
	})
}

// What reading allocates is a small multiple of the octets, whatever they claim.
func TestParseAllocatesASmallMultiple(t *testing.T) {
	dests := append([]byte{0, 0, 0, 0, 255}, bytes.Repeat([]byte{DestDistributionList, 0}, 255)...)
	for name, frame := range map[string][]byte{
		"empty TLVs":          framed(append(wire(&EnquireLink{}), make([]byte, 40000)...)),
		"claimed dests":       framed(append(append([]byte{0, 0, 0, 0, 0, 0, 0, 0x21}, make([]byte, 8)...), 0, 0, 0, 0, 255)),
		"many dests":          framed(append(append([]byte{0, 0, 0, 0, 0, 0, 0, 0x21}, make([]byte, 8)...), dests...)),
		"claimed unsuccess":   framed(append(wire(&SubmitMultiResp{})[:17], 255)),
		"one long TLV":        framed(wire(&DataSM{TLVs: TLVs{{TagMessagePayload, make([]byte, 60000)}}})),
		"many tolerated ends": framed(append(wire(&Unbind{}), 1, 2, 3)),
	} {
		const rounds = 50
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range rounds {
			_, _ = Parse(frame)
		}
		runtime.ReadMemStats(&after)
		if each := int(after.TotalAlloc-before.TotalAlloc) / rounds; each > 12*len(frame)+1024 {
			t.Errorf("%s: %d octets allocate %d", name, len(frame), each)
		}
	}
}
