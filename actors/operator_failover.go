package actors

import (
	"reflect"
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/failover"
	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// How an operator carries out what package failover decides (US-SC-013): it weighs how the
// lines of both accounts stand, and tells its binds, and others through the tenure, whose
// commands they carry.

// pair takes in which backup an account has. One that it had and has no more is let go of
// first, and carries no longer.
func (o *operator) pair(c actor.Context, before, account *Account, now time.Time) {
	if before != nil && before.BackupOperatorID != account.BackupOperatorID {
		o.choice.HasBackup = false
		o.advance(c, o.choice.Tick(now), port.BindID{})
		backup := &o.accounts[failover.Backup]
		if backup.next != nil {
			backup.next.Stop()
		}
		backup.account, backup.attempts, backup.next = nil, 0, nil
		o.covers[failover.Backup] = nil
	}
	o.choice.HasBackup = account.BackupOperatorID != "" && len(submitting(account)) > 0 // a receiver has no traffic to move
	o.choice.Damping = account.Failback
}

// heard takes in that a bind became BOUND or UNBOUND.
func (o *operator) heard(c actor.Context, m *bindHealth) {
	b := o.binds[o.pathOf(c, m.bind)]
	if b == nil {
		return
	}
	is := lineBound
	switch {
	case m.bound && m.mute:
		is = lineMute
	case !m.bound && (b.stopping || m.held):
		is = lineNone // it did not fail: another pod has it, or is about to, or it is to rest
	case !m.bound:
		is = lineFailed
	}
	o.stands(c, b, is)
	o.weigh(c, m.bind)
	if m.again && is == lineMute && b.role == failover.Primary {
		o.rebound = m.bind
		o.advance(c, o.choice.TryNow(time.Now()), m.bind)
	}
}

// stands tells everybody how a bind's line stands.
func (o *operator) stands(c actor.Context, b *carrierBind, is lineState) {
	if o.env.tenure.stands(c.Self().Id, b.id, is) {
		o.env.reliefChanged(c)
	}
}

// weigh has the switch think of how both accounts stand, on all pods. about is the bind
// that has just changed, if it is one of ours.
func (o *operator) weigh(c actor.Context, about port.BindID) {
	if primary := o.accounts[failover.Primary].account; primary != nil && !o.draining {
		if is := o.env.tenure.standing(primary, o.env.inMaintenance); is != lineNone { // else nobody has tried yet
			o.advance(c, o.choice.Heard(failover.Primary, lineAs[is], time.Now()), about)
		}
	}
	if backup := o.accounts[failover.Backup]; backup.account != nil && backup.wanted && !o.draining {
		o.advance(c, o.choice.Heard(failover.Backup, lineAs[o.env.tenure.standing(backup.account, o.env.inMaintenance)], time.Now()), about)
	}
}

// lineAs is what a line's state is to the failover.
var lineAs = [...]failover.Line{lineNone: failover.Down, lineFailed: failover.Down, lineMute: failover.Mute, lineBound: failover.Up}

// relieve tells the binds what they are to carry beside their own commands.
func (o *operator) relieve(c actor.Context) {
	for role := range o.accounts {
		a := &o.accounts[role]
		if a.account == nil || o.draining {
			continue
		}
		covers := o.env.tenure.coversOf(a.account)
		if reflect.DeepEqual(covers, o.covers[role]) {
			continue
		}
		o.covers[role] = covers
		for _, b := range o.binds {
			if b.role == failover.Role(role) {
				c.Send(b.pid, &covering{covers})
			}
		}
		o.showCarrier(time.Now())
	}
}

// advance performs the steps of the failover, and sets the timer to the next.
func (o *operator) advance(c actor.Context, steps []failover.Step, about port.BindID) {
	for _, step := range steps {
		o.take(c, step, about)
	}
	o.showCarrier(time.Now())
	at, ok := o.choice.Next()
	if o.tick != nil {
		o.tick.Stop()
	}
	if ok && !o.draining {
		root, self := c.ActorSystem().Root, c.Self()
		o.tick = time.AfterFunc(max(time.Until(at), time.Millisecond), func() { root.Send(self, &switchDue{}) })
	}
}

func (o *operator) take(c actor.Context, step failover.Step, about port.BindID) {
	primary, backup := o.accounts[failover.Primary].account, &o.accounts[failover.Backup]
	o.env.Listener.On(event.FailoverStep{OperatorID: o.id, BackupOperatorID: primary.BackupOperatorID, Step: step.String(), At: time.Now()})
	switch step {
	case failover.StartBackup:
		backup.wanted = true
		o.fetch(c, failover.Backup)
	case failover.MoveToBackup:
		o.carry(c, false)
		o.env.tenure.cover(c.Self().Id, &port.Cover{Operator: o.id, Backup: primary.BackupOperatorID, Binds: submitting(primary)})
		o.relieve(c)
		o.env.reliefChanged(c)
	case failover.MoveToPrimary:
		o.env.tenure.cover(c.Self().Id, nil)
		o.relieve(c)
		o.env.reliefChanged(c)
		o.carry(c, true)
	case failover.AnnounceFailback:
		o.announceFailback(c, primary, about)
	case failover.TryPrimary:
		o.try(c, primary)
	case failover.StopBackup:
		backup.wanted = false
		o.env.tenure.wantSpare(c.Self().Id, nil)
		o.env.reliefChanged(c)
		o.drainAll(c, func(b *carrierBind) bool { return b.role == failover.Backup })
	}
}

// trialTurn is how long it is one bind's turn to try a silent primary: as long as pods wait
// between two trials at the most, so that each pod looks once in every turn.
const trialTurn = time.Hour

// try has one bind of a silent primary submit one message, which reaches the subscriber over
// the backup too when it is not answered. Which one it is, all pods know alike, by the clock:
// a pod that has started later has not tried as often as the others.
func (o *operator) try(c actor.Context, primary *Account) {
	silent := o.env.tenure.mute(primary)
	if len(silent) == 0 {
		return
	}
	whose := silent[time.Now().Unix()/int64(trialTurn/time.Second)%int64(len(silent))]
	if slices.Contains(silent, o.rebound) {
		whose = o.rebound
	}
	o.rebound = port.BindID{}
	for _, b := range o.binds {
		if b.role == failover.Primary {
			c.Send(b.pid, &try{on: b.id == whose})
		}
	}
}

// announceFailback is for the pod whose bind is back to say; about is that bind, or none.
func (o *operator) announceFailback(c actor.Context, primary *Account, about port.BindID) {
	for _, b := range o.binds {
		if about == (port.BindID{}) && b.role == failover.Primary && o.env.tenure.boundHere(b.id) {
			about = b.id
		}
	}
	if !slices.ContainsFunc(primary.Binds, func(s port.BindSetting) bool { return s.Bind == about }) {
		return
	}
	o.env.announce(c.ActorSystem().Root, port.Event{Subject: contract.SubjectOperatorHealth, Body: &contract.OperatorHealthEvent{
		OperatorId: o.id, Mno: primary.MNO, Direction: string(about.Direction), BindId: about.String(),
		State: contract.HealthState_FAILBACK, Reason: "the primary is back", Epoch: o.env.tenure.epoch(about), At: timestamppb.Now()}})
}

// carry has our own binds pull, or leave the traffic to the backup's.
func (o *operator) carry(c actor.Context, on bool) {
	for _, b := range o.binds {
		if b.role == failover.Primary {
			c.Send(b.pid, &carry{on: on})
		}
	}
}

// showCarrier says who carries our commands, and whose ours carry.
func (o *operator) showCarrier(now time.Time) {
	shown := "carried by " + o.choice.Carrier().String()
	if next := o.choice.NextTrial(); o.choice.Silent() && o.choice.Carrier() == failover.ByBackup {
		shown += ", the primary answers no submit: tried again at " + next.UTC().Format(time.TimeOnly) + " UTC"
	}
	for _, c := range o.covers[failover.Primary] {
		shown += ", carries " + c.Operator + " too"
	}
	o.node.show(shown, now)
}
