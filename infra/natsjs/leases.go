package natsjs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

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

func (s *Leases) value(l port.Lease) ([]byte, error) {
	return json.Marshal(leaseValue{Pod: l.Pod, Instance: l.Instance, Epoch: l.Epoch, Since: l.Since.UTC()})
}

// Acquire implements port.Leases.
func (s *Leases) Acquire(ctx context.Context, l port.Lease) (uint64, error) {
	l.Epoch = 0
	value, err := s.value(l)
	if err != nil {
		return 0, err
	}
	revision, err := s.write(ctx, l.Bind, value, nil, 0)
	if !errors.Is(err, errConflict) {
		return revision, err
	}
	// What is left of an earlier lease is in the way of a first write.
	found, err := s.read(ctx, l.Bind)
	switch {
	case err != nil:
		return 0, err
	case found.live():
		return 0, s.held(l.Bind, found)
	}
	revision, err = s.write(ctx, l.Bind, value, nil, found.revision)
	return revision, s.explain(ctx, l.Bind, err)
}

// Renew implements port.Leases.
func (s *Leases) Renew(ctx context.Context, l port.Lease) (uint64, error) {
	value, err := s.value(l)
	if err != nil {
		return 0, err
	}
	revision, err := s.write(ctx, l.Bind, value, nil, l.Revision)
	return revision, s.explain(ctx, l.Bind, err)
}

// Release implements port.Leases.
func (s *Leases) Release(ctx context.Context, l port.Lease) error {
	_, err := s.write(ctx, l.Bind, nil, nats.Header{headerOperation: {operationDelete}, headerReleased: {l.Instance}}, l.Revision)
	return s.explain(ctx, l.Bind, err)
}

// write stores a value over a revision. errConflict: it is another.
func (s *Leases) write(ctx context.Context, bind port.BindID, value []byte, header nats.Header, revision uint64) (uint64, error) {
	b := s.bucket
	if err := b.ready(ctx); err != nil {
		return 0, fmt.Errorf("lease of bind %s: %w", bind, err)
	}
	if header == nil {
		header = make(nats.Header, 1)
	}
	header[headerExpected] = []string{strconv.FormatUint(revision, 10)}
	revisions, outcomes := b.conn.store(ctx, []*nats.Msg{{Subject: b.prefix + leaseKey(bind), Data: value, Header: header}})
	switch err := outcomes[0]; {
	case err == nil:
		return revisions[0], nil
	case isConflict(err):
		return 0, errConflict
	default:
		b.doubt(err)
		return 0, fmt.Errorf("lease of bind %s: %w", bind, err)
	}
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

// read asks the leader: a follower may be behind, and what it says would be taken
// for the reason of a conflict that the leader has found.
func (s *Leases) read(ctx context.Context, bind port.BindID) (entry, error) {
	ctx, cancel := s.bucket.conn.bounded(ctx)
	defer cancel()
	k := leaseKey(bind)
	question, err := json.Marshal(map[string]string{"last_by_subj": s.bucket.prefix + k})
	if err != nil {
		return entry{}, err
	}
	answer, err := s.bucket.conn.nc.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+s.bucket.stream.Name, question)
	if err != nil {
		return entry{}, fmt.Errorf("read the lease of bind %s: %w", bind, away(err))
	}
	var found struct {
		Error   *jetstream.APIError `json:"error"`
		Message struct {
			Sequence uint64    `json:"seq"`
			Data     []byte    `json:"data"`
			Header   []byte    `json:"hdrs"`
			Time     time.Time `json:"time"`
		} `json:"message"`
	}
	if err := json.Unmarshal(answer.Data, &found); err != nil {
		return entry{}, fmt.Errorf("read the lease of bind %s: the server's answer is no JSON: %w", bind, err)
	}
	if found.Error != nil {
		if found.Error.ErrorCode == jetstream.JSErrCodeMessageNotFound {
			return entry{}, nil
		}
		return entry{}, fmt.Errorf("read the lease of bind %s: %w", bind, found.Error)
	}
	header, err := nats.DecodeHeadersMsg(found.Message.Header)
	if err != nil {
		header = nil // it has none
	}
	m := found.Message
	return entry{key: k, value: m.Data, revision: m.Sequence, deleted: isMark(header), header: header, storedAt: m.Time}, nil
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
