package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/ghasi/smpp-connector/codec"
	contract "github.com/ghasi/smpp-connector/proto"
	"github.com/ghasi/smpp-connector/testkit/operators"
	"github.com/ghasi/smpp-connector/testkit/smsc"
)

// twoMNOs is pods of one MNO and direction each, with the real servers: awcc, whose
// credentials answer names roshan as its backup, and roshan's own.
type twoMNOs struct {
	*cluster
	backup *smsc.Server
	mu     sync.Mutex
	said   []string // operator.health: operatorId, bindId, state
}

func newTwoMNOs(t *testing.T) *twoMNOs {
	t.Helper()
	c := &twoMNOs{cluster: newCluster(t), backup: smsc.Start(t, smsc.SendReceipts(smsc.Never()))}
	awcc := operators.Account("awcc", c.mno.Addr())
	awcc.BackupOperatorId = "roshan"
	c.service.Put(awcc)
	c.service.Put(operators.Account("roshan", c.backup.Addr()))
	c.connect(t)
	if _, err := c.nc.Subscribe(contract.SubjectOperatorHealth, func(m *nats.Msg) {
		var h struct{ OperatorID, BindID, State string }
		if err := json.Unmarshal(m.Data, &h); err != nil {
			t.Error(err)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.said = append(c.said, h.OperatorID+" "+h.BindID+" "+h.State)
	}); err != nil {
		t.Fatal(err)
	}
	if err := c.nc.FlushTimeout(patience); err != nil { // the server has the subscription: nothing that is said is missed
		t.Fatal(err)
	}
	return c
}

func (c *twoMNOs) pod(t *testing.T, mno string) {
	t.Helper()
	c.launch(t, "OPERATOR_IDS="+mno, "MNO_ID="+mno, "BIND_DIRECTION=trx", "POD_NAME="+mno+"-0", "BACKOFF=100ms")
}

// offer publishes n commands for awcc.
func (c *twoMNOs) offer(t *testing.T, from, n int) {
	t.Helper()
	for i := from; i < from+n; i++ {
		c.send(t, fmt.Sprintf(`{"messageId":"m%d","to":"937%08d","text":"x"}`, i, i))
	}
}

// await waits until something is so.
func (c *twoMNOs) await(t *testing.T, what string, is func() bool) {
	t.Helper()
	const within = 2 * time.Minute
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); !is(); <-tick.C {
		if time.Since(began) > within {
			c.mu.Lock()
			defer c.mu.Unlock()
			t.Fatalf("not within %v: %s; operator.health %q", within, what, c.said)
		}
	}
}

func (c *twoMNOs) heard(wanted ...string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := c.said
	for _, w := range wanted {
		i := slices.Index(list, w)
		if i < 0 {
			return false
		}
		list = list[i+1:]
	}
	return true
}

// US-SC-013 as it is deployed: a pod for each MNO, with MNO_ID. The primary's MNO drops
// the line and refuses binds; its traffic goes over the backup's account, and returns.
func TestUSSC013BetweenPodsOfTwoMNOs(t *testing.T) {
	for _, c := range []struct {
		name   string
		served bool // the backup has a pod of its own
	}{{"the backup's pod carries", true}, {"nobody serves the backup", false}} {
		t.Run(c.name, func(t *testing.T) {
			m := newTwoMNOs(t)
			m.pod(t, "awcc")
			if c.served {
				m.pod(t, "roshan")
				m.await(t, "roshan is bound", func() bool { return m.heard("roshan roshan.trx.1 BOUND") })
			}
			m.await(t, "awcc is bound", func() bool { return m.heard("awcc awcc.trx.1 BOUND") })
			m.mno.Do(smsc.RefuseEvery(codec.StatusBindFail), smsc.DropLine())
			m.await(t, "it is UNBOUND", func() bool { return m.heard("awcc awcc.trx.1 UNBOUND") })
			m.offer(t, 0, 20)
			m.await(t, "20 went over the backup", func() bool { return m.backup.Counts().Accepted == 20 })
			m.mno.Do(smsc.RefuseEvery(codec.StatusOK))
			order := []string{"awcc awcc.trx.1 UNBOUND", "roshan roshan.trx.1 BOUND", "awcc awcc.trx.1 BOUND", "awcc awcc.trx.1 FAILBACK"}
			m.await(t, "the story's events in their order", func() bool { return m.heard(order...) })
			m.offer(t, 20, 5)
			m.await(t, "5 went over the primary", func() bool { return m.mno.Counts().Accepted == 5 })
			if b := m.backup.Counts(); b.Binds != 1 || b.Accepted != 20 {
				t.Errorf("the backup: %+v", b)
			}
		})
	}
}
