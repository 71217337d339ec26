package memory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// ErrNobodyStores is the error of a subject that the stream does not have.
var ErrNobodyStores = errors.New("no stream stores this subject")

// Publisher implements port.Publisher: the stream SMPP_EVENTS.
type Publisher struct {
	Trouble

	mu         sync.Mutex
	stored     []StoredEvent
	known      duplicates
	repeats    int
	refused    map[string]error // by subject
	subscribed signal
}

// StoredEvent is one event as the stream has it.
type StoredEvent struct {
	Event   port.Event // a copy of what was published
	Payload []byte     // its body as JSON
	Headers map[string]string
	At      time.Time // when it was stored
}

func newPublisher() *Publisher {
	return &Publisher{known: duplicates{}, refused: map[string]error{}}
}

// Refuse makes the events of one subject fail with err, whatever becomes of the
// others; nil accepts them again.
func (p *Publisher) Refuse(subject string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refused[subject] = err
}

// Publish implements port.Publisher.
func (p *Publisher) Publish(ctx context.Context, events []port.Event) []error {
	if len(events) == 0 {
		return nil
	}
	errs := make([]error, len(events))
	answer, err := p.enter(ctx)
	if err != nil {
		for i, e := range events {
			errs[i] = fmt.Errorf("publish on %s: %w", e.Subject, err)
		}
		return errs
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	failed := false
	for i, e := range events {
		err := p.store(e)
		if err == nil {
			err = answer
		}
		if err != nil {
			errs[i] = fmt.Errorf("publish on %s: %w", e.Subject, err)
			failed = true
		}
	}
	p.subscribed.raise()
	if !failed {
		return nil
	}
	return errs
}

// store keeps one event, unless it is known by its ID.
func (p *Publisher) store(e port.Event) error {
	if !coveredBy(contract.EventSubjects(), e.Subject) {
		return ErrNobodyStores
	}
	if err := p.refused[e.Subject]; err != nil {
		return err
	}
	if e.Body == nil {
		return errors.New("the event has no body")
	}
	payload, contentType, err := contract.Encode(e.Body, false)
	if err != nil {
		return err
	}
	now := time.Now()
	if p.known.seen(e.ID, now) {
		p.repeats++
		return nil
	}
	e.Body = proto.Clone(e.Body)
	headers := map[string]string{contract.HeaderContentType: contentType}
	for name, value := range map[string]string{headerMsgID: e.ID, headerParent: e.Trace.Parent, headerState: e.Trace.State} {
		if value != "" {
			headers[name] = value
		}
	}
	p.stored = append(p.stored, StoredEvent{Event: e, Payload: payload, Headers: headers, At: now})
	return nil
}

// Stored returns the events of a subject as a subscriber gets them, oldest
// first; of all subjects when it is "".
func (p *Publisher) Stored(subject string) []StoredEvent {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.of(subject)
}

func (p *Publisher) of(subject string) []StoredEvent {
	var found []StoredEvent
	for _, e := range p.stored {
		if subject == "" || e.Event.Subject == subject {
			found = append(found, e)
		}
	}
	return found
}

// Repeats is how many events were recognised by their ID and not stored again.
func (p *Publisher) Repeats() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.repeats
}

// Events returns the events of a subject, oldest first; of all when it is "".
func (p *Publisher) Events(subject string) []port.Event { return eventsOf(p.Stored(subject)) }

// WaitEvents returns the events of a subject once there are n or more, or what
// there is and an error when ctx ends before.
func (p *Publisher) WaitEvents(ctx context.Context, subject string, n int) ([]port.Event, error) {
	for {
		p.mu.Lock()
		found := p.of(subject)
		changed := p.subscribed.wait()
		p.mu.Unlock()
		if len(found) >= n {
			return eventsOf(found), nil
		}
		if err := pause(ctx, changed, forever); err != nil {
			return eventsOf(found), fmt.Errorf("waited for %d events on %s, there are %d: %w", n, subject, len(found), err)
		}
	}
}

func eventsOf(stored []StoredEvent) []port.Event {
	var events []port.Event
	for _, e := range stored {
		events = append(events, e.Event)
	}
	return events
}

// coveredBy reports whether one of a stream's subjects covers a subject: * is
// one token, > the rest.
func coveredBy(patterns []string, subject string) bool {
	has := strings.Split(subject, ".")
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		wants := strings.Split(pattern, ".")
		for i, want := range wants {
			if want == ">" {
				return len(has) > i
			}
			if i >= len(has) || want != "*" && want != has[i] {
				return false
			}
		}
		return len(has) == len(wants)
	})
}
