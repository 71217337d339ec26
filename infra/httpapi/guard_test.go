package httpapi_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/infra/httpapi"
)

const secret = "a-token-of-a-good-length"

// browser is a client with cookies that stops at redirects.
func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

func ask(t *testing.T, client *http.Client, method, address string, form url.Values, headers ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
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

// issue 8, point 8: a browser shows the token once, and a cookie that is not the token
// stands for it.
func TestABrowserLogsIn(t *testing.T) {
	s := start(t, httpapi.Options{DebugAddr: "127.0.0.1:0", Token: secret, Page: a("tree")})
	at, client := "http://"+s.DebugAddr(), browser(t)
	resp, _ := ask(t, client, "GET", at+"/debug/binds/awcc.trx.1?x=1", nil, "Accept", "text/html")
	login := resp.Header.Get("Location")
	if resp.StatusCode != http.StatusSeeOther || login != "/debug/login?next=%2Fdebug%2Fbinds%2Fawcc.trx.1%3Fx%3D1" {
		t.Fatalf("without a cookie: %s %s", resp.Status, login)
	}
	if resp, body := ask(t, client, "GET", at+login, nil); resp.StatusCode != 200 || !strings.Contains(body, `value="/debug/binds/awcc.trx.1?x=1"`) || !strings.Contains(resp.Header.Get("Content-Security-Policy"), "form-action 'self'") {
		t.Errorf("the form: %s %s", resp.Status, body)
	}
	if resp, body := ask(t, client, "POST", at+"/debug/login", url.Values{"token": {"wrong"}, "next": {`"><script>`}}); resp.StatusCode != http.StatusUnauthorized || len(resp.Cookies()) > 0 || strings.Contains(body, "<script>") || strings.Contains(body, "wrong") {
		t.Errorf("a wrong token: %s, cookies %v: %s", resp.Status, resp.Cookies(), body)
	}
	resp, _ = ask(t, client, "POST", at+"/debug/login", url.Values{"token": {secret}, "next": {"/debug/binds/awcc.trx.1?x=1"}})
	if resp.StatusCode != http.StatusSeeOther || resp.Header.Get("Location") != "/debug/binds/awcc.trx.1?x=1" || len(resp.Cookies()) != 1 {
		t.Fatalf("the right token: %s to %s", resp.Status, resp.Header.Get("Location"))
	}
	cookie := resp.Cookies()[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/debug" || strings.Contains(cookie.Value, secret) {
		t.Errorf("the cookie: %+v", cookie)
	}
	if resp, body := ask(t, client, "GET", at+"/debug/actors", nil, "Accept", "text/html"); resp.StatusCode != 200 || body != "tree" {
		t.Errorf("with the cookie: %s %s", resp.Status, body)
	}
	for name, value := range map[string]string{"another moment": "9" + cookie.Value, "no hash": "99999999999.", "no dot": "99999999999", "nothing": ""} {
		if resp, _ := ask(t, browser(t), "GET", at+"/debug/actors", nil, "Cookie", cookie.Name+"="+value); resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("a cookie with %s: %s", name, resp.Status)
		}
	}
	other := start(t, httpapi.Options{DebugAddr: "127.0.0.1:0", Token: secret + "2", Page: a("tree")})
	if resp, _ := ask(t, browser(t), "GET", "http://"+other.DebugAddr()+"/debug/actors", nil, "Cookie", cookie.Name+"="+cookie.Value); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("the cookie of another token: %s", resp.Status)
	}
	ask(t, client, "POST", at+"/debug/logout", url.Values{})
	if resp, _ := ask(t, client, "GET", at+"/debug/actors", nil); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("after the logout: %s", resp.Status)
	}
}

func TestTheLoginLeadsNowhereElse(t *testing.T) {
	s := start(t, httpapi.Options{DebugAddr: "127.0.0.1:0", Token: secret, Page: a("tree")})
	for _, next := range []string{"https://evil.example/", "//evil.example/debug/", `/\evil.example`, "/debug/../../x", "javascript:alert(1)", "", "/debug/\\evil", "\x00"} {
		resp, _ := ask(t, browser(t), "POST", "http://"+s.DebugAddr()+"/debug/login", url.Values{"token": {secret}, "next": {next}})
		if to := resp.Header.Get("Location"); !strings.HasPrefix(to, "/debug/") || strings.Contains(to, "evil") {
			t.Errorf("next %q leads to %q", next, to)
		}
	}
	resp, _ := ask(t, browser(t), "POST", "http://"+s.DebugAddr()+"/debug/login", url.Values{"token": {strings.Repeat("x", 1<<20)}})
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("a form of a megabyte: %s", resp.Status)
	}
}

// issue 8, point 8: CSRF-safe. Another site's page makes the browser ask nothing here,
// with a token as without one; a link may be followed.
func TestOtherSitesPagesAreRefused(t *testing.T) {
	for _, token := range []string{"", secret} {
		drains := 0
		s := start(t, httpapi.Options{DebugAddr: "127.0.0.1:0", Token: token, Page: a("tree"), Drain: func() { drains++ }, Drained: func() any { return drains }})
		at := "http://" + s.DebugAddr()
		for _, c := range []struct {
			method, path, site, mode, dest string
			want                           int
		}{
			{"GET", "/debug/actors", "cross-site", "cors", "empty", 403},
			{"GET", "/debug/actors/stream", "cross-site", "no-cors", "image", 403},
			{"GET", "/debug/actors", "same-site", "cors", "empty", 403}, // another port of this host
			{"GET", "/debug/actors", "cross-site", "navigate", "iframe", 403},
			{"GET", "/debug/actors", "cross-site", "navigate", "document", 200},
			{"GET", "/debug/actors", "same-origin", "cors", "empty", 200},
			{"GET", "/debug/actors", "none", "navigate", "document", 200},
			{"POST", "/debug/login", "cross-site", "navigate", "document", 403},
			{"POST", "/debug/drain", "cross-site", "navigate", "document", 403},
			{"POST", "/debug/drain", "same-site", "no-cors", "empty", 403},
			{"POST", "/debug/drain", "", "", "", 200}, // a program
			{"GET", "/debug/drain", "", "", "", 200},
			{"POST", "/debug/logout", "same-site", "navigate", "document", 403},
		} {
			resp, _ := ask(t, browser(t), c.method, at+c.path, nil, "Sec-Fetch-Site", c.site, "Sec-Fetch-Mode", c.mode, "Sec-Fetch-Dest", c.dest, "Authorization", "Bearer "+token)
			if resp.StatusCode != c.want {
				t.Errorf("token %q, %s %s from %s by %s to %s: %s, want %d", token, c.method, c.path, c.site, c.mode, c.dest, resp.Status, c.want)
			}
		}
		if drains != 1 {
			t.Errorf("token %q: %d drains were begun, want the program's", token, drains)
		}
		if resp, _ := ask(t, browser(t), "POST", at+"/debug/login", url.Values{"token": {secret}}, "Origin", "https://evil.example"); resp.StatusCode != 403 {
			t.Errorf("token %q: a POST from another origin: %s", token, resp.Status)
		}
	}
}

// issue 8, "HTTP floods": one client that opens all it can is bounded, those that are
// let in are served, and the pages are made one at a time.
func TestAFloodIsBounded(t *testing.T) {
	var now, most atomic.Int64
	s := start(t, httpapi.Options{DebugAddr: "127.0.0.1:0", Page: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		most.Store(max(most.Load(), now.Add(1)))
		time.Sleep(time.Millisecond)
		now.Add(-1)
	})})
	var open []net.Conn
	closeAll := func() {
		for _, c := range open {
			c.Close()
		}
	}
	defer closeAll()
	let := 0
	for range 400 {
		conn, err := net.Dial("tcp", s.DebugAddr())
		if err != nil {
			continue // the listener's queue is full: refused all the same
		}
		open = append(open, conn)
	}
	for _, conn := range open {
		_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
		if _, err := fmt.Fprintf(conn, "GET /debug/actors HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			continue
		}
		answer := make([]byte, len("HTTP/1.1 200"))
		if _, err := io.ReadFull(conn, answer); err == nil && string(answer) == "HTTP/1.1 200" { // and it stays open
			let++
		}
	}
	if let == 0 || let > 128 {
		t.Errorf("%d of 400 connections of one client were let in, want 128 at most", let)
	}
	if most.Load() > 1 {
		t.Errorf("%d pages were made at once", most.Load())
	}
	if resp, _ := get(t, s.HTTPAddr(), "/health", nil); resp.StatusCode != 200 {
		t.Errorf("/health: %s", resp.Status)
	}
	closeAll()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) { // their places are free again
		resp, err := http.Get("http://" + s.DebugAddr() + "/debug/actors")
		if err == nil {
			resp.Body.Close()
			return
		}
		if time.Now().After(end) {
			t.Fatal("after the flood nobody is let in:", err)
		}
	}
}

// A stream has no end of its own, and does not keep the process from ending.
func TestShutdownEndsStreams(t *testing.T) {
	entered := make(chan struct{})
	s := start(t, httpapi.Options{DebugAddr: "127.0.0.1:0", Page: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(entered)
		<-r.Context().Done()
	})})
	go func() {
		if resp, err := http.Get("http://" + s.DebugAddr() + "/debug/actors/stream"); err == nil {
			resp.Body.Close()
		}
	}()
	<-entered
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}
