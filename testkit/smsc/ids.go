package smsc

import (
	"fmt"
	"strconv"
	"strings"
)

// IDForm is how a message id is written. The simulator's ids are numbers; MNOs
// write the same one in one base in submit_sm_resp and in another in the receipt.
type IDForm uint8

// The forms. AsAnswered is for receipts: as submit_sm_resp had it.
const (
	AsAnswered    IDForm = iota
	Decimal              // 17902300000000001
	PaddedDecimal        // twenty digits, leading zeros
	Hex                  // 3f99c0e5b2a801
	UpperHex             // 3F99C0E5B2A801
	PaddedHex            // sixteen upper-case digits, leading zeros
	UUID                 // 00000000-0000-4000-8000-00003f99c0e5 and so on
)

var idForms = [...]string{"as answered", "decimal", "padded decimal", "hex", "upper hex", "padded hex", "uuid"}

// String is the form's name in a script.
func (f IDForm) String() string { return idForms[f] }

func idFormNamed(name string) (IDForm, error) {
	for i, n := range idForms {
		if n == name {
			return IDForm(i), nil
		}
	}
	return 0, fmt.Errorf("no id form %q: write one of %s", name, strings.Join(idForms[:], ", "))
}

func (f IDForm) write(n uint64) string {
	switch f {
	case PaddedDecimal:
		return fmt.Sprintf("%020d", n)
	case Hex:
		return strconv.FormatUint(n, 16)
	case UpperHex:
		return strings.ToUpper(strconv.FormatUint(n, 16))
	case PaddedHex:
		return fmt.Sprintf("%016X", n)
	case UUID:
		return fmt.Sprintf("%08x-%04x-4000-8000-%012x", n>>60, n>>48&0xFFF, n&0xFFFFFFFFFFFF)
	default:
		return strconv.FormatUint(n, 10)
	}
}
