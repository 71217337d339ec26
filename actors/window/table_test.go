package window

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the goldens again")

// Issue 4, point 1: every state × event, and what it comes to, is in the golden.
func TestEveryPairOfTheTable(t *testing.T) {
	var b strings.Builder
	for from := range states {
		for e := range events {
			for kept := Open; kept < states; kept++ {
				if from != Closed && kept != Open {
					continue // only a closed window looks at what it was
				}
				to, ok := next(from, e, kept)
				was := ""
				if from == Closed {
					was = "was " + kept.String()
				}
				if !ok && to != from {
					t.Errorf("%v × %v has no row and leads to %v", from, e, to)
				}
				fmt.Fprintf(&b, "%-15v%-19s%-14v%v\n", from, was, e, map[bool]any{true: to, false: "-"}[ok])
			}
		}
	}
	golden(t, "testdata/table.golden", b.String())
}

// No state is a dead end.
func TestNoStateWithoutAWayOut(t *testing.T) {
	for from := range states {
		out := 0
		for e := range events {
			if to, _ := next(from, e, Open); to != from {
				out++
			}
		}
		if out == 0 {
			t.Errorf("%v has no way out", from)
		}
	}
}

// The window does what its rows say, and nothing else turns it: the test brings each
// event about as the MNO and the line do.
func TestTheWindowFollowsItsTable(t *testing.T) {
	bring := [events]func(w *Window){
		Linked: func(w *Window) { w.OpenUp() },
		Shut:   func(w *Window) { w.Close() },
		SubmitsFailed: func(w *Window) {
			for range failsToHalfClose {
				w.Answered(failed, t0, t0)
			}
		},
		ProbeAccepted: func(w *Window) { w.Answered(accepted, after(1), after(1)) },
		QueueFull:     func(w *Window) { w.Answered(full, t0, t0) },
		Rested:        func(w *Window) { w.Release(0, t0); w.Tick(after(60)) },
	}
	reach := [states]func() Window{
		Closed:       func() Window { return New(10) },
		Open:         func() Window { return opened(10) },
		HalfClosedTX: func() Window { w := opened(10); bring[SubmitsFailed](&w); return w },
		Draining:     func() Window { w := opened(10); bring[QueueFull](&w); return w },
	}
	for from := range states {
		for e := range events {
			w := reach[from]()
			if w.State() != from {
				t.Fatalf("%v instead of %v", w.State(), from)
			}
			if from == Closed && e != Linked && e != Shut {
				continue // no answers without a line
			}
			bring[e](&w)
			if want, _ := next(from, e, Open); w.State() != want {
				t.Errorf("%v × %v: %v, want %v", from, e, w.State(), want)
			}
		}
	}
	for kept := HalfClosedTX; kept < states; kept++ {
		w := reach[kept]()
		w.Close()
		if closed := w.State(); closed != Closed {
			t.Errorf("%v without a line", closed)
		}
		if w.OpenUp(); w.State() != kept {
			t.Errorf("%v over a reconnect: %v", kept, w.State())
		}
	}
}

func TestDrawingIsInARCHITECTURE(t *testing.T) {
	drawing := Mermaid()
	golden(t, "testdata/drawing.golden", drawing)
	architecture, err := os.ReadFile("../../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(architecture), "```mermaid\n"+drawing+"```") {
		t.Error("the drawing in ARCHITECTURE.md is not the table's: paste testdata/drawing.golden")
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test -update writes it again):\n%s", name, got)
	}
}
