package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	// DefaultListen is NATS's own port on loopback.
	DefaultListen = "127.0.0.1:4222"
	// URLFile, in the data directory, holds the address while the server runs.
	URLFile = "nats.url"

	// portsTried is how many ports, from the configured one upwards, are tried.
	portsTried = 100
	// maxPayload leaves room for a dead letter: a command of 1 MiB in base64, and
	// what is said about it.
	maxPayload = 4 << 20
	// maxMemoryStore bounds streams in memory. All of ours are on disk.
	maxMemoryStore = 64 << 20
	// maxBuffered is how many publishes a stream queues before it refuses: enough
	// for every exchange that the connector has under way at once.
	maxBuffered = 100_000
	// startTimeout bounds a start. It takes milliseconds on an empty store and
	// about a second for each million keys.
	startTimeout = time.Minute
)

// Options says where the server stores and listens. The zero value of a field is its default.
type Options struct {
	// DataDir holds the store; made if missing; required.
	DataDir string
	// Listen is host:port; a port that is taken gives way to the next one that is
	// free, port 0 to any. DefaultListen if empty.
	Listen string
	// SyncInterval is how often what was stored is forced to the disk (fsync): 1 s
	// by default. A crash of the machine loses at most that; a crash of the
	// process loses nothing. Below zero: after every message, at about a
	// thirtieth of the speed.
	SyncInterval time.Duration
	// MaxStore is the most octets on disk; 0: three quarters of what is free.
	MaxStore int64
	// Logger hears the server's warnings and errors. It says nothing else.
	Logger *slog.Logger
}

// Server is a nats-server in this process.
type Server struct {
	inner *server.Server
	lock  *dirLock
	dir   string
	url   string
}

// Start starts a server and returns when it can be used. ctx bounds the start,
// not the server's life.
func Start(ctx context.Context, options Options) (*Server, error) {
	if options.DataDir == "" {
		return nil, errors.New("embedded nats: no data directory: set one with --data")
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	host, port, err := parseListen(options.Listen)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(options.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("embedded nats: make the data directory: %w", err)
	}
	lock, err := lockDir(options.DataDir)
	if err != nil {
		return nil, fmt.Errorf("embedded nats: %w", err)
	}
	s := &Server{lock: lock, dir: options.DataDir}
	if err := s.start(ctx, options, host, port); err != nil {
		return nil, errors.Join(fmt.Errorf("embedded nats: %w", err), lock.release())
	}
	if err := s.writeURL(); err != nil {
		return nil, errors.Join(fmt.Errorf("embedded nats: %w", err), s.Close(ctx))
	}
	if ip := net.ParseIP(host); ip != nil && !ip.IsLoopback() {
		options.Logger.Warn("the embedded NATS server listens beyond loopback, and asks nobody who they are", "address", s.url)
	}
	return s, nil
}

// start tries ports until one can be listened on.
func (s *Server) start(ctx context.Context, options Options, host string, port int) error {
	var taken error
	for try := range portsTried {
		candidate, err := freePort(host, port, try)
		if err != nil {
			taken = err
			continue
		}
		inner, log, err := launch(options, host, candidate)
		if err != nil {
			return err
		}
		if err = ready(ctx, inner, log); err == nil {
			s.inner = inner
			s.url = "nats://" + net.JoinHostPort(host, strconv.Itoa(inner.Addr().(*net.TCPAddr).Port))
			return nil
		}
		inner.Shutdown()
		inner.WaitForShutdown()
		if !errors.Is(err, errPortTaken) {
			return err
		}
		taken = err
	}
	return fmt.Errorf("none of the %d ports from %s could be listened on: %w",
		portsTried, net.JoinHostPort(host, strconv.Itoa(port)), taken)
}

// launch starts the server on one port; it may not be ready yet.
func launch(options Options, host string, port int) (*server.Server, *logBridge, error) {
	sync := options.SyncInterval
	if sync == 0 {
		sync = time.Second
	}
	inner, err := server.NewServer(&server.Options{
		ServerName: "smpp-connector-standalone",
		Host:       host, Port: port,
		JetStream: true, StoreDir: options.DataDir,
		JetStreamMaxMemory: maxMemoryStore, JetStreamMaxStore: options.MaxStore,
		SyncInterval: max(sync, 0), SyncAlways: sync < 0,
		MaxPayload:            maxPayload,
		StreamMaxBufferedMsgs: maxBuffered,
		NoSigs:                true, DisableJetStreamBanner: true,
	})
	if err != nil {
		return nil, nil, err
	}
	log := &logBridge{to: options.Logger}
	inner.SetLoggerV2(log, false, false, false)
	inner.Start()
	return inner, log, nil
}

// errPortTaken is that somebody took the port after freePort had found it free.
var errPortTaken = errors.New("the port was taken meanwhile")

// ready waits until clients can connect and JetStream answers.
func ready(ctx context.Context, inner *server.Server, log *logBridge) error {
	const step = 50 * time.Millisecond
	for began := time.Now(); time.Since(began) < startTimeout; {
		if inner.ReadyForConnections(step) && inner.JetStreamEnabled() {
			return nil
		}
		if reason := log.fatal(); strings.Contains(reason, "listening on port") {
			return fmt.Errorf("%w: %s", errPortTaken, reason)
		} else if reason != "" {
			return errors.New(reason)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return fmt.Errorf("the server is not ready after %v", startTimeout)
}

// parseListen reads host:port.
func parseListen(listen string) (host string, port int, err error) {
	if listen == "" {
		listen = DefaultListen
	}
	host, number, err := net.SplitHostPort(listen)
	if err == nil {
		port, err = strconv.Atoi(number)
	}
	if err != nil || port < 0 || port > 65535 {
		return "", 0, fmt.Errorf("embedded nats: listen address %q: want host:port, as in %s", listen, DefaultListen)
	}
	return host, port, nil
}

// freePort returns the try-th port from port upwards if nothing listens there;
// for port 0 any free one.
func freePort(host string, port, try int) (int, error) {
	if port != 0 {
		port += try
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return 0, err
	}
	port = l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}

// URL is the address for clients in other processes: nats://127.0.0.1:4222.
func (s *Server) URL() string { return s.url }

// InProcessConn opens a connection without a socket. It makes a Server what
// nats.go calls an InProcessConnProvider.
func (s *Server) InProcessConn() (net.Conn, error) { return s.inner.InProcessConn() }

// writeURL leaves the address where `send` and its like look for it. The file
// appears whole: a reader never sees half an address.
func (s *Server) writeURL() error {
	file := filepath.Join(s.dir, URLFile)
	if err := os.WriteFile(file+".new", []byte(s.url+"\n"), 0o600); err != nil {
		return fmt.Errorf("write the address: %w", err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		return fmt.Errorf("write the address: %w", err)
	}
	return nil
}

// Close stops the server and returns when it has ended and its store is written,
// or with an error when ctx ends first; the data directory is then still in use.
func (s *Server) Close(ctx context.Context) error {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.inner.Shutdown()
		s.inner.WaitForShutdown()
	}()
	select {
	case <-ended:
	case <-ctx.Done():
		return fmt.Errorf("embedded nats: it does not stop: %w", ctx.Err())
	}
	err := os.Remove(filepath.Join(s.dir, URLFile))
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, s.lock.release())
}
