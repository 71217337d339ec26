package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/ghasi/smpp-connector/config"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// Secrets that are rotated in their files, as Kubernetes writes a Secret anew: nobody
// sends a signal.

// put writes a file as those who rotate secrets do: another takes its place at once.
func put(t *testing.T, file, content string) {
	t.Helper()
	if err := os.WriteFile(file+".new", []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
}

// US-SC-002: a bind that was refused for its password takes the one that its file has
// by then, long before the pause after a refused password is over; one that is BOUND
// stays, and says the new one when it binds again.
func TestAPasswordRotatedInItsFile(t *testing.T) {
	mno := smsc.Start(t, smsc.Account("ghasi", "hunter2"))
	host, port := mno.HostPort()
	secret := filepath.Join(t.TempDir(), "password")
	put(t, secret, "hunter1\n")
	log := &lockedBuffer{}
	cfg, err := config.Load("", []string{"OPERATOR_IDS=awcc", "SMPP_HOST=" + host, "SMPP_PORT=" + strconv.Itoa(port), "SMPP_SYSTEM_ID=ghasi", "SMPP_PASSWORD_FILE=" + secret,
		"OPERATOR_MANAGEMENT_REFRESH=1s", "BACKOFF=100ms", "HTTP_ADDR=127.0.0.1:0", "DEBUG_ADDR=127.0.0.1:0", "NATS_LISTEN=127.0.0.1:0", "DATA_DIR=" + t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	startAppWith(t, cfg, appOptions{log: log})
	counted := func(what string, holds func(*smsc.Counts) bool) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
		defer cancel()
		if err := mno.WaitFor(ctx, holds); err != nil {
			t.Fatalf("%s: %v: %+v\n%s", what, err, mno.Counts(), log.String())
		}
	}
	counted("the old password is refused", func(c *smsc.Counts) bool { return c.Refused == 1 })
	put(t, secret, "hunter2\n")
	counted("the new one is taken", func(c *smsc.Counts) bool { return c.Bound == 1 })
	put(t, secret, "hunter3\n")
	drops := 0
	for ; mno.Counts().Refused == 1; drops++ { // the account may have been read just before
		mno.Do(smsc.DropLine())
		counted("it is said at a bind after that", func(c *smsc.Counts) bool { return c.Lost == drops+1 && (c.Bound == 1 || c.Refused == 2) })
	}
	if c := mno.Counts(); c.Unbinds != 0 || c.Lost != drops {
		t.Errorf("%d unbinds, %d lines lost of which %d were dropped: a rotation has touched the line", c.Unbinds, c.Lost, drops)
	}
	if strings.Contains(log.String(), "hunter") {
		t.Errorf("the log:\n%s", log.String())
	}
}

// A debug token that is rotated in its file is what /debug asks for from then on: what
// reads the same file, such as the drain of a pre-stop hook, is let in. While the file
// is empty, weak or missing the token stays.
func TestADebugTokenRotatedInItsFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	put(t, file, "the-first-debug-token\n")
	a := startApp(t, testConfig(t, "SMPP_HOST=127.0.0.1", "SMPP_PORT=1", "DEBUG_TOKEN_FILE="+file))
	asked := func(token string) int {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("http://%s/debug/actors", a.http.DebugAddr()), nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token)
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		_, _ = io.Copy(io.Discard, answer.Body)
		return answer.StatusCode
	}
	if first, second := asked("the-first-debug-token"), asked("the-second-debug-token"); first != 200 || second != 401 {
		t.Fatalf("before: %d, %d", first, second)
	}
	put(t, file, "the-second-debug-token\n")
	if first, second := asked("the-first-debug-token"), asked("the-second-debug-token"); first != 401 || second != 200 {
		t.Errorf("after: %d, %d", first, second)
	}
	for what, content := range map[string]string{"empty": "", "weak": "weak"} {
		put(t, file, content)
		if second, other := asked("the-second-debug-token"), asked(content); second != 200 || other != 401 {
			t.Errorf("%s: %d, %d", what, second, other)
		}
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if second := asked("the-second-debug-token"); second != 200 {
		t.Errorf("without the file: %d", second)
	}
}
