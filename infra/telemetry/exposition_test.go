package telemetry

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/otlptranslator"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
)

// busy is a recorder that has heard a little of everything, also of labels that need
// an escape.
func busy(t *testing.T) *Telemetry {
	t.Helper()
	tel, err := New(Options{Version: "1.2.3", Pod: "pod-1", LogWriter: new(bytes.Buffer), LogLevel: "error"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		bind := port.BindID{MNO: fmt.Sprintf("mno%d", i), Direction: port.TRX, Number: i + 1}
		tel.On(event.BindStateChanged{Bind: bind, To: "BOUND"})
		tel.On(event.ResponsesReceived{Bind: bind, Responses: []event.Response{{Took: 3 * time.Millisecond}, {Status: codec.StatusThrottled, Took: 40 * time.Second}, {Took: 48 * time.Hour}}})
		tel.On(event.ReceiptsHeard{Bind: bind, ByStatus: map[string]int{"DELIVERED": 3}, Latencies: []time.Duration{time.Minute}})
	}
	tel.On(event.DeadLettered{OperatorID: "an \"odd\\one\"\nüñí", Reason: "rejected_by_mno"})
	tel.On(event.ActorFailed{Path: "connector/bridge/nats", Bug: true})
	return tel
}

// Our own writer says what the SDK's exporter would say of the same recorder: the same
// families, types, helps, series and values.
func TestTheWriterSaysWhatTheExporterWould(t *testing.T) {
	tel := busy(t)
	parser := expfmt.NewTextParser(model.UTF8Validation)
	ours, err := parser.TextToMetricFamilies(bytes.NewReader(tel.recorder.expose(nil, false)))
	if err != nil {
		t.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	reader, err := otelprom.New(otelprom.WithRegisterer(registry), otelprom.WithProducer(tel.recorder),
		otelprom.WithTranslationStrategy(otlptranslator.UnderscoreEscapingWithoutSuffixes), otelprom.WithoutScopeInfo(), otelprom.WithoutTargetInfo())
	if err != nil {
		t.Fatal(err)
	}
	defer sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)).Shutdown(t.Context())
	gathered, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	if len(gathered) < 15 || len(gathered) != len(ours) {
		t.Errorf("%d families, the exporter has %d", len(ours), len(gathered))
	}
	for _, theirs := range gathered {
		name := theirs.GetName()
		mine := ours[name]
		if mine == nil {
			t.Errorf("%s is missing", name)
			continue
		}
		if mine.GetType() != theirs.GetType() || mine.GetHelp() != theirs.GetHelp() {
			t.Errorf("%s: %v %q, the exporter has %v %q", name, mine.GetType(), mine.GetHelp(), theirs.GetType(), theirs.GetHelp())
		}
		if got, want := samples(mine), samples(theirs); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v\nthe exporter has %v", name, got, want)
		}
	}
}

// samples is a family's series as lines, sorted.
func samples(f *dto.MetricFamily) (lines []string) {
	for _, m := range f.GetMetric() {
		var b strings.Builder
		for _, l := range m.GetLabel() {
			fmt.Fprintf(&b, "%s=%q ", l.GetName(), l.GetValue())
		}
		switch {
		case m.Histogram != nil:
			fmt.Fprintf(&b, "sum=%v count=%d", m.Histogram.GetSampleSum(), m.Histogram.GetSampleCount())
			for _, bucket := range m.Histogram.GetBucket() {
				if bucket.GetUpperBound() < 1e9 { // the exporter leaves +Inf out: it is the count
					fmt.Fprintf(&b, " %v:%d", bucket.GetUpperBound(), bucket.GetCumulativeCount())
				}
			}
		case m.Counter != nil:
			fmt.Fprint(&b, m.Counter.GetValue())
		case m.Gauge != nil:
			fmt.Fprint(&b, m.Gauge.GetValue())
		}
		lines = append(lines, b.String())
	}
	slices.Sort(lines)
	return lines
}

// The two formats, as a scraper asks for them.
func TestAScrapeInBothFormats(t *testing.T) {
	tel := busy(t)
	ask := func(accept string) (string, string) {
		rec := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		r.Header.Set("Accept", accept)
		tel.Handler().ServeHTTP(rec, r)
		return rec.Header().Get("Content-Type"), rec.Body.String()
	}
	kind, body := ask("")
	if !strings.HasPrefix(kind, "text/plain; version=0.0.4") || strings.Contains(body, "# EOF") || !strings.Contains(body, "# TYPE smpp_connector_submits_total counter\n") || !strings.Contains(body, "\ngo_goroutines ") {
		t.Errorf("text: %s\n%.2000s", kind, body)
	}
	kind, body = ask("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5")
	if !strings.HasPrefix(kind, "application/openmetrics-text; version=1.0.0") || !strings.HasSuffix(body, "# EOF\n") || strings.Count(body, "# EOF") != 1 ||
		!strings.Contains(body, "# TYPE smpp_connector_submits counter\n") || !strings.Contains(body, `,le="1.0"} `) || !strings.Contains(body, "\ngo_goroutines ") {
		t.Errorf("OpenMetrics: %s\n%.2000s", kind, body)
	}
	for line := range strings.Lines(body) {
		if strings.HasPrefix(line, "# TYPE ") && strings.HasSuffix(line, " counter\n") && strings.Contains(line, "_total ") {
			t.Errorf("OpenMetrics names a counter without _total: %s", line)
		}
	}
	families := map[string]bool{}
	for line := range strings.Lines(body) {
		if name, ok := strings.CutPrefix(line, "# TYPE "); ok {
			if families[name] {
				t.Errorf("told twice: %s", name)
			}
			families[name] = true
		}
	}
}

// Scrapers that do not read hold a bounded memory, and are told when there are too many;
// when they have gone, there is room again.
func TestSlowScrapersAreBounded(t *testing.T) {
	handler := busy(t).Handler()
	release := make(chan struct{})
	var inside, all sync.WaitGroup
	for range maxScrapes {
		inside.Add(1)
		all.Go(func() {
			handler.ServeHTTP(&stuck{httptest.NewRecorder(), inside.Done, release}, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		})
	}
	inside.Wait()
	ask := func() int {
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		return rec.Code
	}
	if got := ask(); got != http.StatusServiceUnavailable {
		t.Errorf("one more: %d", got)
	}
	close(release)
	all.Wait()
	if got := ask(); got != http.StatusOK {
		t.Errorf("when they have gone: %d", got)
	}
}

// stuck is a connection that takes nothing until it is released.
type stuck struct {
	http.ResponseWriter
	entered func()
	release chan struct{}
}

func (s *stuck) Write(b []byte) (int, error) {
	s.entered()
	<-s.release
	return len(b), nil
}

// Scrapes and facts at once: nothing tears (the race detector looks on).
func TestScrapesWhileFactsCome(t *testing.T) {
	tel := busy(t)
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for n := range 50 {
				tel.On(event.ResponsesReceived{Bind: port.BindID{MNO: fmt.Sprint(i), Direction: port.TX, Number: n%7 + 1}, Responses: []event.Response{{Took: time.Millisecond}}})
				tel.recorder.expose(nil, n%2 == 0)
			}
		})
	}
	all.Wait()
}
