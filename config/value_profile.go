package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/codec/segment"
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
