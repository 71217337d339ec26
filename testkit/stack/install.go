package stack

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// debianPackage is what brings a program that the tests need.
var debianPackage = map[string]string{
	"postgres":     "postgresql",
	"redis-server": "redis-server",
	"tshark":       "tshark",
}

// Program returns the path of a program of debianPackage. When it is missing it is
// installed (as root, in CI or when SMPP_TEST_INSTALL=1 asks for it), or the
// test fails (in CI), or is skipped with the line that would install it.
func Program(t testing.TB, name string) string {
	t.Helper()
	if path := lookUp(name); path != "" {
		return path
	}
	line := "apt-get update && apt-get install -y " + debianPackage[name]
	inCI := os.Getenv("CI") == "true"
	if os.Geteuid() == 0 && (inCI || os.Getenv("SMPP_TEST_INSTALL") == "1") {
		if err := install(debianPackage[name]); err != nil {
			t.Fatalf("stack: %s is missing and could not be installed: %v; by hand: %s", name, err, line)
		}
		if path := lookUp(name); path != "" {
			return path
		}
		t.Fatalf("stack: %s is still missing after: %s", name, line)
	}
	if inCI {
		t.Fatalf("stack: %s is missing, and CI must not pass without it; as root: %s", name, line)
	}
	// t.Skip is silent without -v; a proof that was not made must not be.
	fmt.Fprintf(os.Stderr, "\n*** %s SKIPPED: %s is missing. As root: %s ***\n\n", t.Name(), name, line)
	t.Skipf("%s is missing; as root: %s (or run the tests as root with SMPP_TEST_INSTALL=1)", name, line)
	return ""
}

// lookUp finds a program on the PATH, or where Debian puts PostgreSQL's, which
// are not on it: the newest version.
func lookUp(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(found) == 0 {
		return ""
	}
	// "…/9/…" sorts after "…/15/…", but no Debian that still gets updates has 9.
	return slices.Max(found)
}

func install(pkg string) error {
	for _, args := range [][]string{
		{"update"},
		// Several test processes may come here at once: wait for the lock.
		{"install", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", pkg},
	} {
		cmd := exec.Command("apt-get", args...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if out, err := cmd.CombinedOutput(); err != nil {
			tail := string(out[max(0, len(out)-1000):])
			return fmt.Errorf("apt-get %s: %w: %s", strings.Join(args, " "), err, tail)
		}
	}
	return nil
}
