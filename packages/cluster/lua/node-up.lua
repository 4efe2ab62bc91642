-- Begins a new life of a node. Its epoch is higher than all earlier ones, even if Redis has lost those.
-- KEYS[1] epochs (hash)   KEYS[2] lives (set)
-- ARGV[1] node number
-- Returns { epoch, now in milliseconds since 1970 }
local time = redis.call('TIME')
-- A value that is not a number was not written by a node.
local former = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0') or 0
local epoch = math.max(former + 1, tonumber(time[1]))
redis.call('HSET', KEYS[1], ARGV[1], epoch)
redis.call('SADD', KEYS[2], ARGV[1] .. ':' .. string.format('%d', epoch))
return { epoch, time[1] * 1000 + math.floor(time[2] / 1000) }
