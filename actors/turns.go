package actors

import (
	"slices"
	"sync"

	"github.com/asynkron/protoactor-go/actor"
)

// turns lets few requests wait on one consumer while nothing comes, however many
// windows share it: a thousand idle binds would renew thousands of them. The others
// stand in line, and as many are sent as commands come; so under traffic every
// window has its own.
type turns struct {
	mu     sync.Mutex
	sent   int     // requests that are with JetStream
	inLine []*pull // in the order in which they were asked for
}

// mostIdle is how many requests wait on a consumer before the next stand in line.
const mostIdle = 8

// enter reports whether a request is to be sent now. If not, it stands in line.
func (t *turns) enter(p *pull) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sent < mostIdle {
		t.sent++
		return true
	}
	// A window asks again after pullLost: what it has forgotten leaves the line here.
	t.inLine = append(slices.DeleteFunc(t.inLine, (*pull).withdrawn), p)
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
	t.inLine = slices.DeleteFunc(t.inLine, func(p *pull) bool {
		if p.withdrawn() {
			return true
		}
		if len(send) >= n {
			return false
		}
		send = append(send, p)
		return true
	})
	t.sent += len(send)
	return send
}

func (p *pull) withdrawn() bool { return p.wanted.Err() != nil }

// request sends a pull, or has it wait for its turn.
func (n *natsBridge) request(c actor.Context, p *pull) {
	if p.source.intake.turns.enter(p) {
		go p.run(n.ctx, c.ActorSystem().Root)
	}
}
