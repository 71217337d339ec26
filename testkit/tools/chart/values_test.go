package chart

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Issue 8, bad input: a values.yaml with a typo is an error that names it.
func TestBadValuesAreNamed(t *testing.T) {
	const mno = "mnos: [{name: awcc, smpp: [{cidr: 203.0.113.10/32, port: 2775}], directions: {trx: {}}}]\n"
	for name, c := range map[string]struct{ values, want string }{
		"a typo at the top":       {mno + "drainSecond: 5\n", "drainSecond"},
		"a typo in an MNO":        {"mnos: [{name: awcc, smmp: [], directions: {trx: {}}}]", "smmp"},
		"a typo in a direction":   {"mnos: [{name: awcc, smpp: [{cidr: 203.0.113.10/32, port: 2775}], directions: {trx: {replcas: 2}}}]", "replcas"},
		"a direction unknown":     {"mnos: [{name: awcc, smpp: [{cidr: 203.0.113.10/32, port: 2775}], directions: {trxx: {}}}]", "trxx"},
		"a lane unknown":          {"mnos: [{name: awcc, smpp: [{cidr: 203.0.113.10/32, port: 2775}], directions: {trx: {lanes: [P4]}}}]", "lanes"},
		"no address":              {"mnos: [{name: awcc, directions: {trx: {}}}]", "smpp"},
		"a host for an address":   {"mnos: [{name: awcc, smpp: [{cidr: smpp.example, port: 2775}], directions: {trx: {}}}]", "cidr"},
		"a port that is none":     {"mnos: [{name: awcc, smpp: [{cidr: 203.0.113.10/32, port: 277500}], directions: {trx: {}}}]", "port"},
		"a number for a text":     {mno + "env: {MAX_BINDS: 1}\n", "MAX_BINDS"},
		"a secret without a key":  {mno + "redis: {urlSecret: {name: redis}}\n", "urlSecret"},
		"a kind unknown":          {mno + "egressGateway: {kind: calico}\n", "kind"},
		"capitals in a name":      {"mnos: [{name: AWCC, smpp: [{cidr: 203.0.113.10/32, port: 2775}], directions: {trx: {}}}]", "name"},
		"no unquoted":             {"mnos: [{name: no, smpp: [{cidr: 203.0.113.10/32, port: 2775}], directions: {trx: {}}}]", `name: "no"`},
		"the same MNO twice":      {"mnos: [{name: awcc, smpp: [{cidr: 203.0.113.10/32, port: 2775}], directions: {tx: {}}}, {name: awcc, smpp: [{cidr: 203.0.113.10/32, port: 2775}], directions: {rx: {}}}]", "awcc is there twice"},
		"a token in the open":     {mno + "env: {DEBUG_TOKEN: 0123456789abcdef}\n", "DEBUG_TOKEN"},
		"a password in the open":  {mno + "env: {SMPP_PASSWORD: hunter2}\n", "SMPP_PASSWORD"},
		"a token in a ConfigMap":  {mno + "config: {debugToken: 0123456789abcdef}\n", "debugToken"},
		"a token that is a text":  {mno + "debug: {tokenSecret: 0123456789abcdef}\n", "tokenSecret"},
		"a mask of nothing":       {mno + "msisdnMask: none\n", "msisdnMask"},
		"a mask that shows all":   {mno + "msisdnMask: 0+11\n", "msisdnMask"},
		"a drain that is endless": {mno + "drainSeconds: 3600\n", "drainSeconds"},
	} {
		if _, err := render(c.values); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %s", name, err, c.want)
		}
	}
}

// Issue 8, bad input: an MNO named no, and lanes and names that YAML 1.1 reads as
// booleans, stay texts wherever they are rendered.
func TestAnMnoNamedNo(t *testing.T) {
	r := must(t, `mnos: [{name: "no", operatorIds: ["on"], smpp: [{cidr: 203.0.113.10/32, port: 2775}], egress: {pool: "yes", ips: [198.51.100.7]}, directions: {trx: {}}}]
egressGateway: {kind: cilium}
prometheusRule: {enabled: true}
`)
	d := r.deployments["smpp-connector-no-trx"]
	if d == nil {
		t.Fatal("no Deployment smpp-connector-no-trx")
	}
	if env := environment(d); env["MNO_ID"] != "no" || env["OPERATOR_IDS"] != "on" || env["EGRESS_IP_POOL"] != "yes" {
		t.Errorf("%v", env)
	}
	if d.Spec.Template.Labels["smpp-connector/mno"] != "no" || r.policies["smpp-connector-no"] == nil || r.rules[0].Spec.Groups[0].Rules[0].Labels["mno"] != "no" {
		t.Errorf("labels %v", d.Spec.Template.Labels)
	}
}

// The example in values.yaml is one that works.
func TestTheDefaultsAndTheirExample(t *testing.T) {
	if r := must(t, ""); len(r.deployments) != 0 {
		t.Errorf("%v", r.deployments)
	}
	text, err := os.ReadFile(folder + "/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(text), "#   - name: awcc")
	example, _, _ = strings.Cut(example, "\nmnos: []")
	r := must(t, "mnos:\n  - name: awcc"+strings.ReplaceAll(example, "\n# ", "\n"))
	if len(r.deployments) != 2 || environment(r.deployments["smpp-connector-awcc-trx-p0p1"])["LANES"] != "P0,P1" {
		t.Errorf("%v", r.deployments)
	}
}

// Every variable that the chart sets is one that the program reads, and the program
// takes the values: it is asked, with the environment of each Deployment.
func TestTheProgramTakesTheEnvironment(t *testing.T) {
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "smpp-connector")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./cmd/smpp-connector")
	build.Dir = "../../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	const config = "config: {operators: [{id: awcc, hosts: [\"smpp1.awcc.example:2775\", \"smpp2.awcc.example:2775\"], systemId: ghasi, password: not-a-secret}]}\n"
	for _, values := range []string{two + "debug: {tokenSecret: {name: smpp-debug, key: token}}\n", strings.SplitN(two, "  - name: roshan", 2)[0] + "operatorManagement: {url: \"\"}\n" + config} {
		r := must(t, values)
		for name, d := range r.deployments {
			env := []string{"NATS_NKEY_SEED_FILE="}
			for _, e := range d.Spec.Template.Spec.Containers[0].Env {
				if !strings.Contains(string(readme), "| `"+e.Name+"` |") {
					t.Errorf("%s: %s is not a setting", name, e.Name)
				}
				switch e.Name {
				case "NATS_NKEY_SEED_FILE", "DEBUG_TOKEN_FILE":
					continue
				case "REDIS_URL":
					e.Value = "redis://redis:6379/0"
				case "POSTGRES_URL":
					e.Value = "postgres://postgres/sms"
				case "POD_NAME":
					e.Value = name + "-5d8-x2x"
				}
				env = append(env, e.Name+"="+e.Value)
			}
			args := []string{"config", "check"}
			if file, there := r.configMaps["smpp-connector"]; there {
				path := filepath.Join(t.TempDir(), "config.yaml")
				if err := os.WriteFile(path, []byte(file.Data["config.yaml"]), 0o600); err != nil {
					t.Fatal(err)
				}
				args = append(args, "--config", path)
			}
			check := exec.CommandContext(t.Context(), program, args...)
			check.Env = env
			if out, err := check.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", name, err, out)
			}
		}
	}
}
