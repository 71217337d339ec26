package concat

import (
	"slices"
	"testing"

	"github.com/ghasi/smpp-connector/actors/port"
)

// US-SC-025: parts in any order; what is missing is named.
func TestUSSC025PartsInAnyOrder(t *testing.T) {
	g := port.ConcatGroup{Key: port.ConcatKey{Total: 3}, Parts: []port.ConcatPart{{Index: 3, Body: []byte("c")}, {Index: 1, Body: []byte("a")}}}
	if Whole(g) {
		t.Error("whole without part 2")
	}
	if got := Missing(g); !slices.Equal(got, []uint32{2}) {
		t.Errorf("missing %v", got)
	}
	g.Parts = append(g.Parts, port.ConcatPart{Index: 2, Body: []byte("b")})
	if !Whole(g) || Missing(g) != nil {
		t.Error("not whole with all three")
	}
	var text string
	for _, p := range InOrder(g) {
		text += string(p.Body)
	}
	if text != "abc" {
		t.Errorf("%q", text)
	}
}

func TestPartsThatBelongNowhere(t *testing.T) {
	for _, c := range []struct {
		total, index uint8
		want         bool
	}{{1, 1, true}, {255, 255, true}, {3, 0, false}, {3, 4, false}, {0, 0, false}} {
		if got := Valid(c.total, c.index); got != c.want {
			t.Errorf("part %d of %d: %v", c.index, c.total, got)
		}
	}
}
