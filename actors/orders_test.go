package actors_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/control"
	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

var commandID int

// command gives a command to the rig's pod.
func (r *rig) command(c control.Command) control.Answer {
	r.t.Helper()
	commandID++
	c.ID, c.By, c.At = fmt.Sprint("c", commandID), "noc@desk", time.Now()
	return r.system.Controls(r.mem.Orders, "pod-1").Do(context.Background(), c)
}

// must is command, for those that are to be carried out.
func (r *rig) must(c control.Command) {
	r.t.Helper()
	if a := r.command(c); !a.Known || a.Error != "" || a.Pod != "pod-1" {
		r.t.Errorf("%s: %+v", c.Verb, a)
	}
}

// health is what operator.health said of the bind, with its reasons, in order.
func (r *rig) health() (said []string) {
	for _, e := range r.mem.Events(contract.SubjectOperatorHealth) {
		h := e.Body.(*contract.OperatorHealthEvent)
		said = append(said, h.GetState().String()+" "+h.GetReason())
	}
	return said
}

// Issue 7, point 5: a paused bind stays bound, hears receipts and pulls nothing; after
// resume it goes on. Health, tree and facts say so.
func TestPauseAndResume(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.sendText("before", "Hello")
		r.after(time.Second)
		r.must(control.Command{Verb: control.Pause, Bind: "awcc.trx.1"})
		r.after(10 * time.Second) // requests for commands that were under way are over; the receipt comes
		if b := r.bind(); !b.Bound || b.State != "BOUND" || b.Order != "paused" || b.LimitedBy != "paused" {
			t.Errorf("%s, order %q, limited by %q", b.State, b.Order, b.LimitedBy)
		}
		r.send(50)
		r.after(time.Minute)
		if c := r.mno.Counts(); c.Accepted != 1 || r.mem.Waiting() != 50 || len(r.mem.Events(contract.SubjectDLRInbound)) == 0 {
			t.Errorf("%d accepted and %d waiting while paused, %d receipts", c.Accepted, r.mem.Waiting(), len(r.mem.Events(contract.SubjectDLRInbound)))
		}
		r.must(control.Command{Verb: control.Resume, Bind: "awcc.trx.1"})
		r.after(10 * time.Second)
		if c := r.mno.Counts(); c.Accepted != 51 || c.Binds != 1 || r.bind().Order != "" {
			t.Errorf("%d accepted after resume, %d binds, order %q", c.Accepted, c.Binds, r.bind().Order)
		}
		if got := r.health(); !slices.Equal(got, []string{"BOUND ", "BOUND paused", "BOUND pulls again"}) {
			t.Errorf("operator.health: %q", got)
		}
		var rests []string
		for _, f := range heard[event.BindOrdered](r) {
			rests = append(rests, f.Rest)
		}
		if !slices.Equal(rests, []string{"paused", ""}) {
			t.Errorf("facts: %q", rests)
		}
		history := r.mem.Orders.History("bind.awcc.trx.1")
		audits := heard[event.CommandGiven](r)
		if len(history) != 2 || history[0].Verb != "pause" || history[0].By != "noc@desk" || history[0].At.IsZero() || len(audits) != 2 || audits[1].Verb != "resume" || audits[1].By != "noc@desk" {
			t.Errorf("audit: %+v, %+v", history, audits)
		}
	}, smsc.SendReceipts(smsc.After(3*time.Second)))
}

// Issue 7, point 5: maintenance of an MNO unbinds its binds when their windows are
// empty, keeps them unbound, moves nothing to a backup, and touches no other MNO;
// nothing is lost or sent twice; after it they bind at once.
func TestMaintenanceOfOneMNO(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.backup = smsc.New()
		r.account["roshan"] = r.newAccount("roshan", r.backup)
		r.account["awcc"].BackupOperatorID = "roshan"
		second := port.BindSetting{Bind: port.BindID{MNO: "awcc", Direction: port.TRX, Number: 2}, OperatorID: "awcc", Enabled: true}
		r.account["awcc"].Binds = append(r.account["awcc"].Binds, second)
		r.operators = []string{"awcc", "roshan"}
		r.start()
		r.send(500)
		r.after(2 * time.Second)
		a := r.command(control.Command{Verb: control.MaintenanceOn, MNO: "awcc"})
		if !a.Known || a.Error != "" || !slices.Equal(a.Binds, []string{"awcc.trx.1", "awcc.trx.2"}) {
			t.Errorf("%+v", a)
		}
		r.after(20 * time.Second)
		during := r.mno.Counts()
		r.mem.Publish(contract.OperatorSubject("roshan"), []byte(`{"messageId":"other","to":"93700000001","text":"Hello"}`))
		r.after(30 * time.Minute)
		c := r.mno.Counts()
		if c.Bound != 0 || c.Unbinds != 2 || c.Accepted != during.Accepted || c.Accepted == 0 || c.Accepted >= 500 {
			t.Errorf("%d bound, %d unbinds, %d accepted, %d at first", c.Bound, c.Unbinds, c.Accepted, during.Accepted)
		}
		if b := r.backup.Counts(); b.Bound != 1 || b.Accepted != 1 {
			t.Errorf("the other MNO: %d bound, %d accepted", b.Bound, b.Accepted)
		}
		if b := r.bind(); b.State != "DISCONNECTED" || b.Order != "maintenance" || b.Lines[0].Reason == "" {
			t.Errorf("%+v", b)
		}
		r.must(control.Command{Verb: control.MaintenanceOff, MNO: "awcc"})
		r.after(time.Minute)
		if c := r.mno.Counts(); c.Bound != 2 || c.Accepted != 500 || c.Duplicates != 0 || r.mem.Unsettled() != 0 {
			t.Errorf("afterwards %d bound, %d accepted, %d twice, %d unsettled", c.Bound, c.Accepted, c.Duplicates, r.mem.Unsettled())
		}
		for _, e := range r.mem.Events(contract.SubjectSubmitted) {
			if e.Body.(*contract.DispatchSubmitted).GetAmbiguous() {
				t.Fatal("a submit is of unknown outcome: the window was not let empty")
			}
		}
		var on []bool
		for _, f := range heard[event.MaintenanceChanged](r) {
			on = append(on, f.On)
		}
		if !slices.Equal(on, []bool{true, false}) || len(heard[event.FailoverStep](r)) != 0 {
			t.Errorf("facts: %v, %v", on, heard[event.FailoverStep](r))
		}
		said := strings.Join(r.health(), ", ")
		if strings.Count(said, "UNBOUND maintenance") != 2 || strings.Count(said, "BOUND the maintenance is over") != 2 {
			t.Errorf("operator.health: %s", said)
		}
	}, smsc.Delay(200*time.Millisecond))
}

// A line that is lost at the very moment of a rebind is made again: what was asked of the old
// session is not asked of the next one.
func TestRebindOfALineThatIsLost(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		for round := range 300 {
			r.after(10 * time.Second)
			r.must(control.Command{Verb: control.Rebind, Bind: "awcc.trx.1"})
			r.mno.Do(smsc.DropLine())
			r.after(20 * time.Second)
			if b := r.bind(); !b.Bound {
				t.Errorf("round %d: %s, %+v", round, b.State, b.Lines)
				return
			}
		}
		if v := heard[event.ProtocolViolation](r); len(v) != 0 {
			t.Errorf("%+v", v)
		}
	})
}

// US-SC-019: a maintenance that comes and goes while a bind's consumers are being taken over
// does not have it bind before they are its own.
func TestMaintenanceWhileConsumersAreTakenOver(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.mem.Dispatch.Fail(errors.New("no leader"))
		r.start()
		r.after(5 * time.Second)
		r.must(control.Command{Verb: control.MaintenanceOn, MNO: "awcc"})
		r.after(5 * time.Second)
		r.must(control.Command{Verb: control.MaintenanceOff, MNO: "awcc"})
		r.after(time.Minute)
		if n := r.mno.Counts().BindRequests; n != 0 {
			t.Errorf("%d bind requests before the consumers were taken over", n)
		}
		r.mem.Dispatch.Heal()
		r.send(3)
		r.after(20 * time.Second)
		if c := r.mno.Counts(); c.Bound != 1 || c.Accepted != 3 {
			t.Errorf("%d bound, %d accepted", c.Bound, c.Accepted)
		}
	})
}

// Nor does a maintenance move anything where one of the binds is lost when it begins: that
// one rests too, and has failed no more (US-SC-013).
func TestMaintenanceWhileABindIsLost(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.backup = smsc.New()
		r.account["roshan"] = r.newAccount("roshan", r.backup)
		r.account["awcc"].BackupOperatorID = "roshan"
		r.account["awcc"].Binds = append(r.account["awcc"].Binds, port.BindSetting{Bind: port.BindID{MNO: "awcc", Direction: port.TRX, Number: 2}, OperatorID: "awcc", Enabled: true})
		var dials atomic.Int32
		r.account["awcc"].Hosts = dialled(func(context.Context) (net.Conn, error) {
			if dials.Add(1) > 1 { // one bind has its line, the other none
				return nil, errDown
			}
			return r.mno.Dial(), nil
		})
		r.start()
		r.after(8 * time.Second) // it waits for its third dial
		before := len(heard[event.FailoverStep](r))
		r.must(control.Command{Verb: control.MaintenanceOn, MNO: "awcc"})
		r.send(10)
		r.after(10 * time.Minute)
		if c := r.mno.Counts(); c.Binds != 1 || c.Bound != 0 || len(heard[event.FailoverStep](r)) != before || r.backup.Counts().Accepted != 0 {
			t.Errorf("%d binds, %d bound; %d over the backup: %v", c.Binds, c.Bound, r.backup.Counts().Accepted, heard[event.FailoverStep](r)[before:])
		}
	})
}

// A pod that starts while its MNO is in maintenance does not bind; one whose MNO
// cannot be reached when the maintenance is over goes to its backup as ever.
func TestMaintenanceOutlivesThePod(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.must(control.Command{Verb: control.MaintenanceOn, MNO: "awcc"})
		r.after(10 * time.Second)
		r.orders, _ = r.mem.Orders.All(context.Background())
		r.backup = smsc.New()
		r.account["roshan"] = r.newAccount("roshan", r.backup)
		r.account["awcc"].BackupOperatorID = "roshan"
		r.restart()
		r.send(10)
		r.after(10 * time.Minute)
		if c := r.mno.Counts(); c.Binds != 1 || c.Bound != 0 || r.backup.Counts().Binds != 0 {
			t.Errorf("%d binds, %d of the backup", c.Binds, r.backup.Counts().Binds)
		}
		if b := r.bind(); b.Order != "maintenance" || b.State != "DISCONNECTED" {
			t.Errorf("%s, order %q", b.State, b.Order)
		}
		r.refuseDials(errDown)
		r.allowDialsTo("roshan")
		r.must(control.Command{Verb: control.MaintenanceOff, MNO: "awcc"})
		r.after(time.Minute)
		if n := r.backup.Counts().Accepted; n != 10 {
			t.Errorf("%d over the backup", n)
		}
	})
}

// A bind that is told to stop while it is in maintenance, or on its way there, stops.
func TestMaintenanceAndDrain(t *testing.T) {
	for _, wait := range []time.Duration{0, time.Minute} {
		inBubble(t, func(r *rig) {
			r.start()
			r.send(20)
			r.after(100 * time.Millisecond)
			r.must(control.Command{Verb: control.MaintenanceOn, MNO: "awcc"})
			r.after(wait)
			r.drain()
			if c := r.mno.Counts(); c.Bound != 0 || c.Unbinds != 1 || r.mem.Unsettled() == 20 {
				t.Errorf("%d bound, %d unbinds, %d unsettled", c.Bound, c.Unbinds, r.mem.Unsettled())
			}
		}, smsc.Delay(time.Second))
	}
}

// Maintenance that is taken back while the binds are on their way out brings them
// back when they are out; and on, off, on ends unbound.
func TestMaintenanceTakenBackMidway(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.send(20)
		r.after(100 * time.Millisecond)
		r.must(control.Command{Verb: control.MaintenanceOn, MNO: "awcc"})
		r.must(control.Command{Verb: control.MaintenanceOff, MNO: "awcc"})
		r.after(30 * time.Second)
		if c := r.mno.Counts(); c.Bound != 1 || c.Accepted != 20 {
			t.Errorf("%d bound, %d accepted", c.Bound, c.Accepted)
		}
		for _, verb := range []control.Verb{control.MaintenanceOn, control.MaintenanceOff, control.MaintenanceOn} {
			r.must(control.Command{Verb: verb, MNO: "awcc"})
		}
		r.after(time.Hour)
		if c := r.mno.Counts(); c.Bound != 0 || r.bind().Order != "maintenance" {
			t.Errorf("%d bound, order %q", c.Bound, r.bind().Order)
		}
	}, smsc.Delay(time.Second))
}

// rebind lets the window empty, unbinds and binds again, within the floor that the
// MNO asks for; nothing is ambiguous, and no backup is started. A bind that waits
// for its redial dials now.
func TestRebind(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.backup = smsc.New()
		r.account["roshan"] = r.newAccount("roshan", r.backup)
		r.account["awcc"].BackupOperatorID = "roshan"
		r.account["awcc"].Times.Rebind = 3 * time.Second
		r.start()
		r.send(100)
		r.after(300 * time.Millisecond)
		r.must(control.Command{Verb: control.Rebind, Bind: "awcc.trx.1"})
		r.after(2500 * time.Millisecond)
		if c := r.mno.Counts(); c.Unbinds != 1 || c.Bound != 0 {
			t.Errorf("%d unbinds, %d bound before the floor has passed", c.Unbinds, c.Bound)
		}
		r.after(20 * time.Second)
		if c := r.mno.Counts(); c.Binds != 2 || c.Bound != 1 || c.Accepted != 100 || c.Duplicates != 0 || r.backup.Counts().Binds != 0 {
			t.Errorf("%d binds, %d bound, %d accepted, %d twice, %d of the backup", c.Binds, c.Bound, c.Accepted, c.Duplicates, r.backup.Counts().Binds)
		}
		if got := heard[event.OutcomeUnknown](r); len(got) != 0 {
			t.Errorf("%+v", got)
		}
		r.refuseDials(errDown)
		r.mno.Do(smsc.DropLine())
		r.after(40 * time.Second) // the next redial is 20 s or more away
		r.refuseDials(nil)
		r.must(control.Command{Verb: control.Rebind, Bind: "awcc.trx.1"})
		r.after(100 * time.Millisecond)
		if c := r.mno.Counts(); c.Bound != 1 {
			t.Error("a bind that waited for its redial did not dial")
		}
	}, smsc.Delay(200*time.Millisecond))
}

// What cannot be carried out says why, and is in the audit; what is not served here
// is not known here, and in no audit.
func TestCommandsThatFail(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		for _, c := range []control.Command{{Verb: control.Pause, Bind: "awcc.trx.7"}, {Verb: control.MaintenanceOn, MNO: "mtn"}} {
			if a := r.command(c); a.Known || a.Error != "" || len(a.Binds) != 0 {
				t.Errorf("%+v: %+v", c, a)
			}
		}
		for _, c := range []control.Command{{Verb: "explode"}, {Verb: control.Pause, Bind: "awcc"}, {Verb: control.MaintenanceOn, MNO: "a.b"}, {Verb: control.Move, Bind: "awcc.trx.1"}} {
			if a := r.command(c); a.Error == "" {
				t.Errorf("%+v: %+v", c, a)
			}
		}
		r.mem.Orders.Fail(errors.New("no quorum"))
		if a := r.command(control.Command{Verb: control.Pause, Bind: "awcc.trx.1"}); !a.Known || !strings.Contains(a.Error, "no quorum") || r.bind().Order != "" {
			t.Errorf("%+v, order %q", a, r.bind().Order)
		}
		r.mem.Orders.Heal()
		r.must(control.Command{Verb: control.MaintenanceOn, MNO: "awcc"})
		if a := r.command(control.Command{Verb: control.Rebind, Bind: "awcc.trx.1"}); !strings.Contains(a.Error, "maintenance off") {
			t.Errorf("%+v", a)
		}
		failed := 0
		for _, f := range heard[event.CommandGiven](r) {
			if f.Err != "" {
				failed++
			}
		}
		if all := len(heard[event.CommandGiven](r)); all != 3 || failed != 2 {
			t.Errorf("%d commands in the audit, %d of them failed", all, failed)
		}
	})
}

// What is ordered on another pod, or deleted by hand, is heard by the watch; what was
// known by itself is not undone by an older value.
func TestOrdersOfOtherPods(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		ctx, stop := context.WithCancel(context.Background())
		over := make(chan error)
		go func() { over <- r.system.Controls(r.mem.Orders, "pod-1").Watch(ctx) }()
		pause := func(by string, verb control.Verb) {
			c := control.Command{Verb: verb, Bind: "awcc.trx.1", ID: by, By: by}
			if _, err := r.mem.Orders.Give(ctx, c.Target(), c.Order); err != nil {
				t.Error(err)
			}
			r.after(time.Second)
		}
		pause("pod-2", control.Pause)
		if r.bind().Order != "paused" {
			t.Error("an order of another pod is not heard")
		}
		pause("pod-3", control.Resume)
		if r.bind().Order != "" {
			t.Error("the bind is still paused")
		}
		pause("pod-2 again", control.Pause)
		r.mem.Orders.Delete("bind.awcc.trx.1")
		r.after(time.Second)
		if r.bind().Order != "" {
			t.Error("an order that was deleted still holds")
		}
		stop()
		<-over
	})
}

// list tells of each bind with its owner, its state and its lanes as they are now.
func TestList(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.start()
		r.after(time.Second)
		r.must(control.Command{Verb: control.Pause, Bind: "awcc.trx.1"})
		r.after(10 * time.Second)
		r.sendOn(contract.LaneSubject(contract.P2, "awcc", "trx"), "slow", 30)
		a := r.command(control.Command{Verb: control.List})
		if len(a.List) != 1 {
			t.Fatalf("%+v", a)
		}
		b := a.List[0]
		if b.Bind != "awcc.trx.1" || b.Owner != "pod-1" || b.State != "BOUND" || b.Order != "paused" || b.Configured != 10 || len(b.Lanes) != 4 || b.Lanes[2].Lag != 30 {
			t.Errorf("%+v", b)
		}
		if a := r.command(control.Command{Verb: control.List, MNO: "mtn"}); len(a.List) != 0 || !a.Known {
			t.Errorf("%+v", a)
		}
	})
}

// Issue 7, point 5: move hands a bind over to the pod that is named, without a message
// lost, doubled or of unknown outcome; the bind stays there while that pod lives.
func TestMoveToANamedPod(t *testing.T) {
	inBubble(t, func(r *rig) {
		p := newPool(r, 2)
		p.add()
		p.add()
		p.spread(t, 2, 5*time.Second, "2 pods start")
		watching, stop := context.WithCancel(context.Background())
		var watches sync.WaitGroup
		for _, one := range p.pods {
			watches.Go(func() { _ = one.system.Controls(r.mem.Orders, one.name).Watch(watching) })
		}
		ownerOf := func(bind string) *pod {
			owners := p.bound()[bind]
			for _, one := range p.pods {
				if len(owners) == 1 && one.name == owners[0] {
					return one
				}
			}
			t.Errorf("%s is bound by %q", bind, owners)
			return p.pods[0]
		}
		give := func(to *pod, c control.Command) control.Answer {
			commandID++
			c.ID, c.By, c.At = fmt.Sprint("c", commandID), "noc@desk", time.Now()
			return to.system.Controls(r.mem.Orders, to.name).Do(context.Background(), c)
		}
		was, other := ownerOf("awcc.trx.1"), p.pods[0]
		if other == was {
			other = p.pods[1]
		}
		r.sendOn(contract.BindSubject("awcc", "trx", 1), "bind", 300)
		r.after(100 * time.Millisecond)
		if a := give(was, control.Command{Verb: control.Move, Bind: "awcc.trx.1", To: "pod-9"}); !strings.Contains(a.Error, "pod-1, pod-2") {
			t.Errorf("%+v", a)
		}
		if a := give(other, control.Command{Verb: control.Move, Bind: "awcc.trx.1", To: other.name}); a.Known {
			t.Errorf("a pod that does not serve the bind knows it: %+v", a)
		}
		if a := give(was, control.Command{Verb: control.Move, Bind: "awcc.trx.1", To: other.name}); !a.Known || a.Error != "" {
			t.Errorf("%+v", a)
		}
		r.after(20 * time.Second)
		if now := ownerOf("awcc.trx.1"); now != other {
			t.Errorf("it is on %s, want %s", now.name, other.name)
		}
		p.spread(t, 2, time.Second, "after the move")
		if c := r.mno.Counts(); c.Accepted != 300 || c.Duplicates != 0 || len(heard[event.OutcomeUnknown](r)) != 0 {
			t.Errorf("%d accepted, %d twice, %v", c.Accepted, c.Duplicates, heard[event.OutcomeUnknown](r))
		}
		for _, b := range give(was, control.Command{Verb: control.List}).List {
			if want := map[string]string{"awcc.trx.1": "", "awcc.trx.2": was.name}[b.Bind]; b.Owner != want {
				t.Errorf("%s lists %s as of %q, want %q", was.name, b.Bind, b.Owner, want)
			}
		}
		r.after(10 * time.Minute)
		if ownerOf("awcc.trx.1") != other {
			t.Error("it did not stay")
		}
		stop()
		watches.Wait()
		p.remove(other, true)
		p.spread(t, 2, 5*time.Second, "its pod leaves")
		p.close()
	}, smsc.Delay(50*time.Millisecond))
}

// Issue 7, point 5: a move to a pod that is full by MAX_BINDS, of what was moved to it
// before, is refused, with who is full and what to do, and is not stored: it would have
// no effect.
func TestAMoveToAFullPodIsRefused(t *testing.T) {
	inBubble(t, func(r *rig) {
		p := newPool(r, 2)
		p.add()
		p.most = 1
		p.add()
		p.spread(t, 2, 5*time.Second, "2 pods start")
		free, full := p.pods[0], p.pods[1]
		p.after(time.Second)
		move := func(by *pod, to string) control.Answer {
			commandID++
			bind := by.system.Tree().Binds()[0].Bind
			return by.system.Controls(r.mem.Orders, by.name).Do(context.Background(), control.Command{Verb: control.Move, Bind: bind, To: to, ID: fmt.Sprint("c", commandID), By: "noc@desk", At: time.Now()})
		}
		if a := move(full, full.name); a.Error != "" { // to stay there
			t.Errorf("%+v", a)
		}
		watching, stop := context.WithCancel(context.Background())
		go func() { _ = free.system.Controls(r.mem.Orders, free.name).Watch(watching) }()
		p.after(time.Second)
		if a := move(free, full.name); !a.Known || !strings.Contains(a.Error, "pod-2 is full") || !strings.Contains(a.Error, "MAX_BINDS is 1") {
			t.Errorf("%+v", a)
		}
		if now, err := r.mem.Orders.All(context.Background()); err != nil || len(now) != 1 {
			t.Errorf("what was refused is stored: %+v, %v", now, err)
		}
		stop()
		p.close()
	})
}

// Issue 7, point 5: maintenance holds over pods that come and go: whoever has the
// bind's lease keeps it unbound, and binds when the maintenance is over.
func TestMaintenanceWhilePodsComeAndGo(t *testing.T) {
	inBubble(t, func(r *rig) {
		p := newPool(r, 4)
		p.add()
		p.add()
		p.spread(t, 4, 5*time.Second, "2 pods start")
		watching, stop := context.WithCancel(context.Background())
		var watches sync.WaitGroup
		watch := func(one *pod) {
			watches.Go(func() { _ = one.system.Controls(r.mem.Orders, one.name).Watch(watching) })
		}
		watch(p.pods[0])
		watch(p.pods[1])
		give := func(verb control.Verb) {
			commandID++
			c := control.Command{Verb: verb, MNO: "awcc", ID: fmt.Sprint("c", commandID), By: "noc@desk", At: time.Now()}
			for _, one := range p.pods { // as a request reaches every pod
				if a := one.system.Controls(r.mem.Orders, one.name).Do(context.Background(), c); !a.Known || a.Error != "" {
					t.Errorf("%s: %+v", verb, a)
				}
			}
		}
		give(control.MaintenanceOn)
		if n := len(r.mem.Orders.History("mno.awcc")); n != 1 {
			t.Errorf("the command is stored %d times", n)
		}
		r.after(10 * time.Second)
		binds := r.mno.Counts().Binds
		watch(p.add()) // hears of the maintenance by its watch, as a pod does by reading first
		r.after(10 * time.Second)
		p.remove(p.pods[0], true)
		r.after(10 * time.Second)
		p.remove(p.pods[0], false)
		r.after(time.Minute)
		if c := r.mno.Counts(); c.Bound != 0 || len(p.bound()) != 0 || c.Binds > binds+2 {
			t.Errorf("%d bound, %d binds in the maintenance", c.Bound, c.Binds-binds)
		}
		resting := 0
		for _, b := range p.pods[0].system.Tree().Binds() {
			if b.Order == "maintenance" && b.State == "DISCONNECTED" {
				resting++
			}
		}
		if resting != 4 {
			t.Errorf("%d of 4 binds rest on the last pod", resting)
		}
		give(control.MaintenanceOff)
		p.spread(t, 4, 10*time.Second, "the maintenance is over")
		stop()
		watches.Wait()
		p.close()
	})
}
