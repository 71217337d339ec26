package failover

import (
	"slices"
	"testing"
)

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
	} {
		if got := s.Heard(c.who, c.bound); !slices.Equal(got, c.steps) || s.Carrier() != c.carrier {
			t.Errorf("step %d: %v by %v, want %v by %v", i, got, s.Carrier(), c.steps, c.carrier)
		}
	}
}

func TestUSSC013WithoutABackupNothingIsStarted(t *testing.T) {
	var s Switch
	for _, bound := range []bool{true, false, true, false} {
		if got := s.Heard(Primary, bound); got != nil {
			t.Errorf("%v", got)
		}
	}
}
