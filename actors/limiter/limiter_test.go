package limiter_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/limiter"
	"github.com/ghasi/smpp-connector/actors/port"
)

var t0 = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func never() float64 { return 0 }

// store is a port.Permits on a clock of its own.
type store struct {
	next  time.Time
	skew  time.Duration // how far its clock is ahead of the pods'
	calls int
}

func (s *store) reserve(limit, n int, at time.Time) port.PermitBlock {
	s.calls++
	now, distance := at.Add(s.skew), port.PermitDistance(limit)
	b := port.PermitBlock{First: s.next, Now: now}
	if b.First.Before(now) {
		b.First = now
	}
	if left := now.Add(limiter.Ahead).Sub(b.First); left >= 0 {
		b.N = min(n, int(left/distance)+1)
	}
	s.next = b.First.Add(time.Duration(b.N) * distance)
	b.Next = max(s.next.Sub(now)-limiter.Ahead, 0)
	return b
}

// pod is a process that always has more to send than it may.
type pod struct {
	*limiter.Limiter
	want          int
	answer        func(now time.Time) // of the request under way
	answerAt      time.Time
	wakeAt        time.Time
	sent, ownSent int
}

// world is some pods, their store, and what they wrote when.
type world struct {
	random *rand.Rand
	limit  int
	store  store
	away   func(now time.Time) bool
	hiccup func() bool // a call is given up, for this pod alone
	pods   []*pod
	stamps []time.Time
}

func newWorld(pods, limit int, seed uint64) *world {
	w := &world{random: rand.New(rand.NewPCG(seed, 1)), limit: limit, away: func(time.Time) bool { return false }}
	w.store.skew = time.Duration(w.random.Int64N(int64(time.Hour))) - 30*time.Minute
	for range pods {
		l := limiter.New(limit, true, w.random.Float64)
		l.Pods(pods)
		w.pods = append(w.pods, &pod{Limiter: l, want: 10 + limit/20 + w.random.IntN(100)})
	}
	return w
}

// run lets time pass in steps of a third of a millisecond. Every hop is late by lot:
// a timer, a call, and the way from a permit to the stamp of its PDU.
func (w *world) run(from time.Time, d time.Duration) {
	for now := from; now.Before(from.Add(d)); now = now.Add(333 * time.Microsecond) {
		for _, p := range w.pods {
			w.step(p, now)
		}
	}
}

func (w *world) late(most time.Duration) time.Duration {
	if w.random.IntN(10) > 0 {
		most /= 10
	}
	return time.Duration(w.random.Int64N(int64(most)))
}

func (w *world) step(p *pod, now time.Time) {
	if p.answer != nil && !now.Before(p.answerAt) {
		p.answer(now)
		p.answer, p.wakeAt = nil, now
	}
	if now.Before(p.wakeAt) {
		return
	}
	permits := p.Take(p.want, now)
	for i, permit := range permits {
		stamp := now.Add(w.late(10 * time.Millisecond))
		if stamp.After(permit.Lapses) {
			continue // lost: the session finds that it has lapsed
		}
		if i%17 == 16 {
			p.GiveBack([]limiter.Permit{permit})
			continue
		}
		w.stamps = append(w.stamps, stamp)
		p.sent++
		if permit.Own {
			p.ownSent++
		}
	}
	ask, wait := p.Next(p.want-len(permits), now)
	p.wakeAt = now // it has more by then
	if wait > 0 {
		p.wakeAt = now.Add(wait + w.late(5*time.Millisecond))
	}
	if ask == 0 {
		return
	}
	if w.away(now) || w.hiccup != nil && w.hiccup() {
		p.answer, p.answerAt = func(now time.Time) { p.Failed(now) }, now.Add(40*time.Millisecond)
		return
	}
	there := now.Add(w.late(3 * time.Millisecond))
	b := w.store.reserve(w.limit, ask, there)
	began := now
	p.answer, p.answerAt = func(now time.Time) { p.Answered(b, ask, began, now) }, there.Add(w.late(3*time.Millisecond))
}

// most is the largest number of stamps within a second of any phase.
func most(stamps []time.Time) (n int) {
	slices.SortFunc(stamps, time.Time.Compare)
	first := 0
	for i := range stamps {
		for stamps[i].Sub(stamps[first]) >= time.Second {
			first++
		}
		n = max(n, i-first+1)
	}
	return n
}

// US-SC-012: pods that share an account through a store keep the limit in every
// second of any phase, use 95 % of it, and share it evenly, with few calls.
func TestUSSC012PodsTogetherKeepTheLimitAndUseIt(t *testing.T) {
	for _, limit := range []int{1, 3, 10, 33, 300, 5000} {
		for _, pods := range []int{1, 3} {
			t.Run(fmt.Sprintf("%d a second, %d pods", limit, pods), func(t *testing.T) {
				w := newWorld(pods, limit, uint64(limit*pods))
				seconds := 20
				if limit == 1 {
					seconds = 60
				}
				w.run(t0, time.Duration(seconds)*time.Second)
				if n := most(w.stamps); n > limit {
					t.Errorf("%d within a second", n)
				}
				if n, least := len(w.stamps), seconds*limit*95/100-1; n < least {
					t.Errorf("%d sent in %d s; want %d or more", n, seconds, least)
				}
				for i, p := range w.pods {
					if share := seconds * limit / pods; limit >= 10 && p.sent < share/2 {
						t.Errorf("pod %d sent %d of about %d", i, p.sent, share)
					}
				}
				if calls := float64(w.store.calls) / float64(seconds*pods); calls > 110 {
					t.Errorf("%.0f calls a second and pod", calls)
				}
			})
		}
	}
}

// US-SC-012: a store that goes away and comes back: each pod has its share within
// 50 ms, and no second exceeds the limit meanwhile, nor after it.
func TestUSSC012AStoreThatGoesAwayNeverBreachesTheLimit(t *testing.T) {
	for seed := range uint64(100) {
		for _, limit := range []int{3, 10, 100, 150, 1000} {
			const pods = 3
			w := newWorld(pods, limit, seed)
			w.away = func(now time.Time) bool {
				return now.After(t0.Add(3*time.Second)) && now.Before(t0.Add(7*time.Second))
			}
			w.run(t0, 14*time.Second)
			if n := most(w.stamps); n > limit {
				t.Errorf("seed %d: %d within a second; the limit is %d", seed, n, limit)
			}
			from, _ := slices.BinarySearchFunc(w.stamps, t0.Add(3500*time.Millisecond), time.Time.Compare)
			to, _ := slices.BinarySearchFunc(w.stamps, t0.Add(7*time.Second), time.Time.Compare)
			if n, least := to-from, limit/pods*pods*3; n < least {
				t.Errorf("seed %d: %d sent in 3.5 s without the store; the limit is %d", seed, n, limit)
			}
			back, _ := slices.BinarySearchFunc(w.stamps, t0.Add(11*time.Second), time.Time.Compare)
			if n, least := len(w.stamps)-back, limit*3*9/10-1; n < least {
				t.Errorf("seed %d: %d sent in the last 3 s; the limit is %d", seed, n, limit)
			}
			for _, p := range w.pods {
				if p.ownSent == 0 {
					t.Errorf("seed %d: a pod sent nothing of its own share at a limit of %d", seed, limit)
				}
			}
		}
	}
}

// US-SC-012: a process that is held up for a moment takes its share by itself, and has
// the store count it as soon as it answers.
func TestUSSC012AMomentsSilenceBreachesNothing(t *testing.T) {
	for seed := range uint64(30) {
		for _, limit := range []int{10, 100, 300, 1000} {
			w := newWorld(3, limit, seed)
			w.hiccup = func() bool { return w.random.IntN(500) == 0 } // every fourth second
			w.run(t0, 10*time.Second)
			if n := most(w.stamps); n > limit {
				t.Errorf("seed %d: %d within a second; the limit is %d", seed, n, limit)
			}
			if n, least := len(w.stamps), limit*10*90/100; n < least {
				t.Errorf("seed %d: %d sent in 10 s; the limit is %d", seed, n, limit)
			}
		}
	}
}

// A store that answers slowly once gives no permit that is used early or late; one that
// is always far away is used all the same.
func TestUSSC012ASlowAnswerBreachesNothing(t *testing.T) {
	for _, c := range []struct {
		slow  func(i int) bool
		least int
	}{
		{func(i int) bool { return i%3 == 0 }, 700},
		{func(int) bool { return true }, 500},
	} {
		const limit = 100
		var s store
		l := limiter.New(limit, true, func() float64 { return 0.5 })
		used, i := 0, 0
		var answer func(now time.Time)
		var answerAt time.Time
		for now := t0; now.Before(t0.Add(10 * time.Second)); now = now.Add(time.Millisecond) {
			if answer != nil && !now.Before(answerAt) {
				answer(now)
				answer = nil
			}
			for _, p := range l.Take(limit, now) {
				if p.Lapses.Before(now) {
					t.Fatal("a permit has lapsed when it is taken")
				}
				used++
			}
			if ask, _ := l.Next(limit, now); ask > 0 {
				there, back := 500*time.Microsecond, 500*time.Microsecond
				if c.slow(i) {
					there, back = 20*time.Millisecond, 25*time.Millisecond
				}
				i++
				b, began := s.reserve(limit, ask, now.Add(there)), now
				answer, answerAt = func(now time.Time) { l.Answered(b, ask, began, now) }, now.Add(there+back)
			}
		}
		if used < c.least {
			t.Errorf("%d permits used in 10 s at a limit of %d", used, limit)
		}
	}
}

// One process alone: a pause is followed by a permit at once and no burst.
func TestUSSC012OneProcessNeedsNoStore(t *testing.T) {
	for _, limit := range []int{1, 7, 10, 33, 1000} {
		l := limiter.New(limit, false, never)
		var stamps []time.Time
		for now := t0; now.Before(t0.Add(6 * time.Second)); now = now.Add(3 * time.Millisecond) {
			if at := now.Sub(t0); at > 2*time.Second && at < 3*time.Second {
				continue
			}
			for range l.Take(limit, now) {
				stamps = append(stamps, now)
			}
			if ask, wait := l.Next(1, now); ask != 0 || wait <= 0 {
				t.Fatalf("ask %d, wait %v", ask, wait)
			}
		}
		if n := most(stamps); n > limit {
			t.Errorf("%d within a second; the limit is %d", n, limit)
		}
		if n, least := len(stamps), 5*limit*95/100-1; n < least {
			t.Errorf("%d sent in 5 s; the limit is %d", n, limit)
		}
		if first := slices.IndexFunc(stamps, func(s time.Time) bool { return !s.Before(t0.Add(3 * time.Second)) }); stamps[first].Sub(t0) > 3003*time.Millisecond {
			t.Errorf("the first after a pause came at %v", stamps[first].Sub(t0))
		}
	}
}

// A request whose answer was lost with an actor is given up.
func TestARequestThatIsNeverAnsweredIsGivenUp(t *testing.T) {
	l := limiter.New(100, true, never)
	if ask, _ := l.Next(5, t0); ask != 5 {
		t.Fatalf("asks for %d", ask)
	}
	if ask, wait := l.Next(5, t0.Add(time.Millisecond)); ask != 0 || wait <= 0 {
		t.Errorf("asks for %d meanwhile, looks again after %v", ask, wait)
	}
	later := t0.Add(2 * time.Second)
	l.Next(5, later)
	if got := l.Take(5, later.Add(20*time.Millisecond)); len(got) == 0 || !got[0].Own {
		t.Errorf("%+v", got)
	}
}

func TestNoLimitWantsNothing(t *testing.T) {
	l := limiter.New(0, true, never)
	if ask, wait := l.Next(1, t0); l.Limited() || ask != 0 || wait != 0 {
		t.Errorf("ask %d, wait %v", ask, wait)
	}
}

// A limit that is lowered and raised at runtime is kept at once.
func TestTheLimitMayChange(t *testing.T) {
	l := limiter.New(100, false, never)
	sent := func(from, to int) (n int) {
		for now := t0.Add(time.Duration(from) * time.Second); now.Before(t0.Add(time.Duration(to) * time.Second)); now = now.Add(2 * time.Millisecond) {
			n += len(l.Take(100, now))
		}
		return n
	}
	high := sent(0, 2)
	l.Limit(10)
	low := sent(2, 4)
	l.Limit(0)
	if high < 190 || high > 200 || low < 18 || low > 21 || l.Limited() {
		t.Errorf("%d at 100 a second, %d at 10", high, low)
	}
}

func TestRecentCountsTheLastSecond(t *testing.T) {
	var r limiter.Recent
	for i := range 40 {
		r.Add(1, t0.Add(time.Duration(i)*100*time.Millisecond))
	}
	if n := r.Count(t0.Add(3900 * time.Millisecond)); n != 10 {
		t.Errorf("%d in the last second, want 10", n)
	}
	if n := r.Count(t0.Add(10 * time.Second)); n != 0 {
		t.Errorf("%d after a pause", n)
	}
}
