package natsjs_test

import (
	"context"
	"testing"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/infra/natsjs"
	proto "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/contract"
)

func TestDispatchContract(t *testing.T) { // US-SC-006
	conn, _ := connected(t)
	holdDispatch(t, conn)
}

func TestDispatchContractOfAStreamForEachMNO(t *testing.T) { // issue 5
	conn, _ := perMNO(t)
	holdDispatch(t, conn)
}

func holdDispatch(t *testing.T, conn *natsjs.Conn) {
	conn.HasTime()
	contract.Dispatch(t, func(*testing.T) contract.Broker {
		return contract.Broker{
			Source: conn.Source(), Publisher: conn.Publisher(),
			Send: func(ctx context.Context, subject string, payload []byte, headers map[string]string) error {
				return send(ctx, conn.JetStream(), subject, payload, headers)
			},
			Stored: func(ctx context.Context, subject string) ([]contract.StoredEvent, error) {
				messages, err := storedOn(ctx, conn.JetStream(), subject)
				var events []contract.StoredEvent
				for _, m := range messages {
					e := contract.StoredEvent{Payload: m.Data(), Headers: make(map[string]string)}
					for name := range m.Headers() {
						e.Headers[name] = m.Headers().Get(name)
					}
					events = append(events, e)
				}
				return events, err
			},
		}
	})
}

func TestCorrelationStoreContract(t *testing.T) { // US-SC-010, US-SC-011
	conn, _ := connected(t)
	contract.CorrelationStore(t, func(*testing.T) port.CorrelationStore { return conn.Correlations() })
}

func TestOrdersContract(t *testing.T) { // issue 7
	conn, _ := connected(t)
	contract.Orders(t, func(*testing.T) (port.Orders, func(context.Context, string) error) {
		return conn.Orders(), func(ctx context.Context, target string) error {
			kv, err := conn.JetStream().KeyValue(ctx, proto.BucketOrders)
			if err == nil {
				err = kv.Delete(ctx, target)
			}
			return err
		}
	})
}

func TestCountersContract(t *testing.T) { // US-SC-022, US-SC-026
	conn, _ := connected(t)
	contract.Counters(t, func(*testing.T) port.Counters { return conn.Counters() })
}

func TestConcatStoreContract(t *testing.T) { // US-SC-025
	conn, _ := connected(t)
	contract.ConcatStore(t, func(*testing.T) port.ConcatStore { return conn.Concats() })
}

func TestReceiptParkContract(t *testing.T) { // US-SC-011
	conn, _ := connected(t)
	contract.ReceiptPark(t, func(*testing.T) port.ReceiptPark { return conn.Receipts() })
}
