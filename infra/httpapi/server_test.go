package httpapi_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/infra/httpapi"
)

// start starts a server on free loopback ports with what o leaves open filled in.
func start(t *testing.T, o httpapi.Options) *httpapi.Server {
	t.Helper()
	o.HTTPAddr = "127.0.0.1:0"
	if o.Metrics == nil {
		o.Metrics = http.NotFoundHandler()
	}
	if o.Ready == nil {
		o.Ready = func() (bool, []string) { return false, []string{"nothing is bound"} }
	}
	o.Logger = slog.New(slog.DiscardHandler)
	s, err := httpapi.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Shutdown(context.Background()) })
	return s
}

// get sends one request; edit may change it before.
func get(t *testing.T, addr, path string, edit func(*http.Request)) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if edit != nil {
		edit(req)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

// US-SC-001: "/health returns 200 immediately after process start".
func TestUSSC001HealthAnswersBeforeAnythingIsBound(t *testing.T) {
	s := start(t, httpapi.Options{Service: "smpp-connector", Version: "1.2.3"})
	resp, body := get(t, s.HTTPAddr(), "/health", nil)
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "application/json" {
		t.Errorf("got %s, %s", resp.Status, resp.Header.Get("Content-Type"))
	}
	var health struct{ Status, Service, Version string }
	if err := json.Unmarshal([]byte(body), &health); err != nil {
		t.Fatalf("%v in %q", err, body)
	}
	if health.Status != "ok" || health.Service != "smpp-connector" || health.Version != "1.2.3" {
		t.Errorf("got %+v", health)
	}
	if resp, _ := get(t, s.HTTPAddr(), "/ready", nil); resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("/ready: got %s while nothing is bound, want 503", resp.Status)
	}
}

// US-SC-015: "/ready returns 503 until at least one operator session is BOUND", and says why.
func TestUSSC015ReadyFollowsTheBindsAndSaysWhyNot(t *testing.T) {
	var bound atomic.Bool
	s := start(t, httpapi.Options{Ready: func() (bool, []string) {
		return bound.Load(), []string{"awcc.trx.1 is CONNECTING", "nats is away"}
	}})
	resp, body := get(t, s.HTTPAddr(), "/ready", nil)
	if want := `{"ready":false,"reasons":["awcc.trx.1 is CONNECTING","nats is away"]}`; resp.StatusCode != 503 || strings.TrimSpace(body) != want {
		t.Errorf("got %s %s\nwant 503 %s", resp.Status, body, want)
	}
	bound.Store(true)
	if resp, body = get(t, s.HTTPAddr(), "/ready", nil); resp.StatusCode != 200 || strings.TrimSpace(body) != `{"ready":true}` {
		t.Errorf("bound: got %s %s", resp.Status, body)
	}
	bound.Store(false)
	if resp, _ = get(t, s.HTTPAddr(), "/ready", nil); resp.StatusCode != 503 {
		t.Errorf("lost again: got %s", resp.Status)
	}
}

func TestPublicListenerShowsThreePagesAlone(t *testing.T) {
	s := start(t, httpapi.Options{
		DebugAddr: "127.0.0.1:0", Token: "a-token", Page: a("tree"),
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "a_metric 1\n") }),
	})
	if _, body := get(t, s.HTTPAddr(), "/metrics", nil); body != "a_metric 1\n" {
		t.Errorf("/metrics: got %q", body)
	}
	for _, path := range []string{"/", "/debug/actors", "/debug/pprof/", "/debug/pprof/heap", "/healthz"} {
		resp, _ := get(t, s.HTTPAddr(), path, func(r *http.Request) { r.Header.Set("Authorization", "Bearer a-token") })
		if resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s on the public listener: got %s, want 404", path, resp.Status)
		}
	}
	resp, _ := get(t, s.HTTPAddr(), "/health", func(r *http.Request) { r.Method = http.MethodPost })
	if resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST /health: got %s, want 405", resp.Status)
	}
	for _, header := range []string{"X-Content-Type-Options", "Content-Security-Policy", "X-Frame-Options", "Cache-Control"} {
		if resp.Header.Get(header) == "" {
			t.Errorf("no %s", header)
		}
	}
}

// a is a page that says one word.
func a(word string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, word) })
}

func TestDebugOnLoopbackNeedsNoTokenAndHasNoPprof(t *testing.T) {
	s := start(t, httpapi.Options{DebugAddr: "127.0.0.1:0", Page: a("tree")})
	resp, body := get(t, s.DebugAddr(), "/debug/actors", nil)
	if resp.StatusCode != 200 || body != "tree" {
		t.Errorf("got %s %s", resp.Status, body)
	}
	for _, path := range []string{"/", "/debug/"} {
		if resp, body = get(t, s.DebugAddr(), path, nil); body != "tree" || resp.Request.URL.Path != "/debug/actors" {
			t.Errorf("%s leads to %s", path, resp.Request.URL)
		}
	}
	if resp, _ = get(t, s.DebugAddr(), "/debug/pprof/", nil); resp.StatusCode != http.StatusNotFound {
		t.Errorf("pprof without a token: got %s, want 404", resp.Status)
	}
	// DNS rebinding: a name that resolves to loopback, but is not ours.
	for host, want := range map[string]int{"evil.example": 403, "evil.example:6060": 403, "localhost:6060": 200, "127.0.0.1": 200, "[::1]": 200, "[::1]:6060": 200} {
		if resp, _ = get(t, s.DebugAddr(), "/debug/actors", func(r *http.Request) { r.Host = host }); resp.StatusCode != want {
			t.Errorf("Host %s: got %s, want %d", host, resp.Status, want)
		}
	}
}

func TestDebugWithTokenRefusesEveryOther(t *testing.T) {
	s := start(t, httpapi.Options{DebugAddr: "127.0.0.1:0", Token: "right", Page: a("tree")})
	for header, want := range map[string]int{"": 401, "Bearer wrong": 401, "Bearer ": 401, "right": 401, "Basic right": 401, "Bearer right": 200} {
		for _, path := range []string{"/debug/actors", "/debug/pprof/"} {
			resp, body := get(t, s.DebugAddr(), path, func(r *http.Request) { r.Header.Set("Authorization", header) })
			if resp.StatusCode != want {
				t.Errorf("%s with %q: got %s, want %d", path, header, resp.Status, want)
			}
			if strings.Contains(body, "right") {
				t.Errorf("%s: the answer holds the token: %s", path, body)
			}
		}
	}
}

func TestStartRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	addr := taken.Addr().String()
	for name, test := range map[string]struct {
		o    httpapi.Options
		want []string
	}{
		"an address in use":          {httpapi.Options{HTTPAddr: addr}, []string{"HTTP_ADDR", addr, "in use"}},
		"a debug address in use":     {httpapi.Options{HTTPAddr: "127.0.0.1:0", DebugAddr: addr}, []string{"DEBUG_ADDR", addr, "in use"}},
		"no port":                    {httpapi.Options{HTTPAddr: "127.0.0.1"}, []string{"HTTP_ADDR", "host:port"}},
		"debug for all, no token":    {httpapi.Options{HTTPAddr: "127.0.0.1:0", DebugAddr: ":0"}, []string{"DEBUG_ADDR", "loopback", "token"}},
		"debug on 0.0.0.0, no token": {httpapi.Options{HTTPAddr: "127.0.0.1:0", DebugAddr: "0.0.0.0:0"}, []string{"DEBUG_ADDR", "loopback", "token"}},
	} {
		t.Run(name, func(t *testing.T) {
			test.o.Metrics, test.o.Ready = http.NotFoundHandler(), func() (bool, []string) { return false, nil }
			s, err := httpapi.Start(test.o)
			if err == nil {
				_ = s.Shutdown(t.Context())
				t.Fatal("started")
			}
			for _, word := range test.want {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%q does not say %q", err, word)
				}
			}
		})
	}
}

// A page that refuses to end must not keep the process from ending.
func TestShutdownEndsWithinItsContext(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	defer close(release)
	s := start(t, httpapi.Options{Metrics: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(entered)
		<-release
	})})
	go func() {
		conn, err := net.Dial("tcp", s.HTTPAddr())
		if err != nil {
			return // the wait for entered fails the test
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
		_, _ = io.ReadAll(conn)
	}()
	select {
	case <-entered:
	case <-time.After(time.Minute):
		t.Fatal("the request did not arrive")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := s.Shutdown(ctx); err == nil || !strings.Contains(err.Error(), "cut") {
		t.Errorf("got %v, want an error that says that requests were cut", err)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("took %v", took)
	}
	if _, err := net.DialTimeout("tcp", s.HTTPAddr(), time.Second); err == nil {
		t.Error("still listens")
	}
}

func TestGiantHeadersAreRefused(t *testing.T) {
	s := start(t, httpapi.Options{})
	resp, _ := get(t, s.HTTPAddr(), "/health", func(r *http.Request) { r.Header.Set("X-Giant", strings.Repeat("x", 64<<10)) })
	if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("got %s, want 431", resp.Status)
	}
}
