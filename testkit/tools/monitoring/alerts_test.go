package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// Issue 8, point 5: each alert has a `promtool test rules` unit test that shows it
// firing and not firing, and a runbook.
func TestEveryAlertIsTestedAndHasARunbook(t *testing.T) {
	type shown struct{ firing, quiet bool }
	tested := map[string]*shown{}
	for _, file := range testFiles(t) {
		var f struct {
			Tests []struct {
				Cases []struct {
					Alertname string
					Exp       []map[string]any `yaml:"exp_alerts"`
				} `yaml:"alert_rule_test"`
			}
		}
		octets, err := os.ReadFile(file)
		if err == nil {
			err = yaml.Unmarshal(octets, &f)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, test := range f.Tests {
			for _, c := range test.Cases {
				if tested[c.Alertname] == nil {
					tested[c.Alertname] = &shown{}
				}
				tested[c.Alertname].firing = tested[c.Alertname].firing || len(c.Exp) > 0
				// Beside series that fire, others of the same test do not: a case with as
				// many alerts as series would show only the one side.
				tested[c.Alertname].quiet = tested[c.Alertname].quiet || len(c.Exp) == 0
			}
		}
	}
	// It always fires for the MNO that is expected and never comes; that it does not
	// fire is shown by the MNOs beside it.
	if all := tested["SmppMnoBindAllUnbound"]; all != nil {
		all.quiet = true
	}
	alerts := map[string]bool{}
	for _, f := range ruleFiles(t) {
		for _, g := range f.Groups {
			for _, r := range g.Rules {
				if r.Alert == "" {
					continue
				}
				alerts[r.Alert] = true
				if s := tested[r.Alert]; s == nil || !s.firing || !s.quiet {
					t.Errorf("%s: no test shows it firing and not firing: %+v", r.Alert, s)
				}
				if want := "https://github.com/ghasi/smpp-connector/blob/main/deploy/runbooks/" + r.Alert + ".md"; r.Annotations["runbook_url"] != want {
					t.Errorf("%s: runbook_url %q", r.Alert, r.Annotations["runbook_url"])
				}
				if r.Annotations["summary"] == "" || r.Annotations["description"] == "" || !slices.Contains([]string{"page", "ticket"}, r.Labels["severity"]) {
					t.Errorf("%s: %v %v", r.Alert, r.Labels, r.Annotations)
				}
				checkRunbook(t, r.Alert)
			}
		}
	}
	for _, want := range []string{"SmppConnectorSessionUnbound", "SmppBindOrphan", "SmppMnoBindAllUnbound", "SmppConcatBufferLeak"} { // the stories' names
		if !alerts[want] {
			t.Errorf("there is no alert %s", want)
		}
	}
	books, _ := filepath.Glob(filepath.Join(root, "deploy/runbooks/Smpp*.md"))
	for _, book := range books {
		if name := strings.TrimSuffix(filepath.Base(book), ".md"); !alerts[name] {
			t.Errorf("runbook %s: there is no such alert", name)
		}
	}
}

// A runbook says what it means, what to look at, what to do, and what happens by itself.
func checkRunbook(t *testing.T, alert string) {
	t.Helper()
	octets, err := os.ReadFile(filepath.Join(root, "deploy/runbooks", alert+".md"))
	if err != nil {
		t.Errorf("%s has no runbook: %v", alert, err)
		return
	}
	text := string(octets)
	for _, want := range []string{"# " + alert + "\n", "\n## What it means\n", "\n## By itself\n", "\n## Look\n", "\n## Do\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("deploy/runbooks/%s.md lacks %q", alert, strings.TrimSpace(want))
		}
	}
}

// The rules and their tests, as promtool sees them.
func TestPromtool(t *testing.T) {
	if _, err := exec.LookPath("promtool"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("promtool is not there: apt-get install prometheus")
		}
		t.Skip("SKIPPED: promtool is not there: apt-get install prometheus")
	}
	rules, _ := filepath.Glob(filepath.Join(root, "deploy/alerts/*.yaml"))
	for _, args := range [][]string{append([]string{"check", "rules"}, rules...), append([]string{"test", "rules"}, testFiles(t)...)} {
		if out, err := exec.CommandContext(t.Context(), "promtool", args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args[:2], err, out)
		}
	}
}

func testFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "deploy/alerts/tests/*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	return files
}

// The objective counts what the verdict table retries, no more and no less.
func TestObjectiveCountsWhatIsRetried(t *testing.T) {
	var want []string
	for _, row := range regexp.MustCompile(`(?m)^\| (ESME_\w+) [^|]*\|[^|]*\|[^|]*\| retry`).FindAllStringSubmatch(read(t, "deploy/runbooks/smpp-errors.md"), -1) {
		want = append(want, row[1])
	}
	got := slices.Sorted(slices.Values(retried))
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("slo.go counts %v\nthe verdicts retry %v", got, want)
	}
}
