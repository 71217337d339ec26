package limiter

import "time"

// Recent counts what was done in the last second, to a twentieth of it. The zero
// value has counted nothing.
type Recent struct {
	slots [20]int
	last  int64 // number of the slot that was counted in last
}

// slotOf numbers the slots since 1970.
func slotOf(now time.Time) int64 { return now.UnixNano() / int64(Ahead) }

// Add counts n more.
func (r *Recent) Add(n int, now time.Time) {
	r.forget(now)
	r.slots[r.last%int64(len(r.slots))] += n
}

// Count returns how many the last second has seen.
func (r *Recent) Count(now time.Time) (n int) {
	r.forget(now)
	for _, s := range r.slots {
		n += s
	}
	return n
}

// forget empties the slots that have passed since the last look.
func (r *Recent) forget(now time.Time) {
	at := slotOf(now)
	if passed := at - r.last; passed >= int64(len(r.slots)) || passed < 0 {
		r.slots = [len(r.slots)]int{}
	} else {
		for i := r.last + 1; i <= at; i++ {
			r.slots[i%int64(len(r.slots))] = 0
		}
	}
	r.last = at
}
