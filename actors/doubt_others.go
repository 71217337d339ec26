package actors

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
)

// A receipt is taken for a held command by its addresses, so no pod may take one while
// another holds a command between the same: it may be that one's. So each pod writes down
// which commands it holds, as rows under a pseudo-message of their addresses, where Parts
// finds them. No receipt can name such a row, and no message has such an id: both begin
// with NUL.

// noteFor is how long beyond twice its hold a note counts, should nobody end it.
const noteFor = 10 * time.Minute

// note is what is written down of a held command.
func (held *hold) note(now time.Time) port.Correlation {
	plan := held.cmd.plan
	return port.Correlation{
		OperatorID: held.account.OperatorID, OperatorMessageID: port.NamelessID(plan.MessageID, 0),
		MessageID: between(plan.From(), plan.To()), PartIndex: 1, PartsTotal: 1, Silent: true,
		Bind: held.cmd.bind, From: plan.From(), To: plan.To(), // so that it is forgotten with the number
		SubmittedAt: now, ExpiresAt: now.Add(2*held.account.Times.Hold + noteFor),
	}
}

// between is the pseudo-message of two addresses, however an MNO writes them (sameNumber).
func between(from, to string) string {
	sum := sha256.Sum256([]byte(strings.TrimLeft(from, "+0") + "\x00" + strings.TrimLeft(to, "+0")))
	return "\x00held." + hex.EncodeToString(sum[:16])
}

// known reports whether other pods know for long enough that a command is held.
func (held *hold) known(now time.Time) bool {
	return !held.noted.IsZero() && now.Sub(held.noted) >= unknownFor
}

// noteHolds writes down what is held since the last time, and what is held no longer; what
// could not be written is tried again.
func (e *environment) noteHolds(ctx context.Context, now time.Time) {
	fresh, ended := e.held.unnoted(now)
	if len(fresh) > 0 {
		rows := make([]port.Correlation, len(fresh))
		for i, held := range fresh {
			rows[i] = held.note(now)
		}
		if e.near.store.Save(ctx, rows) == nil {
			e.held.note(fresh, now)
		}
	}
	if len(ended) == 0 {
		return
	}
	marks := make([]port.Mark, len(ended))
	for i, key := range ended {
		marks[i] = port.Mark{Key: key, State: port.Concluded}
	}
	if e.near.store.Mark(ctx, marks) != nil {
		e.held.endAgain(ended)
	}
}

// unnoted returns the holds that are not written down, and takes out what has ended. One
// that was not looked at for long after its time is another pod's by now.
func (h *holds) unnoted(now time.Time) (fresh []*hold, ended []port.CorrelationKey) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for id, held := range h.byID {
		switch {
		case now.Sub(held.since) >= held.account.Times.Hold+noteFor:
			delete(h.byID, id)
		case held.noted.IsZero():
			fresh = append(fresh, held)
		}
	}
	h.count.Store(int64(len(h.byID)))
	ended, h.ended = h.ended, nil
	return fresh, ended
}

func (h *holds) note(list []*hold, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, held := range list {
		held.noted = now
	}
}

func (h *holds) endAgain(keys []port.CorrelationKey) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = append(h.ended, keys...)
}

// holdsAlone reports whether no other command is held between the addresses of one, by any
// pod; false where the store does not say.
func (e *environment) holdsAlone(ctx context.Context, held *hold, now time.Time) bool {
	own := held.note(now)
	notes, err := e.near.store.Parts(ctx, own.OperatorID, own.MessageID)
	if err != nil {
		return false
	}
	for _, n := range notes {
		if n.Key() != own.Key() && n.States&(1<<port.Concluded) == 0 && n.ExpiresAt.After(now) {
			return false
		}
	}
	return true
}
