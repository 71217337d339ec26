package actors_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors"
	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/ledger"
	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// chaos is one seeded life of a bind with an MNO, stores and a program that fail
// in every way there is.
type chaos struct {
	*rig
	*doors
	random *rand.Rand
	sent   int
	deaf   map[*smsc.Session]bool // sessions that hang: they do not notice either when we leave
	told   []string               // what was done, for whoever reads a failure
}

// fault is something that goes wrong, and what mends it; nil: it mends itself.
type fault struct {
	name string
	do   func(c *chaos)
	mend func(c *chaos)
}

func play(steps ...smsc.Step) func(*chaos) { return func(c *chaos) { c.mno.Do(steps...) } }

var faults = []fault{
	{"the line drops", play(smsc.DropLine()), nil},
	{"the line drops inside a PDU", play(smsc.DropLineMidPDU()), nil},
	{"the line drops after some PDUs", func(c *chaos) { c.mno.Do(smsc.DropLineAfter(1 + c.random.IntN(20))) }, nil},
	{"the line is reset", play(smsc.ResetLine()), nil},
	{"the MNO unbinds", play(smsc.Unbind()), nil},
	{"the MNO is silent", play(smsc.GoSilent()), play(smsc.SpeakAgain())},
	{"the MNO stops reading", func(c *chaos) {
		for _, s := range c.bound() {
			c.deaf[s] = true
			s.Do(smsc.StopReading())
		}
	}, func(c *chaos) {
		for s := range c.deaf {
			s.Do(smsc.DropLine())
		}
		clear(c.deaf)
	}},
	{"garbage", func(c *chaos) { c.mno.Do(smsc.SendGarbage(1+c.random.IntN(200), c.random.Uint64())) }, nil},
	{"an unknown command", play(smsc.SendRaw([]byte{0, 0, 0, 16, 0, 0, 0, 0x77, 0, 0, 0, 0, 0, 0, 0, 9})), nil},
	{"an answer that nobody asked for", func(c *chaos) {
		c.mno.Do(smsc.SendPDU(&codec.SubmitSMResp{Header: codec.Header{Sequence: 0x70000000 + c.random.Uint32N(3000)}, MessageID: "stray"}))
	}, nil},
	{"binds are refused", func(c *chaos) {
		c.mno.Do(smsc.RefuseEvery(pick(c.random, codec.StatusInvPaswd, codec.StatusAlyBnd, codec.StatusBindFail, codec.StatusSysErr)), smsc.DropLine())
	}, play(smsc.RefuseEvery(codec.StatusOK))},
	{"dials fail", func(c *chaos) { c.refuseDials(errDown); c.mno.Do(smsc.DropLine()) }, func(c *chaos) { c.refuseDials(nil) }},
	{"one of two hosts is away", func(c *chaos) { c.lose("a"); c.mno.Do(smsc.DropLine()) }, func(c *chaos) { c.lose() }},
	{"throttled", play(smsc.AnswerSubmits(codec.StatusThrottled, 0)), play(smsc.AnswerSubmits(codec.StatusOK, 0))},
	{"submits fail", play(smsc.AnswerSubmits(codec.StatusSubmitFail, 0)), play(smsc.AnswerSubmits(codec.StatusOK, 0))},
	{"the MNO's queue is full", play(smsc.AnswerSubmits(codec.StatusMsgQFul, 0)), play(smsc.AnswerSubmits(codec.StatusOK, 0))},
	{"every seventh is throttled", play(smsc.ThrottleEvery(7)), play(smsc.ThrottleEvery(0))},
	{"answers are late and out of order", func(c *chaos) { c.mno.Do(smsc.DelayShuffled(2*time.Second, c.random.Uint64())) }, play(smsc.Delay(0))},
	{"answers are lost", func(c *chaos) { c.mno.Do(smsc.LoseAnswers(20, c.random.Uint64())) }, play(smsc.LoseAnswers(0, 1))},
	{"writes come in pieces", play(smsc.SplitWrites(3)), play(smsc.SplitWrites(0))},
	{"correlations cannot be stored", func(c *chaos) { c.mem.Correlations.Fail(errDown) }, func(c *chaos) { c.mem.Correlations.Heal() }},
	{"the correlations' answers are lost", func(c *chaos) { c.mem.Correlations.LoseAnswers(errDown) }, func(c *chaos) { c.mem.Correlations.Heal() }},
	{"events cannot be published", func(c *chaos) { c.mem.Publisher.Fail(errDown) }, func(c *chaos) { c.mem.Publisher.Heal() }},
	{"the counters are away", func(c *chaos) { c.mem.Counters.Fail(errDown) }, func(c *chaos) { c.mem.Counters.Heal() }},
	{"commands cannot be fetched", func(c *chaos) { c.mem.Dispatch.Fail(errDown) }, func(c *chaos) { c.mem.Dispatch.Heal() }},
	{"the leases are away", func(c *chaos) { c.mem.Leases.Hang(); c.mem.Presence.Fail(errDown) }, func(c *chaos) { c.mem.Leases.Heal(); c.mem.Presence.Heal() }},
	{"the leases' answers are lost", func(c *chaos) { c.mem.Leases.LoseAnswers(errDown) }, func(c *chaos) { c.mem.Leases.Heal() }},
	{"somebody deletes the lease", func(c *chaos) { c.mem.Leases.Delete(c.account["awcc"].Binds[0].Bind) }, nil},
	{"an actor fails", func(c *chaos) { c.system.Kill(pick(c.random, everyActor[1:]...)) }, nil},
}

func pick[T any](random *rand.Rand, from ...T) T { return from[random.IntN(len(from))] }

// bound lists the sessions that are bound and listen.
func (c *chaos) bound() (list []*smsc.Session) {
	for _, s := range c.mno.BoundAs(codec.BindTransceiverID) {
		if !c.deaf[s] {
			list = append(list, s)
		}
	}
	return list
}

// live lets the bind live through so many faults, sending on.
func (c *chaos) live(t *testing.T, steps int) {
	var open []fault
	for range steps {
		f := pick(c.random, faults...)
		c.told = append(c.told, f.name)
		f.do(c)
		if f.mend != nil {
			open = append(open, f)
		}
		for range c.random.IntN(15) {
			text := fmt.Sprintf("#%05d ", c.sent)
			if c.random.IntN(5) == 0 {
				text = strings.Repeat(text, 50) // three parts, and each says whose it is
			}
			c.mem.Publish(contract.OperatorSubject("awcc"), fmt.Appendf(nil, `{"messageId":"m%d","to":"937000%05d","text":%q}`, c.sent, c.sent%50, text))
			c.sent++
		}
		c.after(time.Duration(c.random.Int64N(int64(40 * time.Second))))
		if n := len(c.bound()); n > 1 {
			t.Errorf("%d sessions are bound on one bind", n)
		}
		for len(open) > 0 && c.random.IntN(3) > 0 {
			i := c.random.IntN(len(open))
			open[i].mend(c)
			open = append(open[:i], open[i+1:]...)
		}
	}
	for _, f := range open {
		f.mend(c)
	}
}

// chaosSeeds is how many lives `make test` goes through; SOAK_MINUTES asks for
// thousands, SEED for one.
func chaosSeeds(t *testing.T) (first, last uint64) {
	if seed, err := strconv.ParseUint(os.Getenv("SEED"), 10, 64); err == nil && seed > 0 {
		return seed, seed
	}
	if minutes, err := strconv.Atoi(os.Getenv("SOAK_MINUTES")); err == nil && minutes > 0 {
		return 1, uint64(minutes) * 1000
	}
	return 1, livesAtOnce
}

// Issue 3, point 10: whole lives in simulated time. Whatever happens: never two
// sessions on one bind, no goroutine is left (the bubble would not end), the
// window comes back to 0, and every message has come to one end.
func TestSoakLivesFullOfFaults(t *testing.T) {
	defer actors.MakeActorsMortal()()
	first, last := chaosSeeds(t)
	for seed := first; seed <= last; seed++ {
		inBubble(t, func(r *rig) {
			c := &chaos{rig: r, doors: newDoors(), deaf: map[*smsc.Session]bool{}, random: rand.New(rand.NewPCG(seed, 0))}
			account := r.account["awcc"]
			account.Times.AlreadyBound, account.Times.AuthFailed = 40*time.Second, 40*time.Second
			dial := account.Hosts[0].Dial
			account.Hosts = []actors.Host{c.host("a", dial), c.host("b", dial)}
			account.Unknown, account.Times.Hold = ledger.Policy(seed%3), 10*time.Minute
			r.start()
			c.live(t, 12)
			r.after(30 * time.Minute)
			c.check(t)
			if t.Failed() {
				t.Errorf("seed %d, policy %v: %q", seed, account.Unknown, c.told)
			}
		}, smsc.Delay(20*time.Millisecond), smsc.RepeatRefused(5*time.Second, 1000))
		if t.Failed() {
			return
		}
	}
}

// check looks at a life after everything has been mended.
func (c *chaos) check(t *testing.T) {
	t.Helper()
	if left := c.mem.Unsettled(); left != 0 {
		t.Errorf("%d commands are not settled", left)
	}
	if b := c.rig.bind(); !b.Bound || b.InFlight != 0 || b.Queued != 0 || b.Settling != 0 {
		t.Errorf("%+v", b)
	}
	for _, f := range heard[event.ProtocolViolation](c.rig) {
		if f.What == "illegal_transition" {
			t.Errorf("%s", f.Detail)
		}
	}
	got := c.handset(t)
	ends := c.ends()
	for i := range c.sent {
		e, copies := ends[fmt.Sprintf("m%d", i)], got[i]
		unknown := e.dead == 1 && e.reason == "outcome_unknown"
		switch {
		case e.submitted == 1 && e.final == 1 && e.dead == 0:
		case unknown && e.submitted == 0 && c.account["awcc"].Unknown != ledger.Redeliver:
			continue
		default:
			t.Errorf("m%d: %+v", i, e)
		}
		if !copies.joined {
			t.Errorf("m%d: the handset cannot join its parts: %v", i, copies.parts)
		}
		if copies.most > 1 && !e.ambiguous {
			t.Errorf("m%d was sent %d times, and nothing says so", i, copies.most)
		}
		if copies.most > 1 && c.account["awcc"].Unknown != ledger.Redeliver {
			t.Errorf("m%d was sent %d times in spite of the policy", i, copies.most)
		}
	}
}

// end is what the events say of a message.
type end struct {
	submitted, final, dead int
	ambiguous              bool
	reason                 string
}

func (c *chaos) ends() map[string]*end {
	ends := map[string]*end{}
	of := func(id string) *end {
		if ends[id] == nil {
			ends[id] = &end{}
		}
		return ends[id]
	}
	for i := range c.sent {
		of(fmt.Sprintf("m%d", i))
	}
	for _, e := range c.mem.Events(contract.SubjectSubmitted) {
		body := e.Body.(*contract.DispatchSubmitted)
		of(body.GetMessageId()).submitted++
		of(body.GetMessageId()).ambiguous = body.GetAmbiguous()
	}
	for _, e := range c.mem.Events(contract.SubjectDLRInbound) {
		if body := e.Body.(*contract.DlrInboundEvent); body.GetFinal() {
			of(body.GetMessageId()).final++
		}
	}
	for _, e := range c.mem.Events(contract.SubjectDLQ) {
		body := e.Body.(*contract.DispatchRejected)
		of(body.GetMessageId()).dead++
		of(body.GetMessageId()).reason = body.GetReason()
	}
	return ends
}

// received is what the handset got of a message.
type received struct {
	parts  map[smsc.Part]int // how often each
	most   int               // copies of the part that came most often
	joined bool              // there are all parts under one reference
}

var whose = regexp.MustCompile(`#(\d{5})`)

func (c *chaos) handset(t *testing.T) map[int]received {
	t.Helper()
	got := map[int]received{}
	byIndex := map[[2]int]int{}
	for _, sms := range c.mno.SMS() {
		said := whose.FindStringSubmatch(sms.Text())
		if said == nil {
			t.Fatalf("an SMS of nobody: %q", sms.Text())
		}
		number, _ := strconv.Atoi(said[1])
		r := got[number]
		if r.parts == nil {
			r.parts = map[smsc.Part]int{}
		}
		r.parts[sms.Part]++
		place := [2]int{number, int(sms.Part.Index)}
		byIndex[place]++
		r.most = max(r.most, byIndex[place])
		under := 0
		for part := range r.parts {
			if part.Reference == sms.Part.Reference && part.Wide == sms.Part.Wide {
				under++
			}
		}
		r.joined = r.joined || under >= int(sms.Part.Total)
		got[number] = r
	}
	return got
}
