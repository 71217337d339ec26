package port

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	contract "github.com/ghasi/smpp-connector/proto"
)

// Group is the binds of one MNO and direction (US-SC-016).
type Group struct {
	MNO       string
	Direction Direction
}

// Group returns the group that a bind is of.
func (b BindID) Group() Group { return Group{b.MNO, b.Direction} }

// Bind returns the bind of the group with a number.
func (g Group) Bind(number int) BindID { return BindID{g.MNO, g.Direction, number} }

// String is the group's name in keys: "awcc.trx".
func (g Group) String() string { return g.MNO + "." + string(g.Direction) }

// CompareBinds orders binds by MNO, direction and number.
func CompareBinds(a, b BindID) int {
	return cmp.Or(cmp.Compare(a.MNO, b.MNO), cmp.Compare(a.Direction, b.Direction), cmp.Compare(a.Number, b.Number))
}

// Lease says who owns a bind: the value of its key in smpp_bind_owners (US-SC-016).
// There is at most one; it vanishes when it was not renewed for contract.OwnerTTL.
type Lease struct {
	Bind     BindID
	Pod      string    // the owner's name, for people
	Instance string    // the owner: one process; a restart is another. Empty: the value is none of ours
	Epoch    uint64    // fencing token: the revision of the write that won the lease, for the whole term
	Since    time.Time // when it was won, by the owner's clock

	Revision uint64    // of the present value: what a renewal demands
	StoredAt time.Time // by the server's clock; zero when it does not say
}

// LeaseHeld is the error of a call that met another lease, or another revision of it.
type LeaseHeld struct{ Lease Lease }

func (e *LeaseHeld) Error() string {
	if e.Lease.Instance == "" {
		return fmt.Sprintf("bind %s: its lease is held by a value that is none of ours", e.Lease.Bind)
	}
	return fmt.Sprintf("bind %s is owned by %s with epoch %d", e.Lease.Bind, e.Lease.Pod, e.Lease.Epoch)
}

// LeaseGone is the error of a renewal or a release of a lease that is not there.
type LeaseGone struct{ Bind BindID }

func (e *LeaseGone) Error() string {
	return fmt.Sprintf("the lease of bind %s is not there any more", e.Bind)
}

// Vanished says why a lease is not there any more: how soon another may have it.
type Vanished uint8

// The ways in which a lease vanishes.
const (
	Deleted  Vanished = iota // by hand, or with its bucket: its owner may not know yet
	Released                 // by its owner, or by who has seen it expire
	Expired                  // by the server, after contract.OwnerTTL without a renewal
)

var vanishedNames = [...]string{"deleted", "released", "expired"}

func (v Vanished) String() string { return vanishedNames[v] }

// Leases are the leases of all binds, each written by compare-and-swap alone. Any
// other error than *LeaseHeld and *LeaseGone leaves open whether the call took effect.
type Leases interface {
	// Acquire wins a lease that nobody has, and returns its revision, which is also
	// its epoch; *LeaseHeld when somebody has it.
	Acquire(ctx context.Context, l Lease) (revision uint64, err error)

	// Renew writes leases again, each over its own Revision, and returns what became of
	// each, in their order. None depends on another: *LeaseHeld when it has another
	// revision, *LeaseGone when it is not there.
	Renew(ctx context.Context, leases []Lease) []Renewal

	// Release takes the lease out at l.Revision, so that others can have it at once.
	// The errors are Renew's.
	Release(ctx context.Context, l Lease) error

	// Watch tells of every lease of the groups that is there and of every change,
	// until ctx ends. It comes back by itself from everything else.
	Watch(ctx context.Context, groups []Group, w LeaseWatcher) error
}

// Renewal is what became of the renewal of one lease.
type Renewal struct {
	Revision uint64 // the next, when there is no error
	Err      error
}

// LeaseWatcher hears of leases, in the order of their changes.
type LeaseWatcher struct {
	Seen func(Lease)
	Gone func(bind BindID, how Vanished, revision uint64) // revision 0: it vanished while nobody watched
	// Synced tells that all that is there has been told (true), or that nothing is
	// told for the time being (false). After true, what is not told is not there.
	Synced func(bool)
}

// Pod is one live process of a group, as it presents itself to the others (US-SC-020).
type Pod struct {
	Group    Group
	Name     string           // POD_NAME or the host's name
	Instance string           // the process: a restart is another
	Ordinal  int              // POD_ORDINAL; -1: none (US-SC-017)
	Max      int              // MAX_BINDS, over all its groups; 0: no limit
	Wants    []int            // numbers of the binds that it would serve
	Accounts map[string][]int // of Wants: whose binds they are, by operatorId; none: its version does not say
	Spare    []int            // numbers of those that it would serve if no pod wants them: of its operators' backup (US-SC-013)
	Runs     []int            // numbers of those that it has a session for, or dials
	Bound    []int            // of Runs: that are BOUND
	Failed   []int            // of Runs: whose line was lost, or could not be made, or is mute
	Mute     []int            // of Runs: that are BOUND, and whose submits are not answered
	Lanes    []contract.Lane  // that it serves (US-SC-018); none: its version does not say
	Covers   []Cover          // what whoever serves binds of this group is to carry as well
	Leaving  bool             // it is stopping: it takes no bind, and gives its binds up
	Version  string           // of the program
	Started  time.Time        // by its own clock
}

// Cover is a primary operator whose commands the binds of its backup's account carry,
// because none of its own is BOUND (US-SC-013, decisions.md 013).
type Cover struct {
	Operator string   // the primary's operatorId
	Backup   string   // the operatorId of the account that carries
	Binds    []BindID // the primary's binds that submit, whose subjects they are
}

// JoinCovers adds a cover to others. Pods of one operator may have different binds: one of
// the same operator and backup has the binds of both, in order, each once.
func JoinCovers(covers []Cover, more Cover) []Cover {
	i := slices.IndexFunc(covers, func(c Cover) bool { return c.Operator == more.Operator && c.Backup == more.Backup })
	if i < 0 {
		return append(covers, more)
	}
	binds := append(slices.Clone(covers[i].Binds), more.Binds...)
	slices.SortFunc(binds, CompareBinds)
	covers[i].Binds = slices.Compact(binds)
	return covers
}

// Presence is which processes live: each says so again and again, and is gone when
// it does not for PresenceTTL.
type Presence interface {
	// Announce says that the pod lives.
	Announce(ctx context.Context, p Pod) error
	// Depart takes the pod's presence in its group back.
	Depart(ctx context.Context, p Pod) error
	// Watch tells of every pod of the groups and of each announcement, until ctx
	// ends. It comes back by itself from everything else.
	Watch(ctx context.Context, groups []Group, w PodWatcher) error
}

// PresenceTTL is how long an announcement holds. It is shorter than a lease's, so
// that whoever takes a lost pod's binds over does not count on that pod any more.
const PresenceTTL = 15 * time.Second

// PodWatcher hears of pods.
type PodWatcher struct {
	Seen   func(Pod)
	Gone   func(group Group, instance string)
	Synced func(bool) // as LeaseWatcher's
}

// Roster is who should be there: what an orchestrator says of the pods that serve these
// binds, to hold presence and leases against (US-SC-020).
type Roster interface {
	// Running returns the names of the pods that have not ended.
	Running(ctx context.Context) ([]string, error)
}
