package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/testkit/smsc"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// Issue 4, point 8, as a process: SIGHUP puts in force what may change while it runs,
// without touching a line; a file that is wrong is complained of and changes nothing.
func TestSIGHUPReloadsTheProcess(t *testing.T) {
	mno := smsc.Start(t)
	host, port := mno.HostPort()
	folder := t.TempDir()
	file := filepath.Join(folder, "connector.yaml")
	debug, health := stack.FreeAddr(t), stack.FreeAddr(t)
	configure := func(operators string) {
		t.Helper()
		content := fmt.Sprintf("dataDir: %s\nhttpAddr: %q\ndebugAddr: %q\nnats: {listen: \"127.0.0.1:0\"}\nrecorder: {dumpDir: %s}\noperators:\n%s", folder, health, debug, file, operators)
		// In one step, so that nobody can read half of it.
		if err := os.WriteFile(file+".new", []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(file+".new", file); err != nil {
			t.Fatal(err)
		}
	}
	operator := func(id string, window any) string {
		return fmt.Sprintf("  - {id: %s, host: %s, port: %d, systemId: %s, password: hunter2, window: %v}\n", id, host, port, id, window)
	}
	configure(operator("awcc", 10))
	connector := stack.Process(t, stack.Spec{
		Name:    "smpp-connector",
		Command: []string{stack.Build(t, connectorPackage), "serve", "--config", file},
		Ready:   answersHealth(health),
	})
	connector.Start()
	log := func() string {
		text, err := os.ReadFile(connector.LogFile())
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	hangUp := func() {
		t.Helper()
		if err := syscall.Kill(connector.PID(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	bound := func(n int) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		if err := mno.WaitFor(ctx, func(c *smsc.Counts) bool { return c.Bound == n }); err != nil {
			t.Fatalf("%v: %d bound, want %d\n%s", err, mno.Counts().Bound, n, log())
		}
	}
	shown := func(want string) {
		t.Helper()
		eventually(t, want+" is shown", func() bool {
			_, body := get(t, "http://"+debug+"/debug/actors")
			return strings.Contains(body, want)
		})
	}
	bound(1)
	shown(`"configured":10`)

	configure(operator("awcc", 33) + operator("roshan", 5)) // a window, and an operator that is new
	hangUp()
	bound(2)
	shown(`"configured":33`)
	shown(`"configured":5`)

	configure(operator("awcc", "many") + operator("etisalat", 5)) // no number
	hangUp()
	eventually(t, "the complaint", func() bool { return strings.Contains(log(), "the configuration stays as it was") })

	configure(operator("awcc", 44)) // roshan is gone
	hangUp()
	bound(1)
	shown(`"configured":44`)
	if c := mno.Counts(); c.Binds != 2 || c.Unbinds != 1 || c.Lost != 0 {
		t.Errorf("%d binds, %d unbinds, %d lost: a reload has touched a line", c.Binds, c.Unbinds, c.Lost)
	}

	// The folder for dumps is a file: as on a disk that is full, it costs the dump alone.
	mno.Do(smsc.DropLine())
	eventually(t, "the warning", func() bool { return strings.Contains(log(), "flight recorders were not written") })
	bound(1)
	connector.Stop()
	if text := log(); strings.Contains(text, "hunter") || strings.Contains(text, `"bug":true`) {
		t.Errorf("the log:\n%s", text)
	}
}

// answersHealth reports whether a process answers /health, as stack.Spec.Ready wants it.
func answersHealth(address string) func(context.Context) error {
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/health", nil)
		if err != nil {
			return err
		}
		answer, err := http.DefaultClient.Do(request)
		if err == nil {
			_ = answer.Body.Close()
		}
		return err
	}
}

// A SIGHUP that comes while the process starts reloads, as any other; unheard, it would end
// the process. It is sent as soon as the process has said its first word.
func TestSIGHUPWhileTheProcessStarts(t *testing.T) {
	cmd := exec.Command(stack.Build(t, connectorPackage), "serve", "--data", t.TempDir(), "--http", "127.0.0.1:0", "--debug", "127.0.0.1:0", "--nats-listen", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), "OPERATOR_IDS=awcc", "SMPP_HOST=127.0.0.1", "SMPP_PORT=1", "SMPP_SYSTEM_ID=esme", "SMPP_PASSWORD=secret")
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stopped := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() }) // then the log ends
	defer stopped.Stop()
	reloaded := false
	var said []string
	for lines := bufio.NewScanner(log); lines.Scan(); {
		said = append(said, lines.Text())
		switch line := lines.Text(); {
		case strings.Contains(line, `"msg":"starting"`):
			err = cmd.Process.Signal(syscall.SIGHUP)
		case strings.Contains(line, `"msg":"configuration reloaded"`):
			reloaded = true
			err = cmd.Process.Signal(syscall.SIGTERM)
		}
		if err != nil {
			t.Error(err)
		}
	}
	if err := cmd.Wait(); err != nil || !reloaded {
		t.Errorf("reloaded: %v; the process ended with %v after\n%s", reloaded, err, strings.Join(said, "\n"))
	}
}
