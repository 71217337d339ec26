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
		line    Line
		steps   []Step
		carrier Carrier
	}{
		{Primary, Up, nil, ByPrimary},
		{Primary, Down, []Step{StartBackup}, Nobody},
		{Primary, Down, nil, Nobody}, // a redial that failed starts nothing twice
		{Backup, Up, []Step{MoveToBackup}, ByBackup},
		{Backup, Down, nil, Nobody},
		{Backup, Up, []Step{MoveToBackup}, ByBackup},
		{Primary, Up, []Step{MoveToPrimary, AnnounceFailback, StopBackup}, ByPrimary},
		{Backup, Down, nil, ByPrimary}, // the drained backup goes
		{Primary, Down, []Step{StartBackup}, Nobody},
		{Primary, Up, []Step{AnnounceFailback, StopBackup}, ByPrimary}, // back before the backup was bound
		{Backup, Down, nil, ByPrimary},
		{Primary, Down, []Step{StartBackup}, Nobody},
		{Backup, Up, []Step{MoveToBackup}, ByBackup},
		{Backup, Down, nil, Nobody},
		{Primary, Up, []Step{MoveToPrimary, AnnounceFailback, StopBackup}, ByPrimary}, // both were lost: its binds pull again
	} {
		if got := s.Heard(c.who, c.line, t0); !slices.Equal(got, c.steps) || s.Carrier() != c.carrier {
			t.Errorf("step %d: %v by %v, want %v by %v", i, got, s.Carrier(), c.steps, c.carrier)
		}
	}
}

func TestUSSC013WithoutABackupNothingIsStarted(t *testing.T) {
	var s Switch
	for _, line := range []Line{Up, Down, Mute, Down, Up, Down} {
		if got := s.Heard(Primary, line, t0); got != nil {
			t.Errorf("%v", got)
		}
	}
}

// The backup stays bound for a while after a failback: a primary that is lost
// again in that time costs no bind.
func TestUSSC013TheBackupLingers(t *testing.T) {
	s := Switch{HasBackup: true, Damping: Damping{Linger: 30 * time.Second}}
	s.Heard(Primary, Up, t0)
	s.Heard(Primary, Down, t0)
	s.Heard(Backup, Up, t0)
	back := t0.Add(time.Minute)
	if got := s.Heard(Primary, Up, back); !slices.Equal(got, []Step{MoveToPrimary, AnnounceFailback}) {
		t.Errorf("%v", got)
	}
	if at, ok := s.Next(); !ok || !at.Equal(back.Add(30*time.Second)) {
		t.Errorf("next at %v, %v", at, ok)
	}
	if got := s.Tick(back.Add(29 * time.Second)); got != nil {
		t.Errorf("%v", got)
	}
	if got := s.Heard(Primary, Down, back.Add(29*time.Second)); !slices.Equal(got, []Step{MoveToBackup}) || s.Carrier() != ByBackup {
		t.Errorf("%v", got)
	}
	again := back.Add(2 * time.Minute)
	s.Heard(Primary, Up, again)
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
	s.Heard(Primary, Up, now)
	s.Heard(Primary, Down, now)
	s.Heard(Backup, Up, now)
	for i, want := range []time.Duration{0, 5 * time.Second, 10 * time.Second, 20 * time.Second, 20 * time.Second} {
		now = now.Add(5 * time.Second)
		began := now
		steps := s.Heard(Primary, Up, now)
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
		s.Heard(Primary, Down, now)
	}
	now = now.Add(5 * time.Second)
	s.Heard(Primary, Up, now)
	s.Tick(now.Add(20 * time.Second))
	now = now.Add(time.Hour)
	s.Heard(Primary, Down, now)
	s.Heard(Backup, Up, now)
	if s.Heard(Primary, Up, now.Add(time.Second)); s.Carrier() != ByPrimary {
		t.Errorf("held after a calm hour, by %v", s.Carrier())
	}
}

// Rather a flapping line than none: without the backup the primary carries at once.
func TestUSSC013AHeldPrimaryCarriesWhenTheBackupGoes(t *testing.T) {
	s := Switch{HasBackup: true, Damping: Damping{Linger: time.Hour, HoldMax: time.Minute}}
	now := t0
	for range 3 {
		s.Heard(Primary, Up, now)
		s.Tick(now.Add(40 * time.Second))
		now = now.Add(50 * time.Second)
		s.Heard(Primary, Down, now)
		s.Heard(Backup, Up, now)
	}
	s.Heard(Primary, Up, now)
	if s.Carrier() != ByBackup {
		t.Fatalf("carried by %v", s.Carrier())
	}
	if got := s.Heard(Backup, Down, now.Add(time.Second)); !slices.Contains(got, MoveToPrimary) || s.Carrier() != ByPrimary {
		t.Errorf("%v, carried by %v", got, s.Carrier())
	}
}

// run lets time pass until it is end, and returns when the switch did something.
func (s *Switch) run(from, end time.Time) (steps []Step, at []time.Duration) {
	for {
		next, ok := s.Next()
		if !ok || next.After(end) {
			return steps, at
		}
		for _, step := range s.Tick(next) {
			steps, at = append(steps, step), append(at, next.Sub(from))
		}
	}
}

// Issue 4: a primary that binds and answers no submit stays out, is tried after 5, 10, 20,
// 40, 60, 60 min, and has the traffic back at once when it answers.
func TestUSSC013AMutePrimaryIsTriedMoreAndMoreSeldom(t *testing.T) {
	s := Switch{HasBackup: true, Damping: Damping{Linger: time.Minute, HoldMax: time.Minute}}
	s.Heard(Primary, Up, t0)
	s.Heard(Primary, Down, t0)
	s.Heard(Backup, Up, t0)
	if got := s.Heard(Primary, Mute, t0); got != nil || s.Carrier() != ByBackup || !s.Silent() {
		t.Fatalf("%v, by %v, silent %v", got, s.Carrier(), s.Silent())
	}
	steps, at := s.run(t0, t0.Add(5*time.Hour))
	minutes := []int{5, 15, 35, 75, 135, 195, 255}
	for i := range at {
		if steps[i] != TryPrimary || i >= len(minutes) || at[i] != time.Duration(minutes[i])*time.Minute {
			t.Errorf("%v after %v", steps[i], at[i])
		}
	}
	if len(at) != len(minutes) {
		t.Errorf("tried %d times, want %d", len(at), len(minutes))
	}
	now := t0.Add(5 * time.Hour)
	s.Heard(Primary, Down, now) // the trial was not answered: its session ends
	if got := s.Heard(Primary, Mute, now); got != nil {
		t.Errorf("%v", got)
	}
	if got := s.Heard(Primary, Up, now.Add(time.Second)); !slices.Equal(got, []Step{MoveToPrimary, AnnounceFailback}) || s.Silent() {
		t.Errorf("after an answer: %v", got)
	}
}

// While its line is down when a trial is due, it is tried as soon as it is BOUND.
func TestUSSC013AnOverdueTrialWaitsForTheLine(t *testing.T) {
	s := Switch{HasBackup: true}
	s.Heard(Primary, Down, t0)
	s.Heard(Backup, Up, t0)
	s.Heard(Primary, Mute, t0)
	s.Heard(Primary, Down, t0.Add(time.Minute))
	if _, ok := s.Next(); ok {
		t.Error("a line that is down is to be tried")
	}
	if got := s.Heard(Primary, Mute, t0.Add(6*time.Minute)); !slices.Equal(got, []Step{TryPrimary}) {
		t.Errorf("%v", got)
	}
	if got := s.TryNow(t0.Add(7 * time.Minute)); !slices.Equal(got, []Step{TryPrimary}) {
		t.Errorf("people ask for a trial: %v", got)
	}
}

// One that answers once and falls silent again is not tried more often for that, until it
// has been well for ten minutes.
func TestUSSC013AnAnswerNowAndThenShortensNoWait(t *testing.T) {
	s := Switch{HasBackup: true}
	s.Heard(Primary, Down, t0)
	s.Heard(Backup, Up, t0)
	now := t0
	for _, c := range []struct{ well, want time.Duration }{
		{0, 5 * time.Minute}, {time.Minute, 10 * time.Minute}, {time.Minute, 20 * time.Minute}, {11 * time.Minute, 5 * time.Minute},
	} {
		now = now.Add(c.well)
		s.Heard(Primary, Down, now)
		s.Heard(Backup, Up, now)
		s.Heard(Primary, Mute, now)
		at := s.NextTrial()
		if at.Sub(now) != c.want {
			t.Errorf("after %v of health it is tried after %v, want %v", c.well, at.Sub(now), c.want)
		}
		now = at
		s.Tick(now)
		s.Heard(Primary, Up, now)
	}
}

// Rather a mute line than none: without the backup the primary carries, and that is no
// failback; the backup takes over when it comes, and an answer is a failback all the same.
func TestUSSC013AMutePrimaryCarriesForWantOfABackup(t *testing.T) {
	s := Switch{HasBackup: true, Damping: Damping{Linger: time.Minute}}
	for i, c := range []struct {
		who     Role
		line    Line
		steps   []Step
		carrier Carrier
	}{
		{Primary, Mute, []Step{StartBackup}, ByPrimary},
		{Primary, Down, nil, Nobody},
		{Primary, Mute, nil, ByPrimary},
		{Backup, Up, []Step{MoveToBackup}, ByBackup},
		{Backup, Down, []Step{MoveToPrimary}, ByPrimary},
		{Backup, Mute, []Step{MoveToBackup}, ByBackup}, // nobody knows of a better one
		{Backup, Down, []Step{MoveToPrimary}, ByPrimary},
		{Primary, Up, []Step{AnnounceFailback}, ByPrimary},
		{Primary, Up, nil, ByPrimary},
	} {
		if got := s.Heard(c.who, c.line, t0); !slices.Equal(got, c.steps) || s.Carrier() != c.carrier {
			t.Errorf("step %d: %v by %v, want %v by %v", i, got, s.Carrier(), c.steps, c.carrier)
		}
	}
}
