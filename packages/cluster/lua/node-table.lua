-- Reads all leases, and the records that have changed since a serial.
-- KEYS[1] leases (sorted set)   KEYS[2] records (hash)   KEYS[3] changes (sorted set)
-- ARGV[1] serial of the last known change
-- Returns { now in milliseconds since 1970, serial of the last change,
--           { node number, end of its lease, ... }, { node number, signed record, ... } }
local time = redis.call('TIME')
local last = redis.call('ZREVRANGE', KEYS[3], 0, 0, 'WITHSCORES')
local changed = redis.call('ZRANGEBYSCORE', KEYS[3], '(' .. ARGV[1], '+inf')
local records = {}
for _, nodeNo in ipairs(changed) do
  local record = redis.call('HGET', KEYS[2], nodeNo)
  if record then
    records[#records + 1] = nodeNo
    records[#records + 1] = record
  end
end
local leases = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
return { time[1] * 1000 + math.floor(time[2] / 1000), last[2] or '0', leases, records }
