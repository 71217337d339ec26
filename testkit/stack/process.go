package stack

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
)

// Spec says how a program is run that is a test's own: the one under test, as a
// process that can be killed.
type Spec struct {
	Name    string                      // in messages, and of its folder
	Command []string                    // program and arguments
	Env     []string                    // beside the test's own variables
	Ready   func(context.Context) error // nil error: it answers
}

// Process returns the handle of a program that is not started yet. Stop sends
// SIGTERM, Kill SIGKILL. What it writes goes to LogFile.
func Process(t testing.TB, spec Spec) *Server {
	t.Helper()
	dir, err := workFolder(spec.Name)
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{t: t, dir: dir, recipe: recipe{
		name: spec.Name, command: spec.Command, env: spec.Env, ready: spec.Ready,
		clean: syscall.SIGTERM, crash: syscall.SIGKILL,
	}}
	t.Cleanup(s.remove)
	return s
}

// PID is the process id of a server that runs.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// LogFile is where the server's output is, of all its lives; it goes with the test.
func (s *Server) LogFile() string { return filepath.Join(s.dir, "log") }

// FreeAddr returns a loopback address that nothing listens on.
func FreeAddr(t testing.TB) string {
	t.Helper()
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(freePort(t)))
}

// built are the programs that this test process has built.
var built struct {
	mu    sync.Mutex
	paths map[string]string
}

// Build builds a main package, once for the test process, and returns its path.
func Build(t testing.TB, pkg string) string {
	t.Helper()
	built.mu.Lock()
	defer built.mu.Unlock()
	if program := built.paths[pkg]; program != "" {
		return program
	}
	program, err := build(pkg)
	if err != nil {
		t.Fatal(err)
	}
	if built.paths == nil {
		built.paths = map[string]string{}
	}
	built.paths[pkg] = program
	return program
}

func build(pkg string) (program string, err error) {
	dir, err := workFolder("build")
	if err != nil {
		return "", err
	}
	// Into a folder, so that go names the program.
	if out, err := exec.Command("go", "build", "-o", dir+"/", pkg).CombinedOutput(); err != nil {
		return "", fmt.Errorf("stack: build %s: %w: %s", pkg, err, out)
	}
	found, err := os.ReadDir(dir)
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("stack: build %s: %d programs in its folder, want 1: %w", pkg, len(found), err)
	}
	return filepath.Join(dir, found[0].Name()), nil
}
