package config

import (
	"embed"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/spf13/viper"
)

// defaultProfile lies below every other.
const defaultProfile = "default"

//go:embed profiles/*.yaml
var embedded embed.FS

// profileSet is the profiles that operators can name, as they were written.
type profileSet map[string]flat

// decodeYAML parses YAML with the spelling of the keys kept, which viper lowers.
func decodeYAML(octets []byte) (map[string]any, error) {
	decoder, err := viper.NewCodecRegistry().Decoder("yaml")
	if err != nil {
		return nil, err
	}
	tree := make(map[string]any)
	if err := decoder.Decode(octets, tree); err != nil {
		return nil, err
	}
	return tree, nil
}

// embeddedProfiles reads those of the folder profiles, named after their files.
func embeddedProfiles() (profileSet, error) {
	entries, err := embedded.ReadDir("profiles")
	if err != nil {
		return nil, err
	}
	set := make(profileSet)
	for _, entry := range entries {
		octets, err := embedded.ReadFile(path.Join("profiles", entry.Name()))
		if err != nil {
			return nil, err
		}
		tree, err := decodeYAML(octets)
		if err != nil {
			return nil, fmt.Errorf("profiles/%s: %w", entry.Name(), err)
		}
		set[strings.TrimSuffix(entry.Name(), ".yaml")] = flatten(tree)
	}
	return set, nil
}

// names lists the profiles, sorted.
func (s profileSet) names() []string { return slices.Sorted(maps.Keys(s)) }

// add takes the profiles of a file's group `profiles`. One that is embedded
// under the same name is replaced; the default profile cannot be.
func (s profileSet) add(raw any) (complaints []error) {
	group, ok := raw.(map[string]any)
	if !ok {
		if raw == nil {
			return nil
		}
		return []error{&Complaint{Path: "profiles", Shape: shapeOf(raw, false), Want: "a group with a profile under each name"}}
	}
	for _, name := range slices.Sorted(maps.Keys(group)) {
		knobs, ok := group[name].(map[string]any)
		switch {
		case !ok:
			complaints = append(complaints, &Complaint{Path: "profiles." + name, Shape: shapeOf(group[name], false), Want: "a group of knobs"})
		case name == defaultProfile || name == "":
			complaints = append(complaints, &Complaint{Path: "profiles." + name, Want: "another name: the default profile cannot be replaced, only overridden by a profile or an operator's entry"})
		default:
			s[name] = flatten(knobs)
			complaints = append(complaints, s.check(name, "profiles."+name+".")...)
		}
	}
	return complaints
}

// check reads a profile into a value that is thrown away, for the complaints.
func (s profileSet) check(name, prefix string) []error {
	var p Profile
	var complaints []error
	known := paths(profileSettings)
	for _, row := range accountSettings {
		if _, said := s[name][row.path]; said {
			complaints = append(complaints, &Complaint{Path: prefix + row.path, Want: "it in an operator's entry: it belongs to one account"})
		}
		known = append(known, row.path)
	}
	complaints = append(complaints, s[name].unknownKeys(prefix, known)...)
	return append(complaints, fill(&p, unnamed(slices.Clone(profileSettings)), s[name], prefix)...)
}

// fill reads the values of a layer into t. null means: as the layer below has
// it, but for a knob whose rest position is null.
func fill[T any](t *T, rows []knob[T], layer flat, prefix string) (complaints []error) {
	for _, row := range rows {
		raw, said := layer[row.path]
		if !said {
			continue
		}
		if raw == nil {
			if o, optional := row.field(t).(octetValue); optional {
				*o.field = nil
			}
			continue
		}
		if err := row.read(t, raw, prefix); err != nil {
			complaints = append(complaints, err)
		}
	}
	return complaints
}

// Profiled is an operator of which a profile is all that is known, for who tries it out.
// The profile may be one that is embedded or one of file (none when empty), of which
// nothing else is read. The error joins every complaint.
func Profiled(file, name string) (Operator, error) {
	s, err := given{file: file, env: []string{}}.open()
	if err != nil {
		return Operator{}, err
	}
	profiles, err := embeddedProfiles()
	if err != nil {
		return Operator{}, err
	}
	complaints := profiles.add(s.profiles)
	op, wrong := (&layers{profiles: profiles, entry: flat{}}).build(name)
	complaints = append(complaints, wrong...)
	return op, errors.Join(unique(complaints)...)
}
