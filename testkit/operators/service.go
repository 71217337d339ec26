// Package operators is a fake operator-management-service for tests: the one
// endpoint that US-SC-002 names, on a real loopback socket, in every condition
// that the real one has been in. It keeps what it was asked, so that a test can
// see how often the connector asks; it refuses nothing and checks nothing.
//
//	service := operators.Start(t)
//	service.Put(operators.Account("awcc", smsc.Addr()))
//	service.Down()                      // refuses connections
//	service.Up()
//	service.Rotate("awcc", "n3w-pass")  // the next answer has another password
package operators

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	contract "github.com/ghasi/smpp-connector/proto"
)

// Service is the fake. Its methods may be called at any time, from any goroutine.
type Service struct {
	URL string // for OPERATOR_MANAGEMENT_URL; the same after Down and Up

	t    testing.TB
	addr string

	mu       sync.Mutex
	server   *http.Server // nil while it is down
	accounts map[string]*contract.SmppCredentials
	requests map[string]int
	delay    time.Duration
	instead  func(http.ResponseWriter) // nil: the account
	changed  chan struct{}             // closed when the condition changes, so that nobody stays delayed
}

// Start starts a service that knows no operator. It ends with the test.
func Start(t testing.TB) *Service {
	t.Helper()
	s := &Service{
		t: t, addr: "127.0.0.1:0",
		accounts: map[string]*contract.SmppCredentials{},
		requests: map[string]int{},
		changed:  make(chan struct{}),
	}
	t.Cleanup(s.Down)
	s.Up()
	s.URL = "http://" + s.addr
	return s
}

// Account is the smallest valid account: what a bind to an SMSC at addr needs.
func Account(operatorID, addr string) *contract.SmppCredentials {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		panic(fmt.Sprintf("operators.Account: address %q: want host:port", addr))
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		panic(fmt.Sprintf("operators.Account: address %q: want a number as port", addr))
	}
	return &contract.SmppCredentials{
		OperatorId: operatorID, Host: host, Port: uint32(number), SystemId: operatorID, Password: "secret-1",
	}
}

// Put makes an account known, or replaces it.
func (s *Service) Put(account *contract.SmppCredentials) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accounts[account.OperatorId] = proto.CloneOf(account)
}

// Rotate changes an operator's password.
func (s *Service) Rotate(operatorID, password string) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.accounts[operatorID] == nil {
		s.t.Errorf("operators: rotate the password of %s, which is not known here", operatorID)
		return
	}
	s.accounts[operatorID].Password = password
}

// Remove makes an operator unknown: 404.
func (s *Service) Remove(operatorID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.accounts, operatorID)
}

// Requests returns how often an operator was asked for.
func (s *Service) Requests(operatorID string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests[operatorID]
}

// Down closes the service: connections are refused, and open ones are cut.
func (s *Service) Down() {
	s.change(nil, 0)
	s.mu.Lock()
	server := s.server
	s.server = nil
	s.mu.Unlock()
	if server != nil {
		_ = server.Close()
	}
}

// Up opens it again, at the same address, in good health.
func (s *Service) Up() {
	s.t.Helper()
	s.change(nil, 0)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server != nil {
		return
	}
	listener, err := listenAgain(s.addr)
	if err != nil {
		s.t.Errorf("operators: listen again: %v", err)
		return
	}
	s.addr = listener.Addr().String()
	routes := http.NewServeMux()
	routes.HandleFunc("GET /internal/operators/{id}/smpp-credentials", s.answer)
	server := &http.Server{Handler: routes, ReadHeaderTimeout: 10 * time.Second}
	s.server = server
	go func() {
		if err := server.Serve(listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
			s.t.Errorf("operators: serve: %v", err)
		}
	}()
}

// listenAgain listens where the service was before. The kernel may have given the port to
// somebody for the near end of a connection meanwhile, which is over soon.
func listenAgain(addr string) (listener net.Listener, err error) {
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		listener, err = (&net.ListenConfig{}).Listen(context.Background(), "tcp", addr)
		if !errors.Is(err, syscall.EADDRINUSE) || time.Now().After(end) {
			return listener, err
		}
	}
}

// Slow delays every answer from now on, until the condition changes.
func (s *Service) Slow(by time.Duration) { s.change(nil, by) }

// Well ends every other condition.
func (s *Service) Well() { s.change(nil, 0) }

// Fail answers every request with a status and an error object.
func (s *Service) Fail(status int) {
	s.Say(status, "application/json", fmt.Sprintf(`{"statusCode":%d,"message":%q}`, status, http.StatusText(status)))
}

// HTML answers as a login page or a load balancer does: 200, and no account.
func (s *Service) HTML() {
	s.Say(http.StatusOK, "text/html; charset=utf-8", "<!doctype html><title>Sign in</title>")
}

// Say answers every request with these octets.
func (s *Service) Say(status int, contentType, body string) {
	s.change(func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}, 0)
}

// HangUp cuts the connection in the middle of every answer.
func (s *Service) HangUp() {
	s.change(func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "1000")
		_, _ = w.Write([]byte(`{"host":"smsc.exam`))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}, 0)
}

func (s *Service) change(instead func(http.ResponseWriter), delay time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.instead, s.delay = instead, delay
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *Service) answer(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	s.mu.Lock()
	s.requests[id]++
	delay, changed := s.delay, s.changed
	s.mu.Unlock()
	if delay > 0 {
		select {
		case <-time.After(delay):
		case <-changed:
		case <-r.Context().Done():
		}
	}
	s.mu.Lock()
	instead, account := s.instead, proto.CloneOf(s.accounts[id])
	s.mu.Unlock()
	switch {
	case instead != nil:
		instead(w)
	case account == nil:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"statusCode":404,"message":"Operator not found"}`))
	default:
		body, err := protojson.Marshal(account)
		if err != nil {
			http.Error(w, "cannot encode the account", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_, _ = w.Write(body)
	}
}
