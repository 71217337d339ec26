package memory_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/testkit/contract"
	"github.com/ghasi/smpp-connector/testkit/memory"
)

// Memory is held to what the real adapters are held to, on the real clock.

func TestDispatchContract(t *testing.T) { // US-SC-006
	contract.Dispatch(t, func(*testing.T) contract.Broker {
		m := memory.New()
		return contract.Broker{
			Source: m.Dispatch, Publisher: m.Publisher,
			Send: func(_ context.Context, subject string, payload []byte, headers map[string]string) error {
				return m.Dispatch.Send(subject, payload, headers)
			},
			Stored: func(_ context.Context, subject string) ([]contract.StoredEvent, error) {
				var events []contract.StoredEvent
				for _, e := range m.Publisher.Stored(subject) {
					events = append(events, contract.StoredEvent{Payload: e.Payload, Headers: e.Headers})
				}
				return events, nil
			},
		}
	})
}

func TestCorrelationContract(t *testing.T) { // US-SC-010
	contract.CorrelationStore(t, func(*testing.T) port.CorrelationStore { return memory.New().Correlations })
}

func TestParkContract(t *testing.T) { // US-SC-011
	contract.ReceiptPark(t, func(*testing.T) port.ReceiptPark { return memory.New().Park })
}

func TestCountersContract(t *testing.T) { // US-SC-022, US-SC-026
	contract.Counters(t, func(*testing.T) port.Counters { return memory.New().Counters })
}

func TestOrdersContract(t *testing.T) { // issue 7
	contract.Orders(t, func(*testing.T) (port.Orders, func(context.Context, string) error) {
		orders := memory.New().Orders
		return orders, func(_ context.Context, target string) error { orders.Delete(target); return nil }
	})
}

func TestConcatContract(t *testing.T) { // US-SC-025
	contract.ConcatStore(t, func(*testing.T) port.ConcatStore { return memory.New().Concat })
}

func TestPermitsContract(t *testing.T) { // US-SC-012
	contract.Permits(t, func(*testing.T) port.Permits { return memory.New().Permits })
}

func TestLeasesContract(t *testing.T) { // US-SC-016, US-SC-017, US-SC-020
	contract.Leases(t, 0, func(*testing.T, time.Duration) (port.Leases, port.Leases) {
		m := memory.New()
		return m.Leases, m.Leases
	})
}

func TestPresenceContract(t *testing.T) { // US-SC-020
	contract.Presence(t, func(*testing.T) (port.Presence, port.Presence) { m := memory.New(); return m.Presence, m.Presence })
}

// A lease ends when it was not renewed for OwnerTTL, and a presence for PresenceTTL;
// whoever watches is told of it.
func TestLeasesAndPresenceExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := memory.New()
		ctx, cancel := context.WithCancel(t.Context())
		bind := port.BindID{MNO: "awcc", Direction: port.TX, Number: 1}
		began := time.Now()
		var ended, gone time.Duration
		go func() {
			_ = m.Leases.Watch(ctx, []port.Group{bind.Group()}, port.LeaseWatcher{Seen: func(port.Lease) {}, Synced: func(bool) {},
				Gone: func(port.BindID, port.Vanished, uint64) { ended = time.Since(began) }})
		}()
		go func() {
			_ = m.Presence.Watch(ctx, []port.Group{bind.Group()}, port.PodWatcher{Seen: func(port.Pod) {}, Synced: func(bool) {},
				Gone: func(port.Group, string) { gone = time.Since(began) }})
		}()
		lease := port.Lease{Bind: bind, Instance: "i1"}
		lease.Revision, _ = m.Leases.Acquire(ctx, lease)
		_ = m.Presence.Announce(ctx, port.Pod{Group: bind.Group(), Instance: "i1"})
		time.Sleep(10 * time.Second)
		if err := m.Leases.Renew(ctx, []port.Lease{lease})[0].Err; err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if ended != 40*time.Second || gone != 15*time.Second {
			t.Errorf("the lease ended after %v, the presence after %v", ended, gone)
		}
		cancel()
		synctest.Wait()
	})
}
