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
	heard     dlr.Heard
	row       port.Correlation
	item      int  // index into the batch
	told      bool // it was parked because its event is stored, and the mark on the row is what is left to do
	concludes bool // that mark is port.Concluded: its event was the message's final one
	owed      bool // such a one of the same is parked
}

// take handles the receipts of one read and has the session answer them. Those that it has
// parked it looks for once more, when they are answered: their rows may have been stored
// in between.
func (d receiptDesk) take(ctx context.Context, root *actor.RootContext, m *heardDeliveries) {
	parked, away := d.takeIn(ctx, root, m)
	switch {
	case len(parked) == 0:
	case away: // it would be asked in vain
		d.env.parks.doubt(parked)
	default:
		d.rematch(ctx, parked)
	}
}

// takeIn is take without that last look, and tells what was parked and whether the store
// is away.
func (d receiptDesk) takeIn(ctx context.Context, root *actor.RootContext, m *heardDeliveries) (parked []port.ParkedReceipt, away bool) {
	ctx, cancel := context.WithTimeout(ctx, deskTimeout)
	defer cancel()
	heard := make([]dlr.Heard, len(m.items))
	for i, item := range m.items {
		heard[i] = dlr.Read(item.pdu, m.account.Receipts, m.account.OperatorID, m.bind, item.at)
	}
	failed := make([]bool, len(m.items)) // no item is answered ESME_ROK that is not stored
	found, unknown, err := d.match(ctx, heard)
	tally := event.ReceiptsHeard{Bind: m.bind, ByStatus: map[string]int{}}
	for _, h := range heard {
		tally.ByStatus[dlr.Status(h.State).String()]++
	}
	if g := d.env.tree.gaugeOf(m.bind); g != nil {
		g.meter.Receipts.Heard(len(heard), heard[len(heard)-1].At)
	}
	d.publish(ctx, found, failed, &tally, func(i int) port.ParkedReceipt { return parkedOf(m, i, &heard[i]) })
	parked = d.park(ctx, m, heard, unknown, failed, &tally)
	d.tell(tally)

	resps := make([]codec.PDU, len(m.items))
	for i, item := range m.items {
		resps[i] = item.resp
		if failed[i] {
			item.resp.Head().Status = m.account.TemporaryError
		}
	}
	root.Send(m.session, &answerDeliveries{link: m.link, resps: resps})
	return parked, err != nil
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
	owed := d.env.parks.owed(keys, func(i int) uint8 { return heard[i].Kind() })
	rows, err := d.env.near.Find(lookup, keys)
	for i, h := range heard {
		if err != nil || h.ID == "" || rows[i] == nil {
			unknown = append(unknown, i)
			continue
		}
		found = append(found, matched{heard: h, row: *rows[i], item: i, owed: owed[i]})
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
	owed := d.env.parks.owed(keys, func(j int) uint8 { return heard[of[j]].Kind() })
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
			found = append(found, matched{heard: h, row: *rows[j], item: i, owed: owed[j]})
		}
	}
	return found, slices.DeleteFunc(unknown, func(i int) bool { return known[i] }), nil
}

// park keeps receipts that no row is known for, and returns them. One without an id
// can never be matched and is published as an orphan.
func (d receiptDesk) park(ctx context.Context, m *heardDeliveries, heard []dlr.Heard, unknown []int, failed []bool, tally *event.ReceiptsHeard) (parked []port.ParkedReceipt) {
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
		parked, at = append(parked, parkedOf(m, i, &heard[i])), append(at, i)
	}
	if len(parked) == 0 {
		return nil
	}
	if err := d.env.Park.Park(ctx, parked); err != nil {
		for _, i := range at {
			failed[i] = true
		}
		return nil
	}
	tally.Parked += len(parked)
	return parked
}

// parkedOf is the i-th receipt of a batch as it is parked.
func parkedOf(m *heardDeliveries, i int, h *dlr.Heard) port.ParkedReceipt {
	item := m.items[i]
	return port.ParkedReceipt{Key: h.Key, State: h.Kind(), Bind: m.bind, HeardAt: item.at,
		Source: item.pdu.SourceAddr, Dest: item.pdu.DestinationAddr, Octets: codec.Append(nil, item.pdu)}
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
	parked = d.env.outbox.withoutOwed(parked) // whoever stores their rows looks for them
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
	for i := range found {
		state := of[found[i].item].State
		found[i].told, found[i].concludes = state&dlr.Published != 0, state == dlr.Published|port.Concluded
	}
	failed := make([]bool, len(heard))
	tally := event.ReceiptsHeard{Bind: found[0].heard.Bind}
	d.publish(ctx, found, failed, &tally, func(i int) port.ParkedReceipt { return *of[i] })
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
