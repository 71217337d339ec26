package config

import (
	"slices"
	"testing"
)

func TestSeveralHosts(t *testing.T) {
	t.Setenv("OPERATOR_IDS", "awcc")
	t.Setenv("SMPP_HOSTS", "a.example:2775, [2001:db8::7]:2776")
	t.Setenv("SMPP_HOST_ORDER", "Spread")
	t.Setenv("SMPP_SYSTEM_ID", "s")
	t.Setenv("SMPP_PASSWORD", "p")
	o := load(t, "", nil).Operators[0]
	if got := o.Endpoints(); !slices.Equal(got, []string{"a.example:2775", "[2001:db8::7]:2776"}) || o.HostOrder != HostsSpread {
		t.Errorf("%v in order %q", got, o.HostOrder)
	}
	one := Operator{Host: "2001:db8::7", Port: 2775}
	if got := one.Endpoints(); !slices.Equal(got, []string{"[2001:db8::7]:2775"}) {
		t.Errorf("one host: %v", got)
	}
	if got := (&Operator{}).Endpoints(); got != nil {
		t.Errorf("no host: %v", got)
	}
}

// US-SC-002: hosts of an answer take the place of the operator's own host and port, and
// the other way round.
func TestUSSC002HostsOfAnAnswer(t *testing.T) {
	c := load(t, `
operators:
  - {id: one, host: h, port: 1, systemId: s, password: p}
  - {id: more, hosts: ["a:1", "b:1"], systemId: s, password: p}
`, nil)
	for i, answer := range []Credentials{{Hosts: []string{"c:1", "d:1"}, HostOrder: HostsSpread}, {Host: "c", Port: 1}} {
		merged, err := c.Operators[i].Merge(answer)
		if err != nil {
			t.Error(err)
		}
		if got, want := merged.Endpoints(), []string{"c:1", "d:1"}[:2-i]; !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
	}
	for _, bad := range []Credentials{{Hosts: []string{"c"}}, {Hosts: []string{"c:1", "C:1"}}, {Hosts: []string{"c:1"}, Host: "d"}, {HostOrder: "random"}, {Port: 7}} {
		if _, err := c.Operators[1].Merge(bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
	if said, _ := c.Credentials("more"); !slices.Equal(said.Hosts, []string{"a:1", "b:1"}) || said.HostOrder != HostsInOrder {
		t.Errorf("%+v", said)
	}
}
