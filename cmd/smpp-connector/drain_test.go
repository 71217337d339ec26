package main

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// US-SC-015: "Pre-stop hook sends unbind PDU to gracefully close sessions before pod
// termination". The command returns when what was written is answered and stored
// and the sessions are unbound; the process stays, not ready, for its SIGTERM.
func TestUSSC015DrainCommandWaitsUntilItIsOver(t *testing.T) {
	s := setStage(t, nil, smsc.Delay(time.Second))
	next := s.listen(t, contract.SubjectSubmitted)
	s.command1(t, `{"messageId":"in flight","to":"93700000001","text":"Hello"}`)
	eventually(t, "the submit is written", func() bool { return s.mno.Counts().Submits == 1 })

	debug := s.app.http.DebugAddr()
	status, out, complaints := call(t, "drain", "--debug", debug)
	if status != 0 || !strings.HasPrefix(out, "drained after ") {
		t.Fatalf("exit status %d: %s%s", status, out, complaints)
	}
	if c := s.mno.Counts(); c.Unbinds != 1 || c.Lost != 0 {
		t.Errorf("%d unbinds, %d lost lines", c.Unbinds, c.Lost)
	}
	next("in flight")
	if n := s.unsettled(t); n != 0 {
		t.Errorf("%d commands are not settled", n)
	}
	if code, body := get(t, "http://"+s.app.http.HTTPAddr()+"/ready"); code != 503 || !strings.Contains(body, "stopping: draining") {
		t.Errorf("/ready: %d %s", code, body)
	}
	if code, _ := get(t, "http://"+s.app.http.HTTPAddr()+"/health"); code != 200 {
		t.Errorf("/health: %d", code)
	}
	if status, out, _ := call(t, "drain", "--debug", debug); status != 0 || !strings.HasPrefix(out, "drained after ") {
		t.Errorf("again: exit status %d: %s", status, out)
	}
}

// A pod that still waits for NATS has nothing to drain, and does not start what
// would have to be drained.
func TestUSSC015DrainBeforeTheStart(t *testing.T) {
	cfg := testConfig(t, "NATS_URL=nats://127.0.0.1:1", "SMPP_HOST=127.0.0.1", "SMPP_PORT=2775")
	a, err := newApp(t.Context(), cfg, appOptions{log: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- a.Run(ctx) }()
	if status, out, complaints := call(t, "drain", "--debug", a.http.DebugAddr()); status != 0 {
		t.Errorf("exit status %d: %s%s", status, out, complaints)
	}
	select {
	case err := <-ran:
		t.Errorf("the process ended with its drain: %v", err)
	default:
	}
	if a.system.Load() != nil {
		t.Error("the tree runs")
	}
	cancel()
	if err := <-ran; err != nil {
		t.Error(err)
	}
}

func TestDrainCommandSaysWhatIsWrong(t *testing.T) {
	t.Setenv("DEBUG_ADDR", "127.0.0.1:1") // nothing listens on port 1
	if status, _, complaints := call(t, "drain"); status != 1 || !strings.Contains(complaints, "nothing answers at 127.0.0.1:1") || !strings.Contains(complaints, "DEBUG_ADDR") {
		t.Errorf("exit status %d: %s", status, complaints)
	}
	for _, args := range [][]string{{"drain", "--timeout", "0s"}, {"drain", "now"}, {"drain", "--nonsense"}} {
		if status, _, complaints := call(t, args...); status != 2 || complaints == "" {
			t.Errorf("%v: exit status %d, %q", args, status, complaints)
		}
	}
	s := setStage(t, nil, smsc.LoseAnswers(100, 1)) // there is always something to wait for
	s.command1(t, `{"messageId":"in flight","to":"93700000001","text":"Hello"}`)
	eventually(t, "the submit is written", func() bool { return s.mno.Counts().Submits == 1 })
	if status, _, complaints := call(t, "drain", "--debug", s.app.http.DebugAddr(), "--timeout", "50ms"); status != 1 || !strings.Contains(complaints, "not over after 50ms") {
		t.Errorf("exit status %d: %s", status, complaints)
	}
	s.mno.Do(smsc.DropLine()) // no answer will come any more: the drain is over
}

// A page in somebody's browser cannot drain the connector on their machine.
func TestDrainRefusesOtherSites(t *testing.T) {
	s := setStage(t, nil)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.app.http.DebugAddr()+"/debug/drain", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Origin", "https://evil.example")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusForbidden {
		t.Errorf("answers %s, want 403", response.Status)
	}
	if _, body := get(t, "http://"+s.app.http.DebugAddr()+"/debug/drain"); strings.TrimSpace(body) != `{"state":"serving"}` {
		t.Errorf("state %s", body)
	}
}
