package stack

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
)

// A test process ends in many ways: it returns, it panics on some goroutine,
// the -timeout strikes, somebody sends it SIGKILL. Only the first runs
// t.Cleanup. So all servers of a test process live under one folder, and a
// small shell, the janitor, waits on a pipe that closes when that process is
// gone, ends what is still alive and removes the folder.
//
// The alternative, Pdeathsig, is bound to the OS thread that forked, does not
// remove folders, and does not reach the children of a stopped postmaster.

// janitorScript is handed the folder as $1. Each server keeps a file `pid`
// there: its process id and the signal that it dies of without a trace.
const janitorScript = `
cat >/dev/null
for file in "$1"/*/pid; do
	[ -r "$file" ] || continue
	read -r pid signal <"$file" || continue
	family=$pid
	for status in /proc/[0-9]*/status; do
		if grep -q "^PPid:[[:space:]]*$pid\$" "$status" 2>/dev/null; then
			child=${status#/proc/}
			family="$family ${child%/status}"
		fi
	done
	kill -CONT $family 2>/dev/null
	kill -"$signal" "$pid" 2>/dev/null
	tries=0
	while kill -0 "$pid" 2>/dev/null && [ $tries -lt 30 ]; do
		sleep 0.1
		tries=$((tries + 1))
	done
	kill -KILL $family 2>/dev/null
done
rm -rf "$1"
`

var janitor struct {
	once sync.Once
	base string
	err  error
	pipe any // keeps the write end open as long as the process lives
}

// workFolder makes a folder for one server, which goes away with the test
// process at the latest. Others may enter its parent, because PostgreSQL runs
// as another user.
func workFolder(name string) (string, error) {
	janitor.once.Do(func() { janitor.err = hireJanitor() })
	if janitor.err != nil {
		return "", janitor.err
	}
	return os.MkdirTemp(janitor.base, name+"-")
}

func hireJanitor() error {
	base, err := os.MkdirTemp("", "smpp-stack-")
	if err != nil {
		return fmt.Errorf("stack: make a folder for test servers: %w", err)
	}
	if err := os.Chmod(base, 0o711); err != nil {
		return fmt.Errorf("stack: open %s to the servers' user: %w", base, err)
	}
	shell := exec.Command("/bin/sh", "-c", janitorScript, "janitor", base)
	// A session of its own, so that ^C reaches the tests and not the one who
	// cleans up after them; no output, so that `go test` does not wait for it.
	shell.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	pipe, err := shell.StdinPipe()
	if err != nil {
		return fmt.Errorf("stack: pipe to the janitor: %w", err)
	}
	if err := shell.Start(); err != nil {
		return fmt.Errorf("stack: start the janitor: %w", err)
	}
	janitor.base, janitor.pipe = base, pipe
	return nil
}

// notePID tells the janitor about a running server.
func notePID(dir string, pid int, signal string) error {
	line := strconv.Itoa(pid) + " " + signal + "\n"
	return os.WriteFile(filepath.Join(dir, "pid"), []byte(line), 0o600)
}

// forgetPID takes it back before the number can belong to somebody else.
func forgetPID(dir string) { _ = os.Remove(filepath.Join(dir, "pid")) }
