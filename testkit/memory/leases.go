package memory

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Leases implements port.Leases. A lease expires when it was not renewed in time,
// also while the server is in trouble; whoever watches hears of it when that is over.
type Leases struct {
	Trouble

	mu       sync.Mutex
	revision uint64
	leases   map[port.BindID]port.Lease
	log      []leaseChange
	changed  signal
}

type leaseChange struct {
	lease port.Lease
	gone  bool
	how   port.Vanished
}

func newLeases() *Leases { return &Leases{leases: map[port.BindID]port.Lease{}} }

// Acquire implements port.Leases.
func (s *Leases) Acquire(ctx context.Context, l port.Lease) (uint64, error) {
	l.Epoch = 0
	return s.write(ctx, l, func(there port.Lease) error {
		if there.Revision != 0 {
			return &port.LeaseHeld{Lease: there}
		}
		return nil
	})
}

// Renew implements port.Leases.
func (s *Leases) Renew(ctx context.Context, leases []port.Lease) []port.Renewal {
	outcomes := make([]port.Renewal, len(leases))
	answer, err := s.enter(ctx)
	for i, l := range leases {
		o := &outcomes[i]
		if err != nil {
			o.Err = fmt.Errorf("lease of bind %s: %w", l.Bind, err)
			continue
		}
		o.Revision, o.Err = s.put(l, answer, func(there port.Lease) error { return atRevision(l, there) })
	}
	return outcomes
}

func atRevision(l, there port.Lease) error {
	switch there.Revision {
	case l.Revision:
		return nil
	case 0:
		return &port.LeaseGone{Bind: l.Bind}
	}
	return &port.LeaseHeld{Lease: there}
}

func (s *Leases) write(ctx context.Context, l port.Lease, allowed func(there port.Lease) error) (uint64, error) {
	answer, err := s.enter(ctx)
	if err != nil {
		return 0, fmt.Errorf("lease of bind %s: %w", l.Bind, err)
	}
	return s.put(l, answer, allowed)
}

// put stores a lease where that is allowed, and then fails with answer.
func (s *Leases) put(l port.Lease, answer error, allowed func(there port.Lease) error) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire()
	if err := allowed(s.leases[l.Bind]); err != nil {
		return 0, err
	}
	return s.store(l), answer
}

func (s *Leases) store(l port.Lease) (revision uint64) {
	s.revision++
	l.Revision, l.StoredAt = s.revision, time.Now()
	if l.Epoch == 0 {
		l.Epoch = l.Revision
	}
	s.leases[l.Bind] = l
	s.log = append(s.log, leaseChange{lease: l})
	s.changed.raise()
	return l.Revision
}

// Release implements port.Leases.
func (s *Leases) Release(ctx context.Context, l port.Lease) error {
	answer, err := s.enter(ctx)
	if err != nil {
		return fmt.Errorf("release bind %s: %w", l.Bind, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire()
	if err := atRevision(l, s.leases[l.Bind]); err != nil {
		return err
	}
	s.drop(l.Bind, port.Released)
	return answer
}

func (s *Leases) drop(bind port.BindID, how port.Vanished) {
	s.revision++
	delete(s.leases, bind)
	s.log = append(s.log, leaseChange{lease: port.Lease{Bind: bind, Revision: s.revision}, gone: true, how: how})
	s.changed.raise()
}

// expire drops what is too old, and returns when the next will be; the zero time: none.
func (s *Leases) expire() (next time.Time) {
	now := time.Now()
	for bind, l := range s.leases {
		at := l.StoredAt.Add(contract.OwnerTTL)
		switch {
		case !at.After(now):
			s.drop(bind, port.Expired)
		case next.IsZero() || at.Before(next):
			next = at
		}
	}
	return next
}

// Watch implements port.Leases, on the calling goroutine.
func (s *Leases) Watch(ctx context.Context, groups []port.Group, w port.LeaseWatcher) error {
	synced := false
	defer func() { w.Synced(false) }()
	at := 0
	told := map[port.BindID]bool{}
	for {
		hung, healed, err := s.silent()
		if hung || err != nil {
			if synced {
				synced = false
				w.Synced(false)
			}
			if err := pause(ctx, healed, forever); err != nil {
				return err
			}
			continue
		}
		s.mu.Lock()
		next := s.expire()
		var news []leaseChange
		if !synced { // as a watch that begins anew: what is there, and what of it is not
			for bind := range told {
				if s.leases[bind].Revision == 0 {
					news = append(news, leaseChange{lease: port.Lease{Bind: bind}, gone: true})
				}
			}
			for _, l := range s.leases {
				news = append(news, leaseChange{lease: l})
			}
		} else {
			news = slices.Clone(s.log[at:])
		}
		at = len(s.log)
		changed := s.changed.wait()
		s.mu.Unlock()
		for _, c := range news {
			if !slices.Contains(groups, c.lease.Bind.Group()) {
				continue
			}
			told[c.lease.Bind] = !c.gone
			if c.gone {
				delete(told, c.lease.Bind)
				w.Gone(c.lease.Bind, c.how, c.lease.Revision)
			} else {
				w.Seen(c.lease)
			}
		}
		if !synced {
			synced = true
			w.Synced(true)
		}
		if err := waitFor(ctx, next, changed, healed); err != nil {
			return context.Cause(ctx)
		}
	}
}

// Lease returns who owns a bind now; its Revision is 0 when nobody does.
func (s *Leases) Lease(bind port.BindID) port.Lease {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire()
	return s.leases[bind]
}

// Delete deletes a lease as somebody does by hand.
func (s *Leases) Delete(bind port.BindID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(bind, port.Deleted)
}

// Overwrite writes a value into a lease by hand: another owner's, or one that is none
// of ours when its Instance is empty.
func (s *Leases) Overwrite(l port.Lease) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.store(l)
}
