package dispatch

import "strings"

// Prefix is one rule of Rewriting: an address that begins with Old begins with New
// instead.
type Prefix struct{ Old, New string }

// Rewriting says how addresses are written in one direction: commands' for the MNO, or
// the MNO's for the platform. Of the rules the first that fits is applied, once, so that
// no rules can run in a circle. Without rules an address stays as it is.
type Rewriting struct {
	From []Prefix // source_addr: our sender, or the subscriber who writes to us
	To   []Prefix // destination_addr

	ShortDigits int // as Numbering's: what a short code is
}

// maxAddress is the most octets of an address in a PDU, without its NUL.
const maxAddress = 20

// Sender rewrites a source_addr.
func (w *Rewriting) Sender(address string) string { return w.rewrite(w.From, address) }

// Recipient rewrites a destination_addr.
func (w *Rewriting) Recipient(address string) string { return w.rewrite(w.To, address) }

// Heard rewrites both addresses of a PDU that the MNO sent. One that would become too long
// for a PDU stays as the MNO wrote it: it is more use than none.
func (w *Rewriting) Heard(source, destination *string) {
	if from := w.Sender(*source); len(from) <= maxAddress {
		*source = from
	}
	if to := w.Recipient(*destination); len(to) <= maxAddress {
		*destination = to
	}
}

func (w *Rewriting) rewrite(rules []Prefix, address string) string {
	for _, rule := range rules {
		if w.fits(rule, address) {
			return rule.New + address[len(rule.Old):]
		}
	}
	return address
}

// fits reports whether a rule is for an address: one of digits is for numbers alone, never
// for a name such as 4ME, and for a short code only if it is the whole of it, so that what
// is said of national numbers does not make a telephone number of 1234.
func (w *Rewriting) fits(rule Prefix, address string) bool {
	switch {
	case !strings.HasPrefix(address, rule.Old):
		return false
	case rule.Old == address || !isNumber(rule.Old):
		return true
	}
	return isNumber(address) && (address[0] == '+' || len(address) > w.ShortDigits)
}

// isNumber reports whether an address is digits, with or without a '+' before them; a
// '+' alone counts too.
func isNumber(address string) bool { return allDigits(strings.TrimPrefix(address, "+")) }
