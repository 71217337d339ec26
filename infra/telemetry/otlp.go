package telemetry

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// What a collector may cost: one request may take pushTimeout, and is not tried
// again; the next one, pushEvery later, carries newer numbers anyway. Spans wait
// in a queue of spanQueue and are dropped when it is full.
const (
	pushEvery   = 15 * time.Second
	pushTimeout = 5 * time.Second
	spanQueue   = 2048
)

// push makes the two exporters for a collector at a base URL such as
// http://collector:4318; its paths are those of OTLP/HTTP.
func push(endpoint string, producer sdkmetric.Producer) (sdkmetric.Reader, sdktrace.SpanProcessor, error) {
	base, err := url.Parse(endpoint)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		// Neither the value nor url's error, which quotes it: a URL can hold a password.
		return nil, nil, errors.New("OTLP endpoint: want a base URL, as in http://collector:4318")
	}
	metrics, err := otlpmetrichttp.New(context.Background(), // New only builds; nothing is dialled
		otlpmetrichttp.WithEndpointURL(base.JoinPath("v1", "metrics").String()),
		otlpmetrichttp.WithTimeout(pushTimeout),
		otlpmetrichttp.WithRetry(otlpmetrichttp.RetryConfig{Enabled: false}))
	if err != nil {
		return nil, nil, fmt.Errorf("OTLP metrics: %w", err)
	}
	traces, err := otlptracehttp.New(context.Background(),
		otlptracehttp.WithEndpointURL(base.JoinPath("v1", "traces").String()),
		otlptracehttp.WithTimeout(pushTimeout),
		otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: false}))
	if err != nil {
		return nil, nil, fmt.Errorf("OTLP traces: %w", err)
	}
	reader := sdkmetric.NewPeriodicReader(metrics, sdkmetric.WithInterval(pushEvery),
		sdkmetric.WithTimeout(pushTimeout), sdkmetric.WithProducer(producer))
	spans := sdktrace.NewBatchSpanProcessor(traces, sdktrace.WithMaxQueueSize(spanQueue), sdktrace.WithExportTimeout(pushTimeout))
	return reader, spans, nil
}
