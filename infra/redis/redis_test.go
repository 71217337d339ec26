package redis_test

import (
	"testing"
	"time"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/infra/redis"
	"github.com/ghasi/smpp-connector/testkit/contract"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// open gives the server more time than the program does: a contract is no race.
func open(t testing.TB, o redis.Options) *redis.Client {
	t.Helper()
	o.CounterTimeout, o.PartTimeout = time.Minute, time.Minute
	c, err := redis.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// US-SC-022, US-SC-026
func TestUSSC022RedisCountersKeepTheContract(t *testing.T) {
	url := stack.Redis(t)
	contract.Counters(t, func(t *testing.T) port.Counters { return open(t, redis.Options{URL: url}) })
}

// US-SC-025
func TestUSSC025RedisPartsKeepTheContract(t *testing.T) {
	url := stack.Redis(t)
	contract.ConcatStore(t, func(t *testing.T) port.ConcatStore { return open(t, redis.Options{URL: url}) })
}

// US-SC-012
func TestUSSC012RedisPermitsKeepTheContract(t *testing.T) {
	url := stack.Redis(t)
	contract.Permits(t, func(t *testing.T) port.Permits { return open(t, redis.Options{URL: url, CounterTimeout: time.Second}) })
}
