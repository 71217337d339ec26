// Command monitoring writes what is watched with: the dashboards, the rules of the
// service level objectives, and the copies of both that the Helm chart carries
// (Helm reads no file outside of a chart).
//
//	deploy/dashboards/*.json    from the tables in overview.go, pool.go, egress.go
//	deploy/alerts/slo.yaml      from the table in slo.go
//	deploy/helm/smpp-connector/files/   copies, of deploy/alerts/smpp-connector.yaml too
//
// Dashboards are built with Grafana's own SDK, so that their JSON is what Grafana
// expects; every query is parsed with Prometheus' own parser and held against the
// metrics of a live demo (queries_test.go), every file against Grafana's schema
// (schema_test.go). No Grafana has drawn them here: whether a panel looks well is unknown.
//
//	cd testkit/tools && go run ./monitoring          write the files
//	cd testkit/tools && go run ./monitoring -check   compare only: exit 1 when one differs
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

const chart = "deploy/helm/smpp-connector/files/"

func main() {
	root := flag.String("root", "../..", "the root of the module github.com/ghasi/smpp-connector, seen from here")
	check := flag.Bool("check", false, "compare with the committed files and write nothing")
	flag.Parse()
	if err := run(*root, *check); err != nil {
		fmt.Fprintln(os.Stderr, "monitoring:", err)
		os.Exit(1)
	}
}

func run(root string, check bool) error {
	files, err := allFiles(root)
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(root, filepath.FromSlash(name))
		if check {
			if have, err := os.ReadFile(path); err != nil || !bytes.Equal(have, files[name]) {
				errs = append(errs, fmt.Errorf("%s is not what testkit/tools/monitoring makes: run `make generate` and commit it", name))
			}
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, files[name], 0o644); err != nil {
			return err
		}
	}
	return errors.Join(errs...)
}

// allFiles is every file, by its path from the root.
func allFiles(root string) (map[string][]byte, error) {
	files := map[string][]byte{"deploy/alerts/slo.yaml": sloRules()}
	for name, build := range dashboards() {
		d, err := build.Build()
		if err != nil {
			return nil, fmt.Errorf("dashboard %s: %w", name, err)
		}
		for i := range d.Panels { // else they are all 0, and a link to one leads anywhere
			id := uint32(i + 1)
			if p := d.Panels[i].Panel; p != nil {
				p.Id = &id
			} else {
				d.Panels[i].RowPanel.Id = id
			}
		}
		text, err := json.MarshalIndent(d, "", "  ")
		if err != nil {
			return nil, err
		}
		files["deploy/dashboards/"+name+".json"] = append(text, '\n')
	}
	for name, text := range maps.Clone(files) {
		files[chart+filepath.Base(filepath.Dir(name))+"/"+filepath.Base(name)] = text
	}
	alerts, err := os.ReadFile(filepath.Join(root, "deploy", "alerts", "smpp-connector.yaml"))
	files[chart+"alerts/smpp-connector.yaml"] = alerts
	return files, err
}

func dashboards() map[string]*dashboard.DashboardBuilder {
	return map[string]*dashboard.DashboardBuilder{
		"smpp-connector": overview(), "smpp-connector-mno": pool(), "smpp-connector-egress": egress(),
	}
}
