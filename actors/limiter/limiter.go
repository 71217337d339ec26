// Package limiter spends the TPS limit of one account inside one process
// (US-SC-012). What it gives out are permits, one a PDU, each good for a moment:
// they are an even distance apart, also after a pause, so that no second of any
// phase sees more PDUs than the limit.
//
// Where pods share the account, the permits come from a store that counts for all
// of them (port.Permits), in blocks that are reserved a little ahead. A store that
// does not answer is not waited for: the pod goes on with its share of the limit, by
// its own clock, and nobody is refused. When the store is back, the pod keeps to its
// share for a while longer, because others may not have noticed yet.
//
// It decides and asks for nothing itself: Next says what is to be asked of the store,
// and when to look again.
package limiter

import (
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
)

// Ahead is how far ahead permits are reserved: the slot of decisions.md, 012. A store
// that is slow for less than that is not noticed.
const Ahead = 50 * time.Millisecond

const (
	askAgain   = time.Millisecond / 2   // least time between two requests, both granted whole
	probeEvery = 250 * time.Millisecond // how often a store that does not answer is asked again
	settling   = 2 * time.Second        // how long the share binds at most after the store is back
	lost       = time.Second            // a request without an answer was lost with whoever made it
)

// Permit is the right to write one PDU before it lapses. Own: the store did not
// answer, it is of the pod's own share.
type Permit struct {
	Lapses time.Time
	Own    bool
}

// Limiter is not for concurrent use.
type Limiter struct {
	limit  int            // PDUs a second of the account; 0: none
	pods   int            // that share the account, 1 or more
	shared bool           // a store counts for all of them
	chance func() float64 // a number from 0 to 1 by lot, so that no pod is always the first to ask

	stock []reserved // not used, by when they fall due
	last  time.Time  // when the last one that the store gave falls due
	clock clock

	asked  time.Time     // when the request under way was made; zero: there is none
	mayAsk time.Time     // not before
	took   time.Duration // the latest answer

	away    bool      // the store did not answer
	since   time.Time // when that began
	failed  int       // requests in a row that it did not answer
	debt    int       // permits of our own that the store is still to count
	own     schedule  // of permits while it is away, or where there is none
	until   time.Time // the share binds until then, though the store is back
	credit  float64   // of the share, in permits, while it binds
	tallied time.Time // when credit was counted last
}

type reserved struct {
	due, lapses time.Time
	own         bool
}

// New returns a limiter for so many PDUs a second, 0 for no limit. shared says that
// a store counts for all pods; chance draws a number from 0 to 1.
func New(limit int, shared bool, chance func() float64) *Limiter {
	l := &Limiter{pods: 1, shared: shared, chance: chance}
	l.Limit(limit)
	return l
}

// Limit changes the limit.
func (l *Limiter) Limit(perSecond int) {
	l.limit = max(perSecond, 0)
	l.own.distance = l.share()
	if l.limit == 0 {
		l.stock = nil
	}
}

// Pods says how many pods share the account.
func (l *Limiter) Pods(n int) {
	l.pods = max(n, 1)
	l.own.distance = l.share()
}

// Limited reports whether there is a limit.
func (l *Limiter) Limited() bool { return l.limit > 0 }

// PerSecond is the limit, 0 for none.
func (l *Limiter) PerSecond() int { return l.limit }

// share is the distance of this pod's own permits. What the pods cannot divide
// evenly is left, so that together they keep the limit; where there are more pods
// than the limit has permits, each has one in so many seconds.
func (l *Limiter) share() time.Duration {
	switch {
	case l.limit == 0:
		return 0
	case l.limit < l.pods:
		return port.PermitSpan * time.Duration(l.pods) / time.Duration(l.limit)
	}
	return port.PermitDistance(l.limit / l.pods)
}

// Take returns up to n permits that are good now.
func (l *Limiter) Take(n int, now time.Time) []Permit {
	l.stock = l.stock[l.lapsed(now):]
	var taken []Permit
	for len(taken) < n && len(l.stock) > 0 && !l.stock[0].due.After(now) {
		taken = append(taken, Permit{l.stock[0].lapses, l.stock[0].own})
		l.stock = l.stock[1:]
	}
	for len(taken) < n && l.alone() {
		due, ok := l.own.take(now)
		if !ok {
			break
		}
		taken = append(taken, Permit{due.Add(port.PermitLife), l.away})
		l.debt++
	}
	return taken
}

// alone reports whether the pod's own schedule gives the permits.
func (l *Limiter) alone() bool { return l.limit > 0 && (!l.shared || l.away) }

// lapsed is how many of the stock, from the front, are of no more use.
func (l *Limiter) lapsed(now time.Time) (n int) {
	for n < len(l.stock) && !l.stock[n].lapses.After(now) {
		n++
	}
	return n
}

// GiveBack takes in permits that were not used.
func (l *Limiter) GiveBack(unused []Permit) {
	if l.limit == 0 || len(unused) == 0 {
		return
	}
	back := make([]reserved, 0, len(unused)+len(l.stock))
	for _, p := range unused { // due in the past
		back = append(back, reserved{lapses: p.Lapses, own: p.Own})
	}
	l.stock = append(back, l.stock...)
}

// Next says what is to be done for want permits more than Take has given: ask the
// store for so many (0: nothing to ask), and look again after wait (0: only an
// answer, or a want, brings anything new). A request that it tells must be made, and
// its outcome told by Answered or Failed.
func (l *Limiter) Next(want int, now time.Time) (ask int, wait time.Duration) {
	if l.limit == 0 || want < 1 {
		return 0, 0
	}
	look := func(at time.Time) {
		if d := max(at.Sub(now), time.Microsecond); wait == 0 || d < wait {
			wait = d
		}
	}
	if len(l.stock) > 0 {
		look(l.stock[0].due)
	}
	if l.shared && !l.asked.IsZero() && now.Sub(l.asked) >= lost {
		l.Failed(now)
	}
	if l.alone() {
		look(l.own.next)
	}
	missing := want - len(l.stock)
	switch {
	case !l.shared || missing < 1:
		return 0, wait
	case !l.asked.IsZero():
		look(l.asked.Add(lost))
		return 0, wait
	case now.Before(l.mayAsk):
		look(l.mayAsk)
		return 0, wait
	case len(l.stock) > 0 && l.last.Sub(now) > Ahead/4+l.took: // there is time to gather a larger want
		look(l.last.Add(-Ahead/4 - l.took))
		return 0, wait
	}
	ask = missing
	switch {
	case l.away:
		ask = 1 // to hear whether it is back
	case l.debt > 0:
		ask = l.debt
	case now.Before(l.until):
		l.tally(now)
		if ask = min(ask, int(l.credit)); ask == 0 {
			look(now.Add(time.Duration((1 - l.credit) * float64(l.restrained()))))
			return 0, wait
		}
		l.credit -= float64(ask)
	}
	l.asked = now
	return ask, wait
}

// restrained is the distance of permits while the share binds: a little more than the
// share's, because what the store gives comes in blocks.
func (l *Limiter) restrained() time.Duration { return l.share() * 10 / 9 }

// tally gathers what the share has brought since the last time.
func (l *Limiter) tally(now time.Time) {
	l.credit += float64(now.Sub(l.tallied)) / float64(l.restrained())
	l.credit = min(l.credit, 1+float64(Ahead)/float64(l.restrained()))
	l.tallied = now
}

// Answered takes in what the store has reserved, asked for at began; n is how many
// were asked for.
func (l *Limiter) Answered(b port.PermitBlock, n int, began, now time.Time) {
	l.asked, l.took = time.Time{}, now.Sub(began)
	l.clock.see(b.Now, began, now)
	l.failed = 0
	if l.limit == 0 {
		l.away = false
		return
	}
	if l.away || l.debt > 0 { // nothing of it is used
		if l.away {
			l.back(now)
		}
		l.debt = max(l.debt-b.N, 0)
		l.mayAsk = now.Add(max(b.Next, askAgain))
		return
	}
	if now.Before(l.until) {
		l.credit += float64(n - b.N)
	}
	distance := port.PermitDistance(l.limit)
	for i := range b.N {
		due, lapses := l.clock.local(b.First.Add(time.Duration(i) * distance))
		l.stock = append(l.stock, reserved{due: due, lapses: lapses})
		l.last = later(l.last, due)
	}
	l.mayAsk = now.Add(askAgain)
	if b.N < n {
		// There is no more for now. Others want some too: whoever asks next is drawn
		// by lot, and well before what was reserved is used up.
		l.mayAsk = now.Add(max(b.Next, Ahead/4) + time.Duration(l.chance()*float64(Ahead/2)))
	}
}

// back takes in that the store answers again.
func (l *Limiter) back(now time.Time) {
	l.away, l.credit, l.tallied = false, 0, now
	l.last = later(l.last, l.own.next)
	gone := now.Sub(l.since)
	if gone >= time.Second {
		l.debt = 0 // it was away for all: nobody had what we have used
	}
	if l.pods > 1 {
		l.until = now.Add(min(gone+2*probeEvery, settling)) // others may come back later than we
	}
}

// Failed takes in that the store did not answer: the share of the limit takes over,
// Ahead after the request, when what others have reserved is used up, and a distance
// after what we had. It may have been a moment in which this process alone was held
// up, so the store is asked again at once.
func (l *Limiter) Failed(now time.Time) {
	began := l.asked
	l.asked, l.mayAsk = time.Time{}, now.Add(probeEvery)
	if l.failed < len(probeSoon) {
		l.mayAsk = now.Add(probeSoon[l.failed])
	}
	l.failed++
	if l.away || l.limit == 0 {
		return
	}
	l.away, l.since, l.debt = true, now, 0
	l.own.next = later(later(later(l.last, l.own.next), began.Add(Ahead)), now).Add(l.own.distance)
}

// probeSoon is when a store is asked again that has just failed; then every probeEvery.
var probeSoon = []time.Duration{2 * time.Millisecond, 20 * time.Millisecond}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
