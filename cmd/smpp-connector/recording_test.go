package main

import (
	"testing"

	"github.com/ghasi/smpp-connector/actors/event"
)

// A recorder is written of every end, also of a bind that its window had shown as half-closed
// or draining when its line was lost: that is what somebody will ask about.
func TestARecorderIsWrittenOfEveryEnd(t *testing.T) {
	for turn, want := range map[[2]string]bool{
		{"BOUND", "DISCONNECTED"}:          true,
		{"BOUND", "CLOSED"}:                true, // an orderly end begins
		{"BOUND", "DRAINING"}:              true,
		{"BOUND", "HALF_CLOSED_TX"}:        true,
		{"DRAINING", "DISCONNECTED"}:       true,
		{"HALF_CLOSED_TX", "DISCONNECTED"}: true,
		{"HALF_CLOSED_TX", "CLOSED"}:       true,
		{"DRAINING", "BOUND"}:              false, // it is well again
		{"HALF_CLOSED_TX", "BOUND"}:        false,
		{"CLOSED", "UNBINDING"}:            false, // written when that began
		{"UNBINDING", "DISCONNECTED"}:      false,
		{"CONNECTING", "DISCONNECTED"}:     false,
		{"CONNECTING", "BOUND"}:            false,
	} {
		if got := leaves(event.BindStateChanged{From: turn[0], To: turn[1]}); got != want {
			t.Errorf("%s → %s: %v, want %v", turn[0], turn[1], got, want)
		}
	}
}
