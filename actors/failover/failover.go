// Package failover decides which of an operator's two accounts carries its
// traffic (US-SC-013). It is a table over what is known of the primary and the
// backup; it starts nothing itself.
package failover

// Role is the part that an account plays for an operator.
type Role uint8

// The roles.
const (
	Primary Role = iota
	Backup
)

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
	MoveToBackup                 // its subjects are pulled over the backup's bind
	MoveToPrimary                // and over the primary's again
	AnnounceFailback             // operator.health FAILBACK
	StopBackup                   // drain and unbind it
)

var stepNames = [...]string{"StartBackup", "MoveToBackup", "MoveToPrimary", "AnnounceFailback", "StopBackup"}

func (s Step) String() string { return stepNames[s] }

// Switch is the state of one operator. The zero value has no backup and is not
// bound.
type Switch struct {
	HasBackup bool // the credentials name a backupOperatorId

	carrier Carrier
	started bool // the backup was started
	bound   [2]bool
}

// Carrier returns who carries the traffic.
func (s *Switch) Carrier() Carrier { return s.carrier }

// Heard takes in that an account became BOUND, or UNBOUND, and returns what
// follows, in order.
func (s *Switch) Heard(who Role, bound bool) []Step {
	s.bound[who] = bound
	var steps []Step
	switch {
	case s.bound[Primary]:
		if s.carrier == ByBackup {
			steps = append(steps, MoveToPrimary)
		}
		if s.started {
			steps = append(steps, AnnounceFailback, StopBackup)
			s.started = false
		}
		s.carrier = ByPrimary
	case s.HasBackup && s.bound[Backup] && s.started:
		if s.carrier != ByBackup {
			steps = append(steps, MoveToBackup)
		}
		s.carrier = ByBackup
	default:
		s.carrier = Nobody
		if s.HasBackup && !s.started && who == Primary {
			steps = append(steps, StartBackup)
			s.started = true
		}
	}
	return steps
}
