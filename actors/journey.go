package actors

import (
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
)

// What is traced, and how (issue 8). The tree knows port.Tracer alone.

// journey is the trace of a command from its delivery to its settlement: the span
// consume with the steps admit, and for each segment submit and response, then
// store, publish and ack below it (issue 8, traces). A command whose trace is not
// recorded has none; all methods are then no work.
//
// It belongs to whoever the command belongs to.
type journey struct {
	span    port.Span
	at      time.Time // where the step that is under way began
	handed  bool      // a segment of it has left the queue
	segment []time.Time
}

// trace begins the journey of a delivery, if it is recorded. The delivery's trace
// context becomes that of the span: events, rows and receipts follow from it.
func (e *environment) trace(d *port.Delivery, operatorID string, now time.Time) *journey {
	if e.Tracer == nil {
		return nil
	}
	span := e.Tracer.Begin("consume", d.Trace, now)
	if span == nil {
		return nil
	}
	d.Trace = span.Trace()
	span.Set(port.Attr{Key: "smpp.operator.id", Text: operatorID}, port.Attr{Key: "messaging.message.id", Text: d.Command.GetMessageId()},
		port.Attr{Key: "messaging.delivery.attempt", Count: int(d.Attempt)})
	return &journey{span: span, at: now}
}

// traceparent names the trace, where it is recorded.
func (j *journey) traceparent() string {
	if j == nil {
		return ""
	}
	return j.span.Trace().Parent
}

// hand says that a segment goes to the session: the first one ends admit.
func (j *journey) hand(part int, now time.Time) {
	if j == nil {
		return
	}
	if !j.handed {
		j.handed = true
		j.span.Step("admit", j.at, now, "")
	}
	for len(j.segment) <= part {
		j.segment = append(j.segment, time.Time{})
	}
	j.segment[part] = now
}

// outcome says what has become of a segment: failure is a status, or why there is
// none.
func (j *journey) outcome(f *flight, bind port.BindID, answeredAt time.Time, failure string) {
	if j == nil || f.part >= len(j.segment) {
		return
	}
	written := f.sentAt
	if written.IsZero() {
		written = answeredAt
	}
	attrs := []port.Attr{{Key: "smpp.segment", Count: f.part + 1}, {Key: "smpp.bind", Text: bind.String()}, {Key: "smpp.sequence_number", Count: int(f.seq)}}
	j.span.Step("submit", j.segment[f.part], written, "", attrs...)
	j.span.Step("response", written, answeredAt, failure, attrs...)
}

// decided begins the step that follows the last answer: the store.
func (j *journey) decided(now time.Time) {
	if j != nil {
		j.at = now
	}
}

// done ends a step now and begins the next.
func (j *journey) done(step string, now time.Time) {
	if j != nil {
		j.span.Step(step, j.at, now, "")
		j.at = now
	}
}

// end ends the journey.
func (j *journey) end(now time.Time, failure string) {
	if j != nil {
		j.span.End(now, failure)
	}
}

// traceReceipt leaves the trace of a receipt that has found its message: one of its
// own, with a link, because days may lie between the two.
func (e *environment) traceReceipt(m matched, now time.Time) {
	if e.Tracer == nil || m.row.Trace.Parent == "" {
		return
	}
	span := e.Tracer.Link("receipt", m.row.Trace, m.heard.At)
	if span == nil {
		return
	}
	span.Set(port.Attr{Key: "smpp.operator.id", Text: m.row.OperatorID}, port.Attr{Key: "messaging.message.id", Text: m.row.MessageID},
		port.Attr{Key: "smpp.bind", Text: m.heard.Bind.String()}, port.Attr{Key: "smpp.segment", Count: m.row.PartIndex})
	span.Step("correlate and publish", m.heard.At, now, "")
	span.End(now, "")
}

// moSpan is the trace of an inbound message that is being published; nil: it is not
// recorded.
type moSpan struct {
	span port.Span
	at   time.Time
}

// traceMO begins the trace of an inbound message, a root, which its event carries on.
func (e *environment) traceMO(ev *port.Event, bind port.BindID, parts int, at time.Time) *moSpan {
	if e.Tracer == nil {
		return nil
	}
	span := e.Tracer.Begin("mo", port.Trace{}, at)
	if span == nil {
		return nil
	}
	span.Set(port.Attr{Key: "smpp.bind", Text: bind.String()}, port.Attr{Key: "smpp.segments", Count: parts})
	ev.Trace = span.Trace()
	return &moSpan{span: span, at: at}
}

func (s *moSpan) end(now time.Time, stored bool) {
	if s == nil {
		return
	}
	failure := ""
	if !stored {
		failure = "the event could not be stored"
	}
	s.span.Step("publish", s.at, now, failure)
	s.span.End(now, failure)
}
