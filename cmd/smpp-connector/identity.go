package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/ghasi/smpp-connector/actors/ownership"
	"github.com/ghasi/smpp-connector/config"
	"github.com/ghasi/smpp-connector/infra/embedded"
)

// settle is how long a pod that starts waits for others that start with it.
const settle = time.Second

// identify draws who this process is. Where there is a data folder it remembers that
// there, so that the process which comes after a crash knows that this one is dead and
// takes its binds over at once, in place of when their leases expire.
func (a *app) identify(cfg *config.Config) ownership.Identity {
	var octets [6]byte
	_, _ = rand.Read(octets[:]) // it returns no error
	id := ownership.Identity{Pod: cfg.Pod, Instance: hex.EncodeToString(octets[:]), Ordinal: cfg.PodOrdinal, MaxBinds: cfg.MaxBinds, Version: version(), Settle: settle}
	if cfg.Standalone() {
		id.Settle = 0
	}
	if _, err := os.Stat(cfg.DataDir); err != nil {
		return id
	}
	before, release, err := embedded.Claim(filepath.Join(cfg.DataDir, "pod-"+hex.EncodeToString([]byte(cfg.Pod))+".lock"), id.Instance)
	switch {
	case errors.Is(err, embedded.ErrClaimed):
		a.telemetry.Logger().Warn("another process of this machine has this one's POD_NAME: both share the binds as two pods would; give each its own", "pod", cfg.Pod)
	case err != nil:
		a.telemetry.Logger().Warn("this process leaves no trace for the next one: after a crash its binds wait for their leases to expire", "error", err.Error())
	default:
		id.Predecessor, a.release = before, release
	}
	return id
}
