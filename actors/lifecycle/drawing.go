package lifecycle

import (
	"fmt"
	"strings"
)

// Arrow is one line of a drawing of the table: every event that leads from one
// state to another.
type Arrow struct {
	From, To State
	On       []Event // in the order of the rows
}

// Arrows is the table as a drawing needs it, ordered by From and To.
func Arrows() []Arrow {
	var out []Arrow
	for from := range states {
		for to := range states {
			a := Arrow{From: from, To: to}
			for _, r := range table {
				if r.from == from && r.to == to {
					a.On = append(a.On, r.on)
				}
			}
			if len(a.On) > 0 {
				out = append(out, a)
			}
		}
	}
	return out
}

// States is every state, in the order in which a bind goes through them.
func States() []State { return []State{Disconnected, Connecting, Bound, Unbinding} }

// Mermaid draws the table as a state diagram: one arrow a pair of states, its
// label the events that take it.
func Mermaid() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n    [*] --> DISCONNECTED\n")
	for _, a := range Arrows() {
		labels := make([]string, len(a.On))
		for i, e := range a.On {
			labels[i] = e.String()
		}
		fmt.Fprintf(&b, "    %v --> %v: %s\n", a.From, a.To, strings.Join(labels, ", "))
	}
	return b.String()
}
