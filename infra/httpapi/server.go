package httpapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Options says where to listen and what to show.
type Options struct {
	HTTPAddr  string // host:port of the public listener; port 0 picks a free one
	DebugAddr string // of the debug listener; empty: none
	Token     string // bearer token that /debug asks for; required when DebugAddr is not loopback
	// TokenNow is what Token is at present, for one that is rotated; asked at each
	// request, and never empty. nil: it stays.
	TokenNow func() string

	Service string // in /health
	Version string

	Metrics http.Handler                          // /metrics
	Ready   func() (ready bool, reasons []string) // must not block; reasons say why not
	Config  func(io.Writer) error                 // the configuration in force, secrets masked; nil: no /debug/config
	// Recording is what a bind's flight recorder holds, as a value that encodes to
	// JSON; Capture the same as a pcapng file. Both say false for a bind that is not
	// here. nil: no /debug/binds/{bind}/pdus.
	Recording func(bind string) (any, bool)
	Capture   func(w io.Writer, bind string) (bool, error)
	// Drain begins the drain, once; Drained is how far it is, as a value that encodes
	// to JSON. Neither blocks. nil: no /debug/drain.
	Drain   func()
	Drained func() any
	Page    http.Handler // /debug/actors, /debug/binds/…, /debug/assets/…; nil: none of them
	Logger  *slog.Logger // slog.Default when nil
}

// What a client may cost. No page of ours needs more.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 10 * time.Second
	writeTimeout      = 30 * time.Second
	idleTimeout       = 60 * time.Second
	maxHeaderBytes    = 16 << 10
)

// Server is the two listeners.
type Server struct {
	public, debug *listening // debug is nil when there is none
	log           *slog.Logger
	serving       sync.WaitGroup
}

type listening struct {
	listener net.Listener
	server   *http.Server
}

// Start listens and serves until Shutdown. An address that cannot be listened on
// is an error that names the setting, and then nothing listens.
func Start(o Options) (*Server, error) {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	s := &Server{log: o.Logger}
	var err error
	if o.DebugAddr != "" {
		if o.Token == "" && !isLoopback(o.DebugAddr) {
			return nil, fmt.Errorf("DEBUG_ADDR %s: not a loopback address; use 127.0.0.1:port, or set a debug token", o.DebugAddr)
		}
		if s.debug, err = s.listen("DEBUG_ADDR", o.DebugAddr, debugPages(o)); err != nil {
			return nil, err
		}
	}
	if s.public, err = s.listen("HTTP_ADDR", o.HTTPAddr, publicPages(o, time.Now())); err != nil {
		if s.debug != nil {
			_ = s.debug.listener.Close() // nothing has been served yet
		}
		return nil, err
	}
	s.serve(s.public)
	if s.debug != nil {
		s.serve(s.debug)
	}
	return s, nil
}

// listen binds an address that a setting names.
func (s *Server) listen(setting, addr string, pages http.Handler) (*listening, error) {
	l, err := net.Listen("tcp", addr)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s %s: the address is in use; stop what listens there, or choose another port (0 picks a free one): %w", setting, addr, err)
	case err != nil:
		return nil, fmt.Errorf("%s %q: want host:port: %w", setting, addr, err)
	}
	life, end := context.WithCancel(context.Background())
	server := &http.Server{
		Handler:           paced(pages),
		BaseContext:       func(net.Listener) context.Context { return life },
		ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout,
		WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeaderBytes,
		// What clients do wrong on a line is theirs to know; it floods at scans.
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	server.RegisterOnShutdown(end) // streams have no end of their own
	return &listening{newCrowd(l), server}, nil
}

func (s *Server) serve(l *listening) {
	s.serving.Go(func() {
		if err := l.server.Serve(l.listener); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("HTTP listener ended", slog.String("addr", l.listener.Addr().String()), slog.String("error", err.Error()))
		}
	})
}

// HTTPAddr is the address that the public listener is bound to.
func (s *Server) HTTPAddr() string { return s.public.listener.Addr().String() }

// DebugAddr is the address that the debug listener is bound to, empty without one.
func (s *Server) DebugAddr() string {
	if s.debug == nil {
		return ""
	}
	return s.debug.listener.Addr().String()
}

// Shutdown lets requests that are under way end, until ctx ends, and then cuts
// them. Afterwards nothing listens and no goroutine of the package runs.
func (s *Server) Shutdown(ctx context.Context) error {
	var errs []error
	for _, l := range []*listening{s.public, s.debug} {
		if l == nil {
			continue
		}
		if err := l.server.Shutdown(ctx); err != nil {
			errs = append(errs, fmt.Errorf("requests were cut at %s: %w", l.listener.Addr(), err), l.server.Close())
		}
	}
	s.serving.Wait()
	return errors.Join(errs...)
}

// isLoopback reports whether an address to listen on is reachable from this
// machine alone. An empty host listens everywhere, so it is not.
func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil { // a Host header without a port
		host = strings.Trim(addr, "[]")
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
