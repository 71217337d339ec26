package lifecycle

import (
	"fmt"
	"strings"
)

// Mermaid draws the table as a state diagram: one arrow a pair of states, its
// label the events that take it.
func Mermaid() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n    [*] --> DISCONNECTED\n")
	for from := range states {
		for to := range states {
			var labels []string
			for _, r := range table {
				if r.from == from && r.to == to {
					labels = append(labels, r.on.String())
				}
			}
			if len(labels) > 0 {
				fmt.Fprintf(&b, "    %v --> %v: %s\n", from, to, strings.Join(labels, ", "))
			}
		}
	}
	return b.String()
}
