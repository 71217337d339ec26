package ownership

import (
	"maps"
	"reflect"
	"slices"

	"github.com/ghasi/smpp-connector/actors/port"
)

// Failover over pods (US-SC-013). Whether a primary is UNBOUND is seen from all pods of
// its group together; and who carries its traffic is whoever serves the backup's binds:
// a pod whose operator that is, or, where no pod has it, one that stands in.

// Failover is what a process tells the others beside what it would serve.
type Failover struct {
	Accounts map[port.BindID]string      // the operatorId of each bind that it wants
	Spare    map[port.BindID]bool        // binds of a backup, which it would serve if no pod wants them
	Bound    map[port.BindID]bool        // of those that run here: BOUND
	Failed   map[port.BindID]bool        // of those: the line was lost, or could not be made, or is mute
	Mute     map[port.BindID]bool        // of those: BOUND, and no submit is answered
	Covers   map[port.Group][]port.Cover // what whoever serves these groups is to carry
}

// Stands takes in how the process stands in for others, and how its own lines are.
func (c *Claims) Stands(f Failover) {
	if !reflect.DeepEqual(c.failover.Covers, f.Covers) {
		c.changes++
	}
	c.failover = f
}

// would reports whether this process would serve a bind, be it as a stand-in.
func (c *Claims) would(bind port.BindID) bool { return c.wants[bind] || c.failover.Spare[bind] }

// pods are the pods of a group that live and take binds, this one first.
func (c *Claims) pods(group port.Group, self *self) (pods []port.Pod) {
	if !c.leaving {
		pods = append(pods, self.pod(group))
	}
	for _, p := range c.peers[group] {
		if !p.pod.Leaving {
			pods = append(pods, p.pod)
		}
	}
	return pods
}

// serves is which binds of its group a pod is to be asked to serve: those that it wants,
// and of the spare ones those that no pod wants.
func serves(p port.Pod, wanted map[int]bool) []int {
	numbers := p.Wants
	for _, n := range p.Spare {
		if !wanted[n] {
			numbers = append(slices.Clip(numbers), n)
		}
	}
	return numbers
}

// asideIn reports whether a pod is in its group only to have traffic carried, or to
// stand in where it is not needed.
func asideIn(p port.Pod) bool {
	return len(p.Wants) == 0 && len(p.Runs) == 0 && (len(p.Spare) > 0 || len(p.Covers) > 0)
}

func wantedBy(pods []port.Pod) map[int]bool {
	wanted := map[int]bool{}
	for _, p := range pods {
		for _, n := range p.Wants {
			wanted[n] = true
		}
	}
	return wanted
}

// Elsewhere is what the other pods say of their lines and of what is to be carried.
type Elsewhere struct {
	Bound  map[port.BindID]bool
	Failed map[port.BindID]bool
	Mute   map[port.BindID]bool
	Covers map[port.Group][]port.Cover // by operatorId, each once
}

// Elsewhere returns what the other pods say. It is a value of its own.
func (c *Claims) Elsewhere() Elsewhere {
	e := Elsewhere{Bound: map[port.BindID]bool{}, Failed: map[port.BindID]bool{}, Mute: map[port.BindID]bool{}, Covers: map[port.Group][]port.Cover{}}
	for group, peers := range c.peers {
		for _, id := range slices.Sorted(maps.Keys(peers)) {
			p := peers[id].pod
			for _, n := range p.Bound {
				e.Bound[group.Bind(n)] = true
			}
			for _, n := range p.Failed {
				e.Failed[group.Bind(n)] = true
			}
			for _, n := range p.Mute {
				e.Mute[group.Bind(n)] = true
			}
			if p.Leaving {
				continue // what it could not carry is in the queue, and it decides nothing any more
			}
			for _, cover := range p.Covers {
				e.Covers[group] = port.JoinCovers(e.Covers[group], cover)
			}
		}
	}
	return e
}
