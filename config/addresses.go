package config

import "strings"

// Numbering is a type of number and its plan (SMPP 3.4 §5.2.5, §5.2.6).
type Numbering struct{ TON, NPI uint8 }

// Addresses says how the shape of an address becomes its ton and npi. A fixed
// one, where the profile has it, wins.
type Addresses struct {
	Alphanumeric, Short, International, National Numbering

	ShortDigits int    // digits without '+' up to this many are a short code
	Bare        string // what longer digits without '+' are: international or national

	Plus string // what becomes of a '+' of a submit: drop or keep

	Source, Destination FixedNumbering

	Rewrite, RewriteInbound Rewriting
}

// Rewriting is prefix rules for the addresses of one direction, in their order.
type Rewriting struct{ From, To []PrefixRule }

// PrefixRule says that an address which begins with Old begins with New instead.
type PrefixRule struct{ Old, New string }

// FixedNumbering is a ton and npi that hold for every address; nil: by its shape.
type FixedNumbering struct{ TON, NPI *uint8 }

// OfSource returns ton and npi of a source address.
func (a Addresses) OfSource(address string) Numbering { return a.Source.over(a.byShape(address)) }

// OfDestination returns ton and npi of a destination address.
func (a Addresses) OfDestination(address string) Numbering {
	return a.Destination.over(a.byShape(address))
}

func (f FixedNumbering) over(n Numbering) Numbering {
	if f.TON != nil {
		n.TON = *f.TON
	}
	if f.NPI != nil {
		n.NPI = *f.NPI
	}
	return n
}

func (a Addresses) byShape(address string) Numbering {
	digits, plus := strings.CutPrefix(address, "+")
	switch {
	case digits == "" || strings.ContainsFunc(digits, func(r rune) bool { return r < '0' || r > '9' }):
		return a.Alphanumeric
	case plus:
		return a.International
	case len(digits) <= a.ShortDigits:
		return a.Short
	case a.Bare == bareNational:
		return a.National
	}
	return a.International
}

// What digits without '+' that are no short code are taken for.
const (
	bareInternational = "international"
	bareNational      = "national"
)

// What becomes of a '+'.
const (
	plusDrop = "drop"
	plusKeep = "keep"
)

// KeepsPlus reports whether a '+' goes into the PDU.
func (a Addresses) KeepsPlus() bool { return a.Plus == plusKeep }
