// Package concat decides when an inbound message in parts is whole, and puts it
// together (US-SC-025). Where the parts are kept meanwhile is port.ConcatStore's
// business.
package concat

import (
	"slices"

	"github.com/ghasi/smpp-connector/actors/port"
)

// Whole reports whether every part of the group has come.
func Whole(g port.ConcatGroup) bool { return len(g.Parts) == int(g.Key.Total) }

// Missing returns the indices that have not come, ascending.
func Missing(g port.ConcatGroup) []uint32 {
	have := make([]bool, int(g.Key.Total)+1)
	for _, p := range g.Parts {
		if int(p.Index) < len(have) {
			have[p.Index] = true
		}
	}
	var missing []uint32
	for i := 1; i < len(have); i++ {
		if !have[i] {
			missing = append(missing, uint32(i))
		}
	}
	return missing
}

// InOrder returns the parts by index. The group is not changed.
func InOrder(g port.ConcatGroup) []port.ConcatPart {
	return slices.SortedFunc(slices.Values(g.Parts), func(a, b port.ConcatPart) int { return int(a.Index) - int(b.Index) })
}

// Valid reports whether a part can belong to a message: an index within its total.
func Valid(total, index uint8) bool { return index >= 1 && index <= total }
