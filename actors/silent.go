package actors

import (
	"context"
	"slices"
	"time"

	"github.com/ghasi/smpp-connector/actors/dlr"
	"github.com/ghasi/smpp-connector/actors/port"
)

// Messages of which the MNO receipts some parts alone: it gave the others no id, or only
// the last asks. Their last receipt may be here before the row of a part that has none
// of its own, so whoever has stored all rows looks too.

// partlySilent returns the messages in parts that are accepted whole, and of which some
// parts are due a receipt and some are not.
func partlySilent(settlements []settlement) (list []matched) {
	for i := range settlements {
		s := &settlements[i]
		if !s.submit || s.cmd.plan.PDUs() == 1 {
			continue
		}
		silent := 0
		ids := s.cmd.outcome.IDs()
		for part, id := range ids {
			if id == "" || port.IsNameless(id) || !s.cmd.plan.AsksReceipt(part) {
				silent++
			}
		}
		if silent == 0 || silent == len(ids) {
			continue
		}
		list = append(list, matched{row: port.Correlation{OperatorID: s.cmd.intake.account.Load().OperatorID,
			PrimaryOperatorID: s.cmd.primary, MessageID: s.cmd.plan.MessageID, PartsTotal: len(ids), Bind: s.cmd.bind}})
	}
	return list
}

// silentTries is how often a message that could not be looked at is looked at again,
// doubtRetry apart. Then its final event waits for its expiry.
const silentTries = 10

// finish publishes the final events of those messages whose receipts have all come.
func (d receiptDesk) finish(ctx context.Context, list []matched) {
	for tries := 0; len(list) > 0 && tries < silentTries; tries++ {
		if tries > 0 && !pause(ctx, doubtRetry) {
			return
		}
		for i := range list {
			list[i].item = i
			list[i].heard = dlr.Heard{Bind: list[i].row.Bind, At: time.Now()}
			list[i].heard.Final = true
		}
		failed := make([]bool, len(list))
		try, cancel := context.WithTimeout(ctx, deskTimeout)
		d.conclude(try, list, failed, nil)
		cancel()
		list = slices.DeleteFunc(list, func(m matched) bool { return !failed[m.item] })
	}
}
