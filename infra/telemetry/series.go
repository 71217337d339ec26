package telemetry

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
)

// cell is one series of a counter or a gauge: a number and the labels it is exported
// under. A thousand binds have tens of thousands of them, so the labels are kept as text
// alone, as a scrape has them; as a set they are made for each export (labelsOf).
type cell struct {
	key  string // seriesKey's, of the label values
	text string
	n    atomic.Int64
}

func (c *cell) add(n int) { c.n.Add(int64(n)) }
func (c *cell) set(n int) { c.n.Store(int64(n)) }

// durations is one series of a histogram.
type durations struct {
	labels  attribute.Set
	text    string                         // of labels
	buckets [len(bounds) + 1]atomic.Uint64 // by the first bound that is not below; the last has none
	sum     atomic.Int64                   // nanoseconds
	latest  [len(bounds) + 1]atomic.Pointer[exemplar]
}

// bounds are the upper ends of the buckets of every histogram. SMSC answers take
// 1 ms to 1 s, the response timeout is 30 s, and receipts take up to days.
var bounds = [...]time.Duration{
	time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond,
	25 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond,
	500 * time.Millisecond, time.Second, 2500 * time.Millisecond, 5 * time.Second,
	10 * time.Second, 30 * time.Second, time.Minute, 10 * time.Minute, time.Hour, 24 * time.Hour,
}

// boundSeconds is bounds as Prometheus has them.
var boundSeconds = func() []float64 {
	seconds := make([]float64, len(bounds))
	for i, b := range bounds {
		seconds[i] = b.Seconds()
	}
	return seconds
}()

// exemplar is the latest value of a bucket whose trace is recorded: the way from a
// slow bucket to one slow message.
type exemplar struct {
	took        time.Duration
	at          time.Time
	traceparent string
}

// bucketOf is the bucket that a duration counts in.
func bucketOf(took time.Duration) int {
	i := 0
	for i < len(bounds) && took > bounds[i] {
		i++
	}
	return i
}

// bucketEnds are a bucket's ends: durations above low and up to high count in it.
func bucketEnds(bucket int) (low, high time.Duration) {
	low, high = -1, 1<<63-1
	if bucket > 0 {
		low = bounds[bucket-1]
	}
	if bucket < len(bounds) {
		high = bounds[bucket]
	}
	return low, high
}

// observeAlike counts n values of one bucket, that add up to sum.
func (d *durations) observeAlike(bucket, n int, sum time.Duration) {
	d.buckets[bucket].Add(uint64(n))
	d.sum.Add(int64(sum))
}

// observe counts a value; traceparent is of its trace, where that is recorded.
func (d *durations) observe(took time.Duration, traceparent string) {
	i := bucketOf(took)
	d.buckets[i].Add(1)
	d.sum.Add(int64(took))
	if traceparent != "" {
		d.latest[i].Store(&exemplar{took: took, at: time.Now(), traceparent: traceparent})
	}
}

// family is all series of one metric. Series are made once and never dropped:
// that their number is bounded is the vocabularies' care.
type family struct {
	metric Metric
	mu     sync.RWMutex
	cells  map[string]*cell // by label values, each followed by NUL
	hists  map[string]*durations

	cellList []*cell // the same in the order in which they were made
	histList []*durations
}

// cell returns the series with these label values, in the order of the metric's
// labels, and makes it at 0 when it is new.
func (f *family) cell(values ...string) *cell {
	var buf [128]byte
	key := seriesKey(buf[:0], values)
	f.mu.RLock()
	c := f.cells[string(key)]
	f.mu.RUnlock()
	if c != nil {
		return c
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if c = f.cells[string(key)]; c == nil {
		c = &cell{key: string(key), text: labelText(f.labelSet(values))}
		f.cells[c.key] = c
		f.cellList = append(f.cellList, c)
	}
	return c
}

// share makes a series at 0 under labels that the series of other metrics have too:
// a thousand binds have a dozen each. key is seriesKey's of their values, text
// labelText's.
func (f *family) share(key, text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.cells[key] == nil {
		f.cells[key] = &cell{key: key, text: text}
		f.cellList = append(f.cellList, f.cells[key])
	}
}

// durations is cell for a histogram.
func (f *family) durations(values ...string) *durations {
	key := string(seriesKey(nil, values))
	f.mu.RLock()
	d := f.hists[key]
	f.mu.RUnlock()
	if d != nil {
		return d
	}
	labels := f.labelSet(values)
	return f.shareDurations(key, labels, labelText(labels))
}

// shareDurations is share for a histogram.
func (f *family) shareDurations(key string, labels attribute.Set, text string) *durations {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.hists[key]
	if d == nil {
		d = &durations{labels: labels, text: text}
		f.hists[key] = d
		f.histList = append(f.histList, d)
	}
	return d
}

func seriesKey(buf []byte, values []string) []byte {
	for _, v := range values {
		buf = append(append(buf, v...), 0)
	}
	return buf
}

// labelsOf are the labels of a series as a set.
func (f *family) labelsOf(c *cell) attribute.Set {
	return f.labelSet(strings.SplitN(strings.TrimSuffix(c.key, "\x00"), "\x00", len(f.metric.Labels)))
}

func (f *family) labelSet(values []string) attribute.Set {
	kvs := make([]attribute.KeyValue, len(values))
	for i, v := range values {
		kvs[i] = attribute.String(f.metric.Labels[i], v)
	}
	return attribute.NewSet(kvs...)
}

// vocabulary bounds the values of a label that somebody outside chooses: it
// admits the first `limit` different words and turns the rest into "other".
type vocabulary struct {
	limit int
	mu    sync.RWMutex
	words map[string]struct{}
}

func newVocabulary(limit int) *vocabulary {
	return &vocabulary{limit: limit, words: make(map[string]struct{})}
}

func (v *vocabulary) admit(word string) string {
	v.mu.RLock()
	_, known := v.words[word]
	full := len(v.words) >= v.limit
	v.mu.RUnlock()
	switch {
	case known:
		return word
	case full:
		return "other"
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.words) >= v.limit {
		if _, known = v.words[word]; !known {
			return "other"
		}
	}
	v.words[word] = struct{}{}
	return word
}
