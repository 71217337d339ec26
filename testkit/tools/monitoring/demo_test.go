package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
)

// elsewhere are metrics that the demo's life does not emit: their labels hold what went
// wrong, or it has no TLS. Each is in the reference all the same.
var elsewhere = []string{
	"smpp_connector_bind_refused_total", "smpp_connector_dlq_total", "smpp_connector_unknown_outcome_total", "smpp_connector_actor_failures_total",
	"smpp_connector_protocol_violations_total", "smpp_connector_egress_budget_bytes", "smpp_maintenance", "smpp_bind_paused", "smpp_connector_host_failed_total", "smpp_connector_bind_elsewhere",
	"smpp_connector_tls_certificate_ends_timestamp_seconds",
}

// Issue 8, point 5: the queries are held against the metrics that a live demo really
// emits, with the labels that it emits them with.
func TestUSSC014QueriesAgainstALiveDemo(t *testing.T) {
	known, wanted := reference(t), map[string]string{} // where it is asked for, by metric
	for _, q := range slices.Concat(dashboardQueries(t), ruleQueries(t)) {
		e, err := parser.NewParser(parser.Options{}).ParseExpr(q.expr)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range metricsOf(e) {
			if !strings.Contains(name, ":") && name != "ALERTS" && !slices.Contains(elsewhere, name) { // rules' own, and the above
				wanted[name] = q.where
			}
		}
	}
	live := scrapeDemo(t, wanted)
	for name, where := range wanted {
		if _, there := live[name]; !there {
			t.Errorf("%s asks for %s, which the demo does not emit", where, name)
		}
	}
	for name, has := range live {
		want, there := known[name]
		if strings.HasPrefix(name, "go_") || strings.HasPrefix(name, "process_") || strings.HasPrefix(name, "promhttp_") {
			continue
		}
		if slices.Sort(want); !there || !slices.Equal(has, want) {
			t.Errorf("%s has the labels %v, deploy/METRICS.md says %v", name, has, want)
		}
		if slices.Contains(elsewhere, name) {
			t.Errorf("%s is emitted by a healthy demo: take it out of elsewhere", name)
		}
	}
}

// scrapeDemo runs `smpp-connector demo --keep` and returns the labels of what
// /metrics shows, sorted, by metric. Some come by and by (the lag is read every 10 s,
// owners and the stream's backlog are looked at after 30 s), so it looks again until all
// that is wanted is there, or for four minutes.
func scrapeDemo(t *testing.T, wanted map[string]string) (live map[string][]string) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "smpp-connector")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./cmd/smpp-connector")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 6*time.Minute)
	defer cancel()
	demo := exec.CommandContext(ctx, program, "demo", "--messages", "60", "--keep")
	demo.Env = append(os.Environ(), "TMPDIR="+t.TempDir())
	demo.Cancel = func() error { return demo.Process.Signal(syscall.SIGTERM) }
	out, err := demo.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := demo.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cancel()
		_ = demo.Wait() // it was told to end
	}()
	address := regexp.MustCompile(`metrics +(http://\S+)`)
	page := ""
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if m := address.FindStringSubmatch(lines.Text()); m != nil {
			page = m[1]
		}
		if strings.Contains(lines.Text(), "exactly once") { // the last line of the summary
			break
		}
	}
	if page == "" {
		t.Fatal("the demo says no address of /metrics")
	}
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for range 480 {
		live = seriesLabels(get(t, page))
		missing := false
		for name := range wanted {
			_, there := live[name]
			missing = missing || !there
		}
		if !missing {
			break
		}
		<-tick.C
	}
	return live
}

func get(t *testing.T, page string) string {
	t.Helper()
	response, err := http.Get(page)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// seriesLabels reads the names of metrics and labels out of Prometheus' text format.
func seriesLabels(text string) map[string][]string {
	live := map[string][]string{}
	series := regexp.MustCompile(`(?m)^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? \S+$`)
	label := regexp.MustCompile(`(\w+)="(?:[^"\\]|\\.)*"`)
	for _, s := range series.FindAllStringSubmatch(text, -1) {
		var names []string
		for _, l := range label.FindAllStringSubmatch(s[2], -1) {
			names = append(names, l[1])
		}
		slices.Sort(names)
		live[s[1]] = names
	}
	return live
}
