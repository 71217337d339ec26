package actors

import (
	"context"
	"slices"
	"sync"

	"github.com/ghasi/smpp-connector/actors/port"
)

// outbox is what has been decided and is not yet with a bridge: rows and
// settlements for bridge/postgres, announcements for bridge/nats. It is the
// tree's and not the bridges', so that a bridge which fails and is restarted
// takes up where the one before it was.
type outbox struct {
	mu        sync.Mutex
	gathered  settle
	spare     []settle      // of groups that are done, emptied, for the next ones
	underWay  []group       // whose rows are being stored: group commits
	last      chan struct{} // closed when all rows up to now are stored; nil: there were none
	announced []port.Event
	posting   bool          // a publish of the front of announced is under way
	empty     chan struct{} // closed when announced is empty; nil: nobody waits for that
}

// maxSaving is how many group commits may be under way at once: while one is, the next
// gathers, and a row in a large group costs PostgreSQL half of one in a small group.
const maxSaving = 2

// settle adds what a window has decided.
func (o *outbox) settle(s *settle) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.gathered.accepted = append(o.gathered.accepted, s.accepted...)
	o.gathered.settlements = append(o.gathered.settlements, s.settlements...)
}

// group is what is stored and carried out together. Its settlements wait for the
// rows before it too: of a message in parts, earlier groups hold the first.
type group struct {
	settle
	stored *commit       // of its own rows; nil: it has none
	before chan struct{} // closed when all rows before it are stored; nil: there were none
	upTo   chan struct{} // closed when they and its own are
}

// next returns all that has gathered as one group, if another may be under way.
// A group with rows counts as one until saved is called.
func (o *outbox) next() (g group, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.underWay) >= maxSaving || len(o.gathered.accepted)+len(o.gathered.settlements) == 0 {
		return group{}, false
	}
	g = group{settle: o.gathered, before: o.last}
	o.gathered = settle{}
	if n := len(o.spare); n > 0 {
		o.gathered, o.spare = o.spare[n-1], o.spare[:n-1]
	}
	if len(g.accepted) > 0 {
		g.stored, g.upTo = &commit{done: make(chan struct{})}, make(chan struct{})
		o.underWay = append(o.underWay, g)
		o.last = g.upTo
	}
	return g, true
}

// done takes back the memory of a group that is stored and carried out.
func (o *outbox) done(g group) {
	if cap(g.accepted)+cap(g.settlements) > maxSpareGroup {
		return
	}
	clear(g.accepted) // what they point to is not held here
	clear(g.settlements)
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.spare) <= maxSaving {
		o.spare = append(o.spare, settle{g.accepted[:0], g.settlements[:0]})
	}
}

// maxSpareGroup bounds the memory that is kept of a group, in entries: about 1 MiB.
const maxSpareGroup = 16_000

// saved says that a group's rows are stored.
func (o *outbox) saved(g group) {
	o.mu.Lock()
	o.underWay = slices.DeleteFunc(o.underWay, func(other group) bool { return other.stored == g.stored })
	o.mu.Unlock()
	close(g.stored.done)
}

// withoutOwed leaves out the receipts whose rows are decided and not yet stored: of
// submits that were answered, while the store is slow or away. A receipt that stays and
// that the store, asked after this, does not know is of no answered submit of this process.
func (o *outbox) withoutOwed(parked []port.ParkedReceipt) []port.ParkedReceipt {
	if len(parked) == 0 {
		return parked
	}
	asked := make(map[port.CorrelationKey]bool, len(parked))
	for _, r := range parked {
		asked[r.Key] = true
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, g := range o.underWay {
		disown(asked, g.accepted)
	}
	disown(asked, o.gathered.accepted)
	return slices.DeleteFunc(parked, func(r port.ParkedReceipt) bool { return !asked[r.Key] })
}

// disown takes the keys of accepted parts out.
func disown(keys map[port.CorrelationKey]bool, accepted []acceptance) {
	for i := range accepted {
		delete(keys, accepted[i].key())
	}
}

// await returns when all rows before the group, and its own, are stored; false
// means that ctx has ended first.
func (g group) await(ctx context.Context) bool {
	if g.before != nil {
		select {
		case <-g.before:
		case <-ctx.Done():
			return false
		}
	}
	if g.upTo != nil {
		close(g.upTo)
	}
	return true
}

// announce adds events that are published in order, and until they are stored.
func (o *outbox) announce(events ...port.Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.announced = append(o.announced, events...)
}

// post returns what is to be published next, unless that is under way already.
func (o *outbox) post() []port.Event {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.posting || len(o.announced) == 0 {
		return nil
	}
	o.posting = true
	return o.announced[:len(o.announced):len(o.announced)]
}

// posted takes out what is stored.
func (o *outbox) posted(count int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.announced = o.announced[count:]
	o.posting = false
	if len(o.announced) == 0 && o.empty != nil {
		close(o.empty)
		o.empty = nil
	}
}

// allPosted returns when every announcement up to now is stored, or when ctx ends.
func (o *outbox) allPosted(ctx context.Context) {
	o.mu.Lock()
	if len(o.announced) == 0 {
		o.mu.Unlock()
		return
	}
	if o.empty == nil {
		o.empty = make(chan struct{})
	}
	empty := o.empty
	o.mu.Unlock()
	select {
	case <-empty:
	case <-ctx.Done():
	}
}
