package page_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ghasi/smpp-connector/actors/vitals"
)

// frame is one event of the stream.
type frame struct {
	event string
	Pod   string                    `json:"pod"`
	At    time.Time                 `json:"at"`
	Ready bool                      `json:"ready"`
	Set   map[string]map[string]any `json:"set"`
	Gone  []string                  `json:"gone"`
}

func parse(t testing.TB, octets []byte) (f frame) {
	t.Helper()
	head, data, _ := strings.Cut(strings.TrimSuffix(string(octets), "\n\n"), "\ndata: ")
	f.event = strings.TrimPrefix(head, "event: ")
	if strings.Contains(data, "\n") {
		t.Errorf("an event of more lines than two: %q", data)
	}
	if err := json.Unmarshal([]byte(data), &f); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	return f
}

// issue 8, point 1: live, and only what has changed.
func TestTheStreamTellsTheWholeAndThenTheChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(3)
		frames, leave, ok := s.page().Watch("")
		if !ok {
			t.Fatal("not let in")
		}
		first := parse(t, <-frames)
		if first.event != "all" || len(first.Set) != 16 || first.Pod != "pod-1" || first.Ready {
			t.Errorf("%s with %d rows of %s", first.event, len(first.Set), first.Pod)
		}
		row := first.Set["connector/operator/mno0/bind/mno0/trx/1"]
		for name, want := range map[string]any{"kind": "bind", "state": "BOUND", "window": 100.0, "lastFailure": nil, "owner": "", "since": "2026-11-29T12:00:00.000Z", "p99Ms": 0.0} {
			if got, there := row[name]; !there || got != want {
				t.Errorf("%s is %v, want %v", name, got, want)
			}
		}
		time.Sleep(time.Second)
		if quiet := parse(t, <-frames); quiet.event != "change" || len(quiet.Set) != 0 {
			t.Errorf("nothing has happened: %+v", quiet)
		}
		s.change("mno0.trx.2", func(a *vitals.Actor) {
			a.State, a.Bind.State, a.Bind.LimitedBy = "DRAINING", "DRAINING", "peer"
			a.Bind.LastFailure = &vitals.Failure{Reason: "a \"quoted\"\nreason", At: begun}
		})
		s.drop("connector/operator/mno0/bind/mno0/trx/3")
		time.Sleep(time.Second)
		got := parse(t, <-frames)
		want := map[string]map[string]any{"connector/operator/mno0/bind/mno0/trx/2": {"state": "DRAINING", "limitedBy": "peer",
			"lastFailure": map[string]any{"reason": "a \"quoted\"\nreason", "at": "2026-11-29T12:00:00Z", "bug": false}}}
		if !reflect.DeepEqual(got.Set, want) || len(got.Gone) != 5 {
			t.Errorf("set %v, gone %v", got.Set, got.Gone)
		}
		leave()
		time.Sleep(2 * time.Second) // the one who looks ends by himself
		before := s.looks
		time.Sleep(time.Minute)
		if s.looks != before {
			t.Errorf("%d looks while nobody watches", s.looks-before)
		}
	})
}

// Whoever watches one bind is told of that one alone.
func TestOneBindsStreamHoldsNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(12)
		frames, leave, _ := s.page().Watch("connector/operator/mno0/bind/mno0/trx/1")
		if first := parse(t, <-frames); len(first.Set) != 5 {
			t.Errorf("%d rows", len(first.Set))
		}
		s.work(1)
		time.Sleep(time.Second)
		for path := range parse(t, <-frames).Set {
			if !strings.HasPrefix(path, "connector/operator/mno0/bind/mno0/trx/1") || strings.Contains(path, "/trx/1") && strings.Contains(path, "/trx/10") {
				t.Errorf("told of %s", path)
			}
		}
		leave()
		time.Sleep(2 * time.Second)
	})
}

// A browser that does not read is let go, and disturbs nobody.
func TestASlowBrowserIsLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(1)
		p := s.page()
		slow, _, _ := p.Watch("")
		quick, leave, _ := p.Watch("")
		for range 20 {
			time.Sleep(time.Second)
			select {
			case <-quick:
			default:
				t.Error("the quick one waits")
			}
		}
		n := 0
		for range slow { // ends, because it was closed
			n++
		}
		if n > 10 {
			t.Errorf("%d frames were kept for one who does not read", n)
		}
		leave()
		time.Sleep(2 * time.Second)
	})
}

func TestTooManyStreamsAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newStage(1).page()
		var leaves []func()
		for _, leave, ok := p.Watch(""); ok; _, leave, ok = p.Watch("") {
			leaves = append(leaves, leave)
		}
		if len(leaves) < 10 || p.Watching() != len(leaves) {
			t.Errorf("%d streams, %d watch", len(leaves), p.Watching())
		}
		rec := get(p, "/debug/actors/stream", "text/event-stream")
		if rec.Code != http.StatusServiceUnavailable || rec.Header().Get("Retry-After") == "" {
			t.Errorf("one more: %d %s", rec.Code, rec.Body)
		}
		for _, leave := range leaves {
			leave()
		}
		time.Sleep(2 * time.Second)
	})
}

// Over a real connection, and when the browser goes, its place is free again.
func TestTheStreamOverHTTP(t *testing.T) {
	s := newStage(2)
	p := s.page()
	p.SetEvery(500 * time.Millisecond) // a reader who is eight looks behind is let go
	server := httptest.NewServer(p)
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/debug/actors/stream", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if kind := resp.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Errorf("Content-Type %s", kind)
	}
	s.change("mno0.trx.1", func(a *vitals.Actor) { a.Bind.LimitedBy = "tps" })
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	heard := false
	for !heard && lines.Scan() {
		heard = bytes.Contains(lines.Bytes(), []byte(`"limitedBy":"tps"`))
	}
	if !heard {
		t.Errorf("the change did not come: %v", lines.Err())
	}
	cancel()
	for end := time.Now().Add(30 * time.Second); p.Watching() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the browser has gone and its place is taken")
		}
	}
}

// issue 8, Speed: the page open in 10 browsers on a process with 1 000 binds costs
// under 3 % of a core. One operation is one second of it, told in CPU time of this
// process, which includes the ten readers at the other ends of real connections (the
// look is a copy here; the tree's own is measured in package actors).
func BenchmarkASecondOf10BrowsersOn1000Binds(b *testing.B) {
	for _, c := range []struct {
		name string
		work bool
	}{{"idle", false}, {"working", true}} {
		b.Run(c.name, func(b *testing.B) {
			s := newStage(1000)
			p := s.page()
			p.SetEvery(time.Hour) // the seconds are ours
			server := httptest.NewServer(p)
			defer server.Close()
			var octets, frames atomic.Int64
			for range 10 {
				resp, err := http.Get(server.URL + "/debug/actors/stream")
				if err != nil {
					b.Fatal(err)
				}
				defer resp.Body.Close()
				go func() {
					buf := make([]byte, 64<<10)
					for {
						n, err := resp.Body.Read(buf)
						octets.Add(int64(n))
						frames.Add(int64(bytes.Count(buf[:n], []byte("\n\n"))))
						if err != nil {
							return
						}
					}
				}()
			}
			arrived := func(n int64) {
				for frames.Load() < n {
					time.Sleep(100 * time.Microsecond)
				}
			}
			arrived(10)
			octets.Store(0)
			var spent time.Duration
			n := 0
			for b.Loop() {
				if n++; c.work {
					s.work(n)
				}
				before := cpu()
				p.Step()
				arrived(int64(10 + 10*n))
				spent += cpu() - before
			}
			b.ReportMetric(float64(octets.Load())/float64(n*10), "octets/browser")
			b.ReportMetric(spent.Seconds()/float64(n)*100, "%core")
		})
	}
}

// cpu is the CPU time that this process has taken.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// The server's bounds on a request (seconds) do not end a stream: it goes on for hours.
// A busy machine may reach a short bound before the stream begins, which is its right: then
// a longer one is tried.
func TestTheStreamOutlivesTheServersBounds(t *testing.T) {
	var err error
	for _, bound := range []time.Duration{100 * time.Millisecond, time.Second, 5 * time.Second} {
		if err = outlives(bound); err == nil {
			return
		}
	}
	t.Error(err)
}

// outlives reads a stream for five times what its server gives a request.
func outlives(bound time.Duration) error {
	p := newStage(1).page()
	p.SetEvery(bound / 5)
	server := httptest.NewUnstartedServer(p)
	server.Config.ReadTimeout, server.Config.WriteTimeout = bound, bound
	server.Start()
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	resp, err := client.Get(server.URL + "/debug/actors/stream")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	began := time.Now()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if time.Since(began) > 5*bound {
			return nil
		}
	}
	return fmt.Errorf("a stream of a server that gives a request %v ended after %v", bound, time.Since(began))
}
