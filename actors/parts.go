package actors

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/concat"
	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
)

// partBatch is the parts of one read.
type partBatch struct {
	heard    *heardDeliveries
	of       []int // indices into heard.items
	arrivals []port.ConcatArrival
}

// partsQueue is a bind's parts that wait to be kept. One call at a time keeps them,
// so that they stay in the order in which they came: a sender who uses a reference
// again does so after the message before. It is the seat's, and so outlives actors.
type partsQueue struct {
	mu      sync.Mutex
	waiting []partBatch
	keeping bool
}

// mostKept is about how many parts are kept in one call.
const mostKept = 500

func (q *partsQueue) add(b partBatch) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, b)
}

// begin reports whether the caller is to keep what waits: nobody else does.
func (q *partsQueue) begin() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.keeping || len(q.waiting) == 0 {
		return false
	}
	q.keeping = true
	return true
}

// next takes what is kept in the next call; nothing: whoever began has ended.
func (q *partsQueue) next() []partBatch {
	q.mu.Lock()
	defer q.mu.Unlock()
	n, parts := 0, 0
	for n < len(q.waiting) && parts < mostKept {
		parts += len(q.waiting[n].of)
		n++
	}
	batches := slices.Clone(q.waiting[:n])
	q.waiting = slices.Delete(q.waiting, 0, n)
	q.keeping = n > 0
	return batches
}

// partsDesk brings inbound parts together. bridge/redis runs its calls on
// goroutines; it keeps no state of its own.
//
// A part is answered ESME_ROK when it is kept, else with the profile's temporary
// error. Whoever completes a message, or finds it overdue, holds the claim to it:
// it publishes it and lets it go. One that dies in between leaves it to whoever
// looks next, under the same Msg-Id.
type partsDesk struct{ env *environment }

// partsTimeout bounds one call of the store.
const partsTimeout = 5 * time.Second

// keep keeps a bind's parts until none waits.
func (d partsDesk) keep(ctx context.Context, root *actor.RootContext, s *seat) {
	for batches := s.parts.next(); len(batches) > 0; batches = s.parts.next() {
		var arrivals []port.ConcatArrival
		for _, b := range batches {
			arrivals = append(arrivals, b.arrivals...)
		}
		for i := range arrivals {
			arrivals[i].At = arrivals[i].At.Add(time.Duration(i)) // messages of one read are told apart by it
		}
		call, cancel := context.WithTimeout(ctx, partsTimeout)
		kept := d.env.Concat.Keep(call, arrivals)
		cancel()
		var whole []port.ConcatGroup
		tally := event.PartsHeard{Bind: s.id}
		for _, k := range kept {
			count(&tally, k)
			if k.Whole != nil {
				whole = append(whole, *k.Whole)
			}
		}
		d.env.Listener.On(tally)
		for at, b := 0, 0; b < len(batches); b++ {
			from := at
			reply(root, batches[b].heard, batches[b].of, func(i int) bool { return kept[from+i].Err == nil })
			at += len(batches[b].of)
		}
		d.publish(ctx, whole)
	}
}

func count(tally *event.PartsHeard, k port.ConcatKept) {
	switch {
	case k.Err != nil:
		tally.Refused++
		tally.Err = k.Err.Error()
	case k.Outcome == port.PartRepeated:
		tally.Repeated++
	case k.Outcome == port.PartReused:
		tally.Reused++
	case k.Outcome == port.PartLate:
		tally.Late++
	default:
		tally.Added++
	}
}

// publish stores the events of claimed messages and lets those go that are stored.
// The others are claimed again, by this pod or another.
func (d partsDesk) publish(ctx context.Context, groups []port.ConcatGroup) {
	if len(groups) == 0 {
		return
	}
	var events []port.Event
	var of, gone []port.ConcatGroup
	var spans []*moSpan
	for _, g := range groups {
		account := d.env.accountAt(g.Bind)
		switch {
		case g.Echo:
			gone = append(gone, g)
		case account != nil: // else the next pod that serves it
			e := concat.EventOf(&g, sourceOf(account, g.Bind, d.env.tenure.epoch(g.Bind)))
			spans = append(spans, d.env.traceMO(&e, g.Bind, len(g.Parts), time.Now()))
			events, of = append(events, e), append(of, g)
		}
	}
	try, cancel := context.WithTimeout(ctx, publishTimeout)
	errs := d.env.Publisher.Publish(try, events)
	cancel()
	for i, g := range of {
		spans[i].end(time.Now(), errs == nil || errs[i] == nil)
		if errs == nil || errs[i] == nil {
			gone = append(gone, g)
		}
	}
	call, cancel := context.WithTimeout(ctx, partsTimeout)
	defer cancel()
	if len(gone) == 0 || d.env.Concat.Published(call, time.Now(), gone) != nil {
		return // known by its Msg-Id when it is published again
	}
	for _, g := range gone {
		if !g.Echo {
			d.env.Listener.On(event.MessageHeard{Bind: g.Bind, Parts: len(g.Parts), Incomplete: !concat.Whole(&g)})
		}
	}
}

// The pause between two looks for messages that are due. A store that takes long to
// look is left alone for ten times as long, up to slowSweep: a message whose pod has
// died is published at most slowSweep and port.ConcatClaim after its deadline.
const (
	sweepEvery = 5 * time.Second
	slowSweep  = 15 * time.Second
)

// sweep looks for messages that are due, of any pod, until ctx ends, and shows how
// many each bind of this pod waits for (US-SC-027).
func (d partsDesk) sweep(ctx context.Context) {
	for wait := sweepEvery; pause(ctx, wait); {
		began := time.Now()
		for {
			due, open, err := d.claim(ctx)
			if err != nil {
				break // what is due is so still at the next look, and the last numbers known stay
			}
			if len(due) == 0 {
				for _, g := range d.env.tree.gauges() {
					g.groups.Store(int64(open[g.bind]))
				}
				break
			}
			d.publish(ctx, due)
		}
		wait = min(max(sweepEvery, 10*time.Since(began)), slowSweep)
	}
}

func (d partsDesk) claim(ctx context.Context) ([]port.ConcatGroup, map[port.BindID]int, error) {
	call, cancel := context.WithTimeout(ctx, 2*partsTimeout)
	defer cancel()
	return d.env.Concat.Claim(call, time.Now(), d.env.servesMNO)
}

// accountAt returns the account that a bind belongs to, or one of its MNO; nil:
// this process serves none.
func (e *environment) accountAt(bind port.BindID) (found *Account) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, a := range e.accounts {
		if slices.ContainsFunc(a.Binds, func(s port.BindSetting) bool { return s.Bind == bind }) {
			return a
		}
		if a.MNO == bind.MNO && (found == nil || a.OperatorID < found.OperatorID) {
			found = a
		}
	}
	return found
}

// servesMNO reports whether this process knows an account of an MNO.
func (e *environment) servesMNO(mno string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, a := range e.accounts {
		if a.MNO == mno {
			return true
		}
	}
	return false
}
