package page

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/ghasi/smpp-connector/actors/vitals"
)

// A field is one member of a row, by its JSON name. A row of the stream is flat: an
// actor's own fields, and for a bind the bind's beside them, which win.
type field struct {
	name  string
	index int
	value func(b []byte, v reflect.Value) []byte
}

var (
	actorFields = fieldsOf(reflect.TypeFor[vitals.Actor](), "path", "bind") // the path is the row's key
	bindFields  = fieldsOf(reflect.TypeFor[vitals.Bind]())
	shadowed    = names(bindFields)
)

// fieldsOf reads the members off a struct's JSON tags, so that whatever is added to
// vitals is on the page at once.
func fieldsOf(t reflect.Type, but ...string) (fields []field) {
next:
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		for _, b := range but {
			if name == b {
				continue next
			}
		}
		fields = append(fields, field{name, i, encoderOf(t.Field(i).Type)})
	}
	return fields
}

func names(fields []field) map[string]bool {
	set := map[string]bool{}
	for _, f := range fields {
		set[f.name] = true
	}
	return set
}

// encoderOf is how values of a type are written. Numbers, strings and times, which
// are most of a row, take no detour.
func encoderOf(t reflect.Type) func([]byte, reflect.Value) []byte {
	if t == reflect.TypeFor[time.Time]() {
		return func(b []byte, v reflect.Value) []byte { return appendTime(b, v.Interface().(time.Time)) }
	}
	switch t.Kind() {
	case reflect.Bool:
		return func(b []byte, v reflect.Value) []byte { return strconv.AppendBool(b, v.Bool()) }
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(b []byte, v reflect.Value) []byte { return strconv.AppendInt(b, v.Int(), 10) }
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return func(b []byte, v reflect.Value) []byte { return strconv.AppendUint(b, v.Uint(), 10) }
	case reflect.Float32:
		return func(b []byte, v reflect.Value) []byte { return strconv.AppendFloat(b, v.Float(), 'g', 4, 32) }
	case reflect.String:
		return func(b []byte, v reflect.Value) []byte { return appendString(b, v.String()) }
	case reflect.Pointer, reflect.Slice:
		return func(b []byte, v reflect.Value) []byte {
			if v.IsNil() {
				return append(b, "null"...)
			}
			return appendJSON(b, v.Interface())
		}
	}
	return func(b []byte, v reflect.Value) []byte { return appendJSON(b, v.Interface()) }
}

func appendTime(b []byte, at time.Time) []byte {
	if at.IsZero() {
		return append(b, "null"...)
	}
	return at.UTC().AppendFormat(b, `"2006-01-02T15:04:05.000Z"`)
}

func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' {
			return appendJSON(b, s)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

func appendJSON(b []byte, v any) []byte {
	octets, err := json.Marshal(v)
	if err != nil {
		return append(b, "null"...) // vitals hold nothing that cannot be encoded; a test holds them to it
	}
	return append(b, octets...)
}

// row is an actor as the watchers know it: every field as it was written last.
type row struct {
	octets []byte
	ends   []int  // of each field in octets
	round  uint64 // when it was seen last
}

// fieldAt returns the i-th field's octets.
func (r *row) fieldAt(i int) []byte {
	if i == 0 {
		return r.octets[:r.ends[0]]
	}
	return r.octets[r.ends[i-1]:r.ends[i]]
}

// encode writes every field of an actor, in the order of eachName.
func (r *row) encode(a *vitals.Actor) {
	r.octets, r.ends = r.octets[:0], r.ends[:0]
	v := reflect.ValueOf(a).Elem()
	for i := range actorFields {
		f := &actorFields[i]
		if a.Bind != nil && shadowed[f.name] {
			continue
		}
		r.octets = f.value(r.octets, v.Field(f.index))
		r.ends = append(r.ends, len(r.octets))
	}
	if a.Bind == nil {
		return
	}
	v = reflect.ValueOf(a.Bind).Elem()
	for i := range bindFields {
		f := &bindFields[i]
		r.octets = f.value(r.octets, v.Field(f.index))
		r.ends = append(r.ends, len(r.octets))
	}
}

// The names of the fields that encode writes, of an actor and of a bind.
var actorNames, bindNames = func() (actor, bind []string) {
	for _, f := range actorFields {
		actor = append(actor, f.name)
		if !shadowed[f.name] {
			bind = append(bind, f.name)
		}
	}
	for _, f := range bindFields {
		bind = append(bind, f.name)
	}
	return actor, bind
}()

func (r *row) names() []string {
	if len(r.ends) == len(actorNames) {
		return actorNames
	}
	return bindNames
}

// changes appends `"path":{…}` with the fields that differ from the row before, all
// of them when there was none, and nothing when none does.
func (r *row) changes(b []byte, path string, before *row) []byte {
	names, start, first := r.names(), len(b), true
	if before != nil && len(before.ends) != len(r.ends) {
		before = nil
	}
	for i, name := range names {
		value := r.fieldAt(i)
		if before != nil && bytes.Equal(value, before.fieldAt(i)) {
			continue
		}
		if first {
			b = append(appendString(b, path), ":{"...)
			first = false
		} else {
			b = append(b, ',')
		}
		b = append(append(append(append(b, '"'), name...), `":`...), value...)
	}
	if first {
		return b[:start]
	}
	return append(b, '}')
}
