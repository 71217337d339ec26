package actors

import (
	"maps"
	"slices"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/control"
	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/lifecycle"
	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// How a bind does what people order: rests, and works again.

// ordered tells an actor, and all below it, that what is ordered has changed.
type ordered struct{}

// rebind asks a bind to let its window empty, to unbind, and to bind again.
type rebind struct{}

// halt has a window pull nothing, or pull again.
type halt struct{ on bool }

// undrain has a window that was drained take commands again.
type undrain struct{}

// take in what was ordered; the standing orders are in env.standing.
func (e *environment) order(o port.Order, root *actor.RootContext, pid *actor.PID) {
	e.mu.Lock()
	before := e.standing.Load()
	after := before.With(o)
	e.standing.Store(after)
	e.mu.Unlock()
	if before != after {
		e.tellMaintenance(before, after, e.mnos())
		root.Send(pid, &ordered{})
	}
}

// tellMaintenance publishes for which MNOs a maintenance has begun or ended.
func (e *environment) tellMaintenance(before, after *control.Standing, mnos []string) {
	for _, mno := range mnos {
		if is := after.Maintained(mno); is != before.Maintained(mno) {
			e.Listener.On(event.MaintenanceChanged{MNO: mno, On: is, At: time.Now()})
		}
	}
}

// inMaintenance reports whether a bind is to be unbound because its MNO is in maintenance.
func (e *environment) inMaintenance(bind port.BindID) bool {
	return e.standing.Load().Of(bind) == control.Maintenance
}

// mnos are the MNOs of the accounts that this process serves.
func (e *environment) mnos() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return mnosOf(slices.Collect(maps.Values(e.accounts))...)
}

func mnosOf(accounts ...*Account) (mnos []string) {
	for _, a := range accounts {
		for _, s := range a.Binds {
			mnos = append(mnos, s.Bind.MNO)
		}
	}
	slices.Sort(mnos)
	return slices.Compact(mnos)
}

// obey makes the bind what is ordered of it.
func (b *bind) obey(c actor.Context) {
	was, rest := b.rest, b.env.standing.Load().Of(b.seat.id)
	if rest == was {
		return
	}
	b.rest = rest
	now := time.Now()
	b.showRest(now)
	if pulls := rest == control.Works; pulls != (was == control.Works) || was == control.Maintenance {
		c.Send(b.seat.window, &halt{on: !pulls})
	}
	switch {
	case rest == control.Maintenance:
		b.hold(c, "maintenance", now)
		return
	case was == control.Maintenance:
		b.release(c.ActorSystem(), "the maintenance is over")
	}
	if b.spoken && b.main().state == lifecycle.Bound { // nothing changes of the line, so nothing else says it
		reason := "pulls again"
		if rest == control.Paused {
			reason = "paused"
		}
		b.announce(c.ActorSystem(), contract.HealthState_BOUND, reason, now)
	}
}

func (b *bind) showRest(now time.Time) {
	word := b.rest.String()
	b.seat.gauge.rest.Store(&word)
	b.env.Listener.On(event.BindOrdered{Bind: b.seat.id, Rest: word, At: now})
}

// hold has the bind leave, and stay away until release.
func (b *bind) hold(c actor.Context, reason string, now time.Time) {
	b.again = false
	if b.draining {
		return // it leaves for good, or for a rebind that now is not followed by a bind
	}
	b.held, b.away, b.why = true, false, reason
	if b.main().state != lifecycle.Bound { // the way down from BOUND says it by itself
		b.env.announce(c.ActorSystem().Root, healthEvent(b, contract.HealthState_UNBOUND, reason, now))
		b.tellOperator(c.ActorSystem(), false) // a line that was lost rests now: it has failed no more
	}
	b.part(c, reason)
}

// release has a bind that was held bind again, as soon as it has left.
func (b *bind) release(system *actor.ActorSystem, reason string) {
	if !b.held {
		return
	}
	if !b.away {
		b.again = true
		return
	}
	b.held, b.away, b.again, b.draining = false, false, false, false
	b.spoken, b.asked = false, true // whatever the next dial brings is news
	system.Root.Send(b.seat.window, &undrain{})
	now := time.Now()
	for _, h := range b.halves {
		h.stopped, h.attempt = false, 0
		h.beginRound()
		h.reason = reason
		if !b.taken {
			continue
		}
		if wait := h.since.Add(b.seat.account.Load().Times.Rebind).Sub(now); wait > 0 { // the MNO must not be hammered
			h.dialIn(system, wait, now)
			continue
		}
		h.on(system, lifecycle.DialDue, reason)
	}
	if !b.taken { // it was held before it could bind: the line comes after the consumers
		b.takeOver(b.ctx, b.generation)
	}
	b.show(now)
}

// rebind leaves and comes back. A bind that is not BOUND dials now.
func (b *bind) rebind(c actor.Context) {
	if b.draining {
		return
	}
	b.asked = true
	if b.main().state == lifecycle.Bound {
		b.held, b.away, b.again, b.why = true, false, true, "rebind"
		b.part(c, "rebind")
		return
	}
	for _, h := range b.halves {
		if h.state == lifecycle.Disconnected && h.redial != nil {
			h.beginRound()
			h.on(c.ActorSystem(), lifecycle.DialDue, "rebind")
		}
	}
}

// absent is asked when no line is left: a bind that is held stays, and comes back
// when that was asked for meanwhile.
func (b *bind) absent(system *actor.ActorSystem) {
	b.away = true
	if b.again {
		b.release(system, "rebind")
	}
}

// halt has the window pull nothing more, and give back what it has queued; or pull.
func (w *windowActor) halt(c actor.Context, m *halt) {
	w.halted = m.on
	if w.halted {
		w.giveQueueBack(c)
		return
	}
	w.ask(c)
}

// undrain opens a window that was drained; it takes commands with the next link.
func (w *windowActor) undrain() { w.draining, w.emptied = false, false }
