package concat

import "github.com/ghasi/smpp-connector/actors/port"

// Whole reports whether every part of the group has come.
func Whole(g *port.ConcatGroup) bool { return len(g.Parts) == int(g.Key.Total) }

// Missing returns the indices that have not come, ascending.
func Missing(g *port.ConcatGroup) []uint32 {
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
