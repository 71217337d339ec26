package httpapi

import (
	"net"
	"net/http"
	"sync"
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

// inTurn answers one request at a time: what looks at a thousand binds takes
// milliseconds, and no number of such requests may take every core from the
// messages. Who has gone while it waited is not answered.
func inTurn(next http.Handler) http.Handler {
	turn := make(chan struct{}, 1)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case turn <- struct{}{}:
			defer func() { <-turn }()
			next.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	})
}

// The connections that a listener keeps: of everybody, and of one address, so that
// one client that opens all it can leaves the probes their own.
const (
	maxConnections    = 512
	maxConnectionsOne = 128
)

// crowd is a listener that closes what comes above these numbers.
type crowd struct {
	net.Listener
	mu  sync.Mutex
	all int
	of  map[string]int
}

func newCrowd(l net.Listener) *crowd { return &crowd{Listener: l, of: map[string]int{}} }

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
	if c.all >= maxConnections || c.of[host] >= maxConnectionsOne {
		return false
	}
	c.all++
	c.of[host]++
	return true
}

func (c *crowd) exit(host string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
	if c.of[host]--; c.of[host] == 0 {
		delete(c.of, host)
	}
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
