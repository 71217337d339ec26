package text

import (
	"fmt"
	"sort"
	"strings"

	"github.com/ghasi/smpp-connector/codec/segment"
)

// AlphabetError says that a text was demanded in GSM7 and holds a character that
// the MNO's default alphabet does not have. It carries no part of the text.
type AlphabetError struct {
	Alphabet Alphabet
	Offset   int // in characters from the start of the text, or of the part
}

func (e *AlphabetError) Error() string {
	return fmt.Sprintf("text: character %d is not in %s, the default alphabet of this MNO: use encoding AUTO or UCS2", e.Offset, e.Alphabet)
}

// Prepare plans a text for an MNO whose data_coding 0 means def. For gsm7 and
// gsm7-packed that is segment.Split. Where the MNO takes Latin-1, Latin-9 or
// ASCII and makes septets of it itself, the parts are those of GSM7 all the same,
// and a character that the MNO's alphabet lacks (Δ, or € in Latin-1) counts like
// one that GSM7 lacks: AUTO takes UCS2, GSM7 is an *AlphabetError, GSM7_FORCE
// sends '?'. Other errors are segment's.
func Prepare(text string, want segment.Encoding, rule segment.Rule, def Alphabet) (segment.Plan, error) {
	if def == GSM7 || def == GSM7Packed {
		return segment.Split(text, want, rule)
	}
	rule.Locking, rule.Single = 0, 0 // national septets mean nothing in an octet alphabet
	if want == segment.UCS2 {
		return segment.Split(text, want, rule)
	}
	lacking := firstLacking(text, def)
	if lacking < 0 {
		return segment.Split(text, want, rule)
	}
	switch want {
	case segment.Auto:
		return segment.Split(text, segment.UCS2, rule)
	case segment.GSM7Force:
		return forced(text, rule, def)
	}
	plan, err := segment.Split(text, want, rule) // its error comes first, if it has one
	if err != nil {
		return plan, err
	}
	return segment.Plan{}, &AlphabetError{def, lacking}
}

// firstLacking is the first character that GSM7 has and def has not, or -1.
func firstLacking(text string, def Alphabet) int {
	n := 0
	for _, r := range text {
		if lacks(r, def) {
			return n
		}
		n++
	}
	return -1
}

func lacks(r rune, def Alphabet) bool {
	if _, ok := charOctet(r, def); ok {
		return false
	}
	_, _, inGSM7 := segment.Septet(r)
	return inGSM7
}

// forced replaces what def lacks before segment replaces what GSM7 lacks, and
// reports both.
func forced(text string, rule segment.Rule, def Alphabet) (segment.Plan, error) {
	var replaced []segment.Replacement
	var b strings.Builder
	n := 0
	for i, r := range text {
		switch {
		case lacks(r, def):
			replaced = append(replaced, segment.Replacement{Offset: n, Rune: r})
			b.WriteByte('?')
		default:
			b.WriteString(text[i : i+size(text, i)])
		}
		n++
	}
	plan, err := segment.Split(b.String(), segment.GSM7Force, rule)
	if err != nil {
		return plan, err
	}
	plan.Replaced = append(plan.Replaced, replaced...)
	sort.Slice(plan.Replaced, func(i, j int) bool { return plan.Replaced[i].Offset < plan.Replaced[j].Offset })
	return plan, nil
}
