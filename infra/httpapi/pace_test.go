package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Issue 8, "HTTP floods": as many clients as a listener lets in, each asking as fast as
// it is answered, are answered at the rate and no faster, and each within a probe's time.
func TestRequestsArePaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var answered atomic.Int64
		page := paced(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { answered.Add(1) }))
		const lasting = 10 * time.Second
		ctx, cancel := context.WithTimeout(t.Context(), lasting)
		defer cancel()
		var slowest atomic.Int64
		var clients sync.WaitGroup
		for range maxConnections {
			clients.Go(func() {
				for ctx.Err() == nil {
					began := time.Now()
					page.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/ready", nil).WithContext(ctx))
					slowest.Store(max(slowest.Load(), int64(time.Since(began))))
				}
			})
		}
		clients.Wait()
		most := int64(lasting/requestEvery) + requestBurst
		if n := answered.Load(); n > most || n < most-2 {
			t.Errorf("%d answers, want %d", n, most)
		}
		if took := time.Duration(slowest.Load()); took > 2*time.Second {
			t.Errorf("one waited %v", took)
		}
		time.Sleep(time.Minute)
		began := time.Now()
		for range requestBurst { // after the flood nobody waits
			page.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/ready", nil))
		}
		if took := time.Since(began); took > 2*requestEvery {
			t.Errorf("a burst after the flood took %v", took)
		}
	})
}

// What is dear to make is made by one at a time, and takes a quarter of a core at most;
// an answer that its reader takes slowly rests no longer than mostRest.
func TestDearPagesRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cost := 10 * time.Millisecond
		made := 0
		page := inTurn(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(cost); made++ }))
		ask := func(n int) time.Duration {
			began := time.Now()
			for range n {
				page.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/debug/actors", nil))
			}
			return time.Since(began)
		}
		if took := ask(100); took < 99*4*cost || took > 100*4*cost {
			t.Errorf("100 pages of %v took %v", cost, took)
		}
		time.Sleep(time.Minute)
		cost = 20 * time.Second
		if took := ask(2); took != 2*cost+mostRest {
			t.Errorf("two slow readers took %v", took)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		before := made
		page.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/debug/actors", nil).WithContext(gone))
		if made != before {
			t.Error("a page was made for nobody")
		}
		time.Sleep(time.Minute) // the rest is over before the bubble is
	})
}

// Requests whose clients have gone while they waited do not push back those behind them.
func TestWhoHasGoneTakesNobodysTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		page := paced(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		gone, cancel := context.WithCancel(context.Background())
		cancel()
		for range requestBurst {
			page.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/x", nil))
		}
		for range 60 {
			for range 600 {
				page.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(gone, "GET", "/x", nil))
			}
			time.Sleep(time.Second)
		}
		began := time.Now()
		page.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/health", nil))
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("/health takes %v after a minute of requests whose clients have gone", took)
		}
	})
}

// One address that opens and closes connections is let in at a rate; others come in all
// the while, and what is remembered of addresses is bounded.
func TestConnectionsArePaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(nil)
		let := 0
		for range 10_000 { // a thousand a second
			if c.enter("192.0.2.1") {
				let++
				c.exit("192.0.2.1")
			}
			if !c.enter("192.0.2.2") {
				t.Fatal("another address was kept out")
			}
			c.exit("192.0.2.2")
			c.of["192.0.2.2"].rate = pace{every: connectionEvery, burst: connectionBurst} // it comes once in a while
			time.Sleep(time.Millisecond)
		}
		if most := connectionBurst + int(10*time.Second/connectionEvery) + 1; let > most || let < most-10 {
			t.Errorf("%d connections, want %d", let, most)
		}
		for i := range 3 * maxRemembered {
			host := fmt.Sprint(i)
			if !c.enter(host) {
				t.Fatal("a new address was kept out")
			}
			c.exit(host)
		}
		if len(c.of) > maxRemembered || c.all != 0 {
			t.Errorf("%d addresses, %d connections", len(c.of), c.all)
		}
	})
}
