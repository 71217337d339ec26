package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/segment"
	codectext "github.com/ghasi/smpp-connector/codec/text" // the table has a text of its own
)

// The values that only profiles have.

// language is a national language by its name, or nothing; has says whether the
// standard has the table that is asked for.
func language(field *segment.Language, has func(segment.Language) bool) value {
	return languageValue{field, has}
}

type languageValue struct {
	field *segment.Language
	has   func(segment.Language) bool
}

func (v languageValue) want() string {
	var names []string
	for l := segment.Turkish; l <= segment.Urdu; l++ {
		if v.has(l) {
			names = append(names, l.String())
		}
	}
	return "nothing, or one of " + strings.Join(names, ", ")
}

func (v languageValue) read(raw any) string {
	s, ok := scalar(raw)
	if s == "" && ok {
		*v.field = 0
		return ""
	}
	l, known := segment.ParseLanguage(strings.ToLower(s))
	if !known || !v.has(l) {
		return v.want()
	}
	*v.field = l
	return ""
}

func (v languageValue) check() string {
	if *v.field != 0 && !v.has(*v.field) {
		return v.want()
	}
	return ""
}

func (v languageValue) show() string {
	if *v.field == 0 {
		return `""`
	}
	return strconv.Quote(v.field.String())
}

// inboundCodings is a list of DATA_CODING=ALPHABET.
func inboundCodings(field *[]InboundCoding) value {
	return list(field, "data_codings from 0 to 255 with their alphabets, as in [1=gsm7, 0x04=gsm7], out of "+strings.Join(codectext.Alphabets(), ", "), func(s string) (InboundCoding, bool) {
		coding, name, _ := strings.Cut(s, "=")
		n, err := strconv.ParseUint(strings.TrimSpace(coding), 0, 8)
		name = strings.ToLower(strings.TrimSpace(name))
		alphabet, unknown := codectext.ParseAlphabet(name)
		return InboundCoding{uint8(n), alphabet}, err == nil && name != "" && unknown == nil
	}, func(c InboundCoding) string { return fmt.Sprintf("%d=%v", c.DataCoding, c.Alphabet) })
}

// mostAddress bounds an address, in octets (SMPP 3.4 §5.2.8).
const mostAddress = 20

// prefixRules is a list of OLD=NEW.
func prefixRules(field *[]PrefixRule) value {
	return list(field, "rules as in [+93=0, 0093=0]: a prefix of 1 to 20 octets, '=', and what stands in its place, up to 20 octets or nothing; neither has commas or '=', or blanks at its ends", func(s string) (PrefixRule, bool) {
		old, now, ok := strings.Cut(s, "=")
		return PrefixRule{old, now}, ok && old != "" && isAddressPart(old) && isAddressPart(now)
	}, showPrefixRule)
}

func showPrefixRule(r PrefixRule) string { return r.Old + "=" + r.New }

// senders is a list of addresses and, with '*' behind them, beginnings of some.
func senders(field *[]string) value {
	return words(field, "senders of 1 to 20 octets, or beginnings with * behind them, as in [GHASI, 1234, 93788*], without commas, '=' or blanks at their ends", func(s string) bool {
		address := strings.TrimPrefix(strings.TrimSuffix(s, "*"), "+")
		return address != "" && isAddressPart(address) && !strings.Contains(address, "*")
	})
}

// isAddressPart reports whether an address of a PDU may have s in it.
func isAddressPart(s string) bool {
	return len(s) <= mostAddress && utf8.ValidString(s) && strings.TrimSpace(s) == s &&
		!strings.ContainsFunc(s, func(r rune) bool { return r == '=' || r == ',' || unicode.IsControl(r) })
}

// receiptWords is a list of WORD=STATE.
func receiptWords(field *[]ReceiptWord) value {
	return list(field, "words with their states, as in [BLOCKED=REJECTED]", func(s string) (ReceiptWord, bool) {
		word, name, ok := strings.Cut(s, "=")
		for state := codec.MessageState(0); state <= 9; state++ {
			if ok && word != "" && strings.EqualFold(name, state.String()) {
				return ReceiptWord{strings.ToUpper(word), state}, true
			}
		}
		return ReceiptWord{}, false
	}, func(w ReceiptWord) string { return w.Word + "=" + w.State.String() })
}

// mostMeaning bounds what a code may mean, in octets.
const mostMeaning = 100

// receiptErrors is a list of CODE=MEANING.
func receiptErrors(field *[]ReceiptError) value {
	return list(field, "codes with their meanings, as in [001=unknown subscriber], meanings of up to 100 octets", func(s string) (ReceiptError, bool) {
		code, meaning, ok := strings.Cut(s, "=")
		e := ReceiptError{strings.ToUpper(strings.TrimSpace(code)), strings.TrimSpace(meaning)}
		return e, ok && e.Code != "" && e.Meaning != "" && len(e.Meaning) <= mostMeaning
	}, func(e ReceiptError) string { return e.Code + "=" + e.Meaning })
}

// tlvKinds are how the value of a declared TLV may be written.
var tlvKinds = []string{"text", "cstring", "uint8", "uint16", "uint32", "hex"}

// tlvs is a list of NAME=TAG:KIND, with :required behind it where it is.
func tlvs(field *[]TLV) value {
	return list(field, "declarations as in [PE_ID=0x1400:text:required], of the kinds "+strings.Join(tlvKinds, ", "), func(s string) (TLV, bool) {
		name, rest, _ := strings.Cut(s, "=")
		parts := strings.Split(rest, ":")
		if len(parts) < 2 || len(parts) > 3 || len(parts) == 3 && parts[2] != "required" {
			return TLV{}, false
		}
		tag, err := strconv.ParseUint(parts[0], 0, 16)
		return TLV{Name: name, Tag: codec.Tag(tag), Kind: parts[1], Required: len(parts) == 3},
			err == nil && isToken(name) && slices.Contains(tlvKinds, parts[1])
	}, func(t TLV) string {
		required := ""
		if t.Required {
			required = ":required"
		}
		return fmt.Sprintf("%s=0x%04X:%s%s", t.Name, uint16(t.Tag), t.Kind, required)
	})
}

// What becomes of a segment, and of the window.
var (
	statusActions = []string{"accept", "retry", "reject"}
	statusEffects = []string{"none", "halve", "half-close", "drain", "rebind"}
)

// statusRules is a list of STATUS=ACTION:DELAY:EFFECT; either the action with its
// delay or the effect may be left out, and stays the table's.
func statusRules(field *[]StatusRule) value {
	return list(field, "rules as in [ESME_RSYSERR=retry:30s, 0x0408=reject, 0x0045=half-close]: "+
		"a status other than ESME_ROK, an action out of "+strings.Join(statusActions, ", ")+" (retry with a delay above 0 and up to 24h), an effect out of "+strings.Join(statusEffects, ", "),
		parseStatusRule, showStatusRule)
}

func parseStatusRule(s string) (rule StatusRule, ok bool) {
	name, rest, _ := strings.Cut(s, "=")
	rule.Status, ok = parseStatus(name)
	parts := strings.Split(strings.ToLower(rest), ":")
	take := func(words []string) (word string) {
		if len(parts) > 0 && slices.Contains(words, parts[0]) {
			word, parts = parts[0], parts[1:]
		}
		return word
	}
	rule.Action = take(statusActions)
	if rule.Action == "retry" && len(parts) > 0 {
		if delay, err := time.ParseDuration(parts[0]); err == nil {
			rule.Delay, parts = delay, parts[1:]
			ok = ok && delay > 0 && delay <= 24*time.Hour
		}
	}
	rule.Effect = take(statusEffects)
	return rule, ok && len(parts) == 0 && rule.Status != codec.StatusOK
}

func showStatusRule(r StatusRule) string {
	var parts []string
	if r.Action != "" {
		parts = append(parts, r.Action)
	}
	if r.Delay != 0 {
		parts = append(parts, showDuration(r.Delay))
	}
	if r.Effect != "" {
		parts = append(parts, r.Effect)
	}
	return r.Status.String() + "=" + strings.Join(parts, ":")
}
