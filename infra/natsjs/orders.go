package natsjs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/ghasi/smpp-connector/actors/port"
	contract "github.com/ghasi/smpp-connector/proto"
)

// Orders keeps what people have ordered of binds and MNOs in BucketOrders. It
// implements port.Orders. The bucket keeps the last OrderHistory values of each key:
// `nats kv history smpp_orders mno.awcc` says who ordered what, and when.
type Orders struct{ bucket *bucket }

// Orders returns the port on the bucket smpp_orders.
func (c *Conn) Orders() *Orders {
	b := c.bucket(contract.BucketOrders, "what people have ordered of binds and MNOs, with who and when (smpp-connector)", 0)
	b.stream.MaxMsgsPerSubject, b.stream.AllowMsgTTL = contract.OrderHistory, false
	return &Orders{bucket: b}
}

// orderValue is an order as it is stored.
type orderValue struct {
	Halt bool      `json:"halt"`           // paused, or in maintenance
	Home string    `json:"home,omitempty"` // the pod that a bind was moved to
	ID   string    `json:"id"`
	Verb string    `json:"verb"`
	By   string    `json:"by"`
	At   time.Time `json:"at"`
	// Given are the commands of the last givenFor, this one among them.
	Given []givenValue `json:"given,omitempty"`
}

// givenValue is a command that was stored, and when by the clock of the pod that did.
type givenValue struct {
	ID string    `json:"id"`
	At time.Time `json:"storedAt"`
}

// givenFor is longer than a pod takes for a command, however slow it is: one that comes to a
// command after others were given knows it, and does not undo them. Beyond that an id may
// come again.
const givenFor = time.Minute

// mostGiven bounds the commands that are remembered.
const mostGiven = 64

// lately are those of the commands that were given within givenFor.
func lately(given []givenValue, now time.Time) []givenValue {
	recent := slices.DeleteFunc(slices.Clone(given), func(g givenValue) bool { return now.Sub(g.At).Abs() >= givenFor })
	return recent[max(len(recent)-mostGiven, 0):]
}

func readOrder(e entry) (o port.Order, err error) {
	o, _, err = readGiven(e)
	return o, err
}

// readGiven returns the commands of the last givenFor too.
func readGiven(e entry) (o port.Order, given []givenValue, err error) {
	var v orderValue
	if err := json.Unmarshal(e.value, &v); err != nil {
		return o, nil, fmt.Errorf("the order under %s cannot be read: %w", e.key, err)
	}
	return port.Order{Target: e.key, Halt: v.Halt, Home: v.Home, ID: v.ID, Verb: v.Verb, By: v.By, At: v.At, Revision: e.revision}, v.Given, nil
}

// All implements port.Orders. A value that cannot be read is logged and left out: a
// hand has written it, and that must not keep a pod from starting.
func (s *Orders) All(ctx context.Context) (all []port.Order, err error) {
	ctx, cancel := s.bucket.conn.bounded(ctx)
	defer cancel()
	reading, stop := context.WithCancel(ctx)
	defer stop()
	whole := false
	w := &keyWatch{
		bucket: s.bucket,
		put: func(_ string, e entry) {
			if o, err := readOrder(e); err == nil && !whole {
				all = append(all, o)
			} else if err != nil {
				s.complain(err)
			}
		},
		gone: func(string, entry) {},
		synced: func(is bool) {
			if is {
				whole = true
				stop()
			} else if !whole {
				all = nil // it broke off, and begins anew
			}
		},
	}
	if err := w.run(reading); !whole {
		return nil, fmt.Errorf("read the orders: %w", away(err))
	}
	return all, nil
}

// Give implements port.Orders.
func (s *Orders) Give(ctx context.Context, target string, change func(port.Order) port.Order) (given port.Order, err error) {
	ctx, cancel := s.bucket.conn.bounded(ctx)
	defer cancel()
	for lost := range manyAttempts {
		if err := rest(ctx, lost); err != nil {
			return port.Order{}, fmt.Errorf("order %s: %w", target, err)
		}
		found, err := s.bucket.get(ctx, []string{target})
		if err != nil {
			return port.Order{}, fmt.Errorf("order %s: %w", target, err)
		}
		e := found[0]
		e.key = target
		var now port.Order
		var given []givenValue
		if e.live() {
			if now, given, err = readGiven(e); err != nil {
				s.complain(err) // what a hand has written there is overwritten
				now = port.Order{Target: target}
			}
		}
		next, clock := change(now), time.Now()
		given = lately(given, clock)
		if now.Revision != 0 && (next.ID == now.ID || slices.ContainsFunc(given, func(g givenValue) bool { return g.ID == next.ID })) {
			return now, nil // another pod has stored this command already, and perhaps a later one after it
		}
		given = append(given, givenValue{next.ID, clock.UTC()})
		body, err := json.Marshal(orderValue{Halt: next.Halt, Home: next.Home, ID: next.ID, Verb: next.Verb, By: next.By, At: next.At, Given: given})
		if err != nil {
			return port.Order{}, fmt.Errorf("order %s: %w", target, err)
		}
		revision, err := s.store(ctx, target, body, e.revision)
		switch {
		case err == nil:
			next.Target, next.Revision = target, revision
			return next, nil
		case !errors.Is(err, errConflict):
			return port.Order{}, fmt.Errorf("order %s: %w", target, err)
		}
	}
	return port.Order{}, fmt.Errorf("order %s: others write it all the time: gave up after %d attempts", target, manyAttempts)
}

// store writes one value over the revision that was found, and returns its own.
func (s *Orders) store(ctx context.Context, key string, value []byte, over uint64) (revision uint64, err error) {
	m := &nats.Msg{Subject: s.bucket.prefix + key, Data: value, Header: nats.Header{headerExpected: {strconv.FormatUint(over, 10)}}}
	revisions, outcomes := s.bucket.conn.store(ctx, []*nats.Msg{m})
	if err := outcomes[0]; err != nil {
		s.bucket.doubt(err)
		if isConflict(err) {
			return 0, errConflict
		}
		return 0, err
	}
	return revisions[0], nil
}

// Watch implements port.Orders.
func (s *Orders) Watch(ctx context.Context, changed func(port.Order)) error {
	w := &keyWatch{
		bucket: s.bucket,
		put: func(_ string, e entry) {
			o, err := readOrder(e)
			if err != nil {
				s.complain(err)
				return
			}
			changed(o)
		},
		gone: func(key string, _ entry) { changed(s.vanished(ctx, key)) },
	}
	return w.run(ctx)
}

// vanished is what is ordered where a watch has a key for gone. A watch that comes back may
// read a follower that has not got so far: a maintenance is over when the leader says so.
func (s *Orders) vanished(ctx context.Context, key string) port.Order {
	found, err := s.bucket.lead(ctx, key)
	if err != nil || !found.live() {
		return port.Order{Target: key}
	}
	found.key = key
	o, err := readOrder(found)
	if err != nil {
		s.complain(err)
		return port.Order{Target: key}
	}
	return o
}

func (s *Orders) complain(err error) {
	s.bucket.conn.options.Logger.Error("an order was written by hand and is not heeded: delete its key, or give the command again", "error", err.Error())
}
