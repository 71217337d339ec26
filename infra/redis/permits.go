package redis

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"github.com/ghasi/smpp-connector/actors/port"
)

var _ port.Permits = (*Client)(nil)

// The permits of an account fall due on a grid that needs no memory: the j-th one
// since 1970, by Redis's clock, at j × PermitSpan ÷ limit. The counter of a second,
// tps:{operatorId}:{windowStart} or, of a bind's own limit,
// tps:{operatorId}:{bind}:{windowStart}, is how many of that second's permits are
// spent or have passed unused. It never exceeds the limit, and what of the second
// before still counts needs no sum: both lie on one even grid, which is the strictest
// case of the weighed sum of decisions.md, 012.
//
// The grid repeats itself every 41 s, because 41 s are 40 × PermitSpan: so all
// numbers stay small enough for Lua's doubles.
//
// KEYS: the counter. ARGV: its second, limit, wanted, ahead in µs. It answers with
// Redis's clock (s, µs), how many were reserved, when the first falls due (µs from
// the beginning of the counter's second), and how long until another can be (µs;
// -1: in the next second).
//
// One key a call, and that one declared: so it works on a cluster too.
var permitScript = rueidis.NewLuaScript(`
local clock = redis.call('TIME')
local sec, usec = tonumber(clock[1]), tonumber(clock[2])
local window, limit, want, ahead = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
if window ~= sec and window ~= sec + 1 then
	return {sec, usec, 0, 0, 0}
end
local span = ` + strconv.FormatInt(port.PermitSpan.Microseconds(), 10) + `
local begin = (window % 41) * 1000000
local now = begin + (sec - window) * 1000000 + usec
local first, past = math.ceil(begin * limit / span), math.ceil((begin + 1000000) * limit / span)
local spent = tonumber(redis.call('GET', KEYS[1]) or '0')
local free = math.max(first + spent, math.ceil(now * limit / span))
if free >= past then
	return {sec, usec, 0, 0, -1}
end
local n = math.min(want, math.floor((now + ahead) * limit / span) - free + 1, past - free)
if n > 0 then
	redis.call('INCRBY', KEYS[1], free + n - first - spent)
	redis.call('EXPIRE', KEYS[1], 2)
else
	n = 0
end
local wait = -1
if free + n < past then
	wait = math.max(math.ceil((free + n) * span / limit) - ahead - now, 0)
end
return {sec, usec, n, math.ceil(free * span / limit) - begin, wait}`)

// ReservePermits implements port.Permits (US-SC-012).
func (c *Client) ReservePermits(ctx context.Context, name string, limit, n int, ahead time.Duration) (port.PermitBlock, error) {
	if limit < 1 || n < 1 {
		return port.PermitBlock{}, fmt.Errorf("redis: reserve %d permits of %s at %d a second: want 1 or more of both", n, name, limit)
	}
	var b port.PermitBlock
	err := c.call(ctx, c.options.CounterTimeout, "reserve permits of "+name, func(ctx context.Context, conn rueidis.Client) error {
		// The second is guessed from the clock that Redis showed last. A wrong guess
		// reserves nothing and shows it again.
		window := time.Now().Add(time.Duration(c.ahead.Load())).Unix()
		for range permitTries {
			answer, err := permitScript.Exec(ctx, conn, []string{"tps:" + name + ":" + strconv.FormatInt(window, 10)}, []string{
				strconv.FormatInt(window, 10), strconv.Itoa(limit), strconv.Itoa(n), strconv.FormatInt(ahead.Microseconds(), 10),
			}).AsIntSlice()
			if err != nil {
				return err
			}
			b.Now = time.UnixMicro(answer[0]*1_000_000 + answer[1])
			c.ahead.Store(int64(time.Until(b.Now)))
			endsIn := time.Unix(window+1, 0).Sub(b.Now)
			switch {
			case window != answer[0] && window != answer[0]+1:
				window = answer[0]
			case answer[2] == 0 && answer[4] < 0 && endsIn <= ahead:
				window++ // the second is spent, and the next one begins within ahead
			default:
				b.N, b.First = int(answer[2]), time.Unix(window, 0).Add(time.Duration(answer[3])*time.Microsecond)
				b.Next = time.Duration(answer[4]) * time.Microsecond
				if answer[4] < 0 {
					b.Next = max(endsIn-ahead, 0)
				}
				return nil
			}
		}
		b.N, b.Next = 0, 0
		return nil
	})
	return b, err
}

// permitTries bounds the calls of one reservation: a wrong guess, the second, and
// the one after it.
const permitTries = 4
