package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/infra/capture"
)

// recording is what the flight recorder of a bind holds.
func (a *app) recording(bind string) (any, bool) {
	system := a.system.Load()
	if system == nil {
		return nil, false
	}
	return system.Tree().Recording(bind)
}

// capture writes the same as a file for Wireshark.
func (a *app) capture(w io.Writer, bind string) (bool, error) {
	system := a.system.Load()
	if system == nil {
		return false, nil
	}
	s, ok := system.Tree().Recording(bind)
	if !ok {
		return false, nil
	}
	return true, capture.Write(w, s, capture.Options{Bind: bind})
}

// dumper writes the flight recorder of a bind to a folder each time that the bind
// leaves BOUND, so that what led to it is there when somebody comes to look.
type dumper struct {
	app    *app
	folder string
}

// On implements event.Listener. It is called on the bind's goroutine, so the file
// is written on another.
func (d dumper) On(f event.Fact) {
	if turned, ok := f.(event.BindStateChanged); ok && turned.From == "BOUND" {
		go d.dump(turned)
	}
}

func (d dumper) dump(turned event.BindStateChanged) {
	path := filepath.Join(d.folder, fmt.Sprintf("%s-%s-%s.pcapng", turned.Bind, turned.At.UTC().Format("20060102T150405.000Z"), turned.To))
	if err := d.write(path, turned.Bind.String()); err != nil {
		d.app.telemetry.Logger().Warn("the flight recorder was not written", "file", path, "error", err.Error())
	}
}

func (d dumper) write(path, bind string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = d.app.capture(file, bind)
	if closing := file.Close(); err == nil {
		err = closing
	}
	return err
}
