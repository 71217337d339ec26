package telemetry

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
)

// lifeSpans turns what happens to binds and actors into spans: one from the moment
// that a bind leaves a state of rest until it comes to the next (a connect, a
// hand-over, an unbind), with every change in between as a span event; and one for
// an actor that failed. All are recorded, whatever the sample ratio: they are few.
type lifeSpans struct {
	tracer trace.Tracer
	mu     sync.Mutex
	open   map[port.BindID]trace.Span
}

func newLifeSpans(t trace.Tracer) *lifeSpans {
	return &lifeSpans{tracer: t, open: map[port.BindID]trace.Span{}}
}

// resting are the states that a bind may stay in; the other ones have a deadline.
var resting = map[string]bool{"BOUND": true, "DISCONNECTED": true, "HALF_CLOSED_TX": true, "DRAINING": true}

func (l *lifeSpans) on(f event.Fact) {
	switch f := f.(type) {
	case event.BindStateChanged:
		l.change(f)
	case event.BindRefused:
		l.within(f.Bind, "bind refused", f.At, attribute.String("smpp.host", f.Host), attribute.String("smpp.status", f.Status.String()))
	case event.HostFailed:
		l.within(f.Bind, "host failed", f.At, attribute.String("smpp.host", f.Host), attribute.String("smpp.host.next", f.Next), attribute.String("reason", f.Reason))
	case event.EnquireLinkTimedOut:
		l.within(f.Bind, "enquire_link timed out", f.At)
	case event.AnswersLost:
		l.within(f.Bind, "submits are not answered any more", f.At)
	case event.ActorFailed:
		_, s := l.tracer.Start(context.Background(), "actor failed", trace.WithTimestamp(f.At),
			trace.WithAttributes(always, attribute.String("actor.path", f.Path)))
		s.AddEvent("restart", trace.WithTimestamp(f.At), trace.WithAttributes(attribute.String("reason", f.Reason), attribute.Bool("bug", f.Bug)))
		if f.Bug {
			s.SetStatus(codes.Error, f.Reason)
		}
		s.End(trace.WithTimestamp(f.At))
	}
}

func (l *lifeSpans) change(f event.BindStateChanged) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.open[f.Bind]
	if s == nil {
		s = l.begin(f.Bind, "bind state", f.At)
		s.SetAttributes(attribute.String("smpp.operator.id", f.OperatorID), attribute.Int64("smpp.epoch", int64(f.Epoch)))
		l.open[f.Bind] = s
	}
	s.AddEvent("state "+f.To, trace.WithTimestamp(f.At), trace.WithAttributes(
		attribute.String("from", f.From), attribute.String("to", f.To), attribute.String("reason", f.Reason)))
	if !resting[f.To] {
		return
	}
	delete(l.open, f.Bind)
	if f.To == "DISCONNECTED" && f.From == "CONNECTING" {
		s.SetStatus(codes.Error, f.Reason)
	}
	s.SetAttributes(attribute.String("smpp.bind.state", f.To), attribute.String("smpp.host", f.Host))
	s.End(trace.WithTimestamp(f.At))
}

// within adds an event to the span of the change that is under way, or makes one.
func (l *lifeSpans) within(bind port.BindID, what string, at time.Time, attrs ...attribute.KeyValue) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.open[bind]
	if s == nil {
		s = l.begin(bind, what, at)
		defer s.End(trace.WithTimestamp(at))
	}
	s.AddEvent(what, trace.WithTimestamp(at), trace.WithAttributes(attrs...))
}

func (l *lifeSpans) begin(bind port.BindID, name string, at time.Time) trace.Span {
	_, s := l.tracer.Start(context.Background(), name, trace.WithTimestamp(at), trace.WithAttributes(always, attribute.String("smpp.bind", bind.String())))
	return s
}

// end ends what is open: the process stops.
func (l *lifeSpans) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for bind, s := range l.open {
		s.End()
		delete(l.open, bind)
	}
}
