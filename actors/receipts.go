package actors

import (
	"context"
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/dlr"
	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
)

// receiptDesk brings receipts to their messages. bridge/postgres runs its calls
// on goroutines; it keeps no state of its own.
//
// A receipt is answered ESME_ROK only when its event, or the parked receipt, is
// stored; otherwise with the profile's temporary error, so that the MNO keeps it.
type receiptDesk struct{ env *environment }

// deskTimeout bounds everything that one batch of receipts waits for. It is
// below the response timeout of any MNO that documents one.
const deskTimeout = 10 * time.Second

// matched is one receipt with its row.
type matched struct {
	heard dlr.Heard
	row   port.Correlation
	item  int // index into the batch
}

// take handles the receipts of one read and has the session answer them.
func (d receiptDesk) take(ctx context.Context, root *actor.RootContext, m *heardDeliveries) {
	ctx, cancel := context.WithTimeout(ctx, deskTimeout)
	defer cancel()
	heard := make([]dlr.Heard, len(m.items))
	for i, item := range m.items {
		heard[i] = dlr.Read(item.pdu, m.account.Receipts, m.account.OperatorID, m.bind, item.at)
	}
	failed := make([]bool, len(m.items)) // no item is answered ESME_ROK that is not stored
	found, unknown, _ := d.match(ctx, heard)
	tally := event.ReceiptsHeard{Bind: m.bind, ByStatus: map[string]int{}}
	for _, h := range heard {
		tally.ByStatus[dlr.Status(h.State).String()]++
	}
	if g := d.env.tree.gaugeOf(m.bind); g != nil {
		g.meter.Receipts.Heard(len(heard), heard[len(heard)-1].At)
	}
	d.publish(ctx, found, failed, &tally)
	d.park(ctx, m, heard, unknown, failed, &tally)
	d.tell(tally)

	resps := make([]codec.PDU, len(m.items))
	for i, item := range m.items {
		resps[i] = item.resp
		if failed[i] {
			item.resp.Head().Status = m.account.TemporaryError
		}
	}
	root.Send(m.session, &answerDeliveries{link: m.link, resps: resps})
}

// tell publishes what became of receipts, and shows on their bind how long they took.
func (d receiptDesk) tell(tally event.ReceiptsHeard) {
	if g := d.env.tree.gaugeOf(tally.Bind); g != nil { // else it has gone, or is another pod's
		g.meter.Receipts.Matched(tally.Latencies)
	}
	d.env.Listener.On(tally)
}

// match looks the rows up. With the store away everything is unknown, and so parked.
func (d receiptDesk) match(ctx context.Context, heard []dlr.Heard) (found []matched, unknown []int, err error) {
	keys := make([]port.CorrelationKey, len(heard))
	for i, h := range heard {
		keys[i] = h.Key
	}
	lookup, cancel := context.WithTimeout(ctx, deskTimeout/2)
	defer cancel()
	rows, err := d.env.near.Find(lookup, keys)
	for i, h := range heard {
		if err != nil || h.ID == "" || rows[i] == nil {
			unknown = append(unknown, i)
			continue
		}
		found = append(found, matched{heard: h, row: *rows[i], item: i})
	}
	if err == nil && len(unknown) > 0 {
		return d.matchOlder(lookup, heard, found, unknown)
	}
	return found, unknown, err
}

// matchOlder looks for messages that were submitted before the profile's id rule
// was corrected: their rows are under the ids that the older rule made.
func (d receiptDesk) matchOlder(ctx context.Context, heard []dlr.Heard, found []matched, unknown []int) ([]matched, []int, error) {
	var keys []port.CorrelationKey
	var of []int
	for _, i := range unknown {
		account := d.env.account(heard[i].Key.OperatorID)
		if account == nil || heard[i].ID == "" {
			continue
		}
		rule := account.Receipts.IDs.String()
		for _, form := range dlr.OtherForms(heard[i].ID) {
			if form.Rule == rule {
				keys = append(keys, port.CorrelationKey{OperatorID: account.OperatorID, OperatorMessageID: form.ID})
				of = append(of, i)
			}
		}
	}
	if len(keys) == 0 {
		return found, unknown, nil
	}
	rows, err := d.env.near.Find(ctx, keys)
	if err != nil {
		return found, unknown, err
	}
	known := map[int]bool{}
	for j, i := range of {
		if rows[j] != nil && !known[i] {
			known[i] = true
			h := heard[i]
			h.Key = keys[j]
			found = append(found, matched{heard: h, row: *rows[j], item: i})
		}
	}
	return found, slices.DeleteFunc(unknown, func(i int) bool { return known[i] }), nil
}

// publish stores the events of matched receipts, remembers their states, and
// then what the messages in parts have come to.
func (d receiptDesk) publish(ctx context.Context, all []matched, failed []bool, tally *event.ReceiptsHeard) {
	fresh := all[:0:0]
	type once struct {
		key  port.CorrelationKey
		kind uint8
	}
	first := map[once]int{} // the item that a kind was heard of first
	copies := map[int]int{} // of items, to those: they are answered alike
	var again []matched     // known, but what was to follow from them may have failed
	defer func() {
		for item, original := range copies {
			failed[item] = failed[item] || failed[original]
		}
	}()
	for _, m := range all {
		k := once{m.heard.Key, m.heard.Kind()}
		if m.row.Ambiguous && m.row.PartsTotal == 1 && m.heard.Final && d.twin(ctx, m, failed) {
			tally.Repeated++
			continue
		}
		original, seen := first[k]
		switch {
		case seen:
			tally.Repeated++
			copies[m.item] = original
			continue
		case dlr.Repeated(m.row, m.heard):
			tally.Repeated++
			first[k] = m.item
			if m.row.PartsTotal > 1 {
				again = append(again, m)
			}
			continue
		}
		first[k] = m.item
		fresh = append(fresh, m)
	}
	if len(again) > 0 {
		d.conclude(ctx, again, failed)
	}
	if len(fresh) == 0 {
		return
	}
	slices.SortStableFunc(fresh, stagesFirst)
	events := make([]port.Event, len(fresh))
	for i, m := range fresh {
		events[i] = dlr.OfPart(m.row, m.heard)
	}
	errs := d.env.Publisher.Publish(ctx, events)
	var marks []port.Mark
	stored := fresh[:0]
	for i, m := range fresh {
		if errs != nil && errs[i] != nil {
			fail(failed, m)
			continue
		}
		marks = append(marks, dlr.Remember(m.heard))
		stored = append(stored, m)
	}
	if err := d.env.near.Mark(ctx, marks); err != nil {
		for _, m := range stored {
			fail(failed, m)
		}
		return
	}
	d.conclude(ctx, stored, failed)
	for _, m := range stored {
		tally.Matched++
		d.env.traceReceipt(m, time.Now())
		if m.heard.Final {
			tally.Latencies = append(tally.Latencies, m.heard.At.Sub(m.row.SubmittedAt))
		}
	}
}

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
// receipt has come.
func (d receiptDesk) conclude(ctx context.Context, stored []matched, failed []bool) {
	var events []port.Event
	var of []matched
	var rows []port.CorrelationKey // of each message, one that is stored
	for _, m := range stored {
		if m.row.PartsTotal == 1 || !m.heard.Final {
			continue
		}
		parts, err := d.env.allRowsOf(ctx, &m.row)
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
	for i, m := range of {
		if errs != nil && errs[i] != nil {
			fail(failed, m)
			continue
		}
		marks = append(marks, port.Mark{Key: rows[i], State: port.Concluded})
	}
	if err := d.env.near.Mark(ctx, marks); err != nil {
		for _, m := range of {
			fail(failed, m)
		}
	}
}

func fail(failed []bool, m matched) { failed[m.item] = true }

// park keeps receipts that no row is known for, and then looks once more: the
// row may have been stored in between. One without an id can never be matched
// and is published as an orphan.
func (d receiptDesk) park(ctx context.Context, m *heardDeliveries, heard []dlr.Heard, unknown []int, failed []bool, tally *event.ReceiptsHeard) {
	var parked []port.ParkedReceipt
	var at []int
	for _, i := range unknown {
		if heard[i].ID == "" {
			tally.Orphaned++
			pdu := m.items[i].pdu
			if errs := d.env.Publisher.Publish(ctx, []port.Event{dlr.Orphan(heard[i], pdu.DestinationAddr, pdu.SourceAddr, dlr.NoID)}); errs != nil {
				failed[i] = true
			}
			continue
		}
		item := m.items[i]
		parked = append(parked, port.ParkedReceipt{Key: heard[i].Key, State: heard[i].Kind(), Bind: m.bind, HeardAt: item.at,
			Source: item.pdu.SourceAddr, Dest: item.pdu.DestinationAddr, Octets: codec.Append(nil, item.pdu)})
		at = append(at, i)
	}
	if len(parked) == 0 {
		return
	}
	if err := d.env.Park.Park(ctx, parked); err != nil {
		for _, i := range at {
			failed[i] = true
		}
		return
	}
	tally.Parked += len(parked)
	d.rematch(ctx, parked)
}

// meet looks for the rows of the receipts that have appeared, on any pod, until there
// are no more: a batch at a time and in their order, however many wait when a process
// starts.
func (d receiptDesk) meet(ctx context.Context) {
	for news := d.env.parks.next(doubtBatch); len(news) > 0; news = d.env.parks.next(doubtBatch) {
		d.rematch(ctx, news)
	}
}

// rematch tries parked receipts again: their rows have been stored, or they have
// just appeared. Those that a store's failure leaves are tried again by whoever
// looks after parkIndex.doubted.
func (d receiptDesk) rematch(ctx context.Context, parked []port.ParkedReceipt) {
	ctx, cancel := context.WithTimeout(ctx, deskTimeout)
	defer cancel()
	heard := make([]dlr.Heard, 0, len(parked))
	of := make([]*port.ParkedReceipt, 0, len(parked))
	for i := range parked {
		if h, ok := d.reread(&parked[i]); ok {
			heard, of = append(heard, h), append(of, &parked[i])
		}
	}
	found, _, err := d.match(ctx, heard)
	if err != nil {
		d.env.parks.doubt(parked)
	}
	if len(found) == 0 {
		return
	}
	failed := make([]bool, len(heard))
	tally := event.ReceiptsHeard{Bind: found[0].heard.Bind}
	d.publish(ctx, found, failed, &tally)
	d.tell(tally)
	var done, left []port.ParkedReceipt
	for _, m := range found {
		if failed[m.item] {
			left = append(left, *of[m.item])
		} else {
			done = append(done, *of[m.item])
		}
	}
	if len(done) > 0 && d.env.Park.Unpark(ctx, done) != nil {
		left = append(left, done...) // matched again, and found to be repeated
	}
	d.env.parks.doubt(left)
}

// doubtRetry is the pause between two tries of the receipts whose rematch failed;
// doubtBatch how many are tried at once.
const (
	doubtRetry = 2 * time.Second
	doubtBatch = 500
)

// retry looks after the receipts whose rematch failed, those of commands that are
// held, those that stay without a message, and messages that expire unfinished, until
// ctx ends.
func (d receiptDesk) retry(ctx context.Context) {
	expiry, claims := expirySweep{desk: d}, claimSweep{desk: d}
	for sweep := time.Now(); pause(ctx, doubtRetry); {
		claims.tick(ctx, time.Now())
		expiry.tick(ctx, time.Now())
		if now := time.Now(); now.Sub(sweep) >= min(orphanSweep, d.env.orphanAfter()) {
			sweep = now
			d.orphans(ctx, now)
		}
		for left := d.env.parks.doubted(doubtBatch); len(left) > 0 && ctx.Err() == nil; {
			d.rematch(ctx, left)
			if len(left) < doubtBatch {
				break
			}
			left = d.env.parks.doubted(doubtBatch)
		}
	}
}

// reread reads a parked receipt under the present rules of its account; ok is
// false while this pod does not serve the account. It is tried again when it does
// (environment.remember).
func (d receiptDesk) reread(p *port.ParkedReceipt) (dlr.Heard, bool) {
	account := d.env.account(p.Key.OperatorID)
	if account == nil {
		return dlr.Heard{}, false
	}
	pdu, err := codec.Parse(p.Octets)
	deliver, ok := pdu.(*codec.DeliverSM)
	if err != nil || !ok {
		return dlr.Heard{}, false
	}
	return dlr.Read(deliver, account.Receipts, account.OperatorID, p.Bind, p.HeardAt), true
}
