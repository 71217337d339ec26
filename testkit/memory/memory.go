package memory

import (
	"context"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
)

// Memory is all the ports. Each has troubles of its own (Fail, Hang, …): one
// server may be away while the others are there.
type Memory struct {
	Dispatch     *Dispatch     // port.DispatchSource
	Publisher    *Publisher    // port.Publisher
	Correlations *Correlations // port.CorrelationStore
	Park         *Park         // port.ReceiptPark
	Counters     *Counters     // port.Counters
	Permits      *Permits      // port.Permits
	Concat       *Concat       // port.ConcatStore
	Orders       *Orders       // port.Orders
	Credentials  *Credentials  // port.Credentials
	Binds        *Binds        // port.BindSettings
	Leases       *Leases       // port.Leases
	Presence     *Presence     // port.Presence
}

// New returns empty ports in good health.
func New() *Memory {
	return &Memory{
		Dispatch:     newDispatch(),
		Publisher:    newPublisher(),
		Correlations: newCorrelations(),
		Park:         newPark(),
		Counters:     newCounters(),
		Permits:      newPermits(),
		Concat:       newConcat(),
		Orders:       newOrders(),
		Credentials:  newCredentials(),
		Binds:        &Binds{},
		Leases:       newLeases(),
		Presence:     newPresence(),
	}
}

// Publish stores a JSON command on a subject of the stream SMPP_DISPATCH, as a
// client of the connector does. A subject that the stream does not have panics:
// the test is wrong.
func (m *Memory) Publish(subject string, payload []byte) {
	if err := m.Dispatch.Send(subject, payload, nil); err != nil {
		panic(err)
	}
}

// Events returns what is stored on a subject of SMPP_EVENTS, oldest first.
func (m *Memory) Events(subject string) []port.Event { return m.Publisher.Events(subject) }

// WaitEvents returns the events of a subject once there are n or more, or what
// there is and ctx's error.
func (m *Memory) WaitEvents(ctx context.Context, subject string, n int) ([]port.Event, error) {
	return m.Publisher.WaitEvents(ctx, subject, n)
}

// Unsettled is how many commands were handed out and are not acknowledged; what
// was given back and waits for its delay is among them, as with JetStream.
func (m *Memory) Unsettled() int { return m.Dispatch.Unsettled() }

// Waiting is how many commands nobody has been handed yet.
func (m *Memory) Waiting() int { return m.Dispatch.Waiting() }

// Settlements tells what has become of the commands of one subject.
func (m *Memory) Settlements(subject string) Settlements { return m.Dispatch.Settlements(subject) }

// troubles are the switches of all ports.
func (m *Memory) troubles() []*Trouble {
	return []*Trouble{
		&m.Dispatch.Trouble, &m.Publisher.Trouble, &m.Correlations.Trouble, &m.Park.Trouble,
		&m.Counters.Trouble, &m.Permits.Trouble, &m.Concat.Trouble, &m.Orders.Trouble, &m.Credentials.Trouble, &m.Binds.Trouble,
		&m.Leases.Trouble, &m.Presence.Trouble,
	}
}

// Fail makes every port fail with err.
func (m *Memory) Fail(err error) {
	for _, t := range m.troubles() {
		t.Fail(err)
	}
}

// Slow makes every call of every port take d.
func (m *Memory) Slow(d time.Duration) {
	for _, t := range m.troubles() {
		t.Slow(d)
	}
}

// Heal ends the troubles of every port.
func (m *Memory) Heal() {
	for _, t := range m.troubles() {
		t.Heal()
	}
}
