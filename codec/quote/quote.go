// Package quote finds what somebody's words repeat of a message's text, so that the
// reason which an MNO gives for a refusal can be shown, and the text in it cannot:
//
//	text:  Your code is 4711, keep it
//	words: Throttled by policy 17: YOUR CODE IS 4711   shown: Throttled by policy 17: ***
//
// Letters and digits are compared, in lower case, whatever stands between them. Repeated is
//
//   - a run of eight of them, or all of a text that has only three to eight;
//   - a code: a word of three or more with a digit in it;
//   - words behind a colon or a quotation mark, from a word's beginning in the text on;
//   - any of it written in UTF-16, hex, base64, or with escapes as in %41, =41, \u0041, &#65;.
//
// Ideographs, syllables and pictures count for three. Single words of an MNO's own that
// the text happens to have as well stay. It does not find translations or paraphrases.
package quote

import "strings"

const (
	enough = 8 // letters and digits of a run that is a quotation
	least  = 3 // of a text, a code or an announced word: every word has two in common with another
)

// Text is a message's text as it may be quoted. The zero value is of no text: nothing
// repeats it.
type Text struct{ readings []reading }

// reading is one way to read a text.
type reading struct {
	run   string // its letters and digits
	words string // the same with a blank before each word, and at the end
	need  int    // the weight of the shortest run that is a quotation
}

// New is a text that may be read in several ways, or several texts. Those of fewer than
// three letters and digits are left out.
func New(texts ...string) (t Text) {
	for _, text := range texts {
		if r := readingOf(text); r.need >= least && !t.has(r) {
			t.readings = append(t.readings, r)
		}
	}
	return t
}

func (t Text) has(r reading) bool {
	for _, known := range t.readings {
		if known.words == r.words {
			return true
		}
	}
	return false
}

func readingOf(text string) (r reading) {
	var run, words strings.Builder
	glyphs := glyphsOf(plain([]byte(text)))
	for _, g := range glyphs {
		if g.begins {
			words.WriteByte(' ')
		}
		run.WriteRune(g.fold)
		words.WriteRune(g.fold)
		r.need = min(enough, r.need+weight(g.fold))
	}
	r.run, r.words = run.String(), words.String()+" "
	return r
}

// Span is a part of words: from an octet up to the one before another.
type Span struct{ From, To int }

// In is where words repeat the text, in order.
func (t Text) In(words []byte) (spans []Span) {
	if len(t.readings) == 0 {
		return nil
	}
	repeats := make([]bool, len(words))
	for _, view := range viewsOf(words) {
		t.mark(view, repeats)
	}
	t.markEncoded(words, repeats)
	for at := 0; at < len(repeats); at++ {
		if !repeats[at] {
			continue
		}
		from := at
		for at < len(repeats) && repeats[at] {
			at++
		}
		spans = append(spans, Span{from, at})
	}
	return spans
}

// Hide is words with three stars for each part that repeats the text.
func (t Text) Hide(words string) string {
	var b strings.Builder
	end := 0
	for _, s := range t.In([]byte(words)) {
		b.WriteString(words[end:s.From])
		b.WriteString("***")
		end = s.To
	}
	return b.String() + words[end:]
}

// mark notes which octets belong to a repetition.
func (t Text) mark(view []glyph, repeats []bool) {
	hide := func(from, to int) {
		for i := view[from].from; i < view[to-1].to; i++ {
			repeats[i] = true
		}
	}
	for i := range t.readings {
		r := &t.readings[i]
		r.runsIn(view, hide)
		r.wordsIn(view, hide)
	}
}

// runsIn finds the runs of view that the text has.
func (r *reading) runsIn(view []glyph, found func(from, to int)) {
	for from := range view {
		var run strings.Builder
		sum, to := 0, from
		for ; to < len(view) && sum < r.need; to++ {
			run.WriteRune(view[to].fold)
			sum += weight(view[to].fold)
		}
		if sum < r.need {
			return
		}
		if strings.Contains(r.run, run.String()) {
			found(from, to)
		}
	}
}

// wordsIn finds the codes of view that the text has, and what is announced.
func (r *reading) wordsIn(view []glyph, found func(from, to int)) {
	for from := 0; from < len(view); {
		to, code := from, false
		var word strings.Builder
		for more := true; more; to++ {
			word.WriteRune(view[to].fold)
			code = code || '0' <= view[to].fold && view[to].fold <= '9'
			more = !view[to].ends
		}
		if code && to-from >= least && strings.Contains(r.words, " "+word.String()+" ") {
			found(from, to)
		}
		if view[from].announced {
			r.announcedIn(view, from, found)
		}
		from = to
	}
}

// announcedIn finds how many whole words from one on the text has in a row, the last one
// up to where somebody may have cut it. Longer than a run it need not look.
func (r *reading) announcedIn(view []glyph, from int, found func(from, to int)) {
	var words strings.Builder
	sum := 0
	for at := from; at < len(view) && sum < enough; at++ {
		if view[at].begins {
			words.WriteByte(' ')
		}
		words.WriteRune(view[at].fold)
		sum += weight(view[at].fold)
		if !strings.Contains(r.words, words.String()) {
			return
		}
		if view[at].ends && sum >= least {
			found(from, at+1)
		}
	}
}
