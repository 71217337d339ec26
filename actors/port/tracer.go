package port

import "time"

// Tracer makes the spans that the way of a message leaves behind (OpenTelemetry).
// Times are given, not taken, so that whoever knows one need not be asked when.
type Tracer interface {
	// Begin starts a span below parent, or a root where parent is empty. It is nil
	// when the trace is not recorded; the caller then passes on what it was given.
	Begin(name string, parent Trace, at time.Time) Span

	// Link starts the root of a trace of its own that points to another: days may
	// lie between the two. It is nil when the other is not recorded.
	Link(name string, to Trace, at time.Time) Span
}

// Span is one recorded span. Its methods are for one goroutine at a time.
type Span interface {
	// Trace is what names this span as the parent of what follows.
	Trace() Trace
	// Step adds a span below this one that has ended. failure is why it failed,
	// empty when it did not.
	Step(name string, from, to time.Time, failure string, attrs ...Attr)
	// Set adds attributes.
	Set(attrs ...Attr)
	// End ends the span, once.
	End(at time.Time, failure string)
}

// Attr is an attribute of a span: an id or a number, never a text, a secret or a
// subscriber's number.
type Attr struct {
	Key   string
	Text  string // the value where it is not empty
	Count int    // the value otherwise
}
