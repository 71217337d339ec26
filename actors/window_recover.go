package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"
)

// How a window that has failed takes up where it was. What it kept is as the last
// message but one left it; the message at which it failed is gone, and with it
// perhaps an answer, a batch of commands, or the news of a link.

// flightsHeld is the session's answer to whichFlights: what still awaits an answer.
type (
	whichFlights struct{ who *actor.PID }
	flightsHeld  struct {
		link     *link
		ordinals map[uint64]bool
	}
	// situationIs is the bind's answer to situation; up is nil while it is not BOUND.
	situationIs struct{ up *linkUp }
)

func (w *windowActor) recover(c actor.Context) {
	w.node.show(w.window.State().String(), time.Now())
	c.Send(c.Parent(), &situation{who: c.Self()})
}

// learn takes in how the bind stands: another link than ours means that the
// news of it was lost.
func (w *windowActor) learn(c actor.Context, m *situationIs) {
	if w.up != nil && (m.up == nil || m.up.link != w.up.link) {
		w.shut(c, &linkDown{link: w.up.link, written: w.up.link.begun.Load(), reason: "the window failed"})
	}
	switch {
	case m.up == nil:
		w.reconcile(c, &flightsHeld{})
	case w.up == nil:
		w.open(c, m.up)
		w.reconcile(c, &flightsHeld{})
	default:
		c.Send(w.up.session, &whichFlights{who: c.Self()})
	}
}

// reconcile settles what the failure has lost: flights that the session does not
// know of, and commands that are in hand and nowhere.
func (w *windowActor) reconcile(c actor.Context, m *flightsHeld) {
	now := time.Now()
	s := newSettling(w, c)
	lost := 0
	held := func(f *flight) bool { return w.up != nil && m.link == w.up.link && m.ordinals[f.ordinal] }
	for _, f := range w.flights.takeOut(func(f *flight) bool { return !held(f) }) {
		f.cmd.outcome.Lose(f.part)
		lost++
		if f.cmd.outcome.Waiting() == 0 {
			s.finish(f.cmd)
		}
	}
	w.window.Recount(w.flights.count(), now)
	s.unknown(lost, "the window failed")
	known := make(map[*command]bool, w.queue.Len()+w.flights.count())
	for cmd := range w.queue.All() {
		known[cmd] = true
	}
	for _, f := range w.flights.list {
		known[f.cmd] = true
	}
	for _, cmd := range w.seat.hands.all() {
		if cmd.settled || known[cmd] {
			continue
		}
		cmd.outcome.Forget()
		s.saveAgain(cmd)
		s.finish(cmd)
	}
	s.send()
	w.pump(c)
	w.ask(c)
	w.reportEmpty(c)
}

// abandon gives back what is in hand when the window is stopped for good without
// a drain: its bind or its operator has failed, or the process ends. It has no
// messages to hear of it with, so it needs nobody.
func (w *windowActor) abandon() {
	w.seat.hands.close()
	left := w.seat.hands.all()
	for _, cmd := range left {
		cmd.outcome.Forget()
		cmd.doubtful = cmd.doubtful || cmd.outcome.Doubt()
		w.seat.hands.release(cmd)
	}
	settleDeliveries(w.env.ctx, w.env, giveAll(left, w.seat.account.Load().Times.RetryUnanswered))
}

// giveAll marks commands as settled and returns that they are given back.
func giveAll(cmds []*command, delay time.Duration) (settlements []settlement) {
	for _, cmd := range cmds {
		if !cmd.settled {
			cmd.settled = true
			settlements = append(settlements, settlement{cmd: cmd, giveAll: true, unsent: cmd.unsent(), delay: delay})
		}
	}
	return settlements
}
