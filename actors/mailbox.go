package actors

import (
	"sync"
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"
)

// earlyMailbox is protoactor's mailbox, made safe for what comes before its actor does.
//
// protoactor makes a new actor known by its name before its mailbox has anybody to run it;
// whoever sends at that moment panics, on its own goroutine, and the process with it. That
// needs a sender that knows the name already: from an actor of the same name that was
// before, such as a request for commands whose window was stopped and started again. So what
// comes early waits here, behind the Started that an actor hears first.
type earlyMailbox struct {
	actor.Mailbox
	begun  atomic.Bool // Started is in the mailbox, and all that came before it
	mu     sync.Mutex
	system []any // early, in the order in which they came
	user   []any
}

func newMailbox() *earlyMailbox { return &earlyMailbox{Mailbox: actor.Unbounded()()} }

// PostUserMessage implements actor.Mailbox.
func (m *earlyMailbox) PostUserMessage(message any) {
	if m.begun.Load() || !m.keep(&m.user, message) {
		m.Mailbox.PostUserMessage(message)
	}
}

// PostSystemMessage implements actor.Mailbox. Whoever spawns the actor posts its Started
// once there is somebody to run the mailbox.
func (m *earlyMailbox) PostSystemMessage(message any) {
	if m.begun.Load() {
		m.Mailbox.PostSystemMessage(message)
		return
	}
	if _, started := message.(*actor.Started); started {
		m.begin(message)
		return
	}
	if !m.keep(&m.system, message) {
		m.Mailbox.PostSystemMessage(message)
	}
}

// keep puts a message by, unless the actor has begun meanwhile.
func (m *earlyMailbox) keep(early *[]any, message any) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.begun.Load() {
		return false
	}
	*early = append(*early, message)
	return true
}

func (m *earlyMailbox) begin(started any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.Mailbox.PostSystemMessage(started)
	for _, message := range m.system {
		m.Mailbox.PostSystemMessage(message)
	}
	for _, message := range m.user {
		m.Mailbox.PostUserMessage(message)
	}
	m.system, m.user = nil, nil
	m.begun.Store(true)
}
