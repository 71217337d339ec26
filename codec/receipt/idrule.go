package receipt

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// Side says who wrote an id.
type Side uint8

const (
	Submitted Side = iota // the message_id of submit_sm_resp (or data_sm_resp)
	Receipted             // the id of a receipt: its TLV or its text
)

// IDRule makes one key of the two ways in which an MNO writes an id. It is
// applied to both: key(submit_sm_resp) == key(receipt). The side is an argument
// because the digits alone do not tell: "12345678" is a hexadecimal number too.
// The zero value is as-is. Values can be compared.
type IDRule struct {
	number numberRule
	zeros  bool // leading zeros are cut
	fold   letterCase
}

type numberRule uint8

const (
	noNumber numberRule = iota
	hexToDec            // submit_sm_resp hexadecimal, receipts decimal: keys are decimal
	decToHex            // submit_sm_resp decimal, receipts hexadecimal: keys are hexadecimal, upper case
)

type letterCase uint8

const (
	asWritten letterCase = iota
	upper
	lower
)

// maxDigits bounds conversion; SMPP ids have at most 64 octets. Longer ones stay
// as they are.
const maxDigits = 128

// ruleNames are the words of ParseIDRule, in the order in which String joins them.
var ruleNames = [...]struct {
	name string
	set  func(*IDRule)
	has  func(IDRule) bool
}{
	{"hex-to-dec", func(r *IDRule) { r.number = hexToDec }, func(r IDRule) bool { return r.number == hexToDec }},
	{"dec-to-hex", func(r *IDRule) { r.number = decToHex }, func(r IDRule) bool { return r.number == decToHex }},
	{"strip-zeros", func(r *IDRule) { r.zeros = true }, func(r IDRule) bool { return r.zeros }},
	{"upper", func(r *IDRule) { r.fold = upper }, func(r IDRule) bool { return r.fold == upper }},
	{"lower", func(r *IDRule) { r.fold = lower }, func(r IDRule) bool { return r.fold == lower }},
}

const asIs = "as-is"

// ParseIDRule reads a rule: as-is (also the empty name), hex-to-dec, dec-to-hex,
// strip-zeros, upper, lower, or several joined by '+'. asIs and as_is are read
// like as-is, and so for the others.
func ParseIDRule(name string) (IDRule, error) {
	var r IDRule
	if name == "" {
		return r, nil
	}
words:
	for word := range strings.SplitSeq(name, "+") {
		word = plain(word)
		if word == plain(asIs) {
			continue
		}
		for _, n := range ruleNames {
			if word == plain(n.name) {
				n.set(&r)
				continue words
			}
		}
		return IDRule{}, fmt.Errorf("message-id rule: a word of %d octets is unknown: want as-is, hex-to-dec, dec-to-hex, strip-zeros, upper or lower, joined by '+'", len(word))
	}
	return r, nil
}

// plain takes the difference between as-is, as_is and asIs away.
func plain(s string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(s))
}

// String is the name that ParseIDRule reads.
func (r IDRule) String() string {
	var on []string
	for _, n := range ruleNames {
		if n.has(r) {
			on = append(on, n.name)
		}
	}
	if on == nil {
		return asIs
	}
	return strings.Join(on, "+")
}

// Apply makes the key of an id. It is total: an id that is no number (a UUID)
// goes through a number rule unchanged, of any length. Apply on a key changes it
// no further on the side that the key's form belongs to.
func (r IDRule) Apply(side Side, id string) string {
	switch r.number {
	case hexToDec:
		id = r.toDecimal(side, id)
	case decToHex:
		id = r.toHex(side, id)
	}
	if r.zeros {
		id = stripZeros(id)
	}
	switch r.fold {
	case upper:
		id = strings.ToUpper(id)
	case lower:
		id = strings.ToLower(id)
	}
	return id
}

// toDecimal: a receipt of digits is decimal already; one with letters can only
// be hexadecimal, whatever the MNO promised.
func (r IDRule) toDecimal(side Side, id string) string {
	if side == Receipted && isDecimal(id) {
		return stripZeros(id)
	}
	return convert(id, 16, 10)
}

// toHex is the mirror image.
func (r IDRule) toHex(side Side, id string) string {
	if side == Submitted && isDecimal(id) {
		return convert(id, 10, 16)
	}
	return convert(id, 16, 16)
}

// convert writes a number in another base, without leading zeros and in upper
// case. What is no number of that base comes back unchanged.
func convert(id string, from, to int) string {
	digits := id
	if from == 16 && len(id) > 2 && (id[:2] == "0x" || id[:2] == "0X") {
		digits = id[2:]
	}
	if digits == "" || len(digits) > maxDigits || from == 10 && !isDecimal(digits) || from == 16 && !isHex(digits) {
		return id
	}
	if n, err := strconv.ParseUint(digits, from, 64); err == nil {
		return strings.ToUpper(strconv.FormatUint(n, to))
	}
	n, _ := new(big.Int).SetString(digits, from)
	return strings.ToUpper(n.Text(to))
}

// stripZeros leaves one digit.
func stripZeros(id string) string {
	if s := strings.TrimLeft(id, "0"); s != "" {
		return s
	}
	if id == "" {
		return ""
	}
	return "0"
}

func isDecimal(s string) bool { return s != "" && digits(s) == len(s) }

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; !(c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f') {
			return false
		}
	}
	return s != ""
}
