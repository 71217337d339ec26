// Package faults puts something that goes wrong between a program and its server: a
// proxy that cuts the two off from each other, as a network does, without a word to
// either.
package faults

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// Proxy carries TCP connections to one server.
type Proxy struct {
	Addr string // host:port where it listens

	target   string
	listener net.Listener

	mu    sync.Mutex
	conns map[net.Conn]bool
	cut   chan struct{} // closed when the cut is over; nil: there is none
	ended bool
}

// Listen starts a proxy in front of target, host:port, until the test ends.
func Listen(t testing.TB, target string) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{Addr: l.Addr().String(), target: target, listener: l, conns: map[net.Conn]bool{}}
	go p.accept()
	t.Cleanup(p.close)
	return p
}

// Cut lets nothing through in either direction from now on: connections stay open, new
// ones are accepted, and nobody answers.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut == nil {
		p.cut = make(chan struct{})
	}
}

// Heal ends a cut. What was written meanwhile goes on its way, as TCP has it.
func (p *Proxy) Heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut != nil {
		close(p.cut)
		p.cut = nil
	}
}

// Drop closes every connection; new ones are carried.
func (p *Proxy) Drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		_ = c.Close() // whoever reads it ends, and takes it out
	}
}

func (p *Proxy) close() {
	_ = p.listener.Close()
	p.Heal()
	p.mu.Lock()
	p.ended = true
	p.mu.Unlock()
	p.Drop()
}

func (p *Proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.carry(c)
	}
}

// keep notes a connection, unless the proxy has ended.
func (p *Proxy) keep(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		_ = c.Close()
		return false
	}
	p.conns[c] = true
	return true
}

func (p *Proxy) forget(c net.Conn) {
	_ = c.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

func (p *Proxy) carry(near net.Conn) {
	if !p.keep(near) {
		return
	}
	defer p.forget(near)
	p.through()
	far, err := net.DialTimeout("tcp", p.target, 5*time.Second)
	if err != nil || !p.keep(far) {
		return
	}
	defer p.forget(far)
	done := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
		go func() {
			p.copy(way[1], way[0])
			done <- struct{}{}
		}()
	}
	<-done // one side has ended: the other is told by the end of its connection
}

// through returns when nothing is cut.
func (p *Proxy) through() {
	for {
		p.mu.Lock()
		cut := p.cut
		p.mu.Unlock()
		if cut == nil {
			return
		}
		<-cut
	}
}

func (p *Proxy) copy(to io.Writer, from io.Reader) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		p.through() // what was read before a cut waits for its end
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
