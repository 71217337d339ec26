package telemetry

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/ghasi/smpp-connector/actors/port"
)

// Tracer is the tree's tracer, or nil where spans go nowhere: without a collector a
// message costs nothing.
func (t *Telemetry) Tracer() port.Tracer {
	if !t.recordsSpans {
		return nil
	}
	return tracer{t.tracer}
}

// tracer implements port.Tracer.
type tracer struct{ t trace.Tracer }

// Begin implements port.Tracer. A parent that is not sampled costs no span.
func (t tracer) Begin(name string, parent port.Trace, at time.Time) port.Span {
	ctx := context.Background()
	if sc := ParseTrace(parent); sc.IsValid() {
		if !sc.IsSampled() {
			return nil
		}
		ctx = trace.ContextWithRemoteSpanContext(ctx, sc)
	}
	return t.begin(ctx, name, trace.WithTimestamp(at), trace.WithSpanKind(trace.SpanKindConsumer))
}

// Link implements port.Tracer.
func (t tracer) Link(name string, to port.Trace, at time.Time) port.Span {
	sc := ParseTrace(to)
	if !sc.IsSampled() {
		return nil
	}
	return t.begin(context.Background(), name, trace.WithTimestamp(at), trace.WithNewRoot(),
		trace.WithLinks(trace.Link{SpanContext: sc}), trace.WithAttributes(always), trace.WithSpanKind(trace.SpanKindConsumer))
}

func (t tracer) begin(ctx context.Context, name string, options ...trace.SpanStartOption) port.Span {
	ctx, s := t.t.Start(ctx, name, options...)
	if !s.IsRecording() {
		return nil
	}
	return &span{t: t.t, ctx: ctx, s: s}
}

// span implements port.Span.
type span struct {
	t   trace.Tracer
	ctx context.Context
	s   trace.Span
}

func (s *span) Trace() port.Trace { return Inject(s.ctx) }

func (s *span) Step(name string, from, to time.Time, failure string, attrs ...port.Attr) {
	_, step := s.t.Start(s.ctx, name, trace.WithTimestamp(from), trace.WithAttributes(attributes(attrs)...))
	end(step, to, failure)
}

func (s *span) Set(attrs ...port.Attr) { s.s.SetAttributes(attributes(attrs)...) }

func (s *span) End(at time.Time, failure string) { end(s.s, at, failure) }

func end(s trace.Span, at time.Time, failure string) {
	if failure != "" {
		s.SetStatus(codes.Error, failure)
	}
	s.End(trace.WithTimestamp(at))
}

func attributes(attrs []port.Attr) []attribute.KeyValue {
	out := make([]attribute.KeyValue, len(attrs))
	for i, a := range attrs {
		if a.Text != "" {
			out[i] = attribute.String(a.Key, a.Text)
		} else {
			out[i] = attribute.Int(a.Key, a.Count)
		}
	}
	return out
}
