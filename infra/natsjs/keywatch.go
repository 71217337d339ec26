package natsjs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	watchHeartbeat = 2 * time.Second
	// watchAgain is how long a watch that broke off waits before the next try.
	watchAgain = 250 * time.Millisecond
	// watchForgotten is when the server forgets a watcher that has gone silently.
	watchForgotten = time.Minute
)

// keyWatch tells of a bucket's entries as they are and as they change. It comes back
// by itself from everything but the end of its context, and then reads all entries
// again, so that nothing that appeared or vanished meanwhile is missed.
type keyWatch struct {
	bucket   *bucket
	patterns []string // of keys, which do not overlap; nil: all
	put      func(key string, e entry)
	// gone tells that a key is there no more, by what is left of it; the zero entry:
	// it vanished while nobody watched.
	gone   func(key string, mark entry)
	synced func(bool) // whether all that is there has been told; nil: nobody asks

	known map[string]bool // keys that were told of and are not gone; true once seen in this round
}

// run watches until ctx ends, and returns its error.
func (w *keyWatch) run(ctx context.Context) error {
	w.known = make(map[string]bool)
	if w.patterns != nil && len(w.patterns) == 0 { // to the server no pattern is every key
		w.sync(true)
		<-ctx.Done()
		return context.Cause(ctx)
	}
	for {
		err := w.follow(ctx)
		w.sync(false)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		w.bucket.conn.options.Logger.Debug("a watch begins anew", "stream", w.bucket.stream.Name, "why", err.Error())
		select {
		case <-time.After(watchAgain):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

func (w *keyWatch) sync(is bool) {
	if w.synced != nil {
		w.synced(is)
	}
}

// follow reads the bucket and then its changes, until that breaks off.
func (w *keyWatch) follow(ctx context.Context) error {
	b := w.bucket
	outage := b.conn.outage()
	if err := b.ready(ctx); err != nil {
		return err
	}
	entries, pending, err := b.watch(ctx, w.patterns)
	if err != nil {
		b.doubt(errNobody) // the bucket may be gone with a server's store: look again
		return err
	}
	stop := context.AfterFunc(ctx, entries.Stop)
	defer stop()
	defer entries.Stop()
	go func() { // an iterator notices a lost connection late, by its heartbeat
		select {
		case <-outage:
			entries.Stop()
		case <-ctx.Done():
		}
	}()

	for k := range w.known {
		w.known[k] = false
	}
	if pending == 0 {
		w.forgetUnseen()
		w.sync(true)
	}
	for whole := pending == 0; ; {
		m, err := entries.Next()
		if err != nil {
			if !errors.Is(err, jetstream.ErrMsgIteratorClosed) {
				b.doubt(errNobody) // the watcher was deleted, perhaps with its bucket
			}
			return err
		}
		meta, err := m.Metadata()
		if err != nil {
			return err
		}
		w.hear(m, meta)
		if !whole && meta.NumPending == 0 {
			whole = true
			w.forgetUnseen()
			w.sync(true)
		}
	}
}

func (w *keyWatch) hear(m jetstream.Msg, meta *jetstream.MsgMetadata) {
	k, header := w.bucket.keyOf(m.Subject()), m.Headers()
	e := entry{key: k, value: m.Data(), revision: meta.Sequence.Stream, deleted: isMark(header), header: header, storedAt: meta.Timestamp}
	if e.deleted {
		delete(w.known, k)
		w.gone(k, e)
		return
	}
	w.known[k] = true
	w.put(k, e)
}

// isMark tells a deletion, by a client or by the server at the end of an entry's
// age, from a value.
func isMark(header nats.Header) bool {
	return header.Get(headerOperation) != "" || header.Get(headerMarker) != ""
}

// forgetUnseen tells of what vanished while nobody was watching.
func (w *keyWatch) forgetUnseen() {
	for k, seen := range w.known {
		if !seen {
			delete(w.known, k)
			w.gone(k, entry{key: k})
		}
	}
}

// watch opens a consumer of the bucket's entries as they are and as they change,
// and says how many of the former there are. It leaves nothing on the server.
func (b *bucket) watch(ctx context.Context, patterns []string) (entries jetstream.MessagesContext, pending uint64, err error) {
	ctx, cancel := b.conn.bounded(ctx)
	defer cancel()
	subjects := []string{b.prefix + ">"}
	if patterns != nil {
		subjects = make([]string, len(patterns))
		for i, p := range patterns {
			subjects[i] = b.prefix + p
		}
	}
	c, err := b.conn.js.CreateConsumer(ctx, b.stream.Name, jetstream.ConsumerConfig{
		DeliverPolicy:     jetstream.DeliverLastPerSubjectPolicy,
		AckPolicy:         jetstream.AckNonePolicy,
		FilterSubjects:    subjects,
		InactiveThreshold: watchForgotten,
		MemoryStorage:     true,
		Replicas:          1,
	})
	if err != nil {
		return nil, 0, fmt.Errorf("watch bucket %s: %w", b.stream.Name, away(err))
	}
	entries, err = c.Messages(jetstream.PullHeartbeat(watchHeartbeat), jetstream.PullExpiry(4*watchHeartbeat))
	if err != nil {
		return nil, 0, errors.Join(fmt.Errorf("watch bucket %s: %w", b.stream.Name, err))
	}
	return entries, c.CachedInfo().NumPending, nil
}
