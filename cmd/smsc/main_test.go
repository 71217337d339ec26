package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/codec"
)

// output is what a running program has printed so far.
type output struct {
	mu   sync.Mutex
	b    bytes.Buffer
	more chan struct{}
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.more <- struct{}{}:
	default:
	}
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// until waits for a text to be printed.
func (o *output) until(t *testing.T, want string) string {
	t.Helper()
	deadline := time.After(time.Minute)
	for !strings.Contains(o.String(), want) {
		select {
		case <-o.more:
		case <-deadline:
			t.Fatalf("%q was not printed:\n%s", want, o)
		}
	}
	return o.String()
}

// The program listens, plays its script, and ends with a summary.
func TestRunPlaysTheScriptAndSumsUp(t *testing.T) {
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("# an MNO that throttles once\naccept bind\nanswer submits with RTHROTTLED 1 times\nsend receipts never\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	out := &output{more: make(chan struct{}, 1)}
	status := make(chan int, 1)
	go func() {
		status <- run(ctx, []string{"--listen", "127.0.0.1:0", "--system-id", "esme", "--password", "secret", "--script", script}, out, out)
	}()
	_, rest, _ := strings.Cut(out.until(t, "listens on 127.0.0.1:"), "listens on ")
	address, _, _ := strings.Cut(rest, "\n")
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	framer := codec.NewFramer(conn, 1<<16)
	ask := func(p codec.PDU) codec.Status {
		t.Helper()
		if _, err := conn.Write(codec.Append(nil, p)); err != nil {
			t.Fatal(err)
		}
		frame, err := framer.Next()
		if err != nil {
			t.Fatal(err)
		}
		_, _, status, _, _ := codec.ParseHeader(frame)
		return status
	}
	bind := &codec.BindTransceiver{Bind: codec.Bind{SystemID: "esme", Password: "secret", InterfaceVersion: 0x34}}
	bind.Sequence = 1
	if got := ask(bind); got != codec.StatusOK {
		t.Errorf("bind: %v", got)
	}
	for i, want := range []codec.Status{codec.StatusThrottled, codec.StatusOK} {
		submit := &codec.SubmitSM{DestinationAddr: "93700000001", ShortMessage: []byte("x")}
		submit.Sequence = uint32(2 + i)
		if got := ask(submit); got != want {
			t.Errorf("submit %d: %v, want %v", i+1, got, want)
		}
	}
	cancel()
	if got := <-status; got != 0 {
		t.Errorf("exit status %d", got)
	}
	if s := out.String(); !strings.Contains(s, "1 binds") || !strings.Contains(s, "2 submits, 1 accepted, 1 rejected") || strings.Contains(s, "secret") {
		t.Errorf("%s", s)
	}
}

// Everything that is wrong with a script is said at once, with its line.
func TestRunNamesEveryWrongLine(t *testing.T) {
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("accept bind\nanswer submits with ESME_NONSENSE\n\ndance\npause forever\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if got := run(t.Context(), []string{"--script", script}, &out, &out); got != 2 {
		t.Errorf("exit status %d", got)
	}
	for _, want := range []string{"line 2: no status", "line 4: no sentence begins with \"dance\"", "line 5: \"forever\" is no duration"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in:\n%s", want, out.String())
		}
	}
}

func TestRunRefusesWrongFlags(t *testing.T) {
	for _, args := range [][]string{{"--receipts", "perhaps"}, {"--nonsense"}, {"--script", "/nowhere/at/all"}} {
		var out bytes.Buffer
		if got := run(t.Context(), args, &out, &out); got != 2 || out.Len() == 0 {
			t.Errorf("%v: exit status %d, %q", args, got, out.String())
		}
	}
}
