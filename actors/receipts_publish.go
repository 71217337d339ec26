package actors

import (
	"context"
	"slices"
	"time"

	"github.com/ghasi/smpp-connector/actors/dlr"
	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
)

// What the receipts desk publishes of receipts whose rows it has found.

// publish stores the events of matched receipts, remembers their states, and
// then what the messages in parts have come to. parked makes the parked receipt of an item.
func (d receiptDesk) publish(ctx context.Context, all []matched, failed []bool, tally *event.ReceiptsHeard, parked func(item int) port.ParkedReceipt) {
	todo := d.sortOut(ctx, all, failed)
	defer todo.answerCopies(failed)
	tally.Repeated += len(all) - len(todo.fresh) - len(todo.unmarked)
	d.conclude(ctx, todo.again, failed, parked)
	if len(todo.fresh)+len(todo.unmarked) == 0 {
		return
	}
	stored := d.tellAll(ctx, todo.fresh, failed)
	both := slices.Concat(stored, todo.unmarked)
	marks := make([]port.Mark, len(both))
	for i, m := range both {
		if marks[i] = dlr.Remember(m.heard); m.concludes {
			marks[i] = port.Mark{Key: m.heard.Key, State: port.Concluded}
		}
	}
	if err := d.env.near.Mark(ctx, marks); err != nil {
		for _, m := range todo.unmarked {
			fail(failed, m)
		}
		d.owe(ctx, stored, failed, func(m matched) port.ParkedReceipt {
			return unmarkedOf(parked(m.item), m, m.heard.Kind())
		})
	} else {
		d.conclude(ctx, both, failed, parked)
	}
	for _, m := range stored {
		tally.Matched++
		d.env.traceReceipt(m, time.Now())
		if m.heard.Final {
			tally.Latencies = append(tally.Latencies, m.heard.At.Sub(m.row.SubmittedAt))
		}
	}
}

// sortedOut is what is to be done with the receipts of a batch; nothing with the others.
type sortedOut struct {
	fresh    []matched   // no event of theirs has been published
	unmarked []matched   // one has, and their rows do not say so
	again    []matched   // known, but what was to follow from them may have failed
	copies   map[int]int // of items, to those that they are copies of: they are answered alike
}

func (s *sortedOut) answerCopies(failed []bool) {
	for item, original := range s.copies {
		failed[item] = failed[item] || failed[original]
	}
}

func (d receiptDesk) sortOut(ctx context.Context, all []matched, failed []bool) sortedOut {
	todo := sortedOut{copies: map[int]int{}}
	first := map[parkedName]int{} // the item that was heard first, of all that are the same
	for _, m := range all {
		name := parkedName{m.heard.Key, m.heard.Kind()}
		original, seen := first[name]
		switch {
		case m.told:
			todo.unmarked = append(todo.unmarked, m)
		case m.row.Ambiguous && m.row.PartsTotal == 1 && m.heard.Final && d.twin(ctx, m, failed):
		case seen:
			todo.copies[m.item] = original
		case dlr.Repeated(m.row, m.heard):
			first[name] = m.item
			if m.row.PartsTotal > 1 {
				todo.again = append(todo.again, m)
			}
		case m.owed:
		default:
			first[name] = m.item
			todo.fresh = append(todo.fresh, m)
		}
	}
	return todo
}

// tellAll stores the events of receipts and returns those whose event is stored.
func (d receiptDesk) tellAll(ctx context.Context, fresh []matched, failed []bool) (stored []matched) {
	slices.SortStableFunc(fresh, stagesFirst)
	events := make([]port.Event, len(fresh))
	for i, m := range fresh {
		events[i] = dlr.OfPart(m.row, m.heard)
	}
	errs := d.env.Publisher.Publish(ctx, events)
	for i, m := range fresh {
		if errs != nil && errs[i] != nil {
			fail(failed, m)
			continue
		}
		stored = append(stored, m)
	}
	return stored
}

// owe parks receipts whose event is stored, and the mark that says so is not. The stream
// knows an event by its Msg-Id for minutes, and a store may be away for longer: a repeat
// would then make a second one.
func (d receiptDesk) owe(ctx context.Context, stored []matched, failed []bool, unmarked func(matched) port.ParkedReceipt) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), oweTimeout) // the mark may have taken all there was
	defer cancel()
	owed := make([]port.ParkedReceipt, len(stored))
	for i, m := range stored {
		owed[i] = unmarked(m)
	}
	if len(owed) > 0 && d.env.Park.Park(ctx, owed) != nil {
		for _, m := range stored {
			fail(failed, m)
		}
		return
	}
	for _, p := range owed {
		d.env.parks.add(p) // the watch will say so too
	}
	d.env.parks.doubt(owed)
}

// unmarkedOf makes of a parked receipt one that is parked for a mark alone: that of its
// kind, or port.Concluded.
func unmarkedOf(p port.ParkedReceipt, m matched, mark uint8) port.ParkedReceipt {
	p.Key, p.State = m.heard.Key, mark|dlr.Published
	return p
}

// oweTimeout bounds the park of what could not be marked, beyond deskTimeout.
const oweTimeout = 2 * time.Second

// stagesFirst orders receipts that were parked together: what is not final comes before
// what is.
func stagesFirst(a, b matched) int {
	switch {
	case a.heard.Final == b.heard.Final:
		return 0
	case b.heard.Final:
		return -1
	}
	return 1
}

// twin reports whether the message has had its final event by another copy of the same
// SMS: then the receipt of this one is no news of it. One that cannot be told is
// failed.
func (d receiptDesk) twin(ctx context.Context, m matched, failed []bool) bool {
	rows, err := d.env.allRowsOf(ctx, &m.row)
	if err != nil {
		fail(failed, m)
		return true
	}
	return dlr.Told(slices.DeleteFunc(rows, func(r port.Correlation) bool { return r.Key() == m.row.Key() }))
}

// conclude publishes the one final event of each message in parts whose last
// receipt has come. parked makes the parked receipt of an item; nil: there is none.
func (d receiptDesk) conclude(ctx context.Context, stored []matched, failed []bool, parked func(item int) port.ParkedReceipt) {
	var events []port.Event
	var of []matched
	var rows []port.CorrelationKey // of each message, one that is stored
	for _, m := range stored {
		if m.row.PartsTotal == 1 || !m.heard.Final {
			continue
		}
		parts, err := d.partsOf(ctx, &m.row)
		if err != nil {
			fail(failed, m)
			continue
		}
		if e, ok := dlr.OfMessage(parts, m.heard); ok {
			events, of, rows = append(events, e), append(of, m), append(rows, parts[0].Key())
		}
	}
	if len(events) == 0 {
		return
	}
	errs := d.env.Publisher.Publish(ctx, events)
	var marks []port.Mark
	var told []matched
	for i, m := range of {
		if errs != nil && errs[i] != nil {
			fail(failed, m)
			continue
		}
		marks, told = append(marks, port.Mark{Key: rows[i], State: port.Concluded}), append(told, m)
	}
	switch err := d.env.near.Mark(ctx, marks); {
	case err == nil:
	case parked == nil:
		for _, m := range told {
			fail(failed, m)
		}
	default:
		d.owe(ctx, told, failed, func(m matched) port.ParkedReceipt { return unmarkedOf(parked(m.item), m, port.Concluded) })
	}
}

// partsOf returns the rows of a message, none where its final event is stored and the
// mark that says so is owed.
func (d receiptDesk) partsOf(ctx context.Context, row *port.Correlation) (parts []port.Correlation, err error) {
	for range mostLooks {
		before := d.env.parks.marked.Load()
		if parts, err = d.env.allRowsOf(ctx, row); err != nil || d.env.parks.owesFinal(parts) {
			return nil, err
		}
		if d.env.parks.marked.Load() == before {
			break
		} // else one was owed, perhaps of this message, and the rows have it now
	}
	return parts, nil
}

// mostLooks bounds partsOf while others' marks come all the time.
const mostLooks = 5

func fail(failed []bool, m matched) { failed[m.item] = true }
