package chart

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// US-SC-015, 032: "NetworkPolicy egress allows TCP only to the MNO's published SMPP
// IP:port", to the servers in use, and to nothing else.
func TestUSSC032NetworkPolicyOpensTheMnoAndTheServersAlone(t *testing.T) {
	p := must(t, two).policies["smpp-connector-awcc"]
	var got []string
	for _, rule := range p.Spec.Egress {
		if len(rule.To) == 0 || len(rule.Ports) == 0 {
			t.Errorf("a rule without an end opens everything: %+v", rule)
		}
		for _, port := range rule.Ports {
			for _, to := range rule.To {
				where := "pods"
				if to.IPBlock != nil {
					where = to.IPBlock.CIDR
				}
				got = append(got, fmt.Sprintf("%s %s:%d", *port.Protocol, where, port.Port.IntValue()))
			}
		}
	}
	want := []string{"TCP 203.0.113.10/32:2775", "TCP 203.0.113.11/32:2776", "UDP pods:53", "TCP pods:53", "TCP pods:4222", "TCP pods:6379", "TCP pods:5432", "TCP pods:4318", "TCP pods:3000"}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("opens %v\nwant  %v", got, want)
	}
	if len(p.Spec.PolicyTypes) != 2 || len(p.Spec.Ingress) != 1 || len(p.Spec.Ingress[0].From) != 1 {
		t.Errorf("ingress %+v", p.Spec.Ingress)
	}
	least := must(t, `mnos: [{name: awcc, smpp: [{cidr: 203.0.113.10/32, port: 2775}], directions: {trx: {}}}]
networkPolicy: {scrapers: []}`).policies["smpp-connector-awcc"]
	if len(least.Spec.Egress) != 3 || len(least.Spec.Ingress) != 0 {
		t.Errorf("without Redis, PostgreSQL, OTLP and a credentials service: %+v", least.Spec)
	}
	if off := must(t, two+"networkPolicy: {enabled: false}\n"); len(off.policies) != 0 {
		t.Errorf("disabled: %v", off.policies)
	}
}

// An MNO with several hosts, two of them at one address: each is opened by its port, and
// each address goes through the gateway once.
func TestAnMnoWithSeveralHosts(t *testing.T) {
	r := must(t, `mnos: [{name: awcc, smpp: [{cidr: 203.0.113.10/32, port: 2775}, {cidr: 203.0.113.10/32, port: 2776}, {cidr: "2001:db8::7/128", port: 2775}], egress: {ips: [198.51.100.7]}, directions: {trx: {}}}]
egressGateway: {kind: cilium}
`)
	var opened []string
	for _, rule := range r.policies["smpp-connector-awcc"].Spec.Egress {
		if block := rule.To[0].IPBlock; block != nil {
			opened = append(opened, fmt.Sprintf("%s %v", block.CIDR, rule.Ports[0].Port.IntValue()))
		}
	}
	if !slices.Equal(opened, []string{"203.0.113.10/32 2775", "203.0.113.10/32 2776", "2001:db8::7/128 2775"}) {
		t.Errorf("opens %v", opened)
	}
	if spec := fmt.Sprint(r.gateways[0]["spec"]); !strings.Contains(spec, "destinationCIDRs:[203.0.113.10/32 2001:db8::7/128]") {
		t.Errorf("%s", spec)
	}
}

// US-SC-032: the objects of an egress gateway choose the address by MNO.
func TestUSSC032EgressGateways(t *testing.T) {
	one := strings.SplitN(two, "  - name: roshan", 2)[0]
	if got := must(t, one).gateways; len(got) != 0 {
		t.Errorf("none is the default: %v", got)
	}
	cilium := must(t, one+"egressGateway: {kind: cilium, echoCidrs: [203.0.113.99/32]}\n").gateways
	if len(cilium) != 1 || fmt.Sprint(cilium[0]["spec"]) != "map[destinationCIDRs:[203.0.113.10/32 203.0.113.11/32 203.0.113.99/32] egressGateway:map[egressIP:198.51.100.7 nodeSelector:map[matchLabels:map[node-pool:np-data]]] "+
		"selectors:[map[podSelector:map[matchLabels:map[app.kubernetes.io/name:smpp-connector io.kubernetes.pod.namespace:messaging smpp-connector/mno:awcc]]]]]" {
		t.Errorf("%v", cilium)
	}
	ovn := must(t, one+"egressGateway: {kind: ovn}\n").gateways
	if len(ovn) != 1 || !strings.Contains(fmt.Sprint(ovn[0]["spec"]), "egressIPs:[198.51.100.7 198.51.100.8]") {
		t.Errorf("%v", ovn)
	}
	if _, err := render(two + "egressGateway: {kind: ovn}\n"); err == nil || !strings.Contains(err.Error(), "roshan has no egress.ips") {
		t.Errorf("an MNO without an address: %v", err)
	}
}
