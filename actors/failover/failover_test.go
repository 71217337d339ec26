package failover

import (
	"slices"
	"testing"
	"time"
)

var t0 = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// US-SC-013: primary UNBOUND → backup bound → primary back → FAILBACK.
func TestUSSC013StepsOfAFailoverAndBack(t *testing.T) {
	s := Switch{HasBackup: true}
	for i, c := range []struct {
		who     Role
		bound   bool
		steps   []Step
		carrier Carrier
	}{
		{Primary, true, nil, ByPrimary},
		{Primary, false, []Step{StartBackup}, Nobody},
		{Primary, false, nil, Nobody}, // a redial that failed starts nothing twice
		{Backup, true, []Step{MoveToBackup}, ByBackup},
		{Backup, false, nil, Nobody},
		{Backup, true, []Step{MoveToBackup}, ByBackup},
		{Primary, true, []Step{MoveToPrimary, AnnounceFailback, StopBackup}, ByPrimary},
		{Backup, false, nil, ByPrimary}, // the drained backup goes
		{Primary, false, []Step{StartBackup}, Nobody},
		{Primary, true, []Step{AnnounceFailback, StopBackup}, ByPrimary}, // back before the backup was bound
		{Backup, false, nil, ByPrimary},
		{Primary, false, []Step{StartBackup}, Nobody},
		{Backup, true, []Step{MoveToBackup}, ByBackup},
		{Backup, false, nil, Nobody},
		{Primary, true, []Step{MoveToPrimary, AnnounceFailback, StopBackup}, ByPrimary}, // both were lost: its binds pull again
	} {
		if got := s.Heard(c.who, c.bound, t0); !slices.Equal(got, c.steps) || s.Carrier() != c.carrier {
			t.Errorf("step %d: %v by %v, want %v by %v", i, got, s.Carrier(), c.steps, c.carrier)
		}
	}
}

func TestUSSC013WithoutABackupNothingIsStarted(t *testing.T) {
	var s Switch
	for _, bound := range []bool{true, false, true, false} {
		if got := s.Heard(Primary, bound, t0); got != nil {
			t.Errorf("%v", got)
		}
	}
}

// The backup stays bound for a while after a failback: a primary that is lost
// again in that time costs no bind.
func TestUSSC013TheBackupLingers(t *testing.T) {
	s := Switch{HasBackup: true, Damping: Damping{Linger: 30 * time.Second}}
	s.Heard(Primary, true, t0)
	s.Heard(Primary, false, t0)
	s.Heard(Backup, true, t0)
	back := t0.Add(time.Minute)
	if got := s.Heard(Primary, true, back); !slices.Equal(got, []Step{MoveToPrimary, AnnounceFailback}) {
		t.Errorf("%v", got)
	}
	if at, ok := s.Next(); !ok || !at.Equal(back.Add(30*time.Second)) {
		t.Errorf("next at %v, %v", at, ok)
	}
	if got := s.Tick(back.Add(29 * time.Second)); got != nil {
		t.Errorf("%v", got)
	}
	if got := s.Heard(Primary, false, back.Add(29*time.Second)); !slices.Equal(got, []Step{MoveToBackup}) || s.Carrier() != ByBackup {
		t.Errorf("%v", got)
	}
	again := back.Add(2 * time.Minute)
	s.Heard(Primary, true, again)
	for _, wait := range []time.Duration{29, 30} {
		got := s.Tick(again.Add(s.hold() + wait*time.Second))
		if stopped := slices.Contains(got, StopBackup); stopped != (wait == 30) && s.hold() == 0 {
			t.Errorf("after %d s: %v", wait, got)
		}
	}
}

// A primary that is lost within a minute of each failback must stay for longer
// each time, up to the bound; ten calm minutes forgive it.
func TestUSSC013AFlappingPrimaryIsHeld(t *testing.T) {
	s := Switch{HasBackup: true, Damping: Damping{Linger: time.Hour, HoldMax: 20 * time.Second}}
	now := t0
	s.Heard(Primary, true, now)
	s.Heard(Primary, false, now)
	s.Heard(Backup, true, now)
	for i, want := range []time.Duration{0, 5 * time.Second, 10 * time.Second, 20 * time.Second, 20 * time.Second} {
		now = now.Add(5 * time.Second)
		began := now
		steps := s.Heard(Primary, true, now)
		for s.Carrier() != ByPrimary {
			at, ok := s.Next()
			if !ok || !at.After(now) {
				t.Fatalf("flap %d: next at %v, %v", i, at, ok)
			}
			now = at
			steps = append(steps, s.Tick(now)...)
		}
		if got := now.Sub(began); got != want || !slices.Equal(steps, []Step{MoveToPrimary, AnnounceFailback}) {
			t.Errorf("flap %d: %v after %v, want %v", i, steps, got, want)
		}
		now = now.Add(10 * time.Second)
		s.Heard(Primary, false, now)
	}
	now = now.Add(5 * time.Second)
	s.Heard(Primary, true, now)
	s.Tick(now.Add(20 * time.Second))
	now = now.Add(time.Hour)
	s.Heard(Primary, false, now)
	s.Heard(Backup, true, now)
	if s.Heard(Primary, true, now.Add(time.Second)); s.Carrier() != ByPrimary {
		t.Errorf("held after a calm hour, by %v", s.Carrier())
	}
}

// Rather a flapping line than none: without the backup the primary carries at once.
func TestUSSC013AHeldPrimaryCarriesWhenTheBackupGoes(t *testing.T) {
	s := Switch{HasBackup: true, Damping: Damping{Linger: time.Hour, HoldMax: time.Minute}}
	now := t0
	for range 3 {
		s.Heard(Primary, true, now)
		s.Tick(now.Add(40 * time.Second))
		now = now.Add(50 * time.Second)
		s.Heard(Primary, false, now)
		s.Heard(Backup, true, now)
	}
	s.Heard(Primary, true, now)
	if s.Carrier() != ByBackup {
		t.Fatalf("carried by %v", s.Carrier())
	}
	if got := s.Heard(Backup, false, now.Add(time.Second)); !slices.Contains(got, MoveToPrimary) || s.Carrier() != ByPrimary {
		t.Errorf("%v, carried by %v", got, s.Carrier())
	}
}
