package window

import "time"

// slots is how many parts a second is cut into: permits are spent evenly, so that
// no second of any phase sees more than the limit (decisions.md, 012).
const slots = 20

// Pace spends a limit of PDUs a second evenly, in slots of 50 ms. The zero value
// is no limit. It is this process's own share; the account-wide count is Redis's.
type Pace struct {
	limit  int       // PDUs a second; 0: none
	slot   time.Time // start of the current slot
	left   int       // permits left in it
	carry  int       // twentieths of a permit that rounding has kept back
	primed bool
}

// NewPace limits to perSecond PDUs; 0 or less is no limit.
func NewPace(perSecond int) Pace { return Pace{limit: max(perSecond, 0)} }

// Limit changes the limit from the next slot on.
func (p *Pace) Limit(perSecond int) { p.limit = max(perSecond, 0) }

// Take returns how many of n PDUs may leave now, and, when fewer, how long until
// the next slot. Unspent permits of a past slot are not kept: a pause does not
// buy a burst.
func (p *Pace) Take(n int, now time.Time) (int, time.Duration) {
	if p.limit == 0 {
		return n, 0
	}
	const slot = time.Second / slots
	if !p.primed || !now.Before(p.slot.Add(slot)) {
		if p.primed && now.Sub(p.slot) >= time.Second {
			p.carry = 0
		}
		p.slot, p.primed = now.Truncate(slot), true
		p.left = (p.limit + p.carry) / slots
		p.carry = (p.limit + p.carry) % slots
	}
	granted := min(n, p.left)
	p.left -= granted
	if granted == n {
		return granted, 0
	}
	return granted, p.slot.Add(slot).Sub(now)
}

// Return gives back permits of the present slot that were not used.
func (p *Pace) Return(n int) {
	if p.limit > 0 {
		p.left += n
	}
}
