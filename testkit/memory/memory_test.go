package memory_test

import (
	"context"
	"testing"

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
