package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// flat is one level of a YAML file with the groups taken apart: path → value.
// Unlike viper's own view it keeps the spelling of the keys, so that a complaint
// can show what was written.
type flat map[string]any

// flatten takes groups apart. A list stays whole.
func flatten(tree map[string]any) flat {
	out := make(flat)
	var walk func(prefix string, group map[string]any)
	walk = func(prefix string, group map[string]any) {
		for key, v := range group {
			if inner, isGroup := v.(map[string]any); isGroup {
				walk(prefix+key+".", inner)
			} else {
				out[prefix+key] = v
			}
		}
	}
	walk("", tree)
	return out
}

// paths is what the rows of a table are called.
func paths[T any](rows []knob[T]) []string {
	names := make([]string, len(rows))
	for i, row := range rows {
		names[i] = row.path
	}
	return names
}

// unknownKeys complains of every key that no row has, and names the nearest one.
func (f flat) unknownKeys(prefix string, known []string) (complaints []error) {
	for _, key := range slices.Sorted(maps.Keys(f)) {
		switch {
		case slices.Contains(known, key):
		case f[key] == nil && slices.ContainsFunc(known, func(k string) bool { return strings.HasPrefix(k, key+".") }):
			// a group without anything in it
		default:
			complaints = append(complaints, &UnknownKey{Key: prefix + key, Nearest: prefix + nearest(key, known)})
		}
	}
	return complaints
}

// UnknownKey is a key of the file that means nothing.
type UnknownKey struct{ Key, Nearest string }

// Error implements error.
func (e *UnknownKey) Error() string {
	return fmt.Sprintf("%s: there is no such key: did you mean %s?", e.Key, e.Nearest)
}

// nearest is the known key that the fewest edits make of key. The last word of a
// path counts twice: whoever writes nats.ulr or just replicas knows the word, not
// always its group.
func nearest(key string, known []string) string {
	last := func(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }
	best, least := "", -1
	for _, candidate := range known {
		d := distance(strings.ToLower(key), strings.ToLower(candidate)) +
			distance(strings.ToLower(last(key)), strings.ToLower(last(candidate)))
		if least < 0 || d < least {
			best, least = candidate, d
		}
	}
	return best
}

// distance is Levenshtein's: insertions, deletions and replacements of octets.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
