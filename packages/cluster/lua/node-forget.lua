-- Removes the records of a dead life after its sessions were swept. Its epoch stays, since no later life may have a lower one.
-- KEYS[1] epochs (hash)   KEYS[2] leases (sorted set)   KEYS[3] records (hash)   KEYS[4] changes (sorted set)   KEYS[5] lives (set)
-- ARGV[1] node number     ARGV[2] epoch
redis.call('SREM', KEYS[5], ARGV[1] .. ':' .. ARGV[2])
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then
  return 0
end
local time = redis.call('TIME')
local endsAtMs = tonumber(redis.call('ZSCORE', KEYS[2], ARGV[1]) or '0')
if endsAtMs > time[1] * 1000 + math.floor(time[2] / 1000) then
  -- The life has renewed its lease since.
  redis.call('SADD', KEYS[5], ARGV[1] .. ':' .. ARGV[2])
  return 0
end
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('HDEL', KEYS[3], ARGV[1])
redis.call('ZREM', KEYS[4], ARGV[1])
return 1
