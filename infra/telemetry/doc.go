// Package telemetry turns facts (actors/event) into metrics, log lines and
// traces. Actors publish each fact once and do not know that this package exists.
//
//	actors ── event.Fact ──► Telemetry.On ─┬─► record.go  atomics ──► Produce ─┬─► /metrics
//	                                       │                                   └─► OTLP push
//	                                       └─► lines.go   slog JSON, one event one line
//	/metrics scrape ──► port.BindGauges ──► what changes with every PDU
//
// Rule 1: the hot path costs nanoseconds and allocates nothing. So the counters
// and histograms are plain atomics here, and this package is a metric.Producer:
// the OpenTelemetry SDK reads them when somebody looks. (Measured: one Add of the
// SDK with precomputed attributes is about 300 ns; one answer recorded here, in a
// counter by status, one by outcome and a histogram, is about 35 ns.)
//
// Rule 2: a label never takes unbounded values. What a peer can choose (an unknown
// status, a receipt's state) passes a vocabulary, and becomes "other" when that is full.
//
// Rule 3: no password and no message text can get out. Facts hold none; the
// loggers of libraries, which would print whole messages, are cut down to types.
//
// Rule 4: a collector that hangs or refuses never disturbs message traffic. What
// it does not take in time is thrown away.
package telemetry
