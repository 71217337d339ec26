package telemetry

import (
	"fmt"
	"io"
	"strings"
)

// WriteReference writes deploy/METRICS.md: Table for people.
func WriteReference(w io.Writer) error {
	var b strings.Builder
	b.WriteString("# Metrics\n\nMade from `infra/telemetry/metrics.go` by `go test ./infra/telemetry -run Reference -update`.\n" +
		"**Bold** are the twelve headline metrics. Beside these stand Go's runtime and process metrics (`go_*`, `process_*`).\n\n" +
		"| metric | kind | unit | labels | meaning |\n|---|---|---|---|---|\n")
	for _, m := range Table {
		name := "`" + m.Name + "`"
		if m.Headline {
			name = "**" + name + "**"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", name, m.Kind, m.Unit, strings.Join(m.Labels, ", "), m.Meaning)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
