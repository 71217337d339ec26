package contract

import (
	"slices"
	"sync"
	"testing"

	"github.com/ghasi/smpp-connector/actors/port"
)

// Counters asks of an adapter what port.Counters promises (US-SC-022, US-SC-026).
func Counters(t *testing.T, open func(t *testing.T) port.Counters) {
	kinds := map[string]func(port.Counters, *testing.T, port.BindID, int) (uint64, error){
		"sequences": func(c port.Counters, t *testing.T, b port.BindID, n int) (uint64, error) {
			return c.ReserveSequences(within(t), b, n)
		},
		"references": func(c port.Counters, t *testing.T, b port.BindID, n int) (uint64, error) {
			return c.ReserveReferences(within(t), b, n)
		},
	}
	for name, reserve := range kinds {
		t.Run(name+" start at 1 and leave no gap", func(t *testing.T) {
			c, bind := open(t), ownBind(t)
			want := uint64(1)
			for _, n := range []int{1, 10, 1, 1000, 3} {
				first, err := reserve(c, t, bind, n)
				if err != nil || first != want {
					t.Fatalf("reserve %d: first is %d, %v; want %d", n, first, err, want)
				}
				want += uint64(n)
			}
		})
		t.Run(name+" of another bind are counted apart", func(t *testing.T) {
			c, one := open(t), ownBind(t)
			two := one
			two.Number++
			three := one
			three.Direction = port.RX
			for _, bind := range []port.BindID{one, two, three, one} {
				if _, err := reserve(c, t, bind, 5); err != nil {
					t.Fatalf("reserve for %v: %v", bind, err)
				}
			}
			first, err := reserve(c, t, two, 1)
			if err != nil || first != 6 {
				t.Errorf("%v goes on at %d, %v; want 6", two, first, err)
			}
		})
		t.Run(name+" of many pods never overlap", func(t *testing.T) {
			const pods, calls, block = 16, 20, 7
			c, bind := open(t), ownBind(t)
			var mu sync.Mutex
			var firsts []uint64
			var all sync.WaitGroup
			for range pods {
				all.Go(func() {
					for range calls {
						first, err := reserve(c, t, bind, block)
						if err != nil {
							t.Errorf("reserve: %v", err)
							return
						}
						mu.Lock()
						firsts = append(firsts, first)
						mu.Unlock()
					}
				})
			}
			all.Wait()
			slices.Sort(firsts)
			for i := 1; i < len(firsts); i++ {
				if firsts[i] < firsts[i-1]+block {
					t.Fatalf("blocks of %d begin at %d and at %d: they overlap", block, firsts[i-1], firsts[i])
				}
			}
		})
		t.Run(name+" are never reserved for less than one", func(t *testing.T) {
			c, bind := open(t), ownBind(t)
			for _, n := range []int{0, -1} {
				if first, err := reserve(c, t, bind, n); err == nil {
					t.Errorf("reserve %d: got %d; want an error", n, first)
				}
			}
		})
	}
	t.Run("sequences and references of a bind are counted apart", func(t *testing.T) {
		c, bind := open(t), ownBind(t)
		if _, err := c.ReserveSequences(within(t), bind, 500); err != nil {
			t.Fatalf("reserve sequences: %v", err)
		}
		first, err := c.ReserveReferences(within(t), bind, 1)
		if err != nil || first != 1 {
			t.Errorf("references begin at %d, %v; want 1", first, err)
		}
	})
}

// ownBind is a bind that no other test counts for.
func ownBind(t *testing.T) port.BindID {
	t.Helper()
	return port.BindID{MNO: unique(t), Direction: port.TX, Number: 1}
}
