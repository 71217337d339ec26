package actors_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors"
	"github.com/ghasi/smpp-connector/actors/control"
	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/lifecycle"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// pair is an MNO of two hosts, a (the rig's mno) and b (its backup).
type pair struct {
	*rig
	*doors
}

// doors are the hosts of an MNO, each of which can be shut.
type doors struct {
	began time.Time
	mu    sync.Mutex
	down  map[string]bool
	dials []string // "5s b": when, from the start, and to whom
}

// onTwoHosts runs a test of the tree with an account at two hosts.
func onTwoHosts(t *testing.T, run func(p *pair), options ...smsc.Option) {
	t.Helper()
	inBubble(t, func(r *rig) {
		p := &pair{r, newDoors()}
		r.backup = smsc.New(append([]smsc.Option{smsc.FirstID(1_000_000)}, options...)...)
		r.account["awcc"].Hosts = []actors.Host{p.host("a", at(r.mno)), p.host("b", at(r.backup))}
		run(p)
	}, options...)
}

func at(mno *smsc.Server) func(context.Context) (net.Conn, error) {
	return func(context.Context) (net.Conn, error) { return mno.Dial(), nil }
}

func newDoors() *doors { return &doors{began: time.Now(), down: map[string]bool{}} }

func (d *doors) host(name string, dial func(context.Context) (net.Conn, error)) actors.Host {
	return actors.Host{Address: name + ".example:2775", Dial: func(ctx context.Context) (net.Conn, error) {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.dials = append(d.dials, fmt.Sprintf("%v %s", time.Since(d.began), name))
		if d.down[name] {
			return nil, errDown
		}
		return dial(ctx)
	}}
}

// lose has the named hosts take no dials, and every other one take them.
func (d *doors) lose(names ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.down)
	for _, name := range names {
		d.down[name] = true
	}
}

// dialled are the dials since the last call.
func (d *doors) dialled() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := d.dials
	d.dials = nil
	return out
}

// expect compares the dials since the last look, and the host that the bind is bound
// at; "" of one that is not bound.
func (p *pair) expect(boundAt string, dials ...string) {
	p.t.Helper()
	if got := p.dialled(); !slices.Equal(got, dials) {
		p.t.Errorf("dials %q, want %q", got, dials)
	}
	b := p.bind()
	if at := b.Lines[0].Host; b.Bound != (boundAt != "") || b.Bound && at != boundAt+".example:2775" {
		p.t.Errorf("%s at %q, want it at %q", b.State, at, boundAt)
	}
}

// decisions.md 002/005: the first host is away, so the second one is dialled at once. Nothing of it
// is an UNBOUND, and no backup is thought of.
func TestTheNextHostIsDialledAtOnce(t *testing.T) {
	onTwoHosts(t, func(p *pair) {
		p.lose("a")
		p.start()
		p.expect("b", "0s a", "0s b")
		if got := p.healthStates(); !slices.Equal(got, []string{"awcc BOUND"}) {
			t.Errorf("operator.health: %v", got)
		}
		if h := p.mem.Events(contract.SubjectOperatorHealth)[0].Body.(*contract.OperatorHealthEvent); h.GetHost() != "b.example:2775" {
			t.Errorf("operator.health names host %q", h.GetHost())
		}
		if got := heard[event.RedialScheduled](p.rig); len(got) != 0 {
			t.Errorf("%+v", got)
		}
		if got := heard[event.HostFailed](p.rig); len(got) != 1 || got[0].Host != "a.example:2775" || got[0].Next != "b.example:2775" || !strings.Contains(got[0].Reason, "connection refused") {
			t.Errorf("%+v", got)
		}
		p.send(5)
		p.after(10 * time.Second)
		if n := p.backup.Counts().Accepted; n != 5 || len(p.mem.Events(contract.SubjectDLRInbound)) != 5 {
			t.Errorf("%d of 5 accepted by b, %d receipts", n, len(p.mem.Events(contract.SubjectDLRInbound)))
		}
	})
}

// US-SC-005: with all hosts away each is dialled as often as an only one would be.
func TestUSSC005AllHostsAwayIsOneFailedAttempt(t *testing.T) {
	onTwoHosts(t, func(p *pair) {
		p.lose("a", "b")
		p.start()
		p.after(140 * time.Second)
		p.expect("", "0s a", "0s b", "5s a", "5s b", "15s a", "15s b", "35s a", "35s b", "1m15s a", "1m15s b", "2m15s a", "2m15s b")
		var delays []time.Duration
		for i, f := range heard[event.RedialScheduled](p.rig) {
			delays = append(delays, f.Delay)
			if f.Attempt != i+1 {
				t.Errorf("attempt %d is called %d", i+1, f.Attempt)
			}
		}
		if want := []time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, time.Minute, time.Minute}; !slices.Equal(delays, want) {
			t.Errorf("%v, want %v", delays, want)
		}
		if got := p.healthStates(); !slices.Equal(got, []string{"awcc UNBOUND"}) {
			t.Errorf("operator.health: %v", got)
		}
		p.lose("a")
		p.after(time.Minute)
		p.expect("b", "3m15s a", "3m15s b")
	})
}

// The loss of one of two hosts costs one step of the backoff. A line that is bound at
// the other host stays there; what ends it, or a rebind, begins at the first again. Receipts
// match over either: it is one account.
func TestALostHostCostsOneStep(t *testing.T) {
	onTwoHosts(t, func(p *pair) {
		p.start()
		p.expect("a", "0s a")
		p.send(3)
		p.after(time.Millisecond)
		p.lose("a")
		p.mno.Do(smsc.DropLine())
		p.after(6 * time.Second)
		p.expect("b", "5.001s a", "5.001s b")

		for i := range 3 { // of messages that went over a
			p.backup.Do(smsc.SendReceipt(fmt.Sprint(i + 1)))
		}
		p.after(time.Second)
		if n := len(p.mem.Events(contract.SubjectDLRInbound)); n != 3 || p.mem.Unsettled() != 0 {
			t.Errorf("%d of 3 receipts matched over the other host, %d unsettled", n, p.mem.Unsettled())
		}

		p.lose()
		p.after(time.Hour)
		p.expect("b")
		if b := p.bind(); b.Attempts != 0 {
			t.Errorf("%+v", b)
		}
		p.must(control.Command{Verb: control.Rebind, Bind: "awcc.trx.1"})
		p.after(time.Second)
		p.expect("a", "1h0m7.001s a")

		p.lose("a")
		p.mno.Do(smsc.DropLine())
		p.after(6 * time.Second)
		p.dialled()
		p.lose()
		p.backup.Do(smsc.DropLine())
		p.after(6 * time.Second)
		p.expect("a", "1h0m19.001s a")
	})
}

// A refusal that is about the account is the same at the other host, and one more wrong
// password locks it. One that is about the host, or none at all, is not.
func TestWhichRefusalsGoToTheNextHost(t *testing.T) {
	for name, c := range map[string]struct {
		refusal smsc.Step
		boundAt string
		dials   []string
	}{
		"wrong password":   {smsc.RefuseEvery(codec.StatusInvPaswd), "", []string{"0s a"}},
		"unknown account":  {smsc.RefuseEvery(codec.StatusInvSysID), "", []string{"0s a"}},
		"too fast":         {smsc.RefuseEvery(codec.StatusThrottled), "", []string{"0s a"}},
		"bind failed":      {smsc.RefuseEvery(codec.StatusBindFail), "b", []string{"0s a", "0s b"}},
		"too many binds":   {smsc.RefuseEvery(codec.StatusAlyBnd), "b", []string{"0s a", "0s b"}},
		"a status of own":  {smsc.RefuseEvery(codec.Status(0x0450)), "b", []string{"0s a", "0s b"}},
		"no answer":        {smsc.GoSilent(), "b", []string{"0s a", "10s b"}},
		"closes the line":  {smsc.DropIdle(time.Second), "b", []string{"0s a", "1s b"}},
		"system error":     {smsc.RefuseEvery(codec.StatusSysErr), "b", []string{"0s a", "0s b"}},
		"all is well at a": {smsc.SpeakAgain(), "a", []string{"0s a"}},
	} {
		t.Run(name, func(t *testing.T) {
			onTwoHosts(t, func(p *pair) {
				p.account["awcc"].Times.AuthFailed = time.Hour
				p.mno.Do(c.refusal)
				if name == "closes the line" {
					p.mno.Do(smsc.GoSilent())
				}
				p.start()
				p.after(11 * time.Second)
				if c.boundAt == "" && name == "too fast" {
					c.dials = append(c.dials, "5s a")
				}
				p.expect(c.boundAt, c.dials...)
			})
		})
	}
}

// A floor that one host's refusal asks for holds for the whole round, and the pause
// that the MNO wants between two sessions lies between a refusal and the next host.
func TestFloorsHoldOverTheHosts(t *testing.T) {
	onTwoHosts(t, func(p *pair) {
		p.account["awcc"].Times.AlreadyBound, p.account["awcc"].Times.Rebind = 50*time.Second, 30*time.Second
		p.mno.Do(smsc.RefuseEvery(codec.StatusAlyBnd))
		p.lose("b")
		p.start()
		p.after(2 * time.Minute)
		p.expect("", "0s a", "30s b", "1m20s a", "1m50s b")
	})
}

// US-SC-005: what a host refused before the next one took the bind is no reason to wait
// when the line is lost there later.
func TestAFloorEndsWithTheBind(t *testing.T) {
	onTwoHosts(t, func(p *pair) {
		p.account["awcc"].Times.AlreadyBound = 50 * time.Second
		p.mno.Do(smsc.RefuseEvery(codec.StatusAlyBnd))
		p.start()
		p.after(time.Hour)
		p.expect("b", "0s a", "0s b")
		p.backup.Do(smsc.DropLine())
		p.after(6 * time.Second)
		p.expect("b", "1h0m5s a", "1h0m5s b")
	})
}

// hostOrder spread: N binds lie evenly on the hosts, whichever of them are away.
func TestBindsAreSpreadOverTheHosts(t *testing.T) {
	onTwoHosts(t, func(p *pair) {
		account := p.account["awcc"]
		account.HostOrder = lifecycle.Spread
		for n := 2; n <= 4; n++ {
			account.Binds = append(account.Binds, port.BindSetting{Bind: port.BindID{MNO: "awcc", Direction: port.TRX, Number: n}, OperatorID: "awcc", Enabled: true})
		}
		p.start()
		if a, b := p.mno.Counts().Bound, p.backup.Counts().Bound; a != 2 || b != 2 {
			t.Errorf("%d binds at a, %d at b", a, b)
		}
		p.lose("b")
		p.backup.Do(smsc.DropLine())
		p.after(6 * time.Second)
		if a, b := p.mno.Counts().Bound, p.backup.Counts().Bound; a != 3 || b != 1 {
			t.Errorf("after one of b's lines was lost: %d binds at a, %d at b", a, b)
		}
		elsewhere := 0
		p.system.Tree().EachBind(func(g port.BindGauge) {
			if g.Hosts != 2 {
				t.Errorf("%v knows of %d hosts", g.Bind, g.Hosts)
			}
			if g.Elsewhere {
				elsewhere++
			}
		})
		if elsewhere != 1 {
			t.Errorf("%d binds are shown as elsewhere", elsewhere)
		}
	})
}

// A host that takes submits and answers none is passed over by the next round.
func TestAHostWithoutAnswersIsPassedOver(t *testing.T) {
	onTwoHosts(t, func(p *pair) {
		p.account["awcc"].Times.Unanswered = 3
		p.mno.Do(smsc.LoseAnswers(100, 1))
		p.start()
		p.send(30)
		for tries := 0; tries < 20 && p.backup.Counts().Bound == 0; tries++ {
			p.after(30 * time.Second)
		}
		p.after(5 * time.Minute)
		if c := p.backup.Counts(); c.Bound != 1 || c.Accepted != 30 || p.mem.Unsettled() != 0 {
			t.Errorf("%d bound at b, %d of 30 accepted, %d unsettled", c.Bound, c.Accepted, p.mem.Unsettled())
		}
	})
}

// A host that takes binds and drops them again is passed over from the second time on;
// once a session has lived, the next round is at the first host again.
func TestAHostThatDropsItsLinesIsPassedOver(t *testing.T) {
	onTwoHosts(t, func(p *pair) {
		p.mno.Do(smsc.DropIdle(10 * time.Second))
		p.start()
		p.after(2 * time.Minute)
		p.expect("b", "0s a", "15s a", "30s b")
		p.backup.Do(smsc.DropLine())
		p.after(time.Minute)
		p.expect("b", "2m5s a", "2m20s a", "2m35s b")
	})
}

// US-SC-003: a transmitter and a receiver are at one host, whichever of the two lines
// is lost, and from wherever the transmitter was bound before.
func TestUSSC003BothHalvesAreAtOneHost(t *testing.T) {
	onTwoHosts(t, func(p *pair) {
		p.account["awcc"].FallbackTriggers = []codec.Status{codec.StatusInvCmdID}
		both := func(tx, rx string) {
			t.Helper()
			lines := p.bind().Lines
			if len(lines) != 2 || lines[0].Host != tx+".example:2775" || lines[1].Host != rx+".example:2775" || lines[0].State != "BOUND" || lines[1].State != "BOUND" {
				t.Errorf("want %s and %s: %+v", tx, rx, lines)
			}
		}
		p.lose("a")
		p.start()
		both("b", "b")
		p.lose()
		p.backup.BoundAs(codec.BindReceiverID)[0].Do(smsc.DropLine())
		p.after(6 * time.Second)
		both("b", "b") // a takes dials again, and its transmitter is at b
		p.dialled()

		p.backup.BoundAs(codec.BindTransmitterID)[0].Do(smsc.DropLine())
		p.after(5 * time.Second)
		if rx := p.bind().Lines[1]; rx.State != "DISCONNECTED" || rx.Reason != "LineMoved: to a.example:2775, where its transmitter is" {
			t.Errorf("the transmitter is at a, and the receiver %+v", rx)
		}
		p.after(6 * time.Second)
		both("a", "a")
		if c := p.backup.Counts(); c.Unbinds != 1 || c.Bound != 0 {
			t.Errorf("b: %d unbinds, %d bound", c.Unbinds, c.Bound)
		}

		p.lose("a") // both lines at once: the receiver does not wait for its second step
		p.mno.BoundAs(codec.BindReceiverID)[0].Do(smsc.DropLine())
		p.mno.BoundAs(codec.BindTransmitterID)[0].Do(smsc.DropLine())
		p.after(5*time.Second + time.Millisecond)
		both("b", "b")
		for _, f := range heard[event.ProtocolViolation](p.rig) {
			t.Errorf("%+v", f)
		}
	}, smsc.RefuseTransceiver())
}

// Whatever becomes of the hosts and of either line, in the end there are one transmitter
// and one receiver, at one host.
func TestUSSC003BothHalvesMeetAgain(t *testing.T) {
	t.Parallel() // one of those that take longest
	for seed := range uint64(40) {
		onTwoHosts(t, func(p *pair) {
			account, random := p.account["awcc"], rand.New(rand.NewPCG(seed, 1))
			account.FallbackTriggers = []codec.Status{codec.StatusInvCmdID}
			account.HostOrder = lifecycle.Order(seed % 2)
			if seed%4 == 3 {
				account.Times.Rebind = 7 * time.Second
			}
			p.start()
			for range 25 {
				p.lose(pick(random, nil, []string{"a"}, []string{"b"}, []string{"a", "b"})...)
				mno := pick(random, p.mno, p.backup)
				mno.Do(pick(random, smsc.RefuseEvery(codec.StatusSysErr), smsc.RefuseEvery(codec.StatusOK), smsc.RefuseEvery(codec.StatusOK)))
				for _, s := range mno.BoundAs(pick(random, codec.BindTransmitterID, codec.BindReceiverID)) {
					s.Do(pick(random, smsc.DropLine(), smsc.Unbind(), smsc.GoSilent()))
				}
				p.after(time.Duration(random.Int64N(int64(20 * time.Second))))
			}
			p.lose()
			p.mno.Do(smsc.RefuseEvery(codec.StatusOK))
			p.backup.Do(smsc.RefuseEvery(codec.StatusOK))
			p.after(10 * time.Minute)
			lines := p.bind().Lines
			if len(lines) != 2 || lines[0].State != "BOUND" || lines[1].State != "BOUND" || lines[0].Host != lines[1].Host {
				t.Errorf("seed %d: %+v", seed, lines)
			}
			if tx, rx := len(p.mno.BoundAs(codec.BindTransmitterID))+len(p.backup.BoundAs(codec.BindTransmitterID)), len(p.mno.BoundAs(codec.BindReceiverID))+len(p.backup.BoundAs(codec.BindReceiverID)); tx != 1 || rx != 1 {
				t.Errorf("seed %d: %d transmitters, %d receivers", seed, tx, rx)
			}
			for _, f := range heard[event.ProtocolViolation](p.rig) {
				if f.What == "illegal_transition" {
					t.Errorf("seed %d: %s", seed, f.Detail)
				}
			}
		}, smsc.RefuseTransceiver(), smsc.DropIdle(2*time.Minute))
	}
}

// Hosts that the configuration names anew count from the next dial, and a bind that
// waits dials the first of them now.
func TestHostsChangeWhileTheBindWaits(t *testing.T) {
	onTwoHosts(t, func(p *pair) {
		p.refresh = time.Minute
		p.lose("a", "b")
		p.start()
		changed := *p.account["awcc"]
		changed.Hosts = []actors.Host{p.host("c", at(p.backup))}
		p.setAccount(&changed)
		p.after(time.Minute)
		p.expect("c", "0s a", "0s b", "5s a", "5s b", "15s a", "15s b", "35s a", "35s b", "1m0s c")
	})
}

// A host that takes the bind and drops the line in one breath has the next one dialled. Where
// the bind hears of the loss first, it does not take the host for bound afterwards.
func TestAHostThatAcceptsAndDropsAtOnce(t *testing.T) {
	defer actors.MakeActorsMortal()()
	onTwoHosts(t, func(p *pair) {
		p.account["awcc"].Hosts[0] = p.host("a", func(context.Context) (net.Conn, error) {
			time.Sleep(time.Second)
			near, far := net.Pipe()
			go func() {
				defer far.Close()
				frame, err := codec.NewFramer(far, 1<<10).Next()
				if err != nil {
					return
				}
				if pdu, err := codec.Parse(frame); err == nil {
					_, _ = far.Write(codec.Append(nil, codec.NewResp(pdu, codec.StatusOK)))
				}
			}()
			return near, nil
		})
		p.start()
		p.after(500 * time.Millisecond)
		p.system.Stand("connector/operator/awcc/bind/awcc/trx/1", 2*time.Second)
		p.after(30 * time.Second)
		p.sendMany("m", 1)
		p.after(time.Minute)
		if b := p.bind(); !b.Bound || b.Lines[0].Host != "b.example:2775" || p.mem.Unsettled() != 0 {
			t.Errorf("%s at %s, %d unsettled", b.State, b.Lines[0].Host, p.mem.Unsettled())
		}
		if v := heard[event.ProtocolViolation](p.rig); len(v) != 0 {
			t.Errorf("%+v", v)
		}
	})
}
