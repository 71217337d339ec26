package main

import (
	"bytes"
	"context"
	"io"
	"sync/atomic"
	"time"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/recorder"
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/config"
	"github.com/ghasi/smpp-connector/infra/capture"
)

// recording is what the flight recorder of a bind holds.
func (a *app) recording(bind string) (any, bool) { return a.recorded(bind) }

// recorded is the same as a value, its numbers masked as the configuration in force says.
func (a *app) recorded(bind string) (recorder.Snapshot, bool) {
	system := a.system.Load()
	if system == nil {
		return recorder.Snapshot{}, false
	}
	return system.Tree().Recording(bind, a.numbers())
}

// numbers is how much of a telephone number may be shown.
func (a *app) numbers() codec.NumberMask { return a.cfg.Load().Telemetry.Numbers }

// capture writes the same as a file for Wireshark.
func (a *app) capture(w io.Writer, bind string) (bool, error) {
	s, ok := a.recorded(bind)
	if !ok {
		return false, nil
	}
	return true, capture.Write(w, s, capture.Options{Bind: bind})
}

// dumper writes the flight recorder of a bind to a folder each time that the bind leaves
// BOUND, also for a window in trouble, and each time that one in trouble is lost, so that what led to it is there when somebody comes to look.
type dumper struct {
	app    *app
	folder capture.Folder
	turned chan event.BindStateChanged // for the goroutine that writes
	missed atomic.Int64                // it is busy: so many were not written
}

// maxDumps is how many dumps may wait for a slow disk; more are not written, and told.
const maxDumps = 64

// sayAgain is how long after a warning about dumps the next may come.
const sayAgain = time.Minute

// startDumper returns a listener that writes until ctx ends.
func startDumper(ctx context.Context, a *app, r config.Recorder) *dumper {
	d := &dumper{app: a, turned: make(chan event.BindStateChanged, maxDumps),
		folder: capture.Folder{Path: r.DumpDir, Files: r.DumpFiles, Octets: int64(r.DumpOctets)}}
	go d.run(ctx)
	return d
}

// On implements event.Listener. It is called on the bind's goroutine, so the file
// is written on another.
func (d *dumper) On(f event.Fact) {
	turned, ok := f.(event.BindStateChanged)
	if !ok || !leaves(turned) {
		return
	}
	select {
	case d.turned <- turned:
	default:
		d.missed.Add(1)
	}
}

// leaves reports whether a bind that was BOUND, whatever its window made of it, is so no
// more, or in trouble now.
func leaves(turned event.BindStateChanged) bool {
	return turned.From == "BOUND" || (turned.From == "HALF_CLOSED_TX" || turned.From == "DRAINING") && turned.To != "BOUND"
}

// run writes one dump after the other. A disk that is full or slow costs dumps, and a
// warning a minute.
func (d *dumper) run(ctx context.Context) {
	var said time.Time
	for {
		select {
		case turned := <-d.turned:
			err := d.dump(turned)
			if missed := d.missed.Load(); (err != nil || missed > 0) && time.Since(said) >= sayAgain {
				said = time.Now()
				d.missed.Add(-missed)
				why := "the disk is slow"
				if err != nil {
					why = err.Error()
				}
				d.app.telemetry.Logger().Warn("flight recorders were not written", "folder", d.folder.Path, "bind", turned.Bind.String(), "missed", missed, "error", why)
			}
		case <-ctx.Done():
			return
		}
	}
}

// dump writes what the recorder holds now; a bind that has left the tree meanwhile
// has nothing any more.
func (d *dumper) dump(turned event.BindStateChanged) error {
	var b bytes.Buffer
	ok, err := d.app.capture(&b, turned.Bind.String())
	if !ok || err != nil {
		return err
	}
	return d.folder.Write(capture.Name(turned.Bind.String(), turned.At, turned.To), func(w io.Writer) error {
		_, err := b.WriteTo(w)
		return err
	})
}
