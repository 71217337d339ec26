package actors

import (
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
)

// acceptance is one part that the MNO has taken. Its correlation is made of it by
// bridge/postgres, away from the bind's hot path; nothing of the command that goes
// into the row changes once a part was submitted, but for what stands here.
type acceptance struct {
	cmd       *command
	account   *Account // under whose rules
	seat      *seat    // of the bind that submitted it
	id        string   // as in submit_sm_resp
	sentAt    time.Time
	part      int
	ambiguous bool // an earlier submit of it was never answered
	repeats   bool // another part of the message has the id
	late      bool // the answer came when nobody waited for it any more
}

// row is the correlation of an accepted part (US-SC-010).
func (a *acceptance) row() port.Correlation {
	r := rowOf(a.account, a.cmd, a.part, a.key().OperatorMessageID, a.sentAt)
	r.Bind, r.Epoch, r.Ambiguous = a.seat.id, a.seat.fence.token(), a.ambiguous
	return r
}

// key is what the row is stored under: the id follows the profile's rule.
func (a *acceptance) key() port.CorrelationKey {
	id := a.account.Receipts.IDs.FromResponse(a.id)
	if a.id == "" || a.repeats {
		id = port.NamelessID(a.cmd.plan.MessageID, a.part+1)
	}
	return port.CorrelationKey{OperatorID: a.account.OperatorID, OperatorMessageID: id}
}

func rowsOf(accepted []acceptance) []port.Correlation {
	rows := make([]port.Correlation, len(accepted))
	for i := range accepted {
		rows[i] = accepted[i].row()
	}
	return rows
}

// rowOf is the correlation of a part under an id that follows the profile's rule.
func rowOf(account *Account, cmd *command, part int, id string, sentAt time.Time) port.Correlation {
	return port.Correlation{
		OperatorID: account.OperatorID, PrimaryOperatorID: cmd.primary, OperatorMessageID: id,
		MessageID: cmd.plan.MessageID, PartIndex: part + 1, PartsTotal: cmd.plan.PDUs(),
		Bind: cmd.bind, From: cmd.plan.From(), To: cmd.plan.To(),
		SubmittedAt: sentAt, ExpiresAt: sentAt.Add(account.Expiry),
		Silent: port.IsNameless(id) || !cmd.plan.AsksReceipt(part), Fingerprint: cmd.plan.Fingerprint, Trace: cmd.delivery.Trace, Reference: cmd.reference,
	}
}
