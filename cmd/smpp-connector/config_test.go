package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// inFile writes a file into a folder of the test's own.
func inFile(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

const (
	before = "lanes: [P0]\noperators:\n  - {id: awcc, host: h, port: 2775, systemId: ghasi, password: hunter1}\n  - {id: mtn, host: h, port: 2775, systemId: ghasi, password: hunter1}\n"
	after  = "telemetry: {logLevel: debug}\noperators:\n  - {id: awcc, host: h, port: 2775, systemId: ghasi, password: hunter2, window: 7}\n"

	notCompared = "Secrets are not compared: what is in force is known with its secrets masked.\n"
	differences = `lanes: ["P0"] → ["P0", "P1", "P2", "P3"] (needs a restart)
telemetry.logLevel: "info" → "debug" (live)
operators[awcc].window: 100 → 7 (live)
operators[mtn]: served → absent (live)
` + notCompared
)

// printOf is what a process with that file prints.
func printOf(t *testing.T, file string) string {
	t.Helper()
	status, out, complaints := call(t, "config", "print", "--config", file)
	if status != 0 {
		t.Fatalf("exit status %d: %s", status, complaints)
	}
	return out
}

// A reload's changes, one a line, from a file, a URL, standard input, or the
// process that listens on debugAddr; the status is diff(1)'s.
func TestConfigDiff(t *testing.T) {
	const token = "a-debug-token-for-this-test" // without one nobody may look beyond loopback
	t.Setenv("DEBUG_TOKEN", token)
	old, now := inFile(t, "old.yaml", before), inFile(t, "now.yaml", after)
	paper := inFile(t, "printed.yaml", printOf(t, old))
	tokens := 0
	process := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/debug/config" || !strings.HasPrefix(r.Host, "127.0.0.1:") && !strings.HasPrefix(r.Host, "localhost:") {
			http.NotFound(w, r)
			return
		}
		if shown := r.Header.Get("Authorization"); shown != "" && shown != "Bearer "+token {
			t.Errorf("the process is shown %q", shown)
		}
		tokens += strings.Count(r.Header.Get("Authorization"), token)
		fmt.Fprint(w, printOf(t, old))
	}))
	defer process.Close()
	address := strings.TrimPrefix(process.URL, "http://")
	for _, args := range [][]string{{"--against", paper}, {"--against", process.URL + "/debug/config"}, {"--debug", address}, {"--debug", strings.Replace(address, "127.0.0.1", "localhost", 1)}} {
		want := differences
		if args[0] == "--debug" {
			want = strings.Replace(want, "telemetry.", fmt.Sprintf("debugAddr: \"127.0.0.1:8081\" → %q (needs a restart)\ntelemetry.", args[1]), 1)
		}
		status, out, complaints := call(t, append([]string{"config", "diff", "--config", now}, args...)...)
		if status != 1 || out != want {
			t.Errorf("%v: exit status %d: %s%s\nwant:\n%s", args, status, out, complaints, want)
		}
	}
	if tokens != 2 {
		t.Errorf("the token was shown %d times, want to the process on this machine alone: twice", tokens)
	}
	if status, out, complaints := call(t, "config", "diff", "--config", old, "--against", paper); status != 0 || out != "Nothing differs.\n"+notCompared {
		t.Errorf("the same: exit status %d: %s%s", status, out, complaints)
	}
	var out, complaints bytes.Buffer
	status := run(t.Context(), []string{"config", "diff", "--config", now, "--against", "-"}, streams{strings.NewReader(printOf(t, old)), &out, &complaints})
	if status != 1 || out.String() != differences {
		t.Errorf("standard input: exit status %d: %s%s", status, &out, &complaints)
	}
}

// What cannot be compared is status 2 with a reason that names no secret.
func TestConfigDiffThatCannotBe(t *testing.T) {
	now := inFile(t, "now.yaml", after)
	refusing := httptest.NewServer(http.NotFoundHandler())
	gone := "http://" + refusing.Listener.Addr().String()
	defer refusing.Close()
	const dead = "127.0.0.1:1" // where nobody listens, and nobody begins to
	for _, row := range []struct {
		args []string
		want string
	}{
		{[]string{"--config", now, "--against", gone}, "404"},
		{[]string{"--config", now, "--against", "http://" + dead}, "refused"},
		{[]string{"--config", now, "--debug", dead}, "nothing answers at 127.0.0.1:"},
		{[]string{"--config", now, "--against", filepath.Join(t.TempDir(), "absent")}, "no such file"},
		{[]string{"--config", now, "--against", inFile(t, "other.yaml", "hunter3\n")}, "not YAML"},
		{[]string{"--config", now, "--against", inFile(t, "empty.yaml", "")}, "config print"},
		{[]string{"--config", inFile(t, "wrong.yaml", "httpAddr: nowhere\n"+after), "--against", now}, "httpAddr"},
		{[]string{"--nonsense"}, "nonsense"},
	} {
		status, out, complaints := call(t, append([]string{"config", "diff"}, row.args...)...)
		if status != 2 || out != "" || !strings.Contains(complaints, row.want) || strings.Contains(complaints, "hunter") {
			t.Errorf("%v: exit status %d: %s%s", row.args, status, out, complaints)
		}
	}
}
