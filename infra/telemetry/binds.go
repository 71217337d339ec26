package telemetry

import (
	"strconv"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
)

// lanes is how many priority lanes there are.
const lanes = int(contract.P3) + 1

// maxBinds bounds the bindId label: far above what one pod can own, so only a
// mistake meets it. The binds beyond share one series, with mno "other".
const maxBinds = 4096

// commonStatuses are looked up by index: SMPP 3.4 §5.1.3 ends at 0x0FF.
const commonStatuses = 0x100

// bindSeries holds a bind's series for the facts that come often, so that
// recording one is an index and an atomic addition.
type bindSeries struct {
	labels                 attribute.Set // mno, direction, bindId
	labelsWithoutDirection attribute.Set
	text, textWithout      string      // the same as a scrape has them
	id                     port.BindID // mno "other" beyond maxBinds
	values                 [3]string   // of labels
	accepted               *cell
	refused                *cell
	unknown                *cell
	asked                  *cell // accepted, and a receipt is due
	took                   *durations
	waits                  [lanes]atomic.Pointer[durations]                     // of messages, by lane; nil until the first
	ok                     *cell                                                // answers with ESME_ROK
	others                 atomic.Pointer[[commonStatuses]atomic.Pointer[cell]] // with another status; nil until the first

	mu    sync.Mutex // BindStateChanged of one bind may come from two goroutines at a hand-over
	state *cell      // the state that is 1
}

// bind returns a bind's series and makes them when it is new. What an alert or a
// rate() reads exists from then on, at 0.
func (r *recorder) bind(id port.BindID) *bindSeries {
	near := &r.near[nearOf(id)]
	if b := near.Load(); b != nil && b.id == id {
		return b
	}
	b := r.anyBind(id)
	near.Store(b)
	return b
}

// nearBinds is how many binds are found without the map and its lock, which cost more
// than to count one message.
const nearBinds = 256

// nearOf is the place of a bind among them. Binds that share one take turns.
func nearOf(id port.BindID) uint8 {
	last := uint8(0)
	if n := len(id.MNO); n > 0 {
		last = id.MNO[n-1]
	}
	return uint8(id.Number) + 31*last + 7*uint8(len(id.MNO)) // 256 of them
}

// anyBind finds a bind in the map of all, or puts it there.
func (r *recorder) anyBind(id port.BindID) *bindSeries {
	r.mu.RLock()
	b := r.binds[id]
	full := len(r.binds) >= maxBinds
	r.mu.RUnlock()
	if b != nil {
		return b
	}
	if full {
		id = port.BindID{MNO: "other"}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if b = r.binds[id]; b == nil {
		b = r.newBind(id)
		r.binds[id] = b
	}
	return b
}

func (r *recorder) newBind(id port.BindID) *bindSeries {
	v := [3]string{id.MNO, string(id.Direction), strconv.Itoa(id.Number)}
	b := &bindSeries{
		labels:                 attribute.NewSet(attribute.String("mno", v[0]), attribute.String("direction", v[1]), attribute.String("bindId", v[2])),
		labelsWithoutDirection: attribute.NewSet(attribute.String("mno", v[0]), attribute.String("bindId", v[2])),
		id:                     id,
		values:                 v,
		accepted:               r.of(submits).cell(v[0], v[1], v[2], "accepted"),
		refused:                r.of(submits).cell(v[0], v[1], v[2], "refused"),
		unknown:                r.of(submits).cell(v[0], v[1], v[2], "unknown"),
		asked:                  r.of(receiptsAsked).cell(v[0], v[1], v[2]),
		ok:                     r.of(responseStatus).cell(v[0], v[1], v[2], r.statuses.name(codec.StatusOK)),
	}
	b.text, b.textWithout = labelText(b.labels), labelText(b.labelsWithoutDirection)
	key := string(seriesKey(nil, v[:]))
	for _, atZero := range []metricID{reconnectAttempts, enquireLinkTimeouts, enquireLinkIgnored, answersLost, tpsThrottled, dlrOrphans, redisFailOpen,
		sequenceSkips, concatComplete, concatPartial, halfClosed, inboundRefused, dlrParked, dlrRepeated, dlrIncomplete, moMessages} {
		r.of(atZero).share(key, b.text)
	}
	b.took = r.of(submitDuration).shareDurations(key, b.labels, b.text)
	r.of(dlrLatency).shareDurations(key, b.labels, b.text)
	for _, strategy := range []string{"csms", "tlv", "sar"} {
		r.of(longSegments).cell(v[0], v[1], v[2], strategy)
	}
	for _, reason := range []string{"throttled", "draining"} {
		r.of(bindDegraded).cell(v[0], v[1], v[2], reason)
	}
	for _, state := range []string{"BOUND", "CONNECTING", "DISCONNECTED"} {
		r.of(sessions).cell(v[0], v[1], v[2], state, sessionOf(state))
	}
	return b
}

// sessionOf is the stories' word for a state that is shown (decisions.md: UNBOUND
// is DISCONNECTED or UNBINDING; a window that is not OPEN is still bound).
func sessionOf(state string) string {
	switch state {
	case "DISCONNECTED", "UNBINDING":
		return "UNBOUND"
	case "CONNECTING":
		return "CONNECTING"
	}
	return "BOUND"
}

// show moves the bind's 1 to another state.
func (b *bindSeries) show(r *recorder, state string) {
	next := r.of(sessions).cell(b.values[0], b.values[1], b.values[2], state, sessionOf(state))
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state != nil {
		b.state.set(0)
	}
	next.set(1)
	b.state = next
}

// forgetStates takes the binds that have left the tree out of every state: one that
// was stopped by order (a failback, a move to another pod) is not unbound, it is not
// here, and must not alarm anybody.
func (r *recorder) forgetStates(here map[*bindSeries]bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, b := range r.binds {
		if here[b] {
			continue
		}
		b.mu.Lock()
		if b.state != nil {
			b.state.set(0)
			b.state = nil
		}
		b.mu.Unlock()
	}
}

// status returns the counter of answers with a status.
func (b *bindSeries) status(r *recorder, s codec.Status) *cell {
	if s == codec.StatusOK {
		return b.ok
	}
	if s >= commonStatuses {
		return r.of(responseStatus).cell(b.values[0], b.values[1], b.values[2], r.statuses.name(s))
	}
	others := b.others.Load()
	if others == nil {
		others = new([commonStatuses]atomic.Pointer[cell])
		if !b.others.CompareAndSwap(nil, others) {
			others = b.others.Load()
		}
	}
	if c := others[s].Load(); c != nil {
		return c
	}
	c := r.of(responseStatus).cell(b.values[0], b.values[1], b.values[2], r.statuses.name(s))
	others[s].Store(c)
	return c
}

// wait returns the histogram of how long messages of a lane have waited, which the
// binds of one MNO and direction share.
func (b *bindSeries) wait(r *recorder, l contract.Lane) *durations {
	if d := b.waits[l].Load(); d != nil {
		return d
	}
	d := r.of(dispatchWait).durations(b.values[0], b.values[1], l.String())
	b.waits[l].Store(d)
	return d
}

// statusNames turns a status into a label: its name, and for the first few
// without a name the number in hex. It remembers, so that a vendor's own status
// in every answer costs no formatting.
type statusNames struct {
	words *vocabulary
	known sync.Map // codec.Status → string; bounded, because "other" is not kept
}

func (n *statusNames) name(s codec.Status) string {
	if name, ok := n.known.Load(s); ok {
		return name.(string)
	}
	name := n.words.admit(s.String())
	if name != "other" {
		n.known.Store(s, name)
	}
	return name
}
