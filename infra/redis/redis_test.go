package redis_test

import (
	"context"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/ghasi/smpp-connector/actors/port"
	"github.com/ghasi/smpp-connector/infra/redis"
	"github.com/ghasi/smpp-connector/testkit/contract"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// open gives the server more time than the program does: a contract is no race.
func open(t testing.TB, o redis.Options) *redis.Client {
	t.Helper()
	o.CounterTimeout, o.PartTimeout = time.Minute, time.Minute
	o.URL += "?dial_timeout=1m&write_timeout=1m"
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

// US-SC-022, 026: the keys are the stories', and what stands there is the highest number
// that was reserved.
func TestUSSC022TheKeysAreTheStories(t *testing.T) {
	url := stack.Redis(t)
	c := open(t, redis.Options{URL: url})
	o, err := rueidis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	o.DisableCache = true
	raw, err := rueidis.NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	bind := port.BindID{MNO: "awcc", Direction: port.TRX, Number: 7}
	for key, reserve := range map[string]func(context.Context, port.BindID, int) (uint64, error){
		"smpp:seq:awcc:trx:7": c.ReserveSequences, "smpp:concat:ref:awcc:trx:7": c.ReserveReferences,
	} {
		for _, want := range []struct{ first, stored uint64 }{{1, 100}, {101, 200}} {
			first, err := reserve(t.Context(), bind, 100)
			stored, err2 := raw.Do(t.Context(), raw.B().Get().Key(key).Build()).AsUint64()
			if err != nil || err2 != nil || first != want.first || stored != want.stored {
				t.Errorf("%s: from %d, stored %d, %v, %v; want %d and %d", key, first, stored, err, err2, want.first, want.stored)
			}
		}
	}
	if keys, err := raw.Do(t.Context(), raw.B().Keys().Pattern("*awcc*").Build()).AsStrSlice(); err != nil || len(keys) != 2 {
		t.Errorf("%v, %v", keys, err)
	}
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
