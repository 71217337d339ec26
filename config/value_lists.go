package config

import (
	"strconv"
	"strings"
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// list is a list of elements, or a text with commas between them.
func list[E any](field *[]E, want string, parse func(string) (E, bool), show func(E) string) value {
	return listValue[E]{field, want, parse, show}
}

type listValue[E any] struct {
	field *[]E
	want  string
	parse func(string) (E, bool)
	print func(E) string
}

func (v listValue[E]) read(raw any) string {
	elements, ok := raw.([]any)
	if !ok {
		text, ok := scalar(raw)
		if !ok {
			return v.want
		}
		for part := range strings.SplitSeq(text, ",") {
			if part = strings.TrimSpace(part); part != "" {
				elements = append(elements, part)
			}
		}
	}
	read := make([]E, 0, len(elements))
	for _, element := range elements {
		text, ok := scalar(element)
		parsed, valid := v.parse(text)
		if !ok || !valid {
			return v.want
		}
		read = append(read, parsed)
	}
	*v.field = read
	return ""
}

func (v listValue[E]) check() string {
	for _, element := range *v.field {
		if _, valid := v.parse(v.print(element)); !valid {
			return v.want
		}
	}
	return ""
}

func (v listValue[E]) show() string {
	shown := make([]string, len(*v.field))
	for i, element := range *v.field {
		shown[i] = strconv.Quote(v.print(element))
	}
	return "[" + strings.Join(shown, ", ") + "]"
}

// words is a list of texts.
func words(field *[]string, want string, valid func(string) bool) value {
	return list(field, want, func(s string) (string, bool) { return s, valid(s) }, func(s string) string { return s })
}

// lanes is a list of P0 … P3.
func lanes(field *[]string) value {
	return list(field, "lanes out of P0, P1, P2, P3", func(s string) (string, bool) {
		s = strings.ToUpper(s)
		return s, len(s) == 2 && s[0] == 'P' && '0' <= s[1] && s[1] <= '3'
	}, func(s string) string { return s })
}

// spans is a list of durations above 0.
func spans(field *[]time.Duration) value {
	return list(field, `durations above 0 with their units, as in "5s, 10s, 20s"`, func(s string) (time.Duration, bool) {
		d, err := time.ParseDuration(s)
		return d, err == nil && d > 0
	}, showDuration)
}

// status is one command_status by its name.
func status(field *codec.Status) value { return statusValue{field} }

type statusValue struct{ field *codec.Status }

const wantStatus = "a command_status by its name, as in ESME_RX_T_APPN, or as in 0x00000450"

func (v statusValue) read(raw any) string {
	s, _ := scalar(raw)
	parsed, ok := parseStatus(s)
	if !ok {
		return wantStatus
	}
	*v.field = parsed
	return ""
}

func (v statusValue) check() string { return "" }
func (v statusValue) show() string  { return v.field.String() }

func statuses(field *[]codec.Status) value {
	return list(field, "command_status names, as in [ESME_RINVCMDID, ESME_RBINDFAIL]", parseStatus, codec.Status.String)
}

func parseStatus(s string) (codec.Status, bool) {
	for _, known := range codec.KnownStatuses() {
		if strings.EqualFold(s, known.String()) {
			return known, true
		}
	}
	n, err := strconv.ParseUint(s, 0, 32)
	return codec.Status(n), err == nil
}
