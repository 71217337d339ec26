package stack

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// natsProgram is the server of go.mod, as a program.
const natsProgram = "github.com/nats-io/nats-server/v2"

// NATSProcess returns a NATS with JetStream on disk that is a process of its own,
// running: unlike NATS's it can be frozen and killed. It is built from the
// module's own version of the server.
func NATSProcess(t testing.TB) *Server {
	t.Helper()
	program := Build(t, natsProgram)
	dir, err := workFolder("nats")
	if err != nil {
		t.Fatal(err)
	}
	addr := FreeAddr(t)
	host, port, _ := net.SplitHostPort(addr)
	s := &Server{URL: "nats://" + addr, Addr: addr, t: t, dir: dir}
	s.recipe = recipe{
		name:    "nats-server",
		command: []string{program, "-a", host, "-p", port, "-js", "-sd", filepath.Join(dir, "store")},
		ready:   func(ctx context.Context) error { return pingNATS(ctx, addr) },
		clean:   syscall.SIGTERM,
		crash:   syscall.SIGKILL,
	}
	t.Cleanup(s.remove)
	s.Start()
	return s
}

// pingNATS asks as a client does: after INFO and CONNECT, PING has its PONG.
func pingNATS(ctx context.Context, addr string) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	if _, err := fmt.Fprint(conn, "CONNECT {\"verbose\":false}\r\nPING\r\n"); err != nil {
		return err
	}
	in := bufio.NewReader(conn)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return err
		}
		switch word, _, _ := strings.Cut(strings.TrimSpace(line), " "); word {
		case "PONG":
			return nil
		case "-ERR":
			return fmt.Errorf("stack: nats-server answered %q", strings.TrimSpace(line))
		}
	}
}
