package ownership

import (
	"slices"

	"github.com/ghasi/smpp-connector/actors/port"
)

// self is what this process says of itself, by group. It is made in one pass over the
// binds, however many groups they are of: of a hundred MNOs it would be a hundred passes.
type self struct {
	claims                                  *Claims
	wants, spare, runs, bound, failed, mute map[port.Group][]int
	accounts                                map[port.Group]map[string][]int
}

func (c *Claims) self() *self {
	f := c.failover
	return &self{claims: c, wants: byGroup(c.wants), spare: byGroup(f.Spare), runs: byGroup(c.running),
		bound: byGroup(f.Bound), failed: byGroup(f.Failed), mute: byGroup(f.Mute), accounts: accountsByGroup(f.Accounts)}
}

// pod is the process in one group. Whoever gets it does not change it.
func (s *self) pod(group port.Group) port.Pod {
	p := s.claims.me
	p.Group, p.Leaving, p.Covers = group, s.claims.leaving, s.claims.failover.Covers[group]
	p.Wants, p.Accounts, p.Spare, p.Runs = s.wants[group], s.accounts[group], s.spare[group], s.runs[group]
	p.Bound, p.Failed, p.Mute = s.bound[group], s.failed[group], s.mute[group]
	return p
}

// byGroup are the numbers of binds by their group, in order.
func byGroup(binds map[port.BindID]bool) map[port.Group][]int {
	numbers := map[port.Group][]int{}
	for bind, is := range binds {
		if is {
			numbers[bind.Group()] = append(numbers[bind.Group()], bind.Number)
		}
	}
	for _, list := range numbers {
		slices.Sort(list)
	}
	return numbers
}

// accountsByGroup are the same by their operator in each group.
func accountsByGroup(operators map[port.BindID]string) map[port.Group]map[string][]int {
	accounts := map[port.Group]map[string][]int{}
	for bind, operator := range operators {
		group := bind.Group()
		if accounts[group] == nil {
			accounts[group] = map[string][]int{}
		}
		accounts[group][operator] = append(accounts[group][operator], bind.Number)
	}
	for _, of := range accounts {
		for _, list := range of {
			slices.Sort(list)
		}
	}
	return accounts
}
