-- Renews the lease of a node, unless a newer life of it has begun.
-- KEYS[1] epochs (hash)   KEYS[2] leases (sorted set)   KEYS[3] records (hash)   KEYS[4] changes (sorted set)   KEYS[5] lives (set)
-- ARGV[1] node number     ARGV[2] epoch                 ARGV[3] lease in milliseconds
-- ARGV[4] signed record; empty if unchanged             ARGV[5] channel for hints     ARGV[6] 1 to notify others at once
-- Returns { 'superseded', the newer epoch }, or { state of the lease, now in milliseconds since 1970 }:
--   'kept' if it was valid, 'lapsed' if it had ended, 'lost' if it or its record was missing
local nodeNo, epoch = ARGV[1], tonumber(ARGV[2])
-- A value that is not a number was not written by a node.
local known = tonumber(redis.call('HGET', KEYS[1], nodeNo) or '0') or 0
if known > epoch then
  return { 'superseded', known }
end
if known < epoch then
  redis.call('HSET', KEYS[1], nodeNo, epoch)
end
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local endsAtMs = tonumber(redis.call('ZSCORE', KEYS[2], nodeNo) or '-1')
local was = 'kept'
if endsAtMs == -1 then
  was = 'lost'
elseif endsAtMs <= nowMs then
  was = 'lapsed'
end
redis.call('ZADD', KEYS[2], nowMs + tonumber(ARGV[3]), nodeNo)
if ARGV[4] ~= '' then
  local last = redis.call('ZREVRANGE', KEYS[4], 0, 0, 'WITHSCORES')
  redis.call('ZADD', KEYS[4], math.max(tonumber(last[2] or '0') + 1, nowMs), nodeNo)
  redis.call('HSET', KEYS[3], nodeNo, ARGV[4])
elseif redis.call('HEXISTS', KEYS[3], nodeNo) == 0 then
  was = 'lost'
end
if was ~= 'kept' then
  redis.call('SADD', KEYS[5], nodeNo .. ':' .. ARGV[2])
end
if was ~= 'kept' or ARGV[6] == '1' then
  redis.call('PUBLISH', ARGV[5], nodeNo)
end
return { was, nowMs }
