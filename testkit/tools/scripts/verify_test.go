package scripts

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// standIn puts a program of ours before the real one in PATH. It writes each of its
// arguments on a line of its own.
func standIn(t *testing.T, name, answers string) (path, calls string) {
	t.Helper()
	folder := t.TempDir()
	calls = filepath.Join(folder, "calls")
	write(t, filepath.Join(folder, name), fmt.Sprintf("#!/usr/bin/env bash\nprintf '%%s\\n' \"$@\" >>%q\n%s\n", calls, answers), 0o755)
	return folder + ":" + os.Getenv("PATH"), calls
}

// cluster answers as kubectl does, for an MNO with two addresses whose traffic goes
// out from seen.
func cluster(seen string) string {
	return `case "$*" in
  *' run '*|'run '*) ` + seen + ` ;;
  *EGRESS_IP_POOL*) printf awcc-nat ;;
  *EGRESS_IPS*) printf 198.51.100.9,198.51.100.7 ;;
  *nodeSelector*) printf '{"node-pool":"np-data"}' ;;
  *tolerations*) : ;;
esac`
}

// US-SC-032: "Verified via curl ifconfig.me from inside pod returns the expected IP."
func TestUSSC032VerifyEgress(t *testing.T) {
	for name, c := range map[string]struct {
		seen   string
		args   []string
		status int
		says   string
	}{
		"the first of EGRESS_IPS": {"echo 198.51.100.9", nil, 0, "awcc: goes out from 198.51.100.9, as expected (pool awcc-nat)"},
		"the other one":           {"echo 198.51.100.7", nil, 1, "goes out from 198.51.100.7, expected 198.51.100.9"},
		"one that was named":      {"echo 192.0.2.1", []string{"--expect", "192.0.2.1"}, 0, "as expected"},
		"noise around it":         {`echo 'If you see a warning: 198.51.100.9'; echo 'pod "x" deleted'`, nil, 0, "as expected"},
		"no address":              {"echo hello", nil, 1, "goes out from no address"},
		"no answer":               {"exit 28", nil, 1, "no answer from"},
	} {
		path, calls := standIn(t, "kubectl", cluster(c.seen))
		cmd := exec.CommandContext(t.Context(), scripts+"verify-egress-ip.sh", append([]string{"--mno", "awcc", "--namespace", "messaging"}, c.args...)...)
		cmd.Env = append(os.Environ(), "PATH="+path)
		if status, out := outcome(t, cmd); status != c.status || !strings.Contains(out, c.says) {
			t.Errorf("%s: exit status %d, want %d with %q:\n%s", name, status, c.status, c.says, out)
		}
		checkPod(t, strings.Split(strings.TrimSpace(read(t, calls)), "\n"))
	}
	for _, args := range [][]string{{}, {"--mno", "AWCC"}, {"--mno", "awcc", "--force"}, {"--mno"}} {
		if status, out := outcome(t, exec.CommandContext(t.Context(), scripts+"verify-egress-ip.sh", args...)); status != 2 {
			t.Errorf("%v: exit status %d:\n%s", args, status, out)
		}
	}
}

// checkPod: the pod that asks has what a NAT or a gateway chooses the address by.
func checkPod(t *testing.T, args []string) {
	t.Helper()
	after := func(flag string) string {
		for i, a := range args {
			if a == flag {
				return args[i+1]
			}
		}
		return ""
	}
	if after("--labels") != "app.kubernetes.io/name=smpp-connector,smpp-connector/mno=awcc,smpp-connector/egress-pool=awcc-nat" || after("-n") != "messaging" {
		t.Errorf("labels %q, namespace %q", after("--labels"), after("-n"))
	}
	var overrides struct {
		Spec struct {
			NodeSelector map[string]string
			Tolerations  []any
		}
	}
	if err := json.Unmarshal([]byte(after("--overrides")), &overrides); err != nil || overrides.Spec.NodeSelector["node-pool"] != "np-data" {
		t.Errorf("overrides %s: %v", after("--overrides"), err)
	}
}

// The provider for Cloud NAT gives the commands that change np-data's NAT. That
// Google Cloud takes them is not shown here.
func TestUSSC033CloudNATCommands(t *testing.T) {
	answers := `case "$*" in
  *'value(natIps.basename())'*) echo 'ip-old;ip-new' ;;
  *'value(drainNatIps.basename())'*) echo "$DRAINED" ;;
  'compute addresses describe ip-old'*) echo 198.51.100.7 ;;
  'compute addresses describe ip-new'*) echo 198.51.100.9 ;;
  *address=198.51.100.7*) echo ip-old ;;
  *address=198.51.100.9*) echo ip-new ;;
esac`
	for _, c := range []struct {
		drained string
		args    []string
		want    string // the last call, or what is said
	}{
		{"", []string{"list", "awcc"}, "198.51.100.7\n198.51.100.9\n"},
		{"", []string{"add", "awcc", "198.51.100.9"}, "compute routers nats update awcc --router r1 --region eu --nat-external-ip-pool ip-old,ip-new"},
		{"", []string{"prefer", "awcc", "198.51.100.9"}, "compute routers nats update awcc --router r1 --region eu --nat-external-ip-pool ip-new --nat-external-drain-ip-pool ip-old"},
		{"ip-old", []string{"remove", "awcc", "198.51.100.7"}, "compute routers nats update awcc --router r1 --region eu --clear-nat-external-drain-ip-pool"},
		{"ip-old;ip-older", []string{"remove", "awcc", "198.51.100.7"}, "--nat-external-drain-ip-pool ip-older"},
	} {
		path, calls := standIn(t, "gcloud", answers)
		cmd := exec.CommandContext(t.Context(), scripts+"egress-providers/gcloud.sh", c.args...)
		cmd.Env = append(os.Environ(), "PATH="+path, "EGRESS_ROUTER=r1", "EGRESS_REGION=eu", "DRAINED="+c.drained)
		status, out := outcome(t, cmd)
		made := strings.ReplaceAll(read(t, calls), "\n", " ")
		if status != 0 || !strings.Contains(out, c.want) && !strings.Contains(made, c.want) {
			t.Errorf("%v: exit status %d\nsays  %s\ncalls %s", c.args, status, out, made)
		}
	}
}
