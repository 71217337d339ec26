package natsjs

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// The headers of JetStream's key-value convention (ADR-8), so that `nats kv`
// reads our buckets.
const (
	headerExpected  = "Nats-Expected-Last-Subject-Sequence"
	headerOperation = "KV-Operation"
	headerRollup    = "Nats-Rollup"
	headerTTL       = "Nats-TTL"
	headerSequence  = "Nats-Sequence"
	headerSubject   = "Nats-Subject"
	headerTimestamp = "Nats-Time-Stamp"
	headerMarker    = "Nats-Marker-Reason" // the server's own deletion, at the end of an entry's age

	operationPurge  = "PURGE"
	operationDelete = "DEL"
)

// markerTTL is how long the mark of a deleted key stays for watchers to see:
// longer than any of them is away while its connection lives.
const markerTTL = 5 * time.Minute

// manyAttempts is after how many lost races for one key a write gives up: with
// that many writers on it something else is wrong.
const manyAttempts = 200

// After fewAttempts lost races a writer rests for a random time up to longestRest before
// the next: of many that begin again at once the slowest would lose every one.
const (
	fewAttempts = 3
	longestRest = 20 * time.Millisecond
)

// rest waits before the next attempt of a write that has lost so many races.
func rest(ctx context.Context, lost int) error {
	if lost <= fewAttempts {
		return nil
	}
	pause := time.NewTimer(rand.N(longestRest))
	defer pause.Stop()
	select {
	case <-pause.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// bucket is a key-value bucket written and read in batches. jetstream.KeyValue
// does one key a call; the stream underneath is the same.
type bucket struct {
	conn   *Conn
	stream jetstream.StreamConfig
	prefix string // of every subject: $KV.{bucket}.
	made   atomic.Bool
	rising bool    // its revisions begin at the time when it is made, in ms
	memory *memory // of what this process wrote; nil: none
}

// bucket describes a bucket; it is made when it is used first, because NATS may
// be away now. maxAge 0 keeps entries for ever.
func (c *Conn) bucket(name, description string, maxAge time.Duration) *bucket {
	b := &bucket{conn: c, prefix: "$KV." + name + "."}
	b.stream = jetstream.StreamConfig{
		Name: "KV_" + name, Description: description,
		Subjects:          []string{b.prefix + ">"},
		Storage:           jetstream.FileStorage,
		Discard:           jetstream.DiscardNew,
		MaxMsgsPerSubject: 1,
		MaxAge:            maxAge,
		Replicas:          c.options.Replicas,
		AllowDirect:       true,
		AllowRollup:       true,
		DenyDelete:        true,
		AllowMsgTTL:       true,
	}
	return b
}

// ready makes the bucket if this process has not seen it yet.
func (b *bucket) ready(ctx context.Context) error {
	if b.made.Load() {
		return nil
	}
	ctx, cancel := b.conn.bounded(ctx)
	defer cancel()
	if !b.conn.Up() {
		return ErrAway
	}
	want := b.stream
	if b.rising {
		want.FirstSeq = uint64(time.Now().UnixMilli())
	}
	if _, err := b.conn.ensureStream(ctx, want); err != nil {
		return err
	}
	b.made.Store(true)
	return nil
}

// doubt makes the next call look again whether the bucket is there, when the
// server says that it is not.
func (b *bucket) doubt(err error) {
	if errors.Is(err, errNobody) {
		b.made.Store(false)
	}
}

// entry is what a bucket holds under a key. The zero entry is nothing, and never was.
type entry struct {
	key      string // of list and scan only
	value    []byte
	revision uint64 // 0: never written, or long gone
	deleted  bool   // only the mark of a deletion is left
	header   nats.Header
	storedAt time.Time // by the server's clock; of watches only
}

// live reports whether there is a value.
func (e entry) live() bool { return e.revision != 0 && !e.deleted }

func readEntry(m *nats.Msg) entry {
	revision, _ := strconv.ParseUint(m.Header.Get(headerSequence), 10, 64)
	return entry{value: m.Data, revision: revision, deleted: isMark(m.Header), header: m.Header}
}

// get reads many keys at once; what is not there is the zero entry.
func (b *bucket) get(ctx context.Context, keys []string) ([]entry, error) {
	if err := b.ready(ctx); err != nil {
		return nil, err
	}
	entries := make([]entry, len(keys))
	api := "$JS.API.DIRECT.GET." + b.stream.Name + "." + b.prefix
	var trouble error
	err := b.conn.exchange.do(ctx, len(keys),
		func(i int, reply string) error { return b.conn.nc.PublishRequest(api+keys[i], reply, nil) },
		func(i int, answer *nats.Msg) {
			switch status := answer.Header.Get("Status"); status {
			case "":
				entries[i] = readEntry(answer)
			case "404":
			case "503":
				trouble = errNobody
			default:
				trouble = fmt.Errorf("the server refuses a get: %s %s", status, answer.Header.Get("Description"))
			}
		})
	if err = errors.Join(err, trouble); err != nil {
		b.doubt(err)
		return nil, err
	}
	return entries, nil
}

// write is one value to be stored.
type write struct {
	key    string
	value  []byte
	header nats.Header // in addition
	expect expectation
}

// expectation is what a write demands of the key's present revision.
type expectation struct {
	revision uint64 // 0: the key must not be there
	any      bool   // no demand
}

var anything = expectation{any: true}

// errConflict is the outcome of a write whose expectation was not met.
var errConflict = errors.New("another writer was faster")

// put writes many values at once and returns the outcome of each: nil, errConflict, or trouble.
func (b *bucket) put(ctx context.Context, writes []write) []error {
	messages := make([]*nats.Msg, len(writes))
	own := make([]nats.Msg, len(writes))
	for i, w := range writes {
		m := &own[i]
		m.Subject, m.Data, m.Header = b.prefix+w.key, w.value, w.header
		if !w.expect.any {
			if m.Header == nil {
				m.Header = make(nats.Header, 1)
			}
			m.Header[headerExpected] = []string{strconv.FormatUint(w.expect.revision, 10)}
		}
		messages[i] = m
	}
	outcomes := make([]error, len(writes))
	if err := b.ready(ctx); err != nil {
		for i := range outcomes {
			outcomes[i] = err
		}
		return outcomes
	}
	revisions, outcomes := b.conn.store(ctx, messages)
	for i, err := range outcomes {
		switch {
		case err == nil && writes[i].header == nil:
			b.memory.keep(writes[i].key, entry{value: writes[i].value, revision: revisions[i]})
		default:
			b.memory.forget(writes[i].key) // another's, a deletion's mark, or nobody knows
		}
		if isConflict(err) {
			outcomes[i] = errConflict
		}
		b.doubt(err)
	}
	return outcomes
}

// isConflict knows the two codes of a sequence that is not the expected one: of
// one server, and of a cluster.
func isConflict(err error) bool {
	var api *jetstream.APIError
	return errors.As(err, &api) && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence ||
		api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}

// update brings every key to the value that change wants, given what is there.
// Where another writer comes between, change is asked again; where it wants
// nothing, nothing is written. A guess says that most keys are not there yet:
// the first attempt is then written without having looked. What is remembered is
// not looked for either.
func (b *bucket) update(ctx context.Context, keys []string, guess bool, change func(i int, found entry) (w write, wanted bool)) error {
	todo := make([]int, len(keys))
	for i := range todo {
		todo[i] = i
	}
	for lost := range manyAttempts {
		if len(todo) == 0 {
			return nil
		}
		if err := rest(ctx, lost); err != nil {
			return err
		}
		found, err := b.look(ctx, keys, todo, guess)
		if err != nil {
			return err
		}
		guess = false
		if todo, err = b.attempt(ctx, keys, todo, found, change); err != nil {
			return err
		}
	}
	return fmt.Errorf("%d keys are written by others all the time: gave up after %d attempts", len(todo), manyAttempts)
}

// look returns what is there under keys[todo…]: as it is remembered, as the server
// says, or, for a guess, nothing.
func (b *bucket) look(ctx context.Context, keys []string, todo []int, guess bool) ([]entry, error) {
	found := make([]entry, len(todo))
	var asked []string
	var at []int
	for j, i := range todo {
		e, known := b.memory.recall(keys[i])
		if known || guess {
			found[j] = e
			continue
		}
		asked, at = append(asked, keys[i]), append(at, j)
	}
	if len(asked) == 0 {
		return found, nil
	}
	entries, err := b.get(ctx, asked)
	for k, e := range entries {
		found[at[k]] = e
	}
	return found, err
}

// attempt writes once, and returns the keys for which another writer was faster.
func (b *bucket) attempt(ctx context.Context, keys []string, todo []int, found []entry, change func(int, entry) (write, bool)) (again []int, err error) {
	writes := make([]write, 0, len(todo))
	index := make([]int, 0, len(todo))
	for j, i := range todo {
		w, wanted := change(i, found[j])
		if !wanted {
			continue
		}
		w.key, w.expect = keys[i], expectation{revision: found[j].revision}
		writes, index = append(writes, w), append(index, i)
	}
	for j, outcome := range b.put(ctx, writes) {
		switch {
		case outcome == nil:
		case errors.Is(outcome, errConflict):
			again = append(again, index[j])
		default:
			return nil, outcome
		}
	}
	return again, nil
}

// purgeMark is the write that deletes a key, so that watchers see it and nothing
// of it stays for longer than markerTTL.
func purgeMark() write {
	return write{header: nats.Header{
		headerOperation: {operationPurge},
		headerRollup:    {"sub"},
		headerTTL:       {markerTTL.String()},
	}, expect: anything}
}

// keyOf returns the key of a subject of this bucket.
func (b *bucket) keyOf(subject string) string { return strings.TrimPrefix(subject, b.prefix) }
