package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const oneOperator = "operators: [{id: a, host: h, port: 1, systemId: s, password: p}]"

// issue 8, point 8: beyond loopback nobody looks at /debug without a token that is hard
// to guess, and the token is shown nowhere.
func TestTheDebugToken(t *testing.T) {
	const token = "0123456789abcdef-secret"
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, env := range [][]string{{"DEBUG_ADDR=:8081", "DEBUG_TOKEN=" + token}, {"DEBUG_ADDR=0.0.0.0:8081", "DEBUG_TOKEN_FILE=" + file}} {
		c := load(t, oneOperator, env)
		var shown strings.Builder
		if err := c.Print(&shown); err != nil || c.DebugToken.Reveal() != token || strings.Contains(shown.String(), token) {
			t.Errorf("%v: %v, %v\n%s", env, err, c.DebugToken.Reveal() == token, shown.String())
		}
	}
	c := load(t, oneOperator, []string{"DEBUG_TOKEN_FILE=" + file})
	rewrite(t, file, token+"-2\n")
	if _, changes, err := c.Reload(); err != nil || len(changes) != 0 {
		t.Errorf("a token that was rotated waits for a restart: %v %v", changes, err) // it is in force already
	}
	rewrite(t, file, token+"\n")
	weak := filepath.Join(t.TempDir(), "weak")
	rewrite(t, weak, "short\n")
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, env := range map[string][]string{
		"DEBUG_ADDR":                            {"DEBUG_ADDR=:8081"},
		"an address of loopback":                {"DEBUG_ADDR=192.0.2.7:8081"},
		"16 to 512 characters":                  {"DEBUG_TOKEN=short"},
		"without blanks":                        {"DEBUG_TOKEN=a token with many blanks"},
		"not both":                              {"DEBUG_TOKEN=" + token, "DEBUG_TOKEN_FILE=" + file},
		"a file that can be read (no such file": {"DEBUG_TOKEN_FILE=/nowhere/at/all"},
		"a file with a token in it":             {"DEBUG_TOKEN_FILE=" + empty},
		"a file with a token of 16 to 512":      {"DEBUG_TOKEN_FILE=" + weak},
	} {
		path := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(path, []byte(oneOperator), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Load(path, env)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), token) || strings.Contains(err.Error(), "short") {
			t.Errorf("%v: %v, want %q", env, err, want)
		}
	}
}
