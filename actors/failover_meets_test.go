package actors_test

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/control"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// US-SC-013 where failover meets the rest of the house: limits of pods, other primaries,
// orders, rules that change, and what an account has taken of a message already.

// another makes a second primary, mtn, on the same MNO, with dials of its own.
func (f *relay) another() (down *atomic.Bool) {
	down = &atomic.Bool{}
	mtn := *f.newAccount("mtn", f.mno)
	mtn.BackupOperatorID = "roshan"
	mtn.Hosts = dialled(func(context.Context) (net.Conn, error) {
		if down.Load() {
			return nil, errDown
		}
		return f.mno.Dial(), nil
	})
	f.setAccount(&mtn)
	return down
}

// Two primaries with one backup that nobody serves are lost at once: in one process, or in
// two pods of which each knows its own other binds alone. One of them has the backup's one
// bind, and it carries both.
func TestUSSC013TwoPrimariesHaveOneBackup(t *testing.T) {
	for _, pods := range [][][]string{{{"awcc", "mtn"}}, {{"awcc"}, {"mtn"}}} {
		t.Run(fmt.Sprint(len(pods), " pods"), func(t *testing.T) {
			inBubble(t, func(r *rig) {
				f := newRelay(r, 1, 1)
				mtn := f.another()
				for _, operators := range pods {
					f.addFor(operators...)
				}
				f.pass(10 * time.Second)
				mtn.Store(true)
				f.cut()
				f.mno.Do(smsc.DropLine())
				f.pass(30 * time.Second)
				f.offer(5, contract.OperatorSubject("awcc"), contract.OperatorSubject("mtn"))
				f.pass(20 * time.Second)
				f.carried(t, 0)
				f.refuseDials(nil)
				f.pass(3 * time.Minute)
				f.offer(5, contract.OperatorSubject("awcc"), contract.OperatorSubject("mtn"))
				f.pass(30 * time.Second)
				f.carried(t, 5)
				if f.most != 1 {
					t.Errorf("%d sessions at once at the backup", f.most)
				}
				f.close()
			})
		})
	}
}

// A pod that is full with its own binds stands in all the same, and keeps its own.
func TestUSSC013AFullPodStandsIn(t *testing.T) {
	for _, backup := range []string{"aaa", "roshan"} { // before and after its own by name
		t.Run(backup, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				f := newRelay(r, 1, 1)
				r.account[backup] = r.newAccount(backup, r.backup)
				a := *r.account["awcc"]
				a.BackupOperatorID = backup
				r.setAccount(&a)
				f.pool.most = 1
				f.addFor("awcc")
				f.pass(10 * time.Second)
				f.cut()
				f.allowDialsTo(backup)
				f.pass(20 * time.Second)
				f.offer(5, contract.OperatorSubject("awcc"))
				f.pass(20 * time.Second)
				f.carried(t, 0)
				f.refuseDials(nil)
				f.pass(3 * time.Minute)
				f.offer(5, contract.OperatorSubject("awcc"))
				f.pass(20 * time.Second)
				f.carried(t, 5)
				f.close()
			})
		})
	}
}

// Two pods serve one operator together, and each another one: what neither knows of the
// other leaves no bind without an owner.
func TestUSSC017WhatPodsDoNotKnowOfEachOther(t *testing.T) {
	inBubble(t, func(r *rig) {
		f := newRelay(r, 1, 1)
		f.another()
		f.addFor("awcc", "roshan")
		f.addFor("mtn", "roshan")
		f.pass(30 * time.Second)
		if of := f.bound()["roshan.trx.1"]; len(of) != 1 {
			t.Errorf("roshan.trx.1 is bound by %q", of)
		}
		f.close()
	})
}

// A backup that is in maintenance carries nothing, and counts as that.
func TestUSSC013ABackupInMaintenance(t *testing.T) {
	inBubble(t, func(r *rig) {
		f := newRelay(r, 1, 1)
		f.addFor("awcc")
		two := f.addFor("roshan")
		f.pass(10 * time.Second)
		order := control.Command{ID: "1", By: "noc", At: time.Now(), Verb: control.MaintenanceOn, MNO: "roshan"}
		two.system.Controls(r.mem.Orders, "pod-2").Do(context.Background(), order)
		f.pass(10 * time.Second)
		f.cut()
		f.pass(30 * time.Second)
		if steps := f.steps(); !slices.Equal(steps, []string{"StartBackup"}) {
			t.Errorf("steps %v", steps)
		}
		f.close()
	})
}

// A second failover goes by the rules that the backup has by then.
func TestUSSC013TheBackupsRulesAreThePresentOnes(t *testing.T) {
	inBubble(t, func(r *rig) {
		f := newRelay(r, 1, 1)
		f.addFor("awcc")
		f.pass(10 * time.Second)
		for _, source := range []string{"Old", "New"} {
			b := *r.account["roshan"]
			b.Rules.SourceAddress = source
			r.setAccount(&b)
			f.cut()
			f.pass(20 * time.Second)
			f.offer(1, contract.OperatorSubject("awcc"))
			f.pass(5 * time.Second)
			f.refuseDials(nil)
			f.pass(5 * time.Minute)
		}
		var sources []string
		for _, sms := range f.backup.SMS() {
			sources = append(sources, sms.Source.Addr)
		}
		if !slices.Equal(sources, []string{"Old", "New"}) {
			t.Errorf("sent as %q", sources)
		}
		f.close()
	})
}

// The primary takes parts of a message and is lost; the backup's rules refuse the rest.
// The dead letter tells billing of the parts, and that there may be one more.
func TestUSSC013TheBackupRefusesTheRest(t *testing.T) {
	inBubble(t, func(r *rig) {
		f := newRelay(r, 1, 1)
		b := *r.account["roshan"]
		b.Rules.NoTLVs = true
		r.setAccount(&b)
		a := *r.account["awcc"]
		a.Window = 1
		r.setAccount(&a)
		f.addFor("awcc")
		f.addFor("roshan")
		f.pass(10 * time.Second)
		f.refuseDials(errDown)
		f.allowDialsTo("roshan")
		f.mno.Do(smsc.DropLineAfter(3)) // two parts are answered, and the third is taken without a word
		f.mem.Publish(contract.OperatorSubject("awcc"), []byte(`{"messageId":"long","to":"93700000001","text":"`+strings.Repeat("0123456789", 40)+`","longMessageStrategy":"SAR"}`))
		f.pass(time.Minute)
		dead := f.mem.Events(contract.SubjectDLQ)
		if len(dead) != 1 || f.mno.Counts().Accepted != 3 {
			t.Errorf("%d dead letters, %d parts accepted by the primary", len(dead), f.mno.Counts().Accepted)
			return
		}
		if l := dead[0].Body.(*contract.DispatchRejected); !slices.Equal(l.GetAcceptedParts(), []uint32{1, 2}) || len(l.GetOperatorMessageIds()) != 2 || l.GetPartsTotal() != 3 || !l.GetAmbiguous() {
			t.Errorf("%v", l)
		}
		f.close()
	})
}

// A primary that rests for a maintenance has not failed: no backup is bound for it.
func TestUSSC013APrimaryInMaintenanceStaysWhereItIs(t *testing.T) {
	inBubble(t, func(r *rig) {
		f := newRelay(r, 1, 1)
		one := f.addFor("awcc")
		f.pass(10 * time.Second)
		order := control.Command{ID: "1", By: "noc", At: time.Now(), Verb: control.MaintenanceOn, MNO: "awcc"}
		one.system.Controls(r.mem.Orders, "pod-1").Do(context.Background(), order)
		f.pass(time.Minute)
		if steps := f.steps(); len(steps) != 0 || f.most != 0 || f.mno.Counts().Bound != 0 {
			t.Errorf("steps %v, %d sessions at the backup, %d at the primary", steps, f.most, f.mno.Counts().Bound)
		}
		f.close()
	})
}
