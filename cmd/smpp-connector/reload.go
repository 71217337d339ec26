package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
)

// reload reads the configuration again and puts in force what may be changed
// without a restart; the rest is told and waits for one. A configuration that is
// wrong changes nothing.
func (a *app) reload() {
	log := a.telemetry.Logger()
	next, changes, err := a.cfg.Load().Reload()
	if err != nil {
		var all interface{ Unwrap() []error }
		if !errors.As(err, &all) {
			log.Error("the configuration stays as it was", "error", err.Error())
			return
		}
		for _, complaint := range all.Unwrap() {
			log.Error("the configuration stays as it was", "error", complaint.Error())
		}
		return
	}
	a.cfg.Store(next)
	if err := a.telemetry.SetLogLevel(next.Telemetry.LogLevel); err != nil {
		log.Error("the log level stays as it was", "error", err.Error()) // the configuration has let it through
	}
	for _, change := range changes {
		log.Info("configuration changed", "path", change.Path, "operatorId", change.Operator, "old", change.Old, "new", change.New, "live", change.Live)
	}
	log.Info("configuration reloaded", "changes", len(changes))
	if system := a.system.Load(); system != nil {
		system.SetOperators(operatorIDs(next))
		system.Refresh()
	}
}

// hangups are the SIGHUPs from now on. One that comes while nobody hears it would end the
// process, so this is the first thing that a process does.
func hangups() (signals chan os.Signal, stop func()) {
	signals = make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP)
	return signals, func() { signal.Stop(signals) }
}

// reloadAt reloads at each signal, until ctx ends; one that has come before too.
func (a *app) reloadAt(ctx context.Context, signals <-chan os.Signal) {
	go func() {
		for {
			select {
			case <-signals:
				a.reload()
			case <-ctx.Done():
				return
			}
		}
	}()
}
