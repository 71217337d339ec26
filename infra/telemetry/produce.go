package telemetry

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/ghasi/smpp-connector/actors/port"
)

const scopeName = "github.com/ghasi/smpp-connector/infra/telemetry"

// Produce implements the SDK's metric.Producer: the recorder's series and the
// tree's live values as they are now. The OTLP reader calls it; a scrape is written by exposition.go.
func (r *recorder) Produce(context.Context) ([]metricdata.ScopeMetrics, error) {
	now := time.Now()
	live := r.readBinds()
	out := make([]metricdata.Metrics, 0, len(r.families))
	for id := range r.families {
		f := &r.families[id]
		m := metricdata.Metrics{Name: f.metric.Name, Description: f.metric.Meaning, Unit: f.metric.Unit}
		switch f.metric.Kind {
		case Histogram:
			m.Data = metricdata.Histogram[float64]{DataPoints: f.histogramPoints(r.started, now), Temporality: metricdata.CumulativeTemporality}
		case Counter:
			m.Data = metricdata.Sum[int64]{DataPoints: f.points(live[metricID(id)], r.started, now), Temporality: metricdata.CumulativeTemporality, IsMonotonic: true}
		case Gauge:
			m.Data = metricdata.Gauge[int64]{DataPoints: f.points(live[metricID(id)], r.started, now)}
		}
		out = append(out, m)
	}
	return []metricdata.ScopeMetrics{{Scope: instrumentation.Scope{Name: scopeName}, Metrics: out}}, nil
}

// liveValue is a value that was read from the tree and not counted here.
type liveValue struct {
	labels attribute.Set
	text   string // of labels; empty: it is made when it is wanted
	n      int64
}

// readBinds asks the tree for what changes with every PDU.
func (r *recorder) readBinds() map[metricID][]liveValue {
	tree := r.tree.Load()
	if tree == nil {
		return nil
	}
	live := make(map[metricID][]liveValue, 8)
	here := make(map[*bindSeries]bool)
	(*tree).EachBind(func(g port.BindGauge) {
		b := r.bind(g.Bind)
		here[b] = true
		put := func(id metricID, n int64) { live[id] = append(live[id], liveValue{b.labels, b.text, n}) }
		put(windowInflight, int64(g.Inflight))
		put(windowDynamic, int64(g.Window))
		put(windowLimit, int64(g.WindowLimit))
		if g.Hosts > 1 {
			put(boundElsewhere, int64(one(g.Elsewhere)))
		}
		put(ingressBytes, int64(g.BytesRead))
		live[concatBuffer] = append(live[concatBuffer], liveValue{b.labelsWithoutDirection, b.textWithout, int64(g.ConcatGroups)})
	})
	r.forgetStates(here)
	r.egress.read(r, *tree, live)
	(*tree).EachLane(func(g port.LaneGauge) {
		v := r.laneValues(g.MNO, g.Direction, g.Lane, g.Consumer)
		acks := r.of(laneAcks).cell(v[:]...) // which begins at 0, so that a rate can be read
		labels := r.of(laneAcks).labelsOf(acks)
		live[laneLag] = append(live[laneLag], liveValue{labels, acks.text, int64(g.Waiting)})
		live[laneUnsettled] = append(live[laneUnsettled], liveValue{labels, acks.text, int64(g.Unsettled)})
	})
	for id := range live {
		live[id] = sumEqual(live[id])
	}
	return live
}

// sumEqual adds up values under equal labels, because one series that is exported
// twice makes the whole scrape fail: smpp_concat_buffer_size has no direction
// (US-SC-027), so awcc.rx.1 and awcc.trx.1 share a series, and so do all binds
// beyond maxBinds.
func sumEqual(values []liveValue) []liveValue {
	at := make(map[attribute.Distinct]int, len(values))
	out := values[:0]
	for _, v := range values {
		if i, seen := at[v.labels.Equivalent()]; seen {
			out[i].n += v.n
			continue
		}
		at[v.labels.Equivalent()] = len(out)
		out = append(out, v)
	}
	return out
}

func (f *family) points(live []liveValue, started, now time.Time) []metricdata.DataPoint[int64] {
	f.mu.RLock()
	defer f.mu.RUnlock()
	points := make([]metricdata.DataPoint[int64], 0, len(f.cells)+len(live))
	for _, c := range f.cells {
		points = append(points, metricdata.DataPoint[int64]{Attributes: f.labelsOf(c), StartTime: started, Time: now, Value: c.n.Load()})
	}
	for _, v := range live {
		points = append(points, metricdata.DataPoint[int64]{Attributes: v.labels, StartTime: started, Time: now, Value: v.n})
	}
	return points
}

func (f *family) histogramPoints(started, now time.Time) []metricdata.HistogramDataPoint[float64] {
	f.mu.RLock()
	defer f.mu.RUnlock()
	points := make([]metricdata.HistogramDataPoint[float64], 0, len(f.hists))
	for _, d := range f.hists {
		p := metricdata.HistogramDataPoint[float64]{
			Attributes: d.labels, StartTime: started, Time: now,
			Bounds: boundSeconds, BucketCounts: make([]uint64, len(d.buckets)),
			Sum: time.Duration(d.sum.Load()).Seconds(),
		}
		for i := range d.buckets { // the count is the buckets' sum, so that the two always agree
			p.BucketCounts[i] = d.buckets[i].Load()
			p.Count += p.BucketCounts[i]
			if e := d.latest[i].Load(); e != nil {
				p.Exemplars = append(p.Exemplars, e.point())
			}
		}
		points = append(points, p)
	}
	return points
}

func (e *exemplar) point() metricdata.Exemplar[float64] {
	sc := ParseTrace(port.Trace{Parent: e.traceparent})
	trace, span := sc.TraceID(), sc.SpanID()
	return metricdata.Exemplar[float64]{Time: e.at, Value: e.took.Seconds(), TraceID: trace[:], SpanID: span[:]}
}
