package actors

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// turns lets few requests wait on one consumer while nothing comes, however many
// windows share it: a thousand idle binds would renew thousands of them. The others
// stand in line, and as many are sent as commands come; so under traffic every
// window has its own.
type turns struct {
	mu      sync.Mutex
	sent    int     // requests that are with JetStream
	inLine  []*pull // in the order in which they were asked for; some are withdrawn
	sweepAt int     // so long a line is rid of those before another stands in it
}

// mostIdle is how many requests wait on a consumer before the next stand in line.
const mostIdle = 8

// enter reports whether a request is to be sent now. If not, it stands in line.
func (t *turns) enter(p *pull) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sent < mostIdle {
		t.sent++
		p.sent(time.Now())
		return true
	}
	if len(t.inLine) >= t.sweepAt {
		t.inLine = slices.DeleteFunc(t.inLine, (*pull).isWithdrawn)
		t.sweepAt = 2*len(t.inLine) + mostIdle // so each costs one look, however long the line
	}
	t.inLine = append(t.inLine, p)
	p.waits()
	return false
}

// come returns the requests that are to be sent because so many commands came.
func (t *turns) come(commands int) []*pull {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.next(commands)
}

// over takes out a request that has ended, and returns those that take its place.
func (t *turns) over() []*pull {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sent--
	return t.next(mostIdle - t.sent)
}

// next takes up to n out of the line.
func (t *turns) next(n int) (send []*pull) {
	for len(send) < n && len(t.inLine) > 0 {
		p := t.inLine[0]
		t.inLine[0] = nil
		t.inLine = t.inLine[1:]
		if !p.isWithdrawn() {
			p.sent(time.Now())
			send = append(send, p)
		}
	}
	t.sent += len(send)
	return send
}

// A request is with its window's message, in line, or with JetStream.

// waits says that the request stands in line, for as long as it takes.
func (p *pull) waits() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inLine = true
}

// sent says that the request goes to JetStream.
func (p *pull) sent(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inLine, p.at = false, now
}

// begin returns the context that the request has at JetStream: it ends with the bridge,
// and when the request is withdrawn.
func (p *pull) begin(bridge context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(bridge)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cancel = cancel; p.withdrawn {
		cancel()
	}
	return ctx, cancel
}

// withdraw ends the request, wherever it is: what it would bring is for a bind that may
// submit it.
func (p *pull) withdraw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.withdrawn = true
	if p.cancel != nil {
		p.cancel()
	}
}

func (p *pull) isWithdrawn() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.withdrawn
}

// lostAt is when the request counts as lost; ok is false for one that stands in line,
// which no actor can fail at.
func (p *pull) lostAt() (at time.Time, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at.Add(pullLost), !p.inLine
}

// request sends a pull, or has it wait for its turn.
func (n *natsBridge) request(c actor.Context, p *pull) {
	if p.source.intake.turns.enter(p) {
		go p.run(n.ctx, c.ActorSystem().Root)
	}
}
