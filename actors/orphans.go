package actors

import (
	"context"
	"time"

	"github.com/ghasi/smpp-connector/actors/dlr"
	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
)

// orphanSweep is how often receipts are looked for that have waited too long for
// their message; orphanBatch how many are dealt with at once.
const (
	orphanSweep = 10 * time.Second
	orphanBatch = 500
)

// abandonedAfter is how much later than its own pod another deals with a receipt,
// so that each is counted once while its pod lives.
const abandonedAfter = 5 * time.Minute

// orphanAfter is how long a receipt waits for its message, as configured now; 0: for ever.
func (e *environment) orphanAfter() time.Duration {
	if e.Orphan == nil {
		return 0
	}
	return e.Orphan()
}

// orphans publishes sms.dlr.orphan for receipts that no message has come for, with
// a diagnosis, and takes them out of the park. A store that cannot be asked
// diagnoses nothing: they wait on.
func (d receiptDesk) orphans(ctx context.Context, now time.Time) {
	wait := d.env.orphanAfter()
	if wait <= 0 {
		return
	}
	due := now.Add(-wait)
	for ctx.Err() == nil {
		parked := d.env.parks.heardBefore(due, orphanBatch, d.env.tree.serves, due.Add(-abandonedAfter))
		if len(parked) == 0 || !d.orphanOnce(ctx, parked) || len(parked) < orphanBatch {
			return
		}
	}
}

// orphanOnce deals with one batch; false means that something could not be reached.
func (d receiptDesk) orphanOnce(ctx context.Context, parked []port.ParkedReceipt) bool {
	ctx, cancel := context.WithTimeout(ctx, deskTimeout)
	defer cancel()
	var heard []dlr.Heard
	var of []port.ParkedReceipt
	parked = d.env.outbox.withoutOwed(parked)
	for _, p := range parked {
		if h, ok := d.reread(&p); ok {
			heard, of = append(heard, h), append(of, p)
		}
	}
	found, unknown, err := d.match(ctx, heard)
	if err != nil || len(heard) == 0 {
		return false
	}
	if len(found) > 0 { // their row has come, and the watch has not told
		d.env.parks.doubt(parked)
	}
	diagnoses, err := d.diagnose(ctx, heard, unknown)
	if err != nil {
		return false
	}
	var events []port.Event
	for j, i := range unknown {
		events = append(events, dlr.Orphan(heard[i], of[i].Dest, of[i].Source, diagnoses[j]))
	}
	var gone []port.ParkedReceipt
	errs := d.env.Publisher.Publish(ctx, events)
	tallies := map[port.BindID]int{}
	for j, i := range unknown {
		if errs == nil || errs[j] == nil {
			gone = append(gone, of[i])
			tallies[of[i].Bind]++
		}
	}
	if len(gone) == 0 || d.env.Park.Unpark(ctx, gone) != nil {
		return false
	}
	for _, r := range gone {
		d.env.parks.remove(r) // the watch will say so too
	}
	for bind, n := range tallies {
		d.env.Listener.On(event.ReceiptsHeard{Bind: bind, Orphaned: n})
	}
	return true
}

// diagnose says for each of the unknown receipts why no message was found: perhaps
// the profile's messageIdRule is wrong.
func (d receiptDesk) diagnose(ctx context.Context, heard []dlr.Heard, unknown []int) ([]string, error) {
	diagnoses := make([]string, len(unknown))
	var keys []port.CorrelationKey
	var whose []int
	var rules []string
	for j, i := range unknown {
		diagnoses[j] = dlr.Unmatched
		for _, form := range dlr.OtherForms(heard[i].ID) {
			keys = append(keys, port.CorrelationKey{OperatorID: heard[i].Key.OperatorID, OperatorMessageID: form.ID})
			whose, rules = append(whose, j), append(rules, form.Rule)
		}
	}
	rows, err := d.env.near.Find(ctx, keys)
	if err != nil {
		return nil, err
	}
	for k := len(rows) - 1; k >= 0; k-- { // the first rule that fits is told
		if rows[k] != nil {
			diagnoses[whose[k]] = dlr.WouldMatch(rules[k])
		}
	}
	return diagnoses, nil
}
