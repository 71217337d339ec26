package telemetry_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/infra/telemetry"
	"github.com/ghasi/smpp-connector/testkit/otlp"
)

func TestPushCarriesMetricsAndSpans(t *testing.T) {
	c := otlp.Start(t)
	tel, _ := fresh(t, telemetry.Options{OTLPEndpoint: c.URL, SampleRatio: 0, Version: "1"})
	for _, f := range everyFact() {
		tel.On(f)
	}
	ctx, end := tel.Span(t.Context(), "bind", port.Trace{Parent: traceparent})
	passedOn := telemetry.Inject(ctx)
	end(errors.New("refused"))
	_, end = tel.Span(t.Context(), "unsampled root", port.Trace{})
	end(nil)
	if err := tel.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c.Service() != "smpp-connector" || !c.HasMetric("smpp_response_status_total") || !c.HasMetric("smpp_connector_submit_duration_seconds") {
		t.Errorf("service %q, or a metric is missing", c.Service())
	}
	// The parent was sampled, so its child is, whatever the ratio; a root at ratio 0 is not.
	if len(c.Spans("unsampled root")) != 0 || len(c.Spans("bind")) != 1 {
		t.Fatalf("got %v", c.Spans(""))
	}
	if len(c.Spans("bind state")) == 0 || len(c.Spans("actor failed")) == 0 {
		t.Error("the life of binds and actors is recorded at a ratio of 0 too")
	}
	span := c.Spans("bind")[0]
	if trace.TraceID(span.TraceId).String() != "4bf92f3577b34da6a3ce929d0e0e4736" ||
		trace.SpanID(span.ParentSpanId).String() != "00f067aa0ba902b7" || span.Status.GetMessage() != "refused" {
		t.Errorf("got %v", span)
	}
	if want := "00-4bf92f3577b34da6a3ce929d0e0e4736-" + trace.SpanID(span.SpanId).String() + "-01"; passedOn.Parent != want {
		t.Errorf("passed on %q, want %q", passedOn.Parent, want)
	}
}

// A collector that hangs must not disturb: facts are taken, scrapes answer, and
// Shutdown ends with its context, all in less time than a single push may take, which is
// 5 s; on a busy machine in the best of a few tries.
func TestAHangingCollectorDisturbsNothing(t *testing.T) {
	var took []time.Duration
	for range 5 {
		took = append(took, besideAHangingCollector(t))
		if took[len(took)-1] < 4*time.Second {
			return
		}
	}
	t.Errorf("took %v", took)
}

func besideAHangingCollector(t *testing.T) (took time.Duration) {
	t.Helper()
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	defer close(release)
	tel, _ := fresh(t, telemetry.Options{OTLPEndpoint: server.URL, SampleRatio: 1, LogLevel: "error"})
	began := time.Now()
	for range 10_000 { // far more spans than the queue takes
		_, end := tel.Span(t.Context(), "flood", port.Trace{})
		end(nil)
	}
	for _, f := range everyFact() {
		tel.On(f)
	}
	if len(scrape(t, tel)) == 0 {
		t.Error("nothing scraped")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := tel.Shutdown(ctx); err == nil {
		t.Error("Shutdown says that all was pushed")
	}
	return time.Since(began)
}

func TestARefusingCollectorIsOneWarning(t *testing.T) {
	tel, log := fresh(t, telemetry.Options{OTLPEndpoint: "http://127.0.0.1:1", SampleRatio: 1}) // where nobody listens
	for range 5000 {
		_, end := tel.Span(t.Context(), "refused", port.Trace{})
		end(nil)
	}
	if err := tel.Shutdown(t.Context()); err == nil {
		t.Error("Shutdown says that all was pushed")
	}
	if n := strings.Count(log.String(), `"msg":"telemetry could not be pushed"`); n != 1 {
		t.Errorf("warned %d times in a moment", n)
	}
}

func TestTraceContextSurvivesTheWay(t *testing.T) {
	in := port.Trace{Parent: traceparent, State: "vendor=1"}
	ctx := trace.ContextWithSpanContext(t.Context(), telemetry.ParseTrace(in))
	if out := telemetry.Inject(ctx); out != in {
		t.Errorf("got %+v, want %+v", out, in)
	}
	if id := telemetry.TraceID(in); id != "4bf92f3577b34da6a3ce929d0e0e4736" {
		t.Errorf("got %q", id)
	}
	for _, bad := range []string{"", "00", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", strings.Repeat("0", 55), traceparent + "-more", "ff" + traceparent[2:]} {
		if telemetry.ParseTrace(port.Trace{Parent: bad}).IsValid() || telemetry.TraceID(port.Trace{Parent: bad}) != "" {
			t.Errorf("%q passes", bad)
		}
	}
	if out := telemetry.Inject(t.Context()); out != (port.Trace{}) {
		t.Errorf("no span: got %+v", out)
	}
	// Without a collector no span is made, and the context goes on as it came.
	tel, _ := fresh(t, telemetry.Options{})
	ctx, end := tel.Span(t.Context(), "bind", in)
	end(nil)
	if out := telemetry.Inject(ctx); out != in {
		t.Errorf("without a collector: got %+v, want %+v", out, in)
	}
}

// Issue 8: exemplars with trace ids, where the format allows. The plain format has none.
func TestASlowAnswerLeadsToItsTrace(t *testing.T) {
	tel, _ := fresh(t, telemetry.Options{})
	tel.On(event.ResponsesReceived{Bind: port.BindID{MNO: "awcc", Direction: port.TRX, Number: 1},
		Responses: []event.Response{{Took: 3 * time.Millisecond}, {Took: 700 * time.Millisecond, Trace: traceparent}}})
	read := func(accept string) string {
		r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		r.Header.Set("Accept", accept)
		w := httptest.NewRecorder()
		tel.Handler().ServeHTTP(w, r)
		return w.Body.String()
	}
	var found []string
	for _, line := range strings.Split(read("application/openmetrics-text;version=1.0.0"), "\n") {
		if strings.Contains(line, "trace_id") {
			found = append(found, line)
		}
	}
	if len(found) != 1 || !strings.HasPrefix(found[0], "smpp_connector_submit_duration_seconds_bucket{") || !strings.Contains(found[0], `le="1.0"`) ||
		!strings.Contains(found[0], `trace_id="4bf92f3577b34da6a3ce929d0e0e4736"`) || !strings.Contains(found[0], "} 0.7 ") {
		t.Errorf("%q", found)
	}
	if plain := read("text/plain"); strings.Contains(plain, "trace_id") || !strings.Contains(plain, "smpp_connector_submit_duration_seconds_bucket") {
		t.Error("the plain format has changed")
	}
}
