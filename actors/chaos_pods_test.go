package actors_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors"
	"github.com/ghasi/smpp-connector/actors/ledger"
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// twoPods is one seeded life of two pods that share an operator's commands, each with troubles
// of its own beside those that both have.
type twoPods struct {
	*chaos
	*pool
	killed bool // a pod has ended without a drain
}

// podFault is something that goes wrong with one pod, and what mends it; nil: it mends itself.
type podFault struct {
	name string
	do   func(p *twoPods, one *pod)
	mend func(p *twoPods, one *pod)
}

var podFaults = []podFault{
	{"cannot store correlations", func(_ *twoPods, one *pod) { one.rows.Fail(errDown) }, func(_ *twoPods, one *pod) { one.rows.Heal() }},
	{"stores correlations slowly", func(p *twoPods, one *pod) { one.rows.Slow(time.Duration(1+p.random.IntN(8)) * time.Second) }, func(_ *twoPods, one *pod) { one.rows.Heal() }},
	{"cannot renew its leases", func(_ *twoPods, one *pod) { one.leases.Hang(); one.presence.Fail(errDown) }, func(_ *twoPods, one *pod) { one.leases.Heal(); one.presence.Heal() }},
	{"is drained and replaced", func(p *twoPods, one *pod) { p.heal(one); p.pool.remove(one, true); p.add() }, nil},
	{"has an actor that fails", func(p *twoPods, one *pod) {
		var paths []string
		for _, a := range one.system.Tree().Snapshot() {
			if strings.Contains(a.Path, "/") { // not the root
				paths = append(paths, a.Path)
			}
		}
		one.system.Kill(pick(p.random, paths...))
	}, nil},
	{"is killed and replaced", func(p *twoPods, one *pod) {
		p.killed = true
		p.chaos.mem.Fail(errDown)
		p.pool.remove(one, false)
		p.chaos.mem.Heal()
		p.add()
	}, nil},
}

// sharedFaults are those of chaos that are about the MNO.
var sharedFaults = []fault{
	{"the lines drop", play(smsc.DropLine()), nil},
	{"the lines drop after some PDUs", func(c *chaos) { c.mno.Do(smsc.DropLineAfter(1 + c.random.IntN(20))) }, nil},
	{"the MNO unbinds", play(smsc.Unbind()), nil},
	{"throttled", play(smsc.AnswerSubmits(codec.StatusThrottled, 0)), play(smsc.AnswerSubmits(codec.StatusOK, 0))},
	{"the MNO's queue is full", play(smsc.AnswerSubmits(codec.StatusMsgQFul, 0)), play(smsc.AnswerSubmits(codec.StatusOK, 0))},
	{"every third is throttled", play(smsc.ThrottleEvery(3)), play(smsc.ThrottleEvery(0))},
	{"answers come too late", func(c *chaos) { c.mno.Do(smsc.Delay(time.Duration(25+c.random.IntN(40)) * time.Second)) }, play(smsc.Delay(20 * time.Millisecond))},
	{"answers are lost", func(c *chaos) { c.mno.Do(smsc.LoseAnswers(20, c.random.Uint64())) }, play(smsc.LoseAnswers(0, 1))},
	{"parts have one id", play(smsc.OneIDForAllParts()), nil},
}

func (p *twoPods) heal(one *pod) {
	one.rows.Heal()
	one.leases.Heal()
	one.presence.Heal()
}

// live lets both live through so many faults, sending on.
func (p *twoPods) live(steps int) {
	var open []fault
	var ill []podFault
	for range steps {
		one := pick(p.random, p.pods...)
		if p.random.IntN(2) == 0 {
			f := pick(p.random, podFaults...)
			p.told = append(p.told, one.name+" "+f.name)
			if f.do(p, one); f.mend != nil {
				ill = append(ill, podFault{mend: func(p *twoPods, _ *pod) { f.mend(p, one) }})
			}
		} else {
			f := pick(p.random, sharedFaults...)
			p.told = append(p.told, f.name)
			if f.do(p.chaos); f.mend != nil {
				open = append(open, f)
			}
		}
		p.sendSome()
		p.chaos.after(time.Duration(p.random.Int64N(int64(3 * time.Minute))))
		for len(open) > 0 && p.random.IntN(2) > 0 {
			open[0].mend(p.chaos)
			open = open[1:]
		}
		for len(ill) > 0 && p.random.IntN(3) > 0 {
			ill[0].mend(p, nil)
			ill = ill[1:]
		}
	}
	for _, f := range open {
		f.mend(p.chaos)
	}
	for _, one := range p.pods {
		p.heal(one)
	}
}

// sendSome sends to a recipient of its own each: with hold, a pod that cannot store for long
// what its MNO has accepted leaves its receipts to others that are held for the same one.
func (p *twoPods) sendSome() {
	for range p.random.IntN(15) {
		text := fmt.Sprintf("#%05d ", p.sent)
		if p.random.IntN(3) == 0 {
			text = strings.Repeat(text, 50) // three parts, and each says whose it is
		}
		p.chaos.mem.Publish(subject, fmt.Appendf(nil, `{"messageId":"m%d","to":"937000%05d","text":%q}`, p.sent, p.sent, text))
		p.sent++
	}
}

// judge looks at a life after everything has been mended.
func (p *twoPods) judge(t *testing.T, policy ledger.Policy) {
	t.Helper()
	if left := p.chaos.mem.Unsettled() + p.chaos.mem.Waiting(); left != 0 {
		t.Errorf("%d commands are not settled", left)
	}
	got, ends := p.handset(t), p.ends()
	for i := range p.sent {
		e, copies := ends[fmt.Sprintf("m%d", i)], got[i]
		switch {
		case e.submitted == 1 && e.dead == 0:
			if !copies.joined {
				t.Errorf("m%d: the handset cannot join its parts: %v", i, copies.parts)
			}
		case e.submitted == 0 && e.dead == 1 && e.reason == "outcome_unknown" && policy != ledger.Redeliver:
		default:
			t.Errorf("m%d: %+v", i, e)
		}
		if copies.most > 1 && (policy != ledger.Redeliver || !e.ambiguous) {
			t.Errorf("m%d was sent %d times: %+v", i, copies.most, e)
		}
	}
}

// US-SC-010, 016: whatever happens to either of two pods, each message has one end, what
// is sent twice is marked, and under hold and giveUp nothing is.
func TestSoakTwoPodsFullOfFaults(t *testing.T) {
	defer actors.MakeActorsMortal()()
	first, last := chaosSeeds(t)
	if first == 1 && last == livesAtOnce { // of `make test`
		last /= 3
	}
	for seed := first; seed <= last; seed++ {
		inBubble(t, func(r *rig) {
			policy := ledger.Policy(seed % 3)
			r.account["awcc"].Unknown, r.account["awcc"].Times.Hold = policy, 10*time.Minute
			p := &twoPods{chaos: &chaos{rig: r, random: rand.New(rand.NewPCG(seed, 7))}, pool: newPool(r, 2)}
			p.add()
			p.add()
			p.chaos.after(5 * time.Second)
			p.live(12)
			p.chaos.after(time.Hour)
			p.judge(t, policy)
			if t.Failed() {
				t.Errorf("seed %d, policy %v: %q", seed, policy, p.told)
			}
			p.close()
		}, smsc.Delay(20*time.Millisecond), smsc.RepeatRefused(5*time.Second, 1000))
		if t.Failed() {
			return
		}
	}
}
