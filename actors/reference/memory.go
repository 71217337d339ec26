// Package reference keeps two long messages to one recipient from sharing a
// concatenation reference while the handset may still be joining the first
// (US-SC-026). A handset joins parts by sender and reference, so a reference that
// is in use for the same pair of sender and recipient is skipped. It takes time as
// a value.
//
// No memory is shared between pods: each bind draws from numbers of its own (see
// Of), so that two binds never choose the same one.
package reference

import (
	"hash/maphash"
	"math/bits"
	"sync"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
)

// For is how long a reference counts as in use.
const For = 60 * time.Second

// capacity bounds the memory: 60 s at 16,000 long messages a second, or less of
// the past when there are more.
const capacity = 1_000_000

// Pair is a sender and a recipient, for one process.
type Pair uint64

var seed = maphash.MakeSeed()

// PairOf names a sender and a recipient.
func PairOf(from, to string) Pair {
	var h maphash.Hash
	h.SetSeed(seed)
	h.WriteString(from)
	h.WriteByte(0)
	h.WriteString(to)
	return Pair(h.Sum64())
}

// Memory remembers which references are in use. Goroutines may share it.
type Memory struct {
	mu    sync.Mutex
	used  map[use]time.Time
	order []use // a queue in the order of use
	head  int
}

type use struct {
	pair Pair
	ref  port.Reference
}

// NewMemory remembers nothing yet.
func NewMemory() *Memory { return &Memory{used: map[use]time.Time{}} }

// Take uses a reference for a pair, unless it is in use; then ok is false.
func (m *Memory) Take(p Pair, ref port.Reference, now time.Time) (ok bool) {
	if ref.Bits == 8 {
		ref.Number &= 0xFF
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget(now)
	u := use{p, ref}
	if _, inUse := m.used[u]; inUse {
		return false
	}
	m.used[u] = now
	m.order = append(m.order, u)
	return true
}

// forget drops what is not in use any more.
func (m *Memory) forget(now time.Time) {
	for m.head < len(m.order) {
		u := m.order[m.head]
		if now.Sub(m.used[u]) < For && len(m.order)-m.head < capacity {
			break
		}
		delete(m.used, u)
		m.head++
	}
	if m.head > len(m.order)/2 && m.head > 1024 || m.head == len(m.order) {
		m.order = append(m.order[:0], m.order[m.head:]...)
		m.head = 0
	}
}

// maxShares is into how many shares the references are cut at most: each still
// has 16 of the 256 references of 8 bits.
const maxShares = 16

// Of is the reference number of a bind's absolute number: of the binds of an
// account, from 1, each has numbers of its own while there are at most 16.
func Of(absolute uint64, bind, binds int) uint16 {
	shares := 1
	if binds > 1 {
		shares = min(1<<bits.Len(uint(binds-1)), maxShares)
	}
	return uint16(absolute*uint64(shares) + uint64(max(bind-1, 0)%shares))
}
