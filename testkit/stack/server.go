package stack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// startWithin bounds how long a server may take to answer, and stopWithin how
// long to end, on a machine that is busy with other tests.
const (
	startWithin = 60 * time.Second
	stopWithin  = 30 * time.Second
)

// Server is one real server process that a test may treat badly: stop it, kill
// it, freeze it, start it again on the same port with the same data. Its methods
// belong to the test's goroutine; they fail the test when they do not succeed.
type Server struct {
	URL  string // with the password; never to be printed
	Addr string // host:port, for a proxy in front of it

	t      testing.TB
	recipe recipe
	dir    string
	cmd    *exec.Cmd
	gone   chan struct{} // closed when cmd has ended
}

// recipe says how one kind of server is run.
type recipe struct {
	name    string
	command []string                    // program and arguments
	env     []string                    // beside the test's own variables
	user    *syscall.Credential         // nil: the test's own user
	ready   func(context.Context) error // nil error: it answers
	clean   syscall.Signal              // asks for an orderly end
	crash   syscall.Signal              // ends it as a crash would: nothing is flushed
}

// Start runs the server and returns when it answers.
func (s *Server) Start() {
	s.t.Helper()
	if err := s.start(); err != nil {
		s.t.Fatal(err)
	}
}

// Stop ends the server in order: what it has confirmed is on disk.
func (s *Server) Stop() {
	s.t.Helper()
	if err := s.end(s.recipe.clean); err != nil {
		s.t.Fatal(err)
	}
}

// Kill ends the server as a crash would.
func (s *Server) Kill() {
	s.t.Helper()
	if err := s.end(s.recipe.crash); err != nil {
		s.t.Fatal(err)
	}
}

// Pause freezes the server: connections stay open and the kernel goes on to
// accept new ones, but nobody answers.
func (s *Server) Pause() {
	s.t.Helper()
	// The parent first, so that it makes no child that would be missed.
	if err := s.signal(syscall.SIGSTOP); err != nil {
		s.t.Fatal(err)
	}
}

// Resume thaws a paused server.
func (s *Server) Resume() {
	s.t.Helper()
	if err := s.signal(syscall.SIGCONT); err != nil {
		s.t.Fatal(err)
	}
}

func (s *Server) start() error {
	if s.running() {
		return fmt.Errorf("stack: %s is running already", s.recipe.name)
	}
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("stack: log of %s: %w", s.recipe.name, err)
	}
	defer log.Close()
	cmd := exec.Command(s.recipe.command[0], s.recipe.command[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, log, log
	cmd.Env = append(os.Environ(), s.recipe.env...)
	// A group of its own: ^C in the terminal must not reach the server before
	// the test has decided what to do with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: s.recipe.user}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("stack: start %s: %w", s.recipe.name, err)
	}
	gone := make(chan struct{})
	go func() { _ = cmd.Wait(); close(gone) }()
	s.cmd, s.gone = cmd, gone
	if err := notePID(s.dir, cmd.Process.Pid, strings.TrimPrefix(signalName(s.recipe.crash), "SIG")); err != nil {
		return fmt.Errorf("stack: note the process of %s: %w", s.recipe.name, err)
	}
	return s.awaitReady()
}

func (s *Server) awaitReady() error {
	ctx, cancel := context.WithTimeout(context.Background(), startWithin)
	defer cancel()
	for {
		attempt, done := context.WithTimeout(ctx, 2*time.Second)
		err := s.recipe.ready(attempt)
		done()
		if err == nil {
			return nil
		}
		select {
		case <-s.gone:
			return fmt.Errorf("stack: %s ended while it started; its log says:\n%s", s.recipe.name, s.logTail())
		case <-ctx.Done():
			return fmt.Errorf("stack: %s does not answer after %v: %w; its log says:\n%s", s.recipe.name, startWithin, err, s.logTail())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (s *Server) end(how syscall.Signal) error {
	if !s.running() {
		return nil
	}
	_ = s.signal(syscall.SIGCONT) // a frozen process does not hear how
	if err := s.cmd.Process.Signal(how); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stack: end %s: %w", s.recipe.name, err)
	}
	select {
	case <-s.gone:
	case <-time.After(stopWithin):
		_ = s.cmd.Process.Kill()
		<-s.gone
		return fmt.Errorf("stack: %s had not ended %v after %s and was killed", s.recipe.name, stopWithin, signalName(how))
	}
	forgetPID(s.dir)
	return nil
}

// remove ends the server and everything that it kept.
func (s *Server) remove() {
	_ = s.end(s.recipe.crash)
	_ = os.RemoveAll(s.dir)
}

func (s *Server) running() bool {
	if s.cmd == nil {
		return false
	}
	select {
	case <-s.gone:
		return false
	default:
		return true
	}
}

// signal reaches the server and its children: PostgreSQL has a process for each
// connection, in a session of its own, so no process group holds them all.
func (s *Server) signal(sig syscall.Signal) error {
	if !s.running() {
		return fmt.Errorf("stack: %s is not running", s.recipe.name)
	}
	parent := s.cmd.Process.Pid
	if err := syscall.Kill(parent, sig); err != nil {
		return fmt.Errorf("stack: %s to %s: %w", signalName(sig), s.recipe.name, err)
	}
	for _, child := range childrenOf(parent) {
		_ = syscall.Kill(child, sig) // it may have ended meanwhile
	}
	return nil
}

// childrenOf reads /proc; elsewhere than on Linux it finds none.
func childrenOf(parent int) []int {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	var children []int
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		// pid (name) state ppid …; the name may hold spaces and parentheses.
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if len(fields) < 2 || fields[1] != strconv.Itoa(parent) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			children = append(children, pid)
		}
	}
	return children
}

func (s *Server) logTail() string {
	log, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		return err.Error()
	}
	return string(log[max(0, len(log)-4000):])
}

func signalName(s syscall.Signal) string {
	switch s {
	case syscall.SIGINT:
		return "SIGINT"
	case syscall.SIGQUIT:
		return "SIGQUIT"
	case syscall.SIGTERM:
		return "SIGTERM"
	case syscall.SIGKILL:
		return "SIGKILL"
	case syscall.SIGSTOP:
		return "SIGSTOP"
	case syscall.SIGCONT:
		return "SIGCONT"
	}
	return s.String()
}
