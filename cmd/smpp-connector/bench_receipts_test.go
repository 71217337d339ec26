package main

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/codec"
	"github.com/ghasi/smpp-connector/config"
	"github.com/ghasi/smpp-connector/deploy/migrations"
	"github.com/ghasi/smpp-connector/infra/postgres"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// receiptWindow is how many deliver_sm the MNO of the benchmark leaves unanswered.
const receiptWindow = 2000

// BenchmarkReceipts is issue 6's figure: receipts from the line to sms.dlr.inbound,
// with NATS, PostgreSQL (with fsync) and Redis as processes, on messages that another
// process has submitted: each is looked up, published, marked and answered. CPU is
// that of the connector's process, the MNO of the benchmark included.
func BenchmarkReceipts(b *testing.B) {
	natsServer, redisServer := stack.NATSProcess(b), stack.RedisServer(b)
	pg := stack.PostgresServer(b, stack.Durable())
	saveSubmitted(b, pg.URL, b.N)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer listener.Close()
	host, at, _ := net.SplitHostPort(listener.Addr().String())
	cfg, err := config.Load("", []string{"OPERATOR_IDS=awcc", "SMPP_HOST=" + host, "SMPP_PORT=" + at, "SMPP_SYSTEM_ID=esme", "SMPP_PASSWORD=secret",
		"NATS_URL=" + natsServer.URL, "REDIS_URL=" + redisServer.URL, "POSTGRES_URL=" + pg.URL, "HTTP_ADDR=127.0.0.1:0", "DEBUG_ADDR=127.0.0.1:0"})
	if err != nil {
		b.Fatal(err)
	}
	startApp(b, cfg)
	conn, err := listener.Accept()
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	framer := codec.NewFramer(conn, 0)
	acceptBind(b, conn, framer)

	b.ResetTimer()
	done := measure(b.N)
	refused := deliverReceipts(b, conn, framer, b.N)
	f := done()
	b.StopTimer()
	b.ReportMetric(f.rate, "receipts/s")
	b.ReportMetric(f.cpu, "cpu-µs/receipt")
	b.ReportMetric(f.allocs, "allocs/receipt")
	b.ReportMetric(float64(refused), "refused")
}

// receiptID is the id of the i-th message: not in the order of the table.
func receiptID(i int) string { return fmt.Sprintf("%016X", uint64(i)*2654435761+1) }

// saveSubmitted stores the rows of n messages, as the process that submitted them has.
func saveSubmitted(b *testing.B, url string, n int) {
	b.Helper()
	db, err := postgres.Open(postgres.Options{URL: url, Migrations: migrations.Files, Expiry: 72 * time.Hour})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	bind := port.BindID{MNO: "awcc", Direction: port.TRX, Number: 9}
	now := time.Now()
	for from := 0; from < n; {
		rows := make([]port.Correlation, 0, 1000)
		for ; from < n && len(rows) < 1000; from++ {
			rows = append(rows, port.Correlation{OperatorID: "awcc", OperatorMessageID: receiptID(from), MessageID: "m" + strconv.Itoa(from), PartIndex: 1, PartsTotal: 1,
				Bind: bind, From: "Ghasi", To: "93700000001", SubmittedAt: now, ExpiresAt: now.Add(72 * time.Hour), Fingerprint: "1:0123456789abcdef"})
		}
		eventuallyB(b, func(ctx context.Context) error { return db.Save(ctx, rows) })
	}
}

// eventuallyB tries until the store is there.
func eventuallyB(b *testing.B, try func(context.Context) error) {
	b.Helper()
	var err error
	for range 100 {
		ctx, cancel := context.WithTimeout(b.Context(), 10*time.Second)
		err = try(ctx)
		cancel()
		if err == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	b.Fatal(err)
}

// acceptBind answers the bind.
func acceptBind(b *testing.B, conn net.Conn, framer *codec.Framer) {
	b.Helper()
	frame, err := framer.Next()
	if err != nil {
		b.Fatal(err)
	}
	pdu, err := codec.Parse(frame)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := conn.Write(codec.Append(nil, codec.NewResp(pdu, codec.StatusOK))); err != nil {
		b.Fatal(err)
	}
}

// deliverReceipts sends n receipts, as many at once as the window lets through, and
// returns when all are answered ESME_ROK: their events are stored. What is refused
// is sent again.
func deliverReceipts(b *testing.B, conn net.Conn, framer *codec.Framer, n int) (refused int) {
	pdu := &codec.DeliverSM{SourceAddrTON: 1, SourceAddrNPI: 1, SourceAddr: "93700000001", DestAddrTON: 5, DestinationAddr: "Ghasi", ESMClass: codec.ESMTypeReceipt}
	var again []int // to be sent once more
	var out []byte
	for sent, open, answered := 0, 0, 0; answered < n; {
		out = out[:0]
		for ; open < receiptWindow && (sent < n || len(again) > 0); open++ {
			i := sent
			if len(again) > 0 {
				i, again = again[0], again[1:]
			} else {
				sent++
			}
			pdu.Sequence = uint32(i + 1)
			pdu.ShortMessage = fmt.Appendf(pdu.ShortMessage[:0], "id:%s sub:001 dlvrd:001 submit date:2611291200 done date:2611291201 stat:DELIVRD err:000 text:", receiptID(i))
			out = codec.Append(out, pdu)
		}
		if len(out) > 0 {
			if _, err := conn.Write(out); err != nil {
				b.Fatal(err)
			}
		}
		for first := true; first || framer.Ready(); first = false {
			frame, err := framer.Next()
			if err != nil {
				b.Fatal(err)
			}
			resp, err := codec.Parse(frame)
			if err != nil {
				b.Fatal(err)
			}
			switch p := resp.(type) {
			case *codec.DeliverSMResp:
				open--
				if p.Status == codec.StatusOK {
					answered++
				} else {
					refused++
					again = append(again, int(p.Sequence)-1)
				}
			case *codec.EnquireLink:
				if _, err := conn.Write(codec.Append(nil, codec.NewResp(p, codec.StatusOK))); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	return refused
}
