package stack

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// Redis returns the URL of an empty, real Redis of the test's own.
func Redis(t testing.TB) string {
	t.Helper()
	return RedisServer(t).URL
}

// RedisServer returns a Redis of the test's own, running. A server starts in a
// few milliseconds, so nothing is shared. It writes an append-only file: a Stop
// and a Start keep the data, a Kill loses at most the last second of it.
func RedisServer(t testing.TB) *Server {
	t.Helper()
	bin := Program(t, "redis-server")
	dir, err := workFolder("redis")
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(freePort(t))
	password, addr := rand.Text(), "127.0.0.1:"+port
	s := &Server{URL: "redis://:" + password + "@" + addr + "/0", Addr: addr, t: t, dir: dir}
	s.recipe = recipe{
		name: "redis",
		command: []string{bin, "--bind", "127.0.0.1", "--port", port, "--dir", dir, "--requirepass", password,
			"--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--loglevel", "warning"},
		ready: func(ctx context.Context) error { return pingRedis(ctx, addr, password) },
		clean: syscall.SIGTERM,
		crash: syscall.SIGKILL,
	}
	t.Cleanup(s.remove)
	s.Start()
	return s
}

// pingRedis speaks the inline form of the protocol: two lines out, two lines in.
func pingRedis(ctx context.Context, addr, password string) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	if _, err := fmt.Fprintf(conn, "AUTH %s\r\nPING\r\n", password); err != nil {
		return err
	}
	in := bufio.NewReader(conn)
	for _, want := range []string{"+OK", "+PONG"} {
		line, err := in.ReadString('\n')
		if err != nil {
			return err
		}
		if got := strings.TrimSpace(line); got != want {
			return fmt.Errorf("stack: redis answered %q, want %q", got, want)
		}
	}
	return nil
}
