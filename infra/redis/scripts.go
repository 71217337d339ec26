package redis

import (
	"strconv"

	"github.com/redis/rueidis"

	"github.com/ghasi/smpp-connector/actors/port"
)

// Scripts, because a group and its place in the index change together or not at
// all, and because of all pods one is told "you completed it". They decide as
// concat.Slot does; testkit/contract holds both to the same suite. Digests are made
// here alone: nobody else reads them.

// digestLua makes what tells parts of one index from each other.
const digestLua = `
local function digest(value) return string.sub(redis.sha1hex(value), 1, 16) end
`

// echoLua says whether all of a group was published last under its name.
const echoLua = digestLua + `
local function echo(group, last)
	local all = redis.call('HGETALL', group)
	for i = 1, #all, 2 do
		if tonumber(all[i]) and redis.call('HGET', last, all[i]) ~= digest(all[i + 1]) then return 0 end
	end
	return 1
end
`

// mostTLVsLua bounds the TLVs under one name.
var mostTLVsLua = "local most = " + strconv.Itoa(port.MostConcatTLVs)

var (
	// KEYS: group, last, due, open, the group's name when it is pushed aside, TLVs.
	// ARGV: index, value, total, bind, member, member when pushed aside, since in ns,
	// deadline in ns, deadline in ms, now in ms, end of a claim in ms, ms that TLVs stay;
	// tag and value of each TLV.
	// Answers the outcome; and, of a message that is whole, whether it is an echo, its hash
	// and the TLVs under its name.
	keepScript = rueidis.NewLuaScript(echoLua + mostTLVsLua + `
local group, last, due, open, aside, tlvs = unpack(KEYS)
local index, value = ARGV[1], ARGV[2]

local function remembered(v)
	local known = redis.call('HGET', last, index)
	if known == digest(v) then return 1 end
	if not known and redis.call('EXISTS', last) == 1 then return 3 end
	return 0
end

local outcome, another
local state = redis.call('HMGET', group, 'member', 'claimed', index)
local there = state[1]
if there and state[3] then
	if state[3] == value then return {1} end
	if not state[2] and remembered(state[3]) == 1 then
		outcome = 0
	elseif state[2] and redis.call('HLEN', group) - 4 == tonumber(ARGV[3]) then
		outcome, another = 0, true
	else
		outcome, another = 2, true
	end
elseif there and state[2] then
	outcome, another = 3, true
else
	outcome = remembered(value)
end
if another then
	redis.call('RENAME', group, aside)
	local score = state[2] and redis.call('ZSCORE', due, state[1]) or ARGV[10]
	redis.call('ZREM', due, state[1])
	local member = string.match(state[1], '^[^ ]* ') .. ARGV[6]
	redis.call('ZADD', due, score, member)
	redis.call('HSET', aside, 'member', member, 'claimed', '1')
	there = false
end
if not there then
	redis.call('HSET', group, 'member', ARGV[5], 'since', ARGV[7], 'deadline', ARGV[8])
	redis.call('ZADD', due, ARGV[9], ARGV[5])
	redis.call('HINCRBY', open, ARGV[4], 1)
end
redis.call('HSET', group, index, value)
if #ARGV > 12 then
	local since = redis.call('HGET', group, 'since')
	for i = 13, #ARGV, 2 do
		if redis.call('HLEN', tlvs) < most then redis.call('HSETNX', tlvs, since .. ' ' .. ARGV[i], ARGV[i + 1]) end
	end
	redis.call('PEXPIRE', tlvs, ARGV[12])
end
if redis.call('HLEN', group) - 3 < tonumber(ARGV[3]) then return {outcome} end
redis.call('HSET', group, 'claimed', '1')
redis.call('ZADD', due, ARGV[11], redis.call('HGET', group, 'member'))
return {outcome, echo(group, last), redis.call('HGETALL', group), redis.call('HGETALL', tlvs)}`)

	// KEYS: group, last, due, open, TLVs. ARGV: member, bind, now in ms, end of the claim in ms.
	// Answers nothing when somebody else has it; else whether it is an echo, its hash and the
	// TLVs under its name.
	claimScript = rueidis.NewLuaScript(echoLua + `
local group, last, due, open, tlvs = unpack(KEYS)
local at = redis.call('ZSCORE', due, ARGV[1])
if not at or tonumber(at) > tonumber(ARGV[3]) then return {} end
if redis.call('EXISTS', group) == 0 then
	redis.call('ZREM', due, ARGV[1])
	redis.call('HINCRBY', open, ARGV[2], -1)
	return {}
end
redis.call('HSET', group, 'claimed', '1')
redis.call('ZADD', due, ARGV[4], ARGV[1])
return {echo(group, last), redis.call('HGETALL', group), redis.call('HGETALL', tlvs)}`)

	// KEYS: group, last, due, open, TLVs. ARGV: since in ns, bind, ms to remember the parts, 1 for an echo,
	// which is perhaps not all of what was published.
	// A group that has been pushed aside meanwhile stays, and is claimed again.
	publishedScript = rueidis.NewLuaScript(digestLua + `
local group, last, due, open, tlvs = unpack(KEYS)
if redis.call('HGET', group, 'since') ~= ARGV[1] then return 0 end
if ARGV[4] == '0' then redis.call('DEL', last) end
local all = redis.call('HGETALL', group)
for i = 1, #all, 2 do
	if tonumber(all[i]) then redis.call('HSET', last, all[i], digest(all[i + 1])) end
end
redis.call('PEXPIRE', last, ARGV[3])
redis.call('ZREM', due, redis.call('HGET', group, 'member'))
redis.call('DEL', group)
for _, field in ipairs(redis.call('HKEYS', tlvs)) do
	if string.find(field, ARGV[1] .. ' ', 1, true) == 1 then redis.call('HDEL', tlvs, field) end
end
if redis.call('HINCRBY', open, ARGV[2], -1) <= 0 then redis.call('HDEL', open, ARGV[2]) end
return 1`)
)
