package proto

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/timestamppb"
)

// writer appends one JSON object, field by field: without white space, without
// fields that hold nothing, and always the same octets for the same message.
// The methods named always… write the field whatever it holds. The first error sticks.
type writer struct {
	out   []byte
	first int // where in out the first field's name begins
	err   error
}

// name appends the separator and the name of a field, which never needs escaping.
func (w *writer) name(field string) {
	if len(w.out) > w.first {
		w.out = append(w.out, ',')
	}
	w.out = append(w.out, '"')
	w.out = append(w.out, field...)
	w.out = append(w.out, '"', ':')
}

func (w *writer) alwaysText(field, value string) {
	w.name(field)
	w.out = appendString(w.out, value)
}

func (w *writer) text(field, value string) {
	if value != "" {
		w.alwaysText(field, value)
	}
}

func (w *writer) alwaysCount(field string, value uint32) {
	w.name(field)
	w.out = strconv.AppendUint(w.out, uint64(value), 10)
}

func (w *writer) count(field string, value uint32) {
	if value != 0 {
		w.alwaysCount(field, value)
	}
}

// epoch writes a fencing token: a revision of a bucket, which has more than 32 bits and
// fits a JSON number's 53. protojson reads it, and would write it as a string.
func (w *writer) epoch(value uint64) {
	if value != 0 {
		w.name("epoch")
		w.out = strconv.AppendUint(w.out, value, 10)
	}
}

// optional writes a field that has presence, zero or not.
func (w *writer) optional(field string, value *uint32) {
	if value != nil {
		w.alwaysCount(field, *value)
	}
}

func (w *writer) alwaysTruth(field string, value bool) {
	w.name(field)
	w.out = strconv.AppendBool(w.out, value)
}

func (w *writer) truth(field string, value bool) {
	if value {
		w.alwaysTruth(field, value)
	}
}

// alwaysEnum writes an enum by its name. A number without a name is a
// programming error of ours, so it is an error here and not a number on the wire.
func (w *writer) alwaysEnum(field string, of enumTable, value int32) {
	name, known := of.names[value]
	if !known && w.err == nil {
		w.err = fmt.Errorf("encode %s: %d is not a declared value: want one of %s", field, value, of.list())
	}
	w.alwaysText(field, name)
}

func (w *writer) enum(field string, of enumTable, value int32) {
	if value != 0 {
		w.alwaysEnum(field, of, value)
	}
}

// instant writes a time in UTC with 0, 3, 6 or 9 digits of a second, as
// protobuf's JSON mapping does.
func (w *writer) instant(field string, at *timestamppb.Timestamp) {
	if at == nil {
		return
	}
	if err := at.CheckValid(); err != nil && w.err == nil {
		w.err = fmt.Errorf("encode %s: %w", field, err)
		return
	}
	layout := "2006-01-02T15:04:05Z"
	switch nanos := at.GetNanos(); {
	case nanos == 0:
	case nanos%1e6 == 0:
		layout = "2006-01-02T15:04:05.000Z"
	case nanos%1e3 == 0:
		layout = "2006-01-02T15:04:05.000000Z"
	default:
		layout = "2006-01-02T15:04:05.000000000Z"
	}
	w.name(field)
	w.out = append(w.out, '"')
	w.out = time.Unix(at.GetSeconds(), int64(at.GetNanos())).UTC().AppendFormat(w.out, layout)
	w.out = append(w.out, '"')
}

func (w *writer) texts(field string, values []string) {
	if len(values) == 0 {
		return
	}
	w.name(field)
	for i, value := range values {
		w.out = append(w.out, "[,"[min(i, 1)])
		w.out = appendString(w.out, value)
	}
	w.out = append(w.out, ']')
}

func (w *writer) counts(field string, values []uint32) {
	if len(values) == 0 {
		return
	}
	w.name(field)
	for i, value := range values {
		w.out = append(w.out, "[,"[min(i, 1)])
		w.out = strconv.AppendUint(w.out, uint64(value), 10)
	}
	w.out = append(w.out, ']')
}

// pairs writes an object of strings, sorted by name.
func (w *writer) pairs(field string, values map[string]string) {
	if len(values) == 0 {
		return
	}
	w.name(field)
	for i, name := range slices.Sorted(maps.Keys(values)) {
		w.out = append(w.out, "{,"[min(i, 1)])
		w.out = append(appendString(w.out, name), ':')
		w.out = appendString(w.out, values[name])
	}
	w.out = append(w.out, '}')
}

func (w *writer) octets(field string, value []byte) {
	if len(value) == 0 {
		return
	}
	w.name(field)
	w.out = append(w.out, '"')
	w.out = base64.StdEncoding.AppendEncode(w.out, value)
	w.out = append(w.out, '"')
}

// appendString appends s as a JSON string. Octets that are not UTF-8 become
// U+FFFD: an event that an MNO's odd octets got into must still be published,
// or its receipt would come back for ever.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	start := 0 // of what is still to be copied as it is
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && size == 1 {
				b = append(append(b, s[start:i]...), "\uFFFD"...)
				start = i + 1
			}
			i += size
			continue
		}
		i++
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[start:i-1]...)
		start = i
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xF])
		}
	}
	return append(append(b, s[start:]...), '"')
}
