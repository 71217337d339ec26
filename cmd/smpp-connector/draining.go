package main

import (
	"context"
	"errors"
	"sync"
	"time"
)

// draining is the one drain of a process: asked for by SIGTERM or, before that, by
// `smpp-connector drain` (a pod's pre-stop hook). Whoever asks second waits for the
// same one. The process stays up after it, not ready, until SIGTERM.
type draining struct {
	begin     sync.Once
	stopStart context.CancelFunc // ends the wait for NATS: what has not started need not
	startOver chan struct{}      // closed when start has returned
	over      chan struct{}      // closed when the drain is over

	mu    sync.Mutex
	state string // serving, draining, drained, failed
	err   error  // why it failed
}

// drainState is the drain as the debug page and the command see it.
type drainState struct {
	State string `json:"state"` // serving, draining, drained, failed
	Error string `json:"error,omitempty"`
}

func newDraining() *draining {
	return &draining{startOver: make(chan struct{}), over: make(chan struct{}), state: "serving", stopStart: func() {}}
}

func (d *draining) set(state string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.state, d.err = state, err
}

func (d *draining) show() drainState {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := drainState{State: d.state}
	if d.err != nil {
		s.Error = d.err.Error()
	}
	return s
}

// stopsStart says what ends the wait of start, at once if a drain has begun.
func (d *draining) stopsStart(stop context.CancelFunc) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stopStart = stop
	if d.state != "serving" {
		stop()
	}
}

// failure is why the drain did not end well.
func (d *draining) failure() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.err
}

// drain is what SIGTERM brings first (decisions.md, 015): not ready, stop pulling,
// let the windows empty, unbind. It only begins; draining.over says when it is done.
func (a *app) drain() {
	d := a.draining
	d.begin.Do(func() {
		a.missing.set(stopping, "draining")
		d.mu.Lock()
		d.state = "draining"
		d.stopStart()
		d.mu.Unlock()
		go func() {
			defer close(d.over)
			<-d.startOver
			err := a.drainSystem()
			if err != nil {
				d.set("failed", err)
				return
			}
			d.set("drained", nil)
		}()
	})
}

func (a *app) drainSystem() error {
	system := a.system.Load()
	if system == nil {
		return nil
	}
	limit := drainTime(a.cfg.Load()) + 10*time.Second
	ctx, cancel := context.WithTimeoutCause(context.Background(), limit, errors.New("not every window was empty in "+limit.String()))
	defer cancel()
	return system.Drain(ctx)
}
