package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats.go"

	"github.com/ghasi/smpp-connector/infra/natsjs"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/operators"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// US-SC-012's integration test: tpsLimit 10, 15 messages within a second → 5 are
// NAKed, here by NATS's own account. In the end all 15 are sent, each once.
//
// They come within a second where nothing holds the connector up for a tenth of one: else
// the limit lets more of them through, and rightly. So there are three tries.
func TestUSSC012FifteenAtTenASecondWithTheRealServers(t *testing.T) {
	const want, tries = 5, 3
	for try := 1; ; try++ {
		naked := fifteenAtTenASecond(t, want)
		if naked == want {
			return
		}
		if t.Logf("try %d: %d of 15 were NAKed", try, naked); try == tries {
			t.Fatalf("never were %d of 15 NAKed", want)
		}
	}
}

// fifteenAtTenASecond returns how many of the 15 were NAKed. It waits for as many as are
// wanted, because NATS tells of them by the way.
func fifteenAtTenASecond(t *testing.T, want int) (nakedOnes int) {
	t.Helper()
	c := newCluster(t, smsc.SendReceipts(smsc.Never()))
	account := operators.Account("awcc", c.mno.Addr())
	account.TpsLimit = 10
	c.service.Put(account)
	c.connect(t)
	conn, err := natsjs.Connect(t.Context(), natsjs.Options{URLs: []string{c.server.URL}, NKeySeedFile: c.server.SeedFile})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	eventually(t, "the streams are there", func() bool { return conn.EnsureStreams(t.Context()) == nil })
	naked := c.watchNaks(t)
	for i := range 15 { // before there is a bind: they come all at once
		c.send(t, fmt.Sprintf(`{"messageId":"m%d","to":"+937%08d","text":"Hello"}`, i, i))
	}
	c.launch(t, "DISPATCH_PREFETCH=5")
	if err := c.mno.WaitFor(t.Context(), func(n *smsc.Counts) bool { return n.Accepted == 15 }); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the stream is empty", func() bool { return c.unsettled(t) == 0 })
	for began := time.Now(); len(naked()) < want && time.Since(began) < 3*time.Second; {
		time.Sleep(10 * time.Millisecond) // until the last has been told of
	}
	if n := c.mno.Counts(); n.Accepted != 15 || n.Duplicates != 0 {
		t.Errorf("%d SMS of 15, %d twice", n.Accepted, n.Duplicates)
	}
	return len(naked())
}

// watchNaks returns a function that tells which commands have been NAKed up to now, by
// their sequence in the stream, and when, by NATS's own account and clock.
func (c *cluster) watchNaks(t *testing.T) func() map[uint64][]time.Time {
	t.Helper()
	var mu sync.Mutex
	naked := map[uint64][]time.Time{}
	advisories, err := c.nc.Subscribe("$JS.EVENT.ADVISORY.CONSUMER.MSG_NAKED."+contract.StreamDispatch+".>", func(m *nats.Msg) {
		var told struct {
			Sequence uint64    `json:"stream_seq"`
			At       time.Time `json:"timestamp"`
		}
		mu.Lock()
		defer mu.Unlock()
		if err := json.Unmarshal(m.Data, &told); err != nil {
			t.Error(err)
		}
		naked[told.Sequence] = append(naked[told.Sequence], told.At)
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = advisories.Unsubscribe() })
	return func() map[uint64][]time.Time {
		mu.Lock()
		defer mu.Unlock()
		return maps.Clone(naked)
	}
}

// US-SC-023's integration test: window 10, 20 messages forced in → the first 10 are
// sent, the next 10 are NAKed and come again after 100 ms, by NATS's own account. In
// the end all 20 are sent, each once.
func TestUSSC023TwentyAtAWindowOfTenWithTheRealServers(t *testing.T) {
	// So long that the NAKs of a machine that is held up for seconds come before the answers.
	c := newCluster(t, smsc.SendReceipts(smsc.Never()), smsc.Delay(8*time.Second))
	account := operators.Account("awcc", c.mno.Addr())
	account.Window = 10
	c.service.Put(account)
	c.connect(t)
	conn, err := natsjs.Connect(t.Context(), natsjs.Options{URLs: []string{c.server.URL}, NKeySeedFile: c.server.SeedFile})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	eventually(t, "the streams are there", func() bool { return conn.EnsureStreams(t.Context()) == nil })
	naked := c.watchNaks(t)
	for i := range 20 { // before there is a bind: they come all at once
		c.send(t, fmt.Sprintf(`{"messageId":"m%d","to":"+937%08d","text":"Hello"}`, i, i))
	}
	c.launch(t, "DISPATCH_PREFETCH=10")
	if err := c.mno.WaitSubmits(t.Context(), 10); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the next 10 are NAKed, and one of them once more", func() bool {
		again := 0
		for _, at := range naked() {
			again += len(at) - 1
		}
		return len(naked()) == 10 && again > 0
	})
	if n := c.mno.Counts(); n.Submits != 10 {
		t.Errorf("%d submits before the first answer", n.Submits)
	}
	c.mno.Do(smsc.Delay(0)) // of the next 10
	if err := c.mno.WaitFor(t.Context(), func(n *smsc.Counts) bool { return n.Accepted == 20 }); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the stream is empty", func() bool { return c.unsettled(t) == 0 })
	times := naked()
	for sequence, at := range times {
		if sequence <= 10 {
			t.Errorf("command %d was NAKed: the first 10 have slots", sequence)
		}
		for i := range at[1:] { // what found no slot once more was delivered between
			if apart := at[i+1].Sub(at[i]); apart < 100*time.Millisecond {
				t.Errorf("command %d was NAKed twice within %v: it comes again after 100 ms", sequence, apart)
			}
		}
	}
	if len(times) != 10 {
		t.Errorf("%d of 20 were NAKed, want 10", len(times))
	}
	if n := c.mno.Counts(); n.Accepted != 20 || n.Duplicates != 0 {
		t.Errorf("%d SMS of 20, %d twice", n.Accepted, n.Duplicates)
	}
}

// US-SC-023: the window of ops.smpp_binds is read again; a bind that is switched off
// there goes, and comes back when it is switched on.
func TestUSSC023TheRowsOfOpsSmppBindsAreReadAgain(t *testing.T) {
	c := newCluster(t)
	c.launch(t, "OPERATOR_MANAGEMENT_REFRESH=1s")
	awaitBound(t, c.mno, c.app, 1) // the configuration's one: there are no rows
	conn, err := pgx.Connect(t.Context(), c.pg.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	change := func(sql string) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	window := func(bind string) int64 {
		for _, b := range c.app.system.Load().Tree().Binds() {
			if b.Bind == bind && b.Bound {
				return b.Configured
			}
		}
		return 0
	}
	change(`INSERT INTO ops.smpp_binds (mno, direction, bind_id, operator_id, "window") VALUES ('awcc', 'trx', 1, 'awcc', 7), ('awcc', 'trx', 2, 'awcc', 8)`)
	eventually(t, "both rows are bound", func() bool { return window("awcc.trx.1") == 7 && window("awcc.trx.2") == 8 })
	change(`UPDATE ops.smpp_binds SET "window" = 20 WHERE bind_id = 2`)
	eventually(t, "the window has changed", func() bool { return window("awcc.trx.2") == 20 })
	change(`UPDATE ops.smpp_binds SET enabled = false`)
	eventually(t, "no bind is there", func() bool { return len(c.app.system.Load().Tree().Binds()) == 0 })
	change(`UPDATE ops.smpp_binds SET enabled = true WHERE bind_id = 1`)
	eventually(t, "one bind is back", func() bool { return window("awcc.trx.1") == 7 && window("awcc.trx.2") == 0 })
}
