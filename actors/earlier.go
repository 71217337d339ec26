package actors

import (
	"context"
	"slices"
	"time"

	"github.com/ghasi/smpp-connector/actors/dispatch"
	"github.com/ghasi/smpp-connector/actors/ledger"
	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// What earlier deliveries of a command have come to, so that a part which an MNO
// has accepted is not submitted again (decisions.md 010).

// earlier is what is known of them.
type earlier struct {
	ids       []string // by part of the message as it was split then; nil: nothing was accepted
	reference port.Reference
	at        time.Time // of the first part that was accepted
	ambiguous bool      // some part may have been submitted twice already
	begun     bool      // it has been told of as begun (event.MessagesBegun)
	doubtful  bool      // submitting the rest may send something twice
	past      ledger.Past
}

// earlier asks the stored correlations and the memory of the process for what
// earlier deliveries of a command, or the one that a replay repeats, have got
// accepted. Without any, no store is asked.
func (a *admission) earlier(ctx context.Context, account *Account, d port.Delivery, plan *dispatch.Plan, past ledger.Past) (earlier, error) {
	was := earlier{doubtful: past.Doubtful, begun: past.Begun, past: past}
	if past.Empty && !past.Doubtful && d.Replay == "" {
		return was, nil
	}
	rows, err := a.in.env.rowsOf(ctx, account.OperatorID, a.in.carries, plan.MessageID)
	if err != nil {
		return was, err
	}
	was.learn(rows, plan)
	return was, nil
}

// split is what parts have in common that make a message together: of a text that was
// edited since, of another account, or under another reference, they do not.
type split struct {
	parts       int
	fingerprint string
	reference   port.Reference
}

func bySplit(rows []port.Correlation) map[split][]port.Correlation {
	splits := map[split][]port.Correlation{}
	for _, row := range rows {
		of := split{row.PartsTotal, row.Fingerprint, row.Reference}
		splits[of] = append(splits[of], row)
	}
	return splits
}

// more reports whether rows hold more parts of a message than others, or as many that went
// out before.
func more(rows, others []port.Correlation) bool {
	if a, b := distinct(rows), distinct(others); a != b {
		return a > b
	}
	return rows[0].SubmittedAt.Before(others[0].SubmittedAt)
}

// learn takes in the rows of a message. Of several splits, the one counts that is the whole
// message, or else of those that the plan can go on with the one with the most parts. The
// text of the others overlaps with any part that is left.
func (was *earlier) learn(rows []port.Correlation, plan *dispatch.Plan) {
	var take []port.Correlation
	for of, rows := range bySplit(rows) {
		switch {
		case whole(rows):
			take = rows
		case whole(take) || of.parts != plan.PDUs() || of.fingerprint != plan.Fingerprint:
		case more(rows, take):
			take = rows
		}
	}
	for _, row := range rows {
		was.ambiguous = was.ambiguous || row.Ambiguous
	}
	if len(take) > 0 {
		was.ids = make([]string, take[0].PartsTotal)
		was.at, was.reference = take[0].SubmittedAt, take[0].Reference
	}
	was.begun = was.begun || len(rows) > 0
	for _, row := range take {
		if row.PartIndex < 1 || row.PartIndex > len(was.ids) {
			continue // no store of ours has written that
		}
		was.ids[row.PartIndex-1] = row.OperatorMessageID
	}
	if len(take) < len(rows) && !whole(take) {
		was.doubtful = true
	}
}

// resume returns the plan with which the rest of a message is submitted: handsets
// join parts by their reference, so the rest needs that of the parts which were
// accepted, and the same room for it.
func (was *earlier) resume(plan *dispatch.Plan, c *contract.SmsDispatchCommand, rules dispatch.Rules) *dispatch.Plan {
	if was.reference.Bits == 0 || was.reference.Bits == plan.ReferenceBits() {
		return plan
	}
	rules.MayWiden = true
	if was.reference.Bits == 16 {
		if wide, ok := plan.Widen(c, rules); ok {
			return wide
		}
	}
	was.reference, was.doubtful = port.Reference{}, true // the rules have changed: the parts do not join
	return plan
}

// whole reports whether rows of one split are all its parts.
func whole(rows []port.Correlation) bool {
	if len(rows) == 0 {
		return false
	}
	return distinct(rows) == rows[0].PartsTotal
}

// distinct is how many parts have rows.
func distinct(rows []port.Correlation) int {
	parts := make(map[int]bool, len(rows))
	for _, row := range rows {
		parts[row.PartIndex] = true
	}
	return len(parts)
}

// rowsOf returns the stored rows of a message: of the account that is asked
// about, and, while they are not whole, of the other account that may have carried
// the traffic of the operator whose command it is (US-SC-013).
func (e *environment) rowsOf(ctx context.Context, operatorID, carries, messageID string) ([]port.Correlation, error) {
	rows, err := e.near.Parts(ctx, operatorID, messageID)
	if err != nil {
		return nil, err
	}
	for _, one := range bySplit(rows) {
		if whole(one) {
			return rows, nil
		}
	}
	more, err := e.rowsBeside(ctx, operatorID, carries, messageID)
	return append(rows, more...), err
}

// allRowsOf is rowsOf for receipts of the message of one operator: where a part may have
// been submitted twice, the other account's MNO may have taken the message too, and told
// what became of it.
func (e *environment) allRowsOf(ctx context.Context, row *port.Correlation) ([]port.Correlation, error) {
	whose := row.Whose()
	others := func(r port.Correlation) bool { return r.Whose() != whose } // messages of the same id
	rows, err := e.near.Parts(ctx, row.OperatorID, row.MessageID)
	rows = slices.DeleteFunc(rows, others)
	if err != nil || whole(rows) && !slices.ContainsFunc(rows, func(r port.Correlation) bool { return r.Ambiguous }) {
		return rows, err
	}
	more, err := e.rowsBeside(ctx, row.OperatorID, whose, row.MessageID)
	return append(rows, slices.DeleteFunc(more, others)...), err
}

// rowsBeside returns the rows of a message under the other accounts that may have carried it.
func (e *environment) rowsBeside(ctx context.Context, operatorID, carries, messageID string) (rows []port.Correlation, err error) {
	others := []string{carries}
	if primary := e.account(carries); primary != nil {
		others = append(others, primary.BackupOperatorID)
	}
	for _, other := range others {
		if other == "" || other == operatorID {
			continue
		}
		more, err := e.near.Parts(ctx, other, messageID)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}
