package ownership_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
)

// live runs a world with a fault every some seconds, and returns what was wrong.
func live(seed uint64, minutes int) (complaints []string, w *world) {
	w = &world{random: rand.New(rand.NewPCG(seed, 7)), now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		store: &simStore{revision: 1000, leases: map[port.BindID]port.Lease{}, pods: map[string]port.Pod{}, podAt: map[string]time.Time{}}}
	for n := range 1 + w.random.IntN(5) {
		w.binds = append(w.binds, port.BindID{MNO: "awcc", Direction: port.TRX, Number: n + 1})
	}
	w.lanes, w.older = seed%2 == 0, seed%8 == 0
	for range 1 + w.random.IntN(4) {
		w.addPod("")
	}
	end, next := w.now.Add(time.Duration(minutes)*time.Minute), w.now.Add(5*time.Second)
	unowned := map[port.BindID]time.Time{}
	slowUnread := w.now
	w.quiet = w.now
	for ; w.now.Before(end) && len(complaints) == 0; w.now = w.now.Add(least) {
		if !w.now.Before(next) {
			w.fault()
			next = w.now.Add(time.Duration(w.random.Int64N(int64(70 * time.Second))))
		}
		w.step()
		complaints = append(w.judge(unowned), w.judgeLanes(&slowUnread)...)
	}
	return complaints, w
}

func (w *world) step() {
	w.store.expire(w)
	flying := w.flying
	w.flying = nil
	for _, f := range flying {
		if f.at.After(w.now) {
			w.flying = append(w.flying, f)
		} else {
			f.do(w.now)
		}
	}
	for _, p := range w.pods {
		p.run()
	}
	w.pods = slices.DeleteFunc(w.pods, func(p *simPod) bool { return p.dead || p.leaving && p.claims.Left() })
}

// judge holds the world to the two promises: never two that may write, no bind
// without an owner for long.
func (w *world) judge(unowned map[port.BindID]time.Time) (complaints []string) {
	healthy := !w.now.Before(w.downTo) && slices.ContainsFunc(w.pods, func(p *simPod) bool { return p.awake() && p.reaches() && !p.leaving })
	for _, b := range w.binds {
		var writers []string
		for _, p := range w.pods {
			if p.writes(b) {
				writers = append(writers, p.id.Pod)
			}
		}
		if len(writers) > 1 {
			complaints = append(complaints, fmt.Sprintf("%v: %s may all write to %v", w.at(), strings.Join(writers, " and "), b))
		}
		if len(writers) > 0 || !healthy || unowned[b].Before(w.quiet) {
			unowned[b] = w.now
		}
		if gap := w.now.Sub(unowned[b]); gap > gapAllowed {
			complaints = append(complaints, fmt.Sprintf("%v: nobody has had %v for %v", w.at(), b, gap))
		}
	}
	return complaints
}

// judgeLanes holds a world with reserved pods to US-SC-018: where a pod of all lanes lives,
// and no pod that says nothing of lanes, such a pod may write to a bind.
func (w *world) judgeLanes(since *time.Time) (complaints []string) {
	read, could := false, false
	for _, p := range w.pods {
		if len(p.id.Lanes) == 0 {
			*since = w.now
			return nil
		}
		if len(p.id.Lanes) == len(allLanes) {
			could = could || p.awake() && p.reaches() && !p.leaving && !w.now.Before(w.downTo)
			read = read || slices.ContainsFunc(w.binds, p.writes)
		}
	}
	if read || !could || since.Before(w.quiet) {
		*since = w.now
	}
	if gap := w.now.Sub(*since); gap > gapAllowed {
		complaints = append(complaints, fmt.Sprintf("%v: nobody has read the lanes P2 and P3 for %v", w.at(), gap))
	}
	return complaints
}

func (w *world) at() time.Duration { return w.now.Sub(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) }

// fault lets something go wrong, or a pod come or go.
func (w *world) fault() {
	w.quiet = w.now
	span := func(most time.Duration) time.Time { return w.now.Add(time.Duration(w.random.Int64N(int64(most)))) }
	calm := !w.now.Before(w.downTo)
	for _, p := range w.pods {
		calm = calm && p.awake() && p.reaches() && !p.leaving && w.now.Sub(p.born) > time.Minute
	}
	var p *simPod
	if len(w.pods) > 0 {
		p = w.pods[w.random.IntN(len(w.pods))]
	}
	what := ""
	switch kind := w.random.IntN(12); {
	case p == nil || kind == 0 && len(w.pods) < 6:
		what = "a pod starts"
		w.addPod("")
	case kind == 1:
		what = p.id.Pod + " is killed"
		p.dead = true
	case kind == 2:
		what = p.id.Pod + " is killed, and the next process knows it"
		p.dead = true
		w.addPod(p.id.Instance)
	case kind == 3 || kind == 4:
		what = p.id.Pod + " leaves"
		p.leaving = true
		p.claims.Leave()
		if w.random.IntN(2) == 0 {
			w.addPod("")
		}
	case kind == 5 || kind == 6:
		p.stopped = span(70 * time.Second)
		what = fmt.Sprintf("%s is stopped for %v", p.id.Pod, p.stopped.Sub(w.now))
		w.quiet = p.stopped
	case kind == 7 || kind == 8:
		p.cut = span(70 * time.Second)
		what = fmt.Sprintf("%s is cut off for %v", p.id.Pod, p.cut.Sub(w.now))
		w.quiet = p.cut
	case kind == 9:
		w.downTo = span(50 * time.Second)
		what = fmt.Sprintf("the store is away for %v", w.downTo.Sub(w.now))
		w.quiet = w.downTo
	case kind == 10:
		w.lossy = span(40 * time.Second)
		w.quiet = w.lossy
		what = "answers are lost"
	case kind == 11 && calm:
		what = w.meddle()
	}
	if what != "" {
		w.history = append(w.history, fmt.Sprintf("%v: %s", w.at(), what))
	}
}

// meddle is somebody who writes to the store by hand, in a world that is otherwise
// well: an owner that is cut off as well cannot hear that its lease was deleted.
func (w *world) meddle() string {
	bind := w.binds[w.random.IntN(len(w.binds))]
	switch w.random.IntN(3) {
	case 0:
		w.store.drop(bind, port.Deleted)
		return fmt.Sprintf("somebody deletes the lease of %v", bind)
	case 1:
		w.store.put(w, port.Lease{Bind: bind})
		return fmt.Sprintf("somebody overwrites the lease of %v", bind)
	}
	for b := range w.store.leases {
		w.store.drop(b, port.Deleted)
	}
	w.store.revision += 1_000_000
	return "somebody deletes the bucket"
}

// US-SC-017, issue 7: worlds of six minutes each, in fake time: a hundred here, thousands in the soak. At no
// time may two pods write to one bind, and none is without an owner for long.
func TestSimulatedLeasesNeverHaveTwoWriters(t *testing.T) {
	worlds := 100
	if minutes, err := strconv.Atoi(os.Getenv("SOAK_MINUTES")); err == nil && minutes > 0 {
		worlds = 1000 * minutes
	}
	first := uint64(1)
	if seed, err := strconv.ParseUint(os.Getenv("SEED"), 10, 64); err == nil && seed > 0 {
		first, worlds = seed, 1
	}
	moves, bad := 0, 0
	for seed := first; seed < first+uint64(worlds); seed++ {
		complaints, w := live(seed, 6)
		moves += w.moves
		if len(complaints) > 0 {
			t.Errorf("SEED=%d: %s\n%s", seed, strings.Join(complaints, "\n"), strings.Join(w.history, "\n"))
			if bad++; bad == 5 {
				return
			}
		}
	}
	t.Logf("%d worlds, %d times a pod took a bind", worlds, moves)
}
