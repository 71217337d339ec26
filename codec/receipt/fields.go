// Package receipt reads what MNOs say about messages that were submitted: the
// text of a delivery receipt (SMPP 3.4 Appendix B), and the TLVs beside it.
//
// Appendix B is an example, not a format, and every SMSC writes it in its own
// way: fields in another order, missing, with other case, with words and dates of
// its own. So nothing here fails. Parse takes the fields that it knows and keeps
// what stands between them; Resolve says what that means, TLVs before text; an
// IDRule makes one key of the two ways in which an MNO writes an id.
//
//	octets ──Parse──► Fields ──Resolve (with TLVs)──► Receipt ──IDRule──► key
//
// The package neither looks ids up nor remembers anything.
package receipt

import "strings"

// Value is a field of a receipt. A field that is there may be empty.
type Value struct {
	Text string
	Set  bool // the label was there
}

// Label names a field of Appendix B.
type Label uint8

// The labels of Appendix B. None stands for the text before the first one.
const (
	None Label = iota
	ID
	Sub
	Dlvrd
	SubmitDate
	DoneDate
	Stat
	Err
	Text
)

// Unread is text that belongs to no field.
type Unread struct {
	After Label // the field that it follows; None: it came first
	Text  string
}

// Fields is the text of a receipt taken apart. Values are as they came, octet by
// octet, so they may hold what is no UTF-8.
type Fields struct {
	ID         Value // the MNO's id of the message, before any rule
	Sub        Value // messages submitted
	Dlvrd      Value // messages delivered
	SubmitDate Value // as the MNO writes it; ParseDate reads it
	DoneDate   Value
	Stat       Value // the state word
	Err        Value // opaque: MNOs share no meaning
	Text       Value // the first octets of the message
	Unread     []Unread
}

// at is the field of a label; nil for None.
func (f *Fields) at(l Label) *Value {
	switch l {
	case ID:
		return &f.ID
	case Sub:
		return &f.Sub
	case Dlvrd:
		return &f.Dlvrd
	case SubmitDate:
		return &f.SubmitDate
	case DoneDate:
		return &f.DoneDate
	case Stat:
		return &f.Stat
	case Err:
		return &f.Err
	case Text:
		return &f.Text
	}
	return nil
}

// LooksLike reports whether a text that nothing marks as a receipt reads as one:
// an id and a state. For MNOs that forget the receipt bit of esm_class.
func (f *Fields) LooksLike() bool {
	return f.ID.Set && f.ID.Text != "" && f.Stat.Set && f.Stat.Text != ""
}

const (
	blanks     = " \t\r\n\x00" // NUL: some SMSCs send the C string's end along
	separators = blanks + ",;|"
)

// put stores the octets between a label and the next one (or the end). Ids,
// dates, states and errors are one word, and what follows it is Unread; sub and
// dlvrd are taken whole; the message's text keeps every octet if it is last.
func (f *Fields) put(l Label, octets string, last bool) {
	v, rest := octets, ""
	switch l {
	case None:
		f.keep(None, octets)
		return
	case ID, Stat, Err:
		v, rest = firstWord(octets)
	case SubmitDate, DoneDate:
		v, rest = firstDate(octets)
	case Text:
		if !last {
			v = strings.TrimRight(v, " ")
		}
	default:
		v = strings.Trim(v, separators)
	}
	*f.at(l) = Value{v, true}
	f.keep(l, rest)
}

func (f *Fields) keep(after Label, octets string) {
	if octets = strings.Trim(octets, blanks); octets != "" {
		f.Unread = append(f.Unread, Unread{after, octets})
	}
}

func firstWord(s string) (word, rest string) {
	s = strings.TrimLeft(s, blanks)
	end := strings.IndexAny(s, blanks)
	if end < 0 {
		end = len(s)
	}
	return strings.TrimRight(s[:end], separators), s[end:]
}

// firstDate takes a second word if the first is a calendar date and the second
// the time of day.
func firstDate(s string) (date, rest string) {
	date, rest = firstWord(s)
	if clock, after := firstWord(rest); strings.Contains(clock, ":") {
		if both := date + " " + clock; isDate(both) {
			return both, after
		}
	}
	return date, rest
}
