package contract

import (
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
)

// permitAhead is what the suite reserves in advance.
const permitAhead = 50 * time.Millisecond

// Permits asks of an adapter what port.Permits promises (US-SC-012).
func Permits(t *testing.T, open func(t *testing.T) port.Permits) {
	for _, limit := range []int{1, 10, 33, 1000, 1_000_000} {
		t.Run("are a distance apart, whoever has them, at "+strconv.Itoa(limit), func(t *testing.T) {
			t.Parallel()
			const pods = 4
			p, account := open(t), unique(t)
			var mu sync.Mutex
			var due []time.Time
			var all sync.WaitGroup
			until := time.Now().Add(1400 * time.Millisecond) // two seconds of the store's clock at least
			for pod := range pods {
				all.Go(func() {
					for time.Now().Before(until) {
						b, err := p.ReservePermits(within(t), account, limit, 1+7*pod, permitAhead)
						if err != nil {
							t.Errorf("reserve: %v", err)
							return
						}
						mu.Lock()
						due = append(due, dueTimes(t, b, limit, permitAhead)...)
						mu.Unlock()
						time.Sleep(time.Millisecond) // not a wait for anything: pods do not ask all the time
					}
				})
			}
			all.Wait()
			slices.SortFunc(due, time.Time.Compare)
			apart(t, due, limit)
		})
	}
	t.Run("are found by whoever waits as told", func(t *testing.T) {
		p, account := open(t), unique(t)
		for tries, got := 0, 0; got < 12; tries++ {
			b, err := p.ReservePermits(within(t), account, 10, 3, permitAhead)
			if err != nil || tries == 200 {
				t.Fatalf("%d of 12 permits after %d tries: %v", got, tries, err)
			}
			got += b.N
			time.Sleep(b.Next) // what is tested
		}
	})
	t.Run("do not gather in a pause", func(t *testing.T) {
		p, account := open(t), unique(t)
		for range 2 {
			b, err := p.ReservePermits(within(t), account, 200, 1000, permitAhead)
			if err != nil {
				t.Fatal(err)
			}
			if most := int(permitAhead/port.PermitDistance(200)) + 1; b.N > most {
				t.Errorf("%d permits at once; want at most %d", b.N, most)
			}
			time.Sleep(300 * time.Millisecond) // what is tested
		}
	})
	t.Run("of another account are counted apart", func(t *testing.T) {
		p := open(t)
		for range 5 {
			account := unique(t)
			tries := 0
			for b := (port.PermitBlock{}); b.N == 0; tries++ {
				var err error
				if b, err = p.ReservePermits(within(t), account, 1, 1, 1100*time.Millisecond); err != nil || tries == 3 {
					t.Fatalf("no permit after %d tries, though nobody else has one: %v", tries, err)
				}
			}
		}
	})
	t.Run("are never reserved for less than one", func(t *testing.T) {
		p, account := open(t), unique(t)
		for _, c := range []struct{ limit, n int }{{0, 1}, {-1, 1}, {1, 0}, {1, -1}} {
			if b, err := p.ReservePermits(within(t), account, c.limit, c.n, permitAhead); err == nil {
				t.Errorf("%d permits at a limit of %d: got %d; want an error", c.n, c.limit, b.N)
			}
		}
	})
}

// dueTimes are when the permits of a block fall due; none before now or after ahead.
func dueTimes(t *testing.T, b port.PermitBlock, limit int, ahead time.Duration) []time.Time {
	t.Helper()
	if b.Next < 0 || b.N < 0 {
		t.Errorf("%+v", b)
	}
	due := make([]time.Time, b.N)
	for i := range due {
		due[i] = b.First.Add(time.Duration(i) * port.PermitDistance(limit))
	}
	const rounding = 2 * time.Microsecond
	if b.N > 0 && (due[0].Before(b.Now) || due[b.N-1].After(b.Now.Add(ahead+rounding))) {
		t.Errorf("%d permits due from %v to %v after now; want all within %v", b.N, due[0].Sub(b.Now), due[b.N-1].Sub(b.Now), ahead)
	}
	return due
}

// apart checks that the permits of a limit, and the next one, span PermitSpan, but
// for what rounding to microseconds and nanoseconds takes.
func apart(t *testing.T, due []time.Time, limit int) {
	t.Helper()
	least := port.PermitSpan - time.Millisecond
	for i := limit; i < len(due); i++ {
		if span := due[i].Sub(due[i-limit]); span < least {
			t.Fatalf("permits %d and %d fall due within %v; want %v", i-limit, i, span, least)
		}
	}
	for i := 1; i < len(due); i++ {
		if d := due[i].Sub(due[i-1]); d < port.PermitDistance(limit)-2*time.Microsecond {
			t.Fatalf("two permits fall due within %v; want %v", d, port.PermitDistance(limit))
		}
	}
}
