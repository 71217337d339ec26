package actors

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ghasi/smpp-connector/actors/dispatch"
	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/ledger"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
)

// What becomes of a command of which a submit was written and never answered:
// the profile's ledger.Policy, decided when its last answer is given up, and again
// when it is delivered anew.

// reasonUnknown is the dead letter's reason when the policy gives up.
const reasonUnknown = "outcome_unknown"

// reasonResubmits is its reason when ledger.Redeliver has sent a message again as
// often as the profile allows.
const reasonResubmits = "resubmits_exhausted"

// holdAgain is how often a command that is held is looked at: JetStream delivers
// it again after so long.
const holdAgain = 30 * time.Second

// doubt decides about a command in hand whose outcome is unknown, and ends it.
func (s *settling) doubt(cmd *command, delay time.Duration) {
	cmd.doubtful = true
	cmd.unanswered++
	if most := s.account.Resubmits; s.account.Unknown == ledger.Redeliver && most > 0 && cmd.unanswered > most {
		s.w.env.decided("giveUp", cmd, s.now)
		s.end(cmd, settlement{dead: resubmitsLetter(cmd, s.account, s.now)})
		return
	}
	s.w.env.decided(s.account.Unknown.String(), cmd, s.now)
	switch s.account.Unknown {
	case ledger.Hold:
		s.w.env.held.add(cmd, s.account, s.now)
		s.giveBack(cmd, holdAgain)
	case ledger.GiveUp:
		s.end(cmd, settlement{dead: unknownLetter(cmd, s.account, s.now)})
	default:
		s.giveBack(cmd, max(delay, ledger.ResubmitAfter(cmd.unanswered, s.account.Times.RetryUnanswered)))
	}
}

// decide says whether a command that was delivered again, with parts left that may
// have been submitted before, is to be submitted. If not, it has been dealt with.
func (a *admission) decide(account *Account, cmd *command, solved bool) bool {
	cmd.doubtful = true
	env := a.in.env
	switch account.Unknown {
	case ledger.GiveUp:
		env.decided("giveUp", cmd, a.now)
		a.dead = append(a.dead, settlement{cmd: cmd, dead: unknownLetter(cmd, account, a.now)})
		return false
	case ledger.Hold:
		switch env.held.look(cmd, account, solved, a.now) {
		case holdGoesOn:
			a.in.release(cmd.plan.MessageID, cmd.past())
			a.held = append(a.held, cmd.delivery.Handle)
			return false
		case holdIsOver:
			env.decided("giveUp", cmd, a.now)
			a.dead = append(a.dead, settlement{cmd: cmd, dead: unknownLetter(cmd, account, a.now)})
			return false
		}
	}
	return true
}

// decided publishes what becomes of a doubtful command.
func (e *environment) decided(decision string, cmd *command, now time.Time) {
	e.Listener.On(event.DoubtDecided{Bind: cmd.bind, MessageID: cmd.plan.MessageID, Decision: decision, Trace: cmd.delivery.Trace, At: now})
}

func unknownLetter(cmd *command, account *Account, now time.Time) *port.Event {
	return letterOf(cmd, account.OperatorID, &dispatch.Refusal{Reason: reasonUnknown,
		Detail: fmt.Sprintf("a submit_sm was written and never answered, %d of %d parts were accepted: the recipient may have the SMS; a replay may send it again",
			cmd.outcome.Accepted(), cmd.outcome.Parts())}, codec.StatusOK, now)
}

func resubmitsLetter(cmd *command, account *Account, now time.Time) *port.Event {
	return letterOf(cmd, account.OperatorID, &dispatch.Refusal{Reason: reasonResubmits,
		Detail: fmt.Sprintf("submitted %d times and never answered, %d of %d parts were accepted: the recipient may have it more than once; find out what became of the MNO's answers before a replay, or raise unanswered.resubmits in the profile",
			cmd.unanswered, cmd.outcome.Accepted(), cmd.outcome.Parts())}, codec.StatusOK, now)
}

// holds are the commands that wait for a receipt to say what became of them. The
// MNO's id is not known, so a receipt is taken for theirs by its addresses: one
// that no row is known for, from the recipient to the sender, later than the submit.
//
// Nothing durable is kept here: a held command stays in JetStream, and a process
// that is killed leaves it to be held again by the next. What is written down of it is for
// other pods, that they claim no receipt of its recipient's (doubt_others.go).
type holds struct {
	count atomic.Int64 // so that a command which is settled while none is held costs one load
	mu    sync.Mutex
	byID  map[string]*hold
	ended []port.CorrelationKey // what was written down of commands that are held no longer
}

type hold struct {
	cmd     *command
	account *Account
	parts   []int // of unknown outcome; empty: receipts have come for all
	since   time.Time
	noted   time.Time // when it was written down; zero: it is not
}

// What look says of a command that is delivered again.
type holdState uint8

const (
	holdGoesOn holdState = iota
	holdIsOver           // no receipt came in time
	holdSolved           // what was unknown is known: the rest may be submitted
)

func newHolds() *holds { return &holds{byID: map[string]*hold{}} }

func (h *holds) add(cmd *command, account *Account, now time.Time) {
	var parts []int
	for part := range cmd.outcome.Parts() {
		if cmd.outcome.Outcome(part) == ledger.Unknown {
			parts = append(parts, part)
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.byID[cmd.plan.MessageID] = &hold{cmd: cmd, account: account, parts: parts, since: now}
	h.count.Store(int64(len(h.byID)))
}

// solved reports whether all is known of a held command, and stored. Whoever asks the
// stored rows after it finds that.
func (h *holds) solved(messageID string) bool {
	if h.count.Load() == 0 {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	held := h.byID[messageID]
	return held != nil && len(held.parts) == 0
}

// look says how a held command stands; solved is what solved said before the stored rows
// were asked for the command. One that another process had, which is not known here, is
// held from now on for all parts that are not accepted.
func (h *holds) look(cmd *command, account *Account, solved bool, now time.Time) holdState {
	h.mu.Lock()
	defer h.mu.Unlock()
	defer func() { h.count.Store(int64(len(h.byID))) }()
	id := cmd.plan.MessageID
	held := h.byID[id]
	switch {
	case held == nil:
		held = &hold{cmd: cmd, account: account, since: now}
		for part := range cmd.outcome.Parts() {
			if cmd.outcome.Outcome(part) != ledger.Accepted {
				held.parts = append(held.parts, part)
			}
		}
		h.byID[id] = held
	case len(held.parts) == 0 && solved:
		h.end(id)
		return holdSolved
	case len(held.parts) == 0: // what solved it was stored after the rows were read
	case now.Sub(held.since) >= account.Times.Hold:
		delete(h.byID, id) // what is written down stays: a receipt that comes may still be this one's
		return holdIsOver
	}
	return holdGoesOn
}

// answered takes a part out of which is known what became of it, and reports whether a
// command was held for it.
func (h *holds) answered(messageID string, part int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	held := h.byID[messageID]
	if held == nil || !slices.Contains(held.parts, part) {
		return false
	}
	held.parts = slices.DeleteFunc(held.parts, func(p int) bool { return p == part })
	return true
}

// stored takes the parts out whose late answers are stored.
func (h *holds) stored(accepted []acceptance) {
	if h.count.Load() == 0 {
		return
	}
	for i := range accepted {
		if a := &accepted[i]; a.late {
			h.answered(a.cmd.plan.MessageID, a.part)
		}
	}
}

// forget lets go of a command that is settled.
func (h *holds) forget(messageID string) {
	if h.count.Load() == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.end(messageID)
	h.count.Store(int64(len(h.byID)))
}

// end lets go of a command, if it is held. The caller holds the lock, and counts.
func (h *holds) end(messageID string) {
	if held := h.byID[messageID]; held != nil && !held.noted.IsZero() {
		h.ended = append(h.ended, held.note(time.Time{}).Key())
	}
	delete(h.byID, messageID)
}

// receiptClaim is receipts that are taken for all unknown parts of a held command.
type receiptClaim struct {
	held     *hold
	rows     []port.Correlation
	receipts []port.ParkedReceipt
}

// claim returns what parked receipts belong to, the oldest first. Of two commands between
// the same addresses none gets any; nor does one of which several parts are unknown, until
// there are as many receipts: which part one is of, its addresses do not say. The parts stay
// held until the rows are stored.
func (h *holds) claim(parked []port.ParkedReceipt, epoch func(port.BindID) uint64, now time.Time) (claims []receiptClaim) {
	h.mu.Lock()
	defer h.mu.Unlock()
	slices.SortFunc(parked, func(a, b port.ParkedReceipt) int { // as MNOs give ids: rising
		x, y := a.Key.OperatorMessageID, b.Key.OperatorMessageID
		return cmp.Or(a.HeardAt.Compare(b.HeardAt), cmp.Compare(len(x), len(y)), cmp.Compare(x, y))
	})
	taken := map[port.CorrelationKey]bool{}
	fits := map[*hold][]port.ParkedReceipt{}
	for _, receipt := range parked {
		if held := h.only(receipt, now); held != nil && !taken[receipt.Key] {
			taken[receipt.Key] = true
			fits[held] = append(fits[held], receipt)
		}
	}
	for held, receipts := range fits {
		if len(receipts) >= len(held.parts) {
			claims = append(claims, held.claim(receipts[:len(held.parts)], epoch))
		}
	}
	return claims
}

// claim takes receipts for the unknown parts.
func (held *hold) claim(receipts []port.ParkedReceipt, epoch func(port.BindID) uint64) receiptClaim {
	c := receiptClaim{held: held, receipts: receipts}
	for i, part := range held.parts {
		row := rowOf(held.account, held.cmd, part, receipts[i].Key.OperatorMessageID, held.since)
		row.Ambiguous, row.Epoch = true, epoch(row.Bind)
		c.rows = append(c.rows, row)
		if row.PartsTotal > 1 { // should a late answer say that the id is another part's, this one was accepted all the same
			row.OperatorMessageID, row.Silent = port.NamelessID(row.MessageID, row.PartIndex), true
			c.rows = append(c.rows, row)
		}
	}
	return c
}

// only returns the one command that a receipt fits; nil: none, or one of several, and
// nothing is guessed.
func (h *holds) only(receipt port.ParkedReceipt, now time.Time) (one *hold) {
	for _, held := range h.byID {
		if held.fits(receipt, now) {
			if one != nil {
				return nil
			}
			one = held
		}
	}
	return one
}

// claimAfter is how long beyond the response timeout a receipt must have been
// parked before it is taken for a held command's: by then its own submit has been
// answered, and its row is stored or in the outbox, or is held too.
const claimAfter = 10 * time.Second

func (held *hold) fits(r port.ParkedReceipt, now time.Time) bool {
	plan := held.cmd.plan
	return len(held.parts) > 0 && held.known(now) && now.Sub(r.HeardAt) >= held.account.Times.Response+claimAfter &&
		r.Key.OperatorID == held.account.OperatorID && r.HeardAt.After(held.cmd.delivery.StoredAt) &&
		sameNumber(r.Source, plan.To()) && sameNumber(r.Dest, plan.From())
}

// sameNumber compares addresses as MNOs echo them: with or without a plus or
// leading zeros.
func sameNumber(a, b string) bool {
	return strings.TrimLeft(a, "+0") == strings.TrimLeft(b, "+0")
}

// unknownFor is how long the store must have known no row of a receipt before that is
// taken for a held command's: so long another pod may need to notice that a store is
// back, and to store what it owes.
const unknownFor = saveTimeout + 2*saveRetry

// claimSweep finds the receipts of held commands among those that are parked.
type claimSweep struct {
	desk  receiptDesk
	since map[port.CorrelationKey]time.Time // from when on the store has said of a receipt that it knows no row
}

// tick stores rows for the receipts of held commands, and matches them.
func (s *claimSweep) tick(ctx context.Context, now time.Time) {
	env := s.desk.env
	try, cancel := context.WithTimeout(ctx, saveTimeout)
	defer cancel()
	env.noteHolds(try, now)
	if env.held.count.Load() == 0 {
		s.since = nil
		return
	}
	var rows []port.Correlation
	var of []port.ParkedReceipt
	for _, c := range env.held.claim(s.ripe(s.desk.unknown(try, env.parks.all()), now), env.tenure.epoch, now) {
		if env.holdsAlone(try, c.held, now) {
			rows, of = append(rows, c.rows...), append(of, c.receipts...)
		}
	}
	if len(rows) == 0 {
		return
	}
	if err := env.near.store.Save(try, rows); err != nil {
		env.parks.doubt(of) // some may be stored all the same
		return
	}
	for _, row := range rows {
		if !env.held.answered(row.MessageID, row.PartIndex-1) {
			continue
		}
		env.Listener.On(event.DoubtDecided{Bind: row.Bind, MessageID: row.MessageID, Decision: "receipt", Trace: row.Trace, At: now})
	}
	s.desk.rematch(ctx, of)
}

// ripe returns the receipts that have been unknown for unknownFor at every look. A look
// that failed had none, so that after it they begin anew.
func (s *claimSweep) ripe(unknown []port.ParkedReceipt, now time.Time) (list []port.ParkedReceipt) {
	since := make(map[port.CorrelationKey]time.Time, len(unknown))
	for _, r := range unknown {
		first, known := s.since[r.Key]
		if !known {
			first = now
		}
		since[r.Key] = first
		if now.Sub(first) >= unknownFor {
			list = append(list, r)
		}
	}
	s.since = since
	return list
}

// unknown returns the receipts that no row is stored for, and none is decided; none if
// the store does not answer. The outbox is asked first: what leaves it meanwhile is in
// the store.
func (d receiptDesk) unknown(ctx context.Context, parked []port.ParkedReceipt) (list []port.ParkedReceipt) {
	parked = d.env.outbox.withoutOwed(parked)
	keys := make([]port.CorrelationKey, len(parked))
	for i, r := range parked {
		keys[i] = r.Key
	}
	rows, err := d.env.near.Find(ctx, keys)
	if err != nil {
		return nil
	}
	for i, r := range parked {
		if rows[i] == nil {
			list = append(list, r)
		}
	}
	return list
}
