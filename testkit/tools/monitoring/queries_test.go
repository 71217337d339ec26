package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"
)

const root = "../../.."

func TestFilesAreUpToDate(t *testing.T) {
	if err := run(root, true); err != nil {
		t.Error(err)
	}
}

// asked is one query and where it stands.
type asked struct{ where, expr string }

// Every query is PromQL, asks for metrics that deploy/METRICS.md has, and for labels
// that they have: a renamed metric breaks this test and not a panel at 3 a.m.
func TestEveryQueryAsksForWhatThereIs(t *testing.T) {
	known := reference(t)
	queries := slices.Concat(dashboardQueries(t), ruleQueries(t))
	if len(queries) < 60 {
		t.Fatalf("%d queries found: this test looks in the wrong place", len(queries))
	}
	for _, q := range queries {
		for _, complaint := range complaints(q.expr, known) {
			t.Errorf("%s: %s\n%s", q.where, complaint, q.expr)
		}
	}
}

// The check itself sees what is wrong.
func TestComplaintsAreMade(t *testing.T) {
	known := map[string][]string{"a_total": {"mno"}, "b_seconds_bucket": {"mno", "le"}}
	for expr, want := range map[string]string{
		`rate(a_total[5m]`:                                 "parse error",
		`rate(c_total[5m])`:                                "no metric c_total",
		`a_total{direction="tx"}`:                          "has no label direction",
		`sum by (bindId) (rate(a_total[5m]))`:              "no label bindId",
		`sum by (mno, le) (rate(b_seconds_bucket[5m]))`:    "",
		`sum by (instance) (a_total{job="x", mno="awcc"})`: "",
	} {
		if got := strings.Join(complaints(expr, known), "; "); want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", expr, got, want)
		}
	}
}

// target are the labels that scraping adds.
var target = []string{"instance", "job", "pod", "namespace"}

// complaints parses a query and holds it against what is known: labels by metric.
func complaints(expr string, known map[string][]string) (all []string) {
	e, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
	if err != nil {
		return []string{"parse error: " + err.Error()}
	}
	parser.Inspect(e, func(node parser.Node, _ []parser.Node) error {
		switch n := node.(type) {
		case *parser.VectorSelector:
			has, there := known[n.Name]
			if !there {
				all = append(all, "there is no metric "+n.Name)
				return nil
			}
			for _, m := range n.LabelMatchers {
				if m.Name != labels.MetricName && !slices.Contains(has, m.Name) && !slices.Contains(target, m.Name) {
					all = append(all, n.Name+" has no label "+m.Name)
				}
			}
		case *parser.AggregateExpr:
			var below []string
			for _, name := range metricsOf(n) {
				below = append(below, known[name]...)
			}
			for _, label := range n.Grouping {
				if !slices.Contains(below, label) && !slices.Contains(target, label) {
					all = append(all, "groups by "+label+", and below there is no label "+label)
				}
			}
		}
		return nil
	})
	return all
}

// metricsOf are the metrics that an expression asks for.
func metricsOf(e parser.Node) (names []string) {
	parser.Inspect(e, func(node parser.Node, _ []parser.Node) error {
		if s, ok := node.(*parser.VectorSelector); ok {
			names = append(names, s.Name)
		}
		return nil
	})
	return names
}

// reference is labels by metric: of deploy/METRICS.md, of the recording rules, and
// the few of Go and Prometheus themselves that are asked for.
func reference(t *testing.T) map[string][]string {
	t.Helper()
	known := map[string][]string{
		"process_cpu_seconds_total": {}, "process_resident_memory_bytes": {},
		"ALERTS":                      {"alertname", "alertstate", "severity", "mno", "direction", "bindId"},
		"smpp_connector:mno:expected": {"mno"},
	}
	for _, s := range slos {
		for _, w := range windows {
			known[s.record(w)] = []string{"mno"}
		}
	}
	line := regexp.MustCompile("(?m)^\\| \\**`([a-z_]+)`\\** \\| (\\w+) \\| [^|]* \\| ([^|]*) \\|")
	text := read(t, "deploy/METRICS.md")
	for _, m := range line.FindAllStringSubmatch(text, -1) {
		has := strings.Split(m[3], ", ")
		known[m[1]] = has
		if m[2] == "histogram" {
			delete(known, m[1])
			known[m[1]+"_bucket"], known[m[1]+"_count"], known[m[1]+"_sum"] = append([]string{"le"}, has...), has, has
		}
	}
	return known
}

// dashboardQueries are the targets, annotations and variables of every dashboard,
// with something in place of Grafana's variables.
func dashboardQueries(t *testing.T) (queries []asked) {
	t.Helper()
	grafana := strings.NewReplacer("$__rate_interval", "5m", "$mno", "awcc", "$direction", "trx", "$bindId", "1", "$pool", "awcc")
	values := regexp.MustCompile(`^label_values\((.+), (\w+)\)$`)
	for name := range dashboards() {
		var d struct {
			Panels []struct {
				Title   string
				Targets []struct{ Expr string }
			}
			Templating struct {
				List []struct{ Type, Query string }
			}
			Annotations struct{ List []struct{ Expr string } }
		}
		if err := json.Unmarshal([]byte(read(t, "deploy/dashboards/"+name+".json")), &d); err != nil {
			t.Fatal(err)
		}
		add := func(what, expr string) {
			if expr = grafana.Replace(expr); strings.Contains(expr, "$") {
				t.Errorf("%s, %s: a variable that the dashboard does not have: %s", name, what, expr)
			}
			queries = append(queries, asked{name + ", " + what, expr})
		}
		for _, p := range d.Panels {
			for _, target := range p.Targets {
				add(p.Title, target.Expr)
			}
		}
		for _, v := range d.Templating.List {
			if v.Type == "query" {
				m := values.FindStringSubmatch(v.Query)
				add("variable", fmt.Sprintf("count by (%s) (%s)", m[2], m[1]))
			}
		}
		for _, a := range d.Annotations.List {
			add("annotation", a.Expr)
		}
	}
	return queries
}

// ruleFile is a file of alerting and recording rules.
type ruleFile struct {
	Groups []struct {
		Name  string
		Rules []struct {
			Alert, Record, Expr string
			Labels, Annotations map[string]string
		}
	}
}

func ruleFiles(t *testing.T) map[string]ruleFile {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "deploy/alerts/*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	all := map[string]ruleFile{}
	for _, file := range files {
		var f ruleFile
		octets, err := os.ReadFile(file)
		if err == nil {
			err = yaml.Unmarshal(octets, &f)
		}
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(file)] = f
	}
	return all
}

func ruleQueries(t *testing.T) (queries []asked) {
	t.Helper()
	for file, f := range ruleFiles(t) {
		for _, g := range f.Groups {
			for _, r := range g.Rules {
				queries = append(queries, asked{file + ", " + r.Alert + r.Record, r.Expr})
			}
		}
	}
	return queries
}

func read(t *testing.T, name string) string {
	t.Helper()
	octets, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(octets)
}
