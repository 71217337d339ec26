package smsc

import (
	"bufio"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// sentence is one line of a script file: words that must stand there, and words
// in capitals for values. OPTIONS at the end stands for any number of phrases.
type sentence struct {
	pattern string
	build   func(v values) Step
}

// sentences are the script's language. What a Step's String says can be read again.
var sentences = []sentence{
	{"accept bind", func(values) Step { return AcceptBind() }},
	{"refuse bind with STATUS", func(v values) Step { return Refuse(v.status) }},
	{"refuse every bind with STATUS", func(v values) Step { return RefuseEvery(v.status) }},
	{"refuse transceiver", func(values) Step { return RefuseTransceiver() }},
	{"nack transceiver", func(values) Step { return NackTransceiver() }},
	{"limit binds to N", func(v values) Step { return BindLimit(v.n[0]) }},
	{"answer submits with STATUS", func(v values) Step { return AnswerSubmits(v.status, 0) }},
	{"answer submits with STATUS N times", func(v values) Step { return AnswerSubmits(v.status, v.n[0]) }},
	{"explain refusals with TEXT", func(v values) Step { return ExplainRefusals(v.text[0]) }},
	{"after N submits", func(v values) Step { return AfterSubmits(v.n[0]) }},
	{"pause DURATION", func(v values) Step { return Pause(v.duration) }},
	{"throttle every N", func(v values) Step { return ThrottleEvery(v.n[0]) }},
	{"delay answers DURATION", func(v values) Step { return Delay(v.duration) }},
	{"delay answers DURATION shuffled seed N", func(v values) Step { return DelayShuffled(v.duration, uint64(v.n[0])) }},
	{"lose N percent of answers seed N", func(v values) Step { return LoseAnswers(v.n[0], uint64(v.n[1])) }},
	{"go silent", func(values) Step { return GoSilent() }},
	{"speak again", func(values) Step { return SpeakAgain() }},
	{"drop idle after DURATION", func(v values) Step { return DropIdle(v.duration) }},
	{"enquire every DURATION", func(v values) Step { return EnquireEvery(v.duration) }},
	{"split writes into N octets", func(v values) Step { return SplitWrites(v.n[0]) }},
	{"coalesce writes for DURATION", func(v values) Step { return Coalesce(v.duration) }},
	{"deliver window N", func(v values) Step { return DeliverWindow(v.n[0]) }},
	{"repeat refused after DURATION N times", func(v values) Step { return RepeatRefused(v.duration, v.n[0]) }},
	{"answer ids FORM", func(v values) Step { return AnswerIDs(v.form) }},
	{"answer first parts alone with an id", func(values) Step { return IDOfFirstPart() }},
	{"answer all parts with one id", func(values) Step { return OneIDForAllParts() }},
	{"drop line", func(values) Step { return DropLine() }},
	{"drop line after N pdus", func(v values) Step { return DropLineAfter(v.n[0]) }},
	{"drop line mid pdu", func(values) Step { return DropLineMidPDU() }},
	{"reset line", func(values) Step { return ResetLine() }},
	{"stop reading", func(values) Step { return StopReading() }},
	{"send enquire_link", func(values) Step { return EnquireLink() }},
	{"send unbind", func(values) Step { return Unbind() }},
	{"outbind as TEXT password TEXT", func(v values) Step { return Outbind(v.text[0], v.text[1]) }},
	{"send receipt for TEXT", func(v values) Step { return SendReceipt(v.text[0]) }},
	{"send raw HEX", func(v values) Step { return SendRaw(v.octets) }},
	{"send garbage N octets seed N", func(v values) Step { return SendGarbage(v.n[0], uint64(v.n[1])) }},
	{"send receipts OPTIONS", nil},
	{"send mo from TEXT to TEXT TEXT OPTIONS", nil},
}

// receiptPhrases are the OPTIONS of send receipts.
var receiptPhrases = []struct {
	pattern string
	build   func(v values) ReceiptOption
}{
	{"after DURATION", func(v values) ReceiptOption { return After(v.duration) }},
	{"early", func(values) ReceiptOption { return Early() }},
	{"twice", func(values) ReceiptOption { return Twice() }},
	{"never", func(values) ReceiptOption { return Never() }},
	{"last part first", func(values) ReceiptOption { return LastPartFirst() }},
	{"intermediate first", func(values) ReceiptOption { return IntermediateFirst() }},
	{"unasked", func(values) ReceiptOption { return Unasked() }},
	{"on another session", func(values) ReceiptOption { return OnAnotherSession() }},
	{"scattered seed N", func(v values) ReceiptOption { return Scattered(uint64(v.n[0])) }},
	{"id FORM", func(v values) ReceiptOption { return IDAs(v.form) }},
	{"in tlv only", func(values) ReceiptOption { return InTLVOnly() }},
	{"in text only", func(values) ReceiptOption { return InTextOnly() }},
	{"in payload", func(values) ReceiptOption { return InPayload() }},
	{"by data_sm", func(values) ReceiptOption { return ByDataSM() }},
	{"ending STATE", func(v values) ReceiptOption { return Ending(v.state) }},
	{"failing N percent as STATE seed N", func(v values) ReceiptOption { return Failing(v.n[0], v.state, uint64(v.n[1])) }},
	{"error TEXT", func(v values) ReceiptOption { return WithError(v.text[0]) }},
}

// moPhrases are the OPTIONS of send mo.
var moPhrases = []struct {
	pattern string
	build   func(v values) MOOption
}{
	{"wide", func(values) MOOption { return Wide() }},
	{"by sar", func(values) MOOption { return BySAR() }},
	{"as payload", func(values) MOOption { return AsPayload() }},
	{"reversed", func(values) MOOption { return Reversed() }},
	{"shuffled seed N", func(v values) MOOption { return Shuffled(uint64(v.n[0])) }},
	{"repeated", func(values) MOOption { return Repeated() }},
	{"without part N", func(v values) MOOption { return WithoutPart(v.n[0]) }},
	{"over two sessions", func(values) MOOption { return OverTwoSessions() }},
}

// values are what stood for the capitals of a pattern, in order of their kind.
type values struct {
	n        []int
	text     []string
	duration time.Duration
	status   codec.Status
	state    codec.MessageState
	form     IDForm
	octets   []byte
}

// Sentences lists what a line of a script may be, and the phrases of OPTIONS.
func Sentences() (lines, receipts, mos []string) {
	for _, s := range sentences {
		lines = append(lines, s.pattern)
	}
	for _, p := range receiptPhrases {
		receipts = append(receipts, p.pattern)
	}
	for _, p := range moPhrases {
		mos = append(mos, p.pattern)
	}
	return lines, receipts, mos
}

// ReadScript reads a script, one step a line; empty lines and what follows a '#'
// are skipped. The error joins one complaint a line.
func ReadScript(r io.Reader) ([]Step, error) {
	var steps []Step
	var complaints []error
	lines := bufio.NewScanner(r)
	for number := 1; lines.Scan(); number++ {
		words, err := tokenize(lines.Text())
		if err == nil && len(words) == 0 {
			continue
		}
		var st Step
		if err == nil {
			st, err = readStep(words)
		}
		if err != nil {
			complaints = append(complaints, fmt.Errorf("line %d: %w", number, err))
			continue
		}
		steps = append(steps, st)
	}
	return steps, errors.Join(append(complaints, lines.Err())...)
}

// tokenize splits a line at blanks; "…" is one word, with Go's escapes.
func tokenize(line string) (words []string, err error) {
	for {
		line = strings.TrimLeft(line, " \t")
		switch {
		case line == "" || line[0] == '#':
			return words, nil
		case line[0] == '"':
			quoted, err := strconv.QuotedPrefix(line)
			if err != nil {
				return nil, errors.New(`a text begins with " and does not end: close it with "`)
			}
			word, err := strconv.Unquote(quoted)
			if err != nil {
				return nil, fmt.Errorf("the text %s has an escape that is none", quoted)
			}
			words, line = append(words, word), line[len(quoted):]
		default:
			end := strings.IndexAny(line, " \t")
			if end < 0 {
				end = len(line)
			}
			words, line = append(words, line[:end]), line[end:]
		}
	}
}

// readStep finds the sentence that the words are.
func readStep(words []string) (Step, error) {
	var nearest error
	deepest := -1
	for _, s := range sentences {
		pattern, open := strings.CutSuffix(s.pattern, " OPTIONS")
		v, used, depth, err := match(pattern, words)
		switch {
		case err == nil && open:
			return withOptions(pattern, v, words[used:])
		case err == nil && used == len(words):
			return s.build(v), nil
		case err == nil:
			err = fmt.Errorf("%q is too much behind %q", strings.Join(words[used:], " "), s.pattern)
			depth = used
		}
		if depth > deepest {
			deepest, nearest = depth, err
		}
	}
	if deepest <= 0 {
		return Step{}, fmt.Errorf("no sentence begins with %q: see --help for all of them", words[0])
	}
	return Step{}, nearest
}

func withOptions(pattern string, v values, rest []string) (Step, error) {
	if pattern == "send receipts" {
		options, err := phrases(rest, receiptPhrases)
		return SendReceipts(options...), err
	}
	options, err := phrases(rest, moPhrases)
	return SendMO(v.text[0], v.text[1], v.text[2], options...), err
}

// phrases reads options until the words end.
func phrases[O any](words []string, known []struct {
	pattern string
	build   func(v values) O
}) (options []O, err error) {
next:
	for len(words) > 0 {
		for _, p := range known {
			if v, used, _, err := match(p.pattern, words); err == nil {
				options, words = append(options, p.build(v)), words[used:]
				continue next
			}
		}
		return nil, fmt.Errorf("no option is %q: see --help for all of them", strings.Join(words, " "))
	}
	return options, nil
}

// match reads a pattern from the front of the words; used is how many it took,
// depth how many fitted before the first that did not.
func match(pattern string, words []string) (v values, used, depth int, err error) {
	for _, want := range strings.Fields(pattern) {
		if used == len(words) {
			return v, used, used, fmt.Errorf("the line ends before %s in %q", want, pattern)
		}
		took := 1
		if strings.ToUpper(want) == want {
			took, err = v.read(want, words[used:])
		} else if want != words[used] {
			err = fmt.Errorf("%q stands where %q is wanted", words[used], pattern)
		}
		if err != nil {
			return v, used, used, err
		}
		used += took
	}
	return v, used, used, nil
}

// read takes one value from the front of the words, and says how many words it was.
func (v *values) read(kind string, words []string) (took int, err error) {
	word := words[0]
	switch kind {
	case "N":
		n, err := strconv.Atoi(word)
		if err != nil || n < 0 {
			return 0, fmt.Errorf("%q is no number", word)
		}
		v.n = append(v.n, n)
	case "TEXT":
		v.text = append(v.text, word)
	case "DURATION":
		if v.duration, err = time.ParseDuration(word); err != nil {
			return 0, fmt.Errorf("%q is no duration: write 200ms, 5s or 1m", word)
		}
	case "STATUS":
		v.status, err = statusNamed(word)
	case "STATE":
		v.state, err = stateNamed(word)
	case "HEX":
		if v.octets, err = hex.DecodeString(word); err != nil {
			return 0, fmt.Errorf("%q are no octets in hex", word)
		}
	case "FORM":
		return v.readForm(words)
	}
	return 1, err
}

// readForm reads an IDForm, whose name may be two words.
func (v *values) readForm(words []string) (took int, err error) {
	for took = min(2, len(words)); took > 0; took-- {
		if v.form, err = idFormNamed(strings.Join(words[:took], " ")); err == nil {
			return took, nil
		}
	}
	return 0, err
}

// statusNamed reads ESME_RTHROTTLED, RTHROTTLED, or a number.
func statusNamed(word string) (codec.Status, error) {
	name := strings.ToUpper(word)
	if !strings.HasPrefix(name, "ESME_") {
		name = "ESME_" + name
	}
	known := codec.KnownStatuses()
	if i := slices.IndexFunc(known, func(s codec.Status) bool { return s.String() == name }); i >= 0 {
		return known[i], nil
	}
	n, err := strconv.ParseUint(word, 0, 32)
	if err != nil {
		return 0, fmt.Errorf("no status is %q: write a name such as ESME_RTHROTTLED, or a number such as 0x58", word)
	}
	return codec.Status(n), nil
}

func stateNamed(word string) (codec.MessageState, error) {
	for s := codec.MessageState(0); s <= 9; s++ {
		if strings.EqualFold(s.String(), word) || strings.EqualFold(s.Stat(), word) {
			return s, nil
		}
	}
	return 0, fmt.Errorf("no message state is %q: write delivered, expired, undeliverable, rejected and the like", word)
}
