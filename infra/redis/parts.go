package redis

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/rueidis"

	"github.com/ghasi/smpp-connector/actors/port"
)

var _ port.ConcatStore = (*Client)(nil)

// Keep implements port.ConcatStore: all arrivals in one round trip.
func (c *Client) Keep(ctx context.Context, arrivals []port.ConcatArrival) []port.ConcatKept {
	kept := make([]port.ConcatKept, len(arrivals))
	calls := make([]rueidis.LuaExec, len(arrivals))
	for i := range arrivals {
		calls[i] = keepCall(&arrivals[i])
	}
	asked := false
	err := c.call(ctx, c.options.PartTimeout, "keep parts of inbound messages", func(ctx context.Context, conn rueidis.Client) (trouble error) {
		asked = true
		for i, answer := range keepScript.ExecMulti(ctx, conn, calls...) {
			if kept[i] = keptFrom(answer); kept[i].Err != nil {
				trouble = kept[i].Err
			}
		}
		return trouble
	})
	for i := range kept {
		if !asked || kept[i].Err != nil {
			kept[i].Err = err
		}
	}
	return kept
}

func keepCall(a *port.ConcatArrival) rueidis.LuaExec {
	name, bind, deadline := nameOf(a.Key), bindName(a.Bind), a.At.Add(a.Window)
	since := strconv.FormatInt(a.At.UnixNano(), 10)
	aside := name + "#" + since
	call := rueidis.LuaExec{
		Keys: []string{groupPrefix + name, lastPrefix + name, dueKey, openKey, groupPrefix + aside, tlvsPrefix + name},
		Args: []string{strconv.Itoa(int(a.Part.Index)), valueOf(&a.Part), strconv.Itoa(int(a.Key.Total)), bind, bind + " " + name, aside,
			since, strconv.FormatInt(deadline.UnixNano(), 10), milli(deadline), milli(a.At), milli(a.At.Add(port.ConcatClaim)),
			strconv.FormatInt((a.Window + tlvsStay).Milliseconds(), 10)},
	}
	for _, t := range a.TLVs {
		call.Args = append(call.Args, strconv.FormatUint(uint64(t.Tag), 16), string(t.Value))
	}
	return call
}

// tlvsStay is how long beyond its deadline the TLVs of a message are kept for whoever
// publishes it late.
const tlvsStay = time.Hour

// milli is a time as a score: milliseconds since 1970, because Redis's numbers have 53 bits.
func milli(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

func keptFrom(answer rueidis.RedisResult) (kept port.ConcatKept) {
	values, err := answer.ToArray()
	if err != nil {
		return port.ConcatKept{Err: err}
	}
	outcome, err := values[0].AsInt64()
	if err != nil {
		return port.ConcatKept{Err: err}
	}
	kept.Outcome = port.ConcatOutcome(outcome)
	if len(values) == 4 {
		group, err := claimedFrom(values[1:])
		if err != nil {
			return port.ConcatKept{Err: err}
		}
		kept.Whole = &group
	}
	return kept
}

// claimedFrom reads whether a group is an echo, the group, and the TLVs under its name.
func claimedFrom(values []rueidis.RedisMessage) (port.ConcatGroup, error) {
	echo, err := values[0].AsInt64()
	if err != nil {
		return port.ConcatGroup{}, err
	}
	hash, err := values[1].AsStrMap()
	if err != nil {
		return port.ConcatGroup{}, err
	}
	tlvs, err := values[2].AsStrMap()
	if err != nil {
		return port.ConcatGroup{}, err
	}
	group, err := groupFrom(hash)
	group.Echo, group.TLVs = echo == 1, tlvsFrom(tlvs, group.Since)
	return group, err
}

// How many members Claim looks at in one call, and how many it takes.
const (
	mostLooked = 10_000
	mostDue    = 1000
)

// Claim implements port.ConcatStore, the earliest deadline first.
func (c *Client) Claim(ctx context.Context, now time.Time, ours func(string) bool) (due []port.ConcatGroup, open map[port.BindID]int, err error) {
	err = c.call(ctx, c.options.PartTimeout, "look for inbound messages that are due", func(ctx context.Context, conn rueidis.Client) error {
		if open, err = openOf(ctx, conn); err != nil {
			return err
		}
		var calls []rueidis.LuaExec
		for offset, more := int64(0), true; more && len(calls) < mostDue; offset += mostLooked {
			members, err := conn.Do(ctx, conn.B().Zrangebyscore().Key(dueKey).Min("-inf").Max(milli(now)).Limit(offset, mostLooked).Build()).AsStrSlice()
			if err != nil {
				return err
			}
			more = len(members) == mostLooked // others' may stand before ours
			for _, member := range members {
				bind, name, _ := strings.Cut(member, " ")
				key, err := keyFrom(name)
				if err != nil {
					return err
				}
				if len(calls) < mostDue && ours(key.MNO) {
					calls = append(calls, rueidis.LuaExec{
						Keys: []string{groupPrefix + name, lastPrefix + nameOf(key), dueKey, openKey, tlvsPrefix + nameOf(key)},
						Args: []string{member, bind, milli(now), milli(now.Add(port.ConcatClaim))},
					})
				}
			}
		}
		if len(calls) == 0 {
			return nil
		}
		for _, answer := range claimScript.ExecMulti(ctx, conn, calls...) {
			values, err := answer.ToArray()
			if err != nil || len(values) == 0 {
				if err != nil {
					return err
				}
				continue
			}
			group, err := claimedFrom(values)
			if err != nil {
				return err
			}
			due = append(due, group)
		}
		return nil
	})
	slices.SortFunc(due, func(a, b port.ConcatGroup) int {
		return cmp.Or(a.Deadline.Compare(b.Deadline), cmp.Compare(a.Name, b.Name))
	})
	return due, open, err
}

// openOf reads how many messages each bind has begun.
func openOf(ctx context.Context, conn rueidis.Client) (map[port.BindID]int, error) {
	counts, err := conn.Do(ctx, conn.B().Hgetall().Key(openKey).Build()).AsIntMap()
	if err != nil {
		return nil, err
	}
	open := map[port.BindID]int{}
	for name, n := range counts {
		bind, err := bindFrom(name)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			open[bind] = int(n)
		}
	}
	return open, nil
}

// Published implements port.ConcatStore.
func (c *Client) Published(ctx context.Context, _ time.Time, groups []port.ConcatGroup) error {
	calls := make([]rueidis.LuaExec, len(groups))
	for i := range groups {
		g := &groups[i]
		echo := "0"
		if g.Echo {
			echo = "1"
		}
		calls[i] = rueidis.LuaExec{
			Keys: []string{groupPrefix + g.Name, lastPrefix + nameOf(g.Key), dueKey, openKey, tlvsPrefix + nameOf(g.Key)},
			Args: []string{strconv.FormatInt(g.Since.UnixNano(), 10), bindName(g.Bind), strconv.FormatInt(port.ConcatRemembered.Milliseconds(), 10), echo},
		}
	}
	return c.call(ctx, c.options.PartTimeout, "let inbound messages go", func(ctx context.Context, conn rueidis.Client) error {
		for _, answer := range publishedScript.ExecMulti(ctx, conn, calls...) {
			if err := answer.Error(); err != nil {
				return err
			}
		}
		return nil
	})
}
