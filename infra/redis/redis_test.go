package redis_test

import (
	"testing"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/infra/redis"
	"github.com/ghasi/smpp-connector/testkit/contract"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

func open(t testing.TB, o redis.Options) *redis.Client {
	t.Helper()
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
