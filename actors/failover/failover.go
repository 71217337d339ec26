// Package failover decides which of an operator's two accounts carries its
// traffic (US-SC-013). It is a table over what is known of the primary and the
// backup, and takes time as a value; it starts nothing itself.
//
// A flapping primary is damped twice. The backup stays bound for a while after
// the primary has come back, so that a primary that is lost again costs no bind.
// And each time that the primary is lost soon after a failback, it must have been
// bound for longer before the traffic returns: 0, 5, 10, 20, 40 … s.
//
// A primary that binds and answers no submit is not back. It is tried with one submit
// at a time, after 5, 10, 20, 40, 60, 60 … min, and has the traffic back with the first
// answer: what it is tried with may reach the subscriber from both MNOs.
package failover

import "time"

// Role is the part that an account plays for an operator.
type Role uint8

// The roles.
const (
	Primary Role = iota
	Backup
)

var roleNames = [...]string{"primary", "backup"}

func (r Role) String() string { return roleNames[r] }

// Carrier says who carries the traffic.
type Carrier uint8

// The carriers.
const (
	Nobody Carrier = iota // neither is BOUND; commands wait in JetStream
	ByPrimary
	ByBackup
)

var carrierNames = [...]string{"nobody", "primary", "backup"}

func (c Carrier) String() string { return carrierNames[c] }

// Line is how the binds of an account stand that submit, all of them together.
type Line uint8

// The lines.
const (
	Down Line = iota
	Mute      // BOUND, but no submit has been answered since a session ended for want of answers
	Up        // BOUND, and nothing says that submits are not answered
)

var lineNames = [...]string{"down", "mute", "up"}

func (l Line) String() string { return lineNames[l] }

// Step is what the operator must do next.
type Step uint8

// The steps.
const (
	StartBackup      Step = iota // bind the backup operator
	MoveToBackup                 // its binds pull the primary's subjects, the primary's pause
	MoveToPrimary                // and the other way round
	AnnounceFailback             // operator.health FAILBACK
	StopBackup                   // drain and unbind it
	TryPrimary                   // one of the primary's binds submits one message, to see whether it is answered
)

var stepNames = [...]string{"StartBackup", "MoveToBackup", "MoveToPrimary", "AnnounceFailback", "StopBackup", "TryPrimary"}

func (s Step) String() string { return stepNames[s] }

// Damping says how a flapping primary is damped. The zero value does not damp.
type Damping struct {
	Linger  time.Duration // how long the backup stays bound after a failback
	HoldMax time.Duration // longest time that the primary must have been bound before a failback
}

// A primary that is lost within flapWithin of its failback flaps; one that has
// stayed for calmAfter is forgiven.
const (
	flapWithin = time.Minute
	firstHold  = 5 * time.Second
	calmAfter  = 10 * time.Minute
)

// A primary that answers nothing is tried after firstTrial, then each time after twice as
// long, up to longestTrial.
const (
	firstTrial   = 5 * time.Minute
	longestTrial = time.Hour
)

// Switch is the state of one operator. The zero value has no backup and is not
// bound.
type Switch struct {
	HasBackup bool // the credentials name a backupOperatorId; after a change Tick is to be asked
	Damping   Damping

	carrier  Carrier
	moved    bool // the backup's binds pull, and the primary's pause
	started  bool // the backup was started and not stopped
	returned bool // the failback was announced
	lines    [2]Line
	flaps    int       // failbacks that did not last, in a row
	since    time.Time // the primary is Up since then
	failback time.Time // when the last one was
	stopAt   time.Time // when the backup is to be stopped; zero: not
	trials   int       // of a primary that is Mute, since it was well for calmAfter
	trialAt  time.Time // when the next is due; zero: it has been Up since it was Mute last, if ever
}

// Carrier returns who carries the traffic.
func (s *Switch) Carrier() Carrier { return s.carrier }

// Silent reports whether the primary is not known to answer submits: it was Mute, and has
// not been Up since.
func (s *Switch) Silent() bool { return !s.trialAt.IsZero() }

// NextTrial returns when a silent primary is tried next.
func (s *Switch) NextTrial() time.Time { return s.trialAt }

// Heard takes in how an account's line stands, and returns what follows, in order.
func (s *Switch) Heard(who Role, line Line, now time.Time) []Step {
	if who == Primary {
		if (line == Up) != (s.lines[who] == Up) {
			s.turned(line == Up, now)
		}
		s.hearSilence(line, now)
	}
	s.lines[who] = line
	return s.Tick(now)
}

// hearSilence begins and ends the time of a primary that answers nothing. One that falls
// silent again soon after its failback is not tried more often for that.
func (s *Switch) hearSilence(line Line, now time.Time) {
	switch {
	case line == Up:
		s.trialAt = time.Time{}
	case line == Mute && !s.Silent():
		if s.failback.IsZero() || now.Sub(s.failback) >= calmAfter {
			s.trials = 0
		}
		s.trialAt = now.Add(s.untilTrial())
	}
}

// untilTrial is how long a silent primary is left alone before it is tried again.
func (s *Switch) untilTrial() time.Duration {
	return min(firstTrial<<min(s.trials, 10), longestTrial)
}

// TryNow has a silent primary tried now: people say that it is well.
func (s *Switch) TryNow(now time.Time) []Step {
	if s.Silent() {
		s.trialAt = now
	}
	return s.Tick(now)
}

// turned remembers when the primary came, and whether it flaps.
func (s *Switch) turned(up bool, now time.Time) {
	switch {
	case up:
		s.since = now
	case !s.failback.IsZero() && now.Sub(s.failback) < flapWithin:
		s.flaps++
	case !s.failback.IsZero() && now.Sub(s.failback) >= calmAfter:
		s.flaps = 0
	}
}

// hold is how long the primary must have been bound before the traffic returns.
func (s *Switch) hold() time.Duration {
	if s.flaps == 0 || s.Damping.HoldMax <= 0 {
		return 0
	}
	return min(firstHold<<min(s.flaps-1, 10), s.Damping.HoldMax)
}

// held reports whether a primary that is BOUND is to wait: the backup carries better.
// Without the backup, rather a line that flaps, or is mute, than none.
func (s *Switch) held(now time.Time) bool {
	if !s.HasBackup || !s.started || s.lines[Backup] == Down {
		return false
	}
	return s.lines[Primary] == Mute || s.carrier == ByBackup && now.Sub(s.since) < s.hold()
}

// Tick returns what follows from the time that has passed.
func (s *Switch) Tick(now time.Time) (steps []Step) {
	switch {
	case s.lines[Primary] != Down && !s.held(now):
		steps = s.toPrimary(now)
	case s.HasBackup && s.lines[Backup] != Down && s.started:
		s.stopAt, s.returned = time.Time{}, false
		if s.carrier != ByBackup {
			steps = append(steps, MoveToBackup)
		}
		s.carrier, s.moved = ByBackup, true
		steps = append(steps, s.try(now)...)
	default:
		s.carrier, s.stopAt, s.returned = Nobody, time.Time{}, false
		steps = s.start()
	}
	if !s.HasBackup && s.started {
		return append(steps, s.letGo()...)
	}
	if !s.stopAt.IsZero() && !now.Before(s.stopAt) {
		s.stopAt, s.started = time.Time{}, false
		steps = append(steps, StopBackup)
	}
	return steps
}

// start has the backup bound, if there is one.
func (s *Switch) start() []Step {
	if !s.HasBackup || s.started {
		return nil
	}
	s.started = true
	return []Step{StartBackup}
}

// letGo has a backup stopped that is none any more: the credentials name another, or none.
func (s *Switch) letGo() (steps []Step) {
	if s.moved {
		steps = append(steps, MoveToPrimary)
	}
	s.moved, s.started, s.stopAt, s.lines[Backup] = false, false, time.Time{}, Down
	return append(steps, StopBackup)
}

// try has a silent primary tried when that is due, while the backup carries.
func (s *Switch) try(now time.Time) []Step {
	if s.lines[Primary] != Mute || now.Before(s.trialAt) {
		return nil
	}
	s.trials++
	s.trialAt = now.Add(s.untilTrial())
	return []Step{TryPrimary}
}

// toPrimary has the primary carry: because it is back, or for want of a backup.
func (s *Switch) toPrimary(now time.Time) (steps []Step) {
	if s.moved {
		steps = append(steps, MoveToPrimary)
		s.moved = false
	}
	s.carrier = ByPrimary
	switch {
	case s.lines[Primary] == Mute:
		s.stopAt, s.returned = time.Time{}, false
		steps = append(steps, s.start()...)
	case s.started && !s.returned:
		steps = append(steps, AnnounceFailback)
		s.failback, s.stopAt, s.returned = now, now.Add(s.Damping.Linger), true
	}
	return steps
}

// Next returns when Tick may have something to say; ok is false when only a
// change of an account can.
func (s *Switch) Next() (at time.Time, ok bool) {
	if s.carrier == ByBackup {
		switch s.lines[Primary] {
		case Up:
			at, ok = s.since.Add(s.hold()), true
		case Mute:
			at, ok = s.trialAt, true
		}
	}
	if !s.stopAt.IsZero() && (!ok || s.stopAt.Before(at)) {
		at, ok = s.stopAt, true
	}
	return at, ok
}
