package natsjs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/infra/natsjs"
	"github.com/ghasi/smpp-connector/testkit/contract"
)

func TestLeasesContract(t *testing.T) { // US-SC-016, US-SC-017, US-SC-020
	pods := func() (one, two *natsjs.Conn) {
		conn, server := connected(t)
		return conn, connect(t, natsjs.Options{URLs: []string{server.URL}})
	}
	conn, other := pods()
	briefConn, briefOther := pods() // a bucket has one time for all that is in it, and a server one bucket of that name
	contract.Leases(t, 2*time.Second, func(_ *testing.T, ttl time.Duration) (port.Leases, port.Leases) {
		if ttl > 0 {
			return briefConn.LeasesFor(ttl), briefOther.LeasesFor(ttl)
		}
		const long = 10 * time.Minute // no test's machine stands still for so long
		return conn.LeasesFor(long), other.LeasesFor(long)
	})
}

func TestPresenceContract(t *testing.T) { // US-SC-020
	conn, server := connected(t)
	other := connect(t, natsjs.Options{URLs: []string{server.URL}})
	contract.Presence(t, func(*testing.T) (port.Presence, port.Presence) { return conn.Presence(), other.Presence() })
}

// Issue 7, point 5: who lives is known to one that is no pod; where nobody ever lived it
// makes nothing.
func TestLiving(t *testing.T) {
	conn, server := connected(t)
	visitor := connect(t, natsjs.Options{URLs: []string{server.URL}})
	if names, err := visitor.Presence().Living(within(t)); err != nil || names != nil {
		t.Errorf("%q, %v", names, err)
	}
	if _, err := conn.JetStream().Stream(within(t), "KV_smpp_pods"); !errors.Is(err, jetstream.ErrStreamNotFound) {
		t.Errorf("asking made the bucket: %v", err)
	}
	groups := []port.Group{{MNO: "awcc", Direction: port.TX}, {MNO: "mtn", Direction: port.TX}}
	for i, name := range []string{"pod-2", "pod-1", "pod-3"} {
		for _, group := range groups {
			p := port.Pod{Group: group, Name: name, Instance: fmt.Sprint(i)}
			if err := conn.Presence().Announce(within(t), p); err != nil {
				t.Fatal(err)
			}
			if name == "pod-3" {
				if err := conn.Presence().Depart(within(t), p); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if names, err := visitor.Presence().Living(within(t)); err != nil || !slices.Equal(names, []string{"pod-1", "pod-2"}) {
		t.Errorf("%q, %v", names, err)
	}
}

// Somebody deletes the bucket: it is made again, its watchers are told that what was
// in it is gone, and no epoch is given out twice.
func TestADeletedBucketOfLeasesIsMadeAgain(t *testing.T) {
	conn, _ := connected(t)
	leases := conn.Leases()
	bind := port.BindID{MNO: "awcc", Direction: port.TX, Number: 1}
	lease := port.Lease{Bind: bind, Pod: "pod-1", Instance: "i1"}
	var err error
	if lease.Revision, err = leases.Acquire(within(t), lease); err != nil {
		t.Fatal(err)
	}
	gone := make(chan port.Vanished, 10)
	seen := make(chan port.Lease, 10)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		_ = leases.Watch(ctx, []port.Group{bind.Group()}, port.LeaseWatcher{
			Seen: func(l port.Lease) { seen <- l },
			Gone: func(_ port.BindID, how port.Vanished, _ uint64) { gone <- how }, Synced: func(bool) {},
		})
	}()
	<-seen
	if err := conn.JetStream().DeleteStream(within(t), "KV_smpp_bind_owners"); err != nil {
		t.Fatal(err)
	}
	if how := <-gone; how != port.Deleted {
		t.Errorf("the lease was %v, want deleted", how)
	}
	again, err := leases.Acquire(within(t), lease)
	if err != nil || again <= lease.Revision {
		t.Errorf("epoch %d after %d, %v", again, lease.Revision, err)
	}
}

// A value that somebody has written by hand is a lease without an owner, and a key
// that names no bind is none.
func TestALeaseWrittenByHandHasNoOwner(t *testing.T) {
	conn, _ := connected(t)
	leases := conn.Leases()
	bind := port.BindID{MNO: "awcc", Direction: port.TX, Number: 1}
	if _, err := leases.Acquire(within(t), port.Lease{Bind: port.BindID{MNO: "awcc", Direction: port.TX, Number: 2}, Instance: "i1"}); err != nil { // makes the bucket
		t.Fatal(err)
	}
	kv, err := conn.JetStream().KeyValue(within(t), "smpp_bind_owners")
	if err != nil {
		t.Fatal(err)
	}
	for key, value := range map[string]string{"awcc.tx.1": "mine!", "awcc.tx": "{}", "awcc.tx.one": "{}"} {
		if _, err := kv.PutString(within(t), key, value); err != nil {
			t.Fatal(err)
		}
	}
	var held *port.LeaseHeld
	if _, err = leases.Acquire(within(t), port.Lease{Bind: bind, Pod: "pod-1", Instance: "i1"}); !errors.As(err, &held) || held.Lease.Instance != "" {
		t.Errorf("%v", err)
	}
}
