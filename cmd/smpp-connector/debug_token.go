package main

import (
	"log/slog"
	"sync"

	"github.com/ghasi/smpp-connector/config"
)

// debugToken is what /debug asks for: where it is in a file, what that has now, so that a
// token can be rotated in its place as Kubernetes writes a Secret anew. While the file
// holds none that would do, the last one stays.
type debugToken struct {
	file string
	log  *slog.Logger

	mu        sync.Mutex
	last      string
	complaint string // the last one that was told; empty: none holds
}

func newDebugToken(cfg *config.Config, log *slog.Logger) *debugToken {
	return &debugToken{file: cfg.DebugTokenFile, log: log, last: cfg.DebugToken.Reveal()}
}

// now returns the token; empty: there is none. A complaint is told once while it holds.
func (d *debugToken) now() string {
	if d.file == "" {
		return d.last
	}
	token, err := config.ReadDebugToken(d.file)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		if d.complaint != err.Error() {
			d.complaint = err.Error()
			d.log.Warn("the debug token stays as it was", "error", d.complaint)
		}
		return d.last
	}
	if d.complaint = ""; d.last != token.Reveal() {
		d.last = token.Reveal()
		d.log.Info("the debug token is another now: who looks at /debug has to show it anew")
	}
	return d.last
}
