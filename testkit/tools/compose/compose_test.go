package compose

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

const deploy = "../../../deploy/"

func project(t *testing.T) *types.Project {
	t.Helper()
	p, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir:  deploy,
		ConfigFiles: []types.ConfigFile{{Filename: deploy + "compose.yaml"}},
	}, func(o *loader.Options) { o.SetProjectName("smpp-connector", true) })
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Issue 8, point 7: a laptop's deployment, read as Compose reads it.
func TestComposeIsWhole(t *testing.T) {
	p := project(t)
	if got, want := p.ServiceNames(), []string{"connector", "grafana", "nats", "postgres", "prometheus", "redis", "smsc"}; !slices.Equal(slices.Sorted(slices.Values(got)), want) {
		t.Fatalf("services %v", got)
	}
	for name, s := range p.Services {
		for _, v := range s.Volumes {
			if v.Type == types.VolumeTypeBind {
				if _, err := os.Stat(v.Source); err != nil {
					t.Errorf("%s mounts what is not there: %v", name, err)
				}
			} else if _, there := p.Volumes[v.Source]; !there {
				t.Errorf("%s: no volume %s", name, v.Source)
			}
		}
		for _, port := range s.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s: port %s is open to the network", name, port.Published)
			}
		}
		for other := range s.DependsOn {
			if _, there := p.Services[other]; !there {
				t.Errorf("%s waits for %s, which is not there", name, other)
			}
		}
	}
	if b := p.Services["connector"].Build; b == nil || !strings.HasSuffix(filepath.ToSlash(filepath.Join(b.Context, b.Dockerfile)), "deploy/Dockerfile") {
		t.Errorf("the connector is built from %+v", b)
	}
}

// The connector's settings are ones that it has, and it takes their values.
func TestComposeSettingsAreTaken(t *testing.T) {
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
	check := exec.CommandContext(t.Context(), program, "config", "check")
	for name, value := range project(t).Services["connector"].Environment {
		if !strings.Contains(string(readme), "| `"+name+"` |") {
			t.Errorf("%s is not a setting", name)
		}
		check.Env = append(check.Env, name+"="+*value)
	}
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// Prometheus takes its configuration; the rules are where it looks for them.
func TestComposePrometheus(t *testing.T) {
	if _, err := exec.LookPath("promtool"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("promtool is not there: apt-get install prometheus")
		}
		t.Skip("SKIPPED: promtool is not there: apt-get install prometheus")
	}
	folder := t.TempDir() // laid out as in the container
	for from, to := range map[string]string{"compose/prometheus.yaml": "prometheus.yml", "alerts/smpp-connector.yaml": "alerts/smpp-connector.yaml", "alerts/slo.yaml": "alerts/slo.yaml"} {
		text, err := os.ReadFile(deploy + from)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(folder, to)), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, to), text, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.CommandContext(t.Context(), "promtool", "check", "config", filepath.Join(folder, "prometheus.yml")).CombinedOutput()
	if err != nil || strings.Count(string(out), "rules found") != 2 {
		t.Errorf("%v\n%s", err, out)
	}
}
