package receipt

// Parse takes the text of a receipt apart. It never fails: a text without any
// label is one Unread. It copies body once and takes time in proportion to its
// length.
//
// A label counts at the start or after what is no letter or digit, in any case,
// and once: a second `id:` belongs to the value before it. The message's text
// ends the receipt, since it may hold anything, also `id:`; only when no state
// has come before it do labels behind it count, as it cannot be last then.
func Parse(body []byte) Fields {
	var f Fields
	s := string(body)
	open, start := None, 0
	for i := 0; i < len(s); {
		l, n := labelAt(s, i)
		if l == None || f.has(l, open) {
			i++
			continue
		}
		f.put(open, s[start:i], false)
		open, start = l, i+n
		if l == Text && f.Stat.Set {
			break
		}
		i = start
	}
	f.put(open, s[start:], true)
	return f
}

// has reports whether a label has come, the open one included.
func (f *Fields) has(l, open Label) bool { return l == open || f.at(l).Set }

// labels are the words before the colon, in lower case. The dates are two words,
// with a blank, '_', '-' or nothing between them.
var labels = [...]struct {
	first, second string
	label         Label
}{
	{"id", "", ID}, {"sub", "", Sub}, {"dlvrd", "", Dlvrd}, {"stat", "", Stat}, {"err", "", Err}, {"text", "", Text},
	{"submit", "date", SubmitDate}, {"done", "date", DoneDate},
}

// labelAt is the label at s[i:] and its length with the colon; None if there is
// none.
func labelAt(s string, i int) (Label, int) {
	switch s[i] | 0x20 {
	case 'i', 's', 'd', 'e', 't':
	default:
		return None, 0
	}
	if i > 0 && inWord(s[i-1]) {
		return None, 0
	}
	for _, l := range labels {
		end, ok := skipWord(s, i, l.first)
		if ok && l.second != "" {
			if end < len(s) && (s[end] == ' ' || s[end] == '_' || s[end] == '-') {
				end++
			}
			end, ok = skipWord(s, end, l.second)
		}
		if !ok {
			continue
		}
		if end < len(s) && s[end] == ' ' {
			end++
		}
		if end < len(s) && s[end] == ':' {
			return l.label, end + 1 - i
		}
	}
	return None, 0
}

// skipWord reports whether s[i:] starts with a word of lower case letters, in any
// case, and where it ends.
func skipWord(s string, i int, word string) (end int, ok bool) {
	if len(s)-i < len(word) {
		return i, false
	}
	for j := range len(word) {
		if s[i+j]|0x20 != word[j] {
			return i, false
		}
	}
	return i + len(word), true
}

func inWord(c byte) bool {
	return c == '_' || c == '-' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}
