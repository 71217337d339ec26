package page

import "time"

// SetEvery makes a page look more often than once a second.
func (p *Page) SetEvery(d time.Duration) { p.hub.every = d }

// Watching is how many browsers watch.
func (p *Page) Watching() int {
	p.hub.mu.Lock()
	defer p.hub.mu.Unlock()
	return len(p.hub.watchers)
}

// Watch is a watcher without a connection: its frames.
func (p *Page) Watch(below string) (frames <-chan []byte, leave func(), ok bool) {
	w, ok := p.hub.watch(below)
	if !ok {
		return nil, nil, false
	}
	return w.frames, func() { p.hub.leave(w) }, true
}

// MaxWatchers is the bound on streams.
const MaxWatchers = maxWatchers

// Step is what a second brings.
func (p *Page) Step() { p.hub.step() }
