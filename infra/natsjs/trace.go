package natsjs

import (
	"github.com/nats-io/nats.go"

	"github.com/ghasi/smpp-connector/actors/port"
)

// The headers of W3C trace context. nats.Header is case-sensitive, and Go's
// canonical form (Traceparent) is what no peer writes: hence these, as they are.
const (
	headerTraceParent = "traceparent"
	headerTraceState  = "tracestate"
)

// readTrace returns the trace context of a message, in either spelling: as the
// W3C has it, and as a Go peer that canonicalises its headers has it.
func readTrace(h nats.Header) port.Trace {
	if len(h) == 0 {
		return port.Trace{}
	}
	return port.Trace{
		Parent: either(h, headerTraceParent, "Traceparent"),
		State:  either(h, headerTraceState, "Tracestate"),
	}
}

func either(h nats.Header, name, canonical string) string {
	if v := h.Get(name); v != "" {
		return v
	}
	return h.Get(canonical)
}

// writeTrace puts a trace context into the headers, if there is one.
func writeTrace(h nats.Header, t port.Trace) {
	if t.Parent == "" {
		return
	}
	h.Set(headerTraceParent, t.Parent)
	if t.State != "" {
		h.Set(headerTraceState, t.State)
	}
}
