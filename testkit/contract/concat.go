package contract

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
)

// concatTTL is the default concat_window_seconds (US-SC-025).
const concatTTL = 60 * time.Second

// ConcatStore asks of a store what port.ConcatStore promises (US-SC-025).
func ConcatStore(t *testing.T, open func(t *testing.T) port.ConcatStore) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, port.ConcatStore)
	}{
		{"parts gather, by index", concatGathers},
		{"a repeated part is kept once", concatRepeats},
		{"the first part sets the deadline", concatDeadline},
		{"every field of the key counts", concatKeys},
		{"odd addresses are kept apart", concatOddAddresses},
		{"empty and binary bodies", concatBodies},
		{"what was taken is gone", concatTaken},
		{"nothing can be taken twice", concatTakeOnce},
		{"parts over many binds at once", concatConcurrent},
		{"groups are due at their deadline", concatDue},
		{"many groups are due", concatManyDue},
		{"255 parts", concatLargest},
		{"a context that has ended", concatCancelled},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

// concatKey is the key of an inbound message that no other test has.
func concatKey(t *testing.T, total uint8) port.ConcatKey {
	t.Helper()
	return port.ConcatKey{MNO: unique(t), Originator: "93700123456", Destination: "8080", Reference: 77, Total: total}
}

func keep(t *testing.T, s port.ConcatStore, key port.ConcatKey, part port.ConcatPart, now time.Time) port.ConcatGroup {
	t.Helper()
	group, err := s.Keep(within(t), key, part, now, concatTTL)
	if err != nil {
		t.Fatalf("Keep part %d: %v", part.Index, err)
	}
	if group.Key != key {
		t.Fatalf("Keep returned the group of %+v, want %+v", group.Key, key)
	}
	return group
}

func concatPart(index uint8, body string) port.ConcatPart {
	return port.ConcatPart{Index: index, DataCoding: 8, Body: []byte(body)}
}

// indexes lists a group's parts in the order in which it has them.
func indexes(g port.ConcatGroup) string {
	var list []uint8
	for _, p := range g.Parts {
		list = append(list, p.Index)
	}
	return fmt.Sprint(list)
}

func concatGathers(t *testing.T, s port.ConcatStore) {
	key, now := concatKey(t, 3), submittedAt()
	for i, index := range []uint8{3, 1, 2} {
		group := keep(t, s, key, concatPart(index, fmt.Sprintf("part %d", index)), now)
		if want := []string{"[3]", "[1 3]", "[1 2 3]"}[i]; indexes(group) != want {
			t.Fatalf("after part %d the group has parts %s, want %s", index, indexes(group), want)
		}
		if i == 2 {
			for _, p := range group.Parts {
				if want := fmt.Sprintf("part %d", p.Index); string(p.Body) != want || p.DataCoding != 8 {
					t.Errorf("part %d: body of %d octets, data_coding %d; want %q and 8", p.Index, len(p.Body), p.DataCoding, want)
				}
			}
		}
	}
}

func concatRepeats(t *testing.T, s port.ConcatStore) {
	key, now := concatKey(t, 2), submittedAt()
	keep(t, s, key, concatPart(1, "first"), now)
	group := keep(t, s, key, concatPart(1, "again"), now.Add(time.Second))
	if indexes(group) != "[1]" || string(group.Parts[0].Body) != "first" {
		t.Errorf("after a repeat: parts %s, body of part 1 has %d octets; want the first one, once", indexes(group), len(group.Parts[0].Body))
	}
}

func concatDeadline(t *testing.T, s port.ConcatStore) {
	key, now := concatKey(t, 3), submittedAt()
	for i := range uint8(3) {
		group := keep(t, s, key, concatPart(i+1, "x"), now.Add(time.Duration(i)*10*time.Second))
		if want := now.Add(concatTTL); !group.Deadline.Equal(want) {
			t.Fatalf("after part %d the deadline is %v, want %v", i+1, group.Deadline, want)
		}
	}
}

func concatKeys(t *testing.T, s port.ConcatStore) {
	base, now := concatKey(t, 2), submittedAt()
	keys := []port.ConcatKey{base}
	for _, change := range []func(*port.ConcatKey){
		func(k *port.ConcatKey) { k.MNO += "x" },
		func(k *port.ConcatKey) { k.Originator = "93700123457" },
		func(k *port.ConcatKey) { k.Destination = "8081" },
		func(k *port.ConcatKey) { k.Reference = 78 },
		func(k *port.ConcatKey) { k.Wide = true },
		func(k *port.ConcatKey) { k.Total = 3 },
	} {
		k := base
		change(&k)
		keys = append(keys, k)
	}
	for _, key := range keys {
		if group := keep(t, s, key, concatPart(1, "x"), now); len(group.Parts) != 1 {
			t.Errorf("group of %+v has %d parts after its first: it shares another's", key, len(group.Parts))
		}
	}
}

func concatOddAddresses(t *testing.T, s port.ConcatStore) {
	base, now := concatKey(t, 2), submittedAt()
	addresses := append([]string{""}, oddIDs()...) // an empty source_addr is legal, SMPP 3.4 §5.2.8
	for _, address := range addresses {
		key := base
		key.Originator = address
		if group := keep(t, s, key, concatPart(1, address), now); len(group.Parts) != 1 {
			t.Errorf("originator %q: %d parts after the first: it shares another's group", address, len(group.Parts))
		}
	}
	// What separates the fields must not be found inside them.
	one, two := base, base
	one.Originator, one.Destination = "1:2", "3"
	two.Originator, two.Destination = "1", "2:3"
	keep(t, s, one, concatPart(1, "x"), now)
	if group := keep(t, s, two, concatPart(1, "x"), now); len(group.Parts) != 1 {
		t.Error("two pairs of addresses that read alike when joined share a group")
	}
}

func concatBodies(t *testing.T, s port.ConcatStore) {
	key, now := concatKey(t, 3), submittedAt()
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	keep(t, s, key, port.ConcatPart{Index: 1, Body: every}, now)
	group := keep(t, s, key, port.ConcatPart{Index: 2, DataCoding: 4}, now)
	if indexes(group) != "[1 2]" || !bytes.Equal(group.Parts[0].Body, every) || len(group.Parts[1].Body) != 0 || group.Parts[1].DataCoding != 4 {
		t.Errorf("parts %s came back changed", indexes(group))
	}
}

func concatTaken(t *testing.T, s port.ConcatStore) {
	key, now := concatKey(t, 2), submittedAt()
	if won, err := s.Take(within(t), key); err != nil || won {
		t.Errorf("Take of a group that never was: %v, %v; want false", won, err)
	}
	keep(t, s, key, concatPart(1, "old"), now)
	if won, err := s.Take(within(t), key); err != nil || !won {
		t.Fatalf("Take: %v, %v; want true", won, err)
	}
	if won, err := s.Take(within(t), key); err != nil || won {
		t.Errorf("the second Take: %v, %v; want false", won, err)
	}
	// The reference comes round again: a new group, with nothing of the old one.
	later := now.Add(time.Hour)
	group := keep(t, s, key, concatPart(2, "new"), later)
	if indexes(group) != "[2]" || !group.Deadline.Equal(later.Add(concatTTL)) {
		t.Errorf("the reused key has parts %s and deadline %v; want [2] and %v", indexes(group), group.Deadline, later.Add(concatTTL))
	}
}

func concatTakeOnce(t *testing.T, s port.ConcatStore) {
	const pods = 16
	for round := range 5 {
		key := concatKey(t, 2)
		keep(t, s, key, concatPart(1, "x"), submittedAt())
		var wins atomic.Int32
		var all sync.WaitGroup
		for range pods {
			all.Go(func() {
				won, err := s.Take(within(t), key)
				if err != nil {
					t.Errorf("Take: %v", err)
				}
				if won {
					wins.Add(1)
				}
			})
		}
		all.Wait()
		if wins.Load() != 1 {
			t.Fatalf("round %d: %d of %d pods took the group, want exactly one", round, wins.Load(), pods)
		}
	}
}

func concatConcurrent(t *testing.T, s port.ConcatStore) {
	const parts = 16
	key, now := concatKey(t, parts), submittedAt()
	var whole atomic.Int32
	var binds sync.WaitGroup
	for i := range uint8(parts) {
		binds.Go(func() {
			group, err := s.Keep(within(t), key, concatPart(i+1, fmt.Sprint(i+1)), now, concatTTL)
			if err != nil {
				t.Errorf("Keep part %d: %v", i+1, err)
			}
			if len(group.Parts) == parts {
				whole.Add(1)
			}
		})
	}
	binds.Wait()
	if whole.Load() == 0 {
		t.Error("no call saw the whole message: it would wait for its deadline")
	}
	if group := keep(t, s, key, concatPart(1, "1"), now); len(group.Parts) != parts {
		t.Errorf("the group has parts %s, want all %d", indexes(group), parts)
	}
}

// dueOf returns the groups of one MNO among those that are due; other tests may
// have left theirs.
func dueOf(t *testing.T, s port.ConcatStore, mno string, now time.Time) map[port.ConcatKey]port.ConcatGroup {
	t.Helper()
	groups, err := s.Due(within(t), now)
	if err != nil {
		t.Fatalf("Due: %v", err)
	}
	found := make(map[port.ConcatKey]port.ConcatGroup)
	for _, g := range groups {
		if g.Key.MNO == mno {
			found[g.Key] = g
		}
	}
	return found
}

func concatDue(t *testing.T, s port.ConcatStore) {
	now := submittedAt()
	early := concatKey(t, 3)
	late := early
	late.Reference++
	keep(t, s, early, concatPart(2, "early"), now)
	keep(t, s, late, concatPart(1, "late"), now.Add(10*time.Second))

	deadline := now.Add(concatTTL)
	if due := dueOf(t, s, early.MNO, deadline.Add(-time.Millisecond)); len(due) != 0 {
		t.Errorf("%d groups are due before their deadline", len(due))
	}
	due := dueOf(t, s, early.MNO, deadline)
	group, ok := due[early]
	if !ok || len(due) != 1 {
		t.Fatalf("%d groups are due at the first deadline, want the first one", len(due))
	}
	if indexes(group) != "[2]" || string(group.Parts[0].Body) != "early" || !group.Deadline.Equal(deadline) {
		t.Errorf("the group that is due: parts %s, deadline %v; want [2], %v", indexes(group), group.Deadline, deadline)
	}
	if won, err := s.Take(within(t), early); err != nil || !won {
		t.Fatalf("Take: %v, %v", won, err)
	}
	due = dueOf(t, s, early.MNO, deadline.Add(time.Hour))
	if _, ok := due[late]; !ok || len(due) != 1 {
		t.Errorf("%d groups are due an hour later, want the one that was not taken", len(due))
	}
}

func concatManyDue(t *testing.T, s port.ConcatStore) {
	const n = 300
	base, now := concatKey(t, 2), submittedAt()
	for i := range uint16(n) {
		key := base
		key.Reference, key.Wide = i, true
		keep(t, s, key, concatPart(1, "x"), now)
	}
	if due := dueOf(t, s, base.MNO, now.Add(concatTTL)); len(due) != n {
		t.Errorf("%d of %d groups are due", len(due), n)
	}
}

func concatLargest(t *testing.T, s port.ConcatStore) {
	key, now := concatKey(t, 255), submittedAt()
	var group port.ConcatGroup
	for i := range 255 {
		group = keep(t, s, key, port.ConcatPart{Index: uint8(i + 1), Body: bytes.Repeat([]byte{byte(i)}, 134)}, now)
	}
	if len(group.Parts) != 255 {
		t.Fatalf("%d of 255 parts", len(group.Parts))
	}
	for i, p := range group.Parts {
		if int(p.Index) != i+1 || len(p.Body) != 134 || p.Body[0] != byte(i) {
			t.Fatalf("part %d came back as part %d with %d octets", i+1, p.Index, len(p.Body))
		}
	}
}

func concatCancelled(t *testing.T, s port.ConcatStore) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Keep(ctx, concatKey(t, 2), concatPart(1, "x"), submittedAt(), concatTTL); err == nil {
		t.Error("Keep with a context that has ended reports success")
	}
}
