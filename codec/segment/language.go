package segment

import "sync"

// Language is a national language identifier of 3GPP TS 23.038 §6.2.1.2.4; 0 is
// none: the default alphabet. There is no table for Arabic, Persian, Dari or
// Pashto; those need UCS2.
type Language uint8

// The languages that have tables.
const (
	Turkish    Language = 1
	Spanish    Language = 2 // single shift only
	Portuguese Language = 3
	Bengali    Language = 4
	Gujarati   Language = 5
	Hindi      Language = 6
	Kannada    Language = 7
	Malayalam  Language = 8
	Oriya      Language = 9
	Punjabi    Language = 10
	Tamil      Language = 11
	Telugu     Language = 12
	Urdu       Language = 13
)

var languageNames = [...]string{"default", "turkish", "spanish", "portuguese", "bengali", "gujarati", "hindi",
	"kannada", "malayalam", "oriya", "punjabi", "tamil", "telugu", "urdu"}

// String is the language's name in lower case.
func (l Language) String() string {
	if int(l) < len(languageNames) {
		return languageNames[l]
	}
	return "reserved"
}

// ParseLanguage is the reverse of String; ok is false for an unknown name.
func ParseLanguage(name string) (l Language, ok bool) {
	for i, n := range languageNames {
		if n == name {
			return Language(i), true
		}
	}
	return 0, false
}

// HasLocking and HasSingle report whether the standard has such a table.
func (l Language) HasLocking() bool {
	return int(l) < len(nationalTables) && nationalTables[l].locking != ""
}

// HasSingle: see HasLocking.
func (l Language) HasSingle() bool {
	return int(l) < len(nationalTables) && nationalTables[l].single != ""
}

// Shift is the pair of national tables that a GSM7 text is written with: a
// locking shift table instead of the default one, a single shift table instead of
// the extension table. The zero value is the default alphabet, needs no header
// and costs nothing; each table costs a header element of three octets.
type Shift struct{ Locking, Single Language }

func (s Shift) elements() int {
	n := 0
	if s.Locking != 0 {
		n += shiftElement
	}
	if s.Single != 0 {
		n += shiftElement
	}
	return n
}

// Char returns the character that a septet means under s, or, extended, after
// Escape. A language without the table falls back to the default one, as a
// receiver must (23.038 §6.2.1.2.4). ok is false for cells without a character.
func (s Shift) Char(septet byte, extended bool) (r rune, ok bool) {
	switch {
	case septet > 0x7F:
		return 0, false
	case extended && s.Single.HasSingle():
		r = national(s.Single).single[septet]
	case !extended && s.Locking.HasLocking():
		r = national(s.Locking).locking[septet]
	default:
		return Char(septet, extended)
	}
	return r, r != 0
}

// nationalCells are a language's tables by septet; 0 is an empty cell.
type nationalCells struct{ locking, single [128]rune }

var nationalCache [len(nationalTables)]struct {
	once  sync.Once
	cells nationalCells
}

// national unfolds a language's tables at first use: most programs need none.
func national(l Language) *nationalCells {
	c := &nationalCache[l]
	c.once.Do(func() {
		unfold(&c.cells.locking, nationalTables[l].locking)
		unfold(&c.cells.single, nationalTables[l].single)
	})
	return &c.cells
}

func unfold(cells *[128]rune, table string) {
	n := 0
	for _, r := range table {
		if r != emptyCell && n != Escape {
			cells[n] = r
		}
		n++
	}
}

// codes is the way from characters to septets under a shift.
func (s Shift) codes() map[rune]code {
	m := make(map[rune]code, 256)
	for c := byte(0); c < 0x80; c++ { // a character in both tables takes the cheaper
		if r, ok := s.Char(c, true); ok {
			m[r] = inExtended | code(c)
		}
	}
	for c := byte(0); c < 0x80; c++ {
		if r, ok := s.Char(c, false); ok {
			m[r] = inBase | code(c)
		}
	}
	return m
}
