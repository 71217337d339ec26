package telemetry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/otlptranslator"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/ghasi/smpp-connector/actors/event"
	"github.com/ghasi/smpp-connector/actors/port"
)

// Options says what the process is and where its signals go.
type Options struct {
	ServiceName  string    // smpp-connector when empty
	Version      string    // of the build
	Pod          string    // in every log line and on build_info; may be empty
	OTLPEndpoint string    // base URL of a collector; empty: no push, and no spans are made
	SampleRatio  float64   // share of new traces that are recorded, 0…1; a parent's decision is followed
	LogLevel     string    // debug, info, warn, error; info when empty
	LogWriter    io.Writer // stderr when nil
	Egress       Egress
}

// Telemetry is the process's logger, metrics and tracer. It is an event.Listener,
// and safe for concurrent use.
type Telemetry struct {
	level        *slog.LevelVar
	log          *slog.Logger
	recorder     *recorder
	lines        *lines
	registry     *prometheus.Registry
	meters       *sdkmetric.MeterProvider
	traces       trace.TracerProvider
	tracer       trace.Tracer
	life         *lifeSpans
	recordsSpans bool
	ending       []func(context.Context) error // ends the providers, in order
}

// New starts the telemetry of a process. It dials nobody. One per process: it
// also takes over the OpenTelemetry SDK's own complaints, which are global.
func New(o Options) (*Telemetry, error) {
	if o.ServiceName == "" {
		o.ServiceName = "smpp-connector"
	}
	if o.LogWriter == nil {
		o.LogWriter = os.Stderr
	}
	if o.SampleRatio < 0 || o.SampleRatio > 1 {
		return nil, fmt.Errorf("trace sample ratio %v: want 0 to 1", o.SampleRatio)
	}
	level := new(slog.LevelVar)
	log := newLogger(o.LogWriter, level, o.Pod)
	t := &Telemetry{
		level: level, log: log, recorder: newRecorder(time.Now(), o.Egress), lines: newLines(log),
		registry: prometheus.NewRegistry(), // a private one: libraries register in the global one
		traces:   noop.NewTracerProvider(),
	}
	if err := t.SetLogLevel(o.LogLevel); err != nil {
		return nil, err
	}
	t.recorder.of(buildInfo).cell(o.Version, o.Pod).set(1)
	if err := t.provide(o); err != nil {
		return nil, err
	}
	t.tracer = t.traces.Tracer(scopeName)
	if t.recordsSpans {
		t.life = newLifeSpans(t.tracer)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(t.pushFailed))
	otel.SetLogger(logr.FromSlogHandler(log.Handler()))
	return t, nil
}

// provide makes the providers: Prometheus always, push when there is a collector.
func (t *Telemetry) provide(o Options) error {
	about := resource.NewSchemaless(attribute.String("service.name", o.ServiceName),
		attribute.String("service.version", o.Version), attribute.String("service.instance.id", o.Pod))
	scraped, err := otelprom.New(
		otelprom.WithRegisterer(t.registry),
		// Names exactly as in Table: no suffix added, no otel_scope_* labels, no target_info.
		otelprom.WithTranslationStrategy(otlptranslator.UnderscoreEscapingWithoutSuffixes),
		otelprom.WithoutScopeInfo(), otelprom.WithoutTargetInfo())
	if err != nil {
		return fmt.Errorf("Prometheus exporter: %w", err)
	}
	t.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	readers := []sdkmetric.Option{sdkmetric.WithResource(about), sdkmetric.WithReader(scraped)}
	if o.OTLPEndpoint != "" {
		pushed, spans, err := push(o.OTLPEndpoint, t.recorder)
		if err != nil {
			return err
		}
		readers = append(readers, sdkmetric.WithReader(pushed))
		traces := sdktrace.NewTracerProvider(sdktrace.WithResource(about), sdktrace.WithSpanProcessor(spans),
			sdktrace.WithSampler(newSampler(o.SampleRatio)))
		t.traces, t.recordsSpans = traces, true
		t.ending = append(t.ending, traces.Shutdown)
	}
	t.meters = sdkmetric.NewMeterProvider(readers...)
	t.ending = append(t.ending, t.meters.Shutdown)
	return nil
}

// On implements event.Listener.
func (t *Telemetry) On(f event.Fact) {
	t.recorder.record(f)
	t.lines.write(f)
	if t.life != nil {
		t.life.on(f)
	}
}

// ReadBinds names the tree that every scrape reads live values from. It may be
// called again when the tree is replaced.
func (t *Telemetry) ReadBinds(tree port.BindGauges) { t.recorder.tree.Store(&tree) }

// Logger is the process's logger.
func (t *Telemetry) Logger() *slog.Logger { return t.log }

// ActorLogger is the logger for protoactor's WithLoggerFactory: it tells types
// where the library would tell whole messages.
func (t *Telemetry) ActorLogger() *slog.Logger {
	return slog.New(typesOnly{t.log.Handler()}).With(slog.String("library", "protoactor"))
}

// Meter is for instruments beside Table, of libraries; facts need none.
func (t *Telemetry) Meter(name string) metric.Meter { return t.meters.Meter(name) }

// Handler serves /metrics in the Prometheus text format, or as OpenMetrics.
func (t *Telemetry) Handler() http.Handler {
	return &scrape{t: t, at: make(chan struct{}, maxScrapes)}
}

// Shutdown pushes what is left, within ctx, and ends every goroutine of this
// package. A collector that does not answer costs no more than ctx allows, and is
// no error worth an exit status: it is in the result for a log line.
func (t *Telemetry) Shutdown(ctx context.Context) error {
	if t.life != nil {
		t.life.end()
	}
	var errs []error
	for _, end := range t.ending {
		errs = append(errs, end(ctx))
	}
	t.lines.settle()
	return errors.Join(errs...)
}

// pushFailed hears the SDK's errors: a collector that is away, mostly.
func (t *Telemetry) pushFailed(err error) {
	t.lines.limited(slog.LevelWarn, seldom, "telemetry could not be pushed", slog.String("dependency", "otlp"), "", slog.String("error", err.Error()))
}
