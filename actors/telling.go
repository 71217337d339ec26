package actors

import (
	"context"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
)

// telling is a port.Publisher that tells the listener of events which could not be
// stored: a full stream, a disk that fails, a server that is away.
type telling struct {
	port.Publisher
	listener event.Listener
}

// Publish implements port.Publisher.
func (p telling) Publish(ctx context.Context, events []port.Event) []error {
	errs := p.Publisher.Publish(ctx, events)
	failed := map[string]*event.EventsNotStored{}
	for i, err := range errs {
		if err == nil {
			continue
		}
		subject := events[i].Subject
		if failed[subject] == nil {
			failed[subject] = &event.EventsNotStored{Subject: subject, Err: err.Error()}
		}
		failed[subject].Count++
	}
	for _, f := range failed {
		p.listener.On(*f)
	}
	return errs
}
