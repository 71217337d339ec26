package stack

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"
)

// natsStartTimeout bounds how long a server in this process may take to listen.
// It needs some milliseconds; a loaded machine gets seconds.
const natsStartTimeout = 20 * time.Second

// NATSServer is one nats-server with JetStream on disk, in the test's process.
type NATSServer struct {
	URL      string // nats://127.0.0.1:PORT; the same after a restart
	StoreDir string
	SeedFile string // the client's NKey seed, with WithNKey; else empty

	tb      testing.TB
	options *server.Options
	running *server.Server
}

// NATSOption changes how NATS starts its server.
type NATSOption func(*NATSServer)

// WithNKey makes the server refuse every client that does not prove to hold the
// NKey whose seed is in SeedFile (US-SC-001).
func WithNKey() NATSOption {
	return func(n *NATSServer) {
		n.tb.Helper()
		user, err := nkeys.CreateUser()
		if err != nil {
			n.tb.Fatalf("make an NKey: %v", err)
		}
		public, err := user.PublicKey()
		if err != nil {
			n.tb.Fatalf("read the NKey's public half: %v", err)
		}
		seed, err := user.Seed()
		if err != nil {
			n.tb.Fatalf("read the NKey's seed: %v", err)
		}
		n.SeedFile = filepath.Join(n.tb.TempDir(), "user.nk")
		if err := os.WriteFile(n.SeedFile, seed, 0o600); err != nil {
			n.tb.Fatalf("write the NKey's seed: %v", err)
		}
		n.options.Nkeys = []*server.NkeyUser{{Nkey: public}}
	}
}

// WithServerOptions changes the server's own options before it starts.
func WithServerOptions(change func(*server.Options)) NATSOption {
	return func(n *NATSServer) { change(n.options) }
}

// NATSDown returns the handle of a server that is not started yet: its URL is
// reserved, nothing listens there until Start.
func NATSDown(tb testing.TB, options ...NATSOption) *NATSServer {
	tb.Helper()
	n := &NATSServer{tb: tb, StoreDir: tb.TempDir()}
	n.options = &server.Options{
		Host: "127.0.0.1", Port: freePort(tb),
		JetStream: true, StoreDir: n.StoreDir,
		NoLog: true, NoSigs: true,
	}
	for _, change := range options {
		change(n)
	}
	n.URL = "nats://" + net.JoinHostPort(n.options.Host, strconv.Itoa(n.options.Port))
	tb.Cleanup(n.Stop)
	return n
}

// NATS starts a server on a free loopback port. It stops when the test ends.
func NATS(tb testing.TB, options ...NATSOption) *NATSServer {
	tb.Helper()
	n := NATSDown(tb, options...)
	n.Start()
	return n
}

// Start starts a stopped server, on the same port and the same store.
func (n *NATSServer) Start() {
	n.tb.Helper()
	if err := n.start(); err != nil {
		n.tb.Fatalf("start nats-server: %v", err)
	}
}

func (n *NATSServer) start() error {
	options := n.options.Clone()
	s, err := server.NewServer(options)
	if err != nil {
		return err
	}
	s.Start()
	if !s.ReadyForConnections(natsStartTimeout) {
		s.Shutdown()
		return fmt.Errorf("%s does not listen after %v: is the port taken?", n.URL, natsStartTimeout)
	}
	n.running = s
	return nil
}

// Stop stops the server and waits until it has ended; its store stays. A server
// that is stopped already stays so.
func (n *NATSServer) Stop() {
	if n.running == nil {
		return
	}
	n.running.Shutdown()
	n.running.WaitForShutdown()
	n.running = nil
}

// Restart stops the server and starts it on the same port and the same store.
func (n *NATSServer) Restart() {
	n.tb.Helper()
	n.Stop()
	n.Start()
}

// HostPort returns the address without its scheme.
func (n *NATSServer) HostPort() string {
	u, err := url.Parse(n.URL)
	if err != nil {
		n.tb.Fatalf("the server's own URL: %v", err)
	}
	return u.Host
}
