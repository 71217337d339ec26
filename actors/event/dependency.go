package event

import (
	"sync"
	"time"
)

// Dependency turns the outcomes of calls to a server into DependencyChanged
// facts: one for the first outcome, then one for each change, none for a
// repeat. The zero value of the unexported fields is ready to use.
type Dependency struct {
	Name     string   // as in DependencyChanged
	Listener Listener // nil: nobody listens

	mu        sync.Mutex // held while the listener hears, so that facts keep their order
	known, up bool
}

// Up says that the server answered.
func (d *Dependency) Up(at time.Time) { d.turn(true, "", at) }

// Down says that it did not, and why; the reason holds no secret.
func (d *Dependency) Down(reason string, at time.Time) { d.turn(false, reason, at) }

// IsUp reports whether the last outcome was good; false before the first one.
func (d *Dependency) IsUp() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.up
}

func (d *Dependency) turn(up bool, reason string, at time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known && d.up == up {
		return
	}
	d.known, d.up = true, up
	if d.Listener != nil {
		d.Listener.On(DependencyChanged{Name: d.Name, Up: up, Err: reason, At: at})
	}
}
