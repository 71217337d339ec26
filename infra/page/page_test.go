package page_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ghasi/smpp-connector/actors/lifecycle"
	"github.com/ghasi/smpp-connector/infra/page"
)

func get(p http.Handler, path, accept string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Accept", accept)
	p.ServeHTTP(rec, r)
	return rec
}

const browser, program = "text/html,application/xhtml+xml,*/*;q=0.8", "*/*"

// issue 8, point 1: HTML for browsers, JSON for programs, under one address.
func TestBrowsersGetAPageAndProgramsJSON(t *testing.T) {
	p := newStage(2).page()
	for _, c := range []struct{ path, accept, kind, holds string }{
		{"/debug/actors", browser, "text/html; charset=utf-8", `data-page="actors"`},
		{"/debug/actors", program, "application/json", `"path":"connector"`},
		{"/debug/actors?format=json", browser, "application/json", `"bind":"mno0.trx.2"`},
		{"/debug/actors?format=html", program, "text/html; charset=utf-8", `id="row"`},
		{"/debug/binds/mno0.trx.1", browser, "text/html; charset=utf-8", `data-bind="mno0.trx.1"`},
		{"/debug/binds/mno0.trx.1", program, "application/json", `"path":"connector/operator/mno0/bind/mno0/trx/1/session"`},
		{"/debug/binds/mno0.trx.1/history", program, "application/json", `"rate":3`},
		{"/debug/assets/page.css", browser, "text/css; charset=utf-8", "prefers-color-scheme: dark"},
		{"/debug/assets/page.js", browser, "text/javascript; charset=utf-8", "EventSource"},
		{"/debug/assets/icon.svg", browser, "image/svg+xml", "<svg"},
	} {
		rec := get(p, c.path, c.accept)
		if rec.Code != http.StatusOK || rec.Header().Get("Content-Type") != c.kind || !strings.Contains(rec.Body.String(), c.holds) {
			t.Errorf("%s for %s: %d %s, and %q in it: %v", c.path, c.accept, rec.Code, rec.Header().Get("Content-Type"), c.holds, strings.Contains(rec.Body.String(), c.holds))
		}
	}
	var view page.View
	if err := json.Unmarshal(get(p, "/debug/actors", program).Body.Bytes(), &view); err != nil || view.Pod != "pod-1" || view.Ready || len(view.Reasons) != 1 || len(view.Actors) != 11 {
		t.Errorf("%v: %+v", err, view)
	}
}

func TestABindThatIsNotHereIsToldSo(t *testing.T) {
	p := newStage(1).page()
	for _, path := range []string{"/debug/binds/mno0.trx.9", "/debug/binds/mno0.trx.9/history", "/debug/binds/%3Cscript%3E", "/debug/actors/stream?bind=mno0.trx.9"} {
		for _, accept := range []string{browser, program} {
			rec := get(p, path, accept)
			if rec.Code != http.StatusNotFound || !strings.Contains(rec.Body.String(), "no such bind here") || strings.Contains(rec.Body.String(), "<script>") {
				t.Errorf("%s: %d %s", path, rec.Code, rec.Body)
			}
		}
	}
	if rec := get(p, "/debug/assets/..%2Fpage.go", program); rec.Code != http.StatusNotFound {
		t.Errorf("a file that is no asset: %d", rec.Code)
	}
}

// No inline script or style, no foreign address, and the policy says so to the browser.
func TestThePagesHoldToTheirPolicy(t *testing.T) {
	p := newStage(1).page()
	inline := regexp.MustCompile(`(?i)<script[^>]*>[^<]|<style|\son[a-z]+=|\sstyle=|javascript:`)
	foreign := regexp.MustCompile(`(?i)(src|href|action|@import|url\()\s*=?\s*["']?(https?:)?//`)
	for _, path := range []string{"/debug/actors", "/debug/binds/mno0.trx.1"} {
		rec := get(p, path, browser)
		if got := inline.FindString(rec.Body.String()); got != "" {
			t.Errorf("%s: inline: %s", path, got)
		}
		if got := foreign.FindString(rec.Body.String()); got != "" {
			t.Errorf("%s: from elsewhere: %s", path, got)
		}
		policy := rec.Header().Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: %q is not in the policy %q", path, want, policy)
			}
		}
		if strings.Contains(policy, "unsafe") {
			t.Errorf("%s: the policy is %q", path, policy)
		}
	}
	assets, err := filepath.Glob("assets/*")
	if err != nil || len(assets) < 3 {
		t.Fatalf("%v: %v", assets, err)
	}
	for _, name := range assets {
		octets, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := foreign.FindString(string(octets)); got != "" {
			t.Errorf("%s: from elsewhere: %s", name, got)
		}
		for _, markup := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("} {
			if strings.Contains(string(octets), markup) {
				t.Errorf("%s makes markup of texts: %s", name, markup)
			}
		}
	}
}

// The drawing is the table's: every state, every arrow, every event.
func TestTheDrawingIsTheTables(t *testing.T) {
	body := get(newStage(1).page(), "/debug/binds/mno0.trx.1", browser).Body.String()
	for _, s := range lifecycle.States() {
		if !strings.Contains(body, `data-state="`+s.String()+`"`) {
			t.Errorf("%v is not drawn", s)
		}
	}
	arrows := lifecycle.Arrows()
	if n := strings.Count(body, `class="arrow"`); n != len(arrows) {
		t.Errorf("%d arrows, the table has %d", n, len(arrows))
	}
	for _, a := range arrows {
		for _, e := range a.On {
			if !strings.Contains(body, e.String()) {
				t.Errorf("%v from %v is not drawn", e, a.From)
			}
		}
	}
}
