// Package failover decides which of an operator's two accounts carries its
// traffic (US-SC-013). It is a table over what is known of the primary and the
// backup, and takes time as a value; it starts nothing itself.
//
// A flapping primary is damped twice. The backup stays bound for a while after
// the primary has come back, so that a primary that is lost again costs no bind.
// And each time that the primary is lost soon after a failback, it must have been
// bound for longer before the traffic returns: 0, 5, 10, 20, 40 … s.
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

// Step is what the operator must do next.
type Step uint8

// The steps.
const (
	StartBackup      Step = iota // bind the backup operator
	MoveToBackup                 // its binds pull the primary's subjects, the primary's pause
	MoveToPrimary                // and the other way round
	AnnounceFailback             // operator.health FAILBACK
	StopBackup                   // drain and unbind it
)

var stepNames = [...]string{"StartBackup", "MoveToBackup", "MoveToPrimary", "AnnounceFailback", "StopBackup"}

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

// Switch is the state of one operator. The zero value has no backup and is not
// bound.
type Switch struct {
	HasBackup bool // the credentials name a backupOperatorId
	Damping   Damping

	carrier  Carrier
	moved    bool // the backup's binds pull, and the primary's pause
	started  bool // the backup was started and not stopped
	bound    [2]bool
	flaps    int       // failbacks that did not last, in a row
	since    time.Time // the primary is BOUND since then
	failback time.Time // when the last one was
	stopAt   time.Time // when the backup is to be stopped; zero: not
}

// Carrier returns who carries the traffic.
func (s *Switch) Carrier() Carrier { return s.carrier }

// Heard takes in that an account became BOUND, or UNBOUND, and returns what
// follows, in order.
func (s *Switch) Heard(who Role, bound bool, now time.Time) []Step {
	if was := s.bound[who]; who == Primary && bound != was {
		s.turned(bound, now)
	}
	s.bound[who] = bound
	return s.Tick(now)
}

// turned remembers when the primary came, and whether it flaps.
func (s *Switch) turned(bound bool, now time.Time) {
	switch {
	case bound:
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

// Tick returns what follows from the time that has passed.
func (s *Switch) Tick(now time.Time) (steps []Step) {
	held := s.carrier == ByBackup && s.bound[Backup] && now.Sub(s.since) < s.hold()
	switch {
	case s.bound[Primary] && !held:
		steps = s.toPrimary(now)
	case s.HasBackup && s.bound[Backup] && s.started:
		s.stopAt = time.Time{}
		if s.carrier != ByBackup {
			steps = append(steps, MoveToBackup)
		}
		s.carrier, s.moved = ByBackup, true
	case s.bound[Primary]: // held, and the backup is gone: rather a flapping line than none
		steps = s.toPrimary(now)
	default:
		s.carrier, s.stopAt = Nobody, time.Time{}
		if s.HasBackup && !s.started {
			steps = append(steps, StartBackup)
			s.started = true
		}
	}
	if !s.stopAt.IsZero() && !now.Before(s.stopAt) {
		s.stopAt, s.started = time.Time{}, false
		steps = append(steps, StopBackup)
	}
	return steps
}

func (s *Switch) toPrimary(now time.Time) (steps []Step) {
	if s.carrier == ByPrimary {
		return nil
	}
	if s.moved {
		steps = append(steps, MoveToPrimary)
		s.moved = false
	}
	if s.started {
		steps = append(steps, AnnounceFailback)
		s.failback, s.stopAt = now, now.Add(s.Damping.Linger)
	}
	s.carrier = ByPrimary
	return steps
}

// Next returns when Tick may have something to say; ok is false when only a
// change of an account can.
func (s *Switch) Next() (at time.Time, ok bool) {
	if s.bound[Primary] && s.carrier == ByBackup {
		at, ok = s.since.Add(s.hold()), true
	}
	if !s.stopAt.IsZero() && (!ok || s.stopAt.Before(at)) {
		at, ok = s.stopAt, true
	}
	return at, ok
}
