package redis

import (
	"context"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"github.com/ghasi/smpp-connector/actors/port"
)

var _ port.ConcatStore = (*Client)(nil)

// Scripts, because a group and its place in the index change together or not at
// all, and because the pod that is told "you completed it" must have seen every part.
var (
	// KEYS: group, due. ARGV: part's index, its value, deadline in ns, in ms, the group's name.
	keepScript = rueidis.NewLuaScript(`
if redis.call('HSETNX', KEYS[1], 'deadline', ARGV[3]) == 1 then
	redis.call('ZADD', KEYS[2], ARGV[4], ARGV[5])
end
redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2])
return redis.call('HGETALL', KEYS[1])`)

	// KEYS: group, due. ARGV: the group's name.
	takeScript = rueidis.NewLuaScript(`
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('DEL', KEYS[1])`)

	// KEYS: group, due. ARGV: the group's name. The group went some other way
	// than Take; nobody may have begun a new one under its name.
	forgetScript = rueidis.NewLuaScript(`
if redis.call('EXISTS', KEYS[1]) == 0 then
	redis.call('ZREM', KEYS[2], ARGV[1])
end
return 0`)
)

// Keep implements port.ConcatStore.
func (c *Client) Keep(ctx context.Context, key port.ConcatKey, part port.ConcatPart, now time.Time, ttl time.Duration) (port.ConcatGroup, error) {
	var group port.ConcatGroup
	name, deadline := nameOf(key), now.Add(ttl)
	value := string(append([]byte{part.DataCoding}, part.Body...))
	err := c.call(ctx, c.options.PartTimeout, "keep a part of "+name, func(ctx context.Context, conn rueidis.Client) error {
		hash, err := keepScript.Exec(ctx, conn, []string{groupPrefix + name, dueKey}, []string{
			strconv.Itoa(int(part.Index)), value,
			strconv.FormatInt(deadline.UnixNano(), 10), strconv.FormatInt(deadline.UnixMilli(), 10), name,
		}).AsStrMap()
		if err != nil {
			return err
		}
		group, err = groupFrom(key, hash)
		return err
	})
	return group, err
}

// Take implements port.ConcatStore.
func (c *Client) Take(ctx context.Context, key port.ConcatKey) (bool, error) {
	var removed int64
	name := nameOf(key)
	err := c.call(ctx, c.options.PartTimeout, "take "+name, func(ctx context.Context, conn rueidis.Client) (err error) {
		removed, err = takeScript.Exec(ctx, conn, []string{groupPrefix + name, dueKey}, []string{name}).AsInt64()
		return err
	})
	return removed == 1, err
}

// maxDue bounds one answer of Due. The caller takes what it got and asks again.
const maxDue = 10_000

// Due implements port.ConcatStore, the earliest deadline first, at most 10 000 at
// a time. Every pod may ask: Take decides who publishes.
func (c *Client) Due(ctx context.Context, now time.Time) ([]port.ConcatGroup, error) {
	var due []port.ConcatGroup
	err := c.call(ctx, c.options.PartTimeout, "list the groups that are due", func(ctx context.Context, conn rueidis.Client) error {
		names, err := conn.Do(ctx, conn.B().Zrangebyscore().Key(dueKey).Min("-inf").Max(strconv.FormatInt(now.UnixMilli(), 10)).
			Limit(0, maxDue).Build()).AsStrSlice()
		if err != nil || len(names) == 0 {
			return err
		}
		reads := make(rueidis.Commands, len(names))
		for i, name := range names {
			reads[i] = conn.B().Hgetall().Key(groupPrefix + name).Build()
		}
		for i, answer := range conn.DoMulti(ctx, reads...) {
			hash, err := answer.AsStrMap()
			if err != nil {
				return err
			}
			if len(hash) == 0 {
				if err := forgetScript.Exec(ctx, conn, []string{groupPrefix + names[i], dueKey}, []string{names[i]}).Error(); err != nil {
					return err
				}
				continue
			}
			key, err := keyFrom(names[i])
			if err != nil {
				return err
			}
			group, err := groupFrom(key, hash)
			if err != nil {
				return err
			}
			// The index is in milliseconds; the last one may not be over yet.
			if !group.Deadline.After(now) {
				due = append(due, group)
			}
		}
		return nil
	})
	return due, err
}
