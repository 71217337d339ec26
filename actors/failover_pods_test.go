package actors_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/ledger"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// US-SC-013 where the primary and its backup are served by several pods, as one
// container per MNO and direction has it.

// relay is pods of awcc and of its backup roshan, each with so many binds.
type relay struct {
	*pool
	sent int
	on   map[string]string // the subject of each message
	most int               // sessions at the backup's MNO, the most that there ever were
}

func newRelay(r *rig, awcc, roshan int) *relay {
	r.backup = smsc.New(smsc.Keep(1 << 12))
	b := r.newAccount("roshan", r.backup)
	b.Binds = nil
	for i := range roshan {
		b.Binds = append(b.Binds, port.BindSetting{Bind: port.BindID{MNO: "roshan", Direction: port.TRX, Number: i + 1}, OperatorID: "roshan", Enabled: true})
	}
	r.account["roshan"] = b
	p := newPool(r, awcc)
	a := *r.account["awcc"]
	a.BackupOperatorID = "roshan"
	r.setAccount(&a)
	return &relay{pool: p, on: map[string]string{}}
}

// cut drops a line of the primary and refuses its dials.
func (f *relay) cut() {
	f.refuseDials(errDown)
	f.allowDialsTo("roshan")
	f.mno.Do(smsc.DropLine())
}

// pass lets time pass, and looks at the backup's sessions meanwhile.
func (f *relay) pass(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		f.after(100 * time.Millisecond)
		f.most = max(f.most, len(f.backup.BoundAs(codec.BindTransceiverID)))
	}
}

// offer publishes n commands on each subject.
func (f *relay) offer(n int, subjects ...string) {
	for _, subject := range subjects {
		for range n {
			f.sent++
			f.on[fmt.Sprintf("m%d", f.sent)] = subject
			f.mem.Publish(subject, fmt.Appendf(nil, `{"messageId":"m%d","to":"937%08d","text":"#%d"}`, f.sent, f.sent, f.sent))
		}
	}
}

var (
	ofAwcc   = []string{contract.OperatorSubject("awcc"), contract.BindSubject("awcc", "trx", 1), contract.LaneSubject(contract.P0, "awcc", "trx")}
	ofRoshan = []string{contract.OperatorSubject("roshan"), contract.BindSubject("roshan", "trx", 1)}
)

// carried holds the run to every message being submitted once, over the backup but for
// those that the primary is to have.
func (f *relay) carried(t *testing.T, overPrimary int) {
	t.Helper()
	seen := map[string]int{}
	for _, e := range f.mem.Events(contract.SubjectSubmitted) {
		b := e.Body.(*contract.DispatchSubmitted)
		seen[b.GetMessageId()]++
		if b.GetAmbiguous() {
			t.Errorf("%s is marked ambiguous", b.GetMessageId())
		}
	}
	p, b := f.mno.Counts().Accepted, f.backup.Counts().Accepted
	if len(seen) != f.sent || p != overPrimary || p+b != f.sent || f.mem.Unsettled()+f.mem.Waiting() != 0 {
		t.Errorf("%d messages submitted of %d: %d over the primary (want %d), %d over the backup; %d unsettled, %d waiting",
			len(seen), f.sent, p, overPrimary, b, f.mem.Unsettled(), f.mem.Waiting())
	}
}

func (f *relay) steps() (steps []string) {
	for _, s := range heard[event.FailoverStep](f.rig) {
		steps = append(steps, s.Step)
	}
	return steps
}

// The backup is served by pods of its own: these carry the primary's commands along,
// over the binds that they have, and nobody else binds with the backup's account.
func TestUSSC013ThePodsOfTheBackupCarry(t *testing.T) {
	inBubble(t, func(r *rig) {
		f := newRelay(r, 1, 2)
		f.addFor("awcc")
		for range 2 {
			f.addFor("roshan")
		}
		f.pass(10 * time.Second)
		owners := f.bound()
		f.cut()
		f.pass(2 * time.Second)
		f.offer(20, append(ofAwcc, ofRoshan...)...)
		f.pass(20 * time.Second)
		f.carried(t, 0)
		for _, e := range f.mem.Events(contract.SubjectSubmitted) {
			b := e.Body.(*contract.DispatchSubmitted)
			own := slices.Contains(ofRoshan, f.on[b.GetMessageId()])
			if want := map[bool]string{false: "awcc", true: ""}[own]; b.GetOperatorId() != "roshan" || b.GetPrimaryOperatorId() != want {
				t.Errorf("%s went over %s, for %q", b.GetMessageId(), b.GetOperatorId(), b.GetPrimaryOperatorId())
			}
		}
		f.refuseDials(nil)
		f.pass(3 * time.Minute)
		f.offer(10, append(ofAwcc, ofRoshan...)...)
		f.pass(10 * time.Second)
		f.carried(t, 3*10)
		if b := f.backup.Counts(); f.most != 2 || b.Binds != 2 || b.Unbinds != 0 {
			t.Errorf("%d sessions at once at the backup, %d binds, %d unbinds", f.most, b.Binds, b.Unbinds)
		}
		if now := f.bound(); fmt.Sprint(now) != fmt.Sprint(owners) {
			t.Errorf("binds have moved: %v, before %v", now, owners)
		}
		// Each pod's are in order; what two pods say at once may be stored in any.
		if got := f.healthStates(); !inOrder(got, "awcc UNBOUND", "awcc BOUND", "awcc FAILBACK") || !inOrder(got, slices.Repeat([]string{"roshan BOUND"}, 4)...) {
			t.Errorf("operator.health %v", got)
		}
		f.close()
	})
}

// The backup is an operator of the same process: one session a bind, with leases and
// without.
func TestUSSC013TheBackupIsServedByTheSameProcess(t *testing.T) {
	for _, leases := range []bool{true, false} {
		t.Run(fmt.Sprintf("leases %v", leases), func(t *testing.T) {
			inBubble(t, func(r *rig) {
				f := newRelay(r, 1, 1)
				f.free = !leases
				f.addFor("awcc", "roshan")
				f.pass(5 * time.Second)
				f.cut()
				f.pass(time.Second)
				f.offer(20, append(ofAwcc, ofRoshan...)...)
				f.pass(20 * time.Second)
				f.carried(t, 0)
				f.refuseDials(nil)
				f.pass(3 * time.Minute)
				f.offer(10, append(ofAwcc, ofRoshan...)...)
				f.pass(10 * time.Second)
				f.carried(t, 3*10)
				if b := f.backup.Counts(); f.most != 1 || b.Binds != 1 || b.Unbinds != 0 {
					t.Errorf("%d sessions at once at the backup, %d binds, %d unbinds", f.most, b.Binds, b.Unbinds)
				}
				f.close()
			})
		})
	}
}

// A primary is UNBOUND when none of its binds is BOUND on any pod; then one pod stands
// in for all, and leaves when the primary is back.
func TestUSSC013ThePrimaryIsJudgedOverAllPods(t *testing.T) {
	inBubble(t, func(r *rig) {
		f := newRelay(r, 2, 1)
		f.add()
		f.add()
		f.spread(t, 2, 10*time.Second, "two pods")
		f.cut()
		f.pass(time.Minute)
		if steps := f.steps(); len(steps) != 0 || f.most != 0 {
			t.Fatalf("with one bind BOUND: %v, %d sessions at the backup", steps, f.most)
		}
		f.offer(10, contract.OperatorSubject("awcc"))
		f.pass(5 * time.Second)
		f.carried(t, 10)
		f.mno.Do(smsc.DropLine())
		f.pass(10 * time.Second)
		f.offer(20, ofAwcc...)
		f.pass(20 * time.Second)
		f.carried(t, 10)
		f.refuseDials(nil)
		f.pass(3 * time.Minute)
		f.offer(10, ofAwcc...)
		f.pass(10 * time.Second)
		f.carried(t, 10+3*10)
		if b := f.backup.Counts(); f.most != 1 || b.Bound != 0 || b.Binds != b.Unbinds || b.Lost != 0 {
			t.Errorf("the backup: %d sessions at once, %+v", f.most, b)
		}
		failbacks := 0
		for _, s := range f.healthStates() {
			if s == "awcc FAILBACK" {
				failbacks++
			}
		}
		if failbacks != 1 {
			t.Errorf("%d FAILBACK events: %v", failbacks, f.healthStates())
		}
		f.close()
	})
}

// A pod that stands in gives the bind up for a pod whose operator it is, which carries
// the primary's commands on.
func TestUSSC013AStandInMakesRoom(t *testing.T) {
	inBubble(t, func(r *rig) {
		f := newRelay(r, 1, 1)
		f.addFor("awcc")
		f.pass(5 * time.Second)
		f.cut()
		f.pass(5 * time.Second)
		f.offer(5, ofAwcc...)
		f.pass(5 * time.Second)
		if of := f.bound()["roshan.trx.1"]; !slices.Equal(of, []string{"pod-1"}) {
			t.Fatalf("the backup's bind is %q's", of)
		}
		f.addFor("roshan")
		f.pass(15 * time.Second)
		if of := f.bound()["roshan.trx.1"]; !slices.Equal(of, []string{"pod-2"}) {
			t.Fatalf("the backup's bind is %q's", of)
		}
		f.offer(10, append(ofAwcc, ofRoshan...)...)
		f.pass(20 * time.Second)
		f.carried(t, 0)
		if f.most != 1 {
			t.Errorf("%d sessions at once at the backup", f.most)
		}
		f.close()
	})
}

// inOrder reports whether the wanted words stand in a list in this order.
func inOrder(list []string, wanted ...string) bool {
	for _, w := range wanted {
		i := slices.Index(list, w)
		if i < 0 {
			return false
		}
		list = list[i+1:]
	}
	return true
}

// Issue 4: what the primary's pod gives back at a failover has not been submitted, and the
// backup's pod knows: with giveUp no more is buried than was written, and nothing is marked.
func TestUSSC013WhatWasNotWrittenIsNotDoubted(t *testing.T) {
	for _, told := range []bool{true, false} {
		t.Run(fmt.Sprintf("told %v", told), func(t *testing.T) {
			inBubble(t, func(r *rig) {
				f := newRelay(r, 1, 1)
				for _, id := range []string{"awcc", "roshan"} {
					a := *r.account[id]
					a.Unknown = ledger.GiveUp
					r.setAccount(&a)
				}
				f.addFor("awcc")
				f.addFor("roshan")
				f.pass(10 * time.Second)
				f.mem.Dispatch.KeepNoDisclaimers(!told)
				f.offer(100, contract.OperatorSubject("awcc"))
				f.pass(2 * time.Second)
				written := len(f.mno.SMS())
				f.cut()
				f.pass(time.Minute)
				buried, carried := len(f.mem.Events(contract.SubjectDLQ)), f.backup.Counts().Accepted
				if told && buried != written || !told && buried <= written || buried+carried != f.sent {
					t.Errorf("%d of %d written, %d buried, %d carried by the backup", written, f.sent, buried, carried)
				}
				for _, e := range f.mem.Events(contract.SubjectSubmitted) {
					if b := e.Body.(*contract.DispatchSubmitted); b.GetAmbiguous() {
						t.Errorf("%s is marked ambiguous", b.GetMessageId())
					}
				}
				f.close()
			}, smsc.Delay(30*time.Second))
		})
	}
}

// A pod that leaves gives its queue back unsent, and the next one marks none of it; what a pod
// that is killed had taken over from it is marked, whoever gets it.
func TestAHandOverMarksOnlyWhatWasWritten(t *testing.T) {
	inBubble(t, func(r *rig) {
		f := newRelay(r, 2, 1)
		one, two := f.add(), f.add()
		f.spread(t, 2, 10*time.Second, "two pods")
		f.offer(100, contract.OperatorSubject("awcc"))
		f.after(100 * time.Millisecond)
		f.remove(one, true)
		f.after(time.Minute)
		if n := ambiguous(f); n != 0 || f.mem.Unsettled()+f.mem.Waiting() != 0 {
			t.Errorf("%d marked after a clean hand-over, %d left", n, f.mem.Unsettled()+f.mem.Waiting())
		}
		f.mno.Do(smsc.Delay(time.Hour))
		f.offer(10, contract.OperatorSubject("awcc"))
		f.after(time.Second) // all are written, and nothing is answered
		f.mem.Fail(errDown)
		f.remove(two, false)
		f.mem.Heal()
		f.mno.Do(smsc.Delay(0))
		f.add()
		f.after(5 * time.Minute)
		if n := ambiguous(f); n != 10 {
			t.Errorf("%d marked of 10 that a pod which was killed had written", n)
		}
		f.close()
	}, smsc.Delay(time.Second))
}

func ambiguous(f *relay) (n int) {
	for _, e := range f.mem.Events(contract.SubjectSubmitted) {
		if e.Body.(*contract.DispatchSubmitted).GetAmbiguous() {
			n++
		}
	}
	return n
}
