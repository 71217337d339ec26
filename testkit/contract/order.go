package contract

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
)

// Orders asks of an adapter what port.Orders promises. remove deletes an order by
// hand. Orders that other tests gave may be there.
func Orders(t *testing.T, open func(t *testing.T) (s port.Orders, remove func(ctx context.Context, target string) error)) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, port.Orders, func(context.Context, string) error)
	}{
		{"what was ordered is there, with who and when", ordersGive},
		{"a command that several pods store is stored once", ordersOnce},
		{"a command that a pod comes to late undoes no later one", ordersLate},
		{"commands at the same moment are all taken in", ordersRace},
		{"a watch tells of what is there, of changes and of deletions", ordersWatch},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, remove := open(t)
			test.run(t, s, remove)
		})
	}
}

// command is an order as a command makes it.
func command(id, verb string, halt bool) func(port.Order) port.Order {
	return func(o port.Order) port.Order {
		o.ID, o.Verb, o.Halt, o.By, o.At = id, verb, halt, "noc@desk", time.Date(2026, 11, 24, 9, 30, 0, 123e6, time.UTC)
		return o
	}
}

func ordersGive(t *testing.T, s port.Orders, _ func(context.Context, string) error) {
	target := "bind." + unique(t) + ".trx.1"
	first, err := s.Give(within(t), target, command("1", "pause", true))
	if err != nil || first.Revision == 0 || first.Target != target || !first.Halt {
		t.Fatalf("Give: %+v, %v", first, err)
	}
	var found port.Order
	second, err := s.Give(within(t), target, func(o port.Order) port.Order {
		found = o
		o.ID, o.Verb = "2", "rebind"
		return o
	})
	if err != nil || second.Revision <= first.Revision || !second.Halt {
		t.Errorf("Give: %+v, %v, after revision %d", second, err, first.Revision)
	}
	if found.At = found.At.UTC(); found != first {
		t.Errorf("found %+v, want %+v", found, first)
	}
	all, err := s.All(within(t))
	if err != nil {
		t.Fatalf("All: %v", err)
	}
	i := slices.IndexFunc(all, func(o port.Order) bool { return o.Target == target })
	if i < 0 || all[i].ID != "2" || all[i].Verb != "rebind" || all[i].By != "noc@desk" || !all[i].Halt || all[i].Revision != second.Revision {
		t.Errorf("All: %+v", all)
	}
}

func ordersOnce(t *testing.T, s port.Orders, _ func(context.Context, string) error) {
	target := "mno." + unique(t)
	var wg sync.WaitGroup
	revisions := make([]uint64, 8)
	for i := range revisions {
		wg.Go(func() {
			o, err := s.Give(within(t), target, command("same", "maintenance-on", true))
			if err != nil {
				t.Errorf("Give: %v", err)
			}
			revisions[i] = o.Revision
		})
	}
	wg.Wait()
	if distinct := slices.Compact(slices.Sorted(slices.Values(revisions))); len(distinct) != 1 || distinct[0] == 0 {
		t.Errorf("stored under the revisions %v", distinct)
	}
}

// Issue 7: of two pods the slower one comes to a pause after the resume was stored.
func ordersLate(t *testing.T, s port.Orders, _ func(context.Context, string) error) {
	target := "mno." + unique(t)
	give := func(id, verb string, halt bool) port.Order {
		o, err := s.Give(within(t), target, command(id, verb, halt))
		if err != nil {
			t.Fatalf("Give: %v", err)
		}
		return o
	}
	give("1", "maintenance-on", true)
	off := give("2", "maintenance-off", false)
	if late := give("1", "maintenance-on", true); late.Halt || late.ID != "2" || late.Revision != off.Revision {
		t.Errorf("the late command made it %+v, after %+v", late, off)
	}
	if again := give("3", "maintenance-on", true); !again.Halt || again.Revision <= off.Revision {
		t.Errorf("the next one made it %+v", again)
	}
}

func ordersRace(t *testing.T, s port.Orders, _ func(context.Context, string) error) {
	target := "bind." + unique(t) + ".tx.1"
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			// What stands is kept by who only remembers to have been there.
			if _, err := s.Give(within(t), target, func(o port.Order) port.Order {
				o.Home += "x"
				o.ID = fmt.Sprint(i)
				return o
			}); err != nil {
				t.Errorf("Give: %v", err)
			}
		})
	}
	wg.Wait()
	last, err := s.Give(within(t), target, command("last", "resume", false))
	if err != nil || len(last.Home) != 8 {
		t.Errorf("%d of 8 changes are in %+v, %v", len(last.Home), last, err)
	}
}

func ordersWatch(t *testing.T, s port.Orders, remove func(context.Context, string) error) {
	target := "bind." + unique(t) + ".rx.1"
	give := func(id string, halt bool) {
		t.Helper()
		if _, err := s.Give(within(t), target, command(id, "pause", halt)); err != nil {
			t.Fatalf("Give: %v", err)
		}
	}
	give("1", true)
	ctx, stop := context.WithCancel(within(t))
	told, over := make(chan port.Order, 100), make(chan error, 1)
	go func() {
		over <- s.Watch(ctx, func(o port.Order) {
			if o.Target == target {
				told <- o
			}
		})
	}()
	expect := func(what string, is func(port.Order) bool) {
		t.Helper()
		select {
		case o := <-told:
			if !is(o) {
				t.Errorf("%s: %+v", what, o)
			}
		case <-within(t).Done():
			t.Fatalf("%s is not told", what)
		}
	}
	expect("what is there", func(o port.Order) bool { return o.ID == "1" && o.Halt && o.Revision > 0 })
	give("2", false)
	expect("a change", func(o port.Order) bool { return o.ID == "2" && !o.Halt })
	if err := remove(within(t), target); err != nil {
		t.Fatal(err)
	}
	expect("a deletion", func(o port.Order) bool { return o.Revision == 0 && !o.Halt })
	give("3", true)
	expect("an order after it", func(o port.Order) bool { return o.ID == "3" && o.Halt })
	stop()
	if err := <-over; err == nil {
		t.Error("Watch ends without the error of its context")
	}
}
