package actors

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/lifecycle"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/actors/vitals"
	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
)

// half is one line of a bind and its life. A bind has one; a transceiver that has
// fallen back has a transmitter and a receiver, each of which is dialled, lost
// and dialled again alone. It belongs to the bind's goroutine.
type half struct {
	b    *bind
	role port.Direction // what it binds as
	name string         // of its session actor
	node *node

	state      lifecycle.State
	since      time.Time
	reason     string // of the last change
	attempt    int    // failed attempts since the last bind
	silences   int    // sessions that ended because no submit was answered, since one was
	briefs     int    // sessions that were lost within lifecycle.Brief, since one was not
	redial     *time.Timer
	redialAt   time.Time // zero: no redial is scheduled
	generation int       // of the redial: an older one's message is dropped
	session    *actor.PID
	round      lifecycle.Round        // of the dials to the MNO's hosts (hosts.go)
	floor      time.Duration          // the longest that a refusal of the round asks to wait
	goesOn     bool                   // the next dial is one more of the round
	aim        atomic.Pointer[target] // of the session, from one dial to the next; nil: it has not dialled
	up         *linkUp                // while BOUND
	refused    lifecycle.Refusal
	status     codec.Status // of refused
	told       codec.Status // the refusal that operator.health has told of since the last bind
	vain       []*Account   // whose credentials the MNO has refused since the last bind
	lossSaid   bool         // a receiver's loss was announced
	stopped    bool         // it has left for good
}

// The messages of a half.
type (
	bindMade struct {
		link    *link
		session *actor.PID
		account *Account
		aim     *target // of the session's incarnation
		version uint8   // sc_interface_version; 0: the MNO did not say
	}
	dialDue struct {
		half       *half
		generation int
	}
)

func newHalf(b *bind, role port.Direction, name string) *half {
	h := &half{b: b, role: role, name: name, since: time.Now(), node: b.env.tree.claim(b.ctx.Self().Id+"/"+name, "session")}
	h.beginRound()
	return h
}

func (h *half) due(system *actor.ActorSystem, generation int) {
	if generation == h.generation {
		h.on(system, lifecycle.DialDue, "")
	}
}

// on takes an event to the table and performs what it says.
func (h *half) on(system *actor.ActorSystem, e lifecycle.Event, reason string) {
	next, effects, err := lifecycle.Next(h.state, e)
	if err != nil {
		h.b.env.violation(h.b.seat.id, "illegal_transition", err.Error(), time.Now())
		return
	}
	now := time.Now()
	if next != h.state {
		h.state, h.since = next, now
	}
	if reason != "" {
		h.reason = reason
	}
	if slices.Contains(effects, lifecycle.OpenLink) {
		h.aim.Store(h.choose())
	}
	h.b.show(now)
	for _, effect := range effects {
		h.perform(system, effect, now)
	}
}

func (h *half) perform(system *actor.ActorSystem, effect lifecycle.Effect, now time.Time) {
	switch effect {
	case lifecycle.OpenLink:
		h.stopTimer()
		h.open()
	case lifecycle.AnnounceBound:
		h.announceBound(system, now)
	case lifecycle.AnnounceUnbound:
		h.announceUnbound(system, now)
	case lifecycle.ScheduleRedial:
		h.scheduleRedial(system, now)
	case lifecycle.CancelRedial:
		h.stopTimer()
	case lifecycle.SendUnbind:
		system.Root.Send(h.session, &leave{h.aim.Load()})
	case lifecycle.ReportStopped:
		h.stopped = true
		h.b.reportStopped(system)
	}
	h.b.show(now)
}

// open starts the first incarnation of the session, and restarts it ever after.
func (h *half) open() {
	b := h.b
	if h.session != nil {
		b.ctx.(actor.Supervisor).RestartChildren(h.session)
		return
	}
	path := b.ctx.Self().Id + "/" + h.name
	pid, err := b.ctx.SpawnNamed(b.env.tree.props(path, "session", func() actor.Actor {
		return &session{env: b.env, seat: b.seat, node: h.node, role: h.role, aim: h.aim.Load()}
	}), h.name)
	if err != nil {
		panic(fmt.Sprintf("spawn %s: %v", path, err))
	}
	h.session = pid
}

// announceBound: the bind is BOUND when its main line is; a receiver that is back
// is worth a word.
func (h *half) announceBound(system *actor.ActorSystem, now time.Time) {
	h.attempt, h.floor, h.told, h.vain = 0, 0, codec.StatusOK, nil
	switch {
	case h == h.b.main():
		system.Root.Send(h.b.seat.window, h.up)
		reason := h.reason
		if h.b.seat.mute.Load() {
			reason = "the MNO has answered no submit before: it gets one at a time until it does"
		}
		h.b.announce(system, contract.HealthState_BOUND, reason, now)
	case h.lossSaid:
		h.lossSaid = false
		h.b.announce(system, h.b.announced, "the receiver is back", now)
	}
}

// announceUnbound tells of the loss of a line once, and of each refusal since that does
// not mend itself, such as a password that was changed: it is another reason.
func (h *half) announceUnbound(system *actor.ActorSystem, now time.Time) {
	news := h.refused.Alert && h.status != h.told
	if news {
		h.told = h.status
	}
	switch {
	case h == h.b.main() && news:
		h.b.tell(system, contract.HealthState_UNBOUND, h.reason, now)
	case h == h.b.main():
		h.b.announce(system, contract.HealthState_UNBOUND, h.reason, now)
	case (news || !h.lossSaid) && h.b.main().state == lifecycle.Bound && !h.b.draining:
		h.lossSaid = true
		h.b.announce(system, h.b.announced, "the receiver is lost: "+h.reason, now)
	}
}

// scheduleRedial dials again after the exact backoff (US-SC-005), or later where
// the MNO must not be hammered. Within a round there is no backoff.
func (h *half) scheduleRedial(system *actor.ActorSystem, now time.Time) {
	times := h.b.seat.account.Load().Times
	delay := times.Rebind
	if !h.goesOn {
		h.attempt++
		backoff := jittered(lifecycle.Backoff(max(h.attempt, h.silences), times.Backoff), times.Jitter) // a bind without answers is worth no more than none
		delay = lifecycle.Wait(backoff, times.Rebind, h.floor)
		h.beginRound()
	}
	h.goesOn = false
	h.b.env.Listener.On(event.RedialScheduled{Bind: h.b.seat.id, Role: h.role, Attempt: max(h.attempt, 1), Delay: delay, Reason: h.reason, At: now})
	h.dialIn(system, delay, now)
}

// jittered is a delay and, drawn by lot, up to a share of it.
func jittered(delay time.Duration, share float64) time.Duration {
	return delay + time.Duration(rand.Float64()*share*float64(delay))
}

// dialIn has the line dial after a delay.
func (h *half) dialIn(system *actor.ActorSystem, delay time.Duration, now time.Time) {
	h.stopTimer()
	h.redialAt = now.Add(delay)
	self, generation := h.b.ctx.Self(), h.generation
	h.redial = time.AfterFunc(delay, func() { system.Root.Send(self, &dialDue{h, generation}) })
}

func (h *half) stopTimer() {
	h.generation++
	h.redialAt = time.Time{}
	if h.redial != nil {
		h.redial.Stop()
		h.redial = nil
	}
}

// giveUp ends the half for good: another takes its place.
func (h *half) giveUp() {
	h.stopTimer()
	h.b.ctx.(actor.Supervisor).StopChildren(h.session)
	h.b.env.tree.releaseBelow(h.session.Id)
	h.session = nil
}

// ended answers the end of an incarnation: expected or not, its flights go back
// to the window, and the table says what follows.
func (h *half) ended(system *actor.ActorSystem, supervisor actor.Supervisor, reason any, now time.Time) {
	b, who := h.b, h.session
	end, expected := reason.(*LinkEnded)
	if !expected {
		end = &LinkEnded{Event: lifecycle.LineLost, Err: fmt.Errorf("session failed: %v", reason), Written: ^uint64(0)}
		if h.up != nil {
			end.link = h.up.link
			end.link.close()
		}
	}
	if !end.orderly() {
		h.node.restarts.Add(1)
		h.node.failed(end.Error(), !expected, now)
		b.env.Listener.On(event.ActorFailed{Path: who.Id, Reason: end.Error(), Bug: !expected, At: now})
	}
	if end.link != nil && h == b.main() {
		system.Root.Send(b.seat.window, &linkDown{link: end.link, written: end.Written, reason: end.Error()})
	}
	wasBound := h.state == lifecycle.Bound
	h.up = nil
	if b.mayFallBack(h, end) {
		b.fallBack(system, end, now)
		return
	}
	h.judge(system, end, now)
	if h.passOn(system, end, now) {
		return
	}
	h.on(system, end.Event, end.Error())
	if b.draining && !b.held && h.state == lifecycle.Disconnected {
		// Whatever ended the link while stopping, it does not come back.
		h.stopTimer()
		supervisor.StopChildren(who)
	}
	if wasBound && !b.draining && h == b.main() {
		supervisor.EscalateFailure(end, nil) // the operator's strategy resumes us, and thinks of its backup
	}
}

// judge takes in what a refusal means for the next dial.
func (h *half) judge(system *actor.ActorSystem, end *LinkEnded, now time.Time) {
	switch {
	case end.Event == lifecycle.AnswersLost:
		h.silences++
	case !h.b.seat.mute.Load():
		h.silences = 0
	}
	switch lived := now.Sub(h.since); {
	case h.state != lifecycle.Bound:
	case lived < lifecycle.Brief && (end.Event == lifecycle.LineLost || end.Event == lifecycle.HeartbeatLost || end.Event == lifecycle.PeerUnbound):
		h.briefs++
	default:
		h.briefs = 0
	}
	h.refused = lifecycle.Refusal{}
	if end.Event != lifecycle.BindRefused {
		return
	}
	h.refused, h.status = lifecycle.RefusalOf(end.Status), end.Status
	times := h.b.seat.account.Load().Times
	h.floor = max(h.floor, map[lifecycle.Floor]time.Duration{lifecycle.AuthFloor: times.AuthFailed, lifecycle.AlreadyFloor: times.AlreadyBound}[h.refused.Floor])
	h.b.env.Listener.On(event.BindRefused{Bind: h.b.seat.id, Role: h.role, Host: h.host(), Status: end.Status, Alert: h.refused.Alert, At: now})
	if h.refused.Refetch {
		h.noteVain(h.aim.Load().account)
		system.Root.Send(h.b.ctx.Parent(), &accountDoubted{})
	}
}

// maxVain bounds the refused credentials that are remembered: more are of no service that
// means well.
const maxVain = 8

// noteVain remembers credentials that the MNO has refused.
func (h *half) noteVain(account *Account) {
	if h.inVain(account) {
		return
	}
	if h.vain = append(h.vain, account); len(h.vain) > maxVain {
		h.vain = h.vain[1:]
	}
}

// inVain reports whether the MNO has refused these credentials since the last bind. They
// are not tried at once: a service that says the one thing and then the other would have
// the bind dial without a pause, and the MNO lock the account.
func (h *half) inVain(account *Account) bool {
	return slices.ContainsFunc(h.vain, account.sameAccess)
}

// mayFallBack reports whether a refusal means that the MNO knows no transceiver.
func (b *bind) mayFallBack(h *half, end *LinkEnded) bool {
	return end.Event == lifecycle.BindRefused && h.role == port.TRX && !b.draining &&
		slices.Contains(b.seat.account.Load().FallbackTriggers, end.Status)
}

// peer is the SMPP version that the MNO has answered the bind with.
func (h *half) peer() string {
	if h.up == nil || h.up.version == 0 {
		return ""
	}
	return fmt.Sprintf("%d.%d", h.up.version>>4, h.up.version&15)
}

// snapshot is the line as it is shown.
func (h *half) snapshot() vitals.Line {
	return vitals.Line{Role: h.role, State: h.state.String(), Since: h.since, Reason: h.reason, Attempts: h.attempt, RedialAt: h.redialAt, Peer: h.peer(), Host: h.host()}
}
