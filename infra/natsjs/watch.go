package natsjs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ghasi/smpp-connector/actors/port"
)

const (
	watchHeartbeat = 2 * time.Second
	// watchAgain is how long a watch that broke off waits before the next try.
	watchAgain = 250 * time.Millisecond
	// watchForgotten is when the server forgets a watcher that has gone silently.
	watchForgotten = time.Minute
)

// Watch implements port.ReceiptPark. It returns when ctx ends, with ctx's error,
// and comes back by itself from everything else. Each time that it comes back it
// reads the whole bucket, so that nothing that appeared or vanished meanwhile is
// missed.
func (s *Receipts) Watch(ctx context.Context, appear, vanish func(port.ParkedReceipt)) error {
	w := &receiptWatch{park: s, appear: appear, vanish: vanish, known: make(map[string]bool)}
	for {
		err := w.follow(ctx)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		s.bucket.conn.options.Logger.Debug("the watch of parked receipts begins anew", "why", err.Error())
		select {
		case <-time.After(watchAgain):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// receiptWatch is what one watcher has been told.
type receiptWatch struct {
	park           *Receipts
	appear, vanish func(port.ParkedReceipt)
	known          map[string]bool // keys that appeared and did not vanish; true once seen in this round
}

// follow reads the bucket and then its changes, until that breaks off.
func (w *receiptWatch) follow(ctx context.Context) error {
	b := w.park.bucket
	outage := b.conn.outage()
	if err := b.ready(ctx); err != nil {
		return err
	}
	entries, pending, err := b.watch(ctx)
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
	}
	for whole := pending == 0; ; {
		m, err := entries.Next()
		if err != nil {
			return err
		}
		meta, err := m.Metadata()
		if err != nil {
			return err
		}
		w.hear(m)
		if !whole && meta.NumPending == 0 {
			whole = true
			w.forgetUnseen()
		}
	}
}

// hear tells of one entry.
func (w *receiptWatch) hear(m jetstream.Msg) {
	k := w.park.bucket.keyOf(m.Subject())
	if m.Headers().Get(headerOperation) != "" {
		w.forget(k)
		return
	}
	r, err := unpackReceipt(k, m.Data())
	if err != nil {
		w.park.bucket.conn.options.Logger.Error("a parked receipt cannot be read and stays where it is", "error", err.Error())
		return
	}
	w.known[k] = true
	w.appear(r)
}

// forgetUnseen tells of what vanished while nobody was watching.
func (w *receiptWatch) forgetUnseen() {
	for k, seen := range w.known {
		if !seen {
			w.forget(k)
		}
	}
}

func (w *receiptWatch) forget(k string) {
	if _, known := w.known[k]; !known {
		return
	}
	delete(w.known, k)
	if r, err := nameOfReceipt(k); err == nil { // it could be read when it appeared
		w.vanish(r)
	}
}

// watch opens a consumer of the bucket's entries as they are and as they change,
// and says how many of the former there are. It leaves nothing on the server.
func (b *bucket) watch(ctx context.Context) (entries jetstream.MessagesContext, pending uint64, err error) {
	ctx, cancel := b.conn.bounded(ctx)
	defer cancel()
	c, err := b.conn.js.CreateConsumer(ctx, b.stream.Name, jetstream.ConsumerConfig{
		DeliverPolicy:     jetstream.DeliverLastPerSubjectPolicy,
		AckPolicy:         jetstream.AckNonePolicy,
		FilterSubject:     b.prefix + ">",
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
