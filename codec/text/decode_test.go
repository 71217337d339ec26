package text

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ghasi/smpp-connector/codec/segment"
)

// SMPP 3.4 §5.2.19, 3GPP TS 23.038 §4.
func TestDataCodings(t *testing.T) {
	for _, row := range []struct {
		coding   uint8
		alphabet Alphabet
		class    int // -1: none
	}{
		{0x00, GSM7, -1}, {0x01, ASCII, -1}, {0x02, Binary, -1}, {0x03, Latin1, -1}, {0x04, Binary, -1}, {0x05, Binary, -1},
		{0x06, Cyrillic, -1}, {0x07, Hebrew, -1}, {0x08, UCS2, -1}, {0x09, Binary, -1}, {0x0A, Binary, -1}, {0x0B, Binary, -1},
		{0x0D, Binary, -1}, {0x0E, Binary, -1}, {0x0F, Binary, -1},
		{0x10, GSM7, 0}, {0x11, GSM7, 1}, {0x12, GSM7, 2}, {0x13, GSM7, 3}, {0x14, Binary, 0}, {0x18, UCS2, 0}, {0x19, UCS2, 1}, {0x1C, Binary, 0},
		{0x20, Binary, -1}, {0x38, Binary, 0}, // compressed
		{0x40, GSM7, -1}, {0x48, UCS2, -1}, {0x50, GSM7, 0},
		{0x80, Binary, -1}, {0xBF, Binary, -1},
		{0xC0, GSM7, -1}, {0xD0, GSM7, -1}, {0xDA, GSM7, -1}, {0xE0, UCS2, -1},
		{0xF0, GSM7, 0}, {0xF1, GSM7, 1}, {0xF4, Binary, 0}, {0xF7, Binary, 3},
	} {
		c := Describe(row.coding, GSM7)
		class := -1
		if c.HasClass {
			class = int(c.Class)
		}
		if c.Alphabet != row.alphabet || class != row.class {
			t.Errorf("%02X: %v class %d, want %v class %d", row.coding, c.Alphabet, class, row.alphabet, row.class)
		}
		if row.alphabet == GSM7 && Describe(row.coding, Latin9).Alphabet != Latin9 {
			t.Errorf("%02X does not follow the MNO's default", row.coding)
		}
	}
	if FlashGeneral.DataCoding(false) != 0x10 || FlashGeneral.DataCoding(true) != 0x18 ||
		FlashClass.DataCoding(false) != 0xF0 || FlashClass.DataCoding(true) != 0x18 {
		t.Error("flash codings")
	}
	for _, style := range []FlashStyle{FlashGeneral, FlashClass} {
		for _, ucs2 := range []bool{false, true} {
			c := Describe(style.DataCoding(ucs2), GSM7)
			if !c.HasClass || c.Class != 0 || (c.Alphabet == UCS2) != ucs2 {
				t.Errorf("style %d, ucs2 %v reads %+v", style, ucs2, c)
			}
		}
	}
}

func TestDecode(t *testing.T) {
	for _, row := range []struct {
		name   string
		coding uint8
		octets string
		opt    Options
		want   Decoded
	}{
		{"GSM7", 0, "00 1b65 20 41 78", Options{}, Decoded{Text: "@€ Ax", Encoding: "GSM7"}},
		{"packed hellohello", 0, "e8329bfd4697d9ec37", Options{Default: GSM7Packed}, Decoded{Text: "hellohello", Encoding: "GSM7"}},
		{"packed behind a header of six", 0, "906536fb0d", Options{Default: GSM7Packed, HeaderOctets: 6}, Decoded{Text: "Hello", Encoding: "GSM7"}},
		{"Latin-1", 3, "e9 a4 80", Options{}, Decoded{Text: "é¤\u0080", Encoding: "LATIN1"}},
		{"data_coding 0 is Latin-1", 0, "e7", Options{Default: Latin1}, Decoded{Text: "ç", Encoding: "LATIN1"}},
		{"data_coding 0 is Latin-9", 0, "a4 bd 24", Options{Default: Latin9}, Decoded{Text: "€œ$", Encoding: "LATIN9"}},
		{"data_coding 0 is ASCII", 0, "24 40", Options{Default: ASCII}, Decoded{Text: "$@", Encoding: "ASCII"}},
		{"ASCII with an octet above", 1, "41 e9", Options{}, Decoded{Text: "A\ufffd", Encoding: "ASCII", Lossy: true}},
		{"override", 1, "00", Options{Override: map[uint8]Alphabet{1: GSM7}}, Decoded{Text: "@", Encoding: "GSM7"}},
		{"UCS2", 8, "0633 d83d de00", Options{}, Decoded{Text: "س😀", Encoding: "UCS2"}},
		{"UCS2 keeps U+FEFF", 8, "feff 0041", Options{}, Decoded{Text: "\ufeffA", Encoding: "UCS2"}},
		{"UCS2 with an odd octet", 8, "0041 06", Options{}, Decoded{Text: "A\ufffd", Encoding: "UCS2", Lossy: true}},
		{"a low surrogate alone", 8, "de00 0041", Options{}, Decoded{Text: "\ufffdA", Encoding: "UCS2", Lossy: true}},
		{"a high surrogate alone", 8, "d83d 0041", Options{}, Decoded{Text: "\ufffdA", Encoding: "UCS2", Lossy: true}},
		{"two high surrogates", 8, "d83d d83d de00", Options{}, Decoded{Text: "\ufffd😀", Encoding: "UCS2", Lossy: true}},
		{"a high surrogate at the end", 8, "d83d", Options{}, Decoded{Text: "\ufffd", Encoding: "UCS2", Lossy: true}},
		{"U+FFFD is a character", 8, "fffd", Options{}, Decoded{Text: "\ufffd", Encoding: "UCS2"}},
		{"little endian by override", 8, "3306", Options{Override: map[uint8]Alphabet{8: UCS2LE}}, Decoded{Text: "س", Encoding: "UCS2"}},
		{"flash UCS2", 0x18, "0633", Options{}, Decoded{Text: "س", Encoding: "UCS2", HasClass: true}},
		{"class 2", 0xF2, "41", Options{}, Decoded{Text: "A", Encoding: "GSM7", HasClass: true, Class: 2}},
		{"binary", 4, "ff00", Options{}, Decoded{Encoding: "BINARY", Binary: true}},
		{"Japanese is not decoded", 5, "41", Options{}, Decoded{Encoding: "BINARY", Binary: true}},
		{"Cyrillic", 6, "bfe0d8d2d5e2 f0 a1", Options{}, Decoded{Text: "Привет№Ё", Encoding: "CYRILLIC"}},
		{"Hebrew", 7, "f9ece5ed a1", Options{}, Decoded{Text: "שלום\ufffd", Encoding: "HEBREW", Lossy: true}},
		{"escape at the end", 0, "41 1b", Options{}, Decoded{Text: "A ", Encoding: "GSM7", Lossy: true}},
		{"escape twice", 0, "1b1b 41", Options{}, Decoded{Text: " A", Encoding: "GSM7", Lossy: true}},
		{"unknown extension shows the main table", 0, "1b41", Options{}, Decoded{Text: "A", Encoding: "GSM7", Lossy: true}},
		{"no septet", 0, "41 80 42", Options{}, Decoded{Text: "A\ufffdB", Encoding: "GSM7", Lossy: true}},
		{"no septet after an escape", 0, "1b e9", Options{}, Decoded{Text: " \ufffd", Encoding: "GSM7", Lossy: true}},
		{"Turkish", 0, "07 1b67", Options{Shift: segment.Shift{Locking: segment.Turkish, Single: segment.Turkish}}, Decoded{Text: "ığ", Encoding: "GSM7"}},
		{"a language without tables is the default", 0, "07 1b65", Options{Shift: segment.Shift{Locking: 99, Single: 99}}, Decoded{Text: "ì€", Encoding: "GSM7"}},
		{"an empty cell", 0, "01 09", Options{Shift: segment.Shift{Locking: segment.Tamil}}, Decoded{Text: "\u0b82\ufffd", Encoding: "GSM7", Lossy: true}},
		{"nothing", 8, "", Options{}, Decoded{Encoding: "UCS2"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := Decode(row.coding, unhex(t, row.octets), row.opt); got != row.want {
				t.Errorf("got  %+v\nwant %+v", got, row.want)
			}
		})
	}
}

// Pairs that an MNO has cut over two parts come together again (US-SC-025).
func TestUSSC025PairsCutByTheMNO(t *testing.T) {
	for _, row := range []struct {
		coding uint8
		parts  [][]byte
		want   string
	}{
		{0, [][]byte{{'A', 0x1B}, {0x65, 'B'}}, "A€B"},
		{8, [][]byte{{0xD8, 0x3D}, {0xDE, 0x00}}, "😀"},
		{8, [][]byte{{0x06, 0x33}, nil, {0x06, 0x44}}, "سل"},
	} {
		if d := DecodeParts(row.coding, row.parts, Options{}); d.Text != row.want || d.Lossy {
			t.Errorf("%x: %+v, want %q", row.parts, d, row.want)
		}
	}
	if d := DecodeParts(8, [][]byte{{0xD8}, {0x3D, 0xDE, 0x00}}, Options{}); !d.Lossy {
		t.Errorf("half a unit: %+v", d)
	}
}

// 3GPP TS 23.038 §6.1.2.1.
func TestPacking(t *testing.T) {
	for n := range 200 {
		for fill := range 7 {
			septets := bytes.Repeat([]byte{0x55, 0x2A, 0x7F, 0x00}, 50)[:n]
			packed := pack(nil, septets, fill)
			if want := (n*7 + fill + 7) / 8; n > 0 && len(packed) != want || n == 0 && len(packed) != 0 {
				t.Fatalf("%d septets after %d bits: %d octets, want %d", n, fill, len(packed), want)
			}
			got, clean := unpack(nil, packed, fill)
			if !bytes.Equal(got, septets) || !clean {
				t.Fatalf("%d septets after %d bits: %x becomes %x, %v", n, fill, septets, got, clean)
			}
		}
	}
	if b := pack(nil, []byte("1234567"), 0); b[6]>>1 != carriageReturn {
		t.Errorf("seven spare bits are not filled: %x", b)
	}
	if d := Decode(0, unhex(t, "ff"), Options{Default: GSM7Packed, HeaderOctets: 6}); !d.Lossy {
		t.Error("fill bits that are not zero go unnoticed")
	}
}

// decisions.md 007: where data_coding 0 is an octet alphabet, what it lacks counts
// like what GSM7 lacks.
func TestUSSC007DefaultAlphabetOfTheMNO(t *testing.T) {
	for _, row := range []struct {
		text     string
		want     segment.Encoding
		def      Alphabet
		encoding segment.Encoding
		first    string
		replaced int
	}{
		{"Ünlü [x]", segment.Auto, Latin1, segment.GSM7, "dc6e6cfc205b785d", 0},
		{"5 €", segment.Auto, Latin9, segment.GSM7, "3520a4", 0},
		{"5 €", segment.Auto, Latin1, segment.UCS2, "0035002020ac", 0},
		{"5 €", segment.GSM7Force, Latin1, segment.GSM7, "35203f", 1},
		{"5 € ✓", segment.GSM7Force, ASCII, segment.GSM7, "35203f203f", 2},
		{"ç", segment.Auto, Latin1, segment.UCS2, "00e7", 0}, // not in GSM7: the MNO could not deliver it as septets
		{"¤", segment.Auto, Latin9, segment.UCS2, "00a4", 0},
		{"é", segment.Auto, ASCII, segment.UCS2, "00e9", 0},
		{"a", segment.UCS2, ASCII, segment.UCS2, "0061", 0},
	} {
		plan := roundTrip(t, row.text, row.want, segment.Rule{}, row.def)
		part, err := AppendPart(nil, plan, 0, row.def, 0)
		if err != nil || plan.Encoding != row.encoding || hex.EncodeToString(part) != row.first || len(plan.Replaced) != row.replaced {
			t.Errorf("%s in %v: %v %x %v %v, want %v %s", row.text, row.def, plan.Encoding, part, plan.Replaced, err, row.encoding, row.first)
		}
	}
	_, err := Prepare("5 €", segment.GSM7, segment.Rule{}, Latin1)
	var e *AlphabetError
	if !errors.As(err, &e) || *e != (AlphabetError{Latin1, 2}) {
		t.Errorf("GSM7 demanded: %v", err)
	}
	var te *segment.TextError
	if _, err := Prepare("\xff€", segment.GSM7Force, segment.Rule{}, Latin1); !errors.As(err, &te) {
		t.Errorf("invalid UTF-8: %v", err)
	}
	plan, _ := segment.Split("é", segment.GSM7, segment.Rule{})
	if b, err := AppendPart([]byte("x"), plan, 0, ASCII, 0); !errors.As(err, &e) || string(b) != "x" {
		t.Errorf("a plan of another alphabet: %q %v", b, err)
	}
}

// US-SC-007: data_coding 0 carries unpacked septets, 8 UTF-16BE.
func TestUSSC007OctetsOfShortMessage(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{"Hello World", "48656c6c6f20576f726c64"},
		{"@£$_{}€", "000102111b281b291b65"},
		{"سلام", "0633064406270645"},
	} {
		plan, err := Prepare(row.text, segment.Auto, segment.Rule{}, GSM7)
		if err != nil || hex.EncodeToString(plan.Parts[0]) != row.want {
			t.Errorf("%s: %x %v", row.text, plan.Parts[0], err)
		}
	}
}

func TestAlphabetNames(t *testing.T) {
	for a := GSM7; a <= Binary; a++ {
		if back, err := ParseAlphabet(a.String()); err != nil || back != a {
			t.Errorf("%v is read %v %v", a, back, err)
		}
		if a.IsDefault() != (a <= Latin9) {
			t.Errorf("%v", a)
		}
	}
	if a, err := ParseAlphabet(""); a != GSM7 || err != nil {
		t.Errorf("the empty name: %v %v", a, err)
	}
	if _, err := ParseAlphabet("GSM"); err == nil {
		t.Error("GSM is an alphabet")
	}
	if Alphabet(99).Label() != "BINARY" || Alphabet(99).String() == "" {
		t.Error("alphabet 99")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(uint8(0), []byte("hello\x1b\x65\x1b"), uint8(0), uint8(0), uint8(0), uint8(3))
	f.Add(uint8(0), []byte{0xe8, 0x32, 0x9b, 0xfd}, uint8(1), uint8(6), uint8(13), uint8(0))
	f.Add(uint8(8), []byte{0xd8, 0x3d, 0xde, 0x00, 0x06}, uint8(0), uint8(0), uint8(0), uint8(2))
	f.Add(uint8(6), []byte{0xbf, 0xe0}, uint8(2), uint8(7), uint8(1), uint8(1))
	f.Fuzz(func(t *testing.T, coding uint8, octets []byte, def, header, language, cut uint8) {
		opt := Options{Default: Alphabet(def % 5), HeaderOctets: int(header), Shift: segment.Shift{Locking: segment.Language(language), Single: segment.Language(language)}}
		d := Decode(coding, octets, opt)
		if !utf8.ValidString(d.Text) || len(d.Text) > 4*len(octets)+4 || d.Binary && d.Text != "" || d.Encoding == "" {
			t.Fatalf("%+v", d)
		}
		at := int(cut) % (len(octets) + 1)
		DecodeParts(coding, [][]byte{octets[:at], octets[at:]}, opt)
		if alphabet := Describe(coding, opt.Default).Alphabet; alphabet == UCS2 && !d.Lossy {
			plan, err := segment.Split(d.Text, segment.UCS2, segment.Rule{MaxParts: -1})
			if err != nil || !bytes.Equal(bytes.Join(plan.Parts, nil), octets) {
				t.Fatalf("%x reads %q, written %x", octets, d.Text, plan.Parts)
			}
		}
	})
}

func FuzzRoundTrip(f *testing.F) {
	for _, s := range []string{"hello", "5 € [x]", "سلام 😀", strings.Repeat("a€", 90), "Ünlü ç", "1234567", ""} {
		for def := range uint8(5) {
			f.Add(s, def, uint8(0), def%2 == 0)
		}
	}
	f.Fuzz(func(t *testing.T, text string, def, want uint8, wide bool) {
		alphabet := Alphabet(def % 5)
		if alphabet == GSM7Packed && strings.Contains(text, "\r") {
			return // a last carriage return reads as filling, see pack
		}
		rule := segment.Rule{Wide: wide}
		if _, err := Prepare(text, segment.Encoding(want%4), rule, alphabet); err != nil {
			return
		}
		roundTrip(t, text, segment.Encoding(want%4), rule, alphabet)
	})
}

func BenchmarkDecode160GSM7(b *testing.B) {
	benchDecode(b, 0, bytes.Repeat([]byte("abcdefghij"), 16), Options{})
}
func BenchmarkDecode140Packed(b *testing.B) {
	benchDecode(b, 0, pack(nil, bytes.Repeat([]byte("abcdefghij"), 16), 0), Options{Default: GSM7Packed})
}
func BenchmarkDecode70UCS2(b *testing.B) {
	benchDecode(b, 8, bytes.Repeat([]byte{0x06, 0x33}, 70), Options{})
}

func benchDecode(b *testing.B, coding uint8, octets []byte, opt Options) {
	b.ReportAllocs()
	for b.Loop() {
		if Decode(coding, octets, opt).Lossy {
			b.Fatal("lossy")
		}
	}
}

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
