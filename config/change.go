package config

import (
	"fmt"
	"maps"
	"slices"
)

// Change is one difference between two configurations.
type Change struct {
	Path     string // "telemetry.logLevel", "operators[awcc].window", "profiles.roshan.window"; "operators[awcc]" of one that comes or goes
	Operator string // its id, where the path is an operator's
	Old, New string // as Print shows them; of a secret two masks, which may be alike
	Live     bool   // takes effect without a restart (keys.go)
}

// What stands in Old and New for something that has no value.
const (
	absent     = "absent"
	configured = "configured" // an operator that is not served: at most a backup
	served     = "served"
)

// String is the change on one line; two values that look alike have changed.
func (c Change) String() string {
	what, when := c.Old+" → "+c.New, "needs a restart"
	if c.Old == c.New {
		what = "changed"
	}
	if c.Live {
		when = "live"
	}
	return c.Path + ": " + what + " (" + when + ")"
}

// Changes lists what next says otherwise than c, in the order of the tables.
func (c *Config) Changes(next *Config) []Change {
	return c.view().changes(next.view(), func(a, b seen) bool { return a.exact != b.exact })
}

// seen is the value of one setting.
type seen struct {
	shown string // as Print shows it
	exact string // a secret itself, else as shown
}

// view is a configuration taken apart: of each table the rows' values by path.
type view struct {
	settings  map[string]seen
	profiles  map[string]map[string]seen // nil where they are not known: Print does not show them
	operators []operatorView
}

type operatorView struct {
	id    string
	state string // configured or served
	knobs map[string]seen
}

func (c *Config) view() view {
	v := view{settings: see(c, settings)}
	for i, o := range c.Operators {
		v.operators = append(v.operators, operatorView{o.ID, served, see(&c.Operators[i], operatorSettings)})
	}
	if c.rest == nil {
		return v
	}
	for i, o := range c.rest.known {
		v.operators = append(v.operators, operatorView{o.ID, configured, see(&c.rest.known[i], operatorSettings)})
	}
	v.profiles = make(map[string]map[string]seen)
	for name, layer := range c.rest.profiles {
		v.profiles[name] = seeWritten(profileSettings, layer)
	}
	return v
}

// see takes the values out of the rows' fields of t.
func see[T any](t *T, rows []knob[T]) map[string]seen {
	values := make(map[string]seen, len(rows))
	for _, row := range rows {
		v := row.field(t)
		s := seen{v.show(), v.show()}
		if exact, secret := revealed(v); secret {
			s.exact = exact
		}
		values[row.path] = s
	}
	return values
}

// seeWritten takes the values out of what was written, as if it had been loaded:
// 0x34 is 52. What says nothing is not in the map.
func seeWritten[T any](rows []knob[T], written flat) map[string]seen {
	values := make(map[string]seen)
	for _, row := range rows {
		raw, said := written[row.path]
		if !said {
			continue
		}
		var t T
		if raw != nil && row.field(&t).read(raw) != "" {
			shape := shapeOf(raw, row.secret())
			values[row.path] = seen{shape, shape}
			continue
		}
		values[row.path] = see(&t, []knob[T]{row})[row.path]
		if raw == nil {
			values[row.path] = seen{"null", "null"}
		}
	}
	return values
}

// changes compares two views; differ decides over a value that both have.
func (v view) changes(next view, differ func(a, b seen) bool) (all []Change) {
	compare := func(order []string, a, b map[string]seen, note func(path string, both bool) Change) {
		for _, path := range order {
			old, had := a[path]
			now, has := b[path]
			if had && has && differ(old, now) || had != has {
				change := note(path, had && has)
				change.Old, change.New = old.brief(had), now.brief(has)
				all = append(all, change)
			}
		}
	}
	compare(paths(settings), v.settings, next.settings, func(path string, both bool) Change {
		return Change{Path: path, Live: both && isLive(path)} // what one of two programs does not know, it cannot reload
	})
	if v.profiles != nil && next.profiles != nil {
		names := maps.Clone(v.profiles)
		maps.Copy(names, next.profiles)
		for _, name := range slices.Sorted(maps.Keys(names)) {
			compare(paths(profileSettings), v.profiles[name], next.profiles[name], func(path string, _ bool) Change {
				return Change{Path: "profiles." + name + "." + path, Live: true}
			})
		}
	}
	for _, o := range next.operators {
		was := v.operator(o.id)
		if was.state != o.state {
			all = append(all, Change{"operators[" + o.id + "]", o.id, was.state, o.state, true})
		}
		if was.state != absent {
			compare(paths(operatorSettings), was.knobs, o.knobs, func(path string, both bool) Change {
				return Change{Path: "operators[" + o.id + "]." + path, Operator: o.id, Live: both}
			})
		}
	}
	for _, o := range v.operators {
		if next.operator(o.id).state == absent {
			all = append(all, Change{"operators[" + o.id + "]", o.id, o.state, absent, true})
		}
	}
	return all
}

func (v view) operator(id string) operatorView {
	at := slices.IndexFunc(v.operators, func(o operatorView) bool { return o.id == id })
	if at < 0 {
		return operatorView{state: absent}
	}
	return v.operators[at]
}

// longValue is what fits on a line; certificates do not.
const longValue = 120

func (s seen) brief(is bool) string {
	switch {
	case !is:
		return absent
	case len(s.shown) > longValue && s.shown[0] == '"':
		return fmt.Sprintf("a string of %d characters", len(s.shown))
	}
	return s.shown
}
