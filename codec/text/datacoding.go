package text

// Coding is what a data_coding says (SMPP 3.4 §5.2.19, 3GPP TS 23.038 §4).
type Coding struct {
	Alphabet Alphabet
	HasClass bool
	Class    uint8 // 0…3; class 0 is a flash message
}

// Describe reads a data_coding. def is what the default alphabet is at the MNO:
// the meaning of data_coding 0 and of every group that says "default alphabet".
//
// SMPP names 0x00 to 0x0E itself. 0x10 to 0x7F are "reserved" there, but MNOs
// send and take 0x10 and 0x18 for flash, so GSM 03.38 is read in them. What
// stays reserved, and the character sets that nobody sends in practice (JIS, KS
// C 5601, pictograms), are Binary: the octets are kept and nothing is guessed.
func Describe(dataCoding uint8, def Alphabet) Coding {
	switch group := dataCoding >> 4; {
	case group == 0x0:
		return Coding{Alphabet: smppAlphabet(dataCoding, def)}
	case group&0xC == 0x0 || group&0xC == 0x4: // general data coding; 0x40 asks for automatic deletion
		c := Coding{HasClass: dataCoding&0x10 != 0, Class: dataCoding & 3, Alphabet: gsmAlphabet(dataCoding>>2&3, def)}
		if !c.HasClass {
			c.Class = 0
		}
		if dataCoding&0x20 != 0 { // compressed (3GPP TS 23.042)
			c.Alphabet = Binary
		}
		return c
	case group == 0xC || group == 0xD: // message waiting, discard or store
		return Coding{Alphabet: def}
	case group == 0xE: // message waiting, store, UCS2
		return Coding{Alphabet: UCS2}
	case group == 0xF: // data coding and message class
		c := Coding{HasClass: true, Class: dataCoding & 3, Alphabet: def}
		if dataCoding&4 != 0 {
			c.Alphabet = Binary
		}
		return c
	}
	return Coding{Alphabet: Binary}
}

func smppAlphabet(dataCoding uint8, def Alphabet) Alphabet {
	switch dataCoding {
	case 0x00:
		return def
	case 0x01:
		return ASCII
	case 0x03:
		return Latin1
	case 0x06:
		return Cyrillic
	case 0x07:
		return Hebrew
	case 0x08:
		return UCS2
	}
	return Binary
}

func gsmAlphabet(bits uint8, def Alphabet) Alphabet {
	switch bits {
	case 0:
		return def
	case 2:
		return UCS2
	}
	return Binary // 8-bit data, reserved
}

// FlashStyle is how an MNO wants class 0 to be said.
type FlashStyle uint8

const (
	FlashGeneral FlashStyle = iota // 0x10 for GSM7, 0x18 for UCS2
	FlashClass                     // 0xF0 for GSM7; the group has no UCS2, so 0x18 there
)

// DataCoding says class 0 (flash) in a style, for a text in UCS2 or in the
// default alphabet.
func (s FlashStyle) DataCoding(ucs2 bool) uint8 {
	switch {
	case ucs2:
		return 0x18
	case s == FlashClass:
		return 0xF0
	}
	return 0x10
}
