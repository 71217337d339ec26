package main

import (
	"context"
	"errors"
	"time"

	"github.com/ghasi/smpp-connector/actors"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/infra/control"
	"github.com/ghasi/smpp-connector/infra/natsjs"
)

// await returns what is ordered, as soon as NATS has the streams and says it: a pod
// whose MNO is in maintenance must not bind before it knows. NATS away keeps the
// process up, not ready, and says so once a minute; a stream that is somebody else's
// is an error.
func (a *app) await(ctx context.Context) (orders []port.Order, err error) {
	var said time.Time
	for {
		if err = a.nats.EnsureStreams(ctx); err == nil {
			orders, err = a.nats.Orders().All(ctx)
		}
		if err == nil {
			a.missing.clear("streams")
			return orders, nil
		}
		var foreign *natsjs.StreamDiffers
		if errors.As(err, &foreign) {
			return nil, err
		}
		a.missing.set("streams", err.Error())
		if time.Since(said) >= time.Minute {
			said = time.Now()
			a.telemetry.Logger().Warn("waiting for NATS", "error", err.Error())
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// heed takes people's commands for the tree, until the process stops.
func (a *app) heed(ctx context.Context, system *actors.System) (err error) {
	controls := system.Controls(a.nats.Orders(), a.cfg.Load().Pod)
	a.control, err = control.Serve(a.nats.NATS(), control.Options{Pod: a.cfg.Load().Pod, Version: version(), Do: controls.Do, Logger: a.telemetry.Logger()})
	if err != nil {
		return err
	}
	go func() { _ = controls.Watch(ctx) }() // it ends with ctx alone
	go a.watchBacklog(ctx, system)
	return nil
}
