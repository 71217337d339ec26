package natsjs

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// headerTaker names, on the mark of a group that was taken, who took it.
const headerTaker = "Smpp-Taken-By"

// Concats keeps the parts of inbound messages in a key-value bucket, where there
// is no Redis. It implements port.ConcatStore: one entry a message, changed by
// compare-and-swap.
type Concats struct {
	bucket *bucket
	taker  string // tells this process's marks from others'

	mu      sync.Mutex
	unclear map[string]bool // groups whose Take broke off after its mark was sent
}

// Concats returns the store; its bucket is made when it is used first.
func (c *Conn) Concats() *Concats {
	return &Concats{
		bucket:  c.bucket(contract.BucketConcat, "parts of inbound messages (smpp-connector)", 0),
		taker:   rand.Text(),
		unclear: make(map[string]bool),
	}
}

// Keep implements port.ConcatStore.
func (s *Concats) Keep(ctx context.Context, k port.ConcatKey, part port.ConcatPart, now time.Time, ttl time.Duration) (port.ConcatGroup, error) {
	var group port.ConcatGroup
	var broken error
	err := s.bucket.update(ctx, []string{concatKey(k)}, false, func(_ int, found entry) (write, bool) {
		group, broken = port.ConcatGroup{Key: k, Deadline: now.Add(ttl)}, nil
		if found.live() {
			if group, broken = unpackGroup(k, found.value); broken != nil {
				return write{}, false
			}
		}
		if !withPart(&group, part) {
			return write{}, false
		}
		return write{value: packGroup(&group)}, true
	})
	if err == nil {
		err = broken
	}
	if err != nil {
		return port.ConcatGroup{}, fmt.Errorf("keep part %d of %d of an inbound message of %s: %w", part.Index, k.Total, k.MNO, err)
	}
	return group, nil
}

// Take implements port.ConcatStore. When it fails it may have taken the group
// all the same; the next Take of this process finds its own mark and says so, so
// that the message is published and not lost.
func (s *Concats) Take(ctx context.Context, k port.ConcatKey) (bool, error) {
	name := concatKey(k)
	taken := false
	err := s.bucket.update(ctx, []string{name}, false, func(_ int, found entry) (write, bool) {
		if taken = found.live(); taken {
			mark := purgeMark()
			mark.header[headerTaker] = []string{s.taker}
			return mark, true
		}
		taken = found.deleted && s.mine(found.header) && s.forget(name)
		return write{}, false
	})
	if err != nil {
		s.mu.Lock()
		s.unclear[name] = true
		s.mu.Unlock()
		return false, fmt.Errorf("take an inbound message of %s: %w", k.MNO, err)
	}
	if taken {
		s.forget(name)
	}
	return taken, nil
}

func (s *Concats) mine(h nats.Header) bool { return h.Get(headerTaker) == s.taker }

// forget reports whether an earlier Take of the group had an unclear end.
func (s *Concats) forget(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	unclear := s.unclear[name]
	delete(s.unclear, name)
	return unclear
}

// Due implements port.ConcatStore. It reads the whole bucket: some thousands of
// groups at most, once a second.
func (s *Concats) Due(ctx context.Context, now time.Time) ([]port.ConcatGroup, error) {
	var due []port.ConcatGroup
	err := s.bucket.scan(ctx, func(e entry) {
		if !e.live() {
			return
		}
		k, err := readConcatKey(e.key)
		if err == nil {
			var g port.ConcatGroup
			if g, err = unpackGroup(k, e.value); err == nil && !g.Deadline.After(now) {
				due = append(due, g)
			}
		}
		if err != nil {
			s.bucket.conn.options.Logger.Error("an entry of the bucket of inbound parts cannot be read and stays where it is", "error", err.Error())
		}
	})
	if err != nil {
		return nil, fmt.Errorf("look for inbound messages that are due: %w", err)
	}
	return due, nil
}
