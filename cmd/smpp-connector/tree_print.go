package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/ghasi/smpp-connector/actors/vitals"
	"github.com/ghasi/smpp-connector/infra/page"
)

// treeView draws a tree for people.
type treeView struct {
	words  []string // a bind is shown when all of them are in what is said of it; none: every one
	all    bool     // the actors below binds too
	colour bool
}

// print draws the whole tree: the head, then each actor on a line below its parent.
func (t treeView) print(w io.Writer, v *page.View) error {
	var b strings.Builder
	t.head(&b, v)
	below := map[string][]*vitals.Actor{}
	for i := range v.Actors {
		a := &v.Actors[i]
		if t.shows(a, v) {
			p := parentOf(a.Path, v)
			below[p] = append(below[p], a)
		}
	}
	t.branch(&b, v, below, "", "")
	_, err := io.WriteString(w, b.String())
	return err
}

func (t treeView) branch(b *strings.Builder, v *page.View, below map[string][]*vitals.Actor, parent, indent string) {
	children := below[parent]
	for i, a := range children {
		joint, next := "├─ ", "│  "
		if i == len(children)-1 {
			joint, next = "└─ ", "   "
		}
		if parent == "" {
			joint, next = "", ""
		}
		fmt.Fprintf(b, "%s%s%s\n", indent, joint, t.line(a, v))
		if a.Bind != nil {
			if why := whyOf(a.Bind, v.At); why != "" {
				fmt.Fprintf(b, "%s%s     %s\n", indent, next, t.paint(a.Bind.Severity(), why))
			}
		}
		t.branch(b, v, below, a.Path, indent+next)
	}
}

// redraw draws what fits the terminal over what was there: the ill binds first. What
// is no terminal gets one drawing after the other.
func (t treeView) redraw(w io.Writer, v *page.View) error {
	lines := height(w)
	if lines == 0 {
		return t.print(w, v)
	}
	var b strings.Builder
	t.head(&b, v)
	for _, a := range t.binds(v) {
		fmt.Fprintln(&b, t.line(a, v))
		if why := whyOf(a.Bind, v.At); why != "" {
			fmt.Fprintf(&b, "     %s\n", t.paint(a.Bind.Severity(), why))
		}
	}
	drawn := strings.SplitAfter(strings.TrimSuffix(b.String(), "\n"), "\n")
	more := ""
	if room := max(lines-2, 1); len(drawn) > room {
		more = fmt.Sprintf("\n… %d lines more: a larger window, or words to find binds by", len(drawn)-room)
		drawn = drawn[:room]
	}
	text := strings.TrimSuffix(strings.Join(drawn, ""), "\n") + more
	// Home; each line wiped to its end; the rest of the screen wiped.
	_, err := io.WriteString(w, "\x1b[H"+strings.ReplaceAll(text, "\n", "\x1b[K\n")+"\x1b[K\x1b[J")
	return err
}

// binds are the binds to show, the ill first, then by name.
func (t treeView) binds(v *page.View) (out []*vitals.Actor) {
	for i := range v.Actors {
		if a := &v.Actors[i]; a.Bind != nil && t.fits(a.Bind) {
			out = append(out, a)
		}
	}
	slices.SortStableFunc(out, func(a, b *vitals.Actor) int {
		return cmp.Or(cmp.Compare(a.Bind.Severity(), b.Bind.Severity()), cmp.Compare(a.Bind.MNO, b.Bind.MNO),
			cmp.Compare(a.Bind.Direction, b.Bind.Direction), cmp.Compare(a.Bind.Number, b.Bind.Number))
	})
	return out
}

func (t treeView) head(b *strings.Builder, v *page.View) {
	ready := "ready"
	if !v.Ready {
		ready = "not ready"
	}
	states, count := map[string]int{}, 0
	for i := range v.Actors {
		if bind := v.Actors[i].Bind; bind != nil {
			states[bind.State]++
			count++
		}
	}
	names := slices.SortedFunc(func(yield func(string) bool) {
		for name := range states {
			if !yield(name) {
				return
			}
		}
	}, func(a, b string) int {
		return cmp.Or(cmp.Compare((&vitals.Bind{State: a}).Severity(), (&vitals.Bind{State: b}).Severity()), cmp.Compare(a, b))
	})
	fmt.Fprintf(b, "%s %s · %s · %s", unarmed(v.Pod), unarmed(v.Version), ready, amount(count, "bind"))
	for _, name := range names {
		fmt.Fprintf(b, " · %s", t.paint((&vitals.Bind{State: name}).Severity(), fmt.Sprintf("%d %s", states[name], name)))
	}
	b.WriteString("\n")
	for _, reason := range v.Reasons {
		fmt.Fprintf(b, "  %s\n", t.paint(vitals.Trouble, unarmed(reason)))
	}
}

// shows reports whether an actor is drawn.
func (t treeView) shows(a *vitals.Actor, v *page.View) bool {
	if a.Bind != nil {
		return t.fits(a.Bind)
	}
	bind := bindAbove(a.Path, v)
	if bind == nil {
		return len(t.words) == 0 || a.Kind == "connector" || a.Kind == "operator"
	}
	return t.all && t.fits(bind)
}

func (t treeView) fits(b *vitals.Bind) bool {
	said := strings.ToLower(strings.Join([]string{b.Bind, strings.ReplaceAll(b.Bind, ".", "/"), b.OperatorID, b.Owner, b.State, b.Order, b.LimitedBy, whyOf(b, time.Time{})}, "\n"))
	for _, word := range t.words {
		if !strings.Contains(said, strings.ToLower(word)) {
			return false
		}
	}
	return true
}

// parentOf is the path of the nearest actor above that is there.
func parentOf(path string, v *page.View) string {
	for cut := strings.LastIndexByte(path, '/'); cut > 0; cut = strings.LastIndexByte(path, '/') {
		path = path[:cut]
		if find(path, v) != nil {
			return path
		}
	}
	return ""
}

func bindAbove(path string, v *page.View) *vitals.Bind {
	if a := find(parentOf(path, v), v); a != nil {
		return a.Bind
	}
	return nil
}

// find returns the actor of a path. The actors are in the order of their paths.
func find(path string, v *page.View) *vitals.Actor {
	i, ok := slices.BinarySearchFunc(v.Actors, path, func(a vitals.Actor, path string) int { return cmp.Compare(a.Path, path) })
	if !ok {
		return nil
	}
	return &v.Actors[i]
}
