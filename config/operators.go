package config

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// readOperators builds the operators of the file and of the environment and
// chooses those that this pod serves.
func (c *Config) readOperators(s *source) (complaints []error) {
	profiles, err := embeddedProfiles()
	if err != nil {
		return []error{err}
	}
	c.rest.profiles = profiles
	complaints = profiles.add(s.profiles)

	entries, wrong := entriesOf(s.operators)
	complaints = append(complaints, wrong...)
	entries, wrong = c.fromEnvironment(entries, s.vars)
	complaints = append(complaints, wrong...)

	for _, entry := range entries {
		id, _ := scalar(entry["id"])
		prefix := "operators[" + id + "]."
		complaints = append(complaints, entry.unknownKeys(prefix, paths(operatorSettings))...)
		op, wrong := (&layers{timers: c.Timers, profiles: profiles, entry: entry, prefix: prefix}).build("")
		complaints = append(complaints, wrong...)
		c.rest.known = append(c.rest.known, op)
	}
	return append(complaints, c.choose()...)
}

// entriesOf takes the list `operators` of a file apart.
func entriesOf(raw any) (entries []flat, complaints []error) {
	if raw == nil {
		return nil, nil
	}
	elements, ok := raw.([]any)
	if !ok {
		return nil, []error{&Complaint{Path: "operators", Shape: shapeOf(raw, true), Want: "a list, each element beginning with `- id: …`"}}
	}
	seen := make(map[string]bool)
	for i, element := range elements {
		group, ok := element.(map[string]any)
		path := fmt.Sprintf("operators[%d]", i)
		if !ok {
			complaints = append(complaints, &Complaint{Path: path, Shape: shapeOf(element, true), Want: "a group beginning with `id: …`"})
			continue
		}
		entry := flatten(group)
		id, _ := scalar(entry["id"])
		switch {
		case !isToken(id):
			complaints = append(complaints, &Complaint{Path: path + ".id", Shape: shapeOf(entry["id"], false), Want: wantToken})
			continue
		case seen[id]:
			complaints = append(complaints, &Complaint{Path: path + ".id", Shape: shapeOf(id, false), Want: "an id that no other operator has"})
			continue
		}
		seen[id] = true
		entries = append(entries, entry)
	}
	return entries, complaints
}

// fromEnvironment lays SMPP_… over the one operator that they can speak of: the
// only one of OPERATOR_IDS, else the only one of the file.
func (c *Config) fromEnvironment(entries []flat, vars map[string]string) ([]flat, []error) {
	over := make(flat)
	var names []string
	for _, row := range operatorSettings {
		if value, set := vars[row.env]; set && row.env != "" {
			over[row.path] = value
			names = append(names, row.env)
		}
	}
	if len(over) == 0 {
		return entries, nil
	}
	var id string
	switch {
	case len(c.OperatorIDs) == 1:
		id = c.OperatorIDs[0]
	case len(c.OperatorIDs) == 0 && len(entries) == 1:
		id, _ = scalar(entries[0]["id"])
	default:
		return entries, []error{&Complaint{
			Path: "operatorIds", Env: "OPERATOR_IDS", Shape: fmt.Sprintf("a list of %d", len(c.OperatorIDs)),
			Want: "exactly one id, because " + strings.Join(names, ", ") + " can speak of one operator only",
		}}
	}
	for _, entry := range entries {
		if is, _ := scalar(entry["id"]); is == id {
			for path, value := range over {
				entry[path] = value
			}
			return entries, nil
		}
	}
	over["id"] = id
	return append(entries, over), nil
}

// choose moves the operators that are served from known to Operators. One that
// only OPERATOR_IDS names has its credentials from the service.
func (c *Config) choose() (complaints []error) {
	if len(c.OperatorIDs) == 0 {
		c.Operators, c.rest.known = c.rest.known, nil
		return nil
	}
	for _, id := range c.OperatorIDs {
		at := slices.IndexFunc(c.rest.known, func(o Operator) bool { return o.ID == id })
		switch {
		case at >= 0:
			c.Operators = append(c.Operators, c.rest.known[at])
			c.rest.known = slices.Delete(c.rest.known, at, at+1)
		case slices.ContainsFunc(c.Operators, func(o Operator) bool { return o.ID == id }):
			complaints = append(complaints, &Complaint{Path: "operatorIds", Env: "OPERATOR_IDS", Shape: "a list that has " + id + " twice", Want: "each id once"})
		case c.Management.URL != "":
			op, _ := c.bare(id)
			c.Operators = append(c.Operators, op)
		default:
			complaints = append(complaints, &Complaint{Path: "operatorIds", Env: "OPERATOR_IDS", Shape: "a list with " + id,
				Want: "ids that `operators:` describes, or SMPP_HOST and the like for a single one, or OPERATOR_MANAGEMENT_URL"})
		}
	}
	return complaints
}

// bare is an operator of which only the id is known.
func (c *Config) bare(id string) (Operator, []error) {
	l := layers{timers: c.Timers, profiles: c.rest.profiles, entry: flat{"id": id}, prefix: "operators[" + id + "]."}
	return l.build("")
}

// Serves reports whether an operator is one of this pod's own: MNO and Direction are
// those of its binds. Any other is a backup.
func (c *Config) Serves(id string) bool {
	return slices.ContainsFunc(c.Operators, func(o Operator) bool { return o.ID == id })
}

// Operator returns an operator by its id, served or not. With an
// operator-management-service every id is known: a backup's as well.
func (c *Config) Operator(id string) (Operator, bool) {
	for _, list := range [][]Operator{c.Operators, c.unserved()} {
		if at := slices.IndexFunc(list, func(o Operator) bool { return o.ID == id }); at >= 0 {
			return list[at], true
		}
	}
	if c.Management.URL == "" || c.rest == nil || !isToken(id) {
		return Operator{}, false
	}
	op, complaints := c.bare(id)
	return op, len(complaints) == 0
}

// LongestExpiry is the longest time for which the ids of any operator's MNO are kept. An
// operator-management-service may give an operator any profile there is.
func (c *Config) LongestExpiry() time.Duration {
	longest := c.Correlation.Expiry
	for _, list := range [][]Operator{c.Operators, c.unserved(), c.assignable()} {
		for _, o := range list {
			longest = max(longest, o.ReceiptExpiry)
		}
	}
	return longest
}

// assignable has an operator of each profile that the operator-management-service may name.
func (c *Config) assignable() (all []Operator) {
	if c.Management.URL == "" || c.rest == nil {
		return nil
	}
	for _, name := range c.rest.profiles.names() {
		op, _ := (&layers{profiles: c.rest.profiles, entry: flat{}}).build(name)
		all = append(all, op)
	}
	return all
}
