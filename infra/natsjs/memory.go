package natsjs

import "sync"

// memory keeps the entries that this process wrote last, so that a change to one
// of them needs no look first: the write demands the revision that is remembered,
// and a writer elsewhere is noticed by that. It holds two generations of at most
// capacity entries each, and forgets the older one.
type memory struct {
	mu         sync.Mutex
	capacity   int
	young, old map[string]entry
}

func newMemory(capacity int) *memory {
	return &memory{capacity: capacity, young: make(map[string]entry)}
}

func (m *memory) recall(key string) (entry, bool) {
	if m == nil {
		return entry{}, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	e, known := m.young[key]
	if !known {
		e, known = m.old[key]
	}
	return e, known
}

func (m *memory) keep(key string, e entry) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.young) >= m.capacity {
		m.old, m.young = m.young, make(map[string]entry, m.capacity)
	}
	m.young[key] = e
}

func (m *memory) forget(key string) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.young, key)
	delete(m.old, key)
}
