package page

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"github.com/ghasi/smpp-connector/actors/lifecycle"
)

// The life-cycle drawing: a box for each state, where people look for it, and an arrow
// for each pair of states that the table of package lifecycle has rows for. Which
// box is lit is the style sheet's: the script names the state on the svg element.

type point struct{ x, y float64 }

// The drawing, in units of the view box.
const (
	drawingWidth, drawingHeight = 860, 450
	boxWidth, boxHeight         = 150, 44
	bow                         = 34 // how far an arrow bends to its left, so that there and back are apart
)

var places = map[lifecycle.State]point{
	lifecycle.Disconnected: {100, 200},
	lifecycle.Connecting:   {430, 50},
	lifecycle.Bound:        {760, 200},
	lifecycle.Unbinding:    {430, 350},
}

// lifeCycle draws the table.
func lifeCycle() template.HTML {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg id="life" class="life" viewBox="0 0 %d %d" role="img" aria-labelledby="life-title"><title id="life-title">The life cycle of a bind</title>`, drawingWidth, drawingHeight)
	b.WriteString(`<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 0 8 4 0 8z"/></marker></defs>`)
	for _, a := range lifecycle.Arrows() {
		if a.From == a.To {
			loop(&b, a)
		} else {
			arrow(&b, a)
		}
	}
	for _, s := range lifecycle.States() {
		p := places[s]
		fmt.Fprintf(&b, `<g class="state" data-state="%v"><rect x="%g" y="%g" width="%d" height="%d" rx="10"/><text x="%g" y="%g">%v</text><text class="sub" x="%g" y="%g"></text></g>`,
			s, p.x-boxWidth/2, p.y-boxHeight/2, boxWidth, boxHeight, p.x, p.y+5, s, p.x, p.y+15)
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String()) // of constants alone: names of states and events, and numbers
}

// arrow is a curve from box to box, its events beside it.
func arrow(b *strings.Builder, a lifecycle.Arrow) {
	from, to := places[a.From], places[a.To]
	dx, dy := to.x-from.x, to.y-from.y
	far := math.Hypot(dx, dy)
	nx, ny := dy/far, -dx/far // to the left of the way
	if a.From == lifecycle.Bound && a.To == lifecycle.Disconnected || a.From == lifecycle.Connecting && a.To == lifecycle.Unbinding {
		nx, ny = nx*0.01, ny*0.01 // these two cross in the middle, straight
	}
	mid := point{(from.x+to.x)/2 + nx*bow*2, (from.y+to.y)/2 + ny*bow*2}
	start, end := edge(from, mid), edge(to, mid)
	fmt.Fprintf(b, `<g class="arrow" data-from="%v"><path d="M%.1f %.1fQ%.1f %.1f %.1f %.1f" marker-end="url(#tip)"/>`, a.From, start.x, start.y, mid.x, mid.y, end.x, end.y)
	// The middle of the curve, and a little further out.
	at := point{(from.x+to.x)/2 + nx*bow, (from.y+to.y)/2 + ny*bow}
	switch {
	case a.From == lifecycle.Bound && a.To == lifecycle.Disconnected:
		label(b, a.On, point{from.x - 190, at.y - 9}, 2, "middle", above)
	case a.From == lifecycle.Connecting && a.To == lifecycle.Unbinding:
		label(b, a.On, point{at.x + 8, at.y + 66}, 2, "start", below)
	case ny < 0:
		label(b, a.On, point{at.x + nx*16, at.y + ny*16}, 2, anchor(nx), above)
	default:
		label(b, a.On, point{at.x + nx*16, at.y + ny*16 + 8}, 2, anchor(nx), below)
	}
	b.WriteString(`</g>`)
}

func anchor(nx float64) string {
	if nx < 0 {
		return "end"
	}
	return "start"
}

// loop is an arrow from a state to itself, below its box; right of the arrows that
// leave CONNECTING there.
func loop(b *strings.Builder, a lifecycle.Arrow) {
	p := places[a.From]
	x, y := p.x, p.y+boxHeight/2+3
	if a.From == lifecycle.Connecting {
		x += boxWidth / 3
	}
	fmt.Fprintf(b, `<g class="arrow" data-from="%v"><path d="M%g %gC%g %g %g %g %g %g" marker-end="url(#tip)"/>`, a.From, x-16, y, x-26, y+40, x+26, y+40, x+16, y)
	label(b, a.On, point{x, y + 46}, 2, "middle", below)
	b.WriteString(`</g>`)
}

// Where the lines of a label grow to.
const (
	below = iota
	above
)

// label writes the names of events, so many a line.
func label(b *strings.Builder, on []lifecycle.Event, at point, perLine int, anchor string, grows int) {
	if grows == above {
		at.y -= float64((len(on)-1)/perLine) * 14
	}
	fmt.Fprintf(b, `<text class="on" text-anchor="%s">`, anchor)
	for i := 0; i < len(on); i += perLine {
		var words []string
		for _, e := range on[i:min(i+perLine, len(on))] {
			words = append(words, e.String())
		}
		fmt.Fprintf(b, `<tspan x="%.1f" y="%.1f">%s</tspan>`, at.x, at.y+float64(i/perLine)*14, strings.Join(words, " · "))
	}
	b.WriteString(`</text>`)
}

// edge is where the line from a box's middle towards a point leaves the box.
func edge(box, towards point) point {
	dx, dy := towards.x-box.x, towards.y-box.y
	scale := math.Min((boxWidth/2+3)/math.Max(math.Abs(dx), 1e-9), (boxHeight/2+3)/math.Max(math.Abs(dy), 1e-9))
	return point{box.x + dx*scale, box.y + dy*scale}
}
