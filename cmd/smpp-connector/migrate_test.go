package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/ghasi/smpp-connector/testkit/stack"
)

// US-SC-015, issue 7: the schema is brought up to date by a command of its own, which
// can say beforehand what it will do, and is harmless when there is nothing to do.
func TestUSSC015Migrate(t *testing.T) {
	url := stack.Postgres(t)
	for _, step := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"--check"}, 1, "to be applied: 0001_"},
		{nil, 0, "applied: 0002_"},
		{nil, 0, "up to date"},
		{[]string{"--check"}, 0, "up to date"},
		{[]string{"now"}, 2, "nothing else"},
	} {
		var out bytes.Buffer
		args := append([]string{"migrate", "--postgres", url}, step.args...)
		if status := run(t.Context(), args, streams{strings.NewReader(""), &out, &out}); status != step.status || !strings.Contains(out.String(), step.says) {
			t.Errorf("%q: status %d, want %d: %s", step.args, status, step.status, out.String())
		}
	}
	t.Setenv("POSTGRES_URL", "")
	var out bytes.Buffer
	if status := run(t.Context(), []string{"migrate"}, streams{strings.NewReader(""), &out, &out}); status != 2 || !strings.Contains(out.String(), "POSTGRES_URL") {
		t.Errorf("status %d without a database: %s", status, out.String())
	}
}
