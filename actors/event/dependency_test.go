package event_test

import (
	"slices"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/event"
)

type heard []event.Fact

func (h *heard) On(f event.Fact) { *h = append(*h, f) }

func TestDependencyTellsChangesOnly(t *testing.T) {
	var got heard
	at := time.Date(2026, 11, 24, 5, 0, 0, 0, time.UTC)
	d := event.Dependency{Name: "redis", Listener: &got}
	if d.IsUp() {
		t.Error("up before the first outcome")
	}
	d.Down("refused", at)
	d.Down("refused", at.Add(1*time.Second))
	d.Up(at.Add(2 * time.Second))
	d.Up(at.Add(3 * time.Second))
	d.Down("timeout", at.Add(4*time.Second))
	want := heard{
		event.DependencyChanged{Name: "redis", Err: "refused", At: at},
		event.DependencyChanged{Name: "redis", Up: true, At: at.Add(2 * time.Second)},
		event.DependencyChanged{Name: "redis", Err: "timeout", At: at.Add(4 * time.Second)},
	}
	if !slices.Equal(got, want) {
		t.Errorf("heard %+v, want %+v", got, want)
	}
}
