package actors

import (
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/lifecycle"
)

// Which of an MNO's hosts a line dials. A line goes through them in rounds
// (lifecycle.Round); what ends a session begins a new round at the first of them, and
// nothing but that does: a line that is bound at another host stays there. After a
// fallback the transmitter goes through the hosts, and the receiver goes where it goes.

// target is whom a session dials, and as whom: what was in force when its dial came due.
type target struct {
	account *Account
	host    Host
}

// listens reports whether the MNO calls: there is no host to dial.
func (h *half) listens() bool { return h.b.seat.account.Load().Called != nil && h.role.Receives() }

// follows reports whether the line goes to the host of another one.
func (h *half) follows() bool { return h != h.b.main() && !h.listens() }

// beginRound makes the next dial the first of a round.
func (h *half) beginRound() {
	account := h.b.seat.account.Load()
	h.floor, h.goesOn = 0, false
	h.round = account.HostOrder.Round(h.b.seat.id.Number, lifecycle.Passed(h.silences, h.briefs), len(account.Hosts))
}

// showHosts notes how many hosts there are, and whether the bind is at the one it begins with.
func (b *bind) showHosts() {
	account, main := b.seat.account.Load(), b.main()
	first := account.HostOrder.First(b.seat.id.Number, 0, len(account.Hosts))
	b.seat.gauge.hosts.Store(int64(len(account.Hosts)))
	b.seat.gauge.elsewhere.Store(main.state == lifecycle.Bound && !main.listens() && main.host() != account.Hosts[first].Address)
}

// choose returns whom to dial now.
func (h *half) choose() *target {
	account, round := h.b.seat.account.Load(), h.round
	if h.follows() {
		main := h.b.main()
		if main.state == lifecycle.Connecting || main.state == lifecycle.Bound {
			return &target{account, main.aim.Load().host}
		}
		round = main.round
	}
	return &target{account, account.Hosts[round.Host()%len(account.Hosts)]}
}

// host is the address at which the line is bound or that it dials, or was last.
func (h *half) host() string {
	if aim := h.aim.Load(); aim != nil && !h.listens() {
		return aim.host.Address
	}
	return ""
}

// passOn dials the round's next host at once, when there is one and it may take what
// this one did not. A bind that was refused keeps the MNO's pause between two sessions.
func (h *half) passOn(system *actor.ActorSystem, end *LinkEnded, now time.Time) bool {
	if h.state != lifecycle.Connecting || h.refused.Account || h.listens() {
		return false
	}
	failed := h.host()
	if h.follows() {
		if h.choose().host.Address == failed {
			return false
		}
	} else if !h.round.Next() {
		return false
	}
	h.b.env.Listener.On(event.HostFailed{Bind: h.b.seat.id, Role: h.role, Host: failed, Next: h.choose().host.Address, Reason: end.Error(), At: now})
	if end.link != nil && h.b.seat.account.Load().Times.Rebind > 0 {
		h.goesOn = true // the redial that now is scheduled is the round's next dial
		return false
	}
	h.on(system, lifecycle.HostFailed, end.Error())
	return true
}

// gather brings receivers to the host at which their transmitter is bound: where the
// messages went, their receipts are.
func (b *bind) gather(system *actor.ActorSystem) {
	main := b.main()
	if main.state != lifecycle.Bound || b.draining {
		return
	}
	for _, h := range b.halves[1:] {
		switch to := main.host(); {
		case !h.follows() || h.host() == to:
		case h.state == lifecycle.Bound:
			system.Root.Send(h.session, &move{to})
		case h.state == lifecycle.Disconnected && h.redial != nil && h.refused.Floor == lifecycle.NoFloor && h.b.seat.account.Load().Times.Rebind == 0:
			h.on(system, lifecycle.DialDue, "the transmitter is bound at "+to)
		}
	}
}
