package redis

import (
	"context"
	"fmt"
	"strconv"
	"sync"

	"github.com/redis/rueidis"

	"github.com/ghasi/smpp-connector/actors/port"
)

var _ port.Counters = (*Client)(nil)

// ReserveSequences implements port.Counters (US-SC-022).
func (c *Client) ReserveSequences(ctx context.Context, bind port.BindID, n int) (uint64, error) {
	return c.reserve(ctx, "smpp:seq:"+keyOf(bind), n)
}

// ReserveReferences implements port.Counters (US-SC-026).
func (c *Client) ReserveReferences(ctx context.Context, bind port.BindID, n int) (uint64, error) {
	return c.reserve(ctx, "smpp:concat:ref:"+keyOf(bind), n)
}

// keyOf is the bind's name in Redis keys, as the stories write it: mno:direction:bindId.
func keyOf(b port.BindID) string {
	return b.MNO + ":" + string(b.Direction) + ":" + strconv.Itoa(b.Number)
}

// reserve takes n numbers and returns the first. When Redis answers with numbers
// that this process has had already, it has lost its data (a restart without a
// file, a failover to a replica that lagged); the counter is then lifted above
// them before anybody gets one.
func (c *Client) reserve(ctx context.Context, key string, n int) (uint64, error) {
	if n < 1 {
		return 0, fmt.Errorf("redis: reserve %d numbers of %s: want 1 or more", n, key)
	}
	mark := c.handed.of(key)
	// Held over the call, so that answers come in the order of the numbers. Calls
	// of one bind are few, and each ends in time.
	mark.mu.Lock()
	defer mark.mu.Unlock()
	var last int64
	err := c.call(ctx, c.options.CounterTimeout, "reserve "+key, func(ctx context.Context, conn rueidis.Client) (err error) {
		last, err = conn.Do(ctx, conn.B().Incrby().Key(key).Increment(int64(n)).Build()).AsInt64()
		if err != nil || last-int64(n) >= mark.last {
			return err
		}
		lift := mark.last - (last - int64(n))
		last, err = conn.Do(ctx, conn.B().Incrby().Key(key).Increment(lift).Build()).AsInt64()
		return err
	})
	if err != nil {
		return 0, err
	}
	mark.last = last
	return uint64(last-int64(n)) + 1, nil
}

// marks remembers, for each key, the highest number that this process was given.
type marks struct {
	mu  sync.Mutex
	all map[string]*mark
}

type mark struct {
	mu   sync.Mutex
	last int64
}

func (m *marks) of(key string) *mark {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.all == nil {
		m.all = map[string]*mark{}
	}
	if m.all[key] == nil {
		m.all[key] = &mark{}
	}
	return m.all[key]
}
