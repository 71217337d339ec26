package memory

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
)

// Permits implements port.Permits (US-SC-012): each account's next free permit.
type Permits struct {
	Trouble

	mu   sync.Mutex
	next map[string]time.Time // when it falls due, by the limit's name
}

func newPermits() *Permits { return &Permits{next: map[string]time.Time{}} }

// ReservePermits implements port.Permits.
func (p *Permits) ReservePermits(ctx context.Context, name string, limit, n int, ahead time.Duration) (port.PermitBlock, error) {
	if limit < 1 || n < 1 {
		return port.PermitBlock{}, fmt.Errorf("reserve %d permits of %s at %d a second: want 1 or more of both", n, name, limit)
	}
	answer, err := p.enter(ctx)
	if err != nil {
		return port.PermitBlock{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now, distance := time.Now(), port.PermitDistance(limit)
	b := port.PermitBlock{First: p.next[name], Now: now}
	if b.First.Before(now) {
		b.First = now
	}
	if left := now.Add(ahead).Sub(b.First); left >= 0 {
		b.N = min(n, int(left/distance)+1)
	}
	next := b.First.Add(time.Duration(b.N) * distance)
	b.Next = max(next.Sub(now)-ahead, 0)
	p.next[name] = next
	if answer != nil { // reserved all the same: lost, never given out twice
		return port.PermitBlock{}, answer
	}
	return b, nil
}
