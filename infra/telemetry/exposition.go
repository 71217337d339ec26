package telemetry

import (
	"bytes"
	"math"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/common/expfmt"
	"go.opentelemetry.io/otel/attribute"

	"github.com/ghasi/smpp-connector/actors/port"
)

// What Table's metrics look like to a scraper. The SDK's way (data points, then the
// exporter's protobuf, then text) takes a third of a second for a thousand binds,
// seventy thousand series; written as they stand they take a twentieth. A test holds
// the two to each other. What libraries measure goes the SDK's way.

// scrape serves /metrics.
type scrape struct {
	t      *Telemetry
	at     chan struct{} // who is being answered: bounds the memory that slow readers hold
	making sync.Mutex    // one answer is made at a time, with a rest after it: a flood of scrapes takes a quarter of one core at most
}

// A scrape of a thousand binds is 9 MB, which are held until they are read.
const (
	maxScrapes     = 8
	readScrapeTime = 10 * time.Second // Prometheus gives up after that too
)

// ServeHTTP implements http.Handler. The answer is not compressed: within a cluster
// octets are cheaper than the CPU that would save them.
func (s *scrape) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case s.at <- struct{}{}:
		defer func() { <-s.at }()
	default:
		w.Header().Set("Retry-After", "10")
		http.Error(w, "too many scrapes at once", http.StatusServiceUnavailable)
		return
	}
	body, format := s.make(r.Header)
	w.Header().Set("Content-Type", string(format))
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(readScrapeTime)) // where it cannot be set, the server's own holds
	_, _ = w.Write(body)                                                               // the scraper has gone: nobody is left to tell
}

func (s *scrape) make(header http.Header) ([]byte, expfmt.Format) {
	s.making.Lock()
	began := time.Now()
	defer func() { time.AfterFunc(3*time.Since(began), s.making.Unlock) }()
	format := expfmt.NegotiateAccept(header, expfmt.FmtOpenMetrics_1_0_0, expfmt.FmtText)
	open := format.FormatType() == expfmt.TypeOpenMetrics
	b := bytes.NewBuffer(s.t.recorder.expose(make([]byte, 0, s.t.recorder.size.Load()+64<<10), open))
	s.t.recorder.size.Store(int64(b.Len()))
	rest, err := s.t.registry.Gather()
	if err != nil { // what could be gathered is told all the same
		s.t.log.Warn("some metrics could not be gathered", "error", err.Error())
	}
	encoder := expfmt.NewEncoder(b, format)
	for _, family := range rest {
		if err := encoder.Encode(family); err != nil {
			s.t.log.Warn("a metric could not be written", "metric", family.GetName(), "error", err.Error())
		}
	}
	if closer, ok := encoder.(expfmt.Closer); ok {
		_ = closer.Close() // writes "# EOF" to a buffer
	}
	return b.Bytes(), format
}

// expose appends every metric of Table, as text or as OpenMetrics.
func (r *recorder) expose(b []byte, open bool) []byte {
	live := r.readBinds()
	for id := range r.families {
		b = r.families[id].expose(b, live[metricID(id)], open)
	}
	return b
}

func (f *family) expose(b []byte, live []liveValue, open bool) []byte {
	f.mu.RLock()
	cells, hists := f.cellList, f.histList // only ever appended to
	f.mu.RUnlock()
	if len(cells)+len(hists)+len(live) == 0 {
		return b
	}
	b = f.appendHead(b, open)
	for _, c := range cells {
		b = appendSample(b, f.metric.Name, c.text, c.n.Load())
	}
	for i := range live {
		text := live[i].text
		if text == "" {
			text = labelText(live[i].labels)
		}
		b = appendSample(b, f.metric.Name, text, live[i].n)
	}
	for _, d := range hists {
		b = d.expose(b, f.metric.Name, open)
	}
	return b
}

func (f *family) appendHead(b []byte, open bool) []byte {
	name := f.metric.Name
	if open && f.metric.Kind == Counter {
		name = strings.TrimSuffix(name, "_total")
	}
	help := strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	if open {
		help = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
	}
	b = append(append(append(append(append(b, "# HELP "...), name...), ' '), help.Replace(f.metric.Meaning)...), '\n')
	return append(append(append(append(append(b, "# TYPE "...), name...), ' '), f.metric.Kind.String()...), '\n')
}

// appendSample writes one line; text are the labels without their braces.
func appendSample(b []byte, name, text string, n int64) []byte {
	b = append(append(append(append(b, name...), '{'), text...), "} "...)
	return append(strconv.AppendInt(b, n, 10), '\n')
}

// The values of the label le, as the two formats want them.
var leText, leOpen = func() (text, open [len(bounds) + 1]string) {
	for i, seconds := range append(append([]float64{}, boundSeconds...), math.Inf(1)) {
		text[i] = strconv.FormatFloat(seconds, 'g', -1, 64)
		if open[i] = text[i]; !strings.ContainsAny(text[i], ".eI") {
			open[i] += ".0"
		}
	}
	return text, open
}()

// expose writes a histogram: the buckets add up, and the count is their sum, so that
// the two always agree.
func (d *durations) expose(b []byte, name string, open bool) []byte {
	les, sum, count := &leText, d.sum.Load(), uint64(0)
	if open {
		les = &leOpen
	}
	for i := range d.buckets {
		count += d.buckets[i].Load()
		b = append(append(append(append(b, name...), "_bucket{"...), d.text...), `,le="`...)
		b = append(append(b, les[i]...), `"} `...)
		b = strconv.AppendUint(b, count, 10)
		if e := d.latest[i].Load(); e != nil && open {
			b = e.append(b)
		}
		b = append(b, '\n')
	}
	b = append(append(append(append(b, name...), "_sum{"...), d.text...), "} "...)
	b = append(strconv.AppendFloat(b, time.Duration(sum).Seconds(), 'g', -1, 64), '\n')
	b = append(append(append(append(b, name...), "_count{"...), d.text...), "} "...)
	return append(strconv.AppendUint(b, count, 10), '\n')
}

// append writes an exemplar behind its bucket (OpenMetrics 1.0, "Exemplars").
func (e *exemplar) append(b []byte) []byte {
	sc := ParseTrace(port.Trace{Parent: e.traceparent})
	b = append(append(append(b, ` # {span_id="`...), sc.SpanID().String()...), `",trace_id="`...)
	b = append(append(b, sc.TraceID().String()...), `"} `...)
	b = append(strconv.AppendFloat(b, e.took.Seconds(), 'g', -1, 64), ' ')
	return strconv.AppendFloat(b, float64(e.at.UnixMilli())/1000, 'f', 3, 64)
}

var labelEscapes = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)

// labelText is a set of labels as a sample has it, without the braces, in the
// alphabetical order of a Set.
func labelText(set attribute.Set) string {
	var b strings.Builder
	for i, kv := range set.ToSlice() {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(string(kv.Key))
		b.WriteString(`="`)
		_, _ = labelEscapes.WriteString(&b, strings.ToValidUTF8(kv.Value.AsString(), "\uFFFD")) // a builder takes everything
		b.WriteByte('"')
	}
	return b.String()
}
