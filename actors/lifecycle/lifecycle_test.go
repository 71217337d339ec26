package lifecycle

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the goldens again")

// Every state × event, legal or not, is in the golden: a new row is a diff that
// somebody must be able to explain.
func TestEveryPairOfTheTable(t *testing.T) {
	var b strings.Builder
	for s := range states {
		for e := range events {
			to, do, err := Next(s, e)
			var illegal *IllegalTransition
			switch {
			case errors.As(err, &illegal):
				if to != s || do != nil {
					t.Errorf("%v × %v is illegal and changed something", s, e)
				}
				fmt.Fprintf(&b, "%-13v %-14v illegal\n", s, e)
			case err != nil:
				t.Fatal(err)
			default:
				fmt.Fprintf(&b, "%-13v %-14v %-13v %v\n", s, e, to, do)
			}
		}
	}
	golden(t, "testdata/table.golden", b.String())
}

// No state is a dead end, and none is left for ever without an event that a
// timer or the network is bound to bring.
func TestNoStateWithoutAWayOut(t *testing.T) {
	for s := range states {
		out := 0
		for e := range events {
			if to, _, err := Next(s, e); err == nil && to != s {
				out++
			}
		}
		if out == 0 {
			t.Errorf("%v has no way out", s)
		}
	}
}

// US-SC-005: 5 000, 10 000, 20 000, 40 000, 60 000 ms, capped; attempts 1–6.
func TestUSSC005BackoffDelays(t *testing.T) {
	for i, want := range []int{5000, 10000, 20000, 40000, 60000, 60000} {
		if got := Backoff(i+1, nil); got != time.Duration(want)*time.Millisecond {
			t.Errorf("attempt %d: %v, want %d ms", i+1, got, want)
		}
	}
	if got := Backoff(0, nil); got != 5*time.Second {
		t.Errorf("attempt 0: %v", got)
	}
	if got := Backoff(9, []time.Duration{time.Second}); got != time.Second {
		t.Errorf("own schedule: %v", got)
	}
}

func TestDrawingNamesEveryState(t *testing.T) {
	drawing := Mermaid()
	for s := range states {
		if !strings.Contains(drawing, s.String()) {
			t.Errorf("%v is not in the drawing", s)
		}
	}
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
