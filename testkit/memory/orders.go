package memory

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
)

// Orders implements port.Orders.
type Orders struct {
	Trouble

	mu       sync.Mutex
	orders   map[string]port.Order
	history  map[string][]port.Order
	given    map[[2]string]time.Time // by target and ID: when the command was stored
	revision uint64
	changed  signal
}

func newOrders() *Orders {
	return &Orders{orders: map[string]port.Order{}, history: map[string][]port.Order{}, given: map[[2]string]time.Time{}}
}

// All implements port.Orders.
func (s *Orders) All(ctx context.Context) ([]port.Order, error) {
	answer, err := s.enter(ctx)
	if err == nil {
		err = answer
	}
	if err != nil {
		return nil, fmt.Errorf("read the orders: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.orders)), nil
}

// Give implements port.Orders.
func (s *Orders) Give(ctx context.Context, target string, change func(port.Order) port.Order) (port.Order, error) {
	answer, err := s.enter(ctx)
	if err != nil {
		return port.Order{}, fmt.Errorf("order %s: %w", target, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.orders[target]
	next, clock := change(now), time.Now()
	before, again := s.given[[2]string{target, next.ID}]
	if again = again && clock.Sub(before) < time.Minute; now.Revision == 0 || next.ID != now.ID && !again {
		s.revision++
		s.given[[2]string{target, next.ID}] = clock
		next.Target, next.Revision = target, s.revision
		s.orders[target], s.history[target] = next, append(s.history[target], next)
		s.changed.raise()
	} else {
		next = now
	}
	if answer != nil {
		return port.Order{}, fmt.Errorf("order %s: %w", target, answer)
	}
	return next, nil
}

// Delete deletes an order by hand.
func (s *Orders) Delete(target string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.orders, target)
	s.changed.raise()
}

// History is every order that was given about a target, oldest first.
func (s *Orders) History(target string) []port.Order {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.history[target])
}

// Watch implements port.Orders.
func (s *Orders) Watch(ctx context.Context, changed func(port.Order)) error {
	told := map[string]port.Order{}
	for {
		s.mu.Lock()
		now, again := maps.Clone(s.orders), s.changed.wait()
		s.mu.Unlock()
		for target := range told {
			if _, there := now[target]; !there {
				delete(told, target)
				changed(port.Order{Target: target})
			}
		}
		for target, o := range now {
			if told[target].Revision != o.Revision {
				told[target] = o
				changed(o)
			}
		}
		select {
		case <-again:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
