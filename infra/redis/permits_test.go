package redis_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/ghasi/smpp-connector/infra/redis"
	"github.com/ghasi/smpp-connector/testkit/stack"
)

// US-SC-012: the counters have the story's names, never exceed the limit, and go
// after two seconds.
func TestUSSC012ThePermitsOfASecondAreCountedInItsKey(t *testing.T) {
	url := stack.Redis(t)
	c := open(t, redis.Options{URL: url, CounterTimeout: 10 * time.Second})
	const limit = 50
	seen := map[string]bool{}
	reserve := func() {
		t.Helper()
		b, err := c.ReservePermits(t.Context(), "awcc", limit, 1000, 50*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.N {
			due := b.First.Add(time.Duration(i) * 20500 * time.Microsecond)
			seen["tps:awcc:"+strconv.FormatInt(due.Unix(), 10)] = true
		}
	}
	for began := time.Now(); time.Since(began) < 1200*time.Millisecond; time.Sleep(10 * time.Millisecond) { // 1.2 s of real time is what is tested
		reserve()
	}
	o, err := rueidis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	o.DisableCache = true
	conn, err := rueidis.NewClient(o)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	found := 0
	for end := time.Now().Add(time.Minute); found == 0 && time.Now().Before(end); reserve() { // a busy machine may come to look when they have gone
		keys, err := conn.Do(t.Context(), conn.B().Keys().Pattern("*").Build()).AsStrSlice()
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range keys {
			spent, err := conn.Do(t.Context(), conn.B().Get().Key(key).Build()).AsInt64()
			ttl, err2 := conn.Do(t.Context(), conn.B().Pttl().Key(key).Build()).AsInt64()
			if err != nil || err2 != nil || ttl == -2 {
				continue // it has gone between the calls
			}
			found++
			if !seen[key] || !strings.HasPrefix(key, "tps:awcc:") || spent > limit || ttl < 0 || ttl > 2000 {
				t.Errorf("%s holds %d for another %d ms", key, spent, ttl)
			}
		}
	}
	if found == 0 {
		t.Error("no counter was found")
	}
}

// US-SC-012: Redis that is frozen costs a caller 50 ms, and later callers nothing. On a
// machine that is busy elsewhere a caller may wait longer, so it has several tries.
func TestUSSC012AFrozenRedisIsGivenUpAfter50ms(t *testing.T) {
	server := stack.RedisServer(t)
	c, err := redis.Open(redis.Options{URL: server.URL}) // with the program's own times
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	reserve := func() (time.Duration, error) {
		began := time.Now()
		_, err := c.ReservePermits(t.Context(), "awcc", 100, 1, 50*time.Millisecond)
		return time.Since(began), err
	}
	isThere := func() {
		t.Helper()
		for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) { // it connects in the background
			if _, err := reserve(); err == nil {
				return
			} else if time.Now().After(end) {
				t.Fatalf("it is not there: %v", err)
			}
		}
	}
	var seen []string
	for range 10 {
		isThere()
		server.Pause()
		first, err := reserve()
		later, laterErr := reserve()
		server.Resume()
		if err != nil && laterErr != nil && first >= 50*time.Millisecond && first < 500*time.Millisecond && later < 25*time.Millisecond {
			isThere()
			t.Logf("given up after %v, then after %v", first, later)
			return
		}
		seen = append(seen, fmt.Sprintf("%v (%v), then %v (%v)", first, err, later, laterErr))
	}
	t.Errorf("given up after %q; want 50 ms, and then at once", seen)
}

// What Redis costs: one goroutine, one account.
func BenchmarkUSSC012ReservePermits(b *testing.B) {
	c := open(b, redis.Options{URL: stack.Redis(b), CounterTimeout: 10 * time.Second})
	for b.Loop() {
		if _, err := c.ReservePermits(b.Context(), "awcc", 1000, 50, 50*time.Millisecond); err != nil {
			b.Fatal(err)
		}
	}
}
