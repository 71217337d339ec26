package chart

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/labels"
)

// The objects for the Prometheus operator and for Grafana: the same rules and
// dashboards as in deploy/alerts and deploy/dashboards, and which MNOs are expected.
func TestUSSC021MonitoringObjects(t *testing.T) {
	if r := must(t, two); len(r.serviceMonitors)+len(r.rules)+len(r.configMaps) != 0 {
		t.Errorf("they are options: %v %v %v", r.serviceMonitors, r.rules, r.configMaps)
	}
	r := must(t, two+`
serviceMonitor: {enabled: true, labels: {release: prometheus}}
prometheusRule: {enabled: true, runbooks: "https://runbooks.example/sms"}
dashboards: {enabled: true}
`)
	monitor := r.serviceMonitors[0]
	if !labels.SelectorFromSet(monitor.Spec.Selector.MatchLabels).Matches(labels.Set(r.services[0].Labels)) || monitor.Spec.Endpoints[0].Port != r.services[0].Spec.Ports[0].Name || monitor.Labels["release"] != "prometheus" {
		t.Errorf("the ServiceMonitor does not find the Service: %+v", monitor.Spec)
	}
	expected, alerts := map[string]string{}, map[string]string{}
	for _, group := range r.rules[0].Spec.Groups {
		for _, rule := range group.Rules {
			if rule.Record == "smpp_connector:mno:expected" {
				expected[rule.Labels["mno"]] = rule.Expr.StrVal
			}
			if rule.Alert != "" {
				alerts[rule.Alert] = rule.Annotations["runbook_url"]
				if !strings.Contains(rule.Annotations["summary"], "{{ $labels.") {
					t.Errorf("%s: Helm has read Prometheus' template: %s", rule.Alert, rule.Annotations["summary"])
				}
			}
		}
	}
	if want := map[string]string{"awcc": "vector(1)", "roshan": "vector(1)"}; !maps.Equal(expected, want) {
		t.Errorf("expected MNOs %v", expected)
	}
	for _, name := range []string{"SmppConnectorSessionUnbound", "SmppMnoBindAllUnbound", "SmppSubmitSuccessBurn"} {
		if alerts[name] != "https://runbooks.example/sms/"+name+".md" {
			t.Errorf("%s: runbook %q", name, alerts[name])
		}
	}
	if len(r.configMaps) != 3 {
		t.Errorf("%d dashboards", len(r.configMaps))
	}
	for name, c := range r.configMaps {
		for file, text := range c.Data {
			if c.Labels["grafana_dashboard"] != "1" || !json.Valid([]byte(text)) {
				t.Errorf("%s: %s is not JSON, or not labelled", name, file)
			}
		}
	}
}
