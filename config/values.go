package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// value is one field of the configuration with its type's rules. Each row of the
// tables makes one over the field that it fills.
type value interface {
	// read parses what the file, the environment or a flag gave. The answer is
	// empty, or what is wanted instead, in words that follow "want".
	read(raw any) (want string)
	// check holds the present value to its rule, with an answer like read's.
	check() (want string)
	// show is the present value as YAML, masked if it is a secret.
	show() string
}

// scalar turns what YAML or the environment gave into text: YAML has typed it
// already, where a person wrote 100 or true without quotes.
func scalar(raw any) (string, bool) {
	switch raw := raw.(type) {
	case string:
		return strings.TrimSpace(raw), true
	case bool, int, int64, uint64, float64:
		return fmt.Sprint(raw), true
	}
	return "", false
}

// shapeOf describes a value that is wrong without quoting it when it is secret.
func shapeOf(raw any, secret bool) string {
	switch raw := raw.(type) {
	case nil:
		return "absent"
	case string:
		switch {
		case raw == "":
			return "empty"
		case secret || len(raw) > 60:
			return fmt.Sprintf("a string of %d characters", len(raw))
		}
		return strconv.Quote(raw)
	case []any:
		return fmt.Sprintf("a list of %d", len(raw))
	case map[string]any:
		return fmt.Sprintf("a group of %d", len(raw))
	}
	if secret {
		return fmt.Sprintf("a value of type %T", raw)
	}
	return fmt.Sprint(raw)
}

// text is a string of any string type, with an optional rule. One of the types
// Secret and URL masks itself when it is shown.
func text[S ~string](field *S, rule func(string) (want string)) value {
	return textValue[S]{field, rule}
}

type textValue[S ~string] struct {
	field *S
	rule  func(string) string
}

func (v textValue[S]) read(raw any) string {
	s, ok := scalar(raw)
	if !ok {
		return "a string"
	}
	if _, secret := any(v.field).(*Secret); secret {
		s = fmt.Sprint(raw) // blanks may belong to a password
	}
	*v.field = S(s)
	return ""
}

func (v textValue[S]) check() string {
	if v.rule == nil {
		return ""
	}
	return v.rule(string(*v.field))
}

func (v textValue[S]) show() string { return strconv.Quote(fmt.Sprint(*v.field)) }

// choice is a text out of a fixed set, in either case.
func choice[S ~string](field *S, allowed ...S) value { return choiceValue[S]{field, allowed} }

type choiceValue[S ~string] struct {
	field   *S
	allowed []S
}

func (v choiceValue[S]) want() string {
	words := make([]string, 0, len(v.allowed))
	for _, a := range v.allowed {
		if a != "" {
			words = append(words, string(a))
		}
	}
	return "one of " + strings.Join(words, ", ")
}

func (v choiceValue[S]) read(raw any) string {
	s, _ := scalar(raw)
	at := slices.IndexFunc(v.allowed, func(a S) bool { return strings.EqualFold(s, string(a)) })
	if at < 0 {
		return v.want()
	}
	*v.field = v.allowed[at]
	return ""
}

func (v choiceValue[S]) check() string {
	if !slices.Contains(v.allowed, *v.field) {
		return v.want()
	}
	return ""
}

func (v choiceValue[S]) show() string { return strconv.Quote(string(*v.field)) }

// integer is what whole fills: settings are small, so every size goes through int64.
type integer interface{ ~int | ~uint8 | ~uint16 }

// whole is a whole number within bounds, decimal or 0x….
func whole[N integer](field *N, low, high int64) value {
	return wholeValue[N]{field: field, low: low, high: high}
}

type wholeValue[N integer] struct {
	field     *N
	low, high int64
}

func (v wholeValue[N]) want() string {
	return fmt.Sprintf("a whole number from %d to %d", v.low, v.high)
}

func (v wholeValue[N]) read(raw any) string {
	s, _ := scalar(raw)
	n, err := strconv.ParseInt(s, 0, 64)
	if err != nil || n < v.low || n > v.high {
		return v.want()
	}
	*v.field = N(n)
	return ""
}

func (v wholeValue[N]) check() string {
	if n := int64(*v.field); n < v.low || n > v.high {
		return v.want()
	}
	return ""
}

func (v wholeValue[N]) show() string { return strconv.FormatInt(int64(*v.field), 10) }

// rate is a limit a second, from 1 on, or none. 0 is neither: it could be meant for
// "no limit" as well as for "nothing".
func rate(field *int, high int64) value { return rateValue{field, high} }

type rateValue struct {
	field *int
	high  int64
}

const noRate = "none"

func (v rateValue) want() string {
	return fmt.Sprintf("a whole number from 1 to %d, or %s for no limit", v.high, noRate)
}

func (v rateValue) read(raw any) string {
	s, _ := scalar(raw)
	if strings.EqualFold(s, noRate) {
		*v.field = 0
		return ""
	}
	if whole(v.field, 1, v.high).read(raw) != "" {
		return v.want()
	}
	return ""
}

func (v rateValue) check() string {
	if n := int64(*v.field); n < 0 || n > v.high {
		return v.want()
	}
	return ""
}

func (v rateValue) show() string {
	if *v.field == 0 {
		return noRate
	}
	return strconv.Itoa(*v.field)
}

// octet is an optional number of one octet: nil where nothing is said.
func octet(field **uint8) value { return octetValue{field} }

type octetValue struct{ field **uint8 }

func (v octetValue) read(raw any) string {
	var n uint8
	if want := whole(&n, 0, 255).read(raw); want != "" {
		return want
	}
	*v.field = &n
	return ""
}

func (v octetValue) check() string { return "" }

func (v octetValue) show() string {
	if *v.field == nil {
		return "null"
	}
	return strconv.Itoa(int(**v.field))
}

// share is a number from 0 to 1.
func share(field *float64) value { return shareValue{field} }

type shareValue struct{ field *float64 }

const wantShare = "a number from 0 to 1"

func (v shareValue) read(raw any) string {
	s, _ := scalar(raw)
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || !(f >= 0 && f <= 1) {
		return wantShare
	}
	*v.field = f
	return ""
}

func (v shareValue) check() string {
	if f := *v.field; !(f >= 0 && f <= 1) {
		return wantShare
	}
	return ""
}

func (v shareValue) show() string { return strconv.FormatFloat(*v.field, 'g', -1, 64) }

// numberMask is how much of a telephone number is shown.
func numberMask(field *codec.NumberMask) value { return numberMaskValue{field} }

type numberMaskValue struct{ field *codec.NumberMask }

func (v numberMaskValue) read(raw any) string {
	s, _ := scalar(raw)
	m, ok := codec.ParseNumberMask(s)
	if !ok {
		return codec.WantNumberMask
	}
	*v.field = m
	return ""
}

func (v numberMaskValue) check() string {
	if !v.field.Valid() {
		return codec.WantNumberMask
	}
	return ""
}

func (v numberMaskValue) show() string { return strconv.Quote(v.field.String()) }

// toggle is true or false.
func toggle(field *bool) value { return toggleValue{field} }

type toggleValue struct{ field *bool }

func (v toggleValue) read(raw any) string {
	s, _ := scalar(raw)
	b, err := strconv.ParseBool(s)
	if err != nil {
		return "true or false"
	}
	*v.field = b
	return ""
}

func (v toggleValue) check() string { return "" }
func (v toggleValue) show() string  { return strconv.FormatBool(*v.field) }

// span is a duration with a unit, at least low.
func span(field *time.Duration, low time.Duration) value { return spanValue{field, low, 1<<63 - 1} }

// pause is a duration for which a bind may be kept waiting on purpose: none to a day.
func pause(field *time.Duration) value { return spanValue{field, 0, 24 * time.Hour} }

// days is a time of up to 30 days; 0 where there is none.
func days(field *time.Duration) value { return spanValue{field, 0, 30 * 24 * time.Hour} }

type spanValue struct {
	field     *time.Duration
	low, high time.Duration
}

func (v spanValue) want() string {
	want := `a duration with its unit, as in "30s" or "72h", of at least ` + v.low.String()
	if v.high < 1<<63-1 {
		want += " and at most " + showDuration(v.high)
	}
	return want
}

func (v spanValue) read(raw any) string {
	s, _ := scalar(raw)
	d, err := time.ParseDuration(s)
	if err != nil || d < v.low || d > v.high {
		return v.want()
	}
	*v.field = d
	return ""
}

func (v spanValue) check() string {
	if d := *v.field; d < v.low || d > v.high {
		return v.want()
	}
	return ""
}

func (v spanValue) show() string { return showDuration(*v.field) }

// showDuration writes 30s and 72h, not 72h0m0s.
func showDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
