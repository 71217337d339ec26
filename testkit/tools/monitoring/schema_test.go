package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// Issue 8, point 5: nobody has seen the dashboards in a Grafana here, so their files are
// held to Grafana's own schema: every member is one that it has, of its type, the options
// of each kind of panel and query too; and to what the schema cannot say.
func TestDashboardsAreWhatGrafanaTakes(t *testing.T) {
	files, err := filepath.Glob(root + "/deploy/dashboards/*.json")
	if err != nil || len(files) < 3 {
		t.Fatalf("%d dashboards: %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, complaint := range faults(text) {
			t.Errorf("%s: %s", filepath.Base(file), complaint)
		}
	}
}

// faults is what is wrong with a dashboard's JSON.
func faults(text []byte) (all []string) {
	plugins.RegisterDefaultPlugins()
	var d dashboard.Dashboard
	if err := d.UnmarshalJSONStrict(text); err != nil {
		return []string{"the schema: " + err.Error()}
	}
	if err := d.Validate(); err != nil {
		all = append(all, "the schema's rules: "+err.Error())
	}
	var laid layout
	if err := json.Unmarshal(text, &laid); err != nil {
		return append(all, err.Error())
	}
	return append(all, laid.faults(string(text))...)
}

// layout is the part of a dashboard that is looked at beyond the schema.
type layout struct {
	Panels     []panelPlace
	Templating struct{ List []struct{ Name string } }
}

type panelPlace struct {
	ID      int
	Title   string
	Type    string
	Targets []struct{ RefID string }
	GridPos struct{ X, Y, W, H int }
	Panels  []panelPlace // of a row that is folded
}

// asksVariable finds $name and ${name:format}; Grafana's own begin with two underscores.
var asksVariable = regexp.MustCompile(`\$\{?([A-Za-z]\w*)`)

func (l *layout) faults(text string) (all []string) {
	ids, taken := map[int]string{}, map[[2]int]string{}
	place := func(p panelPlace) {
		if other, twice := ids[p.ID]; twice || p.ID == 0 {
			all = append(all, fmt.Sprintf("panel %q has the id %d of %q", p.Title, p.ID, other))
		}
		ids[p.ID] = p.Title
		queries := map[string]bool{}
		for _, q := range p.Targets {
			if queries[q.RefID] || q.RefID == "" {
				all = append(all, fmt.Sprintf("panel %q has two queries %q", p.Title, q.RefID))
			}
			queries[q.RefID] = true
		}
		if g := p.GridPos; g.W < 1 || g.H < 1 || g.X < 0 || g.X+g.W > 24 {
			all = append(all, fmt.Sprintf("panel %q is not within the 24 columns: %+v", p.Title, g))
		}
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				at := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				if other, there := taken[at]; there {
					all = append(all, fmt.Sprintf("panel %q covers %q", p.Title, other))
					return
				}
				taken[at] = p.Title
			}
		}
	}
	for _, p := range l.Panels {
		place(p)
		for _, folded := range p.Panels {
			place(folded)
		}
	}
	known := map[string]bool{}
	for _, v := range l.Templating.List {
		known[v.Name] = true
	}
	for _, asked := range asksVariable.FindAllStringSubmatch(text, -1) {
		if !known[asked[1]] {
			known[asked[1]] = true // told once
			all = append(all, "nothing defines $"+asked[1])
		}
	}
	return all
}

// The check itself sees what is wrong.
func TestFaultsOfADashboardAreFound(t *testing.T) {
	good, err := os.ReadFile(root + "/deploy/dashboards/smpp-connector-mno.json")
	if err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string][2]string{
		"colour":        {`"editable": false,`, `"editable": false, "colour": "red",`},
		"schema":        {`"editable": false,`, `"editable": "no",`},
		"instantly":     {`"instant": true,`, `"instantly": true,`},
		"24 columns":    {`"w": 24,`, `"w": 25,`},
		"$nobody":       {`$direction`, `$nobody`},
		"has the id 1 ": {`"id": 2,`, `"id": 1,`},
	} {
		bad := strings.Replace(string(good), change[0], change[1], 1)
		if bad == string(good) {
			t.Errorf("%s is not in the dashboard", change[0])
		}
		if got := strings.Join(faults([]byte(bad)), "; "); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", change[1], got, want)
		}
	}
}
