package telemetry

import (
	"context"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/ghasi/smpp-connector/actors/port"
)

// w3c reads and writes the W3C trace context, whose two header values are what
// port.Trace holds. Whoever touches NATS headers reads their names case-sensitively.
var w3c propagation.TraceContext

// carrier lets w3c read and write a port.Trace.
type carrier struct{ *port.Trace }

func (c carrier) Get(key string) string {
	switch key {
	case "traceparent":
		return c.Parent
	case "tracestate":
		return c.State
	}
	return ""
}

func (c carrier) Set(key, value string) {
	switch key {
	case "traceparent":
		c.Parent = value
	case "tracestate":
		c.State = value
	}
}

func (c carrier) Keys() []string { return []string{"traceparent", "tracestate"} }

// ParseTrace returns the span that t names; an invalid one when t is empty or
// does not follow the W3C recommendation.
func ParseTrace(t port.Trace) trace.SpanContext {
	if t.Parent == "" {
		return trace.SpanContext{}
	}
	return trace.SpanContextFromContext(w3c.Extract(context.Background(), carrier{&t}))
}

// Inject returns the trace context of the span in ctx, empty when there is none.
func Inject(ctx context.Context) port.Trace {
	var t port.Trace
	w3c.Inject(ctx, carrier{&t})
	return t
}

// TraceID is the trace's id for a log line: 32 hex digits, or empty.
func TraceID(t port.Trace) string {
	sc := ParseTrace(t)
	if !sc.HasTraceID() {
		return ""
	}
	return sc.TraceID().String()
}

// Span starts a span under parent (a root when parent is empty) and returns the
// context to pass on and the function that ends it, with the error if it failed.
// It is for control-level work, a few a second: a bind, a hand-over, a drain.
func (t *Telemetry) Span(ctx context.Context, name string, parent port.Trace, attrs ...attribute.KeyValue) (context.Context, func(error)) {
	if sc := ParseTrace(parent); sc.IsValid() {
		ctx = trace.ContextWithRemoteSpanContext(ctx, sc)
	}
	ctx, span := t.tracer.Start(ctx, name, trace.WithAttributes(attrs...))
	return ctx, func(err error) {
		if err != nil {
			span.SetStatus(codes.Error, err.Error())
		}
		span.End()
	}
}
