package segment

// The tables of 3GPP TS 23.038 §6.2.1, written as the standard numbers them.

// defaultTable is the GSM 7 bit default alphabet (§6.2.1), code by code. 0x09 is
// the capital Ç: Unicode's own mapping file has the small one, against the
// standard and every handset.
const defaultTable = "" +
	"@£$¥èéùìòÇ\nØø\rÅå" +
	"Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ" +
	" !\"#¤%&'()*+,-./" +
	"0123456789:;<=>?" +
	"¡ABCDEFGHIJKLMNO" +
	"PQRSTUVWXYZÄÖÑÜ§" +
	"¿abcdefghijklmno" +
	"pqrstuvwxyzäöñüà"

// Escape is the septet that shifts the next one into the extension table.
const Escape = 0x1B

// extensionTable is reached by Escape (§6.2.1.1). A character costs two septets.
var extensionTable = [...]struct {
	code byte
	r    rune
}{
	{0x0A, '\f'}, {0x14, '^'}, {0x28, '{'}, {0x29, '}'}, {0x2F, '\\'},
	{0x3C, '['}, {0x3D, '~'}, {0x3E, ']'}, {0x40, '|'}, {0x65, '€'},
}

// A code says how a character is written: 0 is not at all, else its septet with
// a bit for the table that it stands in.
type code uint16

const (
	inBase     code = 0x100 // one septet
	inExtended code = 0x200 // Escape and a septet
)

func (c code) width() int { return int(c >> 8) } // 0, 1 or 2 septets

// gsm is both directions of the default and extension tables, made once.
var gsm = newTables()

type tables struct {
	base     [128]rune   // septet → character; Escape → 0
	extended [128]rune   // septet after Escape → character; 0: none
	low      [0x400]code // character → code: all but the euro sign are below U+0400
	width    [256]uint8  // of an ASCII octet in septets; 0: none, or not ASCII
}

func newTables() *tables {
	t := new(tables)
	n := 0
	for _, r := range defaultTable {
		if n != Escape {
			t.base[n] = r
			t.low[r] = inBase | code(n)
		}
		n++
	}
	for _, x := range extensionTable {
		t.extended[x.code] = x.r
		if x.r < rune(len(t.low)) {
			t.low[x.r] = inExtended | code(x.code)
		}
	}
	for c := range 0x80 {
		t.width[c] = uint8(t.low[c].width())
	}
	return t
}

const euro = inExtended | 0x65

// find is the code of a character in the default and extension tables.
func (t *tables) find(r rune) code {
	switch {
	case r < rune(len(t.low)):
		return t.low[r]
	case r == '€':
		return euro
	}
	return 0
}

// accent is find for what is most frequent behind ASCII: a character of two
// octets of UTF-8 below U+0400. Anything else at text[i] is 0.
func (t *tables) accent(text string, i int) code {
	if i+1 >= len(text) || text[i]-0xC2 > 0xCF-0xC2 || text[i+1]&0xC0 != 0x80 {
		return 0
	}
	return t.low[rune(text[i]&0xF)<<6|rune(text[i+1]&0x3F)]
}

// Septet returns the septet that a character has in the default table, or in
// the extension table (extended: it follows Escape). ok is false if it has none.
func Septet(r rune) (septet byte, extended, ok bool) {
	if r < 0 {
		return 0, false, false
	}
	c := gsm.find(r)
	return byte(c), c&inExtended != 0, c != 0
}

// Char returns the character that a septet means in the default table, or,
// extended, after Escape. ok is false for Escape itself, for an empty cell of the
// extension table and for octets that are no septet.
func Char(septet byte, extended bool) (r rune, ok bool) {
	if septet > 0x7F {
		return 0, false
	}
	if extended {
		r = gsm.extended[septet]
	} else {
		r = gsm.base[septet]
	}
	return r, r != 0
}
