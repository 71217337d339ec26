package stack

import (
	"errors"
	"strings"
	"testing"
)

// The last release is the last tag of a version before HEAD, never HEAD's own; until
// there is one, the commit that stands for it; what has no history says so.
func TestPreviousCommit(t *testing.T) {
	top := t.TempDir()
	run := func(args ...string) string {
		t.Helper()
		out, err := git(top, append([]string{"-c", "user.name=t", "-c", "user.email=t@example.org"}, args...)...)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if _, err := previousCommit(top, "0123"); !errors.Is(err, errNoHistory) {
		t.Errorf("an export: %v", err)
	}
	run("init", "-q")
	run("commit", "-q", "--allow-empty", "-m", "one")
	if _, err := previousCommit(top, strings.Repeat("1", 40)); err == nil || !strings.Contains(err.Error(), "111111111111 is in the history") {
		t.Errorf("a clone without the commit: %v", err)
	}
	first := run("rev-parse", "HEAD")
	for _, step := range []struct{ tag, want string }{{"", first}, {"v1.0.0", first}, {"nightly", "v1.0.0"}, {"v1.1.0", "v1.0.0"}} {
		if step.tag != "" {
			run("commit", "-q", "--allow-empty", "-m", step.tag)
			run("tag", step.tag)
		}
		if got, err := previousCommit(top, first); got != step.want || err != nil {
			t.Errorf("with HEAD at %q: %q, %v, want %q", step.tag, got, err, step.want)
		}
	}
}
