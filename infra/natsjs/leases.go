package natsjs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Leases keeps who owns which bind in the bucket smpp_bind_owners. It implements
// port.Leases.
//
// The bucket's own age ends a lease, never a key's: an Update drops a key's TTL and
// would leave a lease that never ends. The values are JSON, for `nats kv get`.
type Leases struct{ bucket *bucket }

// Leases returns the leases; their bucket is made when it is used first.
func (c *Conn) Leases() *Leases {
	return &Leases{c.expiringBucket(contract.BucketOwners, "who owns which bind (smpp-connector)", contract.OwnerTTL)}
}

// expiringBucket is a bucket whose entries end with their age, and whose watchers
// hear of it. Its revisions begin at the present time in milliseconds: a bucket that
// was deleted and is made again goes on above all that it ever gave out, because
// nobody writes a thousand times a second, so epochs never fall.
func (c *Conn) expiringBucket(name, description string, age time.Duration) *bucket {
	b := c.bucket(name, description, age)
	b.stream.SubjectDeleteMarkerTTL = age
	b.rising = true
	return b
}

// headerReleased, on the mark of a deletion, says that its owner gave the lease back,
// or that it had expired: anyone may have it at once.
const headerReleased = "Smpp-Released"

// leaseValue is a lease in its bucket.
type leaseValue struct {
	Pod      string    `json:"pod"`
	Instance string    `json:"instance"`
	Epoch    uint64    `json:"epoch,omitempty"` // absent in the first value, whose revision it is
	Since    time.Time `json:"since"`
}

func leaseKey(bind port.BindID) string {
	return key("", bind.MNO, string(bind.Direction), strconv.Itoa(bind.Number))
}

// readLease reads an entry. A value that is none of ours, such as one written by
// hand, is a lease without an owner; a key that names no bind is not ours at all.
func readLease(k string, e entry) (l port.Lease, ok bool) {
	tokens, err := splitKey(k, 3)
	if err != nil {
		return l, false
	}
	number, err := strconv.Atoi(tokens[2])
	if err != nil || number < 1 {
		return l, false
	}
	l.Bind = port.BindID{MNO: tokens[0], Direction: port.Direction(tokens[1]), Number: number}
	l.Revision, l.StoredAt = e.revision, e.storedAt
	var v leaseValue
	if json.Unmarshal(e.value, &v) == nil && v.Instance != "" {
		l.Pod, l.Instance, l.Epoch, l.Since = v.Pod, v.Instance, v.Epoch, v.Since
		if l.Epoch == 0 {
			l.Epoch = e.revision
		}
	}
	return l, true
}

// Acquire implements port.Leases.
func (s *Leases) Acquire(ctx context.Context, l port.Lease) (uint64, error) {
	l.Epoch = 0
	l.Revision = 0
	first := s.write(ctx, leaseWrite{lease: l})
	if !errors.Is(first.Err, errConflict) {
		return first.Revision, first.Err
	}
	// What is left of an earlier lease is in the way of a first write.
	found, err := s.read(ctx, l.Bind)
	switch {
	case err != nil:
		return 0, err
	case found.live():
		return 0, s.held(l.Bind, found)
	}
	l.Revision = found.revision
	second := s.write(ctx, leaseWrite{lease: l})
	return second.Revision, s.explain(ctx, l.Bind, second.Err)
}

// Renew implements port.Leases. The renewals are under way together, and so are the
// questions why one was refused.
func (s *Leases) Renew(ctx context.Context, leases []port.Lease) []port.Renewal {
	writes := make([]leaseWrite, len(leases))
	for i, l := range leases {
		writes[i].lease = l
	}
	outcomes := s.writeAll(ctx, writes)
	var questions sync.WaitGroup
	for i := range outcomes {
		if errors.Is(outcomes[i].Err, errConflict) {
			questions.Go(func() { outcomes[i].Err = s.explain(ctx, leases[i].Bind, errConflict) })
		}
	}
	questions.Wait()
	return outcomes
}

// Release implements port.Leases.
func (s *Leases) Release(ctx context.Context, l port.Lease) error {
	released := s.write(ctx, leaseWrite{lease: l, release: true})
	return s.explain(ctx, l.Bind, released.Err)
}

// leaseWrite is a lease to be written, or taken out, over its revision.
type leaseWrite struct {
	lease   port.Lease
	release bool
}

// message is what the bucket is to store: it refuses that over any other revision.
func (s *Leases) message(w leaseWrite) (*nats.Msg, error) {
	l := w.lease
	m := &nats.Msg{Subject: s.bucket.prefix + leaseKey(l.Bind), Header: nats.Header{headerExpected: {strconv.FormatUint(l.Revision, 10)}}}
	if w.release {
		m.Header[headerOperation], m.Header[headerReleased] = []string{operationDelete}, []string{l.Instance}
		return m, nil
	}
	var err error
	m.Data, err = json.Marshal(leaseValue{Pod: l.Pod, Instance: l.Instance, Epoch: l.Epoch, Since: l.Since.UTC()})
	return m, err
}

func (s *Leases) write(ctx context.Context, w leaseWrite) port.Renewal {
	return s.writeAll(ctx, []leaseWrite{w})[0]
}

// writeAll stores each over its revision, all under way at once, and returns the
// outcome of each. errConflict: its revision is another.
func (s *Leases) writeAll(ctx context.Context, writes []leaseWrite) []port.Renewal {
	outcomes := make([]port.Renewal, len(writes))
	messages, index := make([]*nats.Msg, 0, len(writes)), make([]int, 0, len(writes)) // of messages in writes
	trouble := s.bucket.ready(ctx)
	for i, w := range writes {
		m, err := s.message(w)
		if err = errors.Join(trouble, err); err != nil {
			outcomes[i].Err = fmt.Errorf("lease of bind %s: %w", w.lease.Bind, err)
			continue
		}
		messages, index = append(messages, m), append(index, i)
	}
	revisions, errs := s.bucket.conn.store(ctx, messages)
	for j, err := range errs {
		o := &outcomes[index[j]]
		switch {
		case err == nil:
			o.Revision = revisions[j]
		case isConflict(err):
			o.Err = errConflict
		default:
			s.bucket.doubt(err)
			o.Err = fmt.Errorf("lease of bind %s: %w", writes[index[j]].lease.Bind, err)
		}
	}
	return outcomes
}

// explain turns a conflict into what is there instead.
func (s *Leases) explain(ctx context.Context, bind port.BindID, err error) error {
	if !errors.Is(err, errConflict) {
		return err
	}
	found, err := s.read(ctx, bind)
	switch {
	case err != nil:
		return err
	case found.live():
		return s.held(bind, found)
	}
	return &port.LeaseGone{Bind: bind}
}

func (s *Leases) held(bind port.BindID, found entry) error {
	l, _ := readLease(leaseKey(bind), found)
	return &port.LeaseHeld{Lease: l}
}

// read asks the leader: what a follower says would be taken for the reason of a conflict
// that the leader has found.
func (s *Leases) read(ctx context.Context, bind port.BindID) (entry, error) {
	found, err := s.bucket.lead(ctx, leaseKey(bind))
	if err != nil {
		return entry{}, fmt.Errorf("read the lease of bind %s: %w", bind, err)
	}
	return found, nil
}

// Watch implements port.Leases.
func (s *Leases) Watch(ctx context.Context, groups []port.Group, w port.LeaseWatcher) error {
	watch := &keyWatch{
		bucket: s.bucket, patterns: patternsOf(groups), synced: w.Synced,
		put: func(k string, e entry) {
			if l, ok := readLease(k, e); ok {
				w.Seen(l)
			}
		},
		gone: func(k string, mark entry) {
			if l, ok := readLease(k, mark); ok {
				w.Gone(l.Bind, howGone(mark), mark.revision)
			}
		},
	}
	return watch.run(ctx)
}

func howGone(mark entry) port.Vanished {
	switch {
	case mark.header.Get(headerReleased) != "":
		return port.Released
	case mark.header.Get(headerMarker) == "MaxAge":
		return port.Expired
	}
	return port.Deleted
}

// patternsOf are the keys of groups.
func patternsOf(groups []port.Group) []string {
	patterns := make([]string, len(groups))
	for i, g := range groups {
		patterns[i] = key("", g.MNO, string(g.Direction)) + ".*"
	}
	return patterns
}
