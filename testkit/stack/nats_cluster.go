package stack

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// NATSCluster returns n servers of one JetStream cluster as processes of their own,
// running; their URLs together are the cluster's. A client is not told of the others, so
// that it goes by the way that a test has chosen for it.
func NATSCluster(t testing.TB, n int) []*Server {
	t.Helper()
	program := Build(t, natsProgram)
	var routes []string
	for range n {
		routes = append(routes, "nats://"+FreeAddr(t))
	}
	servers := make([]*Server, n)
	for i := range servers {
		dir, err := workFolder(fmt.Sprint("nats-", i+1))
		if err != nil {
			t.Fatal(err)
		}
		addr := FreeAddr(t)
		host, port, _ := net.SplitHostPort(addr)
		s := &Server{URL: "nats://" + addr, Addr: addr, t: t, dir: dir}
		s.recipe = recipe{
			name: "nats-server",
			command: []string{program, "-a", host, "-p", port, "-js", "-sd", filepath.Join(dir, "store"), "-n", fmt.Sprint("n", i+1),
				"-cluster_name", "test", "-cluster", routes[i], "-routes", strings.Join(routes, ","), "-no_advertise"},
			ready: func(ctx context.Context) error { return pingNATS(ctx, addr) },
			clean: syscall.SIGTERM,
			crash: syscall.SIGKILL,
		}
		t.Cleanup(s.remove)
		servers[i] = s
	}
	for _, s := range servers { // a server answers pings before the cluster has a leader
		s.Start()
	}
	return servers
}
