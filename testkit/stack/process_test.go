package stack

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func TestNATSProcessKeepsItsDataOverStopAndKill(t *testing.T) {
	s := NATSProcess(t)
	if _, err := stream(t, s).CreateStream(t.Context(), jetstream.StreamConfig{Name: "MARKS", Subjects: []string{"marks"}}); err != nil {
		t.Fatal(err)
	}
	for i, end := range []func(){s.Stop, s.Kill} {
		if _, err := stream(t, s).Publish(t.Context(), "marks", nil); err != nil {
			t.Fatal(err)
		}
		end()
		if err := s.recipe.ready(t.Context()); err == nil {
			t.Error("a server that has ended answers")
		}
		s.Start()
		found, err := stream(t, s).Stream(t.Context(), "MARKS")
		if err != nil {
			t.Fatal(err)
		}
		if n := found.CachedInfo().State.Msgs; n != uint64(i+1) {
			t.Errorf("%d messages, want %d", n, i+1)
		}
	}
}

func stream(t *testing.T, s *Server) jetstream.JetStream {
	t.Helper()
	nc, err := nats.Connect(s.URL, nats.Timeout(startWithin))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc, jetstream.WithDefaultTimeout(startWithin))
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// A program of the test's own gets its variables, is killed without a chance to
// say so, and its output of all lives is kept.
func TestProcessIsRunAndKilled(t *testing.T) {
	marker := t.TempDir() + "/ready"
	s := Process(t, Spec{
		Name:    "sleeper",
		Command: []string{"/bin/sh", "-c", `trap 'echo asked to end' TERM; echo "hello $WHOM"; : >"$MARKER"; while :; do sleep 0.01; done`},
		Env:     []string{"WHOM=world", "MARKER=" + marker},
		Ready:   func(context.Context) error { _, err := os.Stat(marker); return err },
	})
	for range 2 {
		_ = os.Remove(marker)
		s.Start()
		if s.PID() <= 0 {
			t.Errorf("PID %d", s.PID())
		}
		s.Kill()
	}
	log, err := os.ReadFile(s.LogFile())
	if err != nil {
		t.Fatal(err)
	}
	if got := string(log); strings.Count(got, "hello world") != 2 || strings.Contains(got, "asked to end") {
		t.Errorf("the log is %q", got)
	}
}

func TestNATSProcessIsSilentWhilePaused(t *testing.T) {
	s := NATSProcess(t)
	s.Pause()
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := s.recipe.ready(short); err == nil {
		t.Error("a paused server answers")
	}
	s.Resume()
	if err := s.recipe.ready(t.Context()); err != nil {
		t.Errorf("after Resume: %v", err)
	}
}
