package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/vitals"
	"github.com/ghasi/smpp-connector/infra/page"
)

var midnight = time.Date(2026, 11, 29, 3, 0, 0, 0, time.UTC)

// nightView is a process at 3 a.m.
func nightView() *page.View {
	bind := func(mno, state, reason string) vitals.Actor {
		b := &vitals.Bind{Bind: mno + ".trx.1", MNO: mno, Direction: "trx", Number: 1, OperatorID: mno, State: state, Life: state, Since: midnight.Add(-90 * time.Second), Epoch: 7, Owner: "pod-1",
			InFlight: 12, Window: 50, Configured: 100, TPS: 187, TPSLimit: 200, LimitedBy: "tps", P50Ms: 9, P99Ms: 2400,
			Receipts: 31, ReceiptsTotal: 4000, LastReceipt: midnight.Add(-40 * time.Second), ReceiptP50Ms: 1500, ReceiptP99Ms: 42_000,
			Statuses: []vitals.StatusShare{{Status: "ESME_ROK", Recent: 97}, {Status: "ESME_RTHROTTLED", Recent: 3}}, Lanes: []vitals.Lane{{Lane: "P0", Lag: 4}},
			Lines: []vitals.Line{{Role: "trx", State: state, Reason: reason}}}
		if state == "DISCONNECTED" {
			b.Attempts, b.NextDial, b.Restarts, b.LimitedBy = 3, midnight.Add(17*time.Second), 4, "closed"
		}
		return vitals.Actor{Path: "connector/operator/" + mno + "/bind/" + mno + "/trx/1", Kind: "bind", State: state, Bind: b}
	}
	return &page.View{Pod: "pod-1", Version: "1.4.0", At: midnight, Ready: true, Reasons: []string{"redis: away"}, Actors: []vitals.Actor{
		{Path: "connector", Kind: "connector", State: "running"},
		{Path: "connector/bridge/nats", Kind: "bridge", State: "running", Mailbox: 3},
		{Path: "connector/operator/awcc", Kind: "operator", State: "carried by primary"},
		bind("awcc", "BOUND", ""),
		{Path: "connector/operator/awcc/bind/awcc/trx/1/window", Kind: "window", State: "OPEN"},
		{Path: "connector/operator/roshan", Kind: "operator", State: "carried by primary"},
		bind("roshan", "DISCONNECTED", "LineLost: \x1b[2Jreset by peer"),
		{Path: "connector/operator/roshan/bind/roshan/trx/1/session", Kind: "session", State: "ended", Restarts: 4, LastFailure: &vitals.Failure{Reason: "LineLost", At: midnight.Add(-time.Minute)}},
	}}
}

func TestTheTreeInATerminal(t *testing.T) {
	const want = `pod-1 1.4.0 · ready · 2 binds · 1 DISCONNECTED · 1 BOUND
  redis: away
connector  running
├─ bridge/nats  running  mailbox 3
├─ operator/awcc  carried by primary
│  └─ ● awcc.trx.1         BOUND           1m30s      window 12/50 of 100    187/200 PDUs/s  limited by tps      p50 9.0ms p99 2.4s  ESME_RTHROTTLED 3.0%  receipts 31, last 40s ago, p50 1.5s p99 42.0s  P0 waits 4  epoch 7
└─ operator/roshan  carried by primary
   └─ ■ roshan.trx.1       DISCONNECTED    1m30s      window 12/50 of 100    187/200 PDUs/s                      p50 9.0ms p99 2.4s  ESME_RTHROTTLED 3.0%  receipts 31, last 40s ago, p50 1.5s p99 42.0s  P0 waits 4  restarts 4  epoch 7
           LineLost: �[2Jreset by peer · attempt 3 failed · next dial in 17s
`
	var b bytes.Buffer
	if err := (treeView{}).print(&b, nightView()); err != nil || b.String() != want {
		t.Errorf("%v\n%s\nwant\n%s", err, b.String(), want)
	}
}

func TestTheTreeFindsAndColours(t *testing.T) {
	draw := func(v treeView) string {
		var b bytes.Buffer
		if err := v.print(&b, nightView()); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	if got := draw(treeView{words: []string{"roshan/trx/1"}}); strings.Contains(got, "awcc.trx.1") || !strings.Contains(got, "roshan.trx.1") {
		t.Errorf("found by its name in the log:\n%s", got)
	}
	if got := draw(treeView{words: []string{"RESET", "roshan"}}); strings.Contains(got, "awcc.trx.1") || !strings.Contains(got, "roshan.trx.1") || strings.Contains(got, "bridge") {
		t.Errorf("found by its reason:\n%s", got)
	}
	if got := draw(treeView{all: true}); !strings.Contains(got, "└─ session  ended  restarts 4  LineLost (1m00s ago)") || !strings.Contains(got, "window  OPEN") {
		t.Errorf("with --all:\n%s", got)
	}
	if got := draw(treeView{colour: true}); !strings.Contains(got, "\x1b[31m■ roshan.trx.1") || !strings.Contains(got, "\x1b[32m● awcc.trx.1") {
		t.Errorf("in colour:\n%q", got)
	}
}

// The command against a real process: text, JSON, one look a second, and what it says
// when nobody is there or a token is asked for.
func TestTreeCommand(t *testing.T) {
	served := page.New(page.Options{Look: func() page.View { return *nightView() }, History: func(string) ([]vitals.Sample, bool) { return nil, false }})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer the-debug-token" {
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		served.ServeHTTP(w, r)
	}))
	defer server.Close()
	addr := strings.TrimPrefix(server.URL, "http://")
	call := func(ctx context.Context, args ...string) (int, string, string) {
		var out, err bytes.Buffer
		status := tree(ctx, args, streams{strings.NewReader(""), &out, &err})
		return status, out.String(), err.String()
	}
	t.Setenv("DEBUG_TOKEN", "")
	if status, _, err := call(t.Context(), "--debug", addr); status != 1 || !strings.Contains(err, "DEBUG_TOKEN") {
		t.Errorf("without the token: %d %s", status, err)
	}
	t.Setenv("DEBUG_TOKEN", "the-debug-token")
	t.Setenv("DEBUG_ADDR", addr)
	if status, out, err := call(t.Context(), "roshan"); status != 0 || !strings.Contains(out, "■ roshan.trx.1") || strings.Contains(out, "● awcc") {
		t.Errorf("%d %s %s", status, out, err)
	}
	status, out, _ := call(t.Context(), "--json")
	var v page.View
	if err := json.Unmarshal([]byte(out), &v); status != 0 || err != nil || len(v.Actors) != 8 || strings.Count(out, "\n") != 1 {
		t.Errorf("--json: %d %v %s", status, err, out)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var shown lockedBuffer
	ended := make(chan int, 1)
	go func() { ended <- tree(ctx, []string{"--watch"}, streams{strings.NewReader(""), &shown, io.Discard}) }()
	eventually(t, "two trees on the screen", func() bool { return strings.Count(shown.String(), "roshan.trx.1") >= 2 })
	cancel()
	if status := <-ended; status != 0 {
		t.Errorf("--watch: %d %s", status, shown.String())
	}
	const nobody = "127.0.0.1:1" // nothing listens on port 1
	if status, _, err := call(t.Context(), "--debug", nobody); status != 1 || !strings.Contains(err, "nothing answers at "+nobody) {
		t.Errorf("nobody there: %d %s", status, err)
	}
	if status, _, _ := call(t.Context(), "--nonsense"); status != 2 {
		t.Errorf("a wrong flag: %d", status)
	}
}
