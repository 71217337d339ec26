package telemetry

import (
	"sync"
	"time"
)

// limit is how many lines of one kind about one thing may pass in a time.
type limit struct {
	lines int
	per   time.Duration
}

// floodKey is what is limited together: a kind of line, whom it is about, and
// the one detail that makes it another line (a status, a reason).
type floodKey struct{ line, about, detail string }

// flood limits lines that a peer can provoke. Nothing is lost silently: the first
// line that passes after a flood says how many did not.
type flood struct {
	mu   sync.Mutex
	keys map[floodKey]*floodCount
}

type floodCount struct {
	since      time.Time // when the present span began
	passed     int       // in it
	suppressed int       // since a line last passed
}

// maxFloodKeys bounds the memory. A flood with more keys than this makes it forget
// the old ones early, so that a little more passes.
const maxFloodKeys = 4096

func newFlood() *flood { return &flood{keys: make(map[floodKey]*floodCount)} }

// pass reports whether a line may be written at now, and how many of its key
// were suppressed before it.
func (f *flood) pass(key floodKey, at limit, now time.Time) (ok bool, suppressed int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.keys[key]
	if c == nil {
		if len(f.keys) >= maxFloodKeys {
			clear(f.keys)
		}
		c = &floodCount{since: now}
		f.keys[key] = c
	}
	if now.Sub(c.since) >= at.per {
		c.since, c.passed = now, 0
	}
	if c.passed >= at.lines {
		c.suppressed++
		return false, 0
	}
	c.passed++
	suppressed, c.suppressed = c.suppressed, 0
	return true, suppressed
}

// leftovers returns what was suppressed and not told yet, and forgets it.
func (f *flood) leftovers() map[floodKey]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	left := make(map[floodKey]int)
	for key, c := range f.keys {
		if c.suppressed > 0 {
			left[key], c.suppressed = c.suppressed, 0
		}
	}
	return left
}
