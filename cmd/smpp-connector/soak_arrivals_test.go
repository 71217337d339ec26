package main

import (
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// arrivals is what the MNO has accepted, by message and part: the truth that all
// else is held to. The simulator calls take, one SMS after the other.
type arrivals struct {
	traffic
	total atomic.Int64

	mu       sync.Mutex
	first    []arrival         // by place
	again    map[int][]arrival // by place: what came beside the first
	sequence uint32            // of the last one
	fallen   int               // sequence numbers that were not above the one before
	strange  []string
	timed    bool                           // times are kept
	times    []time.Time                    // when each was read
	note     func(message int, m *smsc.SMS) // is called for each; nil: nobody wants to know
}

// arrival is one accepted SMS. The zero value is none.
type arrival struct {
	id        uint64 // that the MNO gave it
	reference uint16 // of its concatenation
}

func newArrivals(tr traffic) *arrivals {
	return &arrivals{traffic: tr, first: make([]arrival, tr.n*mostParts), again: map[int][]arrival{}}
}

// place is where a part, from 1, of message i is kept.
func place(i, part int) int { return i*mostParts + part - 1 }

// take notes an accepted SMS. It returns no key: duplicates are counted here.
func (a *arrivals) take(m *smsc.SMS) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.total.Add(1)
	if a.timed {
		a.times = append(a.times, m.At)
	}
	if m.Sequence <= a.sequence {
		a.fallen++
	}
	a.sequence = m.Sequence
	i, err := strconv.Atoi(m.Destination.Addr[min(len(recipientPrefix), len(m.Destination.Addr)):])
	id, err2 := strconv.ParseUint(m.ID, 10, 64)
	part, total := max(int(m.Part.Index), 1), max(int(m.Part.Total), 1)
	if err != nil || err2 != nil || i >= a.n || total != a.parts(i) {
		a.strange = append(a.strange, m.Destination.Addr+" "+m.ID)
		return ""
	}
	if a.note != nil {
		a.note(i, m)
	}
	at, came := place(i, part), arrival{id, m.Part.Reference}
	if a.first[at] == (arrival{}) {
		a.first[at] = came
	} else {
		a.again[at] = append(a.again[at], came)
	}
	return ""
}

// at returns every arrival of a part. The caller holds mu, or nothing moves any more.
func (a *arrivals) at(at int) []arrival {
	if a.first[at] == (arrival{}) {
		return nil
	}
	return append([]arrival{a.first[at]}, a.again[at]...)
}

// repeats is how many SMS were accepted beside the first of their part.
func (a *arrivals) repeats() (n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, more := range a.again {
		n += len(more)
	}
	return n
}

// whole reports whether a handset can put message i together: all its parts have
// come under one reference.
func (a *arrivals) whole(i int) bool {
	for _, one := range a.at(place(i, 1)) {
		found := 1
		for part := 2; part <= a.parts(i); part++ {
			for _, other := range a.at(place(i, part)) {
				if other.reference == one.reference {
					found++
					break
				}
			}
		}
		if found == a.parts(i) {
			return true
		}
	}
	return false
}

// each calls do for every part that has come.
func (a *arrivals) each(do func(i, part, at int)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range a.n {
		for part := 1; part <= a.parts(i); part++ {
			if at := place(i, part); a.first[at] != (arrival{}) {
				do(i, part, at)
			}
		}
	}
}
