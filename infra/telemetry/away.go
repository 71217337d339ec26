package telemetry

import (
	"log/slog"
	"sync"
	"time"
)

// remindEvery is how often the log repeats that a server is away: actors say it
// once, and whoever reads the last five minutes of a log must see it too.
const remindEvery = time.Minute

// away remembers the servers that are away and reminds of each.
type away struct {
	log *slog.Logger

	mu     sync.Mutex
	timers map[string]*time.Timer
}

// gone begins to remind of a server; again for one that is known changes nothing.
func (a *away) gone(name string, since time.Time, reason string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.timers[name] != nil {
		return
	}
	a.timers[name] = time.AfterFunc(remindEvery, func() { a.remind(name, since, reason) })
}

func (a *away) remind(name string, since time.Time, reason string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	timer := a.timers[name]
	if timer == nil { // it came back while this was on its way
		return
	}
	a.log.Warn(name+" is still away", slog.String("dependency", name),
		slog.String("for", time.Since(since).Round(time.Second).String()), slog.String("error", reason))
	timer.Reset(remindEvery)
}

// back ends the reminding.
func (a *away) back(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if timer := a.timers[name]; timer != nil {
		timer.Stop()
		delete(a.timers, name)
	}
}

// stop ends all of it.
func (a *away) stop() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, timer := range a.timers {
		timer.Stop()
	}
	clear(a.timers)
}
