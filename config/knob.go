package config

import (
	"fmt"
	"strings"
)

// knob is one setting of T: a row of keys.go or operator_keys.go.
type knob[T any] struct {
	path    string // in the file, with dots between the groups
	env     string // its variable; empty: none
	std     string // its default as text; empty: the field's zero value
	meaning string // one line: what it is, and in which unit
	field   func(*T) value
}

// Complaint is one thing that is wrong with the configuration.
type Complaint struct {
	Path  string // of the setting, "operators[0].port"
	Env   string // its variable, if it has one
	Shape string // of the value that is there; a secret is never quoted
	Want  string // what would be right
}

// Error implements error.
func (c *Complaint) Error() string {
	var b strings.Builder
	b.WriteString(c.Path)
	if c.Env != "" {
		fmt.Fprintf(&b, " (%s)", c.Env)
	}
	if c.Shape != "" {
		fmt.Fprintf(&b, " is %s", c.Shape)
	}
	return b.String() + ": want " + c.Want
}

// secret reports whether the row's value must not be quoted. A URL shows itself
// masked, but one that is broken cannot be masked with certainty.
func (k knob[T]) secret() bool {
	var zero T
	_, secret := revealed(k.field(&zero))
	return secret
}

// revealed is the present value of a field that masks itself.
func revealed(v value) (s string, secret bool) {
	switch v := v.(type) {
	case textValue[Secret]:
		return v.field.Reveal(), true
	case textValue[URL]:
		return v.field.Reveal(), true
	}
	return "", false
}

// lift makes the rows of a part those of the whole that holds it.
func lift[T, U any](prefix string, rows []knob[U], of func(*T) *U) []knob[T] {
	lifted := make([]knob[T], len(rows))
	for i, row := range rows {
		lifted[i] = knob[T]{prefix + row.path, row.env, row.std, row.meaning, func(t *T) value { return row.field(of(t)) }}
	}
	return lifted
}

// read fills the row's field of t from raw.
func (k knob[T]) read(t *T, raw any, prefix string) error {
	if want := k.field(t).read(raw); want != "" {
		return &Complaint{Path: prefix + k.path, Env: k.env, Shape: shapeOf(raw, k.secret()), Want: want}
	}
	return nil
}

// check holds the row's field of t to its rule.
func (k knob[T]) check(t *T, prefix string) error {
	v := k.field(t)
	want := v.check()
	if want == "" {
		return nil
	}
	shape := v.show()
	if s, secret := revealed(v); secret {
		shape = shapeOf(s, true)
	}
	if shape == `""` {
		shape = "empty"
	}
	return &Complaint{Path: prefix + k.path, Env: k.env, Shape: shape, Want: want}
}
