package config

import (
	"fmt"
	"io"
	"strings"
)

// Print writes the configuration as it is in force, as YAML, with secrets
// masked. Behind each setting of the process stands where its value came from.
func (c *Config) Print(w io.Writer) error {
	p := printer{w: w}
	printRows(&p, c, settings, "", func(path string) string { return c.origin(path) })
	if len(c.Operators)+len(c.unserved()) > 0 {
		p.line("\noperators:")
	}
	for _, list := range [][]Operator{c.Operators, c.unserved()} {
		for i := range list {
			printRows(&p, &list[i], operatorSettings, "    ", nil)
		}
	}
	return p.err
}

// origin says where a setting's value came from: default, file, the variable's
// name, or command line.
func (c *Config) origin(path string) string {
	if c.rest == nil {
		return "program"
	}
	return c.rest.origins[path]
}

// printer keeps the first error, so that the rows need not look at it.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}

// printRows writes rows as nested groups. With an indent the rows are one
// element of a list, whose first line begins with a dash.
func printRows[T any](p *printer, t *T, rows []knob[T], indent string, origin func(path string) string) {
	group := ""
	for i, row := range rows {
		at := strings.LastIndexByte(row.path, '.') + 1
		if row.path[:at] != group {
			group = openGroup(p, indent, group, row.path[:at])
		}
		margin := indent
		if i == 0 && indent != "" {
			margin = indent[:len(indent)-2] + "- "
		}
		margin += strings.Repeat("  ", strings.Count(group, "."))
		line := margin + row.path[at:] + ": " + row.field(t).show()
		if origin != nil {
			line = fmt.Sprintf("%-44s # %s", line, origin(row.path))
		}
		p.line("%s", line)
	}
}

// openGroup writes the headings that lead from one group to the next.
func openGroup(p *printer, indent, from, to string) string {
	words := strings.Split(strings.TrimSuffix(to, "."), ".")
	prefix := ""
	for depth, word := range words {
		prefix += word + "."
		if to != "" && !strings.HasPrefix(from, prefix) {
			p.line("%s%s%s:", indent, strings.Repeat("  ", depth), word)
		}
	}
	return to
}
