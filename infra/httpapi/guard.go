package httpapi

import (
	"maps"
	"net"
	"net/http"
	"sync"
	"time"
)

// What keeps others out, and a flood from costing more than a flood should.

// sameOrigin refuses what a page of somebody else makes the browser ask: it cannot
// read the answer, but it could change something, or cost something. A link to one
// of our pages may be followed from anywhere (dashboards have them).
func sameOrigin(next http.Handler) http.Handler {
	changing := http.NewCrossOriginProtection().Handler(next) // POST and its like
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Header.Get("Sec-Fetch-Site") { // browsers set it, and pages cannot
		case "", "same-origin", "none":
			changing.ServeHTTP(w, r)
			return
		}
		if r.Method == http.MethodGet && r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document" {
			changing.ServeHTTP(w, r)
			return
		}
		http.Error(w, "the debug pages answer to their own pages and to programs only", http.StatusForbidden)
	})
}

// inTurn answers one request at a time, and after each rests for three times as long
// as it took: what looks at a thousand binds takes milliseconds, and no number of such
// requests may take more than a quarter of one core from the messages. Who has gone
// while it waited is not answered.
func inTurn(next http.Handler) http.Handler {
	turn := make(chan struct{}, 1)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case turn <- struct{}{}:
			began := time.Now()
			defer func() { time.AfterFunc(min(3*time.Since(began), mostRest), func() { <-turn }) }()
			next.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	})
}

// mostRest is for an answer that took long because its reader did.
const mostRest = 500 * time.Millisecond

// pace lets something happen at a rate over any length of time, and a burst of it at
// once. It is not safe for concurrent use.
type pace struct {
	every time.Duration // between two, in the long run
	burst int
	next  time.Time // when the next one is due
}

// wait is how long the next one has to wait; it has been counted.
func (p *pace) wait(now time.Time) time.Duration {
	if earliest := now.Add(-time.Duration(p.burst) * p.every); p.next.Before(earliest) {
		p.next = earliest
	}
	p.next = p.next.Add(p.every)
	return max(0, p.next.Sub(now))
}

// What all clients of a listener may ask together. A connection has one request at a
// time, so nobody waits for longer than maxConnections of them: 1.7 s, below a probe's
// 3 s. No browser and no scraper comes near.
const (
	requestEvery = time.Second / 300
	requestBurst = 300
)

// paced has requests wait until their time has come: each costs little, and thirty
// thousand a second would cost every core.
func paced(next http.Handler) http.Handler {
	var mu sync.Mutex
	requests := &pace{every: requestEvery, burst: requestBurst}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		wait := requests.wait(time.Now())
		mu.Unlock()
		if wait > 0 {
			select {
			case <-time.After(wait):
			case <-r.Context().Done(): // its turn goes to those behind it
				mu.Lock()
				requests.next = requests.next.Add(-requests.every)
				mu.Unlock()
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// The connections that a listener keeps: of everybody, and of one address, so that
// one client that opens all it can leaves the probes their own. One that opens and
// closes them is let in at a rate, for each costs more than a request.
const (
	maxConnections    = 512
	maxConnectionsOne = 128

	connectionEvery = time.Second / 50
	connectionBurst = maxConnectionsOne

	maxRemembered = 4096 // addresses whose rate is known
)

// crowd is a listener that closes what comes above these numbers.
type crowd struct {
	net.Listener
	mu  sync.Mutex
	all int
	of  map[string]*visitor
}

// visitor is one address.
type visitor struct {
	open int
	rate pace
}

func newCrowd(l net.Listener) *crowd { return &crowd{Listener: l, of: map[string]*visitor{}} }

// Accept implements net.Listener.
func (c *crowd) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err != nil {
			return nil, err
		}
		tcp, ok := conn.(*net.TCPConn)
		if !ok {
			return conn, nil // nobody listens on anything else
		}
		if host := hostOf(conn); c.enter(host) {
			return &guest{TCPConn: tcp, leave: sync.OnceFunc(func() { c.exit(host) })}, nil
		}
		_ = conn.Close() // it was not listened to
	}
}

func (c *crowd) enter(host string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	v := c.of[host]
	if v == nil {
		if len(c.of) >= maxRemembered {
			c.forget()
		}
		v = &visitor{rate: pace{every: connectionEvery, burst: connectionBurst}}
		c.of[host] = v
	}
	now := time.Now()
	if c.all >= maxConnections || v.open >= maxConnectionsOne || v.rate.next.After(now) {
		return false
	}
	v.rate.wait(now)
	c.all++
	v.open++
	return true
}

// forget drops the addresses that have no connection.
func (c *crowd) forget() {
	maps.DeleteFunc(c.of, func(_ string, v *visitor) bool { return v.open == 0 })
}

func (c *crowd) exit(host string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
	c.of[host].open--
}

func hostOf(conn net.Conn) string {
	host, _, err := net.SplitHostPort(conn.RemoteAddr().String())
	if err != nil {
		return ""
	}
	return host
}

// guest is a connection that counts until it is closed. It is a whole TCP
// connection: the server closes half of one to have a refusal read.
type guest struct {
	*net.TCPConn
	leave func()
}

// Close implements net.Conn.
func (g *guest) Close() error {
	g.leave()
	return g.TCPConn.Close()
}
