package scripts

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const scripts = "../../../deploy/scripts/"

const hour, day = 3600, 24 * 3600

// rotation is the script with a NAT of ours: a file with an address a line, the one
// in use first.
type rotation struct {
	t        *testing.T
	state    string
	nat      string
	calls    string
	provider string
	now      int
}

func newRotation(t *testing.T, addresses ...string) *rotation {
	t.Helper()
	folder := t.TempDir()
	r := &rotation{t: t, state: filepath.Join(folder, "state"), nat: filepath.Join(folder, "nat"), calls: filepath.Join(folder, "calls"), provider: filepath.Join(folder, "provider"), now: 1_700_000_000}
	write(t, r.nat, strings.Join(addresses, "\n")+"\n", 0o644)
	write(t, r.provider, fmt.Sprintf(`#!/usr/bin/env bash
set -euo pipefail
nat=%[1]q
echo "$@" >>%[2]q
[ "$2" = awcc ] || { echo "no pool $2" >&2; exit 1; }
[ ! -e %[1]q.broken ] || { echo "quota exceeded" >&2; exit 1; }
case $1 in
  list) cat "$nat" ;;
  add) echo "$3" >>"$nat" ;;
  prefer) { echo "$3"; grep -vxF "$3" "$nat" || true; } >"$nat.new" && mv "$nat.new" "$nat" ;;
  remove) { grep -vxF "$3" "$nat" || true; } >"$nat.new" && mv "$nat.new" "$nat" ;;
esac
`, r.nat, r.calls), 0o755)
	return r
}

// run runs a step and returns its exit status and all that it says.
func (r *rotation) run(step string, args ...string) (int, string) {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), scripts+"rotate-egress-ip.sh", append([]string{step, "--pool", "awcc", "--provider", r.provider, "--state", r.state}, args...)...)
	cmd.Env = append(os.Environ(), fmt.Sprintf("EGRESS_NOW=%d", r.now))
	return outcome(r.t, cmd)
}

// want runs a step and holds it to its exit status and to words that it says.
func (r *rotation) want(status int, words string, step string, args ...string) {
	r.t.Helper()
	if got, out := r.run(step, args...); got != status || !strings.Contains(out, words) {
		r.t.Errorf("%s %v: exit status %d, want %d with %q:\n%s", step, args, got, status, words, out)
	}
}

func (r *rotation) addresses() []string {
	return strings.Fields(read(r.t, r.nat))
}

const oldIP, newIP = "198.51.100.7", "198.51.100.9"

func notify(more ...string) []string {
	return append([]string{"--mno", "awcc", "--old", oldIP, "--new", newIP}, more...)
}

// US-SC-033: "MNO notification (T-72h), new IP added to allow-list, old IP retained
// 30 d, then removed." Each step in its order and not before its time.
func TestUSSC033RotationFromBeginningToEnd(t *testing.T) {
	r := newRotation(t, oldIP)
	r.want(3, "notify is the first step", "add", "--apply")
	r.want(0, "Please allow "+newIP, "notify", notify()...)
	r.want(0, "no rotation is under way", "status") // a dry run has begun nothing
	r.want(0, "next: confirm", "notify", notify("--apply")...)
	r.want(3, "has not confirmed", "add", "--apply")
	r.want(0, "would note", "confirm", "--by", "NOC, ticket 4711")
	r.want(0, "next: add, not before 2023-11-17 22:13 UTC", "confirm", "--by", "NOC, ticket 4711", "--apply")

	r.now += 72*hour - 1
	r.want(3, "72 h after the notice", "add", "--apply")
	r.now++
	r.want(0, "would add "+newIP, "add")
	if got := r.addresses(); !slices.Equal(got, []string{oldIP}) {
		t.Fatalf("a dry run has changed the NAT: %v", got)
	}
	r.want(0, "next: remove, not before 2023-12-17", "add", "--apply")
	if got := r.addresses(); !slices.Equal(got, []string{newIP, oldIP}) {
		t.Errorf("at T the NAT has %v", got)
	}

	r.now += 30*day - 1
	r.want(3, "kept for 30 days", "remove", "--apply")
	if got := r.addresses(); !slices.Contains(got, oldIP) {
		t.Errorf("removed before its time: %v", got)
	}
	r.now++
	r.want(0, "would remove "+oldIP, "remove")
	r.want(0, "the rotation of awcc is over", "remove", "--apply")
	if got := r.addresses(); !slices.Equal(got, []string{newIP}) {
		t.Errorf("at the end the NAT has %v", got)
	}
	r.want(0, "no rotation is under way", "status")
	if done, _ := filepath.Glob(filepath.Join(r.state, "awcc.*.done")); len(done) != 1 {
		t.Errorf("kept of it: %v", done)
	}
}

// Every step may be repeated: what is done is not done again.
func TestUSSC033StepsAreIdempotent(t *testing.T) {
	r := newRotation(t, oldIP)
	for range 2 {
		r.want(0, "next: confirm", "notify", notify("--apply")...)
	}
	r.want(3, "is under way", "notify", "--mno", "awcc", "--old", oldIP, "--new", "198.51.100.10", "--apply")
	for range 2 {
		r.want(0, "next: add", "confirm", "--by", "NOC", "--apply")
	}
	r.now += 73 * hour
	r.want(0, "next: remove", "add", "--apply")
	changes := func() (n int) {
		for call := range strings.Lines(read(t, r.calls)) {
			if !strings.HasPrefix(call, "list") {
				n++
			}
		}
		return n
	}
	before := changes()
	r.now += day
	r.want(0, "next: remove, not before 2023-12-17 23:13", "add", "--apply") // the date of the first time
	if changes() != before {
		t.Errorf("add was done again:\n%s", read(t, r.calls))
	}
}

// A provider that fails in the middle leaves the step undone, and repeating finishes it.
func TestUSSC033AFailureInTheMiddle(t *testing.T) {
	r := newRotation(t, oldIP)
	r.want(0, "", "notify", notify("--apply")...)
	r.want(0, "", "confirm", "--by", "NOC", "--apply")
	r.now += 72 * hour
	write(t, r.nat+".broken", "", 0o644)
	r.want(1, "quota exceeded", "add", "--apply")
	if err := os.Remove(r.nat + ".broken"); err != nil {
		t.Fatal(err)
	}
	write(t, r.nat, oldIP+"\n"+newIP+"\n", 0o644) // it was added, and the answer was lost
	r.want(0, "next: add", "status")
	r.want(0, "next: remove", "add", "--apply")
	if got := r.addresses(); !slices.Equal(got, []string{newIP, oldIP}) {
		t.Errorf("the NAT has %v", got)
	}
	write(t, r.nat, oldIP+"\n"+newIP+"\n", 0o644) // somebody went back by hand
	r.now += 31 * day
	r.want(3, "nothing is removed", "remove", "--apply")
}

func TestUSSC033BackOut(t *testing.T) {
	r := newRotation(t, oldIP)
	r.want(3, "notify is the first step", "back-out", "--apply")
	r.want(0, "", "notify", notify("--apply")...)
	r.want(0, "", "confirm", "--by", "NOC", "--apply")
	r.now += 72 * hour
	r.want(0, "", "add", "--apply")
	r.want(0, "would prefer "+oldIP, "back-out")
	r.want(0, "back at "+oldIP, "back-out", "--apply")
	if got := r.addresses(); !slices.Equal(got, []string{oldIP}) {
		t.Errorf("the NAT has %v", got)
	}
	r.want(0, "would begin", "notify", notify()...)
}

func TestRotateRefusesWhatIsWrong(t *testing.T) {
	r := newRotation(t, oldIP, "198.51.100.8")
	for words, args := range map[string][]string{
		"no step 'rotate'":               {"rotate"},
		"no option --force":              {"add", "--force"},
		"--new wants a value":            {"notify", "--mno", "awcc", "--old", oldIP, "--new"},
		"want an IPv4 address":           {"notify", "--mno", "awcc", "--old", oldIP, "--new", "198.51.100.300"},
		"are the same address":           {"notify", "--mno", "awcc", "--old", oldIP, "--new", oldIP},
		"the pool awcc does not have it": {"notify", "--mno", "awcc", "--old", "192.0.2.1", "--new", newIP},
		"the pool awcc has it already":   {"notify", "--mno", "awcc", "--old", oldIP, "--new", "198.51.100.8"},
		"want the MNO's name":            {"notify", "--old", oldIP, "--new", newIP},
		"want the pool's name":           {"status", "--pool", "../etc"},
		"no provider":                    {"notify", "--mno", "awcc", "--old", oldIP, "--new", newIP, "--provider", ""},
	} {
		r.want(2, words, args[0], args[1:]...)
	}
	r.provider = filepath.Join(t.TempDir(), "absent")
	r.want(1, "the provider failed", "notify", notify()...)
}

// outcome runs a command and returns its exit status and all that it says.
func outcome(t *testing.T, cmd *exec.Cmd) (int, string) {
	t.Helper()
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

func write(t *testing.T, name, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	octets, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(octets)
}
