package telemetry_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"
	colmetrics "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	coltraces "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/infra/telemetry"
)

// collector decodes what is pushed, as a real one does.
type collector struct {
	mu      sync.Mutex
	metrics map[string]bool
	spans   []*tracepb.Span
	service string
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client has gone
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch r.URL.Path {
	case "/v1/metrics":
		var req colmetrics.ExportMetricsServiceRequest
		if proto.Unmarshal(body, &req) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		for _, rm := range req.ResourceMetrics {
			for _, a := range rm.Resource.Attributes {
				if a.Key == "service.name" {
					c.service = a.Value.GetStringValue()
				}
			}
			for _, sm := range rm.ScopeMetrics {
				for _, m := range sm.Metrics {
					c.metrics[m.Name] = true
				}
			}
		}
	case "/v1/traces":
		var req coltraces.ExportTraceServiceRequest
		if proto.Unmarshal(body, &req) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		for _, rs := range req.ResourceSpans {
			for _, ss := range rs.ScopeSpans {
				c.spans = append(c.spans, ss.Spans...)
			}
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

func TestPushCarriesMetricsAndSpans(t *testing.T) {
	c := &collector{metrics: map[string]bool{}}
	server := httptest.NewServer(c)
	defer server.Close()
	tel, _ := fresh(t, telemetry.Options{OTLPEndpoint: server.URL, SampleRatio: 0, Version: "1"})
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
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.service != "smpp-connector" || !c.metrics["smpp_response_status_total"] || !c.metrics["smpp_connector_submit_duration_seconds"] {
		t.Errorf("service %q, metrics %v", c.service, c.metrics)
	}
	// The parent was sampled, so its child is, whatever the ratio; a root at ratio 0 is not.
	if len(c.spans) != 1 {
		t.Fatalf("got %d spans, want 1", len(c.spans))
	}
	span := c.spans[0]
	if span.Name != "bind" || trace.TraceID(span.TraceId).String() != "4bf92f3577b34da6a3ce929d0e0e4736" ||
		trace.SpanID(span.ParentSpanId).String() != "00f067aa0ba902b7" || span.Status.GetMessage() != "refused" {
		t.Errorf("got %v", span)
	}
	if want := "00-4bf92f3577b34da6a3ce929d0e0e4736-" + trace.SpanID(span.SpanId).String() + "-01"; passedOn.Parent != want {
		t.Errorf("passed on %q, want %q", passedOn.Parent, want)
	}
}

// A collector that hangs must not disturb: facts are taken, scrapes answer, and
// Shutdown ends with its context.
func TestAHangingCollectorDisturbsNothing(t *testing.T) {
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
	if took := time.Since(began); took > 4*time.Second { // a single push may take 5 s
		t.Errorf("took %v", took)
	}
}

func TestARefusingCollectorIsOneWarning(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	address := server.URL
	server.Close()
	tel, log := fresh(t, telemetry.Options{OTLPEndpoint: address, SampleRatio: 1})
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
