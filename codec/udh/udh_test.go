package udh

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/ghasi/smpp-connector/codec/segment"
)

// US-SC-008: 161 septets make exactly two parts with the right headers.
func TestUSSC008TwoPartsOf161Septets(t *testing.T) {
	plan, err := segment.Split(strings.Repeat("a", 161), segment.Auto, segment.Rule{})
	if err != nil || len(plan.Parts) != 2 {
		t.Fatalf("%d parts, %v", len(plan.Parts), err)
	}
	for i, want := range []string{"0500032a0201" + strings.Repeat("61", 153), "0500032a0202" + strings.Repeat("61", 8)} {
		c := Concat{Reference: 0x2A, Total: uint8(len(plan.Parts)), Index: uint8(i + 1)}
		short := append(AppendConcat(nil, c), plan.Parts[i]...)
		if hex.EncodeToString(short) != want {
			t.Errorf("part %d is %x", i+1, short)
		}
		h, rest, err := Parse(short)
		if err != nil || h.Concat != c || h.Octets != 6 || !bytes.Equal(rest, plan.Parts[i]) {
			t.Errorf("part %d reads %+v %v", i+1, h, err)
		}
	}
}

// US-SC-026: all segments of one message share its reference, 8 or 16 bits wide.
func TestUSSC026SegmentsShareOneReference(t *testing.T) {
	for _, wide := range []bool{false, true} {
		plan, err := segment.Split(strings.Repeat("a", 600), segment.Auto, segment.Rule{Wide: wide})
		if err != nil || len(plan.Parts) != 4 {
			t.Fatalf("%d parts, %v", len(plan.Parts), err)
		}
		for i := range plan.Parts {
			want := Concat{Reference: 0x1F4, Wide: wide, Total: 4, Index: uint8(i + 1)}
			h, _, err := Parse(append(AppendConcat(nil, want), plan.Parts[i]...))
			if !wide {
				want.Reference = 0xF4 // the counter wraps at 256
			}
			if err != nil || h.Concat != want {
				t.Errorf("part %d: %+v %v", i+1, h.Concat, err)
			}
		}
	}
}

func TestElements(t *testing.T) {
	for _, row := range []struct {
		name, octets string
		want         Header
		rest         string
	}{
		{"8-bit reference", "0500032a0201 6869", Header{Octets: 6, Concat: Concat{0x2A, false, 2, 1}}, "6869"},
		{"16-bit reference", "060804012a0201", Header{Octets: 7, Concat: Concat{0x12A, true, 2, 1}}, ""},
		{"8-bit ports", "0404020102", Header{Octets: 5, Ports: Ports{true, false, 1, 2}}, ""},
		{"16-bit ports", "0605040b8423f0 01", Header{Octets: 7, Ports: Ports{true, true, 0x0B84, 0x23F0}}, "01"},
		{"ports and parts", "0b05040b84000000032a0302", Header{Octets: 12, Concat: Concat{0x2A, false, 3, 2}, Ports: Ports{true, true, 0x0B84, 0}}, ""},
		{"national languages", "0624010d25010d", Header{Octets: 7, Single: segment.Urdu, Locking: segment.Urdu}, ""},
		{"no elements", "00 41", Header{Octets: 1}, "41"},
		{"unknown", "0470022a2b", Header{Octets: 5, Others: []Element{{0x70, []byte{0x2A, 0x2B}}}}, ""},
		{"of no octets", "027000", Header{Octets: 3, Others: []Element{{0x70, []byte{}}}}, ""},
		{"the last reference counts", "0a00030102010003020202", Header{Octets: 11, Concat: Concat{2, false, 2, 2}}, ""},
		{"total 0 is none", "0500032a0000", Header{Octets: 6, Others: []Element{{0, []byte{0x2A, 0, 0}}}}, ""},
		{"index 0 is none", "0500032a0200", Header{Octets: 6, Others: []Element{{0, []byte{0x2A, 2, 0}}}}, ""},
		{"index over total is none", "0500032a0203", Header{Octets: 6, Others: []Element{{0, []byte{0x2A, 2, 3}}}}, ""},
		{"a reference of two octets is none", "0400022a02", Header{Octets: 5, Others: []Element{{0, []byte{0x2A, 2}}}}, ""},
		{"a language without a table", "0325010e", Header{Octets: 4, Others: []Element{{0x25, []byte{14}}}}, ""},
		{"locking Spanish is none", "03250102", Header{Octets: 4, Others: []Element{{0x25, []byte{2}}}}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			in := unhex(t, row.octets)
			h, rest, err := Parse(in)
			if err != nil || !equal(h, row.want) || hex.EncodeToString(rest) != row.rest {
				t.Errorf("%+v, rest %x, %v", h, rest, err)
			}
		})
	}
}

// 3GPP TS 23.040 §9.2.3.24: lengths that contradict each other.
func TestHeadersThatLie(t *testing.T) {
	for _, row := range []struct {
		octets string
		want   Error
	}{
		{"", Error{0, 0, -1, "header"}},
		{"05", Error{0, 5, 0, "header"}},
		{"0500032a02", Error{0, 5, 4, "header"}},
		{"ff00032a0201", Error{0, 255, 5, "header"}},
		{"0500042a0201", Error{2, 4, 3, "element"}},
		{"0600032a020100", Error{6, 1, 0, "element"}},
		{"0100", Error{1, 1, 0, "element"}},
		{"020001", Error{2, 1, 0, "element"}},
	} {
		in := unhex(t, row.octets)
		h, rest, err := Parse(in)
		var e *Error
		if !errors.As(err, &e) || *e != row.want || !equal(h, Header{}) || !bytes.Equal(rest, in) {
			t.Errorf("%s: %+v %+v", row.octets, h, err)
		}
		if e != nil && !strings.Contains(e.Error(), "UDHI") {
			t.Errorf("%s: %v has no remedy", row.octets, e)
		}
	}
}

func TestAppend(t *testing.T) {
	h := Header{
		Concat: Concat{0x12A, true, 3, 2}, Ports: Ports{true, true, 2948, 9200},
		Single: segment.Turkish, Locking: segment.Turkish, Others: []Element{{0x70, []byte{1}}},
	}
	b, err := h.Append([]byte("x"))
	if err != nil || hex.EncodeToString(b) != "78"+"15"+"0804012a0302"+"05040b8423f0"+"240101"+"250101"+"700101" {
		t.Errorf("%x %v", b, err)
	}
	if b, err := (Header{}).Append([]byte("x")); err != nil || string(b) != "x" {
		t.Errorf("an empty header appends %x %v", b, err)
	}
	for _, h := range []Header{
		{Others: []Element{{0x70, make([]byte, 256)}}},
		{Others: []Element{{0x70, make([]byte, 200)}, {0x71, make([]byte, 100)}}},
	} {
		var e *LengthError
		if b, err := h.Append([]byte("x")); !errors.As(err, &e) || string(b) != "x" {
			t.Errorf("%d elements: %d octets, %v", len(h.Others), len(b), err)
		}
	}
}

func TestFillBits(t *testing.T) {
	for n, want := range map[int]int{0: 0, 1: 6, 4: 3, 5: 2, 6: 1, 7: 0, 8: 6, 9: 5, 12: 2, 13: 1, 14: 0} {
		if got := FillBits(n); got != want || (n*8+got)%7 != 0 {
			t.Errorf("%d octets: %d fill bits, want %d", n, got, want)
		}
	}
}

func TestReadingAHeaderAllocatesNothing(t *testing.T) {
	in := []byte{5, 0, 3, 42, 2, 1, 'h', 'i'}
	if n := testing.AllocsPerRun(100, func() { _, _, _ = Parse(in) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	out := make([]byte, 0, 16)
	if n := testing.AllocsPerRun(100, func() { AppendConcat(out, Concat{Reference: 1, Total: 2, Index: 1}) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"0500032a020168", "060804012a0201", "0b05040b84000000032a0302", "0624010d25010d", "ff", "", "00", "0500042a0201", "0500032a0000"} {
		b, _ := hex.DecodeString(s)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		h, rest, err := Parse(in)
		if err != nil {
			if !equal(h, Header{}) || !bytes.Equal(rest, in) {
				t.Fatal("an error came with half a header")
			}
			return
		}
		if h.Octets+len(rest) != len(in) || h.Concat != (Concat{}) && !h.Concat.Valid() {
			t.Fatalf("%+v of %x", h, in)
		}
		out, err := h.Append(nil)
		if err != nil || len(out) > h.Octets {
			t.Fatalf("%x written as %x, %v", in[:h.Octets], out, err)
		}
		if len(out) == 0 {
			return
		}
		again, _, err := Parse(out)
		h.Octets = len(out) // repeated elements are written once
		if err != nil || !equal(again, h) {
			t.Fatalf("%+v written as %x reads %+v, %v", h, out, again, err)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	in := []byte{5, 0, 3, 42, 2, 1, 'h', 'i'}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Parse(in); err != nil {
			b.Fatal(err)
		}
	}
}

func equal(a, b Header) bool {
	if a.Octets != b.Octets || a.Concat != b.Concat || a.Ports != b.Ports || a.Shift() != b.Shift() || len(a.Others) != len(b.Others) {
		return false
	}
	for i := range a.Others {
		if a.Others[i].ID != b.Others[i].ID || !bytes.Equal(a.Others[i].Data, b.Others[i].Data) {
			return false
		}
	}
	return true
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
