package actors

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/limiter"
	"github.com/ghasi/smpp-connector/actors/port"
)

// pace is the TPS limit of one account in this process (US-SC-012), or of one bind where
// the MNO counts by binds: whatever writes submits for it takes permits here. Windows take them; a session does when those of
// its segments have lapsed on the way. Who gets less than it asks for has a claim,
// and the rest comes as permits, in turns with the others.
//
// It is no actor: taking is a call under a lock that is held for no longer than the
// decisions last. bridge/redis asks the store for it.
type pace struct {
	env     *environment
	name    string      // of the limit in the store: the operatorId, and of a bind's own the bind too
	own     bool        // it is a bind's: no other pod has a share of it
	limited atomic.Bool // so that an account without a limit costs nothing

	mu      sync.Mutex
	limiter *limiter.Limiter
	claims  []claim             // in the order of their turns
	windows map[string]struct{} // by the path of the actor: those that submit
	timer   *time.Timer
}

// claim is what an actor waits for.
type claim struct {
	who  *actor.PID
	want int
}

// permits brings what a claim has waited for, or a part of it. Whoever has no use for
// one gives it back: it is good for milliseconds.
type permits struct{ list []limiter.Permit }

// paceOf returns the pace of an account, or of its bind, made when it is asked for first.
func (e *environment) paceOf(account *Account, bind port.BindID) *pace {
	name := account.OperatorID
	if account.TPSPerBind {
		name += ":" + bind.String()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	p := e.paces[name]
	if p == nil {
		p = &pace{env: e, name: name, own: account.TPSPerBind, windows: map[string]struct{}{},
			limiter: limiter.New(0, e.Permits != nil, rand.Float64)}
		e.paces[name] = p
	}
	p.limit(account.TPS)
	return p
}

// limit takes in the account's limit; 0 is none.
func (p *pace) limit(perSecond int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.limiter.Limit(perSecond)
	p.limited.Store(perSecond > 0)
	p.drive(time.Now()) // with a limit that is gone nobody waits
}

// take returns up to n permits that are good now, and puts the rest on who's claim,
// in place of what was there; 0 gives the claim up.
func (p *pace) take(who *actor.PID, n int, now time.Time) []limiter.Permit {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := slices.IndexFunc(p.claims, func(c claim) bool { return c.who.Equal(who) })
	others := len(p.claims)
	if at >= 0 {
		others--
	}
	var got []limiter.Permit
	if others == 0 {
		got = p.limiter.Take(n, now)
	}
	switch left := n - len(got); {
	case at >= 0 && left > 0:
		p.claims[at].want = left
	case at >= 0:
		p.claims = slices.Delete(p.claims, at, at+1)
	case left > 0:
		p.claims = append(p.claims, claim{who, left})
	}
	p.drive(now)
	return got
}

// giveBack takes in permits that were not used.
func (p *pace) giveBack(unused []limiter.Permit) {
	if len(unused) == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.limiter.GiveBack(unused)
	p.drive(time.Now())
}

// drive serves the claims, asks the store, and sets the timer to the next look. The
// caller holds the lock.
func (p *pace) drive(now time.Time) {
	if p.timer != nil {
		p.timer.Stop()
	}
	if len(p.claims) == 0 {
		return
	}
	if p.env.Pods != nil && !p.own {
		p.limiter.Pods(p.env.Pods())
	}
	p.serve(now)
	want := 0
	for _, c := range p.claims {
		want += c.want
	}
	ask, wait := p.limiter.Next(want, now)
	if ask > 0 {
		p.env.root.Send(p.env.redis, &takePermits{p, ask})
	}
	switch {
	case wait == 0:
	case p.timer == nil:
		p.timer = time.AfterFunc(wait, p.look)
	default:
		p.timer.Reset(wait)
	}
}

func (p *pace) look() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drive(time.Now())
}

// serve hands out what is good now, one permit a turn.
func (p *pace) serve(now time.Time) {
	want := 0
	for _, c := range p.claims {
		want += c.want
	}
	if !p.limiter.Limited() {
		for _, c := range p.claims { // the limit is gone: they are to look again
			p.env.root.Send(c.who, &permits{})
		}
		p.claims = nil
		return
	}
	list := p.limiter.Take(want, now)
	if len(list) == 0 {
		return
	}
	shares := make([][]limiter.Permit, len(p.claims))
	turn := 0
	for _, permit := range list {
		for len(shares[turn]) == p.claims[turn].want {
			turn = (turn + 1) % len(p.claims)
		}
		shares[turn] = append(shares[turn], permit)
		turn = (turn + 1) % len(p.claims)
	}
	left := make([]claim, 0, len(p.claims))
	for i := range p.claims { // whose turn is next stands first
		at := (turn + i) % len(p.claims)
		c := p.claims[at]
		if len(shares[at]) > 0 {
			p.env.root.Send(c.who, &permits{shares[at]})
		}
		if c.want -= len(shares[at]); c.want > 0 {
			left = append(left, c)
		}
	}
	p.claims = left
}

// join says that a window submits, and leave that it does not: they share what may be
// in hand.
func (p *pace) join(window *actor.PID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.windows[window.Id] = struct{}{}
}

func (p *pace) leave(who *actor.PID) {
	p.mu.Lock()
	delete(p.windows, who.Id)
	p.mu.Unlock()
	p.take(who, 0, time.Now())
}

// part is what one of the account's windows in this process may send in a second; 0:
// there is no limit.
func (p *pace) part() int {
	if !p.limited.Load() {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(p.limiter.PerSecond()/max(len(p.windows), 1), 1)
}

// takePermits has bridge/redis ask the store for n permits.
type takePermits struct {
	pace *pace
	n    int
}

// run is one request.
func (t *takePermits) run(ctx context.Context) {
	p := t.pace
	p.mu.Lock()
	limit := p.limiter.PerSecond()
	p.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, p.env.PermitTimeout*4/5) // the next request may be answered before the share is used
	defer cancel()
	began := time.Now()
	block, err := p.env.Permits.ReservePermits(ctx, p.name, max(limit, 1), t.n, limiter.Ahead)
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if err != nil {
		p.limiter.Failed(now)
	} else {
		p.limiter.Answered(block, t.n, began, now)
	}
	p.drive(now)
}
