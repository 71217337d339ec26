package telemetry

import (
	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// always marks the roots that are recorded whatever the ratio says: of a receipt
// whose message was recorded, and of the life of a bind, which is a few spans a
// minute and what one looks for first.
var always = attribute.Bool("smpp.sampled.always", true)

// sampler follows a parent's decision, takes what is marked, and draws the rest.
type sampler struct{ sdktrace.Sampler }

func newSampler(ratio float64) sdktrace.Sampler {
	return sampler{sdktrace.ParentBased(sdktrace.TraceIDRatioBased(ratio))}
}

// ShouldSample implements sdktrace.Sampler.
func (s sampler) ShouldSample(p sdktrace.SamplingParameters) sdktrace.SamplingResult {
	for _, a := range p.Attributes {
		if a == always {
			return sdktrace.AlwaysSample().ShouldSample(p)
		}
	}
	return s.Sampler.ShouldSample(p)
}
