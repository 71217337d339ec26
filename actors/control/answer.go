package control

import (
	"cmp"
	"slices"
	"strings"

	"github.com/ghasi/smpp-connector/actors/vitals"
)

// Answer is what one pod says to a command.
type Answer struct {
	Pod   string        `json:"pod"`
	Known bool          `json:"known"`           // it serves what the command is about
	Binds []string      `json:"binds,omitempty"` // that the command is about, here
	List  []vitals.Bind `json:"list,omitempty"`  // of list
	Note  string        `json:"note,omitempty"`  // for people
	Error string        `json:"error,omitempty"` // why it was not carried out
}

// Roll is every bind that the pods tell of, each once, by name. A bind that one pod
// serves and another only knows of is the former's.
func Roll(answers []Answer) []vitals.Bind {
	found := map[string]vitals.Bind{}
	for _, a := range answers {
		for _, b := range a.List {
			if known, there := found[b.Bind]; !there || known.Owner == "" || b.Bound && !known.Bound {
				found[b.Bind] = b
			}
		}
	}
	list := make([]vitals.Bind, 0, len(found))
	for _, b := range found {
		list = append(list, b)
	}
	slices.SortFunc(list, func(a, b vitals.Bind) int {
		return cmp.Or(cmp.Compare(a.MNO, b.MNO), cmp.Compare(a.Direction, b.Direction), cmp.Compare(a.Number, b.Number))
	})
	return list
}

// Known are the answers of pods that serve what a command is about.
func Known(answers []Answer) (known []Answer) {
	for _, a := range answers {
		if a.Known {
			known = append(known, a)
		}
	}
	return known
}

// Concerned are the binds that the pods name, each once, by name.
func Concerned(answers []Answer) []string {
	var names []string
	for _, a := range answers {
		names = append(names, a.Binds...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// MNOs are the MNOs of a roll.
func MNOs(roll []vitals.Bind) string {
	var names []string
	for _, b := range roll {
		names = append(names, b.MNO)
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}
