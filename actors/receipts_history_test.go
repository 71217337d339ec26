package actors_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors"
	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// history is one seeded life of receipts: over two binds of two pods, each receipt up to
// three times and up to hours apart, while stores and pods fail.
type history struct {
	*rig
	random *rand.Rand
	second *actors.System
	told   []string // what was done, for whoever reads a failure
}

// troubles are what goes wrong, until it is healed.
var troubles = []struct {
	name string
	do   func(h *history)
}{
	{"correlations cannot be reached", func(h *history) { h.mem.Correlations.Fail(errDown) }},
	{"correlations hang", func(h *history) { h.mem.Correlations.Hang() }},
	{"correlations are slow", func(h *history) { h.mem.Correlations.Slow(3 * time.Second) }},
	{"the correlations' answers are lost", func(h *history) { h.mem.Correlations.LoseAnswers(errDown) }},
	{"some calls of correlations fail", func(h *history) { h.mem.Correlations.FailNext(1+h.random.IntN(5), errDown) }},
	{"events cannot be stored", func(h *history) { h.mem.Publisher.Fail(errDown) }},
	{"the events' answers are lost", brief(func(h *history) { h.mem.Publisher.LoseAnswers(errDown) })},
	{"receipts cannot be parked", brief(func(h *history) { h.mem.Park.Fail(errDown) })},
	{"the park's answers are lost", brief(func(h *history) { h.mem.Park.LoseAnswers(errDown) })},
	{"the park hangs", brief(func(h *history) { h.mem.Park.Hang() })},
	{"a pod is killed", func(h *history) { h.restart() }},
	{"the other pod is killed", func(h *history) { h.end(h.second); h.second = h.another() }},
	{"a line drops", func(h *history) { h.on(smsc.DropLine()) }},
	{"nothing", func(*history) {}},
}

// brief is a trouble that has JetStream say nothing for a minute, while all else works. An
// event whose answer is lost, and whose row nobody can mark for longer than the stream knows
// its Msg-Id, comes twice: that takes both at once.
func brief(do func(*history)) func(*history) {
	return func(h *history) {
		h.mem.Heal()
		h.after(2 * time.Minute)
		do(h)
		h.after(time.Minute)
		h.mem.Heal()
		h.after(2 * time.Minute)
	}
}

// on plays a step on one of the lines.
func (h *history) on(step smsc.Step) {
	if lines := h.mno.BoundAs(codec.BindTransceiverID); len(lines) > 0 {
		pick(h.random, lines...).Do(step)
	}
}

// live sends messages and receipts through so many troubles.
func (h *history) live(steps int) (sent int) {
	receipted := 0
	for range steps {
		for range 1 + h.random.IntN(5) {
			h.sendText(fmt.Sprint("m", sent), strings.Repeat(fmt.Sprintf("#%05d ", sent), pick(h.random, 1, 30, 60)))
			sent++
		}
		h.after(time.Duration(h.random.Int64N(int64(20 * time.Second))))
		t := pick(h.random, troubles...)
		h.told = append(h.told, t.name)
		t.do(h)
		list := h.mno.SMS()
		for ; receipted < len(list); receipted++ {
			h.receipt(list[receipted].ID)
		}
		h.after(time.Duration(h.random.Int64N(int64(pick(h.random, time.Second, time.Minute, 25*time.Minute)))))
		if h.random.IntN(3) > 0 {
			h.mem.Heal()
		}
	}
	h.mem.Heal()
	h.after(30 * time.Minute)
	for _, sms := range h.mno.SMS()[receipted:] {
		h.receipt(sms.ID)
	}
	h.after(6 * time.Hour)
	return sent
}

// receipt has one final receipt come, up to three times and up to hours apart, and
// perhaps an intermediate one of the same state before.
func (h *history) receipt(id string) {
	if h.random.IntN(4) == 0 {
		pdu := receiptPDU(id)
		pdu.ESMClass, pdu.Sequence = codec.ESMTypeIntermediate, 0
		h.on(smsc.SendPDU(pdu))
	}
	for range 1 + h.random.IntN(3) {
		wait, random := time.Duration(h.random.Int64N(int64(pick(h.random, time.Second, time.Minute, 40*time.Minute, 4*time.Hour)))), h.random.IntN(2)
		time.AfterFunc(wait, func() {
			if lines := h.mno.BoundAs(codec.BindTransceiverID); len(lines) > 0 {
				lines[random%len(lines)].Do(smsc.SendReceipt(id))
			}
		})
	}
}

// US-SC-011, issue 6: whatever fails, and however often the MNO repeats a receipt, each
// message has one final event, and none has that of another.
func TestSoakHistoriesOfReceipts(t *testing.T) {
	t.Parallel() // one of those that take longest
	first, last := chaosSeeds(t)
	last = max(first, last/6) // each takes as long as six of those
	for seed := first; seed <= last; seed++ {
		inBubble(t, func(r *rig) {
			h := &history{rig: r, random: rand.New(rand.NewPCG(seed, 1))}
			r.twoBinds()
			r.start()
			h.second = r.another()
			r.after(30 * time.Second)
			sent := h.live(8)
			finals := map[string]int{}
			for _, e := range r.receiptsOn(contract.SubjectDLRInbound) {
				if e.GetFinal() {
					finals[e.GetMessageId()]++
				}
			}
			for i := range sent {
				if id := fmt.Sprint("m", i); finals[id] != 1 {
					t.Errorf("%s has %d final events", id, finals[id])
					for _, e := range r.mem.Publisher.Stored("") {
						if b, ok := e.Event.Body.(*contract.DlrInboundEvent); ok && b.GetMessageId() == id {
							t.Errorf("at %v %s %s of %s part %d, submitted %v, received %v", e.At, e.Event.ID, b.GetStatus(), b.GetOperatorMessageId(), b.GetPartIndex(), b.GetSubmittedAt().AsTime(), b.GetReceivedAt().AsTime())
						}
					}
				}
			}
			rows := map[string]bool{}
			for _, row := range r.mem.Correlations.All() {
				rows[row.OperatorMessageID] = true
			}
			nobodys := 0 // whose answer was lost with a line
			for _, sms := range r.mno.SMS() {
				if !rows[sms.ID] {
					nobodys++
				}
			}
			if parked := r.mem.Park.Parked(); len(finals) != sent || parked < nobodys || parked > 2*nobodys {
				t.Errorf("%d messages of %d have events; %d receipts are parked, %d are of no message", len(finals), sent, parked, nobodys)
			}
			if t.Failed() {
				t.Errorf("seed %d: %q", seed, h.told)
			}
			r.end(h.second)
		}, smsc.SendReceipts(smsc.Never()), smsc.RepeatRefused(time.Minute, 1000), smsc.Delay(20*time.Millisecond))
		if t.Failed() {
			return
		}
	}
}
