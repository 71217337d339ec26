package codec

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
)

// NumberMask says how many characters of a telephone number may be shown to people:
// in logs, on pages, in files of the flight recorder. The zero value shows none.
type NumberMask struct {
	Leading  int // from the left, behind a '+': the country's code and the network's
	Trailing int // from the right: enough to compare with what a subscriber complains of
}

// LastThree is the mask where nobody has said otherwise.
var LastThree = NumberMask{Trailing: 3}

const (
	// MinHidden is how many digits stay hidden of every number, whatever the mask says;
	// of a shorter one all do.
	MinHidden = 4

	maxLeading  = 8
	maxTrailing = 4
	hideAll     = "hidden"
)

// WantNumberMask is what ParseNumberMask takes, in words that follow "want".
var WantNumberMask = fmt.Sprintf("LEADING+TRAILING digits that stay, as in 0+3 or 5+2, at most %d and %d and together %d (%d digits stay hidden always), or %s",
	maxLeading, maxTrailing, maxLeading, MinHidden, hideAll)

// ParseNumberMask reads what String writes: 0+3, or hidden.
func ParseNumberMask(s string) (m NumberMask, ok bool) {
	if strings.EqualFold(s, hideAll) {
		return NumberMask{}, true
	}
	leading, trailing, ok := strings.Cut(s, "+")
	if !ok {
		return NumberMask{}, false
	}
	var errs [2]error
	m.Leading, errs[0] = strconv.Atoi(leading)
	m.Trailing, errs[1] = strconv.Atoi(trailing)
	return m, errs == [2]error{} && m.Valid()
}

// Valid reports whether the mask hides enough of any number there is.
func (m NumberMask) Valid() bool {
	return m.Leading >= 0 && m.Trailing >= 0 && m.Trailing <= maxTrailing && m.Leading+m.Trailing <= maxLeading
}

func (m NumberMask) String() string {
	if m == (NumberMask{}) {
		return hideAll
	}
	return strconv.Itoa(m.Leading) + "+" + strconv.Itoa(m.Trailing)
}

// Hidden says which octets of a number must not be seen: those from `from` up to
// `to`. A number too short for the mask loses its leading octets first. What has
// anything but letters and digits in it is nobody's number as we know them, and
// hidden whole.
func (m NumberMask) Hidden(number string) (from, to int) {
	plus := len(number) - len(strings.TrimPrefix(number, "+"))
	for _, c := range []byte(number[plus:]) {
		if !('0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z') {
			return 0, len(number)
		}
	}
	room := max(0, len(number)-plus-MinHidden)
	trailing := min(max(0, m.Trailing), room)
	leading := min(max(0, m.Leading), room-trailing)
	return plus + leading, len(number) - trailing
}

// Mask is a number with three stars for what is hidden, however long that is.
func (m NumberMask) Mask(number string) string {
	from, to := m.Hidden(number)
	if from >= to {
		return number
	}
	return number[:from] + "***" + number[to:]
}

// leastNumber is from how many digits on a number in somebody's words could be a
// subscriber's: codes and counts have fewer.
const leastNumber = 5

// MaskIn is Mask of every number in words that could be a subscriber's.
func (m NumberMask) MaskIn(words string) string {
	var b strings.Builder
	end := 0
	for from, to := range NumbersIn(words) {
		b.WriteString(words[end:from])
		b.WriteString(m.Mask(words[from:to]))
		end = to
	}
	return b.String() + words[end:]
}

// leastSpaced is from how many digits on groups of them, as people write numbers, are one
// number: dates and lists of codes mostly have fewer.
const leastSpaced = 9

// NumbersIn is where numbers stand in words that could be subscribers': from the first
// octet, a '+' or a digit, up to the one behind the last. Also one in groups, as in
// +93 700-123-456.
func NumbersIn(words string) iter.Seq2[int, int] {
	return func(yield func(from, to int) bool) {
		for at := 0; at < len(words); at++ {
			if !isDigit(words, at) && !(words[at] == '+' && isDigit(words, at+1)) {
				continue
			}
			end, digits := groupsFrom(words, at, true)
			if digits < leastSpaced {
				end, digits = groupsFrom(words, at, false)
			}
			if digits >= leastNumber && !yield(at, end) {
				return
			}
			at = end - 1
		}
	}
}

// groupsFrom is where the digits end that begin at an octet, behind a '+' or not, and how
// many there are: one group, or with spaced all that have one blank or '-' between them;
// dots are an IP address's.
func groupsFrom(words string, at int, spaced bool) (end, digits int) {
	if words[at] == '+' {
		at++
	}
	for end = at; isDigit(words, end); end++ {
		digits++
		if spaced && end+2 < len(words) && strings.IndexByte(" -", words[end+1]) >= 0 && isDigit(words, end+2) {
			end++
		}
	}
	return end, digits
}

func isDigit(words string, at int) bool {
	return at < len(words) && '0' <= words[at] && words[at] <= '9'
}
