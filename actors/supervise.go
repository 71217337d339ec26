package actors

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/ghasi/smpp-connector/actors/event"
)

// child is a supervised actor, as its parent remembers it.
type child struct {
	node     *node
	failures []time.Time
}

// guardian is the root's supervisor strategy. Beyond it there is only the process.
type guardian struct {
	env    *environment
	root   child
	failed chan struct{}
	once   sync.Once
}

// HandleFailure restarts the root like any other actor. One that fails again and
// again is stopped, and the process is told.
func (g *guardian) HandleFailure(_ *actor.ActorSystem, supervisor actor.Supervisor, who *actor.PID, _ *actor.RestartStatistics, reason, message any) {
	restartOrEscalate(g.env, &g.root, &lastSupervisor{supervisor, g}, who, reason, message, time.Now())
}

// lastSupervisor has nobody to escalate to.
type lastSupervisor struct {
	actor.Supervisor
	guardian *guardian
}

// EscalateFailure implements actor.Supervisor.
func (l *lastSupervisor) EscalateFailure(any, any) {
	l.guardian.once.Do(func() { close(l.guardian.failed) })
}

// Any failure but a session's end is a bug: the actor is restarted at once, up to
// maxRestarts times within restartWithin; then it is the next level's problem.
const (
	maxRestarts   = 3
	restartWithin = time.Minute
)

// restartOrEscalate is that rule. A child that is not known is restarted.
func restartOrEscalate(env *environment, ch *child, supervisor actor.Supervisor, who *actor.PID, reason, message any, now time.Time) {
	text := fmt.Sprint(reason)
	var ended *LinkEnded
	bug := true
	if err, ok := reason.(error); ok && errors.As(err, &ended) {
		bug = false
	}
	env.Listener.On(event.ActorFailed{Path: who.Id, Reason: text, Bug: bug, At: now})
	if ch == nil {
		supervisor.RestartChildren(who)
		return
	}
	ch.node.failed(text, bug, now)
	recent := ch.failures[:0]
	for _, at := range ch.failures {
		if now.Sub(at) < restartWithin {
			recent = append(recent, at)
		}
	}
	ch.failures = append(recent, now)
	if len(ch.failures) > maxRestarts {
		ch.failures = nil
		supervisor.EscalateFailure(reason, message)
		return
	}
	ch.node.restarts.Add(1)
	supervisor.RestartChildren(who)
}
